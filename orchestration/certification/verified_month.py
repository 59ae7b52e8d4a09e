"""A certified month opened for authors, and only once it was proved: what isn't sound is shown to nobody."""

from __future__ import annotations

from orchestration.config.catalogue import closing_measures, department_names
from orchestration.runtime.errors import Refused
from reports.certificates.certificate import Certificate
from reports.certificates.dossier import Dossier, open_dossier
from reports.certificates.ledger import Archive
from reports.certificates.trace import TraceError
from reports.certificates.verification import verify


class DossierError(Refused):
    """A month has nothing that may be shown; the message says why, and lists what is wrong."""


def sound_dossier(archive: Archive, certificate: Certificate) -> Dossier:
    """Verify a certificate's month, then gather what authors are shown of it.

    Raises:
        DossierError: the month isn't sound.
        LedgerError, SettingsError: it can't be read.
    """
    month = certificate.month
    proof = verify(archive, month=month)
    if not proof.sound:
        lines = [f"{month} is certified, but not sound; nothing of it is written:", *map(str, proof.problems)]
        raise DossierError("\n  ".join(lines))
    try:
        return open_dossier(archive, certificate, department_names(), closing_measures())
    except TraceError as error:
        raise DossierError(str(error)) from error
