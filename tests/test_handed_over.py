"""Desk files, pages and published facts are vouched for; what isn't as it was made is told with the command to use."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reports.certificates.canonical import sha256
from reports.certificates.certificate import Certificate, Foundation
from reports.certificates.disk import Disk
from reports.certificates.evidence import EvidenceStoreError
from reports.certificates.handed_over import handed_over_problems, vouch_for_pages, write_manifest
from reports.figures.readiness import BuildCheck, BuildEvidence
from tests.dossiers import certificate
from tests.test_reports_readiness import check

MONTHS = ("2025-02", "2025-03")
CERTIFICATES = {month: certificate(month) for month in MONTHS}
FINGERPRINT = CERTIFICATES["2025-03"].program.fingerprint


def build(folder: Path, fingerprint: str = FINGERPRINT, *checks: BuildCheck) -> None:
    """Facts as a build published them, with its evidence."""
    (folder / "facts").mkdir(parents=True, exist_ok=True)
    (folder / "facts" / "fct.parquet").write_bytes(b"facts")
    evidence = BuildEvidence(folder.name, fingerprint, "now", "run", checks, {"fct.parquet": sha256(b"facts")})
    (folder / "build.json").write_text(evidence.to_json(), encoding="utf-8")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Two months with a desk folder, a page and facts each, and the page of all months."""
    pages = {tmp_path / "index.html": b"all months"}
    for month in MONTHS:
        desk = tmp_path / month / "desk" / "r1"
        desk.mkdir(parents=True)
        (desk / "numbers.csv").write_bytes(b"numbers")
        (desk / "section.txt").write_bytes(b"section")
        write_manifest(desk)
        pages[tmp_path / month / "index.html"] = month.encode()
        build(tmp_path / month)
    for page, content in pages.items():
        page.write_bytes(content)
        vouch_for_pages(tmp_path, {page: content})
    return tmp_path


def told(published: Path, month: str | None = None, newest: Mapping[str, Certificate] = CERTIFICATES) -> list[str]:
    """What is found, each with the place of its file."""
    found = handed_over_problems(published, month, Disk(), newest)
    return [f"{problem.file.relative_to(published)}: {problem.message}" for problem in found]


CHANGED = "it was changed: its SHA-256 is not the one in {}; next: {}"
ABSENT = "it is absent or can't be read, but {} vouches for it; next: {}"


def test_what_another_process_writes_aside_is_vouched_for_by_nobody(published: Path) -> None:
    desk = published / "2025-03" / "desk" / "r1"
    aside = desk / ".numbers.csv.12.tmp"
    aside.write_bytes(b"half of the numb")
    write_manifest(desk)
    aside.unlink()
    assert told(published) == []


def test_what_lies_as_it_was_made_is_no_problem(published: Path) -> None:
    assert told(published) == told(published, "2025-03") == []
    assert told(published, newest={}) == [], "nor are drafts"
    write_manifest(published / "2025-03" / "desk" / "r1")
    assert told(published) == [], "a manifest doesn't vouch for itself"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("desk/r1/numbers.csv", CHANGED.format("manifest.json", "yuebao desk 2025-03")),
        ("index.html", CHANGED.format("pages.json", "yuebao desk")),
        ("facts/fct.parquet", CHANGED.format("build.json", "yuebao report 2025-03 --no-pull")),
    ],
)
def test_a_changed_file_is_told_of_its_month(published: Path, file: str, message: str) -> None:
    (published / "2025-03" / file).write_bytes(b"changed")
    assert told(published) == [f"2025-03/{file}: {message}"]
    ours = f"{message} 2025-03" if message.endswith("yuebao desk") else message
    assert told(published, "2025-03") == [f"2025-03/{file}: {ours}"]
    assert told(published, "2025-02") == []


def test_files_that_are_absent_or_more_than_were_made(published: Path) -> None:
    desk = published / "2025-03" / "desk" / "r1"
    (desk / "numbers.csv").unlink()
    for name in ("b.txt", "a.txt"):
        (desk / name).write_bytes(b"x")
    assert told(published) == [
        f"2025-03/desk/r1/numbers.csv: {ABSENT.format('manifest.json', 'yuebao desk 2025-03')}",
        "2025-03/desk/r1/a.txt: manifest.json doesn't know this file; next: yuebao desk 2025-03",
        "2025-03/desk/r1/b.txt: manifest.json doesn't know this file; next: yuebao desk 2025-03",
    ]


