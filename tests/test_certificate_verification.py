"""Any tampering is found, named and told apart: in extracts, manifest entries, certificates, order and releases."""

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reports.certificates.certification import Drawn
from reports.certificates.form_2 import envelope_of
from reports.certificates.ledger import Archive, Ledger, Link
from reports.certificates.verification import verify, verify_release
from tests.certificates import (
    MARCH,
    SERVICE,
    SIGNERS,
    Month,
    archive_in,
    copied,
    land,
    number,
    signed,
    three_certificates,
    told,
)

NAMES = ("000001-2025-02-r1.json", "000002-2025-03-r1.json", "000003-2025-03-r2.json")


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    archive = archive_in(tmp_path_factory.mktemp("certified"))
    three_certificates(archive)
    return archive


@pytest.fixture
def archive(certified: Archive, tmp_path: Path) -> Archive:
    return copied(certified, tmp_path)


def test_a_sound_archive(archive: Archive) -> None:
    found = verify(archive)
    assert found.sound
    assert found.certificates == 3
    assert found.newest == archive.ledger.entries()[-1].certificate.code
    assert found.not_checked == ()
    assert verify(archive, month="2025-02").files_hashed < found.files_hashed / 2


def test_nothing_to_verify_is_no_proof(archive: Archive, tmp_path: Path) -> None:
    assert told(verify(archive, month="2024-01")) == ["certificates: it holds no certificate of 2024-01"]
    assert told(verify(archive_in(tmp_path / "empty"))) == ["certificates: it holds no certificate"]


def small(folder: Path) -> Archive:
    """One system's month, and its revision."""
    archive = archive_in(folder)
    for revision, (issued, reason) in enumerate(((1_187, ""), (1_200, "our_error")), 1):
        values = [number("phone_consultations", issued)]
        extracts = land(archive, "2025-02", revision, ["courier"], values)
        month = Month(archive, "2025-02", MARCH + timedelta(days=revision), reason, "更正" if reason else "")
        month.certified(values, extracts=extracts)
    return archive


@pytest.mark.parametrize("flips", [pytest.param(120), pytest.param(1_000, marks=pytest.mark.proof)])
def test_a_bit_flipped_at_each_of_many_places_is_found(tmp_path: Path, flips: int) -> None:
    archive = small(tmp_path)
    covered = {
        "extracts": sorted(archive.landing.rglob("*.parquet")),
        "entries": sorted(archive.landing.rglob("*.json")),
        "certificates": [link.path for link in archive.ledger.links()],
        "evidence": sorted(archive.ledger.store.folder.iterdir()),
        "releases": sorted(archive.published.glob("*/r*/**/*.*")),
        "their evidence": sorted(archive.published.glob("*/r*/evidence/*")),
    }
    assert {kind: len(paths) for kind, paths in covered.items()} == {
        "extracts": 2 * 28,
        "entries": 2 * 28,
        "certificates": 2,
        "evidence": 8 + 2 + 2,  # extracts and bases are others, the rest is the same
        "releases": 2 * 4 + 1,
        "their evidence": 2 * (8 + 2),
    }
    for path in covered["their evidence"]:  # as on a disk that knows no further names
        shutil.copy(path, path.with_suffix(".copy"))
        path.with_suffix(".copy").replace(path)
    chance = random.Random(20250402)
    for _ in range(flips):
        path = chance.choice(covered[chance.choice(sorted(covered))])
        before = path.read_bytes()
        place, bit = chance.randrange(len(before)), chance.randrange(8)
        path.write_bytes(before[:place] + bytes([before[place] ^ 1 << bit]) + before[place + 1 :])
        found = verify(archive)
        assert path in {problem.file for problem in found.problems}, f"{path}, byte {place}, bit {bit}"
        path.write_bytes(before)
    assert verify(archive).problems == ()


def test_every_document_and_every_link_is_covered(tmp_path: Path) -> None:
    """One flip in each file that isn't an extract, wherever chance may not have looked."""
    archive = small(tmp_path)
    paths = [*archive.ledger.store.folder.iterdir(), *archive.published.glob("*/r*/**/*.*"), *archive.ledger.files()]
    for path in paths:
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        assert path in {problem.file for problem in verify(archive).problems}
        path.write_bytes(before)
    assert verify(archive).problems == ()


def drop(ledger: Path) -> None:
    (ledger / NAMES[1]).unlink()


