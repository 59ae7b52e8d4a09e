"""The page and the styles that documents are set in, read from `profiles.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

ProfileName = Literal["paper", "screen"]
Align = Literal["both", "left", "center"]

PROFILES: tuple[ProfileName, ...] = get_args(ProfileName)
_TABLE = Path(__file__).with_name("profiles.toml")
_MM_PER_POINT = 25.4 / 72
_TWIPS_PER_MM = 1440 / 25.4


def twips(mm: float) -> int:
    """Millimetres in twentieths of a point."""
    return round(mm * _TWIPS_PER_MM)


def in_mm(twips: int) -> float:
    """Twentieths of a point in millimetres."""
    return twips / _TWIPS_PER_MM


@dataclass(frozen=True)
class Style:
    """One kind of paragraph.

    `font` is the real name of the East-Asian font; `first_line`, `hanging` (of the lines after the first) and `indent`
    (on either side) count characters; `line` is the exact spacing in points, 0 for the page's pitch; `outline` is a
    heading's level, 0 for none; `colour` is RRGGBB.
    """

    key: str
    style: str
    name: str
    font: str
    size_pt: float
    align: Align = "both"
    first_line: int = 0
    indent: int = 0
    hanging: int = 0
    outline: int = 0
    line: float = 0.0
    colour: str = ""

    @property
    def style_id(self) -> str:
        """The name by which paragraphs refer to it in the file."""
        return "".join(word[:1].upper() + word[1:] for word in self.style.split())


@dataclass(frozen=True)
class PageNumber:
    """How page numbers look and where they stand, see `profiles.toml`."""

    font: str
    size_pt: float
    below_mm: float
    indent_characters: int
    dash: str


@dataclass(frozen=True)
class Profile:
    """A page with its grid, its page numbers and its styles by key; lengths in millimetres and points."""

    name: ProfileName
    title: str
    standard: str
    width_mm: float
    height_mm: float
    tolerance_mm: float
    top_mm: float
    bottom_mm: float
    left_mm: float
    right_mm: float
    lines: int
    characters: int
    character_spacing_pt: float
    tracking_pt: float
    chart_height_mm: float
    line_pitch_pt: float
    page_number: PageNumber
    styles: dict[str, Style]

    @property
    def type_width_mm(self) -> float:
        """The width of the type area (版心)."""
        return self.width_mm - self.left_mm - self.right_mm

    @property
    def type_height_mm(self) -> float:
        """The height of the type area."""
        return self.height_mm - self.top_mm - self.bottom_mm

    @property
    def footer_mm(self) -> float:
        """From the page's lower edge to the footer's: a dash stands halfway up its line."""
        return self.bottom_mm - self.page_number.below_mm - self.page_number.size_pt * _MM_PER_POINT / 2

    def characters_of(self, key: str) -> int:
        """How many full-width characters stand on a line of a style."""
        style = self.styles[key]
        width = self.type_width_mm / _MM_PER_POINT - 2 * style.indent * style.size_pt
        return int(width / (style.size_pt + (0 if style.line else self.tracking_pt)))

    @property
    def character_pt(self) -> float:
        """What a character of the body takes on the grid."""
        return self.styles["body"].size_pt + self.character_spacing_pt


@cache
def read_profile(name: ProfileName) -> Profile:
    """The profile of a name; read once in a process."""
    table: dict[str, Any] = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return Profile(
        name=name,
        page_number=PageNumber(**table["page_number"]),
        styles={style["key"]: Style(**style) for style in table["styles"]},
        **table["page"],
        **table["profiles"][name],
    )
