"""The conformance report (版式核对): what a profile demands, and what a .docx is found to be, item by item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reports.docx_files import W, readable
from reports.word.measurements import Folio, Measurements
from reports.word.profiles import Profile, Style
from reports.word.writer import DISTRIBUTION


@dataclass(frozen=True)
class Item:
    """One item: what is demanded and what was found, in Chinese, and whether the one is the other.

    `measured` is the number that was found, where it is one: millimetres, points, lines or characters.
    """

    item: str
    demanded: str
    found: str
    conforms: bool
    measured: float | None = None

    def __str__(self) -> str:
        return f"{'符合' if self.conforms else '不符合'}　{self.item}：要求 {self.demanded}，实际 {self.found}"


@dataclass(frozen=True)
class Conformance:
    """The whole report."""

    standard: str
    profile: str
    lines: tuple[Item, ...]

    @property
    def conforms(self) -> bool:
        """Whether every item does."""
        return all(line.conforms for line in self.lines)

    @property
    def document(self) -> dict[str, Any]:
        """The report as data."""
        return {**asdict(self), "conforms": self.conforms}

    def __str__(self) -> str:
        failed = sum(not line.conforms for line in self.lines)
        verdict = "全部符合" if self.conforms else f"{failed} 项不符合"
        heading = f"版式核对（{self.standard}，{self.profile}）：共 {len(self.lines)} 项，{verdict}。"
        return "\n".join([heading, *map(str, self.lines)])


def check_conformance(content: bytes | Path, profile: Profile) -> Conformance:
    """Measure a .docx against a profile, from the file alone.

    Raises:
        DocumentError: It can't be opened, or is damaged.
    """
    checks = (_page, _grid, _types, _folios, _access)
    with readable(content.name if isinstance(content, Path) else "文件"):
        measured = Measurements(content)
        lines = tuple(line for check in checks for line in check(measured, profile))
    return Conformance(profile.standard, profile.title, lines)


def _page(measured: Measurements, profile: Profile) -> Iterator[Item]:
    for item, demanded, found in (
        ("纸张宽（A4）", profile.width_mm, measured.page_mm("w")),
        ("纸张高（A4）", profile.height_mm, measured.page_mm("h")),
        ("上白边（天头）", profile.top_mm, measured.page_mm("top")),
        ("下白边", profile.bottom_mm, measured.page_mm("bottom")),
        ("左白边（订口）", profile.left_mm, measured.page_mm("left")),
        ("右白边", profile.right_mm, measured.page_mm("right")),
        ("版心宽", profile.type_width_mm, measured.type_width_mm),
        ("版心高", profile.type_height_mm, measured.type_height_mm),
    ):
        good = abs(found - demanded) <= profile.tolerance_mm
        yield Item(item, f"{demanded:g}±{profile.tolerance_mm:g} mm", f"{found:.2f} mm", good, round(found, 2))


def _grid(measured: Measurements, profile: Profile) -> Iterator[Item]:
    type_ = measured.grid.get("type", "")
    kind = {"linesAndChars": "指定行和字符网格", "lines": "只指定行网格"}.get(type_, type_ or "没有网格")
    yield Item("文档网格", "指定行和字符网格", kind, type_ == "linesAndChars")
    body = measured.type_of_style(measured.style_of_name(profile.styles["body"].style) or "Normal")
    for item, demanded, found in (
        ("网格每页行数", profile.lines, measured.grid_lines),
        ("网格每行字数", profile.characters, measured.grid_characters),
        ("正文每页行数", profile.lines, measured.lines(body)),
        ("正文每行字数", profile.characters, measured.characters(body)),
    ):
        yield Item(item, str(demanded), str(found), demanded == found, found)
    yield Item(
        "正文行距",
        f"固定值 {profile.line_pitch_pt:g} 磅",
        f"固定值 {body.line_pt:g} 磅",
        body.line_pt == profile.line_pitch_pt,
        body.line_pt,
    )


def _types(measured: Measurements, profile: Profile) -> Iterator[Item]:
    known = {style.style: style for style in profile.styles.values()}
    for name, found in measured.types.items():
        style = known.get(name)
        if style is None:
            yield Item(f"样式“{name}”", "版式规定的样式", f"{sum(found.values())} 字用了别的样式", conforms=False)
            continue
        demanded = _type_text(style.font, style.font, style.size_pt)
        told = "；".join(sorted({_type_text(each.font, each.figures, each.size_pt) for each in found}))
        yield Item(f"{style.name}字体字号", demanded, told, told == demanded)
        yield from _paragraphs(measured, style)


def _paragraphs(measured: Measurements, style: Style) -> Iterator[Item]:
    key = measured.style_of_name(style.style)
    if style.outline:
        level = measured.outline(key)
        yield Item(f"{style.name}大纲级别", str(style.outline), str(level or "无"), level == style.outline, level)
    if style.first_line:
        indent = measured.first_line_characters(key)
        yield Item(
            f"{style.name}首行缩进", f"{style.first_line} 字", f"{indent:g} 字", indent == style.first_line, indent
        )


def _type_text(font: str, figures: str, size_pt: float) -> str:
    return f"{font}{'' if figures == font else f'（数字 {figures}）'} {size_pt:g} 磅"


def _folios(measured: Measurements, profile: Profile) -> Iterator[Item]:
    yield Item("奇偶页不同", "是", "是" if measured.odd_and_even else "否", measured.odd_and_even)
    for item, side, even in (("单页", "right", False), ("双页", "left", True)):
        folio = measured.folio(even=even)
        if folio is None or not folio.counts:
            yield Item(f"{item}页码", "有", "没有", conforms=False)
        else:
            yield from _folio(measured, profile, item, side, folio)


def _folio(measured: Measurements, profile: Profile, item: str, side: str, folio: Folio) -> Iterator[Item]:
    number = profile.page_number
    sides = {"right": "居右", "left": "居左", "center": "居中"}
    written = f"{number.dash} 1 {number.dash}"
    found = f"{folio.before}1{folio.after}"
    yield Item(f"{item}页码形式", written, found, written == found)
    demanded_type = _type_text(number.font, number.font, number.size_pt)
    found_type = _type_text(folio.type.font, folio.type.figures, folio.type.size_pt)
    yield Item(f"{item}页码字体字号", demanded_type, found_type, demanded_type == found_type)
    indent = folio.indent_pt / folio.type.size_pt if folio.type.size_pt else 0.0
    yield Item(
        f"{item}页码位置",
        f"{sides[side]}空 {number.indent_characters} 字",
        f"{sides.get(folio.side, folio.side)}空 {indent:g} 字",
        folio.side == side and indent == number.indent_characters,
        folio.indent_pt,
    )
    below = measured.footer_mm_below(folio)
    yield Item(
        f"{item}页码一字线距版心下边缘",
        f"{number.below_mm:g}±{profile.tolerance_mm:g} mm",
        f"{below:.2f} mm",
        abs(below - number.below_mm) <= profile.tolerance_mm,
        round(below, 2),
    )


def _access(measured: Measurements, _: Profile) -> Iterator[Item]:
    """What a screen reader needs."""
    core = measured.document.core_properties
    yield Item("文档标题", "有", core.title or "没有", bool(core.title))
    yield Item("文档语言", "zh-CN", measured.language or "没有", measured.language == "zh-CN" == core.language)
    tables = [table for table in measured.tables() if _caption(table) != DISTRIBUTION]
    headed = sum(table.find(f"{W}tr/{W}trPr/{W}tblHeader") is not None for table in tables)
    if tables:
        yield Item("表格标题行", f"{len(tables)} 个表格都有", f"{headed} 个有", headed == len(tables), headed)


def _caption(table: Any) -> str:
    caption = table.find(f"{W}tblPr/{W}tblCaption")
    return caption.get(f"{W}val", "") if caption is not None else ""
