"""A blackline: accepting every tracked change gives the new text to the character, rejecting every one the old."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.docx_files import W, notes_in, open_docx
from reports.word.blackline import blackline
from reports.word.blocks import Block, Chart, Fact, Heading, Paragraph, Run, TableBlock, text_of
from reports.word.manuscript import Manuscript
from reports.word.month_content import MonthContent
from reports.word.profiles import read_profile
from reports.word.writer import set_document
from tests.editions import assembled, laid_out, march
from tests.servers.office import run_basic

FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
BASIC = """
Sub Decide(Folder As String, Names As String)
  Dim Hidden(0) As New com.sun.star.beans.PropertyValue
  Hidden(0).Name = "Hidden" : Hidden(0).Value = True
  Dim Saved(0) As New com.sun.star.beans.PropertyValue
  Saved(0).Name = "FilterName" : Saved(0).Value = "MS Word 2007 XML"
  Dim Dispatcher : Dispatcher = createUnoService("com.sun.star.frame.DispatchHelper")
  Dim Name, Way, Document
  For Each Name In Split(Names, ":")
    For Each Way In Array("Accept", "Reject")
      Document = StarDesktop.loadComponentFromURL(Folder & "/" & Name & ".docx", "_blank", 0, Hidden())
      Dispatcher.executeDispatch(Document.CurrentController.Frame, ".uno:" & Way & "AllTrackedChanges", "", 0, Array())
      Document.storeToURL(Folder & "/" & Name & "-" & Way & ".docx", Saved())
      Document.close(True)
    Next
  Next
  StarDesktop.terminate()
