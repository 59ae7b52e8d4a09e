"""Proof that needs no trust: chain, signatures, extracts and releases, checked from files alone and listed in full.

What nobody can see from the files: that the newest certificates were taken away together with their releases. Whoever
has a printed page compares its short code with `Verification.newest`, or looks it up in the ledger.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from reports.certificates.canonical import sha256
from reports.certificates.certificate import CERTIFICATE_FILE, CHAIN_FOLDER, Certificate, CertificateError, Envelope
from reports.certificates.invariants import broken_invariants
from reports.certificates.ledger import Archive, Ledger, LedgerEntry, LedgerError, Link, leading_links
from reports.certificates.release import is_release, release_of, stage_of
from reports.certificates.signers import Signer, authenticity_problems

_READERS = 8


@dataclass(frozen=True)
class Discrepancy:
    """What is wrong with one file (or the folder in which one is absent)."""

    file: Path
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


@dataclass(frozen=True)
class Verification:
    """The result of a verification.

    `certificates` were read, `files_hashed` counts the other files read, each once. `not_checked` says in words what
    could not be verified from what was given. `newest` is the short code of the newest certificate, or empty.
    """

    problems: tuple[Discrepancy, ...]
    certificates: int
    files_hashed: int
    not_checked: tuple[str, ...]
    newest: str

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with what was checked."""
        return not self.problems


class Disk:
    """Reads files and hashes each once."""

    def __init__(self) -> None:
        self._hashes: dict[Path, str] = {}

    @property
    def files_hashed(self) -> int:
        """How many files were read."""
        return sum(map(bool, self._hashes.values()))

    def problems(self, files: Iterable[tuple[Path, str]], vouched_by: str) -> list[Discrepancy]:
        """What is wrong with files that must each have a SHA-256."""
        return [problem for path, digest in files if (problem := self._problem(path, digest, vouched_by))]

    def _problem(self, path: Path, digest: str, vouched_by: str) -> Discrepancy | None:
        actual = self.digest(path)
        if not actual:
            return Discrepancy(path, f"it is absent or can't be read, but {vouched_by} vouches for it")
        if actual != digest:
            return Discrepancy(path, f"it was changed: its SHA-256 is not the one in {vouched_by}")
        return None

    def digest(self, path: Path) -> str:
        """A file's SHA-256, or an empty text if it can't be read."""
        if path not in self._hashes:
            try:
                self._hashes[path] = sha256(path.read_bytes())
            except OSError:
                self._hashes[path] = ""
        return self._hashes[path]


