"""Which program this is: its commit, in a checkout with git and in an installation without it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.runtime.program import PROJECT_ROOT, release_of_code

ASK = "from orchestration.runtime.program import program_source, record_source; "


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def ask(folder: Path, code: str = "print(program_source())") -> str:
    command = [sys.executable, "-B", "-c", ASK + code]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one module of each room, a model, and the program's own account of itself."""
    for name in ("orchestration/runtime/program.py", "orchestration/runtime/releases.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT_ROOT / name, tmp_path / name)
    for name in ("orchestration/__init__.py", "orchestration/runtime/__init__.py"):
        (tmp_path / name).touch()
    for name in ("expectations/a.py", "reports/a.py", "dbt_project/dbt_project.yml", "dbt_project/models/a.sql"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# one\n")
    (tmp_path / ".gitignore").write_text("/orchestration/commit.json\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def test_a_checkout_names_the_commit_that_last_changed_the_program(checkout: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD").strip()
    (checkout / "README.md").write_text("words\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "two")
    assert ask(checkout) == commit
    (checkout / "dbt_project/models/b.sql").write_text("-- not committed\n")
    assert ask(checkout) == f"{commit}, changed since"


def test_an_installation_without_git_was_told_and_notices_a_change(checkout: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD").strip()
    ask(checkout, "record_source('')")
    shutil.rmtree(checkout / ".git")
    assert ask(checkout) == commit
    (checkout / "reports/a.py").write_text("# two\n")
    assert ask(checkout) == f"{commit}, changed since"


def test_an_image_is_told_by_the_builder(checkout: Path) -> None:
    described = ("describe", "--always", "--abbrev=40", "--dirty", "--exclude=*")
    commit = git(checkout, "rev-parse", "HEAD").strip()
    (checkout / "reports/a.py").write_text("# two\n")
    told = git(checkout, *described).strip()
    shutil.rmtree(checkout / ".git")
    assert ask(checkout) == "None"
    ask(checkout, f"record_source('{told}')")
    assert ask(checkout) == f"{commit}, changed since"


def test_the_changelog_has_the_commits_of_the_table() -> None:
    changes = (PROJECT_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^## (\S+)\n\nCommit `([0-9a-f]{40})`", changes, re.MULTILINE))["0.1.0"] == (
        getattr(release_of_code("ea4ca2ee5703"), "commit", None)
    )
