"""From answers to extracts: judge what one system said of a range of days, land what is good, quarantine the rest.

It brings PyArrow along, and is imported where a pull begins: Dagster's definitions load without. What judges brings
pandas and Great Expectations, into a process of its own.
"""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median_low
from typing import Any, Literal, TypeVar

from expectations.findings import merged
from expectations.personal import mask_text
from expectations.validation import Finding, Validation, Vocabulary, validate_answers
from expectations.volumes import Volume, volumes
from orchestration.config.catalogue import (
    SITES,
    distinct_measures,
    evidence_version,
    members,
    validity_of,
    vocabulary,
    working_days,
)
from orchestration.config.hall import Hall
from orchestration.config.working_days import CalendarDay, WorkingDays
from orchestration.landing.asked_counts import AnswerKey, AskedCounts, asked_counts
from orchestration.landing.day_status import is_expected, opening
from orchestration.landing.judgement import Judgement, Judgements
from orchestration.landing.manifest import (
    Counted,
    Extract,
    Landing,
    LandingError,
    Provenance,
    SiteCounts,
    worst_outcomes,
)
from orchestration.landing.parquet import content_digest
from orchestration.landing.quarantine import Quarantine, Refusal
from orchestration.landing.validator import VALIDATOR
from orchestration.runtime.paths import Home
from orchestration.runtime.program import code_version
from orchestration.runtime.progress import tell_item
from orchestration.runtime.secrets import redact
from orchestration.sources.contract import Answer, FaultTable, NothingForDay, Outcome, PermanentFault, SourceFault
from orchestration.sources.daily_counts import no_counts

# By table of codes: the column of counts that holds them.
_COLUMNS_OF_MEMBERS = {"departments": "department_code", SITES: "hall_code", "measures": "measure"}
_WEEKS_BACK = 4
_SHOWN = 3
_ROWS_AT_ONCE = 500_000
T = TypeVar("T")
_DayOutcomes = tuple[dt.date, Mapping[str, Outcome]]

fault = FaultTable(__file__)


@dataclass(frozen=True)
class DayResult:
    """What became of one day.

    Attributes:
        outcome: "refused" where nothing of the day is in; some of many sites may be refused on any day.
        judged: whether the suite had to judge any of it now.
        messages: one readable line for each reason why sites were refused.
    """

    day: dt.date
    outcome: Literal["landed", "unchanged", "refused"]
    judged: bool
    extract: Extract | None = None
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class PullResult:
    """What became of every day asked, and what the suite found in the days that it had to judge, and their volumes."""

    system: str
    days: tuple[DayResult, ...]
    findings: tuple[Finding, ...]
    volumes: tuple[Volume, ...] = ()

    @property
    def refused(self) -> tuple[DayResult, ...]:
        """The days of which something didn't land."""
        return tuple(result for result in self.days if result.messages)


@dataclass(frozen=True)
class _Refused:
    """Why one site's answer doesn't land, and its rows, masked, where the suite refused them."""

    fault: SourceFault
    rows: Sequence[dict[Any, Any]] = ()


@dataclass(frozen=True)
class _Confirmed:
    """One site's answer says what is in already."""


_CONFIRMED = _Confirmed()
_Verdict = SiteCounts | _Confirmed | _Refused


