"""From answers to extracts: judge what one system said of a range of days, land what is good, quarantine the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any, Literal

from orchestration.asking import Outcome
from orchestration.catalogue import vocabulary
from orchestration.hall_systems.contract import CONTRACT, Answer, NothingForDay
from orchestration.landing import Counted, Extract, Landing, LandingError, Provenance, State
from orchestration.progress import tell_item
from orchestration.quarantine import Quarantine, Refusal
from orchestration.settings import Hall
from orchestration.working_days import WorkingDays

if TYPE_CHECKING:
    import pandas as pd

    from expectations.validation import Finding, Validation

_WEEKS_BACK = 4
_SHOWN = 3


@dataclass(frozen=True)
class DayResult:
    """What became of one day.

    Attributes:
        message: one readable line where it was refused, else empty.
        judged: whether the suite had to judge it now.
    """

    day: dt.date
    outcome: Literal["landed", "unchanged", "refused"]
    extract: Extract | None = None
    message: str = ""
    judged: bool = False


@dataclass(frozen=True)
class PullResult:
    """What became of every day asked, and what the suite found in the days that it had to judge."""

    system: str
    days: tuple[DayResult, ...]
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> tuple[DayResult, ...]:
        """The days that didn't land."""
        return tuple(result for result in self.days if result.outcome == "refused")


@dataclass(frozen=True)
class Judge:
    """Everything that one system's answers are judged and kept by."""

    hall: Hall
    system: str
    calendar: WorkingDays
    landing: Landing
    quarantine: Quarantine
    provenance: Provenance
    docs: Path | None = None

    def is_open(self, day: dt.date) -> bool:
        """Whether the system counts on that day."""
        return self.hall.systems[self.system].opens == "every_day" or self.calendar.describe(day).is_working_day

    def settle(self, outcomes: Iterable[tuple[dt.date, Outcome]]) -> PullResult:
        """Land or refuse every day; a day's fault never holds another day."""
        settled: dict[dt.date, DayResult] = {}
        to_check: dict[dt.date, Answer] = {}
        for day, outcome in outcomes:
            tell_item("%s %s answered", self.system, day)
            early = self._settle_without_suite(day, outcome)
            if early:
                settled[day] = early
            elif isinstance(outcome, Answer):
                to_check[day] = outcome
        findings: tuple[Finding, ...] = ()
        if to_check:
            tell_item("%s: judging %d days", self.system, len(to_check))
            validation, frame = self._validate(to_check)
            findings = validation.findings
            settled |= {
                day: replace(self._settle_checked(answer, validation, frame), judged=True)
                for day, answer in to_check.items()
            }
        return PullResult(self.system, tuple(settled[day] for day in sorted(settled)), findings)

    def _settle_without_suite(self, day: dt.date, outcome: Outcome) -> DayResult | None:
        try:
            current = self.landing.current(self.system, day)
        except LandingError as error:
            return self._refuse(day, str(error), "mend the landing as said, then pull the day again", answered=False)
        if not self.is_open(day) and _has_nothing(outcome):
            return self._land(Counted(self.system, day, "closed", (), {}, "declared by the calendar", {}))
        if not isinstance(outcome, Answer):
            return self._refuse(day, outcome.problem, outcome.next_step, answered=outcome.answered)
        problem = self._wrong_presence(day, outcome) or _blank_total(outcome)
        if problem:
            return self._refuse(day, *problem, answered=True)
        if current and self._confirms(current, outcome, "answered"):
            self.quarantine.resolve(self.system, day)
            return DayResult(day, "unchanged", current)
        return None

    def _wrong_presence(self, day: dt.date, answer: Answer) -> tuple[str, str] | None:
        if self.is_open(day) and not answer.rows:
            return (
                "the answer has no rows, and missing is not zero",
                "ask the system's keeper; if the hall was closed, add the day to calendar_overrides.csv",
            )
        if not self.is_open(day):
            reason = self.calendar.describe(day).reason
            return (
                f"{answer.source} holds counts for a day that the calendar declares closed ({reason})",
                "if the hall was open, add the day to calendar_overrides.csv; if not, ask the system's keeper",
            )
        return None

    def _confirms(self, current: Extract, answer: Answer, state: State) -> bool:
        # The declared totals too: an answer that contradicts itself now has to be judged, whatever its rows.
        return current.declared == answer.declared and self.landing.confirms(
            current, answer.rows, state, self.provenance.suite_version
        )

    def _validate(self, answers: Mapping[dt.date, Answer]) -> tuple[Validation, pd.DataFrame]:
        import pandas as pd

        from expectations.validation import mask_personal, validate

        columns = ["asked_date", *CONTRACT, "origin"]
        counts = pd.DataFrame(
            [{"asked_date": day, **row} for day, answer in answers.items() for row in answer.rows],
            columns=columns,
            dtype=object,
        )
        totals = pd.DataFrame(
            self._totals(answers), columns=["asked_date", "measure", "counted", "declared", "usual"], dtype=object
        )
        validation = validate(counts, totals, vocabulary(self.hall.systems[self.system].measures))
        if self.docs:
            validation.build_docs(self.docs / self.system)
        return validation, mask_personal(counts)

    def _totals(self, answers: Mapping[dt.date, Answer]) -> list[dict[str, Any]]:
        sums = {day: _sums(answer.rows) for day, answer in answers.items()}
        return [
            {
                "asked_date": day,
                "measure": measure,
                "counted": sums[day].get(measure, 0),
                "declared": answer.declared.get(measure),
                "usual": self._usual(day, measure, sums),
            }
            for day, answer in answers.items()
            for measure in self.hall.systems[self.system].measures
        ]

    def _usual(self, day: dt.date, measure: str, fresh: Mapping[dt.date, Mapping[str, int | None]]) -> int | None:
        """The median of the same weekday in the weeks before, where it was worked alike."""
        known = []
        for earlier in (day - dt.timedelta(weeks=back) for back in range(1, _WEEKS_BACK + 1)):
            if earlier < self.hall.first_day or self._differs(day, earlier):
                continue
            sums = fresh.get(earlier) or self._landed_sums(earlier)
            if (total := sums.get(measure)) is not None:
                known.append(total)
        return median_low(known) if known else None

    def _landed_sums(self, day: dt.date) -> Mapping[str, int]:
        try:
            landed = self.landing.current(self.system, day)
        except LandingError:
            # Named when that day itself is pulled or printed; here it's only a comparison that is lost.
            return {}
        return landed.sums if landed else {}

    def _differs(self, day: dt.date, earlier: dt.date) -> bool:
        return self.calendar.describe(day).is_working_day != self.calendar.describe(earlier).is_working_day

    def _settle_checked(self, answer: Answer, validation: Validation, masked: pd.DataFrame) -> DayResult:
        day = answer.asked_date
        failures = validation.failures_on(day)
        if failures:
            problem = "; ".join(_complaint(finding, day) for finding in failures)
            next_step = failures[0].rule.next_step.removesuffix(".")
            rows = masked[masked["asked_date"] == day].drop(columns="asked_date")
            return self._refuse(day, problem, next_step, answered=True, rows=rows.to_dict("records"))
        return self._land(
            Counted(
                self.system, day, "answered", answer.rows, answer.declared, answer.source, validation.outcome_on(day)
            )
        )

    def _land(self, counted: Counted) -> DayResult:
        before = self.landing.current(self.system, counted.day)
        extract = self.landing.land(counted, self.provenance)
        self.quarantine.resolve(self.system, counted.day)
        return DayResult(counted.day, "unchanged" if extract == before else "landed", extract)

    def _refuse(
        self, day: dt.date, problem: str, next_step: str, *, answered: bool, rows: Sequence[dict[Any, Any]] = ()
    ) -> DayResult:
        from expectations.personal import mask_text

        title = self.hall.systems[self.system].title
        # A fault may quote the answer, or a file's name.
        reason = mask_text(f"{self.system} {title}, hall {self.hall.code}, {day}: {problem}. Next: {next_step}.")
        now = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
        self.quarantine.keep(
            Refusal(self.system, day.isoformat(), reason, now, self.provenance.run_id, answered, list(rows))
        )
        return DayResult(day, "refused", message=reason)


