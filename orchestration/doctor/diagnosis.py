"""One thing that was looked at, and what was found: every check is made, whatever the others find."""

from collections.abc import Callable
from dataclasses import dataclass

from orchestration.alerts.sending import ChannelError
from orchestration.runtime.errors import UserError
from orchestration.runtime.guard import explain
from reports.certificates.signers import SignerError
from reports.errors import ReportsError
from reports.figures.wording import WordingError


class NotWellError(UserError):
    """What was looked at is to be mended; the message says what is wrong and what to do."""


_TO_BE_MENDED = (UserError, ReportsError, ChannelError, SignerError, WordingError, OSError)


@dataclass(frozen=True)
class Diagnosis:
    """What was found of a subject; `good` says whether it may stay so, `doubtful` that somebody should look at it."""

    subject: str
    good: bool
    message: str
    doubtful: bool = False


def diagnose(subject: str, check: Callable[[], str]) -> Diagnosis:
    """Make one check: what it returns is well, and what it raises is to be mended."""
    try:
        return Diagnosis(subject, good=True, message=check())
    except _TO_BE_MENDED as error:
        return Diagnosis(subject, good=False, message=explain(error) or str(error))
