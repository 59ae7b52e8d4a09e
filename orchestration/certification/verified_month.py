"""Proves a certified month before anything of it is emitted or shown: what isn't sound is shown to nobody."""

from collections.abc import Iterable, Iterator

from orchestration.certification.settings_evidence import certified_settings
from orchestration.config.catalogue import closing_measures, department_names
from orchestration.config.site_tree import site_tree
from orchestration.runtime.errors import Refused
from reports.certificates.certificate import Certificate, CertifiedHall
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


def sound_dossiers(archive: Archive, certificates: Iterable[Certificate]) -> Iterator[Dossier]:
    """Prove the months of certificates, each once, then gather what authors are shown of one after the other.

    Raises:
        Refused: a month isn't sound.
        LedgerError, SettingsError: it can't be read.
    """
    shown = list(certificates)
    for month in dict.fromkeys(certificate.month for certificate in shown):
        require_sound(archive, month, "; nothing of it is written")
    for certificate in shown:
        try:
            yield dossier_of(archive, certificate)
        except TraceError as error:
            raise Refused(str(error)) from error


def dossier_of(archive: Archive, certificate: Certificate) -> Dossier:
    """Gather what authors are shown of a certificate, under the settings that it was made under.

    Raises:
        LedgerError, SettingsError: it can't be read.
        TraceError: an extract isn't what was signed, or rows don't add up to their number.
    """
    with certified_settings(archive, certificate):
        return open_dossier(archive, certificate, department_names(), closing_measures(), _above(certificate))


def _above(certificate: Certificate) -> list[CertifiedHall]:
    """The sites above that of a certificate, the hall first; none of the hall's own."""
    return sites_above(certificate.below, certificate.hall) if certificate.below else []


def sites_above(site: str, hall: CertifiedHall) -> list[CertifiedHall]:
    """The sites above one below the hall, by the settings in force, the hall first."""
    tree = site_tree()
    between = [code for code in reversed(tree.path(site)[1:]) if code != hall.code]
    return [hall, *(CertifiedHall(code, tree.sites[code].name) for code in between)]
