"""Reading authors' files: real .docx, .txt and .md, their tables and registers, and files that are none of these."""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Callable, Sequence
from copy import deepcopy
from decimal import Decimal
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from typer.testing import CliRunner

from orchestration.cli.main import app
from reports.proofreading import (
    DocumentError,
    OwnFigure,
    Passage,
    ProofFinding,
    RegisterError,
    passages_of,
    proofread,
    read_document,
    read_register,
)
from reports.word.comments import write_comments
from reports.word.foreign import as_docx
from tests.proofreading_known import REFERENCE, known
from tests.servers.office import converted

KNOWN = known()
TEXTS = Path(__file__).parent / "proofreading_texts"
HEADING = "一、2025 年 3 月总体运行情况"


def findings(path: Path) -> list[tuple[str, str, str]]:
    return [brief(finding) for finding in proofread(read_document(path), KNOWN).findings]


def brief(finding: ProofFinding) -> tuple[str, str, str]:
    return finding.rule, finding.spot.found, str(finding.spot.place)


def saved(document: WordDocument, path: Path) -> Path:
    document.save(str(path))
    return path


def test_a_word_document_with_the_reference_is_clean(tmp_path: Path) -> None:
    document = Document()
    document.add_heading(HEADING, level=1)
    document.add_paragraph(REFERENCE)

    proof = proofread(read_document(saved(document, tmp_path / "edition.docx")), KNOWN)

    assert proof.clean
    assert len(proof.matched) == 8


