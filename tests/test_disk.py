"""Files that certificates vouch for: each is read and hashed once, and what is wrong with it is told."""

from pathlib import Path

from reports.certificates.canonical import sha256
from reports.certificates.disk import Discrepancy, Disk, extract_problems
from tests.certificates import Month, archive_in


def test_each_file_is_hashed_once(tmp_path: Path) -> None:
    disk, path = Disk(), tmp_path / "a"
    path.write_bytes(b"one")
    assert [disk.digest(path), disk.digest(tmp_path / "absent"), disk.files_hashed] == [sha256(b"one"), "", 1]
    path.write_bytes(b"other")
    assert disk.digest(path) == sha256(b"one")


def test_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    for name in ("good", "changed"):
        (tmp_path / name).write_bytes(b"content")
    files = [
        (tmp_path / name, sha256(b"content" if name == "good" else b"x")) for name in ("absent", "good", "changed")
    ]
    found = Disk().problems(files, "the list")
    assert found == [
        Discrepancy(tmp_path / "absent", "it is absent or can't be read, but the list vouches for it"),
        Discrepancy(tmp_path / "changed", "it was changed: its SHA-256 is not the one in the list"),
    ]
    assert str(found[0]) == f"{tmp_path / 'absent'}: {found[0].message}"


def test_extracts_and_their_entries_are_what_was_landed(tmp_path: Path) -> None:
    archive = archive_in(tmp_path)
    certificate = Month(archive).drawn().certificate
    first, second, *rest = certificate.foundation.extracts
    disk = Disk()
    assert extract_problems(certificate, archive.landing, disk) == []
    assert disk.files_hashed == 2 * (2 + len(rest))
    (archive.landing / first.path).write_bytes(b"changed")
    (archive.landing / second.entry_path).unlink()
    found = extract_problems(certificate, archive.landing, Disk())
    assert [problem.file for problem in found] == [archive.landing / first.path, archive.landing / second.entry_path]
    assert all(certificate.name in problem.message for problem in found)
