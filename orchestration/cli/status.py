"""A month's completeness as the terminal shows it: a small calendar per system, then what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.table import Table
from rich.text import Text

from orchestration.certification.certify import archive_of
from orchestration.certification.pending_revision import pending_revision
from orchestration.config.hall import load_hall
from orchestration.landing.day_status import SIGNS
from orchestration.warehouse.month import Month
from reports.certificates.queries import Queries
from reports.figures.readiness import DayState, DayStatus, Problem

_STYLES: Mapping[DayStatus, str] = {
    "answered": "green",
    "closed": "dim",
    "missing": "bold red",
    "quarantined": "bold red",
    "damaged": "bold red",
}
LEGEND = "■ in   · closed   ? missing   ! quarantined   x damaged"


def calendar_table(month: Month) -> Table:
    """One row per system, one column per day."""
    table = Table(title=f"{month.name}  {month.hall.name}", title_justify="left", box=None, padding=0, pad_edge=False)
    table.add_column("", no_wrap=True)
    for day in month.calendar:
        table.add_column(
            Text(f"{day.day.day:2d}", style="" if day.is_working_day else "dim"), justify="right", no_wrap=True, width=3
        )
    table.add_column("  in", justify="right", no_wrap=True)
    for system, settings in month.hall.systems.items():
        states = [state for state in month.day_states if state.system == system]
        table.add_row(f"{system} {settings.title} ", *map(_mark, states), f"  {_share(states)}")
    return table


def _mark(state: DayState) -> Text:
    closed_in_error = state.state == "closed" and state.expected
    shown: DayStatus = "missing" if closed_in_error else state.state
    return Text(SIGNS[shown], style=_STYLES[shown])


def _share(states: list[DayState]) -> str:
    due = [state for state in states if state.expected]
    return f"{sum(state.state == 'answered' for state in due)}/{len(due)}"


def certification_lines(month: Month, problems: list[Problem]) -> Iterator[str]:
    """Open questions; then 草稿, 待核定, 已核定 or 待修订, and what is to be done next."""
    for query in Queries(month.home.questions).open_in(month.name):
        yield f'校核 {query}; next: yuebao answer {query.question.id} "..."'
    ledger = archive_of(load_hall(), month.home).ledger
    entry = ledger.latest(month.name)
    if entry is None:
        yield f"{month.name} is 草稿" if problems else f"{month.name} is 待核定: `yuebao certify {month.name}`"
        return
    yield f"{month.name} is 已核定: {entry.certificate.name}, code {entry.certificate.code}"
    if pending := pending_revision(entry.certificate, month.home):
        yield str(pending)


def verdict(month: Month, problems: list[Problem], warned: list[Problem]) -> Iterator[str]:
    """Whether the month can be printed, else every reason with its next step; then what deserves a look."""
    if problems:
        yield f"{month.name} can't be printed:"
        yield from (f"  {problem}" for problem in problems)
    else:
        checks = month.evidence.checks if month.evidence else ()
        yield f"{month.name} can be printed: every day is in, {len(checks)} checks of the build passed."
    if warned:
        yield "Worth a look:"
        yield from (f"  {problem}" for problem in warned)
