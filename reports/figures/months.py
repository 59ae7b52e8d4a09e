"""A month by its name, `2025-03`, and the days that are reported under it; days in a row."""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeVar

_Item = TypeVar("_Item")
_NAME = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)


def first_day(month: str) -> date:
    """The first day of a calendar month; ValueError where it isn't written YYYY-MM."""
    name = _NAME.fullmatch(month)
    if name is None:
        raise ValueError(f"a month is written YYYY-MM, e.g. 2025-03, got {month!r}")
    return date(int(name[1]), int(name[2]), 1)


def days_of(month: str) -> list[date]:
    """Every day of a calendar month, in order; raises as `first_day` does."""
    return list(_days_of(month))


@lru_cache(maxsize=512)
def _days_of(month: str) -> tuple[date, ...]:
    first = first_day(month)
    days = (first + timedelta(days=offset) for offset in range(31))
    return tuple(day for day in days if day.month == first.month)


def months_before(month: str, count: int) -> str:
    """The month that lies `count` months before a month; raises as `first_day` does."""
    first = first_day(month)
    year, number = divmod(first.year * 12 + first.month - 1 - count, 12)
    return f"{year:04d}-{number + 1:02d}"


def months_between(first: str, last: str) -> list[str]:
    """Every month from the first to the last, both included; raises as `first_day` does."""
    (year, month), (last_year, last_month) = ((day.year, day.month) for day in map(first_day, (first, last)))
    count = 12 * (last_year - year) + last_month - month
    return [months_before(last, back) for back in range(count, -1, -1)]


@dataclass(frozen=True)
class ReportingMonths:
    """Which days are reported under the name of which month.

    A month that begins on the 26th ends on the 25th, and has the name of the calendar month in which it ends: 2025-03
    is 2025-02-26..2025-03-25. Where the day is changed, the first month of the new rule begins right after the last of
    the old one, and is shorter or longer: no day is left out, none is in two months.

    Attributes:
        beginnings: from which month on which day of the month before is the first, 1 for calendar months; in order.
            Months before the first of these are calendar months.
    """

    beginnings: tuple[tuple[str, int], ...] = ()

    def first_day(self, month: str) -> date:
        """The first day of a month; ValueError where it isn't written YYYY-MM."""
        return self.last_day(months_before(month, 1)) + timedelta(days=1)

    def last_day(self, month: str) -> date:
        """The last day of a month; raises as `first_day`."""
        begins = next((day for since, day in reversed(self.beginnings) if since <= month), 1)
        after = first_day(month if begins > 1 else months_before(month, -1)).replace(day=begins)
        return after - timedelta(days=1)

    def days_of(self, month: str) -> list[date]:
        """Every day of a month, in order; raises as `first_day`."""
        return days_between(self.first_day(month), self.last_day(month))

    def name_of(self, day: date) -> str:
        """The month under which a day is reported."""
        month = f"{day:%Y-%m}"
        return month if day <= self.last_day(month) else months_before(month, -1)

    @property
    def newest(self) -> "ReportingMonths":
        """The rule of today for all months, as if it had always held."""
        return ReportingMonths(tuple(("0001-01", day) for _, day in self.beginnings[-1:]))


@dataclass(frozen=True)
class MonthSpan:
    """The first and the last day, `2025-02-26`, of a month that isn't the calendar's."""

    first: str
    last: str

    @classmethod
    def of(cls, month: str, days: Sequence[date]) -> "MonthSpan | None":
        """The span of a month's days; None for those of the calendar month."""
        return None if list(days) == days_of(month) else cls(str(days[0]), str(days[-1]))

    @property
    def title(self) -> str:
        """As it is printed: `2025 年 2 月 26 日至 2025 年 3 月 25 日`."""
        first, last = self.days[0], self.days[-1]
        return f"{first.year} 年 {first.month} 月 {first.day} 日至 {last.year} 年 {last.month} 月 {last.day} 日"

    @property
    def days(self) -> list[date]:
        """All of its days; ValueError where an end is no day."""
        return days_between(date.fromisoformat(self.first), date.fromisoformat(self.last))


def month_title(month: str) -> str:
    """A month as it is printed, `2025 年 3 月`; raises as `first_day` does."""
    first = first_day(month)
    return f"{first.year} 年 {first.month} 月"


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def span(days: Sequence[date]) -> str:
    """Consecutive days as commands take and print them: `2025-03-12`, or `2025-03-01..2025-03-07`."""
    return f"{days[0]}" if days[0] == days[-1] else f"{days[0]}..{days[-1]}"


def spans(days: Sequence[date]) -> str:
    """Any days, as their spans: `2025-03-03, 2025-03-05..2025-03-07`."""
    return ", ".join(map(span, consecutive(days, lambda day: day, lambda _: None)))


def counted_spans(days: Sequence[date]) -> str:
    """The spans of days, and how many days these are where there is more than one span."""
    told = spans(days)
    return f"{told} ({len(days)} days)" if "," in told else told


def consecutive(
    items: Iterable[_Item], day: Callable[[_Item], date], alike: Callable[[_Item], Hashable]
) -> list[list[_Item]]:
    """Items that are alike on consecutive days, in one group; each group in order, those of the earliest kind first."""
    groups: dict[Hashable, list[list[_Item]]] = {}
    for item in sorted(items, key=day):
        runs = groups.setdefault(alike(item), [])
        if runs and day(runs[-1][-1]) + timedelta(days=1) == day(item):
            runs[-1].append(item)
        else:
            runs.append([item])
    return [run for runs in groups.values() for run in runs]