def drop_first(ledger: Path) -> None:
    (ledger / NAMES[0]).unlink()


def drop_last(ledger: Path) -> None:
    (ledger / NAMES[2]).unlink()


def swap(ledger: Path) -> None:
    one, other = (ledger / NAMES[1]).read_bytes(), (ledger / NAMES[2]).read_bytes()
    (ledger / NAMES[1]).write_bytes(other)
    (ledger / NAMES[2]).write_bytes(one)


def duplicate(ledger: Path) -> None:
    shutil.copy(ledger / NAMES[2], ledger / "000003-2025-04-r1.json")


def append_copy(ledger: Path) -> None:
    shutil.copy(ledger / NAMES[2], ledger / "000004-2025-03-r3.json")


def edit(ledger: Path) -> None:
    content = (ledger / NAMES[1]).read_bytes()
    (ledger / NAMES[1]).write_bytes(content.replace(b'"exact":"1187"', b'"exact":"1188"'))


def reissue(ledger: Path, name: str, **changes: Any) -> None:
    """An insider with the service's key signs a changed certificate, in its place."""
    forged = replace(Link.of(ledger / name).read().certificate, **changes)
    (ledger / name).unlink()
    made = signed(Drawn(forged, {}), forged.sign_offs, [SERVICE])
    (ledger / forged.name).write_bytes(envelope_of(forged, made).content)


def resign(ledger: Path) -> None:
    """History is rewritten."""
    hall = Ledger(ledger).entries()[1].certificate.hall
    reissue(ledger, NAMES[1], hall=replace(hall, name="别的大厅"))


def backdate(ledger: Path) -> None:
    certificate = Ledger(ledger).entries()[2].certificate
    at = "2025-01-01T08:00:00+08:00"
    sign_offs = (replace(certificate.sign_offs[0], at=at),)
    reissue(ledger, NAMES[2], sign_offs=sign_offs, place=replace(certificate.place, at=at))


def renumber(ledger: Path) -> None:
    reissue(ledger, NAMES[2], revision=3)


def garble(ledger: Path) -> None:
    (ledger / NAMES[0]).write_bytes(b"not a certificate")


def unreadable(ledger: Path) -> None:
    (ledger / NAMES[1]).unlink()
    (ledger / NAMES[1]).mkdir()


def stranger(ledger: Path) -> None:
    (ledger / "notes.txt").write_text("hello")


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (drop, f"{NAMES[2]}: the chain has a gap before it: certificate 2 was dropped"),
        (drop_first, f"{NAMES[1]}: the chain has a gap before it: certificate 1 was dropped"),
        (drop_last, "r2: no certificate in the ledger vouches for this release"),
        (swap, f"{NAMES[1]}: it was moved or copied here: inside it is {NAMES[2]}"),
        (swap, f"{NAMES[2]}: it was moved or copied here: inside it is {NAMES[1]}"),
        (duplicate, "000003-2025-04-r1.json: the chain has more than one certificate 3: one was duplicated"),
        (duplicate, f"000003-2025-04-r1.json: it was moved or copied here: inside it is {NAMES[2]}"),
        (append_copy, f"000004-2025-03-r3.json: it was moved or copied here: inside it is {NAMES[2]}"),
        (edit, f"{NAMES[1]}: its signature doesn't fit: it was changed after it was signed"),
        (edit, f"{NAMES[2]}: the chain is broken: it doesn't follow {NAMES[1]} as that file is now"),
        (edit, f"{NAMES[2]}: its signers saw another certificate 2 than the ledger holds now"),
        (resign, f"{NAMES[2]}: the chain is broken: it doesn't follow {NAMES[1]} as that file is now"),
        (resign, f"{NAMES[2]}: its signers saw another certificate 2 than the ledger holds now"),
        (resign, f"certificate.json: it was changed: its SHA-256 is not the one in {NAMES[1]}"),
        (backdate, f"{NAMES[2]}: it was signed before {NAMES[1]}, which it follows"),
        (renumber, "000003-2025-03-r3.json: as certificate number 2 of 2025-03 it should be revision 2"),
        (garble, f"{NAMES[0]}: it can't be read as a certificate: the whole file: Invalid JSON: expected ident"),
        (unreadable, f"{NAMES[1]}: [Errno 21] Is a directory"),
        (stranger, "notes.txt: it is no certificate, and has no place in the ledger"),
    ],
)
def test_a_tampered_ledger(archive: Archive, tamper: Callable[[Path], None], message: str) -> None:
    tamper(archive.certificates)
    assert [line for line in told(verify(archive)) if line.startswith(message)]


