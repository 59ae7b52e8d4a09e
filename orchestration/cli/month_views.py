"""A month's completeness as the terminal shows it: a small calendar per system, then what is wrong and what to do."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from orchestration.automation.deadlines import moment
from orchestration.certification.certify import current_archive, draw_up_month, objections_to, request_of
from orchestration.certification.pending_revision import pending_revision
from orchestration.certification.signatures import waiting_of
from orchestration.cli.app import table
from orchestration.config.hall import HallFolder
from orchestration.diagnosis import Diagnosis, Verdict, with_one_step
from orchestration.health.months import month_health
from orchestration.landing.site_days import SiteMatrix
from orchestration.warehouse.dbt_manifest import ensure_manifest
from orchestration.warehouse.month import Month
from reports.certificates.disk import lines_of
from reports.certificates.ledger import Archive
from reports.certificates.queries import Queries
from reports.figures.day_verdict import VERDICTS, DayVerdict
from reports.figures.kinds import ADDITIVE
from reports.figures.readiness import Problem, remedies

_STYLES: Mapping[DayVerdict, str] = {"answered": "green", "declared_zero": "green", "closed": "dim", "stale": "yellow"}
CALENDAR_WIDTH = 160  # of 31 days beside the names of systems
LEGEND = "   ".join(f"{meaning.sign} {meaning.text}" for meaning in VERDICTS.values())


# By outcome of a rule, its sign and style.
_OUTCOMES = {
    "passed": ("■", "green"),
    "warned": ("~", "yellow"),
    "failed": ("!", "bold red"),
    "not_applicable": ("·", "dim"),
}
OUTCOMES_LEGEND = "   ".join(f"{sign} {outcome.replace('_', ' ')}" for outcome, (sign, _) in _OUTCOMES.items())


def _days_table(month: Month, title: str) -> Table:
    """A column for names and one for each day; rows are to come."""
    table = Table(title=title, title_justify="left", box=None, padding=0, pad_edge=False)
    table.add_column("", no_wrap=True)
    for day in month.calendar:
        table.add_column(
            Text(f"{day.day.day:2d}", style="" if day.is_working_day else "dim"), justify="right", no_wrap=True, width=3
        )
    return table


def checks_table(month: Month) -> Table:
    """What each rule said of each day that is in: a row for each system and rule that didn't pass on every day."""
    table = _days_table(month, f"{month.name}  rules that didn't pass on every day")
    for system in month.systems:
        days = {state.day: state.checks for state in month.day_states if state.system == system}
        for rule in sorted({rule for checks in days.values() for rule, said in checks.items() if said != "passed"}):
            said = (_OUTCOMES.get(days.get(day.day, {}).get(rule, ""), (" ", "")) for day in month.calendar)
            table.add_row(f"{system} {rule} ", *(Text(sign, style=style) for sign, style in said))
    return table


def calendar_table(month: Month) -> Table:
    """One row per system that answers for the month, one column per day; a day that it doesn't answer for is blank."""
    table = _days_table(month, f"{month.name}  {month.hall.name}")
    table.add_column("  in", justify="right", no_wrap=True)
    for system, settings in month.systems.items():
        days = {status.day: status for status in month.system_days if status.system == system}
        due = [status for status in days.values() if status.expected]
        marks = (_mark(days[day.day].verdict) if day.day in days else Text() for day in month.calendar)
        table.add_row(f"{system} {settings.title} ", *marks, f"  {sum(day.is_in for day in due)}/{len(due)}")
    return table


def sites_table(month: Month) -> Table:
    """A row for each site of which a day isn't in, the worst first: on each day the worst of its systems."""
    table = _days_table(month, f"{month.name}  sites that aren't in")
    table.add_column("  missed", justify="right", no_wrap=True)
    for each in SiteMatrix.of(month.system_days).lacking:
        named = month.site_tree.sites.get(each.site, each.site)
        marks = (_mark(each.verdicts[day.day]) if day.day in each.verdicts else Text() for day in month.calendar)
        table.add_row(f"{named} ", *marks, f"  {each.missed}")
    return table


def sites_line(month: Month) -> str:
    """How many sites are in on every day, and of how many there is a certificate."""
    matrix, histories = SiteMatrix.of(month.system_days), current_archive().ledger.histories().items()
    certified = sum(bool(site and history.of(month.name, sys.maxsize)) for site, history in histories)
    whole = f"{matrix.whole} of {len(matrix.sites)} sites are in on every day"
    return f"{whole}; {certified} sites below the hall are certified"


