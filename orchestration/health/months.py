"""How each of the last months stands, and which of its problems wait for a person."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestration.automation.deadlines import Moment
from orchestration.certification.pending_revision import pending_revision
from orchestration.health.days import cell_state
from orchestration.health.model import IN, NOT_LATE, Deadline, DeadlineKind, MonthHealth, MonthState
from orchestration.landing.manifest import LandingError
from orchestration.landing.site_days import SiteMatrix
from orchestration.warehouse.dbt_manifest import build_checks
from orchestration.warehouse.month import Month, a_build_mends
from reports.figures.readiness import (
    BuildEvidence,
    EvidenceError,
    Problem,
    boundary_problems,
    build_problems,
    day_problems,
)

# A certified month stands on what was certified; a newer suite or a build that wasn't made again changes nothing.
_MATTERS_WHEN_CERTIFIED = {"damaged_extract", "quarantined_day"}
_MONTHS_BACK = 3


def months_looked_at(at: Moment) -> list[str]:
    """This month and the last three, the newest first, as far as the hall has data."""
    has_begun = at.this_month >= at.hall.months.name_of(at.hall.first_day)
    return [*([at.this_month] if has_begun else []), *at.months_back(_MONTHS_BACK)]


def month_health(name: str, at: Moment) -> Iterator[MonthHealth]:
    """One month, where it can be told; what can't be read of its landing or its build is one of its problems."""
    month = Month(name, [day for day in at.hall.months.days_of(name) if day < at.today], at.hall, at.home)
    entry = at.ledger.latest(name)
    blank = MonthHealth(
        month=name,
        state="certified" if entry else "draft",
        answers=len(list(at.hall.asked(month.days))),
        certificate=entry.certificate.name if entry else "",
        code=entry.certificate.code if entry else "",
        whole=month.whole,
        days=tuple(at.hall.months.days_of(name)),
    )
    try:
        evidence = month.read_evidence()
        pending = pending_revision(entry.certificate, at.home) if entry else None
        judged = _judged(blank, month, evidence, at)
    except (LandingError, EvidenceError) as error:
        unreadable = Problem("damaged_extract", name, str(error), f"yuebao status {name}")
        yield replace(blank, problems=(unreadable,), urgent=(unreadable,))
        return
    yield replace(judged, state="revision pending", pending=str(pending)) if pending else judged


def _judged(blank: MonthHealth, month: Month, evidence: BuildEvidence | None, at: Moment) -> MonthHealth:
    expected = month.expected(build_checks())
    over = at.hall.months.last_day(month.name) < at.today
    states = {(day.system, day.day): cell_state(at, day.system, day.day, day.verdict) for day in month.day_states}
    late = day_problems([day for day in month.day_states if states[day.system, day.day] not in NOT_LATE], expected)
    of_build = list(build_problems(evidence, expected)) if over else []
    of_boundary = boundary_problems(expected)
    problems = [*day_problems(month.day_states, expected), *of_boundary, *of_build] if over else late
    if blank.certificate:
        urgent = [problem for problem in late if problem.kind in _MATTERS_WHEN_CERTIFIED]
    else:
        urgent = [
            *late,
            *of_boundary,
            *(each for each in of_build if not late and _waits_for_a_person(each, month.name, at)),
        ]
    state = _state(blank, over=over, good=not problems)
    by_hand = at.hall.certification.policy == "manual"
    return replace(
        blank,
        state=state,
        missing=sum(state not in IN | NOT_LATE for state in states.values()),
        not_late=sum(state in NOT_LATE for state in states.values()),
        problems=tuple(problems),
        urgent=tuple(urgent),
        sites=SiteMatrix.of(month.system_days, at.is_late),
        to_be_certified=state == "waiting" and (by_hand or _is_overdue(month.name, at)),
        checks=dict(Counter(check.status for check in evidence.checks)) if evidence else {},
        doubtful=tuple(check for check in evidence.checks if check.status not in {"pass", "not_applicable"})
        if evidence
        else (),
    )


def _state(blank: MonthHealth, *, over: bool, good: bool) -> MonthState:
    if blank.certificate:
        return "certified"
    if not over:
        return "under way"
    return "waiting" if good else "draft"


def _waits_for_a_person(problem: Problem, month: str, at: Moment) -> bool:
    """A build that wasn't made, or is stale, is made by itself from the candidate's date on."""
    by_itself = problem.kind != "check_failed" and a_build_mends(problem)
    return not by_itself or _is_overdue(month, at)


def _is_overdue(month: str, at: Moment) -> bool:
    """Whether a month's candidate should have been made by now."""
    return at.today > at.deadlines(month).candidate


def next_deadlines(months: Sequence[MonthHealth], at: Moment) -> Iterator[Deadline]:
    """The dates of these months: those to come, and those gone by though what was to be done by then isn't."""
    for month in reversed(months):
        dates = at.deadlines(month.month)
        certified = bool(month.certificate)
        told: list[tuple[DeadlineKind, dt.date, bool]] = [
            ("candidate", dates.candidate, certified or month.state == "waiting"),
            ("certification", dates.certification, certified),
            ("edition", dates.edition, certified),
        ]
        for what, day, done in told:
            if day >= at.today or not done:
                yield Deadline(month.month, what, day, (day - at.today).days, done)
