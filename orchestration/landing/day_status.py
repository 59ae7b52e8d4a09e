"""The one verdict on each system, site and day: what is in, absent, refused or damaged, by files alone.

Everybody who asks whether a day is in reads it here. What a verdict means stands in `reports.figures.day_verdict`; from
when on a missing day is late, in `automation.deadlines`.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from expectations.vocabulary import Vocabulary
from orchestration.config.catalogue import version_by, vocabulary
from orchestration.config.hall import Hall
from orchestration.config.working_days import CalendarDay, WorkingDays
from orchestration.landing.judgement import Judgement, Judgements
from orchestration.landing.manifest import Extract, Landing, LandingError
from orchestration.landing.quarantine import Quarantine, Refusal
from orchestration.runtime.paths import Home
from reports.figures.day_verdict import VERDICTS, DayVerdict, worst


@dataclass(frozen=True)
class SystemDay:
    """One system and day."""

    system: str
    day: dt.date
    expected: bool  # whether the calendar has the system open, at any site
    sites: tuple[str, ...]  # the codes of the sites that the system answers for
    suite_version: str  # of current evidence; an answer that was checked under another one is stale
    extract: Extract | None
    refusals: Mapping[str, Refusal] = field(default_factory=dict)  # by site, the newest that no good answer followed
    fault: str = ""  # why the manifest entry can't be read, or what is wrong with the extract's file
    closed_sites: frozenset[str] = frozenset()  # those that a reviewed override closes while others are open
    other_scales: str = ""  # which measures the extract holds in another unit than they have today
    judged_since: Judgement | None = None  # what holds of the extract now, where it landed under another suite
    confirmed_at: dt.datetime | None = None  # when an answer said the same last, of systems with a correction window

    @cached_property
    def verdicts(self) -> Mapping[str, DayVerdict]:
        """The verdict on each site."""
        return {site: self._verdict(site) for site in self.sites}

    @cached_property
    def verdict(self) -> DayVerdict:
        """The verdict on the whole day: that of its worst site."""
        return worst(self.verdicts.values())

    def _verdict(self, site: str) -> DayVerdict:
        refusal = self.refusals.get(site)
        if self.fault:
            return "damaged"
        if (refusal and refusal.answered) or (self.other_scales and self.extract and site in self.extract.sites):
            # A refused answer casts doubt on an earlier good one, as silence doesn't.
            return "quarantined"
        if self.extract is None or site not in self.extract.sites:
            return "closed" if site in self.closed_sites else "missing"
        if self.extract.state == "closed":
            return "wrongly_closed" if self.expected and site not in self.closed_sites else "closed"
        if self.judgement is None:
            return "stale"
        sums = self.extract.sites[site].sums
        return "declared_zero" if sums and not any(sums.values()) else "answered"

    @property
    def judgement(self) -> Judgement | None:
        """What the suite of today says of the extract; None where it has to be judged anew, or there is none."""
        extract = self.extract
        if extract and extract.suite_version == self.suite_version:
            return Judgement(extract.sha256, extract.suite_version, extract.checks)
        return self.judged_since

    @property
    def is_in(self) -> bool:
        """Whether an answer has landed of every site, and none is in doubt."""
        return VERDICTS[self.verdict].is_in

    @property
    def sites_to_ask(self) -> tuple[str, ...]:
        """The sites whose verdict blocks the month; all of them where none does."""
        blocking = tuple(site for site, verdict in self.verdicts.items() if VERDICTS[verdict].problem)
        return blocking or self.sites

    @property
    def worst_sites(self) -> tuple[str, ...]:
        """The sites whose verdict is the day's."""
        return tuple(site for site, verdict in self.verdicts.items() if verdict == self.verdict)

    @property
    def detail(self) -> str:
        """Why the verdict is what it is, as far as it is known; what names system and day doesn't stand in it."""
        sites = self.worst_sites
        reasons = self.reasons(sites)
        if self.verdict == "stale" and self.extract:
            return f"of suite {self.extract.suite_version}, now it is {self.suite_version}"
        if self.verdict == "missing":
            return reasons or (f"sites {', '.join(sites)}" if self.extract else "")
        if self.verdict == "quarantined":
            asked = f"{self.other_scales}; `yuebao pull {self.day} --system {self.system}` asks again"
            return " ".join(filter(None, [reasons, asked if self.other_scales else ""]))
        return self.fault or " ".join(self.judgement.would_fail if self.judgement else ())

    def reasons(self, sites: Sequence[str]) -> str:
        """Why the answers of sites didn't land, each reason once, with its sites where the system has several."""
        by_reason: dict[str, list[str]] = {}
        for site in (site for site in sites if site in self.refusals):
            by_reason.setdefault(self._reason(site), []).append(site)
        if len(self.sites) == 1:
            return " ".join(by_reason)
        return " ".join(
            f"{'hall' if len(its) == 1 else 'halls'} {', '.join(its)}: {why}" for why, its in by_reason.items()
        )

    def _reason(self, site: str) -> str:
        """A refusal's reason, less the system, site and day with which it begins."""
        reason = self.refusals[site].reason
        return reason.partition(f", hall {site}, {self.day}: ")[2] or reason

    @property
    def warned(self) -> tuple[str, ...]:
        """The rules of the suite that the extract was warned of."""
        return tuple(sorted(rule for rule, outcome in self.checks.items() if outcome == "warned"))

    @property
    def checks(self) -> Mapping[str, str]:
        """By rule, how the extract came out; of one that has to be judged anew, when it was landed."""
        return (self.judgement or self.extract).checks if self.extract else {}

    @property
    def landed_at(self) -> dt.datetime | None:
        """When the extract was landed, or None."""
        return dt.datetime.fromisoformat(self.extract.landed_at) if self.extract else None

    @property
    def answered_at(self) -> dt.datetime | None:
        """When an answer came last that is in, or None."""
        return max(filter(None, (self.landed_at, self.confirmed_at)), default=None)

    @property
    def refused_at(self) -> dt.datetime | None:
        """When it was last asked for in vain, or None."""
        return max((dt.datetime.fromisoformat(refusal.refused_at) for refusal in self.refusals.values()), default=None)


