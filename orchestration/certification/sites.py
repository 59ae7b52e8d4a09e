"""A month's sites: which of them are in, and the batch of certificates of those that are.

A site is blocked by its own days alone, and a site above it by those of all that are counted in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from orchestration.certification.certify import (
    archive_of,
    counted_in,
    foundation_of,
    program_of,
    sign_or_wait,
    wording_of,
)
from orchestration.certification.derived_metrics import DerivedMetrics
from orchestration.certification.settings_evidence import settings_files
from orchestration.certification.signatures import waiting_of
from orchestration.config.hall import HallFolder, SettingsError, load_own_hall
from orchestration.config.variables import variables_of
from orchestration.landing.day_status import SystemDay
from orchestration.landing.site_days import SiteMatrix
from orchestration.warehouse.month import Month, NotPrintableError, day_state, problems_of
from reports.certificates.canonical import sha256
from reports.certificates.certificate import BATCH, CertifiedHall, Foundation, Head, Reason
from reports.certificates.certification import Drawn, MonthToCertify, draw_up, draw_up_batch
from reports.certificates.ledger import Archive, LedgerEntry
from reports.figures.day_verdict import VERDICTS
from reports.figures.numbers import NumbersError, read_site_numbers
from reports.figures.readiness import Problem, day_problems


@dataclass(frozen=True)
class SiteRequests:
    """What sites of a month are certified for: first certificates, or with a reason and a note, each its next revision.

    A site is left as it is of which the ledger has more than was known when it was asked for (`revisions`, by site).
    """

    revisions: Mapping[str, int]
    reason: Reason | Literal[""] = ""
    note: str = ""


@dataclass(frozen=True)
class MonthSites:
    """The sites of a month below its hall, as they stand in the landing."""

    month: Month

    @cached_property
    def blocked(self) -> frozenset[str]:
        """The sites of which a day isn't in, or the day before the month that their stocks are held against."""
        return frozenset(each.site for each in SiteMatrix.of([*self.month.system_days, *self._not_compared]).lacking)

    @property
    def _not_compared(self) -> list[SystemDay]:
        if self.month.hall.certification.boundary != "block":
            return []
        return [stock.status for stock in self.month.boundary if stock.result == "not_compared" and stock.status]

    @cached_property
    def part(self) -> Month:
        """The month of the sites that aren't blocked: that is what is built."""
        return self.month.leaving_out(self.blocked)

    @cached_property
    def answered(self) -> tuple[str, ...]:
        """Every site below the hall of which, or of a site counted in it, a system answers for anything."""
        hall, tree = self.month.hall, self.month.site_tree
        known = {site for system in self.month.systems for site in hall.sites_of(system)}
        return tuple(code for code in tree.sites if code != hall.code and not known.isdisjoint(tree.counted_in(code)))

    def require(self, site: str) -> None:
        """SettingsError where a code is of no site below the hall of which anything is asked."""
        month = self.month
        member = month.site_tree.sites.get(site)
        if site == month.hall.code:
            raise SettingsError(f"{site} is the hall itself; its report is `yuebao report {month.name}`")
        if member is None:
            known = ", ".join(month.site_tree.sites)
            raise SettingsError(f"no site {site} in catalogue/sites.csv; it has {known}")
        if site not in self.answered:
            raise SettingsError(f"no system answers for {member} or a site below it in {month.name}")

    def missing_in(self, site: str) -> tuple[str, ...]:
        """The sites counted in one that keep it from being built."""
        counted = self.month.site_tree.counted_in(site)
        return tuple(code for code in counted if code in self.blocked)

    def problems_of(self, site: str) -> list[Problem]:
        """What isn't in of a site's own days."""
        titles = self.month.hall.systems
        statuses = [*self.days_of(site), *_of_site(self._not_compared, site)]
        states = (day_state(status, titles[status.system].title) for status in statuses)
        return day_problems(states, self.month.expected(frozenset()))

    def days_of(self, site: str) -> list[SystemDay]:
        """How the systems and days of a site's own stand."""
        return _of_site(self.month.system_days, site)

    def not_compared(self, site: str) -> bool:
        """Whether the day before the month isn't in that a site's own stocks are held against."""
        return any(VERDICTS[status.verdict].problem for status in _of_site(self._not_compared, site))


