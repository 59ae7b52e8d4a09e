"""The ledger: the chain of a hall's certificates, `000001-2025-03-r1.json`, `000002-…`, and where their files lie.

A link is the certificate of the hall itself (`r1` is its revision), or a batch of its sites' (`s1` is the batch's
number in the month, see `batch`). Whoever names a site asks for what batches hold of it, and else for the hall's own.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from reports.certificates import form_1, form_2
from reports.certificates.batch import Batch, SiteRecord
from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    BATCH,
    CERTIFICATE_FILE,
    Certificate,
    CertificateError,
    Envelope,
    Head,
    Place,
    code_of,
    moment_of,
    normalised_code,
)
from reports.certificates.chain import Chain
from reports.certificates.evidence import FOLDER, EvidenceStore, EvidenceStoreError, store_beside
from reports.certificates.excuses import Excuses
from reports.certificates.signers import Signer
from reports.errors import ReportsError

CertificateState = Literal["已核定", "已修订"]


class LedgerError(ReportsError):
    """A certificate in the ledger can't be read; the message names the file."""


class HeadMovedError(Exception):
    """Somebody else certified in the meantime; nothing was written, and the certificate has to be made again."""


@dataclass(frozen=True)
class LedgerEntry:
    """A certificate in the ledger: its file, the file's SHA-256, and what it says."""

    path: Path
    sha256: str
    envelope: Envelope

    @property
    def certificate(self) -> Certificate:
        """The certificate in the envelope."""
        return self.envelope.certificate


class Link(NamedTuple):
    """A certificate's place in the ledger, as its file name says it, with the file unread."""

    sequence: int
    month: str
    revision: int
    path: Path
    is_batch: bool = False

    @classmethod
    def of(cls, path: Path) -> Link:
        """The link that a file is by its name, `000002-2025-03-r1.json`."""
        sequence, year, month, revision = path.stem.split("-")
        return cls(int(sequence), f"{year}-{month}", int(revision[1:]), path, revision.startswith(BATCH))

    @property
    def _store(self) -> EvidenceStore:
        """A release's certificate lies beside its evidence, those of a chain lie in a folder beside theirs."""
        folder = self.path.parent
        return EvidenceStore(folder / FOLDER) if self.path.name == CERTIFICATE_FILE else store_beside(folder)

    def read(self) -> LedgerEntry:
        """The certificate in the file.

        Raises:
            LedgerError: It can't be read.
        """
        try:
            content = self.path.read_bytes()
            return LedgerEntry(self.path, sha256(content), read_envelope(content, self._store))
        except (OSError, CertificateError) as error:
            raise LedgerError(f"{self.path}: {error}") from error


def read_envelope(content: bytes, store: EvidenceStore) -> Envelope:
    """Read a ledger file of any form, whose evidence is in a store.

    Raises:
        CertificateError: It is no certificate, or isn't written exactly as one is.
    """
    try:
        envelope = form_2.read(content, store) if content.startswith(form_2.OPENING) else form_1.read(content)
        require_moments(envelope.certificate)
    except ValueError as error:
        raise CertificateError(f"it can't be read as a certificate: {error}") from error
    return envelope


def require_moments(certificate: Certificate) -> None:
    """ValueError where a certificate doesn't say when each signed and when it was added."""
    for at in (certificate.place.at, *(sign_off.at for sign_off in certificate.sign_offs)):
        moment_of(at)


class SiteLink(NamedTuple):
    """A site's certificate in a batch, whose place in the ledger is its own."""

    sequence: int
    month: str
    revision: int
    path: Path
    site: str
    batch: Batch

    def read(self) -> LedgerEntry:
        """The certificate.

        Raises:
            LedgerError: It can't be read.
        """
        try:
            return LedgerEntry(self.path, self.batch.sha256, self.batch.certificate_of(self.site))
        except (EvidenceStoreError, CertificateError) as error:
            raise LedgerError(f"{self.path}: {error}") from error


AnyLink = Link | SiteLink


