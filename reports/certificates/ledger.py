"""The ledger: the chain of a hall's certificates, `000001-2025-03-r1.json`, `000002-…`, and where their files lie."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from reports.certificates import form_1, form_2
from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    CERTIFICATE_FILE,
    Certificate,
    CertificateError,
    Envelope,
    Head,
    Place,
    moment_of,
    normalised_code,
)
from reports.certificates.chain import Chain
from reports.certificates.evidence import FOLDER, EvidenceStore, store_beside
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

    @classmethod
    def of(cls, path: Path) -> Link:
        """The link that a file is by its name, `000002-2025-03-r1.json`."""
        sequence, year, month, revision = path.stem.split("-")
        return cls(int(sequence), f"{year}-{month}", int(revision.removeprefix("r")), path)

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


class History:
    """Certificates of a ledger in order, each read once."""

    def __init__(self, links: Sequence[Link]) -> None:
        self.links = links
        self._entries: dict[Link, LedgerEntry] = {}
        self._of_month: dict[str, list[Link]] = {}
        for link in links:
            self._of_month.setdefault(link.month, []).append(link)

    def read(self, link: Link) -> LedgerEntry:
        """The certificate of a link.

        Raises:
            LedgerError: It can't be read.
        """
        if link not in self._entries:
            self._entries[link] = link.read()
        return self._entries[link]

    def of(self, month: str, before: int) -> list[Link]:
        """A month's links before a sequence."""
        return [link for link in self._of_month.get(month, ()) if link.sequence < before]

    def months(self, before: int) -> Iterator[str]:
        """The months that have a certificate before a sequence, in order."""
        return (month for month in sorted(self._of_month) if self._of_month[month][0].sequence < before)


class Ledger(Chain):
    """A ledger folder; whatever returns certificates raises LedgerError if one that it needs can't be read."""

    NAME = re.compile(r"[0-9]{6}-[0-9]{4}-[0-9]{2}-r[0-9]+\.json", re.ASCII)

    def links(self, month: str | None = None) -> list[Link]:
        """Every certificate's place, or a month's, in order."""
        links = sorted(map(Link.of, self.files())) if self.folder.is_dir() else []
        return [link for link in links if month in {None, link.month}]

    def months(self) -> list[str]:
        """The months that have a certificate, in order."""
        return sorted({link.month for link in self.links()})

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

    @property
    def store(self) -> EvidenceStore:
        """The evidence of its certificates."""
        return store_beside(self.folder)

    def entries(self, month: str | None = None) -> list[LedgerEntry]:
        """Every certificate, or a month's, in order."""
        return [link.read() for link in self.links(month)]

    def latest(self, month: str | None = None) -> LedgerEntry | None:
        """The newest certificate of all, or of a month; None before the first."""
        links = self.links(month)
        return links[-1].read() if links else None

    def at(self, month: str, moment: datetime) -> LedgerEntry | None:
        """The certificate that was a month's certified one at a moment, by the time at which it was added.

        Raises:
            TypeError: The moment has no time zone.
        """
        added = [entry for entry in self.entries(month) if entry.certificate.recorded_at <= moment]
        return added[-1] if added else None

    def find(self, code: str) -> LedgerEntry | None:
        """The certificate that a printed short code stands for.

        Raises:
            ValueError: It is no short code.
        """
        code = normalised_code(code)
        return next((entry for entry in self.entries() if entry.certificate.code == code), None)

    def state(self, certificate: Certificate) -> CertificateState:
        """Whether a certificate of the ledger stands or was superseded by a later one of its month."""
        return "已修订" if self.links(certificate.month)[-1].revision > certificate.revision else "已核定"

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
        newest = self.latest()
        return Head(newest.certificate.place.sequence, newest.sha256) if newest else Head(0, "")

    def next_place(self, at: str) -> Place:
        """The place that a certificate added at a moment (hall time) would have; raises as `head`."""
        head = self.head()
        return Place(head.sequence + 1, head.sha256, at)


def leading_links(links: Sequence[Link], link: Link) -> Sequence[Link]:
    """The links in order that lead to one: from its month's revision before it, else the one link before it."""
    place = bisect_left(links, link)
    if link.revision == 1:
        return links[max(place - 1, 0) : place]
    revisions = (before for before in reversed(range(place)) if links[before].month == link.month)
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

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger in `certificates`; always the same object, so that its holder may take its lock again."""
        return Ledger(self.certificates)