def test_problems_are_told_month_by_month(published: Path) -> None:
    for month in MONTHS:
        (published / month / "desk" / "r1" / "numbers.csv").unlink()
        (published / month / "facts" / "fct.parquet").unlink()
    assert [line.partition(":")[0] for line in told(published)] == [
        *(f"{month}/desk/r1/numbers.csv" for month in MONTHS),
        *(f"{month}/facts/fct.parquet" for month in MONTHS),
    ]


def test_a_folder_without_a_manifest_is_vouched_for_by_nobody_unless_version_0_1_made_it(published: Path) -> None:
    (published / "2025-02" / "desk" / "r1" / "manifest.json").unlink()
    (published / "2025-03" / "desk" / "r1" / "numbers.csv").write_bytes(b"changed")
    unvouched = [
        "2025-02/desk/r1: it has no manifest.json, so nobody vouches for what is in it; next: yuebao desk 2025-02"
    ]
    assert told(published, "2025-02") == told(published, "2025-02", {}) == unvouched
    of_form_1 = {month: replace(each, form=1) for month, each in CERTIFICATES.items()}
    assert told(published, newest=of_form_1) == [
        f"2025-03/desk/r1/numbers.csv: {CHANGED.format('manifest.json', 'yuebao desk 2025-03')}"
    ], "what has a manifest is held against it all the same"


@pytest.mark.parametrize(
    ("name", "command"), [("2025-03/desk/r1/manifest.json", "yuebao desk 2025-03"), ("pages.json", "yuebao desk")]
)
@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff"])
def test_a_manifest_that_cannot_be_read_vouches_for_nothing(
    published: Path, name: str, command: str, content: bytes
) -> None:
    path = published / name
    path.write_bytes(content)
    for month in (None, "2025-03"):
        assert f"{name}: {CHANGED.format(path.name, command)}" in told(published, month)


def test_a_manifest_of_pages_that_cannot_be_read_is_begun_anew(published: Path) -> None:
    (published / "pages.json").write_bytes(b"{")
    vouch_for_pages(published, {published / "index.html": b"all months"})
    assert list(json.loads((published / "pages.json").read_bytes())) == ["index.html"]
    assert told(published) == []


def test_pages_are_vouched_for_together(published: Path) -> None:
    vouched = json.loads((published / "pages.json").read_bytes())
    assert list(vouched) == ["2025-02/index.html", "2025-03/index.html", "index.html"]
    (published / "pages.json").unlink()
    assert told(published) == [], "version 0.1 vouched for no page"


def broken(certificate: Certificate) -> Certificate:
    def unreadable() -> Foundation:
        raise EvidenceStoreError(Path("facts"), "it is absent")

    return replace(certificate, read_foundation=unreadable)


def other_facts(certificate: Certificate) -> Certificate:
    return certificate.standing_on(replace(certificate.foundation, facts={"fct.parquet": "a" * 64}))


@pytest.mark.parametrize(
    ("other", "fingerprint", "is_vouched_by_the_certificate"),
    [
        (other_facts, FINGERPRINT, True),
        (other_facts, "e" * 64, False),
        (lambda each: replace(other_facts(each), form=1), FINGERPRINT, False),
        (broken, FINGERPRINT, False),
    ],
)
def test_facts_are_what_the_certificate_names_or_what_a_later_build_published(
    published: Path,
    other: Callable[[Certificate], Certificate],
    fingerprint: str,
    *,
    is_vouched_by_the_certificate: bool,
) -> None:
    build(published / "2025-03", fingerprint)
    newest = {"2025-03": other(CERTIFICATES["2025-03"])}
    message = f"2025-03/facts/fct.parquet: {CHANGED.format('build.json', 'yuebao report 2025-03 --no-pull')}"
    assert told(published, "2025-03", newest) == [message] * is_vouched_by_the_certificate


def test_evidence_of_a_build_that_was_changed_or_of_one_that_failed(published: Path) -> None:
    build(published / "2025-03", "e" * 64, check("parts_make_total", "warn"), check("unique", "pass"))
    (published / "2025-03" / "facts" / "fct.parquet").write_bytes(b"of an earlier build")
    assert len(told(published)) == 1
    for status in ("fail", "error"):
        build(published / "2025-03", "e" * 64, check("unique", "pass"), check("parts_make_total", status))
        (published / "2025-03" / "facts" / "fct.parquet").write_bytes(b"of an earlier build")
        assert told(published) == [], "a build that failed published nothing"
    (published / "2025-03" / "build.json").write_text("{}")
    (line,) = told(published)
    assert line.startswith("2025-03/build.json: build.json: ")
    assert line.endswith("; next: yuebao report 2025-03 --no-pull")
