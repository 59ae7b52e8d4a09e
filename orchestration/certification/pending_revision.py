"""待修订: certified months behind which something has changed since; nothing printed changes by itself."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.certification.settled_months import SettledMonths
from orchestration.landing.manifest import Extract, Landing
from orchestration.runtime.paths import Home
from reports.certificates.certificate import Certificate, CertifiedExtract
from reports.certificates.ledger import Ledger
from reports.figures.numbers import NumbersError, read_site_numbers


@dataclass(frozen=True)
class Pending:
    """A month whose newest certificate no longer says what has come in, and where they differ.

    `days` are `system day` of every extract with other rows; `metrics` are `metric old → new` where the newest facts
    hold another value than the one that was certified.
    """

    certificate: Certificate
    days: tuple[str, ...]
    metrics: tuple[str, ...]

    def __str__(self) -> str:
        month = f"{self.certificate.month}{' --site ' if self.certificate.below else ''}{self.certificate.below}"
        changed = "; ".join(filter(None, [", ".join(self.days), ", ".join(self.metrics)]))
        return (
            f"{month} is 待修订: since {self.certificate.name} these have changed: {changed}. What was printed stands; "
            f"look at it, then `yuebao report {month}` and `yuebao revise {month} --reason ... --note ...`"
        )


def pending_revision(certificate: Certificate, home: Home) -> Pending | None:
    """What has changed behind a month's newest certificate, or None.

    Raises:
        LandingError: a manifest entry that stands for a later extract can't be read.
    """
    days = late_days(certificate, home)
    metrics = tuple(_other_values(certificate, home))
    return Pending(certificate, days, metrics) if days or metrics else None


def pending_revisions(ledger: Ledger, home: Home, *, remember: bool = False) -> list[Pending]:
    """Every certified month that waits for a revision, in order; those that don't are remembered if asked for.

    Raises:
        LandingError, LedgerError: a manifest entry or a certificate that is needed can't be read.
    """
    settled, found = SettledMonths(home), list[Pending]()
    newest = {link.month: link for link in ledger.links()}
    for link in (newest[month] for month in sorted(newest)):
        if settled.holds(link):
            continue
        if pending := pending_revision(link.read().certificate, home):
            found.append(pending)
        else:
            settled.keep(link)
    if remember:
        settled.write()
    return found


def late_days(certificate: Certificate, home: Home) -> tuple[str, ...]:
    """`system day` of every extract of a certificate that has other rows by now; raises as `pending_revision`."""
    landing = Landing(home.landing)
    return tuple(
        f"{extract.system} {extract.day}"
        for extract in certificate.foundation.all_extracts
        if _differs(extract, landing, certificate.counted_sites)
    )


def _differs(certified: CertifiedExtract, landing: Landing, sites: Sequence[str]) -> bool:
    """Whether the current extract holds other rows of sites than the certified one."""
    day = dt.date.fromisoformat(certified.day)
    if landing.newest_sequence(certified.system, day) <= certified.sequence:
        return False
    current = landing.current(certified.system, day)
    if current is None or (current.content_sha256, current.state) == (certified.content_sha256, certified.state):
        return False
    before = landing.read(Path(certified.entry_path))
    return any(_held(current, site) != _held(before, site) for site in sites)


def _held(extract: Extract, site: str) -> tuple[str, str] | None:
    """What an extract says of a site; None where it isn't in."""
    return (extract.state, extract.sites[site].content_sha256) if site in extract.sites else None


def _other_values(certificate: Certificate, home: Home) -> list[str]:
    facts = home.published / certificate.month / "facts"
    if not facts.exists():
        return []
    try:
        of_sites = read_site_numbers(facts, month=certificate.month, sites=[certificate.site])
    except NumbersError as error:
        return [str(error)]
    numbers = of_sites.get(certificate.site, {})  # none where the newest build left the site out
    certified = certificate.by_metric
    return [
        f"{metric} {certified[metric].exact if metric in certified else 'none'} → {number.exact}"
        for metric, number in numbers.items()
        if metric not in certified or certified[metric].exact != number.exact
    ]
