"""Items with and without titles, whichever way their ordinals come: the system's numbers, and what isn't in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml import parse_xml

from reports.edition.fragments import read_fragment
from reports.edition.ordinals import in_chinese
from reports.word.blocks import Heading, Paragraph, plain
from reports.word.month_content import MonthContent
from tests.editions import SETTINGS, assembled, laid_out, march
from tests.servers.office import converted

TEXT = "本月，大厅在{}号窗口试行“一件事”集成办理，压减申请材料，缩短办理时限，企业群众只跑一次、只进一扇门，"
ITEMS = [f"{(TEXT.format(in_chinese(number)) * 4)[:179]}。" for number in range(1, 21)]
FIRST = SETTINGS.headings[0]
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
Write = Callable[[Path], None]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> MonthContent:
    return march(tmp_path_factory.mktemp("march"))


# The ways in which authors number.


def text_file(name: str, written: Callable[[int, str], str], blank: str = "\n\n") -> Write:
    def write(folder: Path) -> None:
        (folder / name).write_text(blank.join(written(*each) for each in enumerate(ITEMS, 1)) + "\n", encoding="utf-8")

    return write


def many_files(suffix: str, written: Callable[[int, str], str]) -> Write:
    def write(folder: Path) -> None:
        for number, text in enumerate(ITEMS, 1):
            (folder / f"{number} 稿{suffix}").write_text(written(number, text) + "\n", encoding="utf-8")

    return write


def chinese(number: int, text: str) -> str:
    return f"（{in_chinese(number)}）{text}"


def numbered_document(number_format: str, level_text: str) -> Any:
    """A Word document with one list in its numbering."""
    document = Document()
    root = document.part.numbering_part.element
    level = f'<w:start w:val="1"/><w:numFmt w:val="{number_format}"/><w:lvlText w:val="{level_text}"/>'
    level = f'<w:abstractNum xmlns:w="{W}" w:abstractNumId="90"><w:lvl w:ilvl="0">{level}</w:lvl></w:abstractNum>'
    root.insert(0, parse_xml(level))
    root.append(parse_xml(f'<w:num xmlns:w="{W}" w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    return document


def number_automatically(paragraph: Any, number: int = 90) -> None:
    properties = paragraph._p.get_or_add_pPr()
    properties.append(parse_xml(f'<w:numPr xmlns:w="{W}"><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'))


def automatic(number_format: str, level_text: str, typed: Callable[[int], bool] = lambda _: False) -> Write:
    """Word's own numbering, but for items that are typed as one would who lost it."""

    def write(folder: Path) -> None:
        document = numbered_document(number_format, level_text)
        for number, text in enumerate(ITEMS, 1):
            paragraph = document.add_paragraph(chinese(number, text) if typed(number) else text)
            if not typed(number):
                number_automatically(paragraph)
        document.save(str(folder / "1 稿.docx"))

    return write


def styled(folder: Path) -> None:
    """Whole texts as headings, as authors do who choose styles by their looks."""
    document = Document()
    for text in ITEMS:
        document.add_heading(text, 1)
    document.save(str(folder / "1 稿.docx"))


WAYS: dict[str, Write] = {
    "typed （一）": text_file("1 稿.txt", chinese),
    "typed 一、 in lines": text_file("1 稿.md", lambda number, text: f"　　{in_chinese(number)}、{text}", "\n"),
    "typed 1．": text_file("1 稿.txt", lambda number, text: f"{number}．{text}", "\n"),
    "typed ①": text_file("1 稿.md", lambda number, text: f"{chr(0x245F + number)}{text}"),
    "Markdown's list": text_file("1 稿.md", lambda number, text: f"{number}. {text}", "\n"),
    "Markdown's list of ones": text_file("1 稿.md", lambda _, text: f"1. {text}"),
    "Markdown's headings": text_file("1 稿.md", lambda _, text: f"# {text}"),
    "indented": text_file("1 稿.md", lambda number, text: f"    {chinese(number, text)}"),
    "many files": many_files(".txt", lambda _, text: text),
    "many files typed": many_files(".md", chinese),
    "many files, each the first": many_files(".md", lambda _, text: f"（一）{text}"),
    "Word's （一）": automatic("chineseCounting", "（%1）"),
    "Word's 1.": automatic("decimal", "%1."),
    "Word's headings": styled,
    "one file without numbers": text_file("1 稿.txt", lambda _, text: text),
}


