"""The edition in Word: measured from its file, and from what LibreOffice prints of it; both say the same."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pdfplumber
import pytest
from docx import Document
from PIL import Image

from reports.docx_files import DocumentError, open_docx
from reports.figures.section_text import PrintedSection
from reports.figures.words import DEFAULT
from reports.word import pdf
from reports.word.blocks import Paragraph, Run, TableBlock, plain, text_of
from reports.word.conformance import check_conformance
from reports.word.month_content import MonthContent, annex_blocks, draft_content, section_docx
from reports.word.pdf import PdfError, to_pdf
from reports.word.profiles import PROFILES, ProfileName, read_profile
from reports.word.writer import set_document
from tests.editions import assembled, cells_in, changed, laid_out, lines_in, march, monthly
from tests.halls import HEADING, PARAGRAPH
from tests.servers.office import picture, printed

MM = 25.4 / 72
# Paragraphs on colour show the type area as it is laid out, whatever the glyphs.
PAINT = ('<w:widowControl w:val="0"/>', '<w:widowControl w:val="0"/><w:shd w:val="clear" w:fill="DDEEFF"/>')


@dataclass(frozen=True)
class Printed:
    """An edition of one profile: its file, its PDF, and the PDF of the same with its paragraphs painted."""

    content: bytes
    pdf: Path
    painted: Path


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> MonthContent:
    return march(tmp_path_factory.mktemp("march"))


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory, month: MonthContent) -> dict[str, Printed]:
    folder = tmp_path_factory.mktemp("editions")
    edition = assembled(laid_out(folder / "2025-03", items=8), month)
    contents = {name: set_document(edition.manuscript, read_profile(name)) for name in PROFILES}
    files = []
    for name, content in contents.items():
        for suffix, written in (("", content), ("-painted", changed(content, "word/styles.xml", *PAINT))):
            files.append(folder / f"{name}{suffix}.docx")
            files[-1].write_bytes(written)
    pdfs = iter(printed(files, folder))
    return {name: Printed(content, next(pdfs), next(pdfs)) for name, content in contents.items()}


def found(content: bytes, name: ProfileName) -> dict[str, float | None]:
    """What the conformance report measured, by item."""
    return {line.item: line.measured for line in check_conformance(content, read_profile(name)).lines}


@pytest.mark.parametrize("name", PROFILES)
def test_the_report_says_what_the_print_measures(editions: dict[str, Printed], name: ProfileName) -> None:
    edition, told = editions[name], found(editions[name].content, name)
    assert check_conformance(edition.content, read_profile(name)).conforms
    with pdfplumber.open(edition.painted) as painted, pdfplumber.open(edition.pdf) as plain:
        page = painted.pages[1]
        areas = [rect for rect in page.rects if rect["height"] > 5 and rect["top"] * MM < 255]
        left, right = min(rect["x0"] for rect in areas) * MM, max(rect["x1"] for rect in areas) * MM
        top, bottom = min(rect["top"] for rect in areas) * MM, max(rect["bottom"] for rect in areas) * MM
        lines = lines_of(plain.pages[1])
    measured = {
        "纸张宽（A4）": float(page.width) * MM,
        "纸张高（A4）": float(page.height) * MM,
        "上白边（天头）": top,
        "下白边": float(page.height) * MM - bottom,
        "左白边（订口）": left,
        "右白边": float(page.width) * MM - right,
        "版心宽": right - left,
        "版心高": bottom - top,
    }
    for item, length in measured.items():
        assert length == pytest.approx(told[item], abs=1.0), item
    *body, folio = lines
    assert len(body) == told["正文每页行数"] == told["网格每页行数"] == 22
    assert max(map(len, body)) == told["正文每行字数"] == told["网格每行字数"] == 28
    pitches = {round((two[0]["top"] - one[0]["top"]), 1) for one, two in pairwise(body)}
    assert all(pitch == pytest.approx(told["正文行距"], abs=0.2) for pitch in pitches)
    assert "".join(each["text"] for each in folio).replace(" ", "") == "—2—"


def lines_of(page: Any) -> list[list[Any]]:
    """The characters of a page by line, from top to bottom."""
    lines: dict[int, list[Any]] = {}
    for each in sorted(page.chars, key=lambda each: (round(each["bottom"]), each["x0"])):
        lines.setdefault(round(each["bottom"]), []).append(each)
    return [line for _, line in sorted(lines.items()) if any(each["text"].strip() for each in line)]


@pytest.mark.parametrize("page", [1, 2])
def test_page_numbers_stand_outside_below_the_type_area(editions: dict[str, Printed], page: int) -> None:
    edition, told = editions["paper"], found(editions["paper"].content, "paper")
    item = "单页" if page % 2 else "双页"
    with pdfplumber.open(edition.pdf) as document:
        folio = lines_of(document.pages[page - 1])[-1]
    edge = 210 - 26 - folio[-1]["x1"] * MM if page % 2 else folio[0]["x0"] * MM - 28
    indent = told[f"{item}页码位置"]
    assert indent is not None
    assert edge == pytest.approx(indent * MM, abs=1.0)
    resolution = 300
    ink = np.asarray(Image.open(picture(edition.pdf, page, resolution)).convert("L")) < 128
    pixel = 25.4 / resolution
    dash = ink[int(262.5 / pixel) :, int(folio[0]["x0"] * MM / pixel) + 4 : int(folio[0]["x1"] * MM / pixel) - 4]
    height = 262.5 + np.flatnonzero(dash.any(axis=1))[0] * pixel
    assert height - 262 == pytest.approx(told[f"{item}页码一字线距版心下边缘"], abs=1.0)


def test_every_numeral_read_back_is_certified_or_the_authors(month: MonthContent, tmp_path: Path) -> None:
    edition = assembled(laid_out(tmp_path / "2025-03"), month)
    edition = replace(edition, manuscript=replace(edition.manuscript, annex=()))
    content = set_document(edition.manuscript, read_profile("paper"))
    texts = [*lines_in(content), *(cell for table in cells_in(content) for row in table for cell in row)]
    numbers = month.numbers.values()
    said = {f"{number.printed} {number.display_unit}" for number in numbers}
    for text in texts:
        for numeral in re.findall(r"\d[\d.]* (?:万件|人（次）)", text):
            assert numeral in said, text
    assert {
        f"{number.printed} {number.display_unit}" for number in numbers if number.metric != "department_window_accepted"
    } <= {numeral for text in texts for numeral in re.findall(r"\d[\d.]* (?:万件|人（次）)", text)}
    rate = month.rate("online_accepted", "month_before")
    assert not isinstance(rate, str)
    assert any(rate.text in text for text in texts)


def test_the_section_alone_carries_its_certificate_and_always_the_same_bytes(month: MonthContent) -> None:
    content = section_docx(month, read_profile("paper"))
    assert content == section_docx(month, read_profile("paper"))
    document = Document(io.BytesIO(content))
    assert lines_in(content)[:2] == [HEADING, PARAGRAPH]
    assert document.paragraphs[0].style is not None
    assert document.paragraphs[0].style.name == "Heading 1"
    core = document.core_properties
    assert (core.identifier, core.content_status, core.language) == (month.attribution.code, "已核定", "zh-CN")
    assert month.attribution.code in document.paragraphs[-1].text
    assert document.sections[0].header.is_linked_to_previous, "no header, so no 草稿"


def test_the_annex_has_the_metrics_in_the_order_of_the_section(month: MonthContent) -> None:
    table = annex_blocks(month)[0]
    assert isinstance(table, TableBlock)
    names = [plain(row[0]) for row in table.rows[1:]]
    assert names == [
        "办理政务服务事项",
        "全程网办受理",
        "全程网办办结",
        "综合窗口受理",
        "窗口出件量",
        "政务大厅现场邮寄量",
        "电话咨询",
        "现场咨询服务",
        "部门窗口受理",
    ]


def test_a_draft_says_so_on_odd_and_even_pages() -> None:
    numbers = {number.metric: number for number in monthly("2025-03")}
    month = draft_content(
        "2025-03", "四川省政务服务大厅", numbers, PrintedSection(HEADING, PARAGRAPH, draft="草稿"), DEFAULT
    )
    document = Document(io.BytesIO(section_docx(month, read_profile("paper"))))
    section = document.sections[0]
    for header in (section.header, section.even_page_header):
        assert "草稿" in header.paragraphs[0].text
        assert b'string="' + "草稿".encode() in header.part.blob
    assert document.core_properties.content_status == "草稿"
    assert document.paragraphs[0].text == HEADING


SPOILED: dict[str, tuple[str, str, str]] = {
    "上白边（天头）": ("word/document.xml", 'w:top="2098"', 'w:top="1440"'),
    "纸张宽（A4）": ("word/document.xml", 'w:w="11906"', 'w:w="12240"'),
    "文档网格": ("word/document.xml", 'w:type="linesAndChars"', 'w:type="lines"'),
    "网格每页行数": ("word/document.xml", 'w:linePitch="579"', 'w:linePitch="620"'),
    "网格每行字数": ("word/document.xml", 'w:charSpace="-860"', 'w:charSpace="860"'),
    "正文每行字数": ("word/styles.xml", '<w:spacing w:val="-6"/>', '<w:spacing w:val="20"/>'),
    "一级标题（一、）字体字号": ("word/styles.xml", 'w:eastAsia="黑体"', 'w:eastAsia="微软雅黑"'),
    "正文字体字号": ("word/document.xml", "<w:r><w:t", '<w:r><w:rPr><w:sz w:val="28"/></w:rPr><w:t'),
    "一级标题（一、）大纲级别": ("word/styles.xml", '<w:outlineLvl w:val="0"/>', ""),
    "单页页码位置": ("word/footer1.xml", 'w:jc w:val="right"', 'w:jc w:val="center"'),
    "双页页码形式": ("word/footer2.xml", "—", "-"),
    "奇偶页不同": ("word/settings.xml", "<w:evenAndOddHeaders/>", ""),
    "表格标题行": ("word/document.xml", "<w:tblHeader/>", ""),
    "报头位置": ("word/document.xml", "<w:body>", "<w:body><w:p/>"),
    "报头颜色": ("word/styles.xml", 'w:val="C00000"', 'w:val="000000"'),
    "报头排在一行": ("word/document.xml", "政务窗口月报<", f"政务窗口月报{'月报' * 8}<"),
    "编印单位和日期排在一行": ("word/document.xml", "四川省政务服务大厅<", f"四川省政务服务大厅{'大厅' * 5}<"),
    "版记位置": ("word/document.xml", "<wp:align>bottom</wp:align>", "<wp:align>top</wp:align>"),
    "版记宽（与版心等宽）": ("word/document.xml", '<wp:extent cx="5616000"', '<wp:extent cx="5016000"'),
    "版记完整": ("word/document.xml", "省政府办公厅。", f"{'省政府办公厅，' * 9}。"),
    "版记不压正文": ("word/document.xml", 'w:line="1837"', 'w:line="579"'),
    "文档语言": ("word/styles.xml", 'w:eastAsia="zh-CN"', 'w:eastAsia="ja-JP"'),
}


@pytest.mark.parametrize("item", SPOILED)
def test_what_does_not_conform_is_found_from_the_file(editions: dict[str, Printed], item: str) -> None:
    content = changed(editions["paper"].content, *SPOILED[item])
    report = check_conformance(content, read_profile("paper"))
    assert item in {line.item for line in report.lines if not line.conforms}
    assert re.match(
        rf"不符合　{re.escape(item)}：要求 .+，实际 .+", next(str(line) for line in report.lines if line.item == item)
    )
    assert "项不符合" in str(report).splitlines()[0]


def test_the_foot_of_an_edition_stands_whole_on_its_last_page_wherever_the_text_ends(
    editions: dict[str, Printed], tmp_path: Path, month: MonthContent
) -> None:
    """The last text ends on each line of a page in turn, also where no room is left for the 版记."""
    edition = assembled(laid_out(tmp_path / "2025-03"), month).manuscript
    foot = ("报：省政府办公厅。", f"发：{'，'.join(['各进驻部门（单位）'] * 4)}。", month.attribution.line)
    files = []
    for lines in range(0, 22, 3):
        text = [Paragraph(text_of(f"第 {line} 行。")) for line in range(lines)]
        files.append(tmp_path / f"{lines}.docx")
        manuscript = replace(edition, blocks=[*edition.blocks[:2], *text], distribution=foot)
        files[-1].write_bytes(set_document(manuscript, read_profile("paper")))
        assert check_conformance(files[-1], read_profile("paper")).conforms
    for path in printed(files, tmp_path):
        with pdfplumber.open(path) as document:
            pages = [lines_of(page) for page in document.pages]
            rules = [rect for rect in document.pages[-1].rects + document.pages[-1].lines if rect["width"] * MM > 150]
        texts = ["".join(each["text"] for each in line).replace(" ", "") for line in pages[-1]]
        assert [text[:2] for text in texts[-5:-1]] == ["报：", "发：", texts[-3][:2], "核定"], path
        assert texts[-5] == "报：省政府办公厅。"
        assert pages[-1][-2][0]["bottom"] * MM == pytest.approx(297 - 35, abs=5)
        assert max(rule["bottom"] for rule in rules) * MM == pytest.approx(297 - 35, abs=1)
        assert len(texts) > 5, "not alone on its page"
        above = pages[-1][-6][0]
        assert above["bottom"] < min(rule["top"] for rule in rules if rule["top"] * MM > 100)
        assert not any("核定码" in "".join(each["text"] for each in line) for page in pages[:-1] for line in page)


def test_text_of_any_kind_is_text(month: MonthContent, tmp_path: Path) -> None:
    edition = assembled(laid_out(tmp_path / "2025-03"), month)
    odd = Run("<b>&amp;\u0007\ud800😀\t后\n行", bold=True)
    manuscript = replace(edition.manuscript, title="<题>&\"'\u0000", blocks=[Paragraph((odd,)), Paragraph(text_of(""))])
    document = Document(io.BytesIO(set_document(manuscript, read_profile("paper"))))
    assert "<b>&amp;😀\t后\n行" in [paragraph.text for paragraph in document.paragraphs]
    assert document.core_properties.title == "<题>&\"'"


def _bomb(archive: zipfile.ZipFile) -> None:
    archive.writestr("word/document.xml", b" " * (40 * 1024 * 1024), zipfile.ZIP_DEFLATED)


def _entities(archive: zipfile.ZipFile) -> None:
    archive.writestr("word/document.xml", '<!DOCTYPE w [<!ENTITY a "aaaa">]><w>&a;</w>')


def _parts(archive: zipfile.ZipFile) -> None:
    for number in range(5_001):
        archive.writestr(f"word/{number}", "")


@pytest.mark.parametrize(("make", "says"), [(_bomb, "太大"), (_parts, "太大"), (_entities, "实体声明")])
def test_a_dangerous_file_is_refused(tmp_path: Path, make: Callable[[zipfile.ZipFile], None], says: str) -> None:
    path = tmp_path / "稿.docx"
    with zipfile.ZipFile(path, "w") as archive:
        make(archive)
    with pytest.raises(DocumentError, match=f"稿.docx.*{says}"):
        open_docx(path)


def test_a_print_carries_no_time_of_printing(editions: dict[str, Printed]) -> None:
    paper = editions["paper"].pdf
    with pdfplumber.open(paper) as document:
        assert document.metadata["CreationDate"] == "D:20000101000000Z'"
        assert document.metadata["Title"] == "政务窗口月报 第 3 期"
    before = paper.read_bytes()
    (again,) = printed([paper.with_suffix(".docx")], paper.parent)
    assert again.read_bytes() == before


def test_without_libreoffice_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pdf, "find_libreoffice", lambda: None)
    with pytest.raises(PdfError, match="没有安装 LibreOffice"):
        to_pdf([tmp_path / "a.docx"])
