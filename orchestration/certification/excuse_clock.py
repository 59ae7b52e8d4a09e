"""Heals a ledger that a wrong clock made unusable; no certificate is lost or changed by it."""

from orchestration.certification.certify import current_archive
from orchestration.config.hall import load_own_hall
from orchestration.runtime.audit_log import who
from orchestration.runtime.errors import Refused
from reports.certificates.excuses import Excuses
from reports.certificates.verification import verify


def excuse_clock(certificate: str, note: str, *, by: str) -> list[str]:
    """Put on record that a certificate's time doesn't count; gives what to tell.

    Raises:
        Refused: the ledger has no such certificate, its time counts for nothing already, or no reason is given.
    """
    archive = current_archive()
    link = next((link for link in archive.ledger.chain() if link.path.name == certificate), None)
    if link is None:
        raise Refused(f"{archive.certificates} has no {certificate}")
    if not note.strip():
        raise Refused("say with --note what was wrong with the clock")
    entry = link.read()
    if entry.sha256 in archive.ledger.excused:
        raise Refused(f"{certificate} is excused already; `yuebao verify` says by whom")
    excuses = Excuses(archive.ledger.excuses.folder, load_own_hall().hall.zone)
    excuse = excuses.add_excuse(certificate, entry.sha256, by=by or who(), note=note.strip())
    left = verify(archive).problems
    return [str(excuse), *map(str, left), f"{len(left)} problems are left" if left else "the ledger is sound"]
