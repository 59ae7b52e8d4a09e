"""Proof that needs no trust: chain, signatures, extracts and releases, checked from files alone and listed in full.

What nobody can see from the files: that the newest certificates were taken away together with their releases. Whoever
has a printed page compares its short code with `Verification.newest`, or looks it up in the ledger.
"""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from reports.certificates.batch import read_inclusion
from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    CERTIFICATE_FILE,
    CHAIN_FOLDER,
    INCLUSION_FILE,
    Certificate,
    CertificateError,
)
from reports.certificates.disk import Discrepancy, Disk
from reports.certificates.evidence import FOLDER, EvidenceStore, EvidenceStoreError
from reports.certificates.form_2 import model_of
from reports.certificates.gate import Asked, GateSubject, objections
from reports.certificates.handed_over import handed_over_problems
from reports.certificates.ledger import (
    AnyLink,
    Archive,
    History,
    Ledger,
    LedgerEntry,
    Link,
    leading_links,
    read_envelope,
)
from reports.certificates.order import judge_ledger, judge_links
from reports.certificates.release import documents_of, in_months, is_release, release_of, stage_of
from reports.certificates.signers import Signer
from reports.certificates.site_verification import SitesVerification
from reports.certificates.site_verification import release_problems as site_release_problems

_READERS = 8


