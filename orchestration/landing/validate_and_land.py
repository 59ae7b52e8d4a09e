"""From answers to extracts: judge what one system said of a range of days, land what is good, quarantine the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any, Literal

from expectations.volumes import Volume, volumes
from orchestration.config.catalogue import vocabulary
from orchestration.config.hall import Hall
from orchestration.config.working_days import WorkingDays
from orchestration.landing.day_status import is_expected
from orchestration.landing.manifest import (
    Counted,
    Extract,
    Landing,
    LandingError,
    Provenance,
    SiteCounts,
    content_digest,
)
from orchestration.landing.quarantine import Quarantine, Refusal
from orchestration.landing.validator import VALIDATOR
from orchestration.runtime.progress import tell_item
from orchestration.runtime.secrets import redact
from orchestration.sources.contract import (
    CONTRACT,
    Answer,
    FaultTable,
    NothingForDay,
    Outcome,
    PermanentFault,
    SourceFault,
)

if TYPE_CHECKING:
    import pandas as pd

    from expectations.validation import Finding, Validation

_WEEKS_BACK = 4
_SHOWN = 3

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
    """Why one site's answer doesn't land, and its rows where the suite refused them."""

    fault: SourceFault
    rows: Sequence[dict[Any, Any]] = ()


@dataclass(frozen=True)
class _Confirmed:
    """One site's answer says what is in already."""


