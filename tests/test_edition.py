"""The edition: authors' files become one numbered, checked text; what is wrong is named in Chinese with its place."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from openpyxl import Workbook
from PIL import Image

from reports.docx_files import W, notes_in, open_docx, texts_of
from reports.edition.assembly import Edition
from reports.edition.ordinals import in_chinese
from reports.edition.output import write_edition
from reports.edition.settings import EditionError, lay_out, read_settings, with_choices
from reports.word.blocks import Chart, Heading, Paragraph, Picture, TableBlock, plain
from reports.word.conformance import check_conformance
from reports.word.facts import facts_in
from reports.word.month_content import MonthContent
from reports.word.package import add_part
from reports.word.profiles import read_profile
from reports.word.writer import set_document
from tests.editions import SETTINGS, assembled, cells_in, changed, laid_out, lines_in, march, with_past, write
from tests.halls import Hall, Printed


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> MonthContent:
    return march(tmp_path_factory.mktemp("march"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return laid_out(tmp_path / "2025-03")


def texts(edition: Edition) -> list[str]:
    return [plain(block.text) for block in edition.manuscript.blocks if isinstance(block, Heading | Paragraph)]


def headings(edition: Edition) -> list[tuple[int, str]]:
    blocks = edition.manuscript.blocks
    return [(block.level, plain(block.text)) for block in blocks if isinstance(block, Heading)]


def said(edition: Edition) -> list[str]:
    return [str(remark) for remark in edition.remarks]


# What is right.


def test_thirty_items_are_numbered_in_order_and_nothing_is_remarked(tmp_path: Path, month: MonthContent) -> None:
    edition = assembled(laid_out(tmp_path / "2025-03", items=30), month)
    assert said(edition) == []
    assert not edition.manuscript.draft
    found = headings(edition)
    assert [text for level, text in found if level == 1] == ["一、2025 年 3 月总体运行情况", *SETTINGS.headings]
    items = [text for level, text in found if level == 2]
    assert len(items) == 31
    assert items[:3] == ["（一）第 1 条", "（二）第 5 条", "（三）第 9 条"]
    assert items[8:10] == ["（一）重点项目", "（二）第 2 条"]
    assert edition.manuscript.distribution == ("报：省政府办公厅。", "发：各进驻部门（单位）。", month.attribution.line)
    assert edition.manuscript.masthead is not None
    assert (edition.manuscript.masthead.issue, edition.manuscript.masthead.date) == ("第 3 期", "2025 年 4 月 24 日")


def test_references_are_filled_by_code_and_by_name_in_text_and_in_tables(folder: Path, month: MonthContent) -> None:
    write(
        folder,
        0,
        "1 稿.md",
        "# 用数\n\n{{ online_accepted }}、{{ 窗口出件量 }}、{{online_accepted.exact}}、{{ projects }}。\n",
    )
    edition = assembled(folder, month)
    assert "5.42 万件、0.23 万件、54213 件、12 个。" in texts(edition)
    (table,) = [block for block in edition.manuscript.blocks if isinstance(block, TableBlock)]
    assert [[plain(cell) for cell in row] for row in table.rows][1:] == [
        ["全程网办受理", "5.42 万件"],
        ["窗口出件量", "0.23 万件"],
    ]
    assert not edition.wrong


def test_headings_keep_no_number_of_their_authors_and_begin_at_the_item(folder: Path, month: MonthContent) -> None:
    write(folder, 0, "1 稿.md", "## （三）甲\n\n话。\n\n### 1. 乙\n\n#### (2) 丙\n\n### 丁\n")
    write(folder, 0, "2 稿.txt", "（一）戊\n\n　　己，其中（一）庚。\n")
    found = headings(assembled(folder, month))
    assert found[2:7] == [(2, "（一）甲"), (3, "1. 乙"), (4, "（1）丙"), (3, "2. 丁"), (2, "（二）戊")]


def test_a_word_file_keeps_text_tables_and_simple_formats(folder: Path, month: MonthContent) -> None:
    document = Document()
    document.add_heading("通报", 1)
    paragraph = document.add_paragraph("电话咨询 {{ phone_con")
    paragraph.add_run("sultations }}").bold = True
    for tag, text_tag, text in (("w:del", "w:delText", "，删去"), ("w:ins", "w:t", "，新增")):
        change, run, content = OxmlElement(tag), OxmlElement("w:r"), OxmlElement(text_tag)
        content.text = text
        run.append(content)
        change.append(run)
        paragraph._p.append(change)
    paragraph.add_run("。").bold = True
    table = document.add_table(2, 2)
    for place, text in {(0, 0): "指标", (0, 1): "数", (1, 0): "窗口出件量", (1, 1): "{{ documents_issued }}"}.items():
        table.cell(*place).text = text
    document.add_picture(io.BytesIO(png()))
    document.save(str(folder / SETTINGS.headings[0] / "0 通报.docx"))
    edition = assembled(folder, month)
    assert "电话咨询 1187 人（次），新增。" in texts(edition)
    (first, *_) = [block for block in edition.manuscript.blocks if isinstance(block, TableBlock)]
    assert plain(first.rows[1][1]) == "0.23 万件"
    bold = [
        run.text
        for block in edition.manuscript.blocks
        if isinstance(block, Paragraph)
        for run in block.text
        if run.bold
    ]
    assert bold == ["。"]
    name = f"{SETTINGS.headings[0]}/0 通报.docx"
    assert said(edition) == [
        f"【提示】{name} 第 2 段：有修订痕迹，已按接受修订处理",
    ]
    assert [block.content for block in edition.manuscript.blocks if isinstance(block, Picture)] == [png()]


def test_the_table_of_the_metrics_may_stand_in_a_text_with_sums_to_date(folder: Path, month: MonthContent) -> None:
    write(folder, 0, "0 稿.md", "# 甲\n\n一季度受理 {{ online_accepted.累计 }}。\n\n{{ 主要指标表 }}\n")
    (wrong,) = assembled(folder, month).wrong
    assert "“online_accepted.累计”没有可印的累计" in str(wrong)
    number = month.numbers["online_accepted"]
    summed = replace(month, to_date={"online_accepted": replace(number, exact=153_000, printed="15.3")})
    edition = assembled(folder, summed)
    assert edition.wrong == ()
    assert "一季度受理 15.3 万件。" in texts(edition)
    (table, *_) = [block for block in edition.manuscript.blocks if isinstance(block, TableBlock)]
    rows = [[plain(cell) for cell in row] for row in table.rows]
    assert rows[0][-1] == "1—3 月累计"
    assert [row[-1] for row in rows[1:] if row[-1] != "—"] == ["15.3 万件"]
    assert [row[0] for row in rows[1:]] == [number.metric_name for number in month.numbers.values()]


def test_footnotes_and_merged_cells_are_kept(folder: Path, month: MonthContent) -> None:
    write(
        folder,
        0,
        "0 稿.md",
        "# 甲\n\n一件事[^1]，办理 {{ online_accepted }}[^数]。\n\n"
        "[^1]: 见通报。\n[^数]: 上月为 {{ online_accepted.环比 }}，\n  下同。\n",
    )
    document = Document()
    document.add_paragraph("另一件事。").add_run()._element.append(
        OxmlElement("w:footnoteReference", {qn("w:id"): "7"})
    )
    grid = document.add_table(3, 3)
    for cell, text in zip(grid._cells, "头二三甲五六七八九", strict=True):
        cell.text = text
    grid.cell(0, 0).merge(grid.cell(0, 1))
    grid.cell(1, 0).merge(grid.cell(2, 0))
    note = '<w:footnote w:id="7"><w:p><w:r><w:t>附注。</w:t></w:r></w:p></w:footnote>'
    notes = f'<w:footnotes xmlns:w="{W[1:-1]}">{note}</w:footnotes>'
    add_part(document, "footnotes", notes)
    document.save(str(folder / SETTINGS.headings[0] / "00 表.docx"))
    edition = assembled(folder, month)
    assert edition.wrong == ()
    content = set_document(edition.manuscript, read_profile("paper"))
    told = ["".join(text for text, _ in texts_of(note)) for note in notes_in(open_docx(content).part)]
    assert told == ["见通报。", "上月为 环比增长 6.2%，下同。", "附注。"]
    (table,) = [block for block in edition.manuscript.blocks if isinstance(block, TableBlock)][:1]
    assert table.spans == {(0, 0): (1, 2), (1, 0): (2, 1)}
    assert [[plain(cell) for cell in row] for row in table.rows] == [
        ["头\n二", "", "三"],
        ["甲\n七", "五", "六"],
        ["", "八", "九"],
    ]
    found = folder / "整期.docx"
    found.write_bytes(content)
    assert [fact.text for fact in facts_in(found)][-1] == "环比增长 6.2%"


NOTES = {
    "一件事[^2]。": "脚注 [^2] 没有内容，请在文末另起一行写“[^2]: 脚注的文字”",
    "一件事。\n\n[^3]: 没人引。": "脚注 [^3] 没有用上：正文里没有写 [^3]",
    "一件事[^4]。\n\n[^4]: 办理 {{ 没有 }}。": "没有叫“没有”的数",
}


@pytest.mark.parametrize("text", NOTES)
def test_a_footnote_that_is_not_right_is_named(text: str, folder: Path, month: MonthContent) -> None:
    write(folder, 0, "0 稿.md", f"# 甲\n\n{text}\n")
    assert any(NOTES[text] in str(remark) for remark in assembled(folder, month).wrong)


def test_charts_of_the_month_stand_in_a_text_and_in_the_annex(folder: Path, month: MonthContent) -> None:
    write(folder, 0, "0 稿.md", "# 甲\n\n{{ 图：全程网办受理 }}\n")
    settings = folder / "edition.toml"
    named = settings.read_text(encoding="utf-8").replace("annex_charts = []", 'annex_charts = ["phone_consultations"]')
    settings.write_text(named.replace("annex = false", "annex = true"), encoding="utf-8")
    two, *_ = assembled(folder, month).wrong
    assert str(two).endswith("0 稿.md 第 3 行：“全程网办受理”画不了图：两年内核定过的月份不到两个")
    edition = assembled(folder, with_past(month, 30, without=(5, 6), redefined_at=12))
    assert edition.wrong == ()
    (chart,) = [block for block in edition.manuscript.blocks if isinstance(block, Chart)]
    (annexed,) = [block for block in edition.manuscript.annex if isinstance(block, Chart)]
    assert chart.title == "全程网办受理（万件，2023 年 4 月至 2025 年 3 月）"
    assert [(min(line), max(line), len(line)) for line in chart.lines] == [
        ("2023-04", "2024-03", 12),
        ("2024-04", "2025-03", 10),
    ]
    assert chart.lines[1]["2025-03"] == month.numbers["online_accepted"].printed
    assert len(chart.months) == 24
    assert "2024 年 10 月 没有核定数；" in chart.description
    assert annexed.title.startswith("电话咨询（人（次），")
    content = set_document(edition.manuscript, read_profile("paper"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        drawn = archive.read("word/charts/chart1.xml").decode()
        text = archive.read("word/document.xml").decode()
    values = [
        [value for _, value in re.findall(r'<c:pt idx="(\d+)"><c:v>([\d.]+)</c:v>', part.split("</c:val>")[0])]
        for part in drawn.split("<c:val>")[1:]
    ]
    assert values == [list(line.values()) for line in chart.lines]
    assert '<c:dispBlanksAs val="gap"/>' in drawn
    assert f'descr="{chart.description}"' in text
    assert check_conformance(content, read_profile("paper")).conforms


CHARTS = {
    "{{ 图: 项目 }}": "“项目”是自有数字，没有各月的数，画不了图",
    "{{ 图: 全程网办受里 }}": "没有叫“全程网办受里”的数，是不是“online_accepted（全程网办受理）”",
    "走势见{{ 图: 全程网办受理 }}。": "“图: 全程网办受理”要单独成一段，前后不写别的字",
}


@pytest.mark.parametrize("text", CHARTS)
def test_a_chart_that_cannot_be_drawn_is_named(text: str, folder: Path, month: MonthContent) -> None:
    write(folder, 0, "0 稿.md", f"# 甲\n\n{text}\n")
    (folder / "登记表" / "又.csv").write_text("代码,名称,数值,单位,分项\nx,项目,1,个,\n", encoding="utf-8")
    (wrong,) = assembled(folder, with_past(month, 3)).wrong
    assert CHARTS[text] in str(wrong)


def png() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (3000, 300), "navy").save(content, "PNG")
    return content.getvalue()


def test_a_texts_pictures_are_kept_and_fit_the_page(folder: Path, month: MonthContent) -> None:
    (folder / FIRST / "大厅.png").write_bytes(png())
    write(folder, 0, "0 稿.md", "# 甲\n\n话。\n\n![大厅<图>](大厅.png)\n")
    edition = assembled(folder, month)
    assert said(edition) == []
    content = set_document(edition.manuscript, read_profile("paper"))
    (shape,) = Document(io.BytesIO(content)).inline_shapes
    assert (round(shape.width.mm), round(shape.height.mm, 1)) == (156, 15.6)
    assert check_conformance(content, read_profile("paper")).conforms
    for name in ("没有.png", "../../edition.toml", "https://example.com/a.png"):
        write(folder, 0, "0 稿.md", f"# 甲\n\n![图]({name})\n")
        assert said(assembled(folder, month)) == [
            f"【须改】{FIRST}/0 稿.md 第 3 行：图片“{name}”找不到，请把图片文件放在稿件旁边"
        ]


@pytest.mark.parametrize(
    ("text", "report", "sentence"),
    [
        ("受理{{ online_accepted }}，办结3件。", "受理5.42 万件，办结3件。", "受理5.42万件，办结3件。"),
        ("受理 {{ online_accepted }}，办结 3 件。", "受理 5.42 万件，办结 3 件。", "受理 5.42 万件，办结 3 件。"),
        ("{{ online_accepted }}。办结3件。", "5.42 万件。办结3件。", "5.42 万件。办结3件。"),
        ("咨询{{ phone_consultations }}。", "咨询1187 人（次）。", "咨询1187人（次）。"),
    ],
)
def test_references_follow_the_spacing_of_their_sentence_if_asked(
    text: str, report: str, sentence: str, folder: Path, month: MonthContent
) -> None:
    write(folder, 0, "0 稿.md", f"# 甲\n\n{text}\n")
    assert report in texts(assembled(folder, month))
    settings = folder / "edition.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"report"', '"sentence"'), encoding="utf-8")
    assert sentence in texts(assembled(folder, month))


# What is wrong.

FIRST = SETTINGS.headings[0]
WRONG: dict[str, tuple[str, str]] = {
    "unknown reference": (
        "# 甲\n\n受理 {{ online_acepted }}。",
        f"【须改】{FIRST}/0 稿.md 第 3 行：没有叫“online_acepted”的数，是不是“online_accepted（全程网办受理）”",
    ),
    "rate without a base": (
        "# 甲\n\n{{ online_accepted.同比 }}",
        f"【须改】{FIRST}/0 稿.md 第 3 行：“online_accepted.同比”没有可印的同比",
    ),
    "unknown part": (
        "# 甲\n\n{{ online_accepted.x }}",
        f"【须改】{FIRST}/0 稿.md 第 3 行：“online_accepted.x”里的“.x”不认识",
    ),
    "braces": ("# 甲\n\n{{ online_accepted }", f"【须改】{FIRST}/0 稿.md 第 3 行：花括号没有成对"),
    "a stray number": (
        "# 甲\n\n话。\n\n3 月，省本级全程网办受理 5.47 万件。",
        f"【须改】{FIRST}/0 稿.md 第 5 行：与核定数不符，“5.47 万件”：核定书中没有这个数",
    ),
    "full-width digits": (
        "# 甲\n\n全程网办受理 ５.４２ 万件。",
        f"【须改】{FIRST}/0 稿.md 第 3 行：全角数字，“５.４２ 万件”",
    ),
    "full-width digits in a title": (
        "# 办结 ５.１２ 万件",
        f"【须改】{FIRST}/0 稿.md 第 1 行：全角数字，“５.１２ 万件”",
    ),
    "HTML in a title": ("# <b>甲</b>", f"【须改】{FIRST}/0 稿.md 第 1 行：HTML 标记不起作用，“<b>”已按文字印出"),
    "a script": (
        "# 甲\n\n<script>x</script>\n",
        f"【须改】{FIRST}/0 稿.md 第 3 行：HTML 标记不起作用，“<script>x</script>”",
    ),
    "a picture": ("# 甲\n\n![图](a.png)", f"【须改】{FIRST}/0 稿.md 第 3 行：图片“a.png”找不到"),
    "a number in a table": (
        "# 总体运行情况\n\n| 指标 | 3 月 |\n|---|---|\n| 全程网办受理 | 5.47 万件 |",
        f"【须改】{FIRST}/0 稿.md 第 3 行：与核定数不符",
    ),
    "an emoji": ("# 甲😀", f"【提示】{FIRST}/0 稿.md 第 1 行：“😀”这样的符号公文字体里没有"),
    "a control character": ("# 甲\n\n乙\x07", f"【提示】{FIRST}/0 稿.md 第 3 行：有看不见的控制字符，已去掉"),
    "a long title": (f"# {'很长的单位名称' * 40}", f"【提示】{FIRST}/0 稿.md 第 1 行：用了标题样式，但有 280 字"),
    "a rather long title": (f"# {'很长的单位名称' * 6}", f"【提示】{FIRST}/0 稿.md 第 1 行：标题超过 40 字"),
    "several texts and no title": (
        "甲。\n\n乙。",
        f"【提示】{FIRST}/0 稿.md 第 1 行：这篇没有标题也没有序号，2 段各作一条",
    ),
    "no title at first": ("乙。\n\n# 甲\n\n丙。", f"【提示】{FIRST}/0 稿.md 第 1 行：开头这段没有标题也没有序号"),
    "an empty file": ("\n", f"【须改】{FIRST}/0 稿.md：稿件是空的"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_in_a_text_is_named_with_file_and_line(case: str, folder: Path, month: MonthContent) -> None:
    text, says = WRONG[case]
    write(folder, 0, "0 稿.md", text)
    edition = assembled(folder, month)
    assert any(line.startswith(says) for line in said(edition)), said(edition)
    assert edition.manuscript.draft == says.startswith("【须改】")
    assert {remark.file for remark in edition.remarks} == {f"{FIRST}/0 稿.md"}


def test_a_missing_section_and_files_that_are_none_are_named(folder: Path, month: MonthContent) -> None:
    shutil.rmtree(folder / SETTINGS.headings[2])
    (folder / "杂项").mkdir()
    (folder / FIRST / "0 坏.docx").write_bytes(b"PK\x03\x04")
    (folder / FIRST / "0 表.xlsx").write_bytes(b"PK\x03\x04")
    (folder / FIRST / "~$稿.docx").write_bytes(b"x")
    edition = assembled(folder, month)
    lines = said(edition)
    assert len(lines) == 4
    assert f"【须改】{SETTINGS.headings[2]}：这个栏目没有稿件，请把 .md、.txt 或 .docx 放进同名的文件夹" in lines
    assert any(line.startswith(f"【须改】{FIRST}/0 坏.docx：0 坏.docx 不是完整的 Word 文档") for line in lines)
    assert f"【须改】{FIRST}/0 表.xlsx：只收 .md、.txt 和 .docx 稿件，这个文件没有收进来" in lines
    assert any(line.startswith("【提示】杂项：没有用上") for line in lines)
    assert "（本栏目稿件暂缺）" in texts(edition)


def test_a_damaged_word_file_is_named_wherever_the_damage_is(folder: Path, month: MonthContent) -> None:
    whole = io.BytesIO()
    Document().save(whole)
    path = folder / FIRST / "0 坏.docx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(
                name, source.read(name).replace(b"<w:document", b"<w:other").replace(b"</w:document", b"</w:other")
            )
    (remark,) = assembled(folder, month).wrong
    assert "0 坏.docx 不是完整的 Word 文档" in str(remark)


@pytest.mark.parametrize(
    ("register", "says"),
    [
        (
            "代码,名称,数值,单位,分项\nt,合计数,12,个,a+b\na,新数,5,个,\nb,老数,6,个,\n",
            "登记表/坏.csv 第 2 行：合计数登记为 12，但 新数 5 + 老数 6 = 11",
        ),
        (
            "代码,名称,数值,单位,分项\nt,合计数,12,个,a+c\na,新数,5,个,\n",
            "第 2 行“分项”列：c 不在这张表的“代码”里",
        ),
        (
            "代码,名称,数值,单位\nt,合计数,十二,个\n",
            "登记表/坏.csv 第 2 行“数值”列：应是普通数字",
        ),
        (
            "代码,名称,数值,单位\nonline_accepted,网办,5,个\n",
            "第 2 行：online_accepted 已经是别的数的代码或名称",
        ),
        ("代码,名称,数值,单位\na,甲,5,个\n\na,乙,6,个\n", "登记表/坏.csv 第 4 行“代码”列：“a”与第 2 行重复"),
        ("代码,名称,数值\na,甲,5\n", "登记表/坏.csv 第 1 行：缺“单位”列；第一行应写列名"),
        ("代码,名称,数值,单位\na,甲,1,234,个\n", "登记表/坏.csv 第 2 行：多出一格"),
        ("代码,名称,数值,单位\nprojects,别的项目,5,个\n", "projects 已经是别的数的代码或名称"),
    ],
)
def test_a_register_that_is_unsound_is_named(register: str, says: str, folder: Path, month: MonthContent) -> None:
    (folder / "登记表" / "坏.csv").write_text(register, encoding="gbk")
    wrong = assembled(folder, month).wrong
    assert wrong
    assert says in str(wrong[0])
    assert str(wrong[0]).count(".csv") == 1


def test_a_register_may_be_a_workbook_or_in_either_encoding(folder: Path, month: MonthContent) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (("代码", "名称", "数值", "单位"), (), ("rate", "满意度", 99.2, "分"), ("seats", "座席", 40, "个")):
        sheet.append(row)
    book.save(folder / "登记表" / "表.xlsx")
    (folder / "登记表" / "甲.csv").write_text("代码,名称,数值,单位\nlines,专线,3,条\n", encoding="gbk")
    write(folder, 0, "0 稿.md", "# 甲\n\n{{ 满意度 }}、{{ seats }}、{{ 专线 }}、{{ projects }}。\n")
    edition = assembled(folder, month)
    assert said(edition) == []
    assert "99.2 分、40 个、3 条、12 个。" in texts(edition)
    sheet["C3"].number_format = "0.0%"
    sheet["C3"].value = 0.992
    book.save(folder / "登记表" / "表.xlsx")
    (wrong,) = assembled(folder, month).wrong[:1]
    assert str(wrong).startswith("【须改】登记表/表.xlsx 第 3 行“数值”列：应是普通数字，如 1234 或 5.6，现在是“99.2%”")


SETTING_FAULTS: dict[str, Callable[[str], str]] = {
    "number 应是半角数字的整数": lambda text: text.replace("number = 3", 'number = "３"'),
    "date 应是日期": lambda text: text.replace("2025-04-24", '"四月"'),
    "没有 isuing_body 这一项，是不是 issuing_body？": lambda text: text.replace("issuing_body", "isuing_body"),
    "缺少 report_to": lambda text: text.replace("report_to", "# report_to"),
    "sections 应是": lambda text: text.replace("窗口资讯", "../窗口"),
    "profile 应是": lambda text: text.replace('"paper"', '"a4"'),
    "读不懂": lambda text: text + "[[",
}


@pytest.mark.parametrize("says", SETTING_FAULTS)
def test_settings_that_cannot_be_used_are_named(says: str, folder: Path) -> None:
    path = folder / "edition.toml"
    path.write_text(SETTING_FAULTS[says](path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(EditionError) as refused:
        read_settings(folder)
    assert says in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_folder_is_laid_out_once_and_read_as_it_was(tmp_path: Path) -> None:
    lay_out(tmp_path / "2025-03", SETTINGS)
    assert read_settings(tmp_path / "2025-03") == SETTINGS
    with pytest.raises(EditionError, match="已经有了"):
        lay_out(tmp_path / "2025-03", SETTINGS)
    with pytest.raises(EditionError, match="没有叫 a4 的版式"):
        with_choices(SETTINGS, "a4", annex=False)


def test_items_are_counted_in_chinese() -> None:
    assert [in_chinese(count) for count in (1, 10, 11, 20, 21, 99, 100)] == [
        "一",
        "十",
        "十一",
        "二十",
        "二十一",
        "九十九",
        "100",
    ]


def test_files_are_the_same_for_the_same_edition_and_say_what_they_are(
    folder: Path, month: MonthContent, tmp_path: Path
) -> None:
    edition = assembled(folder, month)
    one, two = (write_edition(edition, tmp_path / name) for name in ("one", "two"))
    assert one.good
    assert [path.name for path in one.files] == ["edition.docx", "edition-conformance.json", "edition-report.txt"]
    assert [path.read_bytes() for path in one.files] == [path.read_bytes() for path in two.files]
    data = json.loads((tmp_path / "one" / "edition-conformance.json").read_text(encoding="utf-8"))
    assert (data["certificate"], data["draft"], data["conforms"]) == (month.attribution.code, False, True)
    assert "可以刊印" in one.report


def test_a_pdf_that_cannot_be_made_is_said_and_fails_nothing(
    folder: Path, month: MonthContent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.word.pdf.find_libreoffice", lambda: None)
    written = write_edition(assembled(folder, month), tmp_path / "out", pdf=True)
    assert written.good
    assert "PDF：本机没有安装 LibreOffice" in written.report


# The command.


def test_the_command_lays_out_puts_together_and_refuses(printed_hall: Hall) -> None:
    hall = printed_hall
    assert hall.run("edition", "2025-03").exit_code == 2
    assert hall.run("edition", "--new", "2025-03").exit_code == 0
    empty = hall.run("edition", "2025-03")
    assert (empty.exit_code, empty.output.count("这个栏目没有稿件")) == (1, 4)
    desk = hall.home / "published" / "2025-03" / "desk" / "r1"
    assert "草稿" in Document(str(desk / "edition.docx")).sections[0].header.paragraphs[0].text
    texts = hall.home / "editions" / "2025-03"
    for heading in SETTINGS.headings:
        (texts / heading / "1.md").write_text("# 甲\n\n全程网办受理 {{ online_accepted }}。\n", encoding="utf-8")
    for_print = (desk / "edition.docx").read_bytes()
    good = hall.run("edition", "2025-03", "--annex", "--profile", "screen")
    assert good.exit_code == 0, good.output
    assert "GB/T 33476.2—2016" in good.output
    assert (desk / "edition.docx").read_bytes() == for_print
    assert "（一）甲" in lines_in(desk / "edition-screen.docx")
    assert "全程网办受理 5.42 万件。" in lines_in(desk / "edition-screen.docx")
    printed = cells_in(desk / "edition-screen.docx")[0]
    assert {row[2].split()[0] for row in printed[1:]} >= {str(exact) for exact in hall.numbers("2025-03").values()}
    sound = hall.run("facts-of", str(desk / "edition-screen.docx"))
    assert (sound.exit_code, "没有手工改过的" in sound.output) == (0, True), sound.output
    altered = changed((desk / "edition-screen.docx").read_bytes(), "word/document.xml", ">5.42 万件<", ">5.47 万件<")
    (texts / "altered.docx").write_bytes(altered)
    told = hall.run("facts-of", str(texts / "altered.docx"))
    assert told.exit_code == 1
    assert "【须改】全程网办受理（2025 年 3 月，核定码 " in told.output
    assert "5.47 万件　手工改过，核定的是 5.42 万件" in told.output
    refused = hall.run("facts-of", str(texts / "没有.docx"))
    assert (refused.exit_code, "打不开" in refused.output) == (1, True)
    for against, says in (("2025-02", "2025-02 没有做过整期"), ("r1", "r1 就是这一版"), ("上月", "要写月份")):
        nothing = hall.run("edition", "2025-03", "--against", against)
        assert (nothing.exit_code, says in nothing.output) == (1, True), nothing.output
    earlier = hall.home / "published" / "2025-02" / "desk" / "r1" / "edition.docx"
    earlier.parent.mkdir(parents=True)
    earlier.write_bytes((texts / "altered.docx").read_bytes())
    assert hall.run("edition", "2025-03", "--against", "2025-02").exit_code == 0
    tracked = zipfile.ZipFile(desk / "edition-against-2025-02.docx").read("word/document.xml").decode()
    assert 'xml:space="preserve">5.47 万件</w:delText>' in tracked
    shutil.rmtree(earlier.parents[2])
    assert hall.run("verify", "2025-03").exit_code == 0, "what the desk makes isn't part of the signed release"


def test_a_month_that_is_not_certified_gives_a_draft_or_says_why_not(
    printed_hall: Hall, april_printed: Printed
) -> None:
    hall = printed_hall
    assert hall.run("edition", "--new", "2025-04").exit_code == 0
    refused = hall.run("edition", "2025-04")
    assert refused.exit_code == 1
    assert "2025-04 还没有核定，数据也不齐，出不了样稿" in refused.output
    # As after a pull of April.
    shutil.copytree(april_printed.home / "landing", hall.home / "landing", dirs_exist_ok=True)
    drafted = hall.run("edition", "2025-04")
    assert drafted.exit_code == 1
    assert "本月数据还没有核定，只能看样" in drafted.output
    document = Document(str(hall.home / "published" / "2025-04" / "desk" / "draft" / "edition.docx"))
    assert document.core_properties.content_status == "草稿"
    assert any("总体运行情况" in paragraph.text for paragraph in document.paragraphs)
