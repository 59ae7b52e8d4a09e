"""What the documents in `docs/` name is there: files of the walks, once each, and every page that is linked.

And one name means one thing, as the glossary promises.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from orchestration.runtime.paths import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"
ROOMS = (path for room in ("orchestration", "reports") for path in sorted((PROJECT_ROOT / room).rglob("*.md")))
PAGES = [*sorted(DOCS.rglob("*.md")), PROJECT_ROOT / "CONTRIBUTING.md", PROJECT_ROOT / "README.md", *ROOMS]
WALKS = re.split(r"^## ", (DOCS / "walks.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("walk", WALKS, ids=[walk.splitlines()[0] for walk in WALKS])
def test_a_walk_passes_files_that_are_there_and_none_twice(walk: str) -> None:
    passed = re.findall(r"`([\w./]+/[\w.]+\.\w+)`(?=:|, then| and)|\n +`([\w./]+\.sql)`", walk)
    files = [first or second for first, second in passed]
    assert len(files) >= 3
    assert [name for name in files if not (PROJECT_ROOT / name).is_file()] == []
    assert sorted(set(files)) == sorted(files)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(PROJECT_ROOT)) for page in PAGES])
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    prose = re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))
    links = re.findall(r"\]\((?!https?:)([^)#]+)", prose)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_a_public_class_name_means_one_thing() -> None:
    packages = (PROJECT_ROOT / name for name in ("orchestration", "reports", "expectations"))
    modules = [ast.parse(path.read_text(encoding="utf-8")) for package in packages for path in package.rglob("*.py")]
    names = Counter(node.name for module in modules for node in module.body if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1 and not name.startswith("_")] == []
