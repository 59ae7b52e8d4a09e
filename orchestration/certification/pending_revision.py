"""待修订: certificates behind which something has changed since; nothing printed changes by itself."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.certification.settled_months import SettledMonths
from orchestration.certification.site_certificates import batches_of, newest_in
from orchestration.landing.manifest import Extract, Landing
from orchestration.landing.site_days import named
from orchestration.runtime.paths import Home
from reports.certificates.bases import PastMonths, with_derived
from reports.certificates.certificate import Certificate, CertifiedExtract
from reports.certificates.ledger import History, Ledger, Link
from reports.figures.numbers import MonthlyNumber, NumbersError, read_site_numbers


@dataclass(frozen=True)
class Pending:
    """A month whose newest certificate no longer says what has come in, and where they differ.

    `days` are `system day` of every extract with other rows; `metrics` are `metric old → new` where the newest facts
    hold another value than the one that was certified, or the months that a derived one rests on were revised.
    """

    certificate: Certificate
    days: tuple[str, ...]
    metrics: tuple[str, ...]

    @property
    def name(self) -> str:
        """The certificate's."""
        return self.certificate.name

    @property
    def month(self) -> str:
        """As `2025-03`."""
        return self.certificate.month

    @property
    def title(self) -> str:
        """The month, and the site below the hall that it is of."""
        return f"{self.certificate.month}{' --site ' if self.certificate.below else ''}{self.certificate.below}"

    @property
    def changed(self) -> str:
        """What has changed."""
        return "; ".join(filter(None, [", ".join(self.days), ", ".join(self.metrics)]))

    @property
    def since(self) -> str:
        """What has changed since what."""
        return f"since {self.name} these have changed: {self.changed}"

    @property
    def look(self) -> str:
        """The command that shows what would be printed."""
        return f"yuebao report {self.certificate.month} {'--all' if self.certificate.below else '--draft'}"

    @property
    def revise(self) -> str:
        """The command that certifies it anew."""
        return _revision_of(self.certificate.month, [self.certificate.below] if self.certificate.below else [])

    def __str__(self) -> str:
        return _told(self)


@dataclass(frozen=True)
class PendingSites:
    """A month of which certificates of sites below the hall no longer say what has come in: at least one."""

    sites: tuple[Pending, ...]

    @property
    def month(self) -> str:
        """As `2025-03`."""
        return self.sites[0].certificate.month

    @property
    def name(self) -> str:
        """What it is known by, whichever sites it is about."""
        return f"{self.month} sites"

    @property
    def title(self) -> str:
        """How many sites there are, and the first of them."""
        count = f"{len(self.sites)} site{'s' if len(self.sites) > 1 else ''}"
        return f"{self.month} of {count} ({named([_label(each.certificate) for each in self.sites])})"

    @property
    def since(self) -> str:
        """What has changed since what."""
        days = list(dict.fromkeys(day for each in self.sites for day in each.days))
        metrics = [f"{each.certificate.site} {metric}" for each in self.sites for metric in each.metrics]
        changed = "; ".join(named(some) for some in (days, metrics) if some)
        return f"since they were certified these have changed: {changed}"

    @property
    def look(self) -> str:
        """The command that shows what waits."""
        return f"yuebao report {self.month} --all"

    @property
    def revise(self) -> str:
        """The command that certifies them anew: a revision takes up those above that sum a site up."""
        counted = {each.certificate.site: each.certificate.counted_sites for each in self.sites}
        lowest = [site for site, its in counted.items() if counted.keys() & set(its) == {site}]
        return _revision_of(self.month, lowest)

    def __str__(self) -> str:
        return _told(self)


AnyPending = Pending | PendingSites
_MOST_SITES = 10


def _revision_of(month: str, sites: Sequence[str]) -> str:
    """The command that revises a month, or sites of it; of very many the first."""
    options = "".join(f" --site {site}" for site in sites[:_MOST_SITES])
    more = " --site ..." if len(sites) > _MOST_SITES else ""
    return f"yuebao revise {month}{options}{more} --reason ... --note ..."


def _told(pending: AnyPending) -> str:
    then = f"look at it, `{pending.look}`, then `{pending.revise}`"
    return f"{pending.title} is 待修订: {pending.since}. What was printed stands; {then}"


def _label(certificate: Certificate) -> str:
    names = [site.name for site in certificate.foundation.sites if site.code == certificate.site]
    return " ".join([certificate.site, *names])


def pending_revision(certificate: Certificate, home: Home) -> Pending | None:
    """What has changed behind a month's newest certificate, or None; raises as `pending_among`."""
    return next(pending_among([certificate], home), None)


def pending_among(certificates: Sequence[Certificate], home: Home) -> Iterator[Pending]:
    """What has changed behind the newest certificates of a month, of the hall or of sites; all are looked at at once.

    Raises:
        LandingError: a manifest entry that stands for a later extract can't be read.
    """
    landed, facts, ledger = Landed(home), _Facts.of(certificates, home), Ledger(home.certificates)
    for certificate in certificates:
        values = [*facts.other_values(certificate), *otherwise_derived(certificate, ledger)]
        days, metrics = landed.late_days(certificate), tuple(values)
        if days or metrics:
            yield Pending(certificate, days, metrics)


