"""The heat map: how every system and day of the last weeks stands, with each site, as of a moment."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from orchestration.automation.deadlines import Moment
from orchestration.health.model import IN, CellState, DayCell, SuiteHistory
from reports.figures.day_verdict import DayVerdict

WINDOW = 60


def cells_of(at: Moment, days: Iterable[dt.date]) -> Iterator[DayCell]:
    """Every system on each of the days; raises CalendarError for a year that the working-day calendar doesn't know."""
    for status in at.system_days(days, verify_files=True):
        state_of = partial(cell_state, at, status.system, status.day)
        yield DayCell(
            system=status.system,
            day=status.day,
            state=state_of(status.verdict),
            sites={site: state_of(verdict) for site, verdict in status.verdicts.items()},
            detail=status.detail,
            warned=status.warned,
            landed_at=status.landed_at,
        )


def cell_state(at: Moment, system: str, day: dt.date, verdict: DayVerdict) -> CellState:
    """What a verdict means as of a moment: what is missing may not be late yet, or not even due."""
    if verdict != "missing" or at.now >= at.late_at(system, day):
        return verdict
    return "awaited" if at.now >= at.due_at(system, day) else "not_due"


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
