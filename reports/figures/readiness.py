"""May this month be printed? Judged from plain data, failing closed: what is absent counts as failed.

Whoever knows the landing, the calendar and the warehouse's checks gathers the facts; nothing here reads a file.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Literal, TypeVar

from expectations.rules import RULES, Severity
from reports.errors import ReportsError
from reports.figures.causes import likeness
from reports.figures.day_verdict import VERDICTS, DayProblem, DayVerdict
from reports.figures.months import counted_spans, span, spans

# `not_applicable`: there is nothing that it is about; the message says why.
CheckStatus = Literal["pass", "warn", "fail", "error", "skipped", "not_applicable"]
GOOD_STATUSES: frozenset[CheckStatus] = frozenset({"pass", "warn", "not_applicable"})
ProblemKind = Literal[
    DayProblem,
    "boundary_not_compared",
    "check_failed",
    "check_not_run",
    "check_warned",
    "build_missing",
    "build_stale",
]


class EvidenceError(ReportsError):
    """`build.json` doesn't hold the evidence of a build; the message says what is wrong with it."""


@dataclass(frozen=True)
class DayState:
    """One system and day that the month needs."""

    system: str
    system_name: str
    day: date
    verdict: DayVerdict
    detail: str  # the reason for a bad verdict
    checks: Mapping[str, str]  # by rule name `passed`, `failed` or `warned`, as recorded when the extract was landed


FailingRow = Mapping[str, str | int | None]  # by the columns of a check's query


@dataclass(frozen=True)
class BuildCheck:
    """One check of the warehouse and how it went; `failures` counts offending rows, if it ran."""

    name: str
    model: str
    severity: Severity
    status: CheckStatus
    failures: int | None
    message: str
    rows: tuple[FailingRow, ...] = ()  # the first of the offending rows

    @property
    def found(self) -> str:
        """How many rows offend, and what dbt said of it where no row is kept that shows it."""
        count = f" with {self.failures} failing row{'s' if self.failures != 1 else ''}" if self.failures else ""
        said = " ".join(self.message.split())
        return f"{count}: {said}" if said and not self.rows else count

    def row_lines(self, most: int | None = None) -> tuple[str, ...]:
        """The offending rows that were kept, or as many of them, a line for each, and how many more there are."""
        shown = self.rows[:most]
        more = (self.failures or 0) - len(shown)
        return (*map(row_line, shown), *([f"and {more} more"] if shown and more > 0 else []))


# What a person calls the columns by which rows are found.
_COLUMNS = {"stat_date": "day", "hall_code": "site", "department_code": "department", "item_code": "item"}


def row_line(row: FailingRow) -> str:
    """A row of a check's query in words; what it has no value of isn't named."""
    named = ((_COLUMNS.get(column, column).replace("_", " "), value) for column, value in row.items())
    return ", ".join(f"{name} {value}" for name, value in named if value is not None)


