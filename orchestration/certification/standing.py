"""Where a month of the hall or of a site stands on its way into print: 草稿, 待核定, 已核定 or 待修订."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from orchestration.certification.pending_revision import Pending, pending_revision
from orchestration.certification.sites import MonthSites
from orchestration.runtime.paths import Home
from orchestration.warehouse.month import Month, open_month, problems_of
from reports.certificates.certificate import Certificate
from reports.certificates.ledger import Archive

if TYPE_CHECKING:
    from reports.page import Status


class SiteMonth(NamedTuple):
    """A month (`2025-03`) of a site by its code; of the hall itself, as the ledger is asked for it, without one."""

    month: str
    site: str = ""


@dataclass(frozen=True)
class Standing:
    """A month's state, with what it follows from.

    `certificate` is the newest, and `pending` what has changed behind it. `uncertified` is the month itself where there
    is no certificate.
    """

    status: Status
    certificate: Certificate | None = None
    pending: Pending | None = None
    uncertified: Month | None = None


def standing_of(name: str, archive: Archive, home: Home, opened: Month | None = None, site: str = "") -> Standing:
    """How a month stands now.

    Args:
        name: As `2025-03`.
        archive: Where its certificates lie.
        home: The state folder.
        opened: The month, where the caller has it already and has read its days.
        site: The code of a site below the hall; the hall itself when none is named.

    Raises:
        LandingError, LedgerError, MonthError, SettingsError: nobody can say.
    """
    entry = archive.ledger.latest(name, site)
    if entry is None:
        month = opened or open_month(name)
        return Standing("草稿" if _is_held_back(month, site) else "待核定", uncertified=month)
    pending = pending_revision(entry.certificate, home)
    return Standing("待修订" if pending else "已核定", entry.certificate, pending)


def _is_held_back(month: Month, site: str) -> bool:
    if not site:
        return bool(problems_of(month))
    sites = MonthSites(month)
    sites.require(site)
    return bool(sites.missing_in(site) or problems_of(sites.part))