def _of_site(statuses: Iterable[SystemDay], site: str) -> list[SystemDay]:
    return [replace(status, sites=(site,)) for status in statuses if site in status.sites]


def draw_up_sites(
    month: Month,
    hall: HallFolder,
    archive: Archive,
    requests: SiteRequests,
    head: Head | None = None,
) -> Drawn:
    """The candidate of a batch.

    Args:
        month: The part of a month that was built.
        hall: The settings that it is worked on under.
        archive: Where it would go.
        requests: Which sites, and what for.
        head: That of a batch that waits for signatures.

    Raises:
        LedgerError, NumbersError, SettingsError, WordingError: it can't be drawn up.
    """
    settings = settings_files(hall, archive.signers, variables_of(hall.hall, month.home))
    whole = foundation_of(month, hall, {name: sha256(content) for name, content in settings.items()})
    numbers = read_site_numbers(month.facts, month=month.name, sites=requests.revisions)
    parts, histories, program = _Parts(month, hall, whole), archive.ledger.histories(), program_of(month)
    derived = DerivedMetrics(month)
    policy = load_own_hall().hall.certification.policy
    if not numbers:
        raise NumbersError(f"no metric of {month.name} is answered for {', '.join(requests.revisions)}")
    drawn = [
        draw_up(
            archive,
            MonthToCertify(
                hall=CertifiedHall(month.hall.code, month.hall.name),
                site=site,
                month=month.name,
                numbers=tuple(numbers[site].values()),
                program=program,
                foundation=replace(parts.of(site), derived=derived.of(site, numbers[site])),
                settings=list(settings.values()),
                policy=policy,
                reason=requests.reason,
                note=requests.note,
                span=month.span,
            ),
            head,
            histories.get(site),
        )
        for site in requests.revisions
        if site in numbers
    ]
    return draw_up_batch(archive, drawn, head)


class _Parts:
    """What each site's numbers rest on, of all that those of its month rest on: the systems that answer for it."""

    def __init__(self, month: Month, hall: HallFolder, whole: Foundation) -> None:
        self._month = month
        self._hall = hall
        self._whole = whole
        self._of_systems: dict[frozenset[str], Foundation] = {}

    def of(self, site: str) -> Foundation:
        """What a site's numbers rest on."""
        tree = self._month.site_tree
        sites = set(tree.counted_in(site))
        systems = frozenset(name for name in self._whole.systems if sites.intersection(self._month.hall.sites_of(name)))
        if systems not in self._of_systems:
            self._of_systems[systems] = self._narrowed(systems)
        return replace(
            self._of_systems[systems],
            wording=wording_of(self._hall, tree.sites[site].level),
            sites=counted_in(tree, site, self._month.hall.code),
        )

    def _narrowed(self, systems: frozenset[str]) -> Foundation:
        whole = self._whole
        return replace(
            whole,
            extracts=tuple(extract for extract in whole.extracts if extract.system in systems),
            day_rules=tuple(rule for rule in whole.day_rules if rule.system in systems),
            systems={name: system for name, system in whole.systems.items() if name in systems},
            boundary=tuple(stock for stock in whole.boundary if stock.system in systems),
        )


def certify_sites(month: Month, hall: HallFolder, requests: SiteRequests) -> LedgerEntry | None:
    """Bring sites of a month to their certificates, in one batch.

    Args:
        month: The part of the month that was built.
        hall: The settings that it is worked on under.
        requests: Which sites, and what for.

    Returns:
        The batch; None while the policy `manual` waits for people, and where there is nothing to do.

    Raises:
        NotPrintableError: a day or a check isn't right.
        CertificateError, HeadMovedError, LedgerError, LogError, ReleaseError, SignerError, SettingsError: it may not
            or can't be signed.
    """
    if problems := problems_of(month):
        raise NotPrintableError(month, problems)
    archive = archive_of(load_own_hall(), month.home)
    revisions = requests.revisions.items()
    due = {site: revision for site, revision in revisions if revision > len(archive.ledger.links(month.name, site))}
    if not due:
        return None
    waiting = waiting_of(month.home, month.name, BATCH)
    head = waiting.candidate.head if waiting else None
    drawn = draw_up_sites(month, hall, archive, replace(requests, revisions=due), head)
    return sign_or_wait(month, archive, drawn)
