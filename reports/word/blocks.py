"""What a document is made of: headings, paragraphs and tables of formatted text, without a word on how they look."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from reports.figures.months import months_before

Alignment = Literal["left", "right", "center"]

# What XML can't hold: control characters but tab and line feed, halves of surrogate pairs, and non-characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\r\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# What Chinese fonts set as wide as a character, though it belongs to other scripts too.
_WIDE = "“”‘’—…·×①②③④⑤⑥⑦⑧⑨⑩"


@dataclass(frozen=True)
class Fact:
    """Which certified number a text prints: a metric of a month by the certificate of a code.

    `name` is the metric's; `form` is how it is written: empty as in print, `exact`, 环比, 同比 or 累计. An author's own
    figure has the code of its register, a draft's number none.
    """

    metric: str
    name: str
    month: str
    code: str
    form: str = ""

    @property
    def what(self) -> str:
        """Metric and form, as references name them."""
        return ".".join(filter(None, (self.metric, self.form)))


@dataclass(frozen=True)
class Run:
    """Text in one format; `fact` says which number it is, `note` is the footnote after it.

    A footnote stands in a run of its own, without text.
    """

    text: str
    bold: bool = False
    italic: bool = False
    raised: Literal["", "superscript", "subscript"] = ""
    fact: Fact | None = None
    note: "RichText" = ()


RichText = tuple[Run, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; its level is 1 for 一、, 2 for （一）, 3 for 1. and 4 for （1）."""

    level: int
    text: RichText

    @property
    def style(self) -> str:
        """Its key in `profiles.toml`."""
        return f"heading{self.level}"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph in the style of a key of `profiles.toml`."""

    text: RichText
    style: str = "body"


@dataclass(frozen=True)
class TableBlock:
    """A table by rows of cells; the first row is its heading.

    A cell that others are merged into has their number by rows and columns in `spans`, by its row and column from 0;
    those others are in `rows`, without text.
    """

    rows: Sequence[Sequence[RichText]]
    caption: str = ""  # what a screen reader says of it; without one that is the heading before it
    alignments: Sequence[Alignment] = ()  # of each column below its head; as the style of cells has it without them
    spans: Mapping[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    @property
    def heading_rows(self) -> int:
        """How many rows its heading has: more than one where a cell of the first row reaches further down."""
        return max((down for (row, _), (down, _) in self.spans.items() if row == 0), default=1)

    @property
    def covered(self) -> Mapping[tuple[int, int], tuple[int, int]]:
        """The cells that were merged into others, each with that other."""
        return {
            (row + down, column + right): (row, column)
            for (row, column), (rows, columns) in self.spans.items()
            for down in range(rows)
            for right in range(columns)
            if down or right
        }


@dataclass(frozen=True)
class Picture:
    """A picture as its file holds it (PNG, JPEG, GIF, BMP or TIFF), the size that it asks for, and what it shows."""

    content: bytes
    width_mm: float
    height_mm: float
    description: str = ""


@dataclass(frozen=True)
class Chart:
    """The course of a number over months, on a calendar axis.

    `lines` have what was printed by month, `2025-03`, in digits: one line for each definition of the number, since
    those don't compare. A month that is in none of them is a gap.
    """

    title: str
    lines: Sequence[Mapping[str, str]]
    description: str = ""

    @property
    def months(self) -> list[str]:
        """The months of the axis, from the first that has a number to the last."""
        known = sorted(month for line in self.lines for month in line)
        count = next(count for count in range(len(known), 10_000) if months_before(known[-1], count) < known[0])
        return [months_before(known[-1], before) for before in reversed(range(count))]


Block = Heading | Paragraph | TableBlock | Picture | Chart


def plain(text: RichText) -> str:
    """The text without its formats."""
    return "".join(run.text for run in text)


def part_of(text: RichText, start: int, end: int | None = None) -> RichText:
    """The characters of a text from one place up to another, each in its format, with the footnotes after them."""
    end = len(plain(text)) if end is None else end
    parts: list[Run] = []
    begun = 0
    for run in text:
        piece = run.text[max(start - begun, 0) : max(end - begun, 0)]
        if piece or (run.note and (start < begun <= end or begun == start == 0)):
            parts.append(replace(run, text=piece))
        begun += len(run.text)
    return tuple(parts)


def stripped(text: RichText) -> RichText:
    """Without the blanks at either end, which authors type as indents."""
    string = plain(text)
    end = len(string.rstrip())
    return (*part_of(text, len(string) - len(string.lstrip()), end), *notes_of(part_of(text, end)))


def notes_of(text: RichText) -> RichText:
    """The footnotes of a text."""
    return tuple(run for run in text if run.note)


def width_of(string: str) -> float:
    """How wide a text is in full-width characters: two Latin letters or figures make one."""
    return sum(1.0 if character > "\u2e80" or character in _WIDE else 0.5 for character in string)


def text_of(string: str) -> RichText:
    """Plain text as one run."""
    return (Run(string),)


def printable_text(string: str) -> str:
    """A text without the characters that no document can hold."""
    return _UNPRINTABLE.sub("", string)
