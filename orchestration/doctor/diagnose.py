"""One check, made whatever the others find."""

from collections.abc import Callable

from orchestration.alerts.sending import ChannelError
from orchestration.diagnosis import Diagnosis
from orchestration.runtime.errors import UserError
from orchestration.runtime.guard import explain
from reports.certificates.signers import SignerError
from reports.errors import ReportsError
from reports.figures.words import WordingError


class NotWellError(UserError):
    """What was looked at is to be mended; the message says what is wrong, and after `; next: ` what to do."""


_TO_BE_MENDED = (UserError, ReportsError, ChannelError, SignerError, WordingError, OSError)


def diagnose(subject: str, check: Callable[[], str]) -> Diagnosis:
    """Make one check: what it returns is well, and what it raises is to be mended."""
    try:
        return Diagnosis(subject, "ok", check())
    except _TO_BE_MENDED as error:
        return Diagnosis.of(subject, "mend", explain(error) or str(error))
