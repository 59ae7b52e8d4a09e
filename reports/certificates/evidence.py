"""What certificates rest on, each document stored once by its SHA-256, beside the ledger that names it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reports.certificates.canonical import canonical_json, sha256
from reports.files import write_once

FOLDER = "evidence"
_ASIDE = ".next"
_NAME = re.compile(r"[0-9a-f]{64}")


class EvidenceError(Exception):
    """A document that a certificate rests on is absent, unreadable or changed; the message names its file."""


class EvidenceStore:
    """A folder of documents named by the SHA-256 of their bytes; only ever added to.

    `put` is called by one process at a time, under the ledger's lock. Reading needs no lock.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the document of a digest lies."""
        return self.folder / digest

    def put(self, content: bytes) -> str:
        """Keep a document if it isn't there, and return its digest.

        Raises:
            EvidenceError: A file of that name is there and holds something else.
        """
        digest = sha256(content)
        if self.path(digest).exists():
            self.get(digest)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_once(self.path(digest), content, aside=self.folder / _ASIDE)
        return digest

    def put_document(self, document: Any) -> str:
        """Keep a document as canonical JSON."""
        return self.put(canonical_json(document))

    def get(self, digest: str) -> bytes:
        """The document of a digest.

        Raises:
            EvidenceError: It is absent, can't be read, or isn't what its name says.
        """
        path = self.path(digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise EvidenceError(f"{path}: it is absent or can't be read ({error.strerror})") from error
        if sha256(content) != digest:
            raise EvidenceError(f"{path}: it was changed: its SHA-256 is not its name")
        return content

    def document(self, digest: str) -> Any:
        """A JSON document of the store.

        Raises:
            EvidenceError: As `get`, or it isn't JSON.
        """
        try:
            return json.loads(self.get(digest))
        except ValueError as error:
            raise EvidenceError(f"{self.path(digest)}: it isn't JSON: {error}") from error

    def strangers(self) -> Iterator[Path]:
        """What lies in the folder and is no document of it."""
        if self.folder.is_dir():
            yield from (path for path in sorted(self.folder.iterdir()) if not _is_document(path))

    def copy_to(self, other: EvidenceStore, digests: Mapping[str, str]) -> None:
        """Copy documents to another store, such as a release's own."""
        for digest in sorted(set(digests.values())):
            other.put(self.get(digest))


def _is_document(path: Path) -> bool:
    return bool(_NAME.fullmatch(path.name)) or path.name == _ASIDE
