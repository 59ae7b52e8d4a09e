"""A sheet before it is laid out: its tables, its notes and its trends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from reports.figures.numbers import MonthlyNumber
from reports.figures.words import DEFAULT

NONE = "—"  # there is no number, which is neither a zero nor a day of rest
_DIGITS = 15  # as many as a spreadsheet keeps of a number


@dataclass(frozen=True)
class Shown:
    """A number in a cell, and the number format in which it is shown as the text says."""

    value: Decimal
    form: str
    text: str


Cell = Shown | date | str | int | None


@dataclass(frozen=True)
class SheetTable:
    """Rows under a head: the first columns, `labels` of them, are words, the last rows, `totals` of them, are sums."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    labels: int = 1
    totals: int = 0


@dataclass(frozen=True)
class Trend:
    """The course of a number, by the dates of its trends: None where there is none.

    `breaks` are the places from which on it is defined otherwise than before.
    """

    name: str
    unit: str
    values: tuple[Decimal | None, ...]
    breaks: frozenset[int] = frozenset()

    @property
    def title(self) -> str:
        """What it is, and in which unit."""
        return f"{self.name}　{self.unit}".strip()


@dataclass(frozen=True)
class Trends:
    """Courses over the same months or days, in order."""

    title: str
    dates: tuple[date, ...]
    of: tuple[Trend, ...]
    by_month: bool

    def in_parts(self, most: int) -> list["Trends"]:
        """The same courses, so many at most together."""
        return [replace(self, of=self.of[first : first + most]) for first in range(0, len(self.of), most)]


@dataclass(frozen=True)
class BookSheet:
    """What stands on a sheet: `title` on its tab, `heading` on paper.

    `across` lays A4 on its side, `pages` is how many pages it is wide; `technical` is for data people.
    """

    title: str
    heading: str
    tables: Sequence[SheetTable] = ()
    notes: Sequence[str] = ()
    trends: Trends | None = None
    across: bool = False
    pages: int = 1
    technical: bool = False


def as_printed(number: MonthlyNumber, unit: str) -> Cell:
    """A number with the digits that are printed, and its unit where that isn't the row's."""
    suffix = "" if number.display_unit == unit else DEFAULT.amount("", number.display_unit)
    return as_digits(number.printed, suffix)


def as_digits(digits: str, suffix: str = "") -> Cell:
    """A number with these digits; a text where a spreadsheet wouldn't keep them all."""
    text = f"{digits}{suffix}"
    return Shown(Decimal(digits), _form(digits, suffix), text) if len(digits) <= _DIGITS else text


def trends(title: str, dates: tuple[date, ...], courses: Iterable[Trend], *, by_month: bool) -> Trends | None:
    """Those of the courses that have more than one value; None where there is none."""
    drawn = tuple(each for each in courses if sum(value is not None for value in each.values) > 1)
    return Trends(title, dates, drawn, by_month) if drawn else None


def as_change(size: Decimal, unit: str) -> Shown:
    """How a number changed: `增长 3.1%` where the cell holds 0.031, `上升 0.3 个百分点` where it holds 0.3, or 持平."""
    digits, suffix = str(abs(size)), DEFAULT.amount("", unit)
    up, down, none = (DEFAULT.direction(sign, "百分点" if unit == DEFAULT.points else unit) for sign in (1, -1, 0))
    form = _form(digits, suffix)
    text = f"{up if size > 0 else down} {digits}{suffix}" if size else none
    value = size / 100 if suffix == "%" else size
    return Shown(value, f'"{up} "{form};"{down} "{form};"{none}"', text)


def _form(digits: str, suffix: str = "") -> str:
    decimals = len(digits.partition(".")[2])
    unit = suffix if suffix in {"", "%"} else f'"{suffix}"'
    return f"0{'.' if decimals else ''}{'0' * decimals}{unit}"