def test_problems_are_collected(archive: Archive) -> None:
    extract = archive.ledger.entries()[1].certificate.foundation.extracts[3]
    (archive.landing / extract.path).unlink()
    (archive.landing / extract.entry_path).write_bytes(b"{}")
    release = archive.published / "2025-03" / "r1"
    (release / "section.txt").unlink()
    for name in ("more.txt", "extra.txt"):
        (release / name).write_text("x")
    shutil.rmtree(archive.published / "2025-02" / "r1")
    (archive.published / "2025-02" / "r7").mkdir()
    assert told(verify(archive)) == [
        "r7: no certificate in the ledger vouches for this release",
        f"r1: the release of {NAMES[0]} is absent",
        f"{extract.file}: it is absent or can't be read, but {NAMES[1]} vouches for it",
        f"{Path(extract.entry_path).name}: it was changed: its SHA-256 is not the one in {NAMES[1]}",
        f"section.txt: it is absent or can't be read, but {NAMES[1]} vouches for it",
        f"extra.txt: {NAMES[1]} doesn't know this file",
        f"more.txt: {NAMES[1]} doesn't know this file",
    ]


def test_releases_that_nobody_vouches_for_are_told_in_order_and_of_the_month_alone(archive: Archive) -> None:
    for place in ("2025-03/r9", "2025-03/r8", "2025-02/r7"):
        (archive.published / place).mkdir()
    unvouched = ": no certificate in the ledger vouches for this release"
    assert told(verify(archive)) == [f"{name}{unvouched}" for name in ("r7", "r8", "r9")]
    assert told(verify(archive, month="2025-03")) == [f"{name}{unvouched}" for name in ("r8", "r9")]


def test_a_release_that_a_crash_left_staged(archive: Archive) -> None:
    release = archive.published / "2025-03" / "r2"
    release.rename(release.with_name(".r2.staged"))
    unfinished = "it was staged, and the next run of certify finishes it"
    assert told(verify(archive)) == [f"r2: the release of {NAMES[2]} is absent ({unfinished})"]


def test_what_was_handed_over_is_looked_at_where_it_is_asked_for(archive: Archive) -> None:
    (archive.published / "2025-03" / "desk" / "r2").mkdir(parents=True)
    assert verify(archive).sound
    message = "r2: it has no manifest.json, so nobody vouches for what is in it; next: yuebao desk 2025-03"
    assert (
        told(verify(archive, handed_over=True)) == told(verify(archive, month="2025-03", handed_over=True)) == [message]
    )
    assert verify(archive, month="2025-02", handed_over=True).sound


def test_a_certificate_whose_time_does_not_count_is_told(archive: Archive) -> None:
    assert verify(archive).excused == ()
    newest = archive.ledger.entries()[-1]
    excuse = archive.ledger.excuses.add_excuse(NAMES[2], newest.sha256, by="值班员", note="BIOS 电池没电")
    told_so = f"{NAMES[2]}: its time doesn't count, said 值班员 at {excuse.at}: BIOS 电池没电"
    assert verify(archive).excused == (told_so,)


def test_rows_are_counted_where_it_is_asked_for(archive: Archive) -> None:
    found = verify(archive, rows=True)
    assert (found.problems, found.not_checked) == ((), ())
    (archive.landing / archive.ledger.entries()[0].certificate.foundation.extracts[3].path).write_bytes(b"PAR1")
    uncounted = [line for line in told(verify(archive, rows=True)) if "can't be counted again" in line]
    assert [line.partition(":")[0] for line in uncounted] == [NAMES[0]]
    assert not [line for line in told(verify(archive)) if "counted" in line]


def test_what_is_no_release_is_let_be(archive: Archive) -> None:
    (archive.published / "2025-03" / "candidate").mkdir()
    (archive.published / "2025-03" / "build.json").write_text("{}")
    (archive.landing / "courier" / "2025-03-01" / "0003-later.parquet").write_bytes(b"a later pull")
    assert verify(archive).sound


@pytest.fixture
def stick(archive: Archive, tmp_path: Path) -> Path:
    return Path(shutil.copytree(archive.published / "2025-03" / "r2", tmp_path / "stick" / "三月"))