def pending_revisions(ledger: Ledger, home: Home, *, remember: bool = False) -> list[AnyPending]:
    """Every certified month that waits for a revision, in order; after the hall's own those of its sites.

    Those that don't are remembered if asked for.

    Raises:
        LandingError, LedgerError: a manifest entry or a certificate that is needed can't be read.
    """
    chain, found = ledger.chain(), list[AnyPending]()
    settled, newest = SettledMonths(home, chain), {link.month: link for link in chain if not link.is_batch}
    for links in [*([newest[month]] for month in sorted(newest)), *batches_of(ledger).values()]:
        if settled.holds(links):
            continue
        if pending := _pending_of(ledger, links, home):
            found.append(pending)
        else:
            settled.keep(links)
    if remember:
        settled.write()
    return found


def _pending_of(ledger: Ledger, links: Sequence[Link], home: Home) -> AnyPending | None:
    """What has changed behind the hall's own certificate of a month, or behind those in all its batches of sites."""
    if not links[0].is_batch:
        return pending_revision(links[0].read().certificate, home)
    certificates = [link.read().certificate for link in newest_in(ledger, links).values()]
    sites = tuple(pending_among(certificates, home))
    return PendingSites(sites) if sites else None


def otherwise_derived(certificate: Certificate, ledger: Ledger) -> Iterator[str]:
    """`metric old → new` of each derived metric that is another by the certificates of other months that stand now.

    Raises:
        LedgerError: one of them can't be read.
    """
    if "derived" not in certificate.evidence:
        return
    history = History(ledger.links(site=certificate.below))
    past = PastMonths(history, ledger.next_place("").sequence)
    then, old = certificate.foundation.derived, certificate.by_metric
    numbers, now = with_derived(certificate.counted_numbers, then, certificate.month, past)
    new = {number.metric: number for number in numbers}
    for metric, outcome in now.outcomes.items():
        before = old[metric].exact if metric in old else then.outcomes[metric].reason or "none"
        after = new[metric].exact if metric in new else outcome.reason or "none"
        if before != after:
            yield f"{metric} {before} → {after}"


class Landed:
    """What lies in the landing now; it is looked at once for certificates that rest on the same extracts."""

    def __init__(self, home: Home) -> None:
        self._landing = Landing(home.landing)
        self._later: dict[tuple[str, ...], list[tuple[CertifiedExtract, Extract, Extract]]] = {}

    def late_days(self, certificate: Certificate) -> tuple[str, ...]:
        """`system day` of every extract that holds other rows of a certificate's sites than the certified one.

        Raises:
            LandingError: a manifest entry that stands for a later extract can't be read.
        """
        sites = certificate.counted_sites
        return tuple(
            f"{certified.system} {certified.day}"
            for certified, before, current in self._later_than(certificate)
            if any(_held(current, site) != _held(before, site) for site in sites)
        )

    def _later_than(self, certificate: Certificate) -> list[tuple[CertifiedExtract, Extract, Extract]]:
        """Each certified extract that a later one with other content followed, with what both hold."""
        named = tuple(certificate.evidence.get(part, certificate.name) for part in ("extracts", "boundary"))
        if named not in self._later:
            pairs = ((each, self._current(each)) for each in certificate.foundation.all_extracts)
            self._later[named] = [
                (each, self._landing.read(Path(each.entry_path)), current) for each, current in pairs if current
            ]
        return self._later[named]

    def _current(self, certified: CertifiedExtract) -> Extract | None:
        """The current extract, where that is a later one with other content."""
        day = dt.date.fromisoformat(certified.day)
        if self._landing.newest_sequence(certified.system, day) <= certified.sequence:
            return None
        current = self._landing.current(certified.system, day)
        alike = current and (current.content_sha256, current.state) == (certified.content_sha256, certified.state)
        return None if alike else current


def _held(extract: Extract, site: str) -> tuple[str, str] | None:
    """What an extract says of a site; None where it isn't in."""
    return (extract.state, extract.sites[site].content_sha256) if site in extract.sites else None


@dataclass(frozen=True)
class _Facts:
    """The newest facts of a month's sites; `fault` says why they can't be read."""

    numbers: Mapping[str, Mapping[str, MonthlyNumber]]
    fault: str = ""

    @classmethod
    def of(cls, certificates: Sequence[Certificate], home: Home) -> "_Facts":
        """Of the sites of certificates of one month."""
        month = certificates[0].month if certificates else ""
        facts = home.published / month / "facts"
        if not month or not facts.exists():
            return cls({})
        try:
            return cls(read_site_numbers(facts, month=month, sites={each.site for each in certificates}))
        except NumbersError as error:
            return cls({}, str(error))

    def other_values(self, certificate: Certificate) -> Iterable[str]:
        """`metric old → new` of each metric that has another value; none where the newest build left the site out."""
        if self.fault:
            return [self.fault]
        certified = certificate.by_metric
        return [
            f"{metric} {certified[metric].exact if metric in certified else 'none'} → {number.exact}"
            for metric, number in self.numbers.get(certificate.site, {}).items()
            if metric not in certified or certified[metric].exact != number.exact
        ]
