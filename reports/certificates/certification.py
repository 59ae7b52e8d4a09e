"""Certifying a month: a candidate is drawn up, signed by each who has to, and added to the ledger in one step.

The candidate comes first because people sign it, days apart if need be, and know nothing of its place in the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from reports.certificates import form_2
from reports.certificates.bases import bases_at
from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    Certificate,
    CertificateError,
    CertifiedHall,
    Envelope,
    Foundation,
    Head,
    Policy,
    Program,
    Reason,
    SignOff,
    moment_text,
    short_code,
)
from reports.certificates.disk import Discrepancy, lines_of
from reports.certificates.form_2 import Signed
from reports.certificates.gate import GateSubject, objections
from reports.certificates.ledger import Archive, HeadMovedError, History, LedgerEntry
from reports.certificates.release import complete_releases, stage
from reports.certificates.release_text import CODE_CARRIERS, release_files
from reports.certificates.signers import SigningKey
from reports.figures.numbers import MonthlyNumber


@dataclass(frozen=True)
class MonthToCertify:
    """What is asked to be certified.

    Attributes:
        numbers: every number of the month.
        foundation: what they rest on, less bases and notes.
        settings: the files that `foundation.settings` lists, as bytes.
        reason: why there is a revision, as `note`; both are empty for a first certificate.
    """

    hall: CertifiedHall
    site: str
    month: str
    numbers: Sequence[MonthlyNumber]
    program: Program
    foundation: Foundation
    settings: Sequence[bytes]
    policy: Policy
    reason: Reason | Literal[""] = ""
    note: str = ""


@dataclass(frozen=True)
class Drawn:
    """A candidate that was drawn up: the certificate that it would be, and the documents that it names."""

    certificate: Certificate
    documents: Sequence[bytes]

    @property
    def content(self) -> bytes:
        """The bytes that people sign the SHA-256 of."""
        return form_2.candidate_of(self.certificate).content


def draw_up(archive: Archive, request: MonthToCertify, head: Head | None = None) -> Drawn:
    """Draw up the candidate that would be the ledger's next certificate; nothing is written.

    Args:
        archive: Where it would go.
        request: What is asked to be certified.
        head: What the ledger ended with when the same candidate was drawn up before; None for now.

    Raises:
        LedgerError: A certificate in the ledger can't be read.
        SectionError, WordingError: The numbers can't be worded.
        ValueError: The month isn't written YYYY-MM.
    """
    ledger = archive.ledger
    place, revision = ledger.next_place(""), len(ledger.links(request.month)) + 1
    bases = bases_at(History(ledger.links()), place.sequence, request.month, request.numbers)
    foundation = replace(request.foundation, bases=bases.certificates, notes=bases.notes)
    documents = form_2.documents(foundation)
    unworded = Certificate(
        form=2,
        place=place,
        hall=request.hall,
        site=request.site,
        month=request.month,
        revision=revision,
        reason=request.reason,
        note=request.note,
        numbers=bases.numbers,
        program=request.program,
        policy=request.policy,
        sign_offs=(),
        code="",
        files={},
        texts={},
        evidence={name: sha256(content) for name, content in documents.items()},
        head=head or Head(place.sequence - 1, place.previous),
        read_foundation=lambda: foundation,
    )
    texts = {name: digest for name, digest in _digests(unworded).items() if name not in CODE_CARRIERS}
    worded = replace(unworded, texts=texts)
    coded = replace(worded, code=short_code(form_2.candidate_of(worded).content))
    return Drawn(replace(coded, files=_digests(coded)), [*documents.values(), *request.settings])


def _digests(certificate: Certificate) -> dict[str, str]:
    return {name: sha256(content) for name, content in release_files(certificate).items()}


def sign(drawn: Drawn, key: SigningKey, sign_off: SignOff) -> Signed:
    """Sign a candidate."""
    return sign_digest(sha256(drawn.content), key, sign_off)


def sign_digest(candidate: str, key: SigningKey, sign_off: SignOff) -> Signed:
    """Sign a candidate by the SHA-256 of its bytes."""
    signature = key.sign(form_2.statement(candidate, sign_off))
    return Signed(**vars(sign_off), **vars(signature))


def certify(archive: Archive, drawn: Drawn, signed: Sequence[Signed], *, facts: Path | None, at: str) -> LedgerEntry:
    """Add a signed candidate to the ledger, and show its release.

    Nothing is added that `verify` would refuse: the gate judges the candidate and the ledger with it first. The one
    step that counts is the ledger's. A crash leaves the old state or the new one; `complete_releases`, which runs first
    here too, then heals the release folder.

    Args:
        archive: Where it goes.
        drawn: From `draw_up`, on the same archive.
        signed: The signatures, in the order of the policy's roles (`ROLES`).
        facts: The folder of the published facts, which are held against the evidence.
        at: This moment, in hall time.

    Returns:
        The new entry of the ledger.

    Raises:
        CertificateError: It may not be certified; every reason is given.
        HeadMovedError: Somebody else certified since it was drawn up; nothing was added.
        ReleaseError: A folder that no certificate vouches for is in the release's place.
    """
    ledger = archive.ledger
    require_clock(archive)
    with ledger.writing():
        complete_releases(ledger, archive.published)
        sign_offs = tuple(one.sign_off for one in signed)
        placed = replace(drawn.certificate, place=ledger.next_place(at), sign_offs=sign_offs)
        history = History(ledger.links())
        _require_current(placed, history)
        envelope = form_2.envelope_of(placed, signed)
        if reasons := objections(_subject(archive, envelope, drawn, facts, history), "sealing"):
            raise CertificateError("\n  ".join([f"{placed.name} may not be signed:", *lines_of(reasons)]))
        ledger.store.add(drawn.documents)
        stage(archive.published, envelope, release_files(placed), ledger)
        entry = ledger.append(envelope)
        complete_releases(ledger, archive.published)
    return entry


def unsigned_objections(archive: Archive, drawn: Drawn, facts: Path) -> list[Discrepancy]:
    """What the gate would object to in a candidate, whoever signs it; nothing is written.

    Raises:
        LedgerError: The newest certificate can't be read.
    """
    placed = replace(drawn.certificate, place=archive.ledger.next_place(moment_text(datetime.now(UTC))))
    history = History(archive.ledger.links())
    return objections(_subject(archive, form_2.envelope_of(placed, []), drawn, facts, history), "unsigned")


def _subject(archive: Archive, envelope: Envelope, drawn: Drawn, facts: Path | None, history: History) -> GateSubject:
    path = archive.certificates / envelope.certificate.name
    return GateSubject(envelope, path, history, archive, facts=facts, documents=drawn.documents)


def require_clock(archive: Archive) -> None:
    """Refuse to sign at a moment that lies before the newest certificate.

    Raises:
        CertificateError: It does; the message says what the clock says and what to do.
        LedgerError: The newest certificate can't be read.
    """
    newest, clock = archive.ledger.latest(), datetime.now(UTC)
    if newest and newest.sha256 not in archive.ledger.excused and clock < newest.certificate.recorded_at:
        says = moment_text(clock.astimezone(newest.certificate.recorded_at.tzinfo))
        raise CertificateError(
            f"the clock says {says}, and {newest.path.name} was added at {newest.certificate.place.at}: "
            "nothing is signed before the newest certificate. Set the clock right (`timedatectl status`), then the "
            "same again; if the certificate's time is the wrong one, `yuebao excuse-clock` puts that on record"
        )


def _require_current(candidate: Certificate, history: History) -> None:
    """Compare what stands now with what stood when a candidate was drawn up.

    Raises:
        HeadMovedError: The month was certified since, or a month that it compares with.
    """
    sequence = candidate.place.sequence
    bases = bases_at(history, sequence, candidate.month, candidate.numbers)
    revision = len(history.of(candidate.month, sequence)) + 1
    stands = (revision, bases.certificates, bases.notes)
    if stands != (candidate.revision, candidate.foundation.bases, candidate.foundation.notes):
        newest = history.links[-1].path.name if history.links else "empty"
        raise HeadMovedError(
            f"{candidate.month} r{candidate.revision} was not added: somebody else certified in the meantime, and the "
            f"ledger is now at {newest}; look at what changed and certify again"
        )
