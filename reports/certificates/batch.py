"""A batch: the certificates of several sites of a month, signed together and placed in the ledger as one link.

`000002-2025-03-s1.json` is a ledger file of form 2 whose candidate holds no number and names no site. Its evidence has
two documents more than any other: `certificates`, the table, with revision and SHA-256 of each site's own candidate;
and `tree`, the topmost node of the Merkle tree over the table's rows. A site's candidate is a document of the evidence
store; what signs and places the batch signs and places it. Its release proves by a path of hashes that it is in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from reports.certificates import form_2
from reports.certificates.canonical import canonical_json, plain, read_canonical, sha256
from reports.certificates.certificate import Certificate, CertificateError, Envelope
from reports.certificates.evidence import EvidenceStore
from reports.certificates.form_2 import Candidate
from reports.certificates.merkle import MerkleTree, root_of

TABLE, TREE = "certificates", "tree"


@dataclass(frozen=True)
class SiteRecord:
    """A row of the table: a site's revision, and the SHA-256 of its candidate."""

    site: str
    revision: int
    sha256: str

    @property
    def content(self) -> bytes:
        """The bytes that the tree is over."""
        return canonical_json(plain(self))


@dataclass(frozen=True)
class Inclusion:
    """That a site's candidate is in a batch, as its release holds it: the row, its place in the table, and the path."""

    candidate: Candidate
    record: SiteRecord
    index: int
    size: int
    path: tuple[str, ...]

    @property
    def content(self) -> bytes:
        """Canonical JSON, in which the candidate's own bytes stand first."""
        rest = {"index": self.index, "path": self.path, "record": plain(self.record), "size": self.size}
        return b'{"candidate":' + self.candidate.content + b"," + canonical_json(rest).removeprefix(b"{")

    def problems(self, batch: Certificate) -> list[str]:
        """Why it isn't in a batch."""
        own, record = self.candidate, self.record
        if (own.site, own.revision, sha256(own.content)) != (record.site, record.revision, record.sha256):
            return ["its row in the batch's table is of another certificate"]
        try:
            root = root_of(record.content, self.index, self.size, self.path)
        except ValueError as error:
            return [str(error)]
        if root != batch.evidence.get(TREE):
            return [f"its path doesn't lead to the tree that {batch.name} signs"]
        return []


def evidence_documents(records: Sequence[SiteRecord]) -> dict[str, bytes]:
    """The two documents of a batch, by the names under which its candidate lists them."""
    return {
        TABLE: canonical_json(list(map(plain, records))),
        TREE: MerkleTree([record.content for record in records]).top,
    }


def read_table(content: bytes) -> tuple[SiteRecord, ...]:
    """Read the table of a batch; ValueError where it isn't that, or is written otherwise."""
    return read_canonical(tuple[SiteRecord, ...], content, lambda rows: canonical_json(list(map(plain, rows))))


def read_inclusion(content: bytes) -> Inclusion:
    """Read what a site's release holds; ValueError where it isn't that, or is written otherwise."""
    return read_canonical(Inclusion, content, lambda inclusion: inclusion.content)


class Batch:
    """A batch of a ledger, or one that was drawn up for it; what its certificates share is read once."""

    def __init__(
        self, path: Path, envelope: Envelope, store: EvidenceStore, documents: Mapping[str, bytes] | None = None
    ) -> None:
        """Of the file at a path; `documents`, by SHA-256, are those that aren't in the store yet."""
        self.path = path
        self.envelope = envelope
        self.sha256 = sha256(envelope.content)
        self.store = store
        self._documents = documents or {}
        # The one that was read last: whoever asks for its certificate asks for its inclusion too.
        self._newest: Candidate | None = None

    def _read(self, digest: str) -> bytes:
        return self._documents.get(digest) or self.store.read(digest)

    @cached_property
    def records(self) -> Mapping[str, SiteRecord]:
        """The table's rows by site, in its order.

        Raises:
            EvidenceStoreError: it is absent, unreadable or changed.
            CertificateError: it isn't a table.
        """
        content = self._read(self.envelope.certificate.evidence.get(TABLE, ""))
        try:
            rows = read_table(content)
        except ValueError as error:
            raise CertificateError(f"its table of sites can't be read: {error}") from error
        return {row.site: row for row in rows}

    def certificate_of(self, site: str) -> Envelope:
        """A site's certificate, with the signatures of the batch.

        Raises:
            EvidenceStoreError, CertificateError: it can't be read.
        """
        batch, candidate = self.envelope.certificate, self._candidate_of(site)
        try:
            own = form_2.model_of(candidate, self.store, batch.place, candidate.texts, batch.sign_offs)
        except ValueError as error:
            raise CertificateError(f"the certificate of site {site} can't be read: {error}") from error
        return replace(self.envelope, certificate=own)

    def _candidate_of(self, site: str) -> Candidate:
        if self._newest is None or self._newest.site != site:
            content = self._read(self.records[site].sha256)
            try:
                self._newest = form_2.read_candidate(content)
            except ValueError as error:
                raise CertificateError(f"the certificate of site {site} can't be read: {error}") from error
        return self._newest

    def inclusion_of(self, site: str) -> Inclusion:
        """What shows that a site's certificate is in it; raises as `certificate_of`."""
        index, size = self._places[site], len(self.records)
        return Inclusion(self._candidate_of(site), self.records[site], index, size, self._tree.path(index))

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {site: place for place, site in enumerate(self.records)}

    @cached_property
    def _tree(self) -> MerkleTree:
        return MerkleTree([record.content for record in self.records.values()])

    def problems(self) -> list[str]:
        """What is wrong with its documents; that they are there and whole is asked of every certificate's.

        Raises:
            EvidenceStoreError, CertificateError: they can't be read.
        """
        if not self.records:
            return ["it holds no certificate"]
        evidence = self.envelope.certificate.evidence
        found = {name: sha256(content) for name, content in evidence_documents([*self.records.values()]).items()}
        return [
            f"its {name} isn't that of its certificates" for name in (TABLE, TREE) if evidence.get(name) != found[name]
        ]