@dataclass(frozen=True)
class Verification:
    """The result of a verification.

    `certificates` were read, `files_hashed` counts the other files read, each once. `not_checked` says in words what
    could not be verified from what was given. `newest` is the short code of the newest certificate, or empty; `excused`
    tells each certificate whose time somebody said not to count.
    """

    problems: tuple[Discrepancy, ...]
    certificates: int
    files_hashed: int
    not_checked: tuple[str, ...]
    newest: str
    excused: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with what was checked."""
        return not self.problems


def verify(
    archive: Archive,
    *,
    month: str | None = None,
    rows: bool = False,
    handed_over: bool = False,
    disk: Disk | None = None,
) -> Verification:
    """Check the whole ledger, and the evidence, extracts and releases of every certificate or of one month's.

    Args:
        archive: What is checked. The list of signers decides, so an auditor brings a copy from elsewhere.
        month: `2025-03`, to read evidence, extracts and releases of that month only.
        rows: Whether the rows of the extracts are counted again too.
        handed_over: Whether desk files, pages and published facts are looked at too, on which no certificate rests.
        disk: Reads each file once; what it has read already isn't read again.

    Returns:
        Every problem found, each with its file. A file that isn't where it should be is a problem like any other, and
        so is one that nothing vouches for in the ledger or in a release.
    """
    disk, ledger = disk or Disk(), archive.ledger
    links = ledger.chain()
    history = History(links)
    chain = judge_ledger(archive, history)
    sites = SitesVerification(
        archive, disk, [link for link in links if link.is_batch and link in chain.trusted], rows=rows
    )
    problems = [*chain.problems, *sites.unread, *_unvouched_releases([*links, *sites.links], archive, month)]
    chosen = [link for link in links if month in {None, link.month}]
    if not chosen:
        which = f"certificate of {month}" if month else "certificate"
        problems.append(Discrepancy(archive.certificates, f"it holds no {which}"))
    by_month: dict[str, list[Link]] = {}
    batches = [link for link in chosen if link.is_batch]
    for link in chosen:
        if link in chain.trusted and not link.is_batch:
            by_month.setdefault(link.month, []).append(link)

    def problems_of(month: str) -> list[Discrepancy]:
        of_month: list[Discrepancy] = []
        for link in by_month[month]:
            entry, folder = chain.trusted[link], release_of(archive.published, link)
            subject = GateSubject(entry.envelope, link.path, history, archive, disk)
            of_month += objections(subject, "sealed")
            of_month += objections(subject, "recount") if rows and entry.certificate.form > 1 else ()
            of_month += _release_problems(folder, entry, leading_links(links, link), disk)
        return of_month

    # Months share no extracts, so each file is still read once; a cold disk serves several readers sooner than one.
    with ThreadPoolExecutor(_READERS) as pool:
        problems += itertools.chain.from_iterable(pool.map(problems_of, by_month))
    # What their months rest on is hashed by now; the rest is this program's own work, which threads only slow down.
    for link in batches:
        problems += sites.problems_of(link, chain.trusted[link]) if link in chain.trusted else ()
    if handed_over:
        certified = {link.month: entry.certificate for link, entry in chain.trusted.items() if not link.is_batch}
        problems += handed_over_problems(archive.published, month, disk, certified)
    newest = chain.trusted.get(links[-1]) if links else None
    return Verification(
        problems=tuple(problems),
        certificates=len(links) + len(sites.links),
        files_hashed=disk.files_hashed,
        not_checked=tuple(
            f"evidence, extracts and release of {link.path.name}, because it isn't sound itself"
            for link in chosen
            if link not in chain.trusted
        )
        + tuple(
            f"the rows behind {link.path.name}: form 1 doesn't say which are stocks; `yuebao trace` counts them"
            for link in chosen
            if rows and link in chain.trusted and not link.is_batch and chain.trusted[link].certificate.form == 1
        ),
        newest=newest.certificate.code if newest else "",
        excused=tuple(map(str, archive.ledger.excuses.read_entries())),
    )


def verify_release(folder: Path, signers: Sequence[Signer], *, landing: Path | None = None) -> Verification:
    """Check one release folder by itself, as it was handed over: certificate, the links that lead to it, files.

    Args:
        folder: The release, `r<n>` or a copy of it under any name.
        signers: Who may sign; those who no longer may, too.
        landing: The extracts, if they were handed over as well.

    Returns:
        Every problem found, and in `not_checked` what can't be known from the folder alone.
    """
    disk, path, store = Disk(), folder / CERTIFICATE_FILE, EvidenceStore(folder / FOLDER)
    try:
        envelope = read_envelope(path.read_bytes(), store)
        certificate = envelope.certificate
    except (OSError, CertificateError) as error:
        return Verification((Discrepancy(path, str(error)),), 0, 0, ("everything else",), "")
    if certificate.is_batch:
        return _verify_site(folder, LedgerEntry(path, sha256(envelope.content), envelope), signers, landing, disk)
    links = Ledger(folder / CHAIN_FOLDER).chain()
    itself = Link(certificate.place.sequence, certificate.month, certificate.revision, path)
    history = History([*links, itself])
    chain = judge_links(history, signers, first=None)
    problems = [*chain.problems, *_excerpt_problems(folder / CHAIN_FOLDER, links, certificate)]
    not_checked = [
        f"the ledger before {links[0].path.name if links else certificate.name}",
        "whether a later revision has superseded it",
    ]
    if itself in chain.trusted:
        entry = chain.trusted[itself]
        archive = Archive(folder / CHAIN_FOLDER, landing or folder, folder.parent, signers)
        asked: Asked = "alone with extracts" if landing else "alone"
        problems += objections(GateSubject(entry.envelope, path, history, archive, disk), asked)
        problems += _release_problems(folder, entry, links, disk)
    else:
        not_checked.append("the files of the release, because its certificate isn't sound")
    if landing is None:
        not_checked.append(f"{_extracts_of(certificate)} extracts and their manifest entries")
    return Verification(tuple(problems), len(links) + 1, disk.files_hashed, tuple(not_checked), certificate.code)


def _verify_site(
    folder: Path, batch: LedgerEntry, signers: Sequence[Signer], landing: Path | None, disk: Disk
) -> Verification:
    """As `verify_release`, of a site; its evidence lies in the folder, or beside the sites of the month."""
    path, inclusion_file = batch.path, folder / INCLUSION_FILE
    beside = folder.parent.parent / FOLDER
    store = EvidenceStore(folder / FOLDER if (folder / FOLDER).is_dir() else beside)
    placed = batch.certificate
    link = Link(placed.place.sequence, placed.month, placed.revision, path, is_batch=True)
    problems = judge_links(History([link]), signers, first=None).problems
    try:
        inclusion = read_inclusion(inclusion_file.read_bytes())
        candidate = inclusion.candidate
        certificate = model_of(candidate, store, placed.place, candidate.texts, placed.sign_offs)
    except (OSError, ValueError) as error:
        return Verification((*problems, Discrepancy(inclusion_file, str(error))), 1, 0, ("everything else",), "")
    problems += site_release_problems(folder, inclusion, batch, certificate, disk)
    not_checked = ["the ledger before it", "whether a later revision has superseded it"]
    if store.folder.is_dir():
        archive = Archive(store.folder.with_name(CHAIN_FOLDER), landing or folder, folder.parent, signers)
        asked: Asked = "alone with extracts" if landing else "alone"
        envelope = replace(batch.envelope, certificate=certificate)
        problems += objections(GateSubject(envelope, path, History(()), archive, disk, in_batch=True), asked)
    else:
        not_checked.append(f"its evidence, which lies in {FOLDER} beside the releases of the month's sites")
    if landing is None:
        not_checked.append(f"{_extracts_of(certificate)} extracts and their manifest entries")
    return Verification(tuple(problems), 1, disk.files_hashed, tuple(not_checked), certificate.code)


def _extracts_of(certificate: Certificate) -> str:
    try:
        return f"its {len(certificate.foundation.all_extracts)}"
    except EvidenceStoreError:
        return "its"


def _excerpt_problems(folder: Path, links: Sequence[Link], certificate: Certificate) -> Iterator[Discrepancy]:
    if certificate.place.sequence > 1 and not links:
        yield Discrepancy(folder, f"the certificate before {certificate.name} is absent")
    elif certificate.revision > 1 and (links[0].month, links[0].revision + 1) != (
        certificate.month,
        certificate.revision,
    ):
        yield Discrepancy(
            folder, f"the links don't reach back to revision {certificate.revision - 1} of {certificate.month}"
        )


def _release_problems(folder: Path, entry: LedgerEntry, chain: Sequence[Link], disk: Disk) -> list[Discrepancy]:
    certificate = entry.certificate
    if not folder.is_dir():
        unfinished = " (it was staged, and the next run of certify finishes it)" if stage_of(folder).exists() else ""
        return [Discrepancy(folder, f"the release of {certificate.name} is absent{unfinished}")]
    try:
        documents = documents_of(certificate)
    except EvidenceStoreError:  # the gate says which one, and nobody knows any more which files its settings list
        documents = {*certificate.evidence.values(), *(path.name for path in (folder / FOLDER).glob("*"))}
    expected = {
        folder / CERTIFICATE_FILE: entry.sha256,
        **{folder / CHAIN_FOLDER / link.path.name: disk.digest(link.path) for link in chain},
        **{folder / FOLDER / digest: digest for digest in documents},
        **{folder / name: digest for name, digest in certificate.files.items()},
    }
    strangers = sorted(path for path in folder.rglob("*") if not path.is_dir() and path not in expected)
    return [
        *disk.problems(expected.items(), certificate.name),
        *(Discrepancy(path, f"{certificate.name} doesn't know this file") for path in strangers),
    ]


def _unvouched_releases(links: Sequence[AnyLink], archive: Archive, month: str | None) -> list[Discrepancy]:
    vouched = {release_of(archive.published, link) for link in links}
    return [
        Discrepancy(folder, "no certificate in the ledger vouches for this release")
        for folder in in_months(archive.published, "r*", month)
        if is_release(folder) and folder not in vouched
    ]