@pytest.mark.parametrize("way", WAYS)
def test_twenty_untitled_items_are_numbered_whichever_way_they_come(way: str, tmp_path: Path) -> None:
    WAYS[way](tmp_path)
    assert [said for said in remarks(tmp_path) if said.startswith("【须改】")] == []
    assert items(tmp_path) == [(0, "Paragraph", text) for text in ITEMS]


def test_items_made_by_libreoffice_are_numbered_as_it_shows_them(tmp_path: Path, month: MonthContent) -> None:
    sources = [tmp_path / f"{name}.fodt" for name in ("automatic", "typed")]
    for path in sources:
        path.write_text(flat_document(typed=path.stem == "typed"), encoding="utf-8")
    for made in converted(sources, "docx", tmp_path):
        folder = laid_out(tmp_path / f"{made.stem}-2025-03")
        for path in (folder / FIRST).iterdir():
            path.unlink()
        made.rename(folder / FIRST / "1 稿.docx")
        edition = assembled(folder, month)
        assert edition.remarks == ()
        printed = [plain(block.text) for block in edition.manuscript.blocks if isinstance(block, Paragraph)]
        assert printed[1:21] == [chinese(*each) for each in enumerate(ITEMS, 1)]


def flat_document(*, typed: bool) -> str:
    """An OpenDocument text of the items, with a numbered list or with typed ordinals."""
    names = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (("office", "office"), ("text", "text"), ("style", "style"))
    )
    style = (
        '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" '
        'style:num-format="一, 二, 三, ..." style:num-prefix="（" style:num-suffix="）"/></text:list-style>'
    )
    if typed:
        body = "".join(f"<text:p>{chinese(*each)}</text:p>" for each in enumerate(ITEMS, 1))
    else:
        entries = "".join(f"<text:list-item><text:p>{text}</text:p></text:list-item>" for text in ITEMS)
        body = f'<text:list text:style-name="L1">{entries}</text:list>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {names} office:version="1.2" '
        f'office:mimetype="application/vnd.oasis.opendocument.text"><office:automatic-styles>{style}'
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document>"
    )


def items(folder: Path) -> list[tuple[int | None, str, str]]:
    """What the files of a folder hold, as a section would read them: depth, kind of block and text."""
    found: list[tuple[int | None, str, str]] = []
    for path in sorted(folder.iterdir(), key=lambda path: int(path.stem.split()[0])):
        before = sum(depth == 0 for depth, _, _ in found)
        for piece in read_fragment(path, path.name, before).pieces:
            assert isinstance(piece.block, Heading | Paragraph)
            found.append((piece.depth, type(piece.block).__name__, plain(piece.block.text)))
    return found


def remarks(folder: Path) -> list[str]:
    return [str(remark) for path in folder.iterdir() for remark in read_fragment(path, path.name).remarks]


# What is in one file.

STRUCTURES: dict[str, tuple[str, list[tuple[int | None, str]]]] = {
    "titles, lists and texts": (
        "（一）甲\n话。\n1.子一，有话。\n2.子二，有话。\n① 细一；\n（二）乙\n话。\n1.子三，有话。",
        [
            (0, "#甲"),
            (None, "话。"),
            (1, "子一，有话。"),
            (1, "子二，有话。"),
            (2, "细一；"),
            (0, "#乙"),
            (None, "话。"),
            (1, "子三，有话。"),
        ],
    ),
    "a text in several paragraphs": ("一、甲事。\n又。\n二、乙事。", [(0, "甲事。"), (None, "又。"), (0, "乙事。")]),
    "titles in lines of their own": (
        "加强窗口建设\n本月如何如何。\n优化服务\n又如何如何。",
        [(0, "#加强窗口建设"), (None, "本月如何如何。"), (0, "#优化服务"), (None, "又如何如何。")],
    ),
    "a date after an ordinal": ("1.3月5日，开会。\n2. 4 月，又开会。", [(0, "3月5日，开会。"), (0, "4 月，又开会。")]),
    "what only looks like ordinals": (
        "1.5 万件已办结。\n3、4 月各一次。\n一、二类窗口已合并。\n25.3.1 开会。",
        [(0, "1.5 万件已办结。"), (0, "3、4 月各一次。"), (0, "一、二类窗口已合并。"), (0, "25.3.1 开会。")],
    ),
    "two lists below one item": (
        "（一）甲事。\n1.一，好。\n2.二，好。\n又说。\n1.三，好。\n2.四，好。",
        [(0, "甲事。"), (1, "一，好。"), (1, "二，好。"), (None, "又说。"), (1, "三，好。"), (1, "四，好。")],
    ),
}


