"""Certifying a month: a candidate is drawn up, signed by each who has to, and added to the ledger in one step.

The candidate comes first because people sign it, days apart if need be, and know nothing of its place in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from reports.certificates import form_2
from reports.certificates.bases import bases_at
from reports.certificates.batch import Batch, SiteRecord, evidence_documents
from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    Certificate,
    CertificateError,
    CertifiedHall,
    Envelope,
    Foundation,
    Head,
    Place,
    Policy,
    Program,
    Reason,
    SignOff,
    moment_text,
    short_code,
)
from reports.certificates.disk import Discrepancy, lines_of
from reports.certificates.form_2 import Signed
from reports.certificates.gate import Asked, GateSubject, objections
from reports.certificates.ledger import Archive, HeadMovedError, History, LedgerEntry
from reports.certificates.recount import Recounts
from reports.certificates.release import begin_sites, complete_releases, stage
from reports.certificates.release_text import CODE_CARRIERS, SECTION_TEXT, release_files
from reports.certificates.signers import SigningKey
from reports.figures.months import MonthSpan
from reports.figures.numbers import MonthlyNumber


@dataclass(frozen=True)
class MonthToCertify:
    """What is asked to be certified.

    Attributes:
        site: whose numbers they are: the hall's own code, or that of a site below it.
        numbers: every number of the month that isn't derived.
        foundation: what they rest on, less bases and notes; of what is derived the definitions and rankings alone.
        settings: the files that `foundation.settings` lists, as bytes.
        span: the month's days, where it isn't the calendar month.
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
    span: MonthSpan | None = None


@dataclass(frozen=True)
class Drawn:
    """A candidate that was drawn up.

    Attributes:
        certificate: the certificate that it would be.
        documents: those that it names, by SHA-256.
        sites: of a batch, the candidates of its sites, whose documents aren't among the batch's.
    """

    certificate: Certificate
    documents: Mapping[str, bytes]
    sites: Sequence[Drawn] = ()

    @property
    def content(self) -> bytes:
        """The bytes that people sign the SHA-256 of."""
        return form_2.candidate_of(self.certificate).content

    @property
    def text(self) -> bytes:
        """What people read before they sign it."""
        if not self.sites:
            return release_files(self.certificate)[SECTION_TEXT]
        return _read_together(self.sites)


def draw_up(
    archive: Archive, request: MonthToCertify, head: Head | None = None, history: History | None = None
) -> Drawn:
    """Draw up the candidate that would be the ledger's next certificate; nothing is written.

    Args:
        archive: Where it would go.
        request: What is asked to be certified.
        head: What the ledger ended with when the same candidate was drawn up before; None for now.
        history: The ledger's links of the site, where the caller has them already.

    Raises:
        LedgerError: A certificate in the ledger can't be read.
        SectionError, WordingError: The numbers can't be worded.
        ValueError: The month isn't written YYYY-MM.
    """
    ledger, below = archive.ledger, "" if request.site == request.hall.code else request.site
    place, history = ledger.next_place(""), history or History(ledger.links(site=below))
    revision = len(history.of(request.month, place.sequence)) + 1
    bases = bases_at(history, place.sequence, request.month, request.numbers, request.foundation)
    foundation = replace(request.foundation, bases=bases.certificates, notes=bases.notes, derived=bases.derived)
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
        span=request.span,
    )
    texts = {name: digest for name, digest in _digests(unworded).items() if name not in CODE_CARRIERS}
    worded = replace(unworded, texts=texts)
    coded = replace(worded, code=short_code(form_2.candidate_of(worded).content))
    return Drawn(replace(coded, files=_digests(coded)), _by_digest([*documents.values(), *request.settings]))


def draw_up_batch(archive: Archive, sites: Sequence[Drawn], head: Head | None = None) -> Drawn:
    """Draw up the candidate of a batch of sites' certificates, at least one; nothing is written.

    Args:
        archive: Where it would go.
        sites: Their candidates, of one month, for one reason, and drawn up on the same archive and build.
        head: As `draw_up`.

    Raises:
        LedgerError: A certificate in the ledger can't be read.
    """
    ledger, first = archive.ledger, sites[0].certificate
    contents = {drawn.certificate.site: drawn.content for drawn in sites}
    records = [
        SiteRecord(drawn.certificate.site, drawn.certificate.revision, sha256(contents[drawn.certificate.site]))
        for drawn in sites
    ]
    documents, place = evidence_documents(records), ledger.next_place("")
    number = sum(link.is_batch and link.month == first.month for link in ledger.chain()) + 1
    batch = replace(
        first,
        place=place,
        site="",
        revision=number,
        numbers=(),
        code="",
        files={},
        texts={SECTION_TEXT: sha256(_read_together(sites))},
        evidence={name: sha256(content) for name, content in documents.items()},
        head=head or Head(place.sequence - 1, place.previous),
    )
    coded = replace(batch, code=short_code(form_2.candidate_of(batch).content))
    return Drawn(coded, _by_digest([*documents.values(), *contents.values()]), tuple(sites))


def _read_together(sites: Sequence[Drawn]) -> bytes:
    """The texts of a batch in one, each under its site's code."""
    texts = ((drawn.certificate.site, drawn.text) for drawn in sites)
    return b"\n".join(f"{site}\n".encode() + text for site, text in texts)


def _by_digest(contents: Sequence[bytes]) -> dict[str, bytes]:
    return {sha256(content): content for content in contents}


def _digests(certificate: Certificate) -> dict[str, str]:
    return {name: sha256(content) for name, content in release_files(certificate).items()}


