"""The conformance report (版式核对): what a profile demands, and what a .docx is found to be, item by item."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reports.docx_files import W, readable
from reports.word.blocks import width_of
from reports.word.measurements import Folio, Measurements
from reports.word.profiles import Profile, Style, in_mm
from reports.word.writer import DISTRIBUTION, lines_of


@dataclass(frozen=True)
class Item:
    """One item: what is demanded and what was found, in Chinese, and whether the one is the other."""

    item: str
    demanded: str
    found: str
    conforms: bool
    measured: float | None = None  # what was found in millimetres, points, lines or characters

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
    """Measure a .docx against a profile, from the file alone; DocumentError if it can't be opened, or is damaged."""
    checks = (_page, _grid, _types, _folios, _masthead, _colophon, _access)
    with readable(content.name if isinstance(content, Path) else "文件"):
        measurements = Measurements(content)
        lines = tuple(item for check in checks for item in check(measurements, profile))
    return Conformance(profile.standard, profile.title, lines)


def _page(measurements: Measurements, profile: Profile) -> Iterator[Item]:
    for name, demanded, actual in (
        ("纸张宽（A4）", profile.width_mm, measurements.page_mm("w")),
        ("纸张高（A4）", profile.height_mm, measurements.page_mm("h")),
        ("上白边（天头）", profile.top_mm, measurements.page_mm("top")),
        ("下白边", profile.bottom_mm, measurements.page_mm("bottom")),
        ("左白边（订口）", profile.left_mm, measurements.page_mm("left")),
        ("右白边", profile.right_mm, measurements.page_mm("right")),
        ("版心宽", profile.type_width_mm, measurements.type_width_mm),
        ("版心高", profile.type_height_mm, measurements.type_height_mm),
    ):
        yield _length(name, demanded, actual, profile)


def _length(name: str, demanded: float, actual: float, profile: Profile) -> Item:
    tolerance = profile.tolerance_mm
    conforms = abs(actual - demanded) <= tolerance
    return Item(name, f"{demanded:g}±{tolerance:g} mm", f"{actual:.2f} mm", conforms, round(actual, 2))


def _equal(name: str, demanded: Any, actual: Any, form: str = "{}", measured: float | None = None) -> Item:
    return Item(name, form.format(demanded), form.format(actual), demanded == actual, measured)


def _grid(measurements: Measurements, profile: Profile) -> Iterator[Item]:
    type_ = measurements.grid.get("type", "")
    kinds = {"linesAndChars": "指定行和字符网格", "lines": "只指定行网格"}
    yield _equal("文档网格", kinds["linesAndChars"], kinds.get(type_, type_ or "没有网格"))
    body = measurements.type_of_style(measurements.style_of_name(profile.styles["body"].style) or "Normal")
    for name, demanded, actual in (
        ("网格每页行数", profile.lines, measurements.grid_lines),
        ("网格每行字数", profile.characters, measurements.grid_characters),
        ("正文每页行数", profile.lines, measurements.lines(body)),
        ("正文每行字数", profile.characters, measurements.characters(body)),
    ):
        yield _equal(name, demanded, actual, measured=actual)
    yield _equal("正文行距", profile.line_pitch_pt, body.line_pt, "固定值 {:g} 磅", body.line_pt)


def _types(measurements: Measurements, profile: Profile) -> Iterator[Item]:
    styles = {style.style: style for style in profile.styles.values()}
    for name, counts in measurements.types.items():
        style = styles.get(name)
        if style is None:
            yield Item(f"样式“{name}”", "版式规定的样式", f"{sum(counts.values())} 字用了别的样式", conforms=False)
            continue
        actual = "；".join(sorted({_type_text(type_.font, type_.figures, type_.size_pt) for type_ in counts}))
        yield _equal(f"{style.name}字体字号", _type_text(style.font, style.font, style.size_pt), actual)
        yield from _paragraphs(measurements, style)


def _paragraphs(measurements: Measurements, style: Style) -> Iterator[Item]:
    key = measurements.style_of_name(style.style)
    if style.outline:
        level = measurements.outline(key)
        yield _equal(f"{style.name}大纲级别", style.outline, level or "无", measured=level)
    if style.first_line:
        indent = measurements.first_line_characters(key)
        yield _equal(f"{style.name}首行缩进", style.first_line, indent, "{:g} 字", indent)


def _type_text(font: str, figures: str, size_pt: float) -> str:
    return f"{font}{'' if figures == font else f'（数字 {figures}）'} {size_pt:g} 磅"


def _folios(measurements: Measurements, profile: Profile) -> Iterator[Item]:
    yield _equal("奇偶页不同", "是", "是" if measurements.odd_and_even else "否")
    for pages, side, even in (("单页", "right", False), ("双页", "left", True)):
        folio = measurements.folio(even=even)
        if folio is None or not folio.counts:
            yield Item(f"{pages}页码", "有", "没有", conforms=False)
        else:
            yield from _folio(measurements, profile, pages, side, folio)


