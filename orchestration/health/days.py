"""The heat map: how every system and day of the last weeks stands, with each site, as of a moment."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from orchestration.automation.deadlines import Moment
from orchestration.health.model import IN, CellState, DayCell, SuiteHistory
from reports.figures.day_verdict import DayVerdict
from reports.figures.readiness import worst_first

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
    if verdict != "missing" or at.is_late(system, day):
        return verdict
    return "awaited" if at.now >= at.due_at(system, day) else "not_due"


def suites_of(cells: Sequence[DayCell]) -> tuple[SuiteHistory, ...]:
    """What the suite said of each system's days, the system that warned most first."""
    days: dict[tuple[str, str], list[dt.date]] = {}
    for cell in cells:
        for rule in cell.warned:
            days.setdefault((cell.system, rule), []).append(cell.day)
    warned = {each: tuple(days[each]) for each in worst_first(days, lambda each: each[0])}
    systems = dict.fromkeys([*(system for system, _ in warned), *sorted(cell.system for cell in cells)])
    return tuple(_suite(system, cells, warned) for system in systems)


def _suite(
    system: str, cells: Iterable[DayCell], warned: Mapping[tuple[str, str], tuple[dt.date, ...]]
) -> SuiteHistory:
    states = Counter(cell.state for cell in cells if cell.system == system)
    return SuiteHistory(
        system=system,
        judged=sum(states[state] for state in IN),
        refused=states["quarantined"],
        warned={rule: days for (of, rule), days in warned.items() if of == system},
    )
