"""How each of the last months stands, and which of its problems wait for a person."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from orchestration.automation.deadlines import deadlines_of
from orchestration.certification.pending_revision import pending_revision
from orchestration.config.hall import Hall
from orchestration.config.working_days import WorkingDays
from orchestration.health.days import cell_state
from orchestration.health.model import IN, NOT_LATE, CellState, Deadline, DeadlineKind, MonthHealth, MonthState
from orchestration.landing.manifest import LandingError
from orchestration.runtime.paths import Home
from orchestration.warehouse.month import Month, a_build_mends
from reports.certificates.ledger import Ledger
from reports.figures.months import days_of, months_before
from reports.figures.readiness import BuildEvidence, DayState, EvidenceError, Problem, build_problems, day_problems

# A certified month stands on what was certified; a newer suite or a build that wasn't made again changes nothing.
_MATTERS_WHEN_CERTIFIED = {"damaged_extract", "quarantined_day"}
_MONTHS_BACK = 3


@dataclass(frozen=True)
class Observer:
    """What months are looked at with.

    Attributes:
        now: in hall time.
        build_checks: those that a build must have passed.
    """

    hall: Hall
    home: Home
    calendar: WorkingDays
    build_checks: frozenset[str]
    now: dt.datetime

    @property
    def today(self) -> dt.date:
        """Today in hall time."""
        return self.now.date()

    def state_of(self, day: DayState) -> CellState:
        """How a day stands, as the heat map says it."""
        return cell_state(day.verdict, self.hall, day.system, day.day, self.now)


def months_looked_at(hall: Hall, today: dt.date) -> list[str]:
    """This month and the last three, the newest first, as far as the hall has data."""
    names = [months_before(f"{today:%Y-%m}", back) for back in range(_MONTHS_BACK + 1)]
    return [name for name in names if name >= f"{hall.first_day:%Y-%m}"]


def month_health(name: str, observer: Observer) -> Iterator[MonthHealth]:
    """One month, where it can be told; what can't be read of its landing or its build is one of its problems.

    Raises:
        LedgerError: its certificate can't be read.
        CalendarError: the working-day calendar doesn't know the year.
    """
    month = Month(name, [day for day in days_of(name) if day < observer.today], observer.hall, observer.home)
    entry = Ledger(observer.home.certificates).latest(name)
    blank = MonthHealth(
        month=name,
        state="certified" if entry else "draft",
        answers=len(month.days) * len(observer.hall.systems),
        certificate=entry.certificate.name if entry else "",
        code=entry.certificate.code if entry else "",
    )
    try:
        evidence = month.evidence
        pending = pending_revision(entry.certificate, observer.home) if entry else None
        judged = _judged(blank, month, evidence, observer)
    except (LandingError, EvidenceError) as error:
        unreadable = Problem("damaged_extract", name, str(error), f"yuebao status {name}")
        yield replace(blank, problems=(unreadable,), urgent=(unreadable,))
        return
    yield replace(judged, state="revision pending", pending=str(pending)) if pending else judged


def _judged(blank: MonthHealth, month: Month, evidence: BuildEvidence | None, observer: Observer) -> MonthHealth:
    expected = month.expected(observer.build_checks)
    over = days_of(month.name)[-1] < observer.today
    states = {(day.system, day.day): observer.state_of(day) for day in month.day_states}
    late = day_problems([day for day in month.day_states if states[day.system, day.day] not in NOT_LATE], expected)
    of_build = list(build_problems(evidence, expected)) if over else []
    problems = [*day_problems(month.day_states, expected), *of_build] if over else late
    if blank.certificate:
        urgent = [problem for problem in late if problem.kind in _MATTERS_WHEN_CERTIFIED]
    else:
        urgent = [*late, *(each for each in of_build if not late and _waits_for_a_person(each, month.name, observer))]
    state = _state(blank, over=over, good=not problems)
    by_hand = observer.hall.certification.policy == "manual"
    return replace(
        blank,
        state=state,
        missing=sum(state not in IN | NOT_LATE for state in states.values()),
        not_late=sum(state in NOT_LATE for state in states.values()),
        problems=tuple(problems),
        urgent=tuple(urgent),
        to_be_certified=state == "waiting" and (by_hand or _is_overdue(month.name, observer)),
        checks=dict(Counter(check.status for check in evidence.checks)) if evidence else {},
        doubtful=tuple(check for check in evidence.checks if check.status != "pass") if evidence else (),
    )


def _state(blank: MonthHealth, *, over: bool, good: bool) -> MonthState:
    if blank.certificate:
        return "certified"
    if not over:
        return "under way"
    return "waiting" if good else "draft"


def _waits_for_a_person(problem: Problem, month: str, observer: Observer) -> bool:
    """A build that wasn't made, or is stale, is made by itself from the candidate's date on."""
    by_itself = problem.kind != "check_failed" and a_build_mends(problem)
    return not by_itself or _is_overdue(month, observer)


def _is_overdue(month: str, observer: Observer) -> bool:
    """Whether a month's candidate should have been made by now.

    Raises:
        CalendarError: the working-day calendar doesn't know the year.
    """
    return observer.today > deadlines_of(month, observer.hall, observer.calendar).candidate


def next_deadlines(months: Sequence[MonthHealth], observer: Observer) -> Iterator[Deadline]:
    """The dates of these months: those to come, and those gone by though what was to be done by then isn't.

    Raises:
        CalendarError: the working-day calendar doesn't know the year.
    """
    for month in reversed(months):
        dates = deadlines_of(month.month, observer.hall, observer.calendar)
        certified = bool(month.certificate)
        told: list[tuple[DeadlineKind, dt.date, bool]] = [
            ("candidate", dates.candidate, certified or month.state == "waiting"),
            ("certification", dates.certification, certified),
            ("edition", dates.edition, certified),
        ]
        for what, day, done in told:
            if day >= observer.today or not done:
                yield Deadline(month.month, what, day, (day - observer.today).days, done)
