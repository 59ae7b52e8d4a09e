"""What a .docx says of its own look, read from its XML: paper, margins, grid, page numbers, the type of each text."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from reports.docx_files import W, open_docx, texts_of
from reports.word.profiles import in_mm

_POINTS_PER_MM = 72 / 25.4
_EMU_PER_MM = 36_000
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"


@dataclass(frozen=True)
class Type:
    """How text is set: the font of Chinese and that of figures, size and added spacing in points, exact line pitch."""

    font: str
    figures: str
    size_pt: float
    spacing_pt: float
    line_pt: float


@dataclass(frozen=True)
class Folio:
    """A page number: its type, its side and the distance in points from it, and what stands before and after."""

    type: Type
    side: str
    indent_pt: float
    before: str
    after: str
    counts: bool  # whether the number itself is a field


@dataclass(frozen=True)
class Box:
    """A text box that stands at a place of its page: from what and how it is placed, its size, its texts.

    `room_mm` is the height of the line that it is anchored in; `ends` says whether nothing follows that line.
    """

    caption: str
    place: tuple[str, str]
    width_mm: float
    height_mm: float
    room_mm: float
    ends: bool
    texts: tuple[str, ...]


class Measurements:
    """A .docx, measured; DocumentError if it can't be opened (see `open_docx`)."""

    def __init__(self, content: bytes | Path) -> None:
        self.document = open_docx(content)
        self.section = self.document.sections[0]
        self._properties = self.document.element.body.sectPr
        self._styles = {style.get(f"{W}styleId"): style for style in self.document.styles.element.iter(f"{W}style")}
        self._defaults = self.document.styles.element.find(f"{W}docDefaults")
        self._default = next((key for key, style in self._styles.items() if style.get(f"{W}default") == "1"), "")

    # The page.

    def page_mm(self, name: str) -> float:
        """A length of the page: w, h, top, right, bottom, left or footer."""
        element = self._properties.find(f"{W}{'pgSz' if name in {'w', 'h'} else 'pgMar'}")
        return in_mm(int(element.get(f"{W}{name}", 0))) if element is not None else 0.0

    @property
    def type_width_mm(self) -> float:
        """The width of the type area."""
        return self.page_mm("w") - self.page_mm("left") - self.page_mm("right")

    @property
    def type_height_mm(self) -> float:
        """The height of the type area."""
        return self.page_mm("h") - self.page_mm("top") - self.page_mm("bottom")

    @cached_property
    def grid(self) -> Mapping[str, str]:
        """The attributes of the page's grid; none if it has no grid."""
        grid = self._properties.find(f"{W}docGrid")
        return {} if grid is None else {key.removeprefix(W): value for key, value in grid.items()}

    @property
    def grid_lines(self) -> int:
        """How many lines the grid has."""
        pitch = int(self.grid.get("linePitch", 0)) / 20
        return int(self.type_height_mm * _POINTS_PER_MM / pitch) if pitch else 0

    @property
    def grid_characters(self) -> int:
        """How many characters a line of the grid has: those of the default style, each with the grid's spacing."""
        if self.grid.get("type") not in {"linesAndChars", "snapToChars"}:
            return 0
        pitch = self.type_of_style(self._default).size_pt + int(self.grid.get("charSpace", 0)) / 4096
        return int(self.type_width_mm * _POINTS_PER_MM / pitch)

    def lines(self, type_: Type) -> int:
        """How many lines of a text stand on a page."""
        return int(self.type_height_mm * _POINTS_PER_MM / type_.line_pt) if type_.line_pt else 0

    def characters(self, type_: Type) -> int:
        """How many full-width characters of a text stand on a line."""
        return int(self.type_width_mm * _POINTS_PER_MM / (type_.size_pt + type_.spacing_pt)) if type_.size_pt else 0

    # Page numbers.

    @property
    def odd_and_even(self) -> bool:
        """Whether odd and even pages have headers and footers of their own."""
        return bool(self.document.settings.odd_and_even_pages_header_footer)

    def folio(self, *, even: bool) -> Folio | None:
        """The page number of odd or even pages; None if there is none."""
        footer = self.section.even_page_footer if even else self.section.footer
        paragraph = None if footer.is_linked_to_previous else footer.part.element.find(f"{W}p")
        if paragraph is None:
            return None
        parts = [
            (child.tag == f"{W}fldSimple", "".join(text.text or "" for text in child.iter(f"{W}t")))
            for child in paragraph
        ]
        field = next((index for index, (is_field, _) in enumerate(parts) if is_field), len(parts))
        simple = paragraph.find(f"{W}fldSimple")
        side = self._paragraph_property(paragraph, "jc", "val") or "left"
        return Folio(
            type=self._type(paragraph, None),
            side=side,
            indent_pt=int(self._paragraph_property(paragraph, "ind", side) or 0) / 20,
            before="".join(text for _, text in parts[:field]),
            after="".join(text for _, text in parts[field + 1 :]),
            counts=simple is not None and simple.get(f"{W}instr", "").strip() == "PAGE",
        )

    def footer_mm_below(self, folio: Folio) -> float:
        """From the type area's lower edge to the dashes, which stand halfway up their line."""
        line = folio.type.line_pt / _POINTS_PER_MM
        return self.page_mm("bottom") - self.page_mm("footer") - line / 2

    # Text.

    @cached_property
    def types(self) -> Mapping[str, Counter[Type]]:
        """By style name in Word, in which types its text is really set, and how many characters of it."""
        types: dict[str, Counter[Type]] = {}
        for paragraph in self.document.element.body.iter(f"{W}p"):
            style = self.style_of(paragraph)
            for run in paragraph.iter(f"{W}r"):
                if next(run.iterancestors(f"{W}p")) is not paragraph:
                    continue  # of a text box
                length = sum(len((text.text or "").strip()) for text in run.iterchildren(f"{W}t"))
                if length:
                    types.setdefault(self.style_name(style), Counter())[self._type(paragraph, run)] += length
        return types

    def texts_of(self, name: str) -> list[str]:
        """The texts of the paragraphs of a style, by its name in Word."""
        paragraphs = self.document.element.body.iter(f"{W}p")
        return [_text(each) for each in paragraphs if self.style_name(self.style_of(each)) == name]

    def colour_of(self, style: str) -> str:
        """The colour of text of a style as RRGGBB; empty for black."""
        return self._inherited(self._chain_of(style), "rPr", "color", "val") or ""

    def box(self, caption: str) -> Box | None:
        """The text box that is called so; None if there is none."""
        for paragraph in self.document.element.body.iterchildren(f"{W}p"):
            for anchor in paragraph.iter(f"{_DRAWING}anchor"):
                if anchor.find(f"{_DRAWING}docPr").get("name") == caption:
                    return self._box(paragraph, anchor, caption)
        return None

    def _box(self, paragraph: Any, anchor: Any, caption: str) -> Box:
        vertical, extent = anchor.find(f"{_DRAWING}positionV"), anchor.find(f"{_DRAWING}extent")
        align = vertical.find(f"{_DRAWING}align")
        following = paragraph.getnext()
        return Box(
            caption=caption,
            place=(vertical.get("relativeFrom", ""), "" if align is None else str(align.text)),
            width_mm=int(extent.get("cx")) / _EMU_PER_MM,
            height_mm=int(extent.get("cy")) / _EMU_PER_MM,
            room_mm=self._resolved(self.holders_of(paragraph)).line_pt / _POINTS_PER_MM,
            ends=following is None or following.tag == f"{W}sectPr",
            texts=tuple(filter(None, map(_text, anchor.iter(f"{W}p")))),
        )

    def style_name(self, style: str) -> str:
        """A style's name in Word."""
        element = self._styles.get(style)
        name = None if element is None else element.find(f"{W}name")
        return name.get(f"{W}val") if name is not None else style

    def style_of_name(self, name: str) -> str:
        """The style that has a name; empty if there is none."""
        return next((key for key in self._styles if self.style_name(key) == name), "")

    def type_of_style(self, style: str) -> Type:
        """How text of a style is set."""
        return self._resolved(self._chain_of(style))

    def outline(self, style: str) -> int:
        """The level at which paragraphs of a style are headings; 0 for none."""
        level = self._inherited(self._chain_of(style), "pPr", "outlineLvl", "val")
        return int(level) + 1 if level is not None else 0

    def first_line_characters(self, style: str) -> float:
        """By how many characters the first line of paragraphs of a style is indented."""
        return int(self._inherited(self._chain_of(style), "pPr", "ind", "firstLineChars") or 0) / 100

    @property
    def language(self) -> str:
        """The language of Chinese text."""
        defaults = [] if self._defaults is None else [self._defaults.find(f"{W}rPrDefault")]
        return self._inherited(defaults, "rPr", "lang", "eastAsia") or ""

    def tables(self) -> Iterator[Any]:
        """Every table of the body."""
        return iter(self.document.element.body.iter(f"{W}tbl"))

    def outline_of(self, paragraph: Any) -> int:
        """The level at which a paragraph is a heading, by itself or by its style; 0 for none."""
        level = self._paragraph_property(paragraph, "outlineLvl", "val")
        return int(level) + 1 if level is not None and int(level) < 9 else 0

    # How properties are inherited: the run's own, then its paragraph's style and those it rests on, then the defaults.

    def style_of(self, paragraph: Any) -> str:
        """The style of a paragraph."""
        named = paragraph.find(f"{W}pPr/{W}pStyle")
        return named.get(f"{W}val") if named is not None else self._default

    def holders_of(self, paragraph: Any) -> list[Any]:
        """The elements that say how a paragraph is: itself, then its style and those that it rests on."""
        return [paragraph, *self._chain_of(self.style_of(paragraph))]

    def _chain_of(self, style: str) -> list[Any]:
        """A style and those that it rests on."""
        chain: list[Any] = []
        while style in self._styles and self._styles[style] not in chain:
            chain.append(self._styles[style])
            based = chain[-1].find(f"{W}basedOn")
            style = based.get(f"{W}val") if based is not None else ""
        return chain

    def _type(self, paragraph: Any, run: Any) -> Type:
        own = [element for element in (run, paragraph) if element is not None]
        return self._resolved([*own, *self._chain_of(self.style_of(paragraph))])

    def _resolved(self, holders: list[Any]) -> Type:
        if self._defaults is not None:
            holders = [*holders, *self._defaults]
        size = int(self._inherited(holders, "rPr", "sz", "val") or 20)
        exact = self._inherited(holders, "pPr", "spacing", "lineRule") == "exact"
        return Type(
            font=self._inherited(holders, "rPr", "rFonts", "eastAsia") or "",
            figures=self._inherited(holders, "rPr", "rFonts", "ascii") or "",
            size_pt=size / 2,
            spacing_pt=int(self._inherited(holders, "rPr", "spacing", "val") or 0) / 20,
            line_pt=int(self._inherited(holders, "pPr", "spacing", "line") or 0) / 20 if exact else 0.0,
        )

    def _paragraph_property(self, paragraph: Any, name: str, attribute: str) -> str | None:
        return self._inherited(self.holders_of(paragraph), "pPr", name, attribute)

    def _inherited(self, holders: list[Any], group: str, name: str, attribute: str) -> str | None:
        for holder in holders:
            element = holder.find(f"{W}{group}/{W}{name}")
            if element is not None and element.get(f"{W}{attribute}") is not None:
                return str(element.get(f"{W}{attribute}"))
        return None


def _text(paragraph: Any) -> str:
    return "".join(text for text, _ in texts_of(paragraph))
