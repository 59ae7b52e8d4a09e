"""Proves a certified month before anything of it is emitted or shown: what isn't sound is shown to nobody."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from orchestration.certification.settings_evidence import certified_settings
from orchestration.config.catalogue import closing_measures, department_names
from orchestration.config.site_tree import site_tree
from orchestration.runtime.errors import Refused
from reports.certificates.certificate import Certificate, CertifiedHall
from reports.certificates.disk import Disk, lines_of
from reports.certificates.dossier import Dossier, open_dossier
from reports.certificates.ledger import Archive
from reports.certificates.trace import TraceError
from reports.certificates.verification import Verification, verify


def require_sound(archive: Archive, month: str, consequence: str = "", disk: Disk | None = None) -> Verification:
    """Verify a month's certificates and all that they vouch for.

    Args:
        archive: Where they lie.
        month: As `2025-03`.
        consequence: For the message: what isn't done with a month that isn't sound.
        disk: Keeps the hashes of what is read.

    Raises:
        Refused: the month isn't sound; the message lists what is wrong.
        LedgerError: it can't be read.
    """
    proof = verify(archive, month=month, disk=disk)
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
    shown, disk = list(certificates), Disk()
    for month in dict.fromkeys(certificate.month for certificate in shown):
        require_sound(archive, month, "; nothing of it is written", disk)
    for certificate in shown:
        try:
            yield dossier_of(archive, certificate, disk)
        except TraceError as error:
            raise Refused(str(error)) from error


def dossier_of(archive: Archive, certificate: Certificate, disk: Disk | None = None) -> Dossier:
    """Gather what authors are shown of a certificate, under the settings that it was made under.

    Args:
        archive: Where it lies.
        certificate: Which.
        disk: Knows the hashes of the files that it has read already.

    Raises:
        LedgerError, SettingsError: it can't be read.
        TraceError: an extract isn't what was signed, or rows don't add up to their number.
    """
    with certified_settings(archive, certificate):
        names, closing = department_names(), closing_measures()
        return replace(
            open_dossier(archive, certificate, names, closing, disk),
            above=sites_above(certificate.below, certificate.hall),
        )


def sites_above(site: str, hall: CertifiedHall) -> tuple[CertifiedHall, ...]:
    """The sites above one by the settings in force, the hall first; none above the hall's own, whose code is empty."""
    if not site:
        return ()
    tree = site_tree()
    between = [code for code in reversed(tree.path(site)[1:]) if code != hall.code]
    return (hall, *(CertifiedHall(code, tree.sites[code].name) for code in between))