@dataclass(frozen=True)
class DayValidation:
    """Everything that one system's answers are judged and kept by."""

    hall: Hall
    system: str
    calendar: WorkingDays
    landing: Landing
    quarantine: Quarantine
    provenance: Provenance
    docs: Path | None = None

    def opening(self, day: dt.date, site: str) -> CalendarDay:
        """Whether the system counts at a site on that day, and why."""
        return opening(self.hall, self.calendar, self.system, day, site)

    def settle(self, outcomes: Iterable[tuple[dt.date, Mapping[str, Outcome]]]) -> PullResult:
        """Land or refuse every site of every day; a fault of one never holds another.

        Days are judged together, as many as memory should hold: a run of the suite costs the same for all of them.
        """
        self._judgements.keep_words(self.provenance.suite_version, self._vocabulary)
        history = _History(self.landing, self.system, self._vocabulary.scales)
        parts = [self._settle_days(days, history) for days in _in_portions(self._answered(outcomes), _rows_of)]
        return PullResult(
            self.system,
            tuple(sorted((day for part in parts for day in part.days), key=lambda result: result.day)),
            merged([part.findings for part in parts if part.findings]),
            tuple(volume for part in parts for volume in part.volumes),
        )

    def judge_again(self, days: Iterable[dt.date]) -> list[Judgement]:
        """Judge what is landed of these days and was last judged by other rules or words; no source is asked.

        An extract whose entry or file isn't what was landed is left to whoever looks at it.
        """
        self._judgements.keep_words(self.provenance.suite_version, self._vocabulary)
        due = [extract for day in sorted(days) if (extract := self._due_again(day))]
        history = _History(self.landing, self.system, self._vocabulary.scales)
        judged: list[Judgement] = []
        for extracts in _in_portions(due, lambda extract: extract.row_count):
            tell_item("%s: judging %d landed days again", self.system, len(extracts))
            judged += self._judge(extracts, history)
        return judged

    def judge_all_again(self) -> None:
        """As `judge_again`, of all that is landed: once for each version of rules and words, for it reads all."""
        version = self.provenance.suite_version
        if not self._judgements.all_are_judged(self.system, version):
            self.judge_again(self.landing.days(self.system))
            self._judgements.mark_all_judged(self.system, version)

    def _due_again(self, day: dt.date) -> Extract | None:
        try:
            current = self.landing.current(self.system, day)
        except LandingError:
            return None
        if current is None or current.state != "answered" or self._judged(current):
            return None
        # What is in another unit is asked for again.
        if self._is_of_other_scales(current):
            return None
        return None if self.landing.damage(current) else current

    def _judge(self, extracts: Sequence[Extract], history: _History) -> Iterator[Judgement]:
        answers = {
            (dt.date.fromisoformat(extract.stat_date), site): Answer(
                dt.date.fromisoformat(extract.stat_date), counts, extract.sites[site].declared, extract.file
            )
            for extract in extracts
            for site, counts in self.landing.counts(extract).of_sites(list(extract.sites)).items()
        }
        asked = asked_counts(answers)
        validation = self._validate(asked, self._totals(answers, asked, history))
        for extract in extracts:
            judgement = self._judgement(extract, validation)
            self._judgements.keep(extract, judgement)
            yield judgement

    def _judgement(self, extract: Extract, validation: Validation) -> Judgement:
        day = dt.date.fromisoformat(extract.stat_date)
        failures = [(site, finding) for site in extract.sites for finding in validation.failures_on(day, site)]
        checks = worst_outcomes(validation.outcome_on(day, site) for site in extract.sites)
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        return Judgement(
            extract.sha256,
            self.provenance.suite_version,
            # What is landed stays in: that it wouldn't land today is a warning, with the reason.
            {rule: "warned" if outcome == "failed" else outcome for rule, outcome in checks.items()},
            tuple(f"hall {site} wouldn't land today: {_complaint(finding, day)}." for site, finding in failures),
            now,
            self.provenance.run_id,
            self.provenance.code_version,
        )

    def _answered(self, outcomes: Iterable[_DayOutcomes]) -> Iterator[_DayOutcomes]:
        for day, replies in outcomes:
            tell_item("%s %s answered", self.system, day)
            yield day, replies

    def _settle_days(self, days: Sequence[_DayOutcomes], history: _History) -> PullResult:
        settled: dict[dt.date, dict[str, _Verdict]] = {}
        to_check: dict[AnswerKey, Answer] = {}
        for day, replies in days:
            current, settled[day] = self._current(day), {}
            for site, outcome in replies.items():
                early = self._settle_without_suite(day, site, outcome, current)
                if early:
                    settled[day][site] = early
                elif isinstance(outcome, Answer):
                    to_check[day, site] = outcome
        findings: tuple[Finding, ...] = ()
        totals: list[dict[str, Any]] = []
        judged = {day for day, _ in to_check}
        if to_check:
            tell_item("%s: judging %d days", self.system, len(judged))
            asked = asked_counts(to_check)
            totals = self._totals(to_check, asked, history)
            validation = self._validate(asked, totals)
            findings = validation.findings
            for (day, site), answer in to_check.items():
                settled[day][site] = self._checked(day, site, answer, validation, asked)
        results = (self._conclude(day, settled[day], judged=day in judged) for day in sorted(settled))
        return PullResult(self.system, tuple(results), findings, volumes(totals, self._vocabulary.by_measure))

    def _current(self, day: dt.date) -> Extract | _Refused | None:
        try:
            current = self.landing.current(self.system, day)
        except LandingError as error:
            return _Refused(fault("unreadable_landing", reason=error))
        # One whose file isn't what was landed confirms nothing.
        return None if current and self.landing.damage(current) else current

    def _settle_without_suite(
        self, day: dt.date, site: str, outcome: Outcome, current: Extract | _Refused | None
    ) -> _Verdict | None:
        if isinstance(current, _Refused):
            return current
        if not self.opening(day, site).is_working_day and _has_nothing(outcome):
            # Where other sites are open, the override says it; a whole day off is landed as such.
            is_closed = not is_expected(self.hall, self.calendar, self.system, day)
            return SiteCounts(no_counts(), {}, "declared by the calendar", {}) if is_closed else _CONFIRMED
        if isinstance(outcome, SourceFault):
            return _Refused(outcome)
        if problem := self._problem(day, site, outcome):
            return _Refused(problem)
        return _CONFIRMED if current and self._confirms(current, site, outcome) else None

    def _problem(self, day: dt.date, site: str, answer: Answer) -> SourceFault | None:
        if problem := next(self._not_valid(day, answer), None):
            return problem
        opening = self.opening(day, site)
        if not opening.is_working_day:
            return fault("counts_on_closed_day", source=answer.source, reason=opening.reason)
        if not len(answer.counts) and not self._states_zero(answer):
            return fault("no_rows", system=self.system, site=site)
        blank = [measure for measure, total in answer.declared.items() if total is None]
        return fault("blank_total", source=answer.source, measures=", ".join(blank)) if blank else None

    def _not_valid(self, day: dt.date, answer: Answer) -> Iterator[SourceFault]:
        """What it counts though it isn't valid on the day, by the table of each code."""
        for table, column in _COLUMNS_OF_MEMBERS.items():
            ending = {code: member for code, member in members(table).items() if member.ends}
            used = answer.counts.codes_used(column) if ending else frozenset()
            for code in sorted(used & ending.keys()):
                member = ending[code]
                if not member.is_valid_on(day):
                    yield fault(
                        "not_valid",
                        source=answer.source,
                        member=member,
                        table=table,
                        validity=validity_of(table, member),
                    )

    def _states_zero(self, answer: Answer) -> bool:
        """Whether the source itself says that there was nothing to count, of all that it counts."""
        totals = [answer.declared.get(measure) for measure in self.hall.systems[self.system].measures]
        return all(type(total) is int and total == 0 for total in totals)

    def _confirms(self, current: Extract, site: str, answer: Answer) -> bool:
        # The declared totals too: an answer that contradicts itself now has to be judged, whatever its rows.
        held = current.sites.get(site)
        return (
            held is not None
            and current.state == "answered"
            and self._holds(current)
            and held.declared == answer.declared
            # What isn't clean was never landed.
            and not len(answer.counts.unclean_rows)
            and held.content_sha256 == content_digest(answer.counts)
        )

    def _holds(self, current: Extract) -> bool:
        """Whether what is landed would land today, by evidence that is at hand."""
        judged = self._judged(current)
        return judged is not None and not judged.would_fail and not self._is_of_other_scales(current)

    def _is_of_other_scales(self, extract: Extract) -> bool:
        return bool(extract.other_scales(self._vocabulary.scales))

    def _judged(self, extract: Extract) -> Judgement | None:
        return self._judgements.of(extract, self.provenance.suite_version, self._vocabulary)

    def _validate(self, asked: AskedCounts, totals: Sequence[Mapping[str, Any]]) -> Validation:
        docs = self.docs / self.system if self.docs else None
        return VALIDATOR.call(validate_answers, asked, totals, self._vocabulary, docs)

    @property
    def _judgements(self) -> Judgements:
        return Judgements(self.landing.root)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return vocabulary(self.hall.systems[self.system])

    def _totals(
        self, answers: Mapping[AnswerKey, Answer], asked: AskedCounts, history: _History
    ) -> list[dict[str, Any]]:
        sums = asked.sums()
        history.add(sums)
        alike, distinct = {day: self._alike(day) for day, _ in answers}, distinct_measures()
        return [
            {
                "asked_date": day,
                "asked_hall": site,
                "measure": measure,
                "counted": sums[day, site].get(measure, 0),
                "declared": answer.declared.get(measure),
                # A number since the month's first day is like no other weekday's.
                "usual": None if measure in distinct else history.usual(alike[day], site, measure),
            }
            for (day, site), answer in answers.items()
            for measure in self.hall.systems[self.system].measures
        ]

    def _alike(self, day: dt.date) -> list[dt.date]:
        """The same weekday in the weeks before, where it was worked alike."""
        earlier = (day - dt.timedelta(weeks=back) for back in range(1, _WEEKS_BACK + 1))
        return [each for each in earlier if each >= self.hall.first_day and not self._differs(day, each)]

    def _differs(self, day: dt.date, earlier: dt.date) -> bool:
        return self.calendar.describe(day).is_working_day != self.calendar.describe(earlier).is_working_day

    def _checked(self, day: dt.date, site: str, answer: Answer, validation: Validation, asked: AskedCounts) -> _Verdict:
        failures = validation.failures_on(day, site)
        if not failures:
            return SiteCounts(answer.counts, answer.declared, redact(answer.source), validation.outcome_on(day, site))
        complaints = "; ".join(_complaint(finding, day) for finding in failures)
        next_step = failures[0].rule.next_step.removesuffix(".")
        from expectations.prepared_frame import shown_rows  # pandas, which a day without faults does without

        rows = shown_rows(asked.frame_of((day, site)).drop(columns=["asked_date", "asked_hall"]), self._vocabulary)
        return _Refused(PermanentFault(complaints, next_step), rows)

    def _conclude(self, day: dt.date, verdicts: Mapping[str, _Verdict], *, judged: bool) -> DayResult:
        refused = {site: verdict for site, verdict in verdicts.items() if isinstance(verdict, _Refused)}
        good = {site: verdict for site, verdict in verdicts.items() if isinstance(verdict, SiteCounts)}
        for site, why in refused.items():
            self._keep(day, site, why)
        messages = tuple(self._message(day, sites, why) for why, sites in _by_reason(refused))
        if len(refused) == len(verdicts):
            return DayResult(day, "refused", judged, messages=messages)
        before = self.landing.current(self.system, day)
        extract = (
            self.landing.land(
                self._counted(day, good),
                self.provenance,
                lambda before: self._judged(before) is not None and not self._is_of_other_scales(before),
            )
            if good
            else before
        )
        for site in verdicts.keys() - refused.keys():
            self.quarantine.resolve(self.system, day, site)
        outcome: Literal["landed", "unchanged"] = "unchanged" if extract == before else "landed"
        if extract and not refused and self.hall.systems[self.system].repull_days:
            self.landing.confirm(self.system, day)
        return DayResult(day, outcome, judged, extract, messages)

    def _counted(self, day: dt.date, good: Mapping[str, SiteCounts]) -> Counted:
        is_open = is_expected(self.hall, self.calendar, self.system, day)
        return Counted(self.system, day, "answered" if is_open else "closed", good, self._vocabulary.scales)

    def _keep(self, day: dt.date, site: str, why: _Refused) -> None:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
        reason = self._message(day, [site], why)
        answered, rows = why.fault.answered, list(why.rows)
        self.quarantine.keep(
            Refusal(self.system, day.isoformat(), site, reason, now, self.provenance.run_id, answered, rows)
        )

    def _message(self, day: dt.date, sites: Sequence[str], why: _Refused) -> str:
        title = self.hall.systems[self.system].title
        asked = f"hall {sites[0]}" if len(sites) == 1 else f"halls {', '.join(sites)}"
        # A fault may quote the answer, a file's name, or what the server was told.
        said = f"{why.fault.problem}. Next: {why.fault.next_step}."
        return redact(mask_text(f"{self.system} {title}, {asked}, {day}: {said}"))