def _folio(measurements: Measurements, profile: Profile, pages: str, side: str, folio: Folio) -> Iterator[Item]:
    number, type_ = profile.page_number, folio.type
    sides = {"right": "居右", "left": "居左", "center": "居中"}
    yield _equal(f"{pages}页码形式", f"{number.dash} 1 {number.dash}", f"{folio.before}1{folio.after}")
    demanded_type = _type_text(number.font, number.font, number.size_pt)
    yield _equal(f"{pages}页码字体字号", demanded_type, _type_text(type_.font, type_.figures, type_.size_pt))
    indent = folio.indent_pt / type_.size_pt if type_.size_pt else 0.0
    yield Item(
        f"{pages}页码位置",
        f"{sides[side]}空 {number.indent_characters} 字",
        f"{sides.get(folio.side, folio.side)}空 {indent:g} 字",
        folio.side == side and indent == number.indent_characters,
        folio.indent_pt,
    )
    below = measurements.footer_mm_below(folio)
    yield _length(f"{pages}页码一字线距版心下边缘", number.below_mm, below, profile)


def _masthead(measurements: Measurements, profile: Profile) -> Iterator[Item]:
    """The head of an edition: red, at the top of the type area, each part on a line of its own."""
    title, imprint = profile.styles["title"], profile.styles["imprint"]
    titles, imprints = measurements.texts_of(title.style), measurements.texts_of(imprint.style)
    if not titles:
        return
    first = next(measurements.document.element.body.iterchildren())
    top = measurements.style_of(first) == title.style_id
    yield _equal("报头位置", "首页版心顶端", "首页版心顶端" if top else "前面还有别的文字")
    yield _equal("报头颜色", title.colour, measurements.colour_of(title.style_id), "红色（{}）")
    yield from (_one_line("报头", text, profile.characters_of("title")) for text in titles)
    room = profile.characters_of("imprint")
    parts = [text.split("\t") for text in imprints]
    both = " ".join(part for each in parts for part in each if part)
    if len(imprints) == 1:
        yield _one_line("编印单位和日期", both, room)
    else:
        found = f"两行，因共 {width_of(both):g} 字，一行只有 {room} 字"
        fits = all(width_of(part) <= room for each in parts for part in each) and width_of(both) > room
        yield Item("编印单位和日期", "一行，放不下时分两行", found, fits, width_of(both))


def _one_line(name: str, text: str, room: int) -> Item:
    width = width_of(text)
    found = f"{'一行' if width <= room else '不止一行'}（{width:g} 字，一行 {room} 字）"
    return Item(f"{name}排在一行", "一行", found, width <= room, width)


def _colophon(measurements: Measurements, profile: Profile) -> Iterator[Item]:
    """The 版记 at the foot of an edition: at the type area's lower edge, and whole."""
    box = measurements.box(DISTRIBUTION)
    if box is None:
        if measurements.texts_of(profile.styles["title"].style):
            yield Item("版记", "有", "没有", conforms=False)
        return
    style = profile.styles["distribution"]
    placed = box.place == ("margin", "bottom") and box.ends
    yield _equal("版记位置", "末页版心下边缘", "末页版心下边缘" if placed else "别处")
    yield _length("版记宽（与版心等宽）", profile.type_width_mm, box.width_mm, profile)
    type_ = measurements.type_of_style(style.style_id)
    lines = sum(lines_of(text, profile.characters_of("distribution"), style.hanging) for text in box.texts)
    held = int(box.height_mm / in_mm(round(type_.line_pt * 20))) if type_.line_pt else 0
    yield Item("版记完整", f"{lines} 行都在框内", f"框内能排 {held} 行", held >= lines, held)
    yield Item(
        "版记不压正文",
        f"留空不少于 {box.height_mm:.1f} mm",
        f"{box.room_mm:.1f} mm",
        box.room_mm >= box.height_mm - 0.1,
    )


def _access(measurements: Measurements, _: Profile) -> Iterator[Item]:
    """What a screen reader needs."""
    core, language = measurements.document.core_properties, measurements.language
    yield Item("文档标题", "有", core.title or "没有", bool(core.title))
    yield Item("文档语言", "zh-CN", language or "没有", language == "zh-CN" == core.language)
    tables = [table for table in measurements.tables() if _caption(table) != DISTRIBUTION]
    headed = sum(table.find(f"{W}tr/{W}trPr/{W}tblHeader") is not None for table in tables)
    if tables:
        yield Item("表格标题行", f"{len(tables)} 个表格都有", f"{headed} 个有", headed == len(tables), headed)


def _caption(table: Any) -> str:
    caption = table.find(f"{W}tblPr/{W}tblCaption")
    return caption.get(f"{W}val", "") if caption is not None else ""
