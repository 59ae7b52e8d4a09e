"""Every kind of .docx that we make: valid by the schemas of Office Open XML, and whole after LibreOffice saved it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from openxml_audit import OpenXmlValidator

from reports.docx_files import W, open_docx
from reports.proofreading import proofread, read_document
from reports.word.blackline import AUTHOR, blackline
from reports.word.comments import write_comments
from reports.word.facts import facts_in
from reports.word.month_content import annex_blocks, section_docx
from reports.word.profiles import read_profile
from reports.word.writer import set_document
from tests.editions import assembled, cells_in, changed, laid_out, lines_in, march, with_past, write
from tests.proofreading_known import known
from tests.servers.office import converted

# Open XML SDK asks for parts that Word does without.
OPTIONAL_PARTS = "A required relationship type"


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("kinds")
    month, paper = with_past(march(folder), 9, without=(3, 4), redefined_at=7), read_profile("paper")
    texts = laid_out(folder / "2025-03")
    write(texts, 0, "3 图.md", "# 走势[^1]\n\n{{ 图: online_accepted }}\n\n[^1]: 受理 {{ online_accepted }}。\n")
    manuscript = replace(assembled(texts, month).manuscript, annex=annex_blocks(month))
    before = set_document(manuscript, paper)
    write(texts, 0, "1 稿.md", "# 改过的一条\n\n本月受理 {{ online_accepted }}。\n")
    after = set_document(replace(assembled(texts, month).manuscript, draft=True), paper)
    made = {
        "section": section_docx(month, paper),
        "edition": before,
        "screen": set_document(manuscript, read_profile("screen")),
        "draft": after,
        "blackline": blackline(before, after),
    }
    paths = {name: folder / f"{name}.docx" for name in made}
    for name, content in made.items():
        paths[name].write_bytes(content)
    paths["by_hand"] = folder / "by_hand.docx"
    paths["by_hand"].write_bytes(changed(before, "word/document.xml", ">5.42 万件<", ">5.43 万件<"))
    source = folder / "稿.md"
    source.write_text("3 月，全程网办受理 5.24 万件。2 月 30 日。\n", encoding="utf-8")
    for name, commented in (("comments", paths["by_hand"]), ("comments_of_text", source)):
        passages = read_document(commented)
        paths[name] = folder / f"{name}.docx"
        write_comments(commented, paths[name], passages, proofread(passages, known()).findings)
    return paths


def faults(document: Path) -> list[str]:
    errors = OpenXmlValidator().validate(document).errors
    return [str(error) for error in errors if not error.description.startswith(OPTIONAL_PARTS)]


def test_every_kind_is_valid(kinds: Mapping[str, Path]) -> None:
    assert {name: found for name, path in kinds.items() if (found := faults(path))} == {}


SPOILED = {
    "order": ("<w:b/><w:i/>", "<w:i/><w:b/>"),
    "a value": ('w:type="dxa"', 'w:type="cm"'),
    "an element": ("<w:cantSplit/>", "<w:cannotSplit/>"),
    "a style": ('<w:pStyle w:val="BodyText"/>', '<w:pStyle w:val="Body"/>'),
    "no author": (f' w:author="{AUTHOR}"', ""),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_what_is_not_valid_is_found(spoiled: str, kinds: Mapping[str, Path], tmp_path: Path) -> None:
    document = tmp_path / "spoiled.docx"
    old, new = SPOILED[spoiled]
    bold = changed(kinds["blackline"].read_bytes(), "word/document.xml", "<w:t ", "<w:rPr><w:b/><w:i/></w:rPr><w:t ")
    document.write_bytes(
        changed(bold if spoiled == "order" else kinds["blackline"].read_bytes(), "word/document.xml", old, new)
    )
    assert faults(document)


def changes(document: Path) -> Counter[tuple[str, str, str]]:
    """How many characters were inserted and deleted, by whom and when."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for kind, text in (("ins", "t"), ("del", "delText")):
        for change in open_docx(document).element.body.iter(f"{W}{kind}"):
            by = kind, change.get(f"{W}author"), change.get(f"{W}date")
            counts[by] += sum(len(each.text or "") for each in change.iter(f"{W}{text}"))
    return counts


def lines_of(document: Path) -> list[str]:
    """The lines that say something: LibreOffice begins a page by a break, and adds lines beside tables."""
    return [line.strip() for line in lines_in(document) if line.strip()]


def test_libreoffice_keeps_texts_numbers_and_changes(kinds: Mapping[str, Path], tmp_path: Path) -> None:
    saved = dict(zip(kinds, converted(list(kinds.values()), "docx", tmp_path), strict=True))
    for name, document in kinds.items():
        assert lines_of(saved[name]) == lines_of(document), name
        assert cells_in(saved[name]) == cells_in(document), name
        assert changes(saved[name]) == changes(document), name
        # LibreOffice before 7.5 drops how a number is called.
        told = [
            [replace(fact, fact=replace(fact.fact, name="")) for fact in facts_in(path)]
            for path in (document, saved[name])
        ]
        assert told[0] == told[1], name
    assert sum(changes(saved["blackline"]).values()) > 0
    altered = [fact.text for fact in facts_in(saved["by_hand"]) if not fact.as_printed]
    assert altered
    assert set(altered) == {"5.43 万件"}
    assert len(facts_in(saved["edition"])) > 30