def verify(archive: Archive, *, month: str | None = None) -> Verification:
    """Check the whole ledger, and the extracts and releases of every certificate or of one month's.

    Args:
        archive: What is checked. The list of signers decides, so an auditor brings a copy from elsewhere.
        month: `2025-03`, to read extracts and releases of that month only.

    Returns:
        Every problem found, each with its file. A file that isn't where it should be is a problem like any other, and
        so is one that nothing vouches for in the ledger or in a release.
    """
    disk = Disk()
    links = archive.ledger.links()
    chain = _judge(links, archive.signers, first=1)
    problems = [*_strangers(archive.ledger), *chain.problems, *_unvouched_releases(links, archive, month)]
    chosen = [link for link in links if month in {None, link.month}]
    if not chosen:
        which = f"certificate of {month}" if month else "certificate"
        problems.append(Discrepancy(archive.certificates, f"it holds no {which}"))
    by_month: dict[str, list[Link]] = {}
    for link in chosen:
        if link in chain.trusted:
            by_month.setdefault(link.month, []).append(link)

    def problems_of(month: str) -> list[Discrepancy]:
        of_month: list[Discrepancy] = []
        for link in by_month[month]:
            entry, folder = chain.trusted[link], release_of(archive.published, link)
            of_month += extract_problems(entry.certificate, archive.landing, disk)
            of_month += _release_problems(folder, entry, leading_links(links, link), disk)
        return of_month

    # Months share no extracts, so each file is still read once; a cold disk serves several readers sooner than one.
    with ThreadPoolExecutor(_READERS) as pool:
        problems += itertools.chain.from_iterable(pool.map(problems_of, by_month))
    newest = chain.trusted.get(links[-1]) if links else None
    return Verification(
        problems=tuple(problems),
        certificates=len(links),
        files_hashed=disk.files_hashed,
        not_checked=tuple(
            f"extracts and release of {link.path.name}, because it isn't sound itself"
            for link in chosen
            if link not in chain.trusted
        ),
        newest=newest.certificate.code if newest else "",
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
    disk = Disk()
    path = folder / CERTIFICATE_FILE
    try:
        certificate = Envelope.read(path.read_bytes()).certificate
    except (OSError, CertificateError) as error:
        return Verification((Discrepancy(path, str(error)),), 0, 0, ("everything else",), "")
    links = Ledger(folder / CHAIN_FOLDER).links()
    itself = Link(certificate.sequence, certificate.month, certificate.revision, path)
    chain = _judge([*links, itself], signers, first=None)
    problems = [*chain.problems, *_excerpt_problems(folder / CHAIN_FOLDER, links, certificate)]
    not_checked = [
        f"the ledger before {links[0].path.name if links else certificate.name}",
        "whether a later revision has superseded it",
    ]
    if itself in chain.trusted:
        problems += _release_problems(folder, chain.trusted[itself], links, disk)
    else:
        not_checked.append("the files of the release, because its certificate isn't sound")
    if landing is None:
        not_checked.append(f"its {len(certificate.foundation.extracts)} extracts and their manifest entries")
    elif itself in chain.trusted:
        problems += extract_problems(certificate, landing, disk)
    return Verification(tuple(problems), len(links) + 1, disk.files_hashed, tuple(not_checked), certificate.code)


def ledger_problems(archive: Archive) -> list[Discrepancy]:
    """What is wrong with a ledger by itself: chain, order, signatures, strangers; an empty one is sound."""
    chain = _judge(archive.ledger.links(), archive.signers, first=1)
    return [*_strangers(archive.ledger), *chain.problems]


def extract_problems(certificate: Certificate, landing: Path, disk: Disk) -> list[Discrepancy]:
    """What is wrong with the extracts that a certificate rests on, and with their manifest entries."""
    files = [
        (landing / place, digest)
        for extract in certificate.foundation.extracts
        for place, digest in ((extract.path, extract.sha256), (extract.entry_path, extract.entry_sha256))
    ]
    return disk.problems(files, certificate.name)


@dataclass(frozen=True)
class _Chain:
    """Links, judged: what is wrong, and the entries whose own words can be relied on."""

    problems: list[Discrepancy]
    trusted: dict[Link, LedgerEntry]


def _judge(links: Sequence[Link], signers: Sequence[Signer], *, first: int | None) -> _Chain:
    """Judge links in order; they must begin at sequence `first`, or anywhere if it is None."""
    problems: list[Discrepancy] = []
    trusted: dict[Link, LedgerEntry] = {}
    revisions: Counter[str] = Counter()
    before: LedgerEntry | None = None
    expected = first
    for link in links:
        revisions[link.month] += 1
        problems += _order_problems(link, expected, revisions[link.month] if first else None)
        entry, faults = _read_link(link, signers)
        if entry:
            problems += _link_problems(link, entry, before if link.sequence == expected else None)
        if entry and not faults:
            trusted[link] = entry
        problems += faults
        before, expected = entry, link.sequence + 1
    return _Chain(problems, trusted)


def _read_link(link: Link, signers: Sequence[Signer]) -> tuple[LedgerEntry | None, list[Discrepancy]]:
    try:
        entry = link.read()
    except LedgerError as error:
        return None, [Discrepancy(link.path, str(error.__cause__))]
    faults = authenticity_problems(entry.envelope, signers) or broken_invariants(entry.certificate)
    return entry, [Discrepancy(link.path, message) for message in faults]


def _order_problems(link: Link, expected: int | None, revision: int | None) -> Iterator[Discrepancy]:
    if expected is not None and link.sequence > expected:
        absent = str(expected) if link.sequence == expected + 1 else f"{expected} to {link.sequence - 1}"
        yield Discrepancy(link.path, f"the chain has a gap before it: certificate {absent} was dropped")
    if expected is not None and link.sequence < expected:
        yield Discrepancy(link.path, f"the chain has more than one certificate {link.sequence}: one was duplicated")
    if revision is not None and link.revision != revision:
        yield Discrepancy(
            link.path, f"as certificate number {revision} of {link.month} it should be revision {revision}"
        )


def _link_problems(link: Link, entry: LedgerEntry, before: LedgerEntry | None) -> Iterator[Discrepancy]:
    certificate = entry.certificate
    if (certificate.sequence, certificate.month, certificate.revision) != link[:3]:
        yield Discrepancy(link.path, f"it was moved or copied here: inside it is {certificate.name}")
        return
    if before is None:
        return
    if certificate.previous != before.sha256:
        yield Discrepancy(link.path, f"the chain is broken: it doesn't follow {before.path.name} as that file is now")
    if certificate.signed_at < before.certificate.signed_at:
        yield Discrepancy(link.path, f"it was signed before {before.path.name}, which it follows")


def _excerpt_problems(folder: Path, links: Sequence[Link], certificate: Certificate) -> Iterator[Discrepancy]:
    if certificate.sequence > 1 and not links:
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
    expected = {
        folder / CERTIFICATE_FILE: entry.sha256,
        **{folder / CHAIN_FOLDER / link.path.name: disk.digest(link.path) for link in chain},
        **{folder / name: digest for name, digest in certificate.files.items()},
    }
    strangers = sorted(path for path in folder.rglob("*") if not path.is_dir() and path not in expected)
    return [
        *disk.problems(expected.items(), certificate.name),
        *(Discrepancy(path, f"{certificate.name} doesn't know this file") for path in strangers),
    ]


def _strangers(ledger: Ledger) -> list[Discrepancy]:
    return [Discrepancy(path, "it is no certificate, and has no place in the ledger") for path in ledger.strangers()]


def _unvouched_releases(links: Sequence[Link], archive: Archive, month: str | None) -> list[Discrepancy]:
    vouched = {release_of(archive.published, link) for link in links}
    return [
        Discrepancy(folder, "no certificate in the ledger vouches for this release")
        for folder in sorted(archive.published.glob(f"{month or '*'}/r*"))
        if is_release(folder) and folder not in vouched
    ]
