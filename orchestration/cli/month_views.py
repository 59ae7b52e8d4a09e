"""A month's completeness as the terminal shows it: a small calendar per system, then what is wrong and what to do."""

from collections.abc import Iterator, Mapping

from rich.table import Table
from rich.text import Text

from orchestration.certification.certify import current_archive
from orchestration.certification.pending_revision import pending_revision
from orchestration.warehouse.month import Month
from reports.certificates.queries import Queries
from reports.figures.day_verdict import VERDICTS, DayVerdict
from reports.figures.readiness import Problem

_STYLES: Mapping[DayVerdict, str] = {"answered": "green", "declared_zero": "green", "closed": "dim", "stale": "yellow"}
LEGEND = "   ".join(f"{meaning.sign} {meaning.text}" for meaning in VERDICTS.values())


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
        days = [status for status in month.system_days if status.system == system]
        due = [status for status in days if status.expected]
        marks = (Text(VERDICTS[day.verdict].sign, style=_STYLES.get(day.verdict, "bold red")) for day in days)
        table.add_row(f"{system} {settings.title} ", *marks, f"  {sum(day.is_in for day in due)}/{len(due)}")
    return table


def certification_lines(month: Month, problems: list[Problem]) -> Iterator[str]:
    """Open questions; then 草稿, 待核定, 已核定 or 待修订, and what is to be done next."""
    for query in Queries(month.home.questions).open_in(month.name):
        yield f'校核 {query}; next: yuebao answer {query.question.id} "..."'
    ledger = current_archive().ledger
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
