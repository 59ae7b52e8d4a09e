"""The evidence store: each document once, under the SHA-256 of its bytes, and nothing else taken for one."""

import errno
import os
from pathlib import Path

import pytest

from reports.certificates.canonical import sha256
from reports.certificates.evidence import EvidenceStore, EvidenceStoreError, store_beside

DOCUMENTS = (b"extracts", b"checks")
DIGESTS = tuple(map(sha256, DOCUMENTS))


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    """Two documents, in a folder that wasn't there."""
    store = store_beside(tmp_path / "state" / "certificates")
    store.add(DOCUMENTS)
    return store


def test_documents_lie_beside_the_certificates_by_their_digests(store: EvidenceStore, tmp_path: Path) -> None:
    assert store.folder == tmp_path / "state" / "evidence"
    assert sorted(path.name for path in store.folder.iterdir()) == sorted(DIGESTS)
    assert tuple(map(store.read, DIGESTS)) == DOCUMENTS


def test_a_document_that_is_there_stays_as_it_is(store: EvidenceStore) -> None:
    before = [store.path(digest).stat() for digest in DIGESTS]
    store.add([*DOCUMENTS, b"facts"])
    assert [store.path(digest).stat() for digest in DIGESTS] == before
    assert store.read(sha256(b"facts")) == b"facts"
    store.path(DIGESTS[0]).write_bytes(b"forged")
    with pytest.raises(EvidenceStoreError, match=f"{DIGESTS[0]}: it was changed: its SHA-256 is not its name"):
        store.add(DOCUMENTS)


def test_what_is_not_named_by_a_digest_is_no_document(store: EvidenceStore) -> None:
    with pytest.raises(EvidenceStoreError, match="absent or can't be read \\(No such file or directory\\)") as refused:
        store.read("a" * 64)
    assert (refused.value.path, refused.value.problem.split()[2]) == (store.path("a" * 64), "absent")
    for name in ("", "..", DIGESTS[0].upper(), f"{DIGESTS[0]}\n"):
        with pytest.raises(EvidenceStoreError, match="isn't named by a SHA-256"):
            store.read(name)


def test_strangers_are_told_in_order(store: EvidenceStore, tmp_path: Path) -> None:
    for name in ("b", "a", ".next", DIGESTS[0][:-1]):
        (store.folder / name).touch()
    assert [path.name for path in store.strangers()] == sorted(["a", "b", DIGESTS[0][:-1]])
    assert EvidenceStore(tmp_path / "nowhere").strangers() == []


def test_a_release_gets_further_names_of_documents_or_copies(
    store: EvidenceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked, copied = tmp_path / "r1" / "evidence", tmp_path / "r2" / "evidence"
    store.link_to(linked, [DIGESTS[0], DIGESTS[0]])
    assert [path.name for path in linked.iterdir()] == [DIGESTS[0]]
    assert (linked / DIGESTS[0]).samefile(store.path(DIGESTS[0]))

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    copied.mkdir(parents=True)
    store.link_to(copied, DIGESTS)
    assert tuple((copied / digest).read_bytes() for digest in DIGESTS) == DOCUMENTS
    assert not (copied / DIGESTS[0]).samefile(store.path(DIGESTS[0]))
    store.path(DIGESTS[1]).write_bytes(b"forged")
    with pytest.raises(EvidenceStoreError, match="it was changed"):
        store.link_to(linked, DIGESTS)
