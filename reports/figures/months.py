"""A month by its name, `2025-03`, and the days it has."""

import re
from datetime import date, timedelta

_NAME = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)


def first_day(month: str) -> date:
    """The first day of a month.

    Raises:
        ValueError: `month` isn't written YYYY-MM.
    """
    name = _NAME.fullmatch(month)
    if name is None:
        raise ValueError(f"a month is written YYYY-MM, e.g. 2025-03, got {month!r}")
    return date(int(name[1]), int(name[2]), 1)


def days_of(month: str) -> list[date]:
    """Every day of a month, in order; raises as `first_day` does."""
    first = first_day(month)
    days = (first + timedelta(days=offset) for offset in range(31))
    return [day for day in days if day.month == first.month]


def months_before(month: str, count: int) -> str:
    """The month that lies `count` months before a month; raises as `first_day` does."""
    first = first_day(month)
    year, number = divmod(first.year * 12 + first.month - 1 - count, 12)
    return f"{year:04d}-{number + 1:02d}"


def month_title(month: str) -> str:
    """A month as it is printed, `2025 年 3 月`; raises as `first_day` does."""
    first = first_day(month)
    return f"{first.year} 年 {first.month} 月"