def _complaint(finding: Finding, day: dt.date) -> str:
    samples = [sample for sample in finding.samples if sample.startswith(day.isoformat())] or [finding.rule.description]
    more = finding.failing_count - len(samples[:_SHOWN])
    return f"{finding.rule.name}: {', '.join(samples[:_SHOWN])}{f' and {more} more' if more > 0 else ''}"


def _has_nothing(outcome: Outcome) -> bool:
    if isinstance(outcome, Answer):
        return not outcome.rows and not any(outcome.declared.values())
    return isinstance(outcome, NothingForDay)


def _blank_total(answer: Answer) -> tuple[str, str] | None:
    blank = [measure for measure, total in answer.declared.items() if total is None]
    if not blank:
        return None
    return (
        f"{answer.source} leaves its own total of {', '.join(blank)} blank, and nothing else vouches for the rows",
        "ask the system's keeper for the total (a workbook with formulas holds it once Excel has saved it)",
    )


def _sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, int | None]:
    """Totals by measure; None where a count is no whole number, so that nothing is compared with half a sum."""
    sums: dict[str, int | None] = {}
    for row in rows:
        measure, count = row.get("measure"), row.get("count")
        if not isinstance(measure, str):
            continue
        before = sums.get(measure, 0)
        if before is None or not isinstance(count, int) or isinstance(count, bool):
            sums[measure] = None
        else:
            sums[measure] = before + count
    return sums
