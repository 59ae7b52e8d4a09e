"""What the commands about certified numbers do: certify, verify, proofread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.certification.certify import Asked, People, archive_of, read_signers
from orchestration.certification.pending_revision import pending_revision
from orchestration.cli.reporting import bring_to_certificate
from orchestration.cli.runs import Runs
from orchestration.config.catalogue import labels
from orchestration.config.hall import load_hall
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home
from orchestration.warehouse.month import open_month
from reports.certificates.certificate import Reason
from reports.certificates.ledger import Archive, LedgerEntry
from reports.certificates.release import release_of
from reports.certificates.revision import affected_sentences, compare
from reports.certificates.verification import Verification, verify, verify_release
from reports.figures.numbers import MonthlyNumber
from reports.proofreading import KnownNumber, KnownNumbers, OwnFigure


@dataclass(frozen=True)
class Revised:
    """A revision: its entry, its release, and in Chinese what it changes of what was printed."""

    entry: LedgerEntry
    release: Path
    note: str
    affected: tuple[str, ...]


def certify_now(name: str, people: People) -> tuple[LedgerEntry, Path]:
    """Certify a month for the first time; return its entry and the folder of its release.

    Raises:
        Refused: it can't be printed, is certified already, or may not be signed.
    """
    archive = archive_of(load_hall(), current_home())
    if certified := archive.ledger.latest(name):
        pending = pending_revision(certified.certificate, current_home())
        then = f"\n{pending}" if pending else ""
        raise Refused(f"{name} is certified already: {certified.certificate.name}, {certified.certificate.code}{then}")
    bring_to_certificate(Runs(current_home()), name, Asked(1, people))
    entry = archive.ledger.entries(name)[0]
    return entry, release_of(archive.published, entry.certificate)


def revise_now(name: str, people: People, reason: Reason, note: str) -> Revised:
    """Certify a month anew, for a reason; every earlier certificate and release stays.

    Raises:
        Refused: it was never certified, nothing has changed, it can't be printed, or it may not be signed.
    """
    archive = archive_of(load_hall(), current_home())
    before = archive.ledger.latest(name)
    if before is None:
        raise Refused(f"{name} was never certified; run `yuebao certify {name}`")
    if before.certificate.foundation.fingerprint == open_month(name).fingerprint:
        raise Refused(f"nothing behind {name} has changed since {before.certificate.name}")
    bring_to_certificate(Runs(current_home()), name, Asked(before.certificate.revision + 1, people, reason, note))
    *_, entry = entries = archive.ledger.entries(name)
    comparison = compare([each.certificate for each in entries[before.certificate.revision - 1 :]])
    printed = release_of(archive.published, before.certificate) / "section.txt"
    found = affected_sentences(comparison, {str(printed): printed.read_text(encoding="utf-8")})
    sentences = tuple(each.sentence for each in found)
    return Revised(entry, release_of(archive.published, entry.certificate), comparison.note, sentences)


def verify_what(what: str | None, signers: Path | None) -> Verification:
    """Verify the whole ledger, one month of it, or a release folder that was handed over.

    A release folder held against an auditor's own list of signers needs no installation.
    """
    if signers and what and Path(what).is_dir():
        return verify_release(Path(what), read_signers(signers))
    hall, home = load_hall(), current_home()
    archive = archive_of(hall, home)
    if signers:
        archive = Archive(archive.certificates, archive.landing, archive.published, read_signers(signers))
    if what and Path(what).is_dir():
        return verify_release(Path(what), archive.signers)
    return verify(archive, month=what)


def known_numbers(month: str, figures: list[OwnFigure]) -> KnownNumbers:
    """All numbers that certificates know, for proofreading a text about one month.

    Raises:
        Refused: the month isn't certified.
    """
    archive = archive_of(load_hall(), current_home())
    if archive.ledger.latest(month) is None:
        raise Refused(f"{month} isn't certified; run `yuebao certify {month}` first")
    return KnownNumbers(month, list(ledger_numbers(archive)), figures)


def ledger_numbers(archive: Archive) -> Iterator[KnownNumber]:
    """The numbers of every certificate, superseded ones too."""
    for entry in archive.ledger.entries():
        certificate = entry.certificate
        superseded = archive.ledger.state(certificate) == "已修订"
        known = known_of(certificate.numbers, certificate.month)
        yield from (replace(number, revision=certificate.revision, superseded=superseded) for number in known)


def known_of(numbers: Iterable[MonthlyNumber], month: str) -> Iterator[KnownNumber]:
    """Numbers of a month as proofreading knows them."""
    named = labels()
    for number in numbers:
        yield KnownNumber(**vars(number), labels=named.get(number.metric, ()), month=month)
