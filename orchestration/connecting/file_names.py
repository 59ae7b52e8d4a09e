"""What the names of samples tell: where the day stands in them, and what differs from file to file."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from orchestration.connecting.messages import names_leave_open
from orchestration.sources.files.labels import label

_WITH_SIGNS = re.compile(r"(?<!\d)(20\d\d)([-._年])(\d{1,2})([-._月])(\d{1,2})([日号]?)(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d\d)()(0[1-9]|1[0-2])()(0[1-9]|[12]\d|3[01])()(?=\D|$|\d{4}(?:\d\d)?(?!\d))")
_MONTH = re.compile(r"(?<!\d)(20\d\d)([-._年]?)(0[1-9]|1[0-2]|[1-9](?=月))(月?)()()(?!\d)")
_SIGNS_OF_GLOBS = str.maketrans({"[": "[[]", "*": "[*]", "?": "[?]", "%": "%%"})


# How the sheets of a month's workbook are called by their days.
SHEETS = (
    "%-d",
    "%d",
    "%-d日",
    "%d日",
    "%-d号",
    "%-m.%-d",
    "%m.%d",
    "%m%d",
    "%-m-%-d",
    "%m-%d",
    "%-m月%-d日",
    "%m月%d日",
    "%Y-%m-%d",
    "%Y%m%d",
)


class UnclearNamesError(Exception):
    """What the names leave open; the text says it."""


@dataclass(frozen=True)
class NamePattern:
    """The pattern of a system's files.

    Attributes:
        pattern: a glob with strftime fields.
        days: by sample, the first day of what its name says, or None.
        field: what the names hold: "day", "month" or nothing.
    """

    pattern: str
    days: tuple[dt.date | None, ...]
    field: str


@dataclass(frozen=True)
class _Dated:
    """A day or month within a name."""

    start: int
    end: int
    day: dt.date
    parts: tuple[str, ...]

    @property
    def padded(self) -> bool | None:
        """Whether numbers of one digit have a nought before them; None where none shows it."""
        numbers = [part for part in (self.parts[2], self.parts[4]) if part]
        if any(len(number) == 1 for number in numbers):
            return False
        return True if any(number[0] == "0" for number in numbers) or not self.parts[1] else None


def pattern_of_names(names: Sequence[str], days: Sequence[dt.date | None]) -> NamePattern:
    """The pattern that all names have; `days` are those that the files' tables state, or None.

    Raises:
        UnclearNamesError: it can't be told which of several dates is the day, or how it is written.
    """
    dated = [_dates_in(name) for name in names]
    if not any(dated):
        return NamePattern(_common(names), (None,) * len(names), "")
    if len(set(map(len, dated))) > 1:
        raise UnclearNamesError(names_leave_open("unequal"))
    agreeing = [
        each
        for each in zip(*dated, strict=True)
        if all(day is None or _agrees(one, day) for one, day in zip(each, days, strict=True))
    ]
    if len(agreeing) != 1:
        raise UnclearNamesError(names_leave_open("several" if agreeing else "none"))
    (chosen,) = agreeing
    before = _common([name[: one.start] for name, one in zip(names, chosen, strict=True)])
    after = _common([name[one.end :] for name, one in zip(names, chosen, strict=True)])
    field = "day" if chosen[0].parts[4] else "month"
    return NamePattern(f"{before}{_strftime(chosen)}{after}", tuple(one.day for one in chosen), field)


def days_of_titles(titles: Sequence[tuple[str, dt.date | None]], form: str) -> list[dt.date]:
    """The days that titles of sheets say in a form of strftime, each in its month; none where one says no day so."""
    found = [
        next((day for day in _days_of_month(month) if label(title) == day.strftime(form)), None) if month else None
        for title, month in titles
    ]
    days = [day for day in found if day]
    return days if len(days) == len(found) else []


def _days_of_month(first: dt.date) -> list[dt.date]:
    days = [first.replace(day=1) + dt.timedelta(days=number) for number in range(31)]
    return [day for day in days if day.month == first.month]


def title_of(names: Sequence[str]) -> str:
    """What the names have in common before their dates and numbers."""
    return re.split(r"\d|\.\w+$", _beginning(names))[0].strip("_-— （(")


def _agrees(dated: _Dated, day: dt.date) -> bool:
    return (dated.day.year, dated.day.month) == (day.year, day.month) and (not dated.parts[4] or dated.day == day)


def _dates_in(name: str) -> list[_Dated]:
    found: list[_Dated] = []
    for pattern in (_WITH_SIGNS, _COMPACT, _MONTH):
        for match in pattern.finditer(name):
            year, _, month, _, day, _ = match.groups()
            try:
                date = dt.date(int(year), int(month), int(day or 1))
            except ValueError:
                continue
            if all(match.end() <= one.start or match.start() >= one.end for one in found):
                found.append(_Dated(match.start(), match.end(), date, match.groups()))
    return sorted(found, key=lambda one: one.start)


def _strftime(dated: Sequence[_Dated]) -> str:
    if len({(one.parts[1], one.parts[3], one.parts[5]) for one in dated}) > 1:
        raise UnclearNamesError(names_leave_open("ways"))
    shown = {one.padded for one in dated} - {None}
    if len(shown) != 1:
        raise UnclearNamesError(names_leave_open("noughts"))
    sign = "" if shown.pop() else "-"
    _, first, _, second, day, third = dated[0].parts
    return f"%Y{first}%{sign}m{second}" + (f"%{sign}d{third}" if day else "")


def _common(texts: Sequence[str]) -> str:
    """The glob of texts: what they have in common at both ends, and `*` for further dates and numbers between."""
    texts = [re.sub(r"^\d+|\d{6,}", "*", text) for text in texts]
    first = texts[0]
    if set(texts) != {first}:
        start = _beginning(texts)
        rest = [text[len(start) :][::-1] for text in texts]
        first = f"{start}*{_beginning(rest)[::-1]}"
    return "*".join(part.translate(_SIGNS_OF_GLOBS) for part in re.split(r"\*+", first))


def _beginning(texts: Sequence[str]) -> str:
    """What texts begin with, all of them."""
    signs = takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False))
    return "".join(column[0] for column in signs)