def opening(hall: Hall, calendar: WorkingDays, system: str, day: dt.date, site: str) -> CalendarDay:
    """Whether a system must answer for a site on a day, and why; CalendarError if the day's year isn't known."""
    return calendar.opening(day, system, site, every_day=hall.systems[system].opens == "every_day")


def is_expected(hall: Hall, calendar: WorkingDays, system: str, day: dt.date) -> bool:
    """Whether a system answers for a day and the calendar has it open, at any site.

    Raises:
        CalendarError: the day's year isn't known.
    """
    return hall.systems[system].is_valid_on(day) and any(
        opening(hall, calendar, system, day, site).is_working_day for site in hall.sites_of(system)
    )


def _closed_sites(hall: Hall, calendar: WorkingDays, system: str, day: dt.date) -> frozenset[str]:
    if not calendar.sites and not any(on == day and site for on, _, site in calendar.overrides):
        return frozenset()  # all sites are open alike
    sites = hall.sites_of(system)
    closed = {site for site in sites if not opening(hall, calendar, system, day, site).is_working_day}
    return frozenset(closed) if len(closed) < len(sites) else frozenset()


def system_day(hall: Hall, home: Home, calendar: WorkingDays, system: str, day: dt.date) -> SystemDay:
    """One system and day as manifest entry and quarantine have it, without a look at the extract's file."""
    return SystemDays(hall, home, calendar).of(system, day)


@dataclass(frozen=True)
class SystemDays:
    """Of many days what `system_day` says of one; the words that a system's rows may use are looked up once."""

    hall: Hall
    home: Home
    calendar: WorkingDays
    _words: dict[str, Vocabulary] = field(default_factory=dict)

    def of(self, system: str, day: dt.date) -> SystemDay:
        """One system and day as manifest entry and quarantine have it, without a look at the extract's file."""
        if system not in self._words:
            self._words[system] = vocabulary(self.hall.systems[system])
        return _system_day(self, system, self._words[system], day)


def verified(home: Home, status: SystemDay) -> SystemDay:
    """With what is wrong with the extract's file, held against its entry's digest."""
    return replace(status, fault=Landing(home.landing).damage(status.extract)) if status.extract else status


def _system_day(at: SystemDays, system: str, words: Vocabulary, day: dt.date) -> SystemDay:
    hall, home, calendar = at.hall, at.home, at.calendar
    try:
        extract, fault = Landing(home.landing).current(system, day), ""
    except LandingError as error:
        extract, fault = None, str(error)
    version = version_by(words)
    judged, other_scales = None, extract.other_scales(words.scales) if extract else ""
    if extract and extract.suite_version != version:
        judged = Judgements(home.landing).of(extract, version, words)
    return SystemDay(
        system=system,
        day=day,
        expected=is_expected(hall, calendar, system, day),
        sites=hall.sites_of(system),
        suite_version=version,
        extract=extract,
        refusals=Quarantine(home.quarantine).open_refusals(system, day),
        fault=fault,
        closed_sites=_closed_sites(hall, calendar, system, day),
        other_scales=other_scales,
        judged_since=judged,
        confirmed_at=Landing(home.landing).confirmed_at(system, day) if hall.systems[system].repull_days else None,
    )


def system_days(
    hall: Hall, home: Home, calendar: WorkingDays, days: Iterable[dt.date], *, verify_files: bool = False
) -> Iterator[SystemDay]:
    """Every system on each of the days that it answers for, day by day.

    CalendarError for a year that the calendar doesn't know.

    `verify_files` holds each extract's file against its entry's digest, which costs a read of the file; decisions made
    every few minutes over hundreds of days go without.
    """
    statuses = SystemDays(hall, home, calendar)
    for system, day in hall.asked(days):
        status = statuses.of(system, day)
        yield verified(home, status) if verify_files else status