End Sub
"""


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> MonthContent:
    return march(tmp_path_factory.mktemp("march"))


@pytest.fixture(scope="module")
def manuscript(tmp_path_factory: pytest.TempPathFactory, month: MonthContent) -> Manuscript:
    return assembled(laid_out(tmp_path_factory.mktemp("edition") / "2025-03"), month).manuscript


def lines(document: bytes | Path, dropped: str = "none") -> list[str]:
    """The paragraphs of a document when one kind of change is dropped: by the XML alone."""

    def text(element: Any) -> Iterator[str]:
        for child in element:
            if child.tag in {f"{W}{dropped}", f"{W}p", f"{W}pPr"}:
                continue
            if child.tag in {f"{W}t", f"{W}delText"}:
                yield child.text or ""
            elif child.tag == f"{W}tab":
                yield "\t"
            else:
                yield from text(child)

    def gone(paragraph: Any) -> bool:
        row = next(paragraph.iterancestors(f"{W}tr"), None)
        marks = [paragraph.find(f"{W}pPr/{W}rPr/{W}{dropped}")]
        marks += [] if row is None else [row.find(f"{W}trPr/{W}{dropped}")]
        return any(mark is not None for mark in marks)

    body = open_docx(document).element.body
    once = (each for each in body.iter(f"{W}p") if next(each.iterancestors(FALLBACK), None) is None)
    return ["".join(text(each)) for each in once if not gone(each)]


def accepted(document: bytes | Path) -> list[str]:
    return lines(document, "del")


def rejected(document: bytes | Path) -> list[str]:
    return lines(document, "ins")


def fact(text: str, code: str = "A") -> Run:
    return Run(text, fact=Fact("online_accepted", "全程网办受理", "2025-03", code))


def table(*rows: Sequence[str]) -> TableBlock:
    return TableBlock([[text_of(cell) for cell in row] for row in rows])


def chart(value: str) -> Chart:
    return Chart("受理（万件）", [{"2025-02": "3", "2025-03": value}], f"2025 年 3 月 {value} 万件")


def noted(note: str) -> Paragraph:
    return Paragraph((Run("一件事"), Run("", note=text_of(note)), Run("。")))


def merged(value: str) -> TableBlock:
    return replace(table(("甲", ""), ("乙", value)), spans={(0, 0): (1, 2)})


HEAD = Heading(1, text_of("二、政务工作动态"))
ONE, TWO = Paragraph(text_of("（一）第一件事。")), Paragraph(text_of("（二）另一件事情。"))
AMOUNTS = [
    Paragraph((Run("受理 "), fact(number, code), Run("，办结 5.12 万件。")))
    for number, code in (("5.42 万件", "A"), ("5.6 万件", "B"))
]
CASES: dict[str, tuple[list[Block], list[Block]]] = {
    "nothing": ([HEAD, ONE], [HEAD, ONE]),
    "a word": ([HEAD, ONE], [HEAD, Paragraph(text_of("（一）第一件大事。"))]),
    "a number": ([AMOUNTS[0]], [AMOUNTS[1]]),
    "a number that is no longer one of ours": ([AMOUNTS[0]], [Paragraph(text_of("受理 5.6 万件，办结 5.12 万件。"))]),
    "a format": ([Paragraph((Run("甲"), Run("乙", bold=True)))], [Paragraph((Run("甲", italic=True), Run("丙\t丁")))]),
    "a paragraph more": ([HEAD, ONE], [HEAD, ONE, TWO]),
    "a paragraph less": ([HEAD, ONE, TWO, HEAD], [HEAD, TWO, HEAD]),
    "other paragraphs": ([HEAD, ONE, ONE], [HEAD, Paragraph(text_of("全然不同的说法！")), AMOUNTS[0]]),
    "a cell": ([table("甲乙", "12")], [table("甲乙", "13")]),
    "a row more": ([table("甲乙", "12"), ONE], [table("甲乙", "34", "12"), TWO]),
    "the last paragraph less": ([HEAD, ONE, TWO], [HEAD, ONE]),
    "rows less": ([table(("项", "数"), ("甲", "1"), ("乙", "2")), ONE], [table(("项", "数"), ("乙", "3")), ONE]),
    "a column more": ([ONE, table(("项", "数"), ("甲", "1"))], [ONE, table(("项", "数", "比"), ("甲", "1", "2"))]),
    "another chart": ([ONE, chart("3.1")], [ONE, chart("4.1")]),
    "a chart less": ([ONE, chart("3.1"), TWO], [ONE, TWO]),
    "another footnote": ([noted("甲"), noted("乙")], [noted("乙"), noted("丙")]),
    "a footnote less": ([noted("甲"), ONE], [ONE]),
    "a merged cell": ([merged("1"), ONE], [merged("2"), ONE]),
    "a merged cell less": ([merged("1"), ONE], [table(("甲", "乙"), ("丙", "1")), ONE]),
    "a table more": ([HEAD, ONE], [HEAD, table(("项", "数"), ("甲", "1")), ONE]),
    "a table less": ([ONE, table(("项", "数"), ("甲", "1")), TWO], [ONE, TWO]),
}


def both(manuscript: Manuscript, case: str) -> tuple[bytes, bytes]:
    profile = read_profile("paper")
    old, new = CASES[case]
    foot = ("报：省政府办公厅。", "发：各部门。")
    return (
        set_document(replace(manuscript, blocks=old, distribution=foot), profile),
        set_document(replace(manuscript, blocks=new, distribution=(*foot, "核定码：甲")), profile),
    )


@pytest.mark.parametrize("case", CASES)
def test_accepting_gives_the_new_text_and_rejecting_the_old(case: str, manuscript: Manuscript) -> None:
    old, new = both(manuscript, case)
    compared = blackline(old, new)
    assert compared == blackline(old, new)
    assert accepted(compared) == lines(new)
    assert rejected(compared) == lines(old)
    kept = {note.xpath("string()") for note in notes_in(open_docx(compared).part)}
    assert kept == {note.xpath("string()") for each in (old, new) for note in notes_in(open_docx(each).part)}
    both_charts = 2 if case == "another chart" else 1 if case == "a chart less" else 0
    with zipfile.ZipFile(io.BytesIO(compared)) as archive:
        assert sum(name.startswith(("word/charts/", "word/earlier/")) for name in archive.namelist()) == both_charts
    tracked = sum(1 for change in ("ins", "del") for _ in open_docx(compared).element.body.iter(f"{W}{change}"))
    assert tracked > 0


def test_libreoffice_accepts_and_rejects_to_the_same_texts(manuscript: Manuscript, tmp_path: Path) -> None:
    names = {f"case{number}": case for number, case in enumerate(CASES)}
    for name, case in names.items():
        (tmp_path / f"{name}.docx").write_bytes(blackline(*both(manuscript, case)))
    module = tmp_path / "decide.bas"
    module.write_text(BASIC, encoding="utf-8")
    run_basic(module, f'Decide("{tmp_path.as_uri()}","{":".join(names)}")')
    for name, case in names.items():
        for way, expected in zip(("Reject", "Accept"), both(manuscript, case), strict=True):
            assert filled(tmp_path / f"{name}-{way}.docx") == filled(expected), (case, way)


def filled(document: bytes | Path) -> list[str]:
    """The lines that say something: what is empty, LibreOffice may add beside a table."""
    return [line for line in lines(document) if line.strip()]