@pytest.mark.parametrize("case", STRUCTURES)
def test_items_stand_as_deep_as_their_author_meant(case: str, tmp_path: Path) -> None:
    text, expected = STRUCTURES[case]
    (tmp_path / "1 稿.txt").write_text(text, encoding="utf-8")
    assert [(depth, f"{'#' if kind == 'Heading' else ''}{text}") for depth, kind, text in items(tmp_path)] == expected
    assert not any(said.startswith("【须改】") for said in remarks(tmp_path))


DISORDER: dict[str, tuple[str, str]] = {
    "twice": ("（一）甲事。\n（一）乙事。\n（二）丙事。", "第 2 行：序号“（一）”重复，前面已经到“（一）”"),
    "a gap": ("（一）甲事。\n（三）乙事。", "第 2 行：序号从“（一）”跳到“（三）”，少了“（二）”"),
    "no beginning": ("（三）甲事。\n（四）乙事。", "第 1 行：序号从“（三）”开始，前面少了“（一）”"),
    "mixed": (
        "（一）甲事。\n2.乙事。\n（三）丙事。",
        "第 2 行：序号写法不一：前面的写作“（一）”这样，这里写“2.”，请统一",
    ),
    "a list without its beginning": ("（一）甲事。\n3.乙事。", "第 2 行：序号从“3.”开始，前面少了“1.”"),
    "some titles without": (
        "# （一）甲\n\n话。\n\n# 乙\n\n话。\n",
        "第 5 行：同级的别的条目有序号，这一条没有，请补上",
    ),
    "some titles with": ("# 甲\n\n话。\n\n# （二）乙\n\n话。\n", "第 5 行：同级的别的标题没有序号，这里写了“（二）”"),
    "Markdown's own": ("1. 甲事。\n2. 乙事。\n2. 丙事。\n", "第 3 行：序号“2.”重复"),
}


@pytest.mark.parametrize("case", DISORDER)
def test_ordinals_that_are_not_in_order_have_to_be_put_right(case: str, tmp_path: Path) -> None:
    text, says = DISORDER[case]
    path = tmp_path / ("1 稿.md" if text.endswith("\n") else "1 稿.txt")
    path.write_text(text, encoding="utf-8")
    (said,) = remarks(tmp_path)
    assert said.startswith(f"【须改】{path.name} {says}")


def test_words_numbers_are_those_that_word_shows(tmp_path: Path) -> None:
    document = numbered_document("chineseCounting", "（%1）")
    root = document.part.numbering_part.element
    again = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    root.append(parse_xml(f'<w:num xmlns:w="{W}" w:numId="91"><w:abstractNumId w:val="90"/>{again}</w:num>'))
    for number, text in ((90, "甲事。"), (90, "乙事。"), (91, "丙事。")):
        number_automatically(document.add_paragraph(text), number)
    number_automatically(document.add_paragraph("（二）丁事。"), 91)
    document.save(str(tmp_path / "1 稿.docx"))
    assert remarks(tmp_path) == [
        "【须改】1 稿.docx 第 4 段：自动编号之外又写了序号“（二）”，请只留一个",
        "【须改】1 稿.docx 第 3 段：序号“（一）”重复，前面已经到“（二）”",
    ]


def test_a_text_that_lost_words_numbering_is_named(tmp_path: Path) -> None:
    automatic("chineseCounting", "（%1）", typed=lambda number: number == 2)(tmp_path)
    assert items(tmp_path) == [(0, "Paragraph", text) for text in ITEMS]
    assert remarks(tmp_path) == ["【须改】1 稿.docx 第 3 段：序号“（二）”重复，前面已经到“（二）”"]


def test_files_go_on_counting_or_begin_anew(tmp_path: Path) -> None:
    (tmp_path / "1 稿.txt").write_text("（一）甲事。\n（二）乙事。", encoding="utf-8")
    (tmp_path / "2 稿.txt").write_text("（三）丙事。\n（四）丁事。", encoding="utf-8")
    assert [depth for depth, _, _ in items(tmp_path)] == [0] * 4
    (going_on,) = [read_fragment(tmp_path / "2 稿.txt", "2", before=2).remarks]
    assert going_on == ()
    (tmp_path / "3 稿.txt").write_text("（九）戊事。", encoding="utf-8")
    (alone,) = read_fragment(tmp_path / "3 稿.txt", "3", before=4).remarks
    assert str(alone) == "【提示】3 第 1 行：稿件写的是“（九）”，已按文件的先后重新编号"