@dataclass(frozen=True)
class BuildEvidence:
    """What a build of the month left behind, kept beside the facts as `build.json`."""

    month: str
    fingerprint: str  # of the extracts that were built from
    built_at: str
    run_id: str
    checks: tuple[BuildCheck, ...]
    # Builds of 0.1 named none: what they published can't be told from what was changed since, and is built again.
    files: Mapping[str, str] = field(default_factory=dict)  # the published facts, path → SHA-256
    engine: str = ""  # what built it, with its version; builds before there were two name none

    def to_json(self) -> str:
        """The same evidence always gives the same text, which ends with the SHA-256 of the rest."""
        document = asdict(self)
        if not self.engine:
            del document["engine"]
        for check in document["checks"]:
            if not check["rows"]:
                del check["rows"]  # as builds wrote it that kept none
        digest = hashlib.sha256(json.dumps(document, ensure_ascii=False).encode()).hexdigest()
        return json.dumps({**document, "sha256": digest}, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> BuildEvidence:
        """Read what `to_json` wrote; EvidenceError if the text is no such JSON, or was changed since."""
        from pydantic import TypeAdapter, ValidationError

        try:
            evidence = TypeAdapter(cls).validate_json(text, strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "(whole file)"
            raise EvidenceError(f"build.json: {field}: {first['msg']}") from error
        if evidence.files and evidence.to_json() != text:
            raise EvidenceError("build.json: it was changed since the build wrote it")
        return evidence


@dataclass(frozen=True)
class Expected:
    """What must be in and must have passed."""

    month: str
    systems: Mapping[str, str]  # names by code
    asked: Collection[tuple[str, date]]  # the systems and days of the month that must be accounted for
    day_rules: frozenset[str]  # the rules that every answered day must have passed
    build_checks: frozenset[str]  # the checks that the build must have passed
    fingerprint: str  # of the extracts that are current now
    facts: Mapping[str, str]  # the published files as they lie now, path → SHA-256
    not_compared: tuple[DayState, ...] = ()  # days that the month's first stocks are held against, and can't be had


@dataclass(frozen=True)
class Problem:
    """A reason why the month may not be printed (or, of kind `check_warned`, something to look at)."""

    kind: ProblemKind
    subject: str  # system and days, or the check
    message: str  # one line
    next_step: str  # the command to run
    rows: tuple[str, ...] = ()  # what a check found, a line for each row
    days: tuple[date, ...] = ()  # those that it is about, if it is about days of one system

    def __str__(self) -> str:
        return f"{self.message}; next: {self.next_step}"

    @property
    def is_gap(self) -> bool:
        """Whether days aren't in: what asks for the whole month mends it too, the day before its first included."""
        return self.next_step.startswith("yuebao pull ")


@dataclass(frozen=True)
class Remedy:
    """One command, and the problems that it is for."""

    command: str
    problems: tuple[Problem, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The problems with their rows and the command, as a list shows them: of one problem, on its line."""
        if len(self.problems) > 1:
            return (*self.told, f"    next: {self.command}")
        first, *rows = self.told
        return (f"{first}; next: {self.command}", *rows)

    @property
    def told(self) -> tuple[str, ...]:
        """The problems with their rows, without the command."""
        told = ([f"  {each.message}", *(f"    {row}" for row in each.rows)] for each in self.problems)
        return tuple(line for lines in told for line in lines)


def remedies(problems: Iterable[Problem], whole: str = "") -> list[Remedy]:
    """What to do, each command once, in the order of its first problem.

    Several gaps have the one command `whole`, if there is one for the whole month; else one pull of all their days.
    """
    listed = list(problems)
    gaps = [problem for problem in listed if problem.is_gap]
    if len(gaps) > 1:
        whole = whole or f"yuebao pull {span(sorted(day for gap in gaps for day in gap.days))}"
    by_command: dict[str, list[Problem]] = {}
    for problem in listed:
        command = whole if problem.is_gap and len(gaps) > 1 else problem.next_step
        by_command.setdefault(command, []).append(problem)
    return [Remedy(command, tuple(its)) for command, its in by_command.items()]


@dataclass(frozen=True)
class _DayFault:
    """What is wrong with a day, in words that are the same for every day that it is wrong with."""

    kind: ProblemKind
    text: str


def assess(days: Sequence[DayState], evidence: BuildEvidence | None, expected: Expected) -> list[Problem]:
    """Say everything that keeps the month from being printed.

    A day that isn't in `days` is missing. A closed day needs a declaration of its own, but no checks. A check that
    nobody expects counts only if it failed.

    Args:
        days: The verdict on each system and day; further days than the month's are judged alike.
        evidence: What the build left, or None if there is none.
        expected: What must be there.

    Returns:
        Problems of days (those of a system with the same cause in one), of the boundary, then of the build. Empty: it
        may be printed.

    Raises:
        ValueError: `expected` lists no system and day, day rule or build check, so that nothing would be judged; or a
            system and day is given twice.
    """
    for name in ("asked", "day_rules", "build_checks"):
        if not getattr(expected, name):
            raise ValueError(f"expected.{name} is empty: a month of which nothing is asked can't be judged")
    every_day = _with_absent_days(days, expected)
    return [*day_problems(every_day, expected), *boundary_problems(expected), *build_problems(evidence, expected)]


def boundary_problems(expected: Expected) -> list[Problem]:
    """The days before the month that nothing could be compared with."""
    return _grouped(
        expected.not_compared,
        lambda state: [_DayFault("boundary_not_compared", f"{_verdict(state)}: boundary not compared")],
        _pull,
    )


def day_problems(days: Iterable[DayState], expected: Expected) -> list[Problem]:
    """What is wrong with these days alone; one that isn't given isn't missed."""
    return _grouped(days, lambda state: _day_faults(state, expected), _pull)


_NEXT_STEPS = {rule.name: " ".join(rule.next_step.split()) for rule in RULES}
_LOOK = "look at what it names; nothing is held back because of it"


def warnings(days: Sequence[DayState], evidence: BuildEvidence | None) -> list[Problem]:
    """The checks that warned: worth a look, but they don't keep the month from being printed."""
    of_days = _warned_days(days)
    if evidence is None:
        return of_days
    warned = [check for check in evidence.checks if check.status == "warn"]
    return [*of_days, *(_check_problem("check_warned", check, _LOOK) for check in warned)]


def _with_absent_days(days: Sequence[DayState], expected: Expected) -> list[DayState]:
    states = {(state.system, state.day): state for state in days}
    if len(states) < len(days):
        raise ValueError("days: a system and day is given twice")
    for system, day in expected.asked:
        absent = DayState(system, expected.systems[system], day, verdict="missing", detail="", checks={})
        states.setdefault((system, day), absent)
    return list(states.values())


def _day_faults(state: DayState, expected: Expected) -> Iterator[_DayFault]:
    meaning = VERDICTS[state.verdict]
    if meaning.problem:
        yield _DayFault(meaning.problem, _verdict(state))
    if not meaning.is_in:
        return
    for rule in sorted(state.checks):
        if state.checks[rule] == "failed":
            yield _DayFault("check_failed", f"check {rule} failed")
    if state.verdict in {"answered", "declared_zero"}:
        for rule in sorted(expected.day_rules):
            if state.checks.get(rule) not in {"passed", "warned", "failed", "not_applicable"}:
                yield _DayFault("check_not_run", f"check {rule} was not run")


def _verdict(state: DayState) -> str:
    return ": ".join(filter(None, [VERDICTS[state.verdict].text, " ".join(state.detail.split())]))


def _warned_days(days: Iterable[DayState]) -> list[Problem]:
    """One problem for each system and rule with all its days, the worst first."""
    by_rule: dict[tuple[str, str, str], list[date]] = {}
    for state in days:
        for rule in (rule for rule, outcome in state.checks.items() if outcome == "warned"):
            by_rule.setdefault((state.system, state.system_name, rule), []).append(state.day)
    return [_warned(*key, by_rule[key]) for key in worst_first(by_rule, lambda key: key[0])]


_Warned = TypeVar("_Warned", bound=Hashable)


def worst_first(days: Mapping[_Warned, Sequence[date]], system: Callable[[_Warned], str]) -> list[_Warned]:
    """What warned on which days, by its system: the system with the most such days first, and of it the most."""
    by_system = Counter(system(warned) for warned in days for _ in days[warned])
    return sorted(days, key=lambda each: (-by_system[system(each)], system(each), -len(days[each]), str(each)))


def _warned(system: str, system_name: str, rule: str, days: list[date]) -> Problem:
    message = f"{system} {system_name}: {counted_spans(days)} check {rule} warned"
    return Problem("check_warned", f"{system} {rule}", message, _NEXT_STEPS.get(rule, _LOOK), days=tuple(days))


def _grouped(
    days: Iterable[DayState],
    faults: Callable[[DayState], Iterable[_DayFault]],
    next_step: Callable[[str, Sequence[date]], str],
) -> list[Problem]:
    """One problem for all days of a system that have the same fault, in the words of the last."""
    groups: dict[Hashable, list[tuple[DayState, _DayFault]]] = {}
    for state in sorted(days, key=lambda state: (state.system, state.day)):
        for fault in faults(state):
            alike = likeness(fault.text, state.day, silent=fault.kind == "missing_day")
            groups.setdefault((state.system, fault.kind, alike), []).append((state, fault))
    return [_of_days(group, next_step) for group in groups.values()]


def _of_days(group: Sequence[tuple[DayState, _DayFault]], next_step: Callable[[str, Sequence[date]], str]) -> Problem:
    (state, fault), days = group[-1], tuple(state.day for state, _ in group)
    message = f"{state.system} {state.system_name}: {counted_spans(days)} {fault.text}"
    return Problem(fault.kind, f"{state.system} {spans(days)}", message, next_step(state.system, days), days=days)


def build_problems(evidence: BuildEvidence | None, expected: Expected) -> Iterator[Problem]:
    """What is wrong with the month's build alone."""
    month, count = expected.month, len(expected.build_checks)
    again = f"yuebao report {month}"
    if evidence is None:
        message = f"{month} was not built, or its build.json can't be read, so none of its {count} checks counts"
        yield Problem("build_missing", month, message, again)
        return
    if (evidence.month, evidence.fingerprint) != (month, expected.fingerprint):
        message = (
            f"the build of {month} is stale, and its {count} checks with it: it is of {evidence.month} with "
            f"fingerprint {evidence.fingerprint[:12]}, the current extracts have {expected.fingerprint[:12]}"
        )
        yield Problem("build_stale", month, message, again)
        return
    for check in sorted(evidence.checks, key=lambda check: check.name):
        if check.status == "fail":
            yield _check_problem("check_failed", check, _status(month))
        elif check.status not in GOOD_STATUSES and (check.status == "error" or check.name in expected.build_checks):
            yield _check_problem("check_not_run", check, again)
    for name in sorted(expected.build_checks - {check.name for check in evidence.checks}):
        yield Problem("check_not_run", name, f"check {name} was not run in the build of {month}", again)
    # A build that failed published nothing: what lies there is an earlier one's.
    published = not any(check.status in {"fail", "error"} for check in evidence.checks)
    changed = sorted({name for name, _ in evidence.files.items() ^ expected.facts.items()}) if published else []
    if published and not expected.facts:
        changed = changed or ["every file"]
    if changed:
        message = f"the facts of {month} aren't what its build published: {changed[0]} was changed, added or taken away"
        yield Problem("build_stale", month, message, again)


_OUTCOMES: Mapping[CheckStatus, str] = {
    "warn": "warned",
    "fail": "failed",
    "error": "could not be run",
    "skipped": "was skipped",
}


def _check_problem(kind: ProblemKind, check: BuildCheck, next_step: str) -> Problem:
    message = f"check {check.name} on {check.model} {_OUTCOMES[check.status]}{check.found}"
    return Problem(kind, check.name, message, next_step, check.row_lines())


def _pull(system: str, days: Sequence[date]) -> str:
    return f"yuebao pull {span(days)} --system {system}"


def _status(month: str) -> str:
    return f"yuebao status {month}"