def sign(drawn: Drawn, key: SigningKey, sign_off: SignOff) -> Signed:
    """Sign a candidate."""
    return sign_digest(sha256(drawn.content), key, sign_off)


def sign_digest(candidate: str, key: SigningKey, sign_off: SignOff) -> Signed:
    """Sign a candidate by the SHA-256 of its bytes."""
    signature = key.sign(form_2.statement(candidate, sign_off))
    return Signed(**vars(sign_off), **vars(signature))


@dataclass(frozen=True)
class Grounds:
    """What a candidate is held against: the folder of the published facts, and the count of its extracts.

    DuckDB counts them unless `recounts` does.
    """

    facts: Path | None
    recounts: Recounts | None = None


def certify(archive: Archive, drawn: Drawn, signed: Sequence[Signed], grounds: Grounds, *, at: str) -> LedgerEntry:
    """Add a signed candidate to the ledger, and show its release.

    Nothing is added that `verify` would refuse: the gate judges the candidate and the ledger with it first. The one
    step that counts is the ledger's. A crash leaves the old state or the new one; `complete_releases`, which runs first
    here too, then heals the release folder.

    Args:
        archive: Where it goes.
        drawn: From `draw_up`, on the same archive.
        signed: The signatures, in the order of the policy's roles (`ROLES`).
        grounds: What it is held against; the published facts are held against its evidence.
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
        placed = _placed(drawn, ledger.next_place(at), tuple(one.sign_off for one in signed))
        histories = ledger.histories() if placed.sites else {"": History(ledger.links())}
        for each in placed.sites or [placed]:
            _require_current(each.certificate, histories.get(each.certificate.below, History(())))
        certificate, envelope = placed.certificate, form_2.envelope_of(placed.certificate, signed)
        if reasons := _objections(archive, _Candidate(placed, envelope, grounds), histories, "sealing"):
            raise CertificateError("\n  ".join([f"{certificate.name} may not be signed:", *lines_of(reasons)]))
        ledger.store.add({**placed.documents, **_documents_of(placed.sites)}.values())
        if placed.sites:
            begin_sites(archive.published, certificate)
        else:
            stage(archive.published, envelope, release_files(certificate), ledger)
        entry = ledger.append(envelope)
        complete_releases(ledger, archive.published)
    return entry


def _placed(drawn: Drawn, place: Place, sign_offs: Sequence[SignOff]) -> Drawn:
    """The candidate, and of a batch those of its sites, at a place of the ledger."""
    return replace(
        drawn,
        certificate=replace(drawn.certificate, place=place, sign_offs=tuple(sign_offs)),
        sites=tuple(_placed(site, place, sign_offs) for site in drawn.sites),
    )


@dataclass(frozen=True)
class _Candidate:
    """A candidate at its place, with the signatures that it has, and what it is held against."""

    drawn: Drawn
    envelope: Envelope
    grounds: Grounds


def _documents_of(sites: Sequence[Drawn]) -> dict[str, bytes]:
    return {digest: content for site in sites for digest, content in site.documents.items()}


def unsigned_objections(archive: Archive, drawn: Drawn, facts: Path) -> list[Discrepancy]:
    """What the gate would object to in a candidate, whoever signs it; nothing is written.

    Raises:
        LedgerError: The newest certificate can't be read.
    """
    placed = _placed(drawn, archive.ledger.next_place(moment_text(datetime.now(UTC))), ())
    envelope = form_2.envelope_of(placed.certificate, [])
    return _objections(archive, _Candidate(placed, envelope, Grounds(facts)), archive.ledger.histories(), "unsigned")


def _objections(
    archive: Archive, candidate: _Candidate, histories: Mapping[str, History], asked: Asked
) -> list[Discrepancy]:
    """What the gate objects to in a candidate, and in those of a batch, each objection once."""
    ledger, drawn, envelope = archive.ledger, candidate.drawn, candidate.envelope
    path = archive.certificates / envelope.certificate.name
    whole = GateSubject(
        *(envelope, path, History(ledger.chain()), archive),
        facts=candidate.grounds.facts,
        documents=drawn.documents,
        recounts=candidate.grounds.recounts or Recounts(archive.landing),
        batch=Batch(path, envelope, ledger.store, drawn.documents) if drawn.sites else None,
    )
    found = objections(whole, asked)
    for site in drawn.sites:
        own = replace(envelope, certificate=site.certificate)
        history = histories.get(site.certificate.site, History(()))
        subject = replace(whole, envelope=own, history=history, documents=site.documents, batch=None, in_batch=True)
        found += [one.of_site(site.certificate.site) for one in objections(subject, asked)]
    return list({str(one): one for one in found}.values())


def require_clock(archive: Archive) -> None:
    """Refuse to sign at a moment that lies before the newest certificate.

    Raises:
        CertificateError: It does; the message says what the clock says and what to do.
        LedgerError: The newest certificate can't be read.
    """
    newest, clock = archive.ledger.newest(), datetime.now(UTC)
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
    bases = bases_at(history, sequence, candidate.month, candidate.numbers, candidate.foundation)
    revision = len(history.of(candidate.month, sequence)) + 1
    stands = (revision, bases.certificates, bases.notes)
    if stands != (candidate.revision, candidate.foundation.bases, candidate.foundation.notes):
        newest = history.links[-1].path.name if history.links else "empty"
        raise HeadMovedError(
            f"{candidate.month} r{candidate.revision} was not added: somebody else certified in the meantime, and the "
            f"ledger is now at {newest}; look at what changed and certify again"
        )
