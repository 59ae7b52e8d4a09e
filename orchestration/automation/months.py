"""Which months are due for their candidate: over, in whole, not certified, and something to be gained by a build."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.automation.deadlines import Moment
from orchestration.certification.signatures import waiting_of
from orchestration.config.zone import moment_at
from orchestration.warehouse.month import a_build_mends, open_month, problems_of

# A month that came in late is still brought to its candidate; one that came in later than this is a person's decision.
MONTHS_BACK = 3


@dataclass(frozen=True)
class DueMonth:
    """A month that isn't certified."""

    month: str
    fingerprint: str = ""  # of all that a build would stand on; empty while the month isn't due
    waits_for: str = ""  # why it isn't built now


def candidates(at: Moment) -> Iterator[DueMonth]:
    """The last months without a certificate, the oldest first."""
    ledger = at.ledger
    for month in reversed(at.months_back(MONTHS_BACK)):
        if ledger.latest(month) is None:
            yield _candidate(month, at)


def _candidate(name: str, at: Moment) -> DueMonth:
    settings = at.hall
    due = moment_at(at.deadlines(name).candidate, settings.automation.month_end_at, settings.zone)
    if at.now < due:
        return DueMonth(name, waits_for=f"its candidate is due on {due:%Y-%m-%d at %H:%M}")
    month = open_month(name)
    problems = problems_of(month)
    lasting = [problem for problem in problems if not a_build_mends(problem)]
    if lasting:
        more = f", and {len(lasting) - 1} more" if len(lasting) > 1 else ""
        return DueMonth(name, waits_for=f"{lasting[0].message}{more}")
    if not problems and (waiting := waiting_of(month.home, name)):
        return DueMonth(
            name, waits_for=f"it waits for {', '.join(waiting.waits_for) or 'its run'}: `yuebao sign {name}`"
        )
    return DueMonth(name, fingerprint=month.fingerprint)
