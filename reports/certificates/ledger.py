"""The ledger: the chain of a hall's certificates, `000001-2025-03-r1.json`, `000002-…`, and where their files lie."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from reports.certificates.canonical import sha256
from reports.certificates.certificate import Certificate, CertificateError, Envelope, normalised_code
from reports.certificates.chain import Chain
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

    def read(self) -> LedgerEntry:
        """The certificate in the file.

        Raises:
            LedgerError: It can't be read.
        """
        try:
            content = self.path.read_bytes()
            return LedgerEntry(self.path, sha256(content), Envelope.read(content))
        except (OSError, CertificateError) as error:
            raise LedgerError(f"{self.path}: {error}") from error


class Ledger(Chain):
    """A ledger folder; whatever returns certificates raises LedgerError if one that it needs can't be read."""

    NAME = re.compile(r"[0-9]{6}-[0-9]{4}-[0-9]{2}-r[0-9]+\.json", re.ASCII)

    def links(self, month: str | None = None) -> list[Link]:
        """Every certificate's place, or a month's, in order."""
        links = sorted(map(Link.of, self.files())) if self.folder.is_dir() else []
        return [link for link in links if month in {None, link.month}]

    def entries(self, month: str | None = None) -> list[LedgerEntry]:
        """Every certificate, or a month's, in order."""
        return [link.read() for link in self.links(month)]

    def latest(self, month: str | None = None) -> LedgerEntry | None:
        """The newest certificate of all, or of a month; None before the first."""
        links = self.links(month)
        return links[-1].read() if links else None

    def at(self, month: str, moment: datetime) -> LedgerEntry | None:
        """The certificate that was a month's certified one at a moment, by the time of its signature.

        Raises:
            TypeError: The moment has no time zone.
        """
        signed = [entry for entry in self.entries(month) if entry.certificate.signed_at <= moment]
        return signed[-1] if signed else None

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
        """Add a certificate that was made for the ledger as it stands.

        This is the step that certifies: before it the old state holds, after it the new one.

        Raises:
            HeadMovedError: The certificate doesn't follow the newest one, or isn't its month's next revision.
        """
        with self.writing():
            self.require_head(envelope.certificate)
            path = self.add(envelope.certificate.name, envelope.content)
        return LedgerEntry(path, sha256(envelope.content), envelope)

    def require_head(self, certificate: Certificate) -> None:
        """Compare what a certificate was made to follow with what stands.

        Raises:
            HeadMovedError: As `append` does.
        """
        follows = self.next_place(certificate.month)
        if (certificate.sequence, certificate.previous, certificate.revision) != follows:
            newest = links[-1].path.name if (links := self.links()) else "empty"
            raise HeadMovedError(
                f"{certificate.name} was not added: somebody else certified in the meantime, and the ledger is now at "
                f"{newest}; look at what changed and certify again"
            )

    def next_place(self, month: str) -> tuple[int, str, int]:
        """Sequence, hash of the one before, and revision that a month's next certificate has."""
        newest = self.latest()
        sequence, previous = (newest.certificate.sequence, newest.sha256) if newest else (0, "")
        return sequence + 1, previous, len(self.links(month)) + 1


def leading_links(links: Sequence[Link], link: Link) -> Sequence[Link]:
    """The links in order that lead to one: from its month's revision before it, else the one link before it."""
    place = bisect_left(links, link)
    first = place - 1
    while link.revision > 1 and first > 0 and links[first].month != link.month:
        first -= 1
    return links[max(first, 0) : place]


@dataclass(frozen=True)
class Archive:
    """The folders of certificates, extracts and releases, and the list of signers (those who no longer may, too)."""

    certificates: Path
    landing: Path
    published: Path
    signers: Sequence[Signer]

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger in `certificates`; always the same object, so that its holder may take its lock again."""
        return Ledger(self.certificates)
