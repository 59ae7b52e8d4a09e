"""The heat map: how every system and day of the last weeks stands, with each hall, as of a moment."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from orchestration.automation.deadlines import due_at, late_at
from orchestration.config.hall import Hall
from orchestration.config.working_days import WorkingDays
from orchestration.health.model import IN, CellState, DayCell, SuiteHistory
from orchestration.landing.day_status import SystemDay, standings
from orchestration.runtime.paths import Home
from reports.figures.readiness import DayState

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
    for standing in standings(hall, home, calendar, days):
        yield _cell(standing, hall, now)


def cell_state(day: SystemDay | DayState, hall: Hall, now: dt.datetime) -> CellState:
    """How a day stands as of a moment: it may not be late yet; one that is closed against the calendar is missing."""
    if day.state == "closed" and day.expected:
        return "missing"
    return absence(hall, day.system, day.day, now) if day.state == "missing" else day.state


def absence(hall: Hall, system: str, day: dt.date, now: dt.datetime) -> CellState:
    """What it means as of a moment that a day isn't in."""
    if now >= late_at(hall, system, day):
        return "missing"
    return "awaited" if now >= due_at(hall, system, day) else "not_due"


def _cell(standing: SystemDay, hall: Hall, now: dt.datetime) -> DayCell:
    extract = standing.extract
    state = cell_state(standing, hall, now)
    return DayCell(
        system=standing.system,
        day=standing.day,
        state=state,
        sites={code: _site_state(code, standing, state, hall, now) for code in standing.sites},
        detail=standing.detail,
        warned=tuple(sorted(rule for rule, outcome in extract.checks.items() if outcome == "warned"))
        if extract
        else (),
        landed_at=dt.datetime.fromisoformat(extract.landed_at) if extract else None,
    )


def _site_state(code: str, standing: SystemDay, day: CellState, hall: Hall, now: dt.datetime) -> CellState:
    if code in standing.doubted:
        return "quarantined"
    if standing.extract and code in standing.extract.sites:
        return "missing" if standing.extract.state == "closed" and standing.expected else standing.extract.state
    return day if standing.fault else absence(hall, standing.system, standing.day, now)


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
