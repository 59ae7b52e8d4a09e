"""Proves a certified month before anything of it is emitted or shown: what isn't sound is shown to nobody."""

from orchestration.certification.settings_evidence import certified_settings
from orchestration.config.catalogue import closing_measures, department_names
from orchestration.runtime.errors import Refused
from reports.certificates.certificate import Certificate
from reports.certificates.disk import lines_of
from reports.certificates.dossier import Dossier, open_dossier
from reports.certificates.ledger import Archive
from reports.certificates.trace import TraceError
from reports.certificates.verification import Verification, verify


def require_sound(archive: Archive, month: str, consequence: str = "") -> Verification:
    """Verify a month's certificates and all that they vouch for.

    Args:
        archive: Where they lie.
        month: As `2025-03`.
        consequence: For the message: what isn't done with a month that isn't sound.

    Raises:
        Refused: the month isn't sound; the message lists what is wrong.
        LedgerError: it can't be read.
    """
    proof = verify(archive, month=month)
    if not proof.sound:
        lines = [f"{month} is certified, but not sound{consequence}:", *lines_of(proof.problems)]
        raise Refused("\n  ".join(lines))
    return proof


def sound_dossier(archive: Archive, certificate: Certificate) -> Dossier:
    """Prove a certificate's month, then gather what authors are shown of it.

    Raises:
        Refused: the month isn't sound.
        LedgerError, SettingsError: it can't be read.
    """
    require_sound(archive, certificate.month, "; nothing of it is written")
    try:
        return dossier_of(archive, certificate)
    except TraceError as error:
        raise Refused(str(error)) from error


def dossier_of(archive: Archive, certificate: Certificate) -> Dossier:
    """Gather what authors are shown of a certificate, under the settings that it was made under.

    Raises:
        LedgerError, SettingsError: it can't be read.
        TraceError: an extract isn't what was signed, or rows don't add up to their number.
    """
    with certified_settings(archive, certificate):
        return open_dossier(archive, certificate, department_names(), closing_measures())