def _mark(verdict: DayVerdict) -> Text:
    return Text(VERDICTS[verdict].sign, style=_STYLES.get(verdict, "bold red"))


def so_far(month: Month) -> tuple[str, list[Problem]]:
    """Of a month under way: what is in, in one line, and what is late."""
    if not month.days:
        return f"{month.name} begins today; nothing of it is due yet.", []
    ensure_manifest()
    (health,) = month_health(month.name, moment())
    came = f"{health.came} of {health.answers} answers are in, {health.missing} are late or refused"
    return f"{month.name} is under way: up to {month.days[-1]} {came}.", list(health.problems)


def draft_table(month: Month) -> Table:
    """What the answers that are in add up to, by measure; stocks aren't shown, which don't add up over days."""
    return table(("measure", "", "sum"), _sums_so_far(month))


def _sums_so_far(month: Month) -> Iterator[tuple[str, str, int]]:
    counted: Counter[str] = Counter()
    for status in month.system_days:
        if status.is_in and status.extract:
            counted.update(status.extract.sums)
    for row in month.catalogue["measures"]:
        if row["kind"] in ADDITIVE and row["measure"] in counted:
            yield row["measure"], row["measure_name"], counted[row["measure"]]


def certification_lines(month: Month, hall: HallFolder, problems: list[Problem]) -> Iterator[str]:
    """Open questions; then 草稿, 待核定, 已核定 or 待修订, and what is to be done next."""
    for query in Queries(month.home.questions).open_in(month.name):
        yield f'校核 {query}; next: yuebao answer {query.question.id} "..."'
    archive = current_archive()
    entry = archive.ledger.latest(month.name)
    if entry:
        yield f"{month.name} is 已核定: {entry.certificate.name}, code {entry.certificate.code}"
        for metric, outcome in entry.certificate.foundation.derived.absent.items():
            yield f"{metric} has no value: {outcome.explanation}"
        if pending := pending_revision(entry.certificate, month.home):
            yield str(pending)
    elif problems:
        yield f"{month.name} is 草稿"
    else:
        yield f"{month.name} is 待核定: `yuebao certify {month.name}`"
    yield from _gate_lines(month, hall, archive, problems)


def _gate_lines(month: Month, hall: HallFolder, archive: Archive, problems: list[Problem]) -> Iterator[str]:
    """What the gate would object to in a month that nobody has certified, and who still has to sign what waits."""
    waiting = waiting_of(month.home, month.name)
    if waiting and not problems:
        drawn = draw_up_month(month, hall, archive, request_of(waiting.candidate), waiting.candidate.head)
        if drawn.content != waiting.content:
            names = ", ".join(one.name for one in waiting.signed) or "nobody"
            yield (
                f"what waits for signatures (signed by {names}) is void: an extract, the text or a setting changed "
                f"since; next: yuebao certify {month.name}"
            )
            return
    if waiting:
        signed = ", ".join(f"{one.role} {one.name}" for one in waiting.signed) or "nobody"
        yield f"signed by {signed}; it waits for {', '.join(waiting.waits_for) or 'nobody'}"
    elif not problems and archive.ledger.latest(month.name) is None:
        yield from (f"the gate objects: {line}" for line in lines_of(objections_to(month, hall, archive)))


def verdict(month: Month, problems: list[Problem]) -> str:
    """Whether the month can be printed."""
    if problems:
        return f"{month.name} can't be printed:"
    checks = month.evidence.checks if month.evidence else ()
    passed = sum(check.status != "not_applicable" for check in checks)
    return f"{month.name} can be printed: every day is in, {passed} checks of the build passed."


def diagnoses(month: Month, problems: Sequence[Problem], warned: Sequence[Problem]) -> Iterator[Diagnosis]:
    """What had nothing to compare, where the month can be printed; then what is to be mended or deserves a look."""
    if not problems and month.evidence:
        for check in month.evidence.checks:
            if check.status == "not_applicable":
                yield Diagnosis(f"check {check.name}", "ok", f"not applicable: {check.message}")
    yield from _with_steps("mend", problems, month)
    yield from _with_steps("look", warned, month)


def _with_steps(verdict: Verdict, problems: Sequence[Problem], month: Month) -> Iterator[Diagnosis]:
    """Every problem with its rows, and each command once; where it is the one that was just run, what follows it."""
    just_run = f"yuebao status {month.name}"
    after = f"have these rows corrected where they come from, then yuebao report {month.name}"
    for remedy in remedies(problems, month.whole):
        step = after if remedy.command == just_run else remedy.command
        yield from with_one_step(verdict, [(each.message, each.rows) for each in remedy.problems], step)