class History:
    """Links of a ledger in order, or those of one site, each read once; batches aren't certificates of a month."""

    def __init__(self, links: Sequence[AnyLink]) -> None:
        self.links = links
        self.chain = [link for link in links if isinstance(link, Link)]
        self.certificates = [link for link in links if isinstance(link, SiteLink) or not link.is_batch]
        self._entries: dict[AnyLink, LedgerEntry] = {}
        self._of_month: dict[str, list[AnyLink]] = {}
        for link in self.certificates:
            self._of_month.setdefault(link.month, []).append(link)

    def read(self, link: AnyLink) -> LedgerEntry:
        """The certificate of a link.

        Raises:
            LedgerError: It can't be read.
        """
        if link not in self._entries:
            self._entries[link] = link.read()
        return self._entries[link]

    def of(self, month: str, before: int) -> list[AnyLink]:
        """A month's links before a sequence."""
        return [link for link in self._of_month.get(month, ()) if link.sequence < before]

    def months(self, before: int) -> Iterator[str]:
        """The months that have a certificate before a sequence, in order."""
        return (month for month in sorted(self._of_month) if self._of_month[month][0].sequence < before)


class Ledger(Chain):
    """A ledger folder; whatever returns certificates raises LedgerError if one that it needs can't be read."""

    NAME = re.compile(rf"[0-9]{{6}}-[0-9]{{4}}-[0-9]{{2}}-(r|{BATCH})[0-9]+\.json", re.ASCII)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._batches: dict[Path, Batch] = {}

    def chain(self) -> list[Link]:
        """Every link, batches too, in order."""
        return sorted(map(Link.of, self.files())) if self.folder.is_dir() else []

    def links(self, month: str | None = None, site: str = "") -> Sequence[AnyLink]:
        """Every certificate's place, or a month's, in order: of the hall itself, or of a site below it.

        Raises:
            LedgerError: A batch can't be read, where a site is named.
        """
        links = [link for link in self.chain() if month in {None, link.month} and link.is_batch == bool(site)]
        return list(self._in_batches(links, site)) if site else links

    def _in_batches(self, links: Iterable[Link], site: str) -> Iterator[SiteLink]:
        for link in links:
            if record := self.records(link).get(site):
                yield self._site_link(link, record)

    def batch(self, link: Link) -> Batch:
        """A batch, read once.

        Raises:
            LedgerError: It can't be read.
        """
        if link.path not in self._batches:
            entry = link.read()
            self._batches[link.path] = Batch(entry.path, entry.envelope, self.store)
        return self._batches[link.path]

    def records(self, link: Link) -> Mapping[str, SiteRecord]:
        """The table of a batch, by site; raises as `batch`."""
        try:
            return self.batch(link).records
        except (EvidenceStoreError, CertificateError) as error:
            raise LedgerError(f"{link.path}: {error}") from error

    def sites_in(self, link: Link) -> list[SiteLink]:
        """The certificates of a batch, in its order; raises as `batch`."""
        return [self._site_link(link, record) for record in self.records(link).values()]

    def _site_link(self, link: Link, record: SiteRecord) -> SiteLink:
        return SiteLink(link.sequence, link.month, record.revision, link.path, record.site, self.batch(link))

    def histories(self) -> dict[str, History]:
        """The history of the hall itself, under an empty text, and of each site in a batch; raises as `batch`."""
        chain = self.chain()
        by_site: dict[str, list[AnyLink]] = {"": [link for link in chain if not link.is_batch]}
        for link in chain:
            for site in self.sites_in(link) if link.is_batch else ():
                by_site.setdefault(site.site, []).append(site)
        return {site: History(links) for site, links in by_site.items()}

    def months(self, site: str = "") -> list[str]:
        """The months that have a certificate, in order; raises as `links`."""
        return sorted({link.month for link in self.links(site=site)})

    @property
    def excused(self) -> frozenset[str]:
        """The SHA-256 of the certificates whose time is known to be wrong.

        Raises:
            LogError: The log of them can't be read.
        """
        return frozenset(excuse.sha256 for excuse in self.excuses.read_entries())

    @property
    def excuses(self) -> Excuses:
        """The log of certificates whose time is known to be wrong, beside the ledger."""
        return Excuses(self.folder.with_name("excuses"))

    @cached_property
    def store(self) -> EvidenceStore:
        """The evidence of its certificates."""
        return store_beside(self.folder)

    def entries(self, month: str | None = None, site: str = "") -> list[LedgerEntry]:
        """Every certificate, or a month's, in order; of the hall itself, or of a site."""
        return [link.read() for link in self.links(month, site)]

    def latest(self, month: str | None = None, site: str = "") -> LedgerEntry | None:
        """The newest certificate of all, or of a month; None before the first."""
        links = self.links(month, site)
        return links[-1].read() if links else None

    def latest_site(self, month: str) -> LedgerEntry | None:
        """The first certificate of a month's newest batch of sites; None before the first.

        Raises:
            LedgerError: It can't be read.
        """
        batches = [link for link in self.chain() if link.is_batch and link.month == month]
        return self.sites_in(batches[-1])[0].read() if batches else None

    def newest(self) -> LedgerEntry | None:
        """What the ledger ends with, a certificate or a batch."""
        links = self.chain()
        return links[-1].read() if links else None

    def at(self, month: str, moment: datetime, site: str = "") -> LedgerEntry | None:
        """The certificate that was a month's certified one at a moment, by the time at which it was added.

        Raises:
            TypeError: The moment has no time zone.
        """
        added = [entry for entry in self.entries(month, site) if entry.certificate.recorded_at <= moment]
        return added[-1] if added else None

    def find(self, code: str) -> LedgerEntry | None:
        """The certificate that a printed short code stands for.

        Raises:
            ValueError: It is no short code.
        """
        code = normalised_code(code)
        for link in self.chain():
            if not link.is_batch and (entry := link.read()).certificate.code == code:
                return entry
            for site in self.sites_in(link) if link.is_batch else ():
                if code_of(site.batch.records[site.site].sha256) == code:
                    return site.read()
        return None

    def state(self, certificate: Certificate) -> CertificateState:
        """Whether a certificate of the ledger stands or was superseded by a later one of its month."""
        newest = self.links(certificate.month, certificate.below)[-1]
        return "已修订" if newest.revision > certificate.revision else "已核定"

    def append(self, envelope: Envelope) -> LedgerEntry:
        """Add a certificate that was made for the ledger as it stands, while `writing` is held.

        This is the step that certifies: before it the old state holds, after it the new one.

        Raises:
            HeadMovedError: It doesn't follow the newest one.
        """
        certificate = envelope.certificate
        head = self.head()
        if (certificate.place.sequence, certificate.place.previous) != (head.sequence + 1, head.sha256):
            raise HeadMovedError(f"{certificate.name} doesn't follow certificate {head.sequence}")
        path = self.add(certificate.name, envelope.content)
        return LedgerEntry(path, sha256(envelope.content), envelope)

    def head(self) -> Head:
        """What the ledger ends with.

        Raises:
            LedgerError: The newest certificate can't be read.
        """
        newest = self.newest()
        return Head(newest.certificate.place.sequence, newest.sha256) if newest else Head(0, "")

    def next_place(self, at: str) -> Place:
        """The place that a certificate added at a moment (hall time) would have; raises as `head`."""
        head = self.head()
        return Place(head.sequence + 1, head.sha256, at)


def leading_links(links: Sequence[Link], link: Link) -> Sequence[Link]:
    """The links in order that lead to one: from its month's revision before it, else the one link before it."""
    place = bisect_left(links, link)
    if link.revision == 1 or link.is_batch:
        return links[max(place - 1, 0) : place]
    alike = (link.month, False)
    revisions = (before for before in reversed(range(place)) if (links[before].month, links[before].is_batch) == alike)
    return links[next(revisions, 0) : place]


@dataclass(frozen=True)
class Archive:
    """The folders of certificates, extracts and releases, and the list of signers (those who no longer may, too).

    `hall` is the code of the hall whose archive it has to be; an auditor who doesn't say leaves it empty.
    """

    certificates: Path
    landing: Path
    published: Path
    signers: Sequence[Signer]
    hall: str = ""

    def below(self, site: str) -> str:
        """The code of a site as the ledger is asked for it: empty for the hall's own."""
        return "" if site == self.hall else site

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger in `certificates`; always the same object, so that its holder may take its lock again."""
        return Ledger(self.certificates)
