"""The boundary of a month: the day before it, which the stocks at its beginning are held against.

It is an input like the month's own days: named, and part of what a build and a certificate rest on.
"""

import datetime as dt
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from orchestration.config.hall import Hall
from orchestration.config.working_days import WorkingDays
from orchestration.landing.day_status import SystemDay, is_expected, system_day, verified
from orchestration.landing.manifest import Extract
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
        system: whose stocks they are.
        before: the system that they are held against: itself, or the one that answered them until it began.
        title: the title of `before`.
        day: the last day before the month on which the calendar has `before` open.
        result: `compared` when the day is in; `first_month` when nobody was asked for them on such a day; else
            `not_compared`.
        extract: what they are held against, where they are.
        status: how that day stands, where there is one.
    """

    system: str
    before: str
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
    hall: Hall, home: Home, calendar: WorkingDays, first: dt.date, balanced: Set[str]
) -> Iterator[BoundaryStock]:
    """The boundary of each system that answers, from the month's first day on, a stock which has to balance.

    Args:
        hall: The settings.
        home: The state folder.
        calendar: The working-day calendar.
        first: The month's first day.
        balanced: The measures that are stocks and have to balance.

    Raises:
        CalendarError: the working-day calendar doesn't know the year.
    """
    eve = first - dt.timedelta(days=1)
    for system in hall.systems_in([first]):
        stocks = set(hall.systems[system].measures) & balanced
        befores = [name for name in hall.systems_in([eve]) if _shares(hall, system, name, stocks)]
        if stocks and not befores:
            yield BoundaryStock(system, system, hall.systems[system].title, eve, "first_month")
        for before in befores:
            day = _last_open_day(hall, calendar, before, first)
            boundary = BoundaryStock(system, before, hall.systems[before].title, day, "first_month")
            yield boundary if day < hall.first_day else _looked_at(boundary, hall, home, calendar)


def _shares(hall: Hall, system: str, other: str, stocks: Set[str]) -> bool:
    """Whether another system, or itself, answers one of these stocks for a site of a system."""
    sites = set(hall.sites_of(system)) & set(hall.sites_of(other))
    return bool(sites and stocks & set(hall.systems[other].measures))


def _looked_at(boundary: BoundaryStock, hall: Hall, home: Home, calendar: WorkingDays) -> BoundaryStock:
    """The boundary with how its day stands."""
    status = verified(home, system_day(hall, home, calendar, boundary.before, boundary.day))
    if status.is_in and status.extract is not None and status.extract.state == "answered":
        return replace(boundary, result="compared", extract=status.extract, status=status)
    return replace(boundary, result="not_compared", status=status)


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
        named = ", ".join(f"{stock.before} {stock.title} {stock.day} {stock.verdict}" for stock in missed)
        return check("warn", len(missed), f"{NOT_COMPARED}: {named}")
    if any(stock.result == "compared" for stock in boundary):
        return check("pass", 0, "")
    systems = ", ".join(stock.system for stock in first)
    why = f"first month: {systems} has no day before {month}" if first else "the hall has no stock that has to balance"
    return check("not_applicable", 0, why)
