"""Where a month stands on its way into print: 草稿, 待核定, 已核定 or 待修订."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.certification.pending_revision import Pending, pending_revision
from orchestration.runtime.paths import Home
from orchestration.warehouse.month import Month, open_month, problems_of
from reports.certificates.certificate import Certificate
from reports.certificates.ledger import Archive

if TYPE_CHECKING:
    from reports.page import Status


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


def standing_of(name: str, archive: Archive, home: Home, opened: Month | None = None) -> Standing:
    """How a month stands now.

    Args:
        name: As `2025-03`.
        archive: Where its certificates lie.
        home: The state folder.
        opened: The month, where the caller has it already and has read its days.

    Raises:
        LandingError, LedgerError, MonthError, SettingsError: nobody can say.
    """
    entry = archive.ledger.latest(name)
    if entry is None:
        month = opened or open_month(name)
        return Standing("草稿" if problems_of(month) else "待核定", uncertified=month)
    pending = pending_revision(entry.certificate, home)
    return Standing("待修订" if pending else "已核定", entry.certificate, pending)
