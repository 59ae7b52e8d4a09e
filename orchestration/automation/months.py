"""Which months are due for their candidate: over, in whole, not certified, and something to be gained by a build."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from orchestration.automation.deadlines import deadlines_of
from orchestration.certification.certify import archive_of
from orchestration.config.catalogue import working_days
from orchestration.config.hall import HallFolder
from orchestration.runtime.paths import Home
from orchestration.warehouse.month import a_build_mends, open_month, problems_of
from reports.figures.months import first_day, months_before

# A month that came in late is still brought to its candidate; one that came in later than this is a person's decision.
MONTHS_BACK = 3


@dataclass(frozen=True)
class DueMonth:
    """A month that isn't certified.

    Attributes:
        fingerprint: of all that a build would stand on; empty while the month isn't due.
        waits_for: why it isn't built now, else empty.
    """

    month: str
    fingerprint: str = ""
    waits_for: str = ""


def candidates(hall: HallFolder, home: Home, now: dt.datetime) -> Iterator[DueMonth]:
    """The last months without a certificate, the oldest first.

    Raises:
        CalendarError, SettingsError, LandingError, LedgerError: they can't be told.
    """
    ledger = archive_of(hall, home).ledger
    this_month = f"{now.astimezone(ZoneInfo(hall.hall.timezone)):%Y-%m}"
    for back in reversed(range(1, MONTHS_BACK + 1)):
        month = months_before(this_month, back)
        if first_day(month) >= hall.hall.first_day.replace(day=1) and ledger.latest(month) is None:
            yield _candidate(month, hall, now)


def _candidate(name: str, hall: HallFolder, now: dt.datetime) -> DueMonth:
    settings = hall.hall
    due = dt.datetime.combine(
        deadlines_of(name, settings, working_days()).candidate,
        settings.automation.month_end_at,
        ZoneInfo(settings.timezone),
    )
    if now < due:
        return DueMonth(name, waits_for=f"its candidate is due on {due:%Y-%m-%d at %H:%M}")
    month = open_month(name)
    problems = problems_of(month)
    lasting = [problem for problem in problems if not a_build_mends(problem)]
    if lasting:
        more = f", and {len(lasting) - 1} more" if len(lasting) > 1 else ""
        return DueMonth(name, waits_for=f"{lasting[0].message}{more}")
    if not problems and settings.certification.policy == "manual":
        return DueMonth(name, waits_for=f"it waits for `yuebao certify {name}`")
    return DueMonth(name, fingerprint=month.fingerprint)