def test_a_number_split_into_runs_is_one_number(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("政务窗口月报")
    paragraph = document.add_paragraph()
    for piece in ("3 月，全程网办受理 5", ".", "4", "7 ", "万", "件，办结 5.1", "2 万件。"):
        paragraph.add_run(piece).bold = len(piece) == 1

    assert findings(saved(document, tmp_path / "runs.docx")) == [("stray_number", "5.47 万件", "第 2 段第 12 字")]


def test_tables_are_read_by_row_and_column(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("表 1　3 月咨询与办件情况（单位：万件）")
    table = document.add_table(rows=3, cols=4)
    cells = (
        ("指标", "2 月", "3 月", "环比（%）"),
        ("全程网办受理", "5.1", "5.42", "6.9"),
        ("全程网办办结", "4.98", "5.12", "4.8"),
    )
    for row, texts in enumerate(cells):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    document.add_paragraph("电话咨询 1187 人（次）。")
    wide = document.add_table(rows=2, cols=2)
    for column, (name, value) in enumerate((("电话咨询（人（次））", "1178"), ("窗口出件量（万件）", "0.23"))):
        wide.cell(0, column).text, wide.cell(1, column).text = name, value

    assert findings(saved(document, tmp_path / "tables.docx")) == [
        ("wrong_rate", "6.9", "第 1 个表格第 2 行第 4 格第 1 字"),
        ("stray_number", "4.98", "第 1 个表格第 3 行第 2 格第 1 字"),
        ("stale_vintage", "1178", "第 2 个表格第 2 行第 1 格第 1 字"),
    ]


def test_tracked_changes_are_read_as_accepted(tmp_path: Path) -> None:
    document = Document()
    paragraph = document.add_paragraph("全程网办受理 ")
    for tag, text_tag, text in (("w:del", "w:delText", "5.42"), ("w:ins", "w:t", "5.72")):
        paragraph._p.append(_tracked(tag, text_tag, text))
    paragraph.add_run(" 万件。")

    assert findings(saved(document, tmp_path / "tracked.docx")) == [("stray_number", "5.72 万件", "第 1 段第 8 字")]


def _tracked(tag: str, text_tag: str, text: str) -> BaseOxmlElement:
    change, run, content = OxmlElement(tag), OxmlElement("w:r"), OxmlElement(text_tag)
    content.text = text
    run.append(content)
    change.append(run)
    return change


def test_text_boxes_and_links_are_read_once(tmp_path: Path) -> None:
    document = Document()
    holder = document.add_paragraph("见右侧。")
    run, pict, box = holder.add_run()._r, OxmlElement("w:pict"), OxmlElement("w:txbxContent")
    box.append(deepcopy(document.add_paragraph("电话咨询 1188 人（次）。")._p))
    document.element.body.remove(document.paragraphs[-1]._p)
    pict.append(box)
    run.append(pict)
    link, linked = OxmlElement("w:hyperlink"), OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "现场咨询 5516 人（次）"
    link.set(qn("w:anchor"), "there")
    linked.append(text)
    link.append(linked)
    document.add_paragraph("另：")._p.append(link)

    assert findings(saved(document, tmp_path / "boxes.docx")) == [
        ("stray_number", "1188 人（次）", "第 2 段第 6 字"),
        ("stray_number", "5516 人（次）", "第 3 段第 8 字"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_texts_of_any_usual_encoding(tmp_path: Path, encoding: str, line_end: str) -> None:
    path = tmp_path / "section.txt"
    path.write_bytes(line_end.join((HEADING, "", "　　全程网办受理 5.44 万件。", "办结 5.12 万件。")).encode(encoding))

    assert findings(path) == [("stray_number", "5.44 万件", "第 3 行第 10 字")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.pdf", b"%PDF"),
        ("report.docx", b""),
        ("report.docx", b"PK\x03\x04 not a package"),
        ("report.docx", REFERENCE.encode()),
        ("report.txt", b"\xff\xff\xff\x80"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(DocumentError, match=name):
        read_document(path)


def test_paragraphs_are_split_where_authors_split_them() -> None:
    text = "# 标题\n正文一行\n接着一行\n- 一项\n- 二项\n\n一、小标题\n（一）甲\n1. 乙\n1.5 万件也是正文"

    assert [(passage.text, passage.place.line) for passage in passages_of(text)] == [
        ("# 标题", 1),
        ("正文一行\n接着一行", 2),
        ("- 一项", 4),
        ("- 二项", 5),
        ("一、小标题", 7),
        ("（一）甲", 8),
        ("1. 乙\n1.5 万件也是正文", 9),
    ]


def test_cells_of_a_text_table_know_their_place() -> None:
    cells = passages_of("| 指标 | 3 月 |\n|---|---|\n| 电话咨询 | 1187 |")

    assert [(cell.text.strip(), cell.lead, cell.place.line, cell.place.column) for cell in cells] == [
        ("指标", "", 1, 2),
        ("3 月", "", 1, 7),
        ("电话咨询", "指标", 3, 2),
        ("1187", "电话咨询，3 月", 3, 9),
    ]


def test_places_and_excerpts_point_into_the_text() -> None:
    passage = Passage("3 月，\n全程网办受理 5.47 万件", passages_of("x")[0].place)

    (finding,) = proofread([passage], KNOWN).findings

    assert (finding.spot.place.line, finding.spot.place.column) == (2, 8)
    assert passage.text[finding.spot.start : finding.spot.end] == finding.spot.found == "5.47 万件"
    assert str(finding) == (
        "第 2 行第 8 字【与核定数不符】“5.47 万件”：核定书中没有这个数，2025 年 3 月全程网办受理的核定数为 5.42 万件。"
        "请改为“5.42 万件”。原文：3 月， 全程网办受理 5.47 万件"
    )


# Findings as comments, and documents of others.


def commented(path: Path) -> list[tuple[str, str]]:
    """Of a document each comment with the text that it is at."""
    document = Document(str(path))
    places = []
    for paragraph in document.element.body.iter(qn("w:p")):
        open_ids: dict[str, list[str]] = {}
        for element in paragraph.iter():
            if element.tag == qn("w:commentRangeStart"):
                open_ids[element.get(qn("w:id"))] = []
            elif element.tag == qn("w:commentRangeEnd"):
                places.append((int(element.get(qn("w:id"))), "".join(open_ids.pop(element.get(qn("w:id"))))))
            elif element.tag == qn("w:t"):
                for texts in open_ids.values():
                    texts.append(element.text or "")
    said = {comment.comment_id: comment.text for comment in document.comments}
    return [(found, said[number]) for number, found in places]


@pytest.mark.parametrize("suffix", [".docx", ".txt"])
def test_findings_are_comments_at_their_spots(tmp_path: Path, suffix: str) -> None:
    lines = [HEADING, "3 月，全程网办受理 5.47 万件，办结 5.12 万件，电话咨询 1188 人（次）。", "2 月 30 日印发。"]
    source, target = tmp_path / f"稿子{suffix}", tmp_path / "批注.docx"
    if suffix == ".txt":
        source.write_text("\n".join(lines), encoding="utf-8")
    else:
        document = Document()
        document.add_paragraph(lines[0])
        paragraph = document.add_paragraph()
        for piece in (lines[1][:13], lines[1][13:20], lines[1][20:]):
            paragraph.add_run(piece)
        document.add_table(1, 1).cell(0, 0).text = lines[2]
        saved(document, source)
    passages = read_document(source)
    write_comments(source, target, passages, proofread(passages, KNOWN).findings)
    before = source.read_bytes()

    assert commented(target) == [
        (
            "5.47 万件",
            (
                "【须改·与核定数不符】核定书中没有这个数，2025 年 3 月全程网办受理的核定数为 5.42 万件。"
                "请改为“5.42 万件”。"
            ),
        ),
        (
            "1188 人（次）",
            (
                "【须改·与核定数不符】核定书中没有这个数，2025 年 3 月电话咨询的核定数为 1187 人（次）。"
                "请改为“1187 人（次）”。"
            ),
        ),
        ("2 月 30 日", "【须改·没有这一天】日历上没有这一天。请核对日期。"),
    ]
    assert [passage.text for passage in read_document(target)] == [passage.text for passage in passages]
    assert source.read_bytes() == before


@pytest.mark.parametrize(("target", "why"), [("稿子.docx", "就是稿子本身"), ("批注.txt", "不能写进 批注.txt")])
def test_comments_are_never_written_over_the_manuscript(tmp_path: Path, target: str, why: str) -> None:
    source = _as_word(["3 月，全程网办受理 5.47 万件。"], tmp_path / "稿子.docx")
    before = source.read_bytes()
    options = ["--month", "2025-03", "--comments", str(tmp_path / target)]
    done = CliRunner().invoke(app, ["proofread", str(source), *options])

    assert done.exit_code == 2
    assert why in done.output
    assert source.read_bytes() == before
    assert not (tmp_path / "批注.txt").exists()


_ODT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3"><office:body><office:text>'
    "{}</office:text></office:body></office:document-content>"
)


_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)


def _as_odt(paragraphs: Sequence[str], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        package.writestr("content.xml", _ODT.format("".join(f"<text:p>{text}</text:p>" for text in paragraphs)))
        package.writestr("META-INF/manifest.xml", _MANIFEST)
    return path


def _with_planted_errors() -> list[str]:
    """The paragraphs of an edition of twenty items, with every error in it that has a place of its own."""
    text = (TEXTS / "edition_20_items.txt").read_text(encoding="utf-8")
    for right, wrong, *_ in tomllib.loads((TEXTS / "edition_20_items.toml").read_text(encoding="utf-8"))["error"]:
        text = text.replace(right, wrong) if text.count(right) == 1 else text
    return [line for line in text.split("\n") if line.strip()]


def _as_word(paragraphs: Sequence[str], path: Path) -> Path:
    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return saved(document, path)


def _found(path: Path) -> list[tuple[str, str]]:
    return [(rule, found) for rule, found, _ in findings(path)]


def test_every_kind_of_file_gives_the_same_findings(tmp_path: Path) -> None:
    paragraphs = _with_planted_errors()
    texts = {tmp_path / "稿子.txt": "\n".join(paragraphs), tmp_path / "稿子.md": "\n\n".join(paragraphs)}
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    word = _as_word(paragraphs, tmp_path / "稿子.docx")
    other = as_docx(_as_odt(paragraphs, tmp_path / "别的.odt"), tmp_path)
    expected = _found(word)

    assert len(expected) > 35
    for path in (*texts, other):
        assert _found(path) == expected, path


@pytest.mark.proof
@pytest.mark.parametrize("suffix", [".doc", ".rtf", ".odt"])
def test_files_that_libreoffice_wrote_give_the_same_findings(tmp_path: Path, suffix: str) -> None:
    word = _as_word(_with_planted_errors(), tmp_path / "稿子.docx")
    [written] = converted([word], suffix.removeprefix("."), tmp_path / "written")

    assert _found(as_docx(written, tmp_path)) == _found(word)


# Registers.

WriteRegister = Callable[[str, str], Path]


@pytest.fixture
def register(tmp_path: Path) -> WriteRegister:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_registers_of_both_kinds_hold_the_same(register: WriteRegister) -> None:
    table = register("own.csv", "\ufeffcode,name,value,unit\nheat,好差评主动评价,3271,条\nrate,满意率,99.97,%\n")
    toml = register(
        "own.toml",
        '[[figure]]\ncode = "heat"\nname = "好差评主动评价"\nvalue = 3271\nunit = "条"\n'
        '[[figure]]\ncode = "rate"\nname = "满意率"\nvalue = "99.97"\nunit = "%"\n',
    )

    assert read_register(table) == read_register(toml)
    assert read_register(table)[1] == OwnFigure("rate", "满意率", Decimal("99.97"), "%")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own.xlsx", ""),
        ("own.toml", "[[figure"),
        ("own.toml", '[[figure]]\ncode = "a"\nname = "甲"\nvalue = 0.1\nunit = "条"'),
        ("own.csv", "code,name,value\na,甲,1\n"),
        ("own.csv", "code,name,value,unit\na,甲,about 3,条\n"),
        ("own.csv", "code,name,value,unit\na,甲,NaN,条\n"),
        ("own.csv", "code,name,value,unit\na,,3,条\n"),
        ("own.csv", "code,name,value,unit\na,甲,3,条\na,乙,4,条\n"),
        ("own.csv", "code,name,value,unit\na,甲,3,条\nb,甲,4,条\n"),
    ],
)
def test_unsound_registers_are_refused(register: WriteRegister, name: str, text: str) -> None:
    with pytest.raises(RegisterError, match="own"):
        read_register(register(name, text))


def test_a_paragraph_that_was_moved_here_is_read(tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph("政务窗口月报")
    moved = OxmlElement("w:moveTo")
    document.element.body.insert(1, moved)
    moved.append(document.add_paragraph("3 月，全程网办受理 5.43 万件。")._p)

    path = saved(document, tmp_path / "edition.docx")

    assert [(found, place) for _, found, place in findings(path)] == [("5.43 万件", "第 2 段第 12 字")]
