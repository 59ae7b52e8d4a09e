"""The health as a page shows it: days by calendar month, gaps in spans, numbers in words."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from orchestration.alerts.snoozes import Snooze
from orchestration.health.model import CELL_WORDS, IN, NOT_LATE, CellState, DayCell, Health
from orchestration.health.verdict import marked
from reports.figures.months import consecutive, span

# The columns of the triangle: every day at first, then fewer.
TRIANGLE_DAYS = (*range(11), 12, 15, 20, 25, 31, 45)
_MOST_CHARACTERS = 400


@dataclass(frozen=True)
class MonthSheet:
    """One calendar month of the heat map: its days, and by system a cell for each, None where it isn't asked."""

    month: str
    days: tuple[dt.date, ...]
    rows: Mapping[str, tuple[DayCell | None, ...]]


@dataclass(frozen=True)
class Gap:
    """Consecutive days of a system that aren't in for the same sites; `sites` is empty where none is in."""

    system: str
    first: dt.date
    last: dt.date
    state: CellState
    came: int
    of: int
    sites: tuple[str, ...]
    detail: str

    @property
    def span(self) -> str:
        """As `yuebao pull` takes it."""
        return span((self.first, self.last))


def sheets_of(cells: Sequence[DayCell]) -> list[MonthSheet]:
    """The heat map by calendar month, the newest first."""
    by_month = groupby(sorted(cells, key=lambda cell: cell.day), key=lambda cell: f"{cell.day:%Y-%m}")
    return [_sheet(month, list(of_month)) for month, of_month in by_month][::-1]


def _sheet(month: str, cells: Sequence[DayCell]) -> MonthSheet:
    rows: dict[str, dict[dt.date, DayCell]] = {}
    for cell in cells:
        rows.setdefault(cell.system, {})[cell.day] = cell
    days = tuple(dict.fromkeys(cell.day for cell in cells))
    return MonthSheet(month, days, {system: tuple(map(by_day.get, days)) for system, by_day in rows.items()})


def gaps_of(cells: Sequence[DayCell], snoozed: Mapping[str, Snooze]) -> list[Gap]:
    """What isn't in though it should be, consecutive days in one; the newest first, and marked what is snoozed."""
    lacking = (cell for cell in cells if cell.state not in IN | NOT_LATE)
    gaps = (_gap(run, snoozed) for run in consecutive(lacking, lambda cell: cell.day, _alike))
    return sorted(gaps, key=lambda gap: (gap.last, gap.system), reverse=True)


def _alike(cell: DayCell) -> tuple[str, CellState, tuple[str, ...], bool]:
    return cell.system, cell.state, cell.absent, bool(cell.detail)


def _gap(cells: Sequence[DayCell], snoozed: Mapping[str, Snooze]) -> Gap:
    newest = cells[-1]
    detail = newest.detail if newest.state != "missing" or newest.came == 0 else ""
    return Gap(
        system=newest.system,
        first=cells[0].day,
        last=newest.day,
        state=newest.state,
        came=newest.came,
        of=len(newest.sites),
        sites=newest.absent if newest.came else (),
        detail=marked(detail, [f"days {cell.system} {cell.day}" for cell in cells], snoozed),
    )


def share(part: float) -> str:
    """A share of 1 in percent; only the whole is 100%."""
    return f"{int(part * 100)}%"


def brief(text: str) -> str:
    """The beginning of a text that may name hundreds of sites; all of it is told where one day is looked at."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]} ..."


def took(seconds: float | None) -> str:
    """How long something took."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def size(count: int) -> str:
    """A number of bytes."""
    for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if count >= 1024**power:
            return f"{count / 1024**power:.1f} {unit}"
    return f"{count} B"


def days_left(days: int) -> str:
    """How far a date is away."""
    if days == 0:
        return "today"
    plural = "" if abs(days) == 1 else "s"
    return f"in {days} day{plural}" if days > 0 else f"{-days} day{plural} ago"


def cell_title(cell: DayCell, health: Health) -> str:
    """What a cell says when it is pointed at, or read out."""
    sites = f", {cell.came} of {len(cell.sites)} sites in" if len(cell.sites) > 1 else ""
    return f"{cell.day} {health.system_names[cell.system]}: {CELL_WORDS[cell.state]}{sites}"