_CONFIRMED = _Confirmed()
_Verdict = SiteCounts | _Confirmed | _Refused
_Key = tuple[dt.date, str]


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

    def is_open(self, day: dt.date) -> bool:
        """Whether the system counts on that day."""
        return is_expected(self.hall, self.calendar, self.system, day)

    def settle(self, outcomes: Iterable[tuple[dt.date, Mapping[str, Outcome]]]) -> PullResult:
        """Land or refuse every site of every day; a fault of one never holds another."""
        settled: dict[dt.date, dict[str, _Verdict]] = {}
        to_check: dict[_Key, Answer] = {}
        for day, replies in outcomes:
            tell_item("%s %s answered", self.system, day)
            current, settled[day] = self._current(day), {}
            for site, outcome in replies.items():
                early = self._settle_without_suite(day, site, outcome, current)
                if early:
                    settled[day][site] = early
                elif isinstance(outcome, Answer):
                    to_check[day, site] = outcome
        findings: tuple[Finding, ...] = ()
        totals = self._totals(to_check)
        judged = {day for day, _ in to_check}
        if to_check:
            tell_item("%s: judging %d days", self.system, len(judged))
            validation, masked = self._validate(to_check, totals)
            findings = validation.findings
            for (day, site), answer in to_check.items():
                settled[day][site] = _checked(day, site, answer, validation, masked)
        days = (self._conclude(day, settled[day], judged=day in judged) for day in sorted(settled))
        return PullResult(self.system, tuple(days), findings, volumes(totals))

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
        if not self.is_open(day) and _has_nothing(outcome):
            return SiteCounts((), {}, "declared by the calendar", {})
        if isinstance(outcome, SourceFault):
            return _Refused(outcome)
        if problem := self._problem(day, outcome):
            return _Refused(problem)
        return _CONFIRMED if current and self._confirms(current, site, outcome) else None

    def _problem(self, day: dt.date, answer: Answer) -> SourceFault | None:
        if not self.is_open(day):
            reason = self.calendar.describe(day).reason
            return fault("counts_on_closed_day", source=answer.source, reason=reason)
        if not answer.rows:
            return fault("no_rows")
        blank = [measure for measure, total in answer.declared.items() if total is None]
        return fault("blank_total", source=answer.source, measures=", ".join(blank)) if blank else None

    def _confirms(self, current: Extract, site: str, answer: Answer) -> bool:
        # The declared totals too: an answer that contradicts itself now has to be judged, whatever its rows.
        held = current.sites.get(site)
        return (
            held is not None
            and current.state == "answered"
            and current.suite_version == self.provenance.suite_version
            and held.declared == answer.declared
            and held.content_sha256 == content_digest(answer.rows)
        )

    def _validate(
        self, answers: Mapping[_Key, Answer], totals: Sequence[Mapping[str, Any]]
    ) -> tuple[Validation, Callable[[], pd.DataFrame]]:
        """What the suite says, and the counts with personal patterns masked, for whoever has to keep some."""
        import pandas as pd

        from expectations.validation import mask_personal, validate

        rows = [row for answer in answers.values() for row in answer.rows]
        asked = [key for key, answer in answers.items() for _ in answer.rows]
        counts = pd.DataFrame(
            {
                "asked_date": [day for day, _ in asked],
                "asked_hall": [site for _, site in asked],
                **{name: [row[name] for row in rows] for name in (*CONTRACT, "origin")},
            },
            dtype=object,
        )
        summed = pd.DataFrame(totals, dtype=object)
        measures = self.hall.systems[self.system].measures
        validation = validate(counts, summed, vocabulary(measures), VALIDATOR.call)
        if self.docs:
            validation.build_docs(self.docs / self.system)
        return validation, cache(lambda: mask_personal(counts))

    def _totals(self, answers: Mapping[_Key, Answer]) -> list[dict[str, Any]]:
        sums = {key: _sums(answer.rows) for key, answer in answers.items()}
        history = _History(self.landing, self.system, sums)
        return [
            {
                "asked_date": day,
                "asked_hall": site,
                "measure": measure,
                "counted": sums[day, site].get(measure, 0),
                "declared": answer.declared.get(measure),
                "usual": history.usual(self._alike(day), site, measure),
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

    def _conclude(self, day: dt.date, verdicts: Mapping[str, _Verdict], *, judged: bool) -> DayResult:
        refused = {site: verdict for site, verdict in verdicts.items() if isinstance(verdict, _Refused)}
        good = {site: verdict for site, verdict in verdicts.items() if isinstance(verdict, SiteCounts)}
        for site, why in refused.items():
            self._keep(day, site, why)
        messages = tuple(self._message(day, sites, why) for why, sites in _by_reason(refused))
        if len(refused) == len(verdicts):
            return DayResult(day, "refused", judged, messages=messages)
        before = self.landing.current(self.system, day)
        extract = self.landing.land(self._counted(day, good), self.provenance) if good else before
        for site in verdicts.keys() - refused.keys():
            self.quarantine.resolve(self.system, day, site)
        outcome: Literal["landed", "unchanged"] = "unchanged" if extract == before else "landed"
        return DayResult(day, outcome, judged, extract, messages)

    def _counted(self, day: dt.date, good: Mapping[str, SiteCounts]) -> Counted:
        return Counted(self.system, day, "answered" if self.is_open(day) else "closed", good)

    def _keep(self, day: dt.date, site: str, why: _Refused) -> None:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
        reason = self._message(day, [site], why)
        answered, rows = why.fault.answered, list(why.rows)
        self.quarantine.keep(
            Refusal(self.system, day.isoformat(), site, reason, now, self.provenance.run_id, answered, rows)
        )

    def _message(self, day: dt.date, sites: Sequence[str], why: _Refused) -> str:
        from expectations.personal import mask_text

        title = self.hall.systems[self.system].title
        asked = f"hall {sites[0]}" if len(sites) == 1 else f"halls {', '.join(sites)}"
        # A fault may quote the answer, a file's name, or what the server was told.
        said = f"{why.fault.problem}. Next: {why.fault.next_step}."
        return redact(mask_text(f"{self.system} {title}, {asked}, {day}: {said}"))


class _History:
    """What a system counted on days before, by site: in the answers at hand, or in what is landed."""

    def __init__(self, landing: Landing, system: str, fresh: Mapping[_Key, Mapping[str, int | None]]) -> None:
        self._landing = landing
        self._system = system
        self._fresh = fresh
        self._landed: dict[dt.date, Extract | None] = {}

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
            return self._landing.current(self._system, day)
        except LandingError:
            # Named when that day itself is pulled or printed; here it's only a comparison that is lost.
            return None


def _checked(
    day: dt.date, site: str, answer: Answer, validation: Validation, masked: Callable[[], pd.DataFrame]
) -> _Verdict:
    failures = validation.failures_on(day, site)
    if not failures:
        return SiteCounts(answer.rows, answer.declared, redact(answer.source), validation.outcome_on(day, site))
    complaints = "; ".join(_complaint(finding, day) for finding in failures)
    next_step = failures[0].rule.next_step.removesuffix(".")
    counts = masked()
    rows = counts[(counts["asked_date"] == day) & (counts["asked_hall"] == site)]
    return _Refused(
        PermanentFault(complaints, next_step), rows.drop(columns=["asked_date", "asked_hall"]).to_dict("records")
    )


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
        return not outcome.rows and not any(outcome.declared.values())
    return isinstance(outcome, NothingForDay)


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
