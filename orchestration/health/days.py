"""The heat map: how every system and day of the last weeks stands, with each site, as of a moment."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from orchestration.automation.deadlines import due_at, late_at
from orchestration.config.hall import Hall
from orchestration.config.working_days import WorkingDays
from orchestration.health.model import IN, CellState, DayCell, SuiteHistory
from orchestration.landing.day_status import system_days
from orchestration.runtime.paths import Home
from reports.figures.day_verdict import DayVerdict

WINDOW = 60


def window(hall: Hall, today: dt.date) -> list[dt.date]:
    """The days that the heat map shows."""
    first = max(hall.first_day, today - dt.timedelta(days=WINDOW))
    return [first + dt.timedelta(days=offset) for offset in range((today - first).days)]


def cells_of(
    hall: Hall, home: Home, calendar: WorkingDays, days: Iterable[dt.date], now: dt.datetime
) -> Iterator[DayCell]:
    """Every system on each of the days.

    Raises:
        CalendarError: the working-day calendar doesn't know a day's year.
    """
    for status in system_days(hall, home, calendar, days, verify_files=True):
        state_of = partial(cell_state, hall=hall, system=status.system, day=status.day, now=now)
        yield DayCell(
            system=status.system,
            day=status.day,
            state=state_of(status.verdict),
            sites={site: state_of(verdict) for site, verdict in status.verdicts.items()},
            detail=status.detail,
            warned=status.warned,
            landed_at=status.landed_at,
        )


def cell_state(verdict: DayVerdict, hall: Hall, system: str, day: dt.date, now: dt.datetime) -> CellState:
    """What a verdict means as of a moment: what is missing may not be late yet, or not even due."""
    if verdict != "missing" or now >= late_at(hall, system, day):
        return verdict
    return "awaited" if now >= due_at(hall, system, day) else "not_due"


def suites_of(cells: Sequence[DayCell]) -> tuple[SuiteHistory, ...]:
    """What the suite said of each system's days."""
    by_system = groupby(sorted(cells, key=lambda cell: cell.system), key=lambda cell: cell.system)
    return tuple(_suite(system, list(of_system)) for system, of_system in by_system)


def _suite(system: str, cells: Sequence[DayCell]) -> SuiteHistory:
    return SuiteHistory(
        system=system,
        judged=sum(cell.state in IN for cell in cells),
        refused=sum(cell.state == "quarantined" for cell in cells),
        warned=dict(sorted(Counter(rule for cell in cells for rule in cell.warned).items())),
    )
