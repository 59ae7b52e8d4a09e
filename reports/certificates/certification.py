"""Certifying a month: a draft for the ledger as it stands, then one step that signs, records and releases it.

The draft comes first because the files of the release carry its short code and flags; `certify` is given those files.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    Certificate,
    CertificateError,
    CertifiedHall,
    Envelope,
    Foundation,
    Policy,
    Reason,
    SignOff,
)
from reports.certificates.invariants import broken_invariants
from reports.certificates.ledger import Archive, Ledger, LedgerEntry
from reports.certificates.release import complete_releases, stage
from reports.certificates.revision import edition_notes
from reports.certificates.signers import SigningKey, authenticity_problems
from reports.certificates.verification import Disk, extract_problems, ledger_problems
from reports.figures.flags import flagged
from reports.figures.months import months_before
from reports.figures.numbers import MonthlyNumber
from reports.figures.section import Origin, Vintage, certified_files
from reports.figures.wording import WordingTemplate


@dataclass(frozen=True)
class Candidate:
    """What is asked to be certified.

    `numbers` are every number of the month, and `foundation` what they rest on. `sign_offs` come in the order of the
    policy's roles (`ROLES`). `reason` and `note` say why there is a revision; both are empty for a first certificate.
    """

    hall: CertifiedHall
    month: str
    numbers: Sequence[MonthlyNumber]
    foundation: Foundation
    policy: Policy
    sign_offs: Sequence[SignOff]
    reason: Reason | Literal[""] = ""
    note: str = ""


def draft(archive: Archive, candidate: Candidate) -> Certificate:
    """The certificate that would be next, with flags and short code, vouching for no file yet; nothing is written.

    Raises:
        LedgerError: A certificate in the ledger can't be read.
        ValueError: The month isn't written YYYY-MM.
    """
    month = candidate.month
    sequence, previous, revision = archive.ledger.next_place(month)
    return Certificate(
        kind="yuebao certificate 1",
        sequence=sequence,
        previous=previous,
        hall=candidate.hall,
        month=month,
        revision=revision,
        reason=candidate.reason,
        note=candidate.note,
        numbers=flagged_before(archive.ledger, sequence, month, candidate.numbers),
        foundation=candidate.foundation,
        policy=candidate.policy,
        sign_offs=tuple(candidate.sign_offs),
        files={},
    )


def flagged_before(
    ledger: Ledger, sequence: int, month: str, numbers: Iterable[MonthlyNumber]
) -> tuple[MonthlyNumber, ...]:
    """Flag a month's numbers by the certificates that stood before one of the ledger's places.

    Raises:
        LedgerError: A certificate in the ledger can't be read.
        ValueError: The month isn't written YYYY-MM.
    """

    def newest(of: str) -> Mapping[str, MonthlyNumber]:
        links = [link for link in ledger.links(of) if link.sequence < sequence]
        return links[-1].read().certificate.by_metric if links else {}

    return flagged(numbers, newest(month), newest(months_before(month, 1)))


def release_files(
    archive: Archive, drafted: Certificate, origin: Origin, *, template: WordingTemplate
) -> dict[str, bytes]:
    """Word a draft's release from nothing but its numbers, with the revision notes that the ledger asks for.

    Raises:
        LedgerError: A certificate in the ledger can't be read.
        SectionError, WordingError: As `write_draft` raises.
    """
    vintage = Vintage(drafted.revision, drafted.code, edition_notes(archive.ledger, drafted))
    return certified_files(drafted.by_metric, origin, vintage, template=template)


def certify(archive: Archive, drafted: Certificate, contents: Mapping[str, bytes], key: SigningKey) -> LedgerEntry:
    """Sign a draft with the files of its release, add it to the ledger, and show the release.

    Nothing is signed that `verify` would refuse: ledger, signers, extracts and manifest entries are judged first. The
    one step that counts is the ledger's. A crash leaves the old state or the new one; `complete_releases`, which runs
    first here too, then heals the release folder.

    Args:
        archive: Where it goes.
        drafted: From `draft`, on the same archive.
        contents: The release's files by name, as bytes.
        key: The signer's or the service's.

    Returns:
        The new entry of the ledger.

    Raises:
        CertificateError: It may not be signed; every reason is given.
        HeadMovedError: Somebody else certified since the draft; nothing was written.
        ReleaseError: A folder that no certificate vouches for is in the release's place.
    """
    certificate = replace(drafted, files={name: sha256(content) for name, content in contents.items()})
    envelope = key.seal(certificate)
    with archive.ledger.lock:
        complete_releases(archive.ledger, archive.published)
        archive.ledger.require_head(certificate)
        if reasons := _reasons_against(envelope, archive):
            raise CertificateError("\n  ".join([f"{certificate.name} may not be signed:", *reasons]))
        stage(archive.published, envelope, contents, archive.ledger)
        entry = archive.ledger.append(envelope)
        complete_releases(archive.ledger, archive.published)
    return entry


def _reasons_against(envelope: Envelope, archive: Archive) -> list[str]:
    certificate = envelope.certificate
    return [
        *broken_invariants(certificate),
        *authenticity_problems(envelope, archive.signers),
        *map(str, ledger_problems(archive)),
        *map(str, extract_problems(certificate, archive.landing, Disk())),
    ]
