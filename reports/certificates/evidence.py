"""The evidence store: documents that certificates rest on, each stored once, named by the SHA-256 of its bytes.

It lies beside the ledger, in `evidence/`, and a release has one of its own with what its certificate names.
"""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar, cast

from reports.certificates.canonical import sha256
from reports.errors import ReportsError
from reports.files import write_once

FOLDER = "evidence"
_ASIDE = ".next"
# How many documents a store keeps in memory as they were read.
_REMEMBERED = 512
T = TypeVar("T")
_NAME = re.compile(r"[0-9a-f]{64}")


class EvidenceStoreError(ReportsError):
    """A document that a certificate rests on is absent, unreadable or changed; `path` is its file."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.problem = message


class EvidenceStore:
    """A folder of documents, only ever added to.

    One process at a time adds, under the ledger's lock; reading needs no lock.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[tuple[str, str], object] = {}

    def path(self, digest: str) -> Path:
        """Where the document of a digest lies."""
        return self.folder / digest

    def add(self, contents: Iterable[bytes]) -> None:
        """Keep documents; one that is there already stays as it is.

        Raises:
            EvidenceStoreError: A file with a document's name is there and holds something else.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for content in contents:
            digest = sha256(content)
            if self.path(digest).exists():
                self.read(digest)
            else:
                write_once(self.path(digest), content, aside=self.folder / _ASIDE)

    def read(self, digest: str) -> bytes:
        """The document of a digest.

        Raises:
            EvidenceStoreError: It is absent, can't be read, or isn't what its name says.
        """
        path = self.path(digest)
        if not _NAME.fullmatch(digest):
            raise EvidenceStoreError(path, "it isn't named by a SHA-256")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise EvidenceStoreError(path, f"it is absent or can't be read ({error.strerror})") from error
        if sha256(content) != digest:
            raise EvidenceStoreError(path, "it was changed: its SHA-256 is not its name")
        return content

    def once(self, digest: str, kind: str, read: Callable[[bytes], T]) -> T:
        """What is read from a document of a kind; certificates of one batch name the same ones.

        Raises:
            EvidenceStoreError: As `read`.
        """
        if (digest, kind) not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[digest, kind] = read(self.read(digest))
        return cast("T", self._known[digest, kind])

    def strangers(self) -> list[Path]:
        """What lies in the folder and isn't named as a document is."""
        paths = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(path for path in paths if path.name != _ASIDE and not _NAME.fullmatch(path.name))

    def link_to(self, folder: Path, digests: Iterable[str]) -> None:
        """Put documents into another folder as further names of the same files; as copies where that can't be.

        One that is there already stays as it is.

        Raises:
            EvidenceStoreError: As `read`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for digest in sorted(set(digests)):
            if (folder / digest).exists():
                continue
            content = self.read(digest)
            try:
                os.link(self.path(digest), folder / digest)
            except OSError:
                (folder / digest).write_bytes(content)


def store_beside(folder: Path) -> EvidenceStore:
    """The store beside a folder of certificates: a ledger's, or a release's chain."""
    return EvidenceStore(folder.with_name(FOLDER))