def newest_code(archive: Archive) -> str:
    return archive.ledger.entries()[-1].certificate.code


def test_a_folder_handed_over(archive: Archive, stick: Path) -> None:
    found = verify_release(stick, SIGNERS)
    assert found.problems == ()
    assert (found.certificates, found.newest, found.excused) == (2, newest_code(archive), ())
    files = [path for path in stick.rglob("*") if path.is_file()]
    assert found.files_hashed == len(files), "the files, the links and the evidence, each once"
    assert found.not_checked == (
        f"the ledger before {NAMES[1]}",
        "whether a later revision has superseded it",
        "its 62 extracts and their manifest entries",
    )


def test_a_folder_handed_over_with_its_extracts(archive: Archive, stick: Path) -> None:
    found = verify_release(stick, SIGNERS, landing=archive.landing)
    assert found.problems == ()
    assert len(found.not_checked) == 2
    extract = archive.ledger.entries()[-1].certificate.foundation.extracts[0]
    (archive.landing / extract.path).write_bytes(b"")
    assert [problem.file.name for problem in verify_release(stick, SIGNERS, landing=archive.landing).problems] == [
        extract.file
    ]


def test_the_first_release_of_all_needs_no_chain(archive: Archive) -> None:
    found = verify_release(archive.published / "2025-02" / "r1", SIGNERS)
    assert found.sound
    assert found.not_checked[0] == f"the ledger before {NAMES[0]}"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("section.txt", b"5.43", f"section.txt: it was changed: its SHA-256 is not the one in {NAMES[2]}"),
        ("extra.docx", b"x", f"extra.docx: {NAMES[2]} doesn't know this file"),
        ("chain/extra.txt", b"x", f"extra.txt: {NAMES[2]} doesn't know this file"),
        ("evidence/extra", b"x", f"extra: {NAMES[2]} doesn't know this file"),
        (f"chain/{NAMES[1]}", b"{}", f"{NAMES[1]}: it can't be read as a certificate"),
        (f"chain/{NAMES[1]}", None, f"chain: the certificate before {NAMES[2]} is absent"),
        ("certificate.json", b"{}", "certificate.json: it can't be read as a certificate"),
        ("certificate.json", None, "certificate.json: [Errno 2] No such file or directory"),
    ],
)
def test_a_tampered_folder(stick: Path, file: str, content: bytes | None, message: str) -> None:
    if content is None:
        (stick / file).unlink()
    else:
        (stick / file).write_bytes(content)
    assert [line for line in told(verify_release(stick, SIGNERS)) if line.startswith(message)]


def test_a_folder_without_a_certificate_proves_nothing(stick: Path) -> None:
    (stick / "certificate.json").write_bytes(b"{}")
    found = verify_release(stick, SIGNERS)
    assert (found.certificates, found.files_hashed, found.not_checked, found.newest) == (0, 0, ("everything else",), "")


def test_a_folder_whose_list_of_extracts_is_absent(archive: Archive, stick: Path) -> None:
    (stick / "evidence" / archive.ledger.entries()[-1].certificate.evidence["extracts"]).unlink()
    assert verify_release(stick, SIGNERS).not_checked[-1] == "its extracts and their manifest entries"


def test_a_first_revision_needs_the_certificate_before_it_only(archive: Archive) -> None:
    release = archive.published / "2025-03" / "r1"
    found = verify_release(release, SIGNERS)
    assert (found.problems, found.certificates) == ((), 2)
    (release / "chain" / NAMES[0]).unlink()
    assert f"chain: the certificate before {NAMES[1]} is absent" in told(verify_release(release, SIGNERS))


def test_a_folder_signed_by_somebody_unlisted(stick: Path, archive: Archive) -> None:
    found = verify_release(stick, SIGNERS[1:], landing=archive.landing)
    assert {"certificate.json", NAMES[1]} == {problem.file.name for problem in found.problems}
    assert "the files of the release, because its certificate isn't sound" in found.not_checked


def test_links_of_another_chain(archive: Archive, stick: Path) -> None:
    shutil.copy(archive.certificates / NAMES[0], stick / "chain")
    (stick / "chain" / NAMES[1]).unlink()
    lines = told(verify_release(stick, SIGNERS))
    assert "certificate.json: the chain has a gap before it: certificate 2 was dropped" in lines
    assert "chain: the links don't reach back to revision 1 of 2025-03" in lines