def judge_landed(hall: Hall, home: Home, system: str, days: Iterable[dt.date]) -> list[Judgement]:
    """See `DayValidation.judge_again`; outside of a run."""
    provenance = Provenance("", code_version(), evidence_version(hall.systems[system]))
    landing, quarantine = Landing(home.landing), Quarantine(home.quarantine)
    return DayValidation(hall, system, working_days(), landing, quarantine, provenance).judge_again(days)


class _History:
    """What a system counted on days before, by site: in the answers at hand, or in what is landed."""

    def __init__(self, landing: Landing, system: str, scales: Mapping[str, int]) -> None:
        self._landing = landing
        self._system = system
        self._scales = scales
        self._fresh: dict[AnswerKey, Mapping[str, int | None]] = {}
        self._landed: dict[dt.date, Extract | None] = {}

    def add(self, sums: Mapping[AnswerKey, Mapping[str, int | None]]) -> None:
        """What the answers at hand add up to, by measure."""
        self._fresh.update(sums)

    def usual(self, days: Iterable[dt.date], site: str, measure: str) -> int | None:
        """The median of what a site counted on these days, or None where nothing is known."""
        known = [self._sums(day, site).get(measure) for day in days]
        totals = [total for total in known if total is not None]
        return median_low(totals) if totals else None

    def _sums(self, day: dt.date, site: str) -> Mapping[str, int | None]:
        if (day, site) in self._fresh:
            return self._fresh[day, site]
        if day not in self._landed:
            self._landed[day] = self._current(day)
        landed = self._landed[day]
        return landed.sites[site].sums if landed and site in landed.sites else {}

    def _current(self, day: dt.date) -> Extract | None:
        try:
            current = self._landing.current(self._system, day)
        except LandingError:
            # Named when that day itself is pulled or printed; here it's only a comparison that is lost.
            return None
        # Nothing is compared with what is in another unit.
        return None if current and current.other_scales(self._scales) else current


