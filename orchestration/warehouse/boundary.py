"""The boundary of a month: the day before it, which the stocks at its beginning are held against.

It is an input like the month's own days: named, and part of what a build and a certificate rest on.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from orchestration.config.hall import Hall
from orchestration.config.working_days import WorkingDays
from orchestration.landing.day_status import SystemDay, is_expected, system_day
from orchestration.landing.manifest import Extract, Landing
from orchestration.runtime.paths import Home
from reports.figures.day_verdict import VERDICTS
from reports.figures.readiness import BuildCheck

BoundaryResult = Literal["compared", "not_compared", "first_month"]
# The check of a build that says whether there was a day before to compare with; that it balances is dbt's to say.
BOUNDARY_CHECK = "boundary_is_compared"
NOT_COMPARED = "boundary not compared"
# No system is closed for longer, be it over the Spring Festival.
_LONGEST_BREAK = 31


@dataclass(frozen=True)
class BoundaryStock:
    """How the stocks of one system are joined to the month before.

    Attributes:
        day: the last day before the month on which the calendar has the system open.
        result: `compared` when the day is in; `first_month` when the hall has no such day; else `not_compared`.
        extract: what they are held against, where they are.
        status: how that day stands, where the hall has one.
    """

    system: str
    title: str
    day: dt.date
    result: BoundaryResult
    extract: Extract | None = None
    status: SystemDay | None = None

    @property
    def verdict(self) -> str:
        """The verdict on the day, in words."""
        return VERDICTS[self.status.verdict].text if self.status else ""


def boundary_of(
    hall: Hall, home: Home, calendar: WorkingDays, first: dt.date, balanced: Collection[str]
) -> Iterator[BoundaryStock]:
    """The boundary of each system that answers a stock which has to balance.

    Args:
        hall: The settings.
        home: The state folder.
        calendar: The working-day calendar.
        first: The month's first day.
        balanced: The measures that are stocks and have to balance.

    Raises:
        CalendarError: the working-day calendar doesn't know the year.
    """
    for system, settings in hall.systems.items():
        if not set(settings.measures) & set(balanced):
            continue
        day = _last_open_day(hall, calendar, system, first)
        if day < hall.first_day:
            yield BoundaryStock(system, settings.title, day, "first_month")
            continue
        status = system_day(hall, home, calendar, system, day)
        if status.extract:
            status = replace(status, fault=Landing(home.landing).damage(status.extract))
        compared = status.is_in and status.extract is not None and status.extract.state == "answered"
        yield BoundaryStock(
            system=system,
            title=settings.title,
            day=day,
            result="compared" if compared else "not_compared",
            extract=status.extract if compared else None,
            status=status,
        )


def _last_open_day(hall: Hall, calendar: WorkingDays, system: str, first: dt.date) -> dt.date:
    """The last day before a month on which a system is open, or the hall's last day without data, if that comes first.

    On a day off an answer with counts is refused, so that no stock changes in between.
    """
    days = (first - dt.timedelta(days=back) for back in range(1, _LONGEST_BREAK + 1))
    return next(
        (day for day in days if day < hall.first_day or is_expected(hall, calendar, system, day)),
        first - dt.timedelta(days=1),
    )


def boundary_check(month: str, boundary: Sequence[BoundaryStock]) -> BuildCheck:
    """Whether every boundary was compared, as evidence of a build; with none to compare it doesn't apply."""
    check = partial(BuildCheck, BOUNDARY_CHECK, "fct_daily_counts", "warning")
    missed = [stock for stock in boundary if stock.result == "not_compared"]
    first = [stock for stock in boundary if stock.result == "first_month"]
    if missed:
        named = ", ".join(f"{stock.system} {stock.title} {stock.day} {stock.verdict}" for stock in missed)
        return check("warn", len(missed), f"{NOT_COMPARED}: {named}")
    if any(stock.result == "compared" for stock in boundary):
        return check("pass", 0, "")
    systems = ", ".join(stock.system for stock in first)
    why = f"first month: {systems} has no day before {month}" if first else "the hall has no stock that has to balance"
    return check("not_applicable", 0, why)