def _in_portions(items: Iterable[T], rows: Callable[[T], int]) -> Iterator[list[T]]:
    """Days in portions of about `_ROWS_AT_ONCE` rows, by how many each has."""
    portion: list[T] = []
    held = 0
    for item in items:
        portion.append(item)
        held += rows(item)
        if held >= _ROWS_AT_ONCE:
            yield portion
            portion, held = [], 0
            # Exceptions inside the suite keep frames in circles of references, and these the whole portion.
            gc.collect()
    if portion:
        yield portion


def _rows_of(outcomes: _DayOutcomes) -> int:
    return sum(len(outcome.counts) for outcome in outcomes[1].values() if isinstance(outcome, Answer))


def _by_reason(refused: Mapping[str, _Refused]) -> Iterator[tuple[_Refused, list[str]]]:
    """One reason with all the sites that it holds for."""
    sites: dict[tuple[str, str], list[str]] = {}
    for site, why in refused.items():
        sites.setdefault((why.fault.problem, why.fault.next_step), []).append(site)
    for named in sites.values():
        yield refused[named[0]], named


def _complaint(finding: Finding, day: dt.date) -> str:
    samples = [sample for sample in finding.samples if sample.startswith(day.isoformat())] or [finding.rule.description]
    more = finding.failing_count - len(samples[:_SHOWN])
    return f"{finding.rule.name}: {', '.join(samples[:_SHOWN])}{f' and {more} more' if more > 0 else ''}"


def _has_nothing(outcome: Outcome) -> bool:
    if isinstance(outcome, Answer):
        return not len(outcome.counts) and not any(outcome.declared.values())
    return isinstance(outcome, NothingForDay)
