"""Drawing up, signing and adding a candidate: what it holds, when the clock forbids it, and what is said beforehand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from reports.certificates.canonical import sha256
from reports.certificates.certificate import CertificateError, Head, ProgramSource
from reports.certificates.certification import Grounds, certify, require_clock, sign, unsigned_objections
from reports.certificates.form_2 import Signed, candidate_of, documents
from reports.certificates.ledger import Archive, HeadMovedError
from reports.certificates.release_text import CODE_CARRIERS, release_files
from reports.certificates.verification import verify
from tests.certificates import (
    MARCH,
    SERVICE,
    SETTINGS,
    Month,
    archive_in,
    by_service,
    facts_in,
    foundation,
    land,
    numbers,
    sealed,
    signed,
)
from tests.moments import hall_time

SECOND = timedelta(seconds=1)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_in(tmp_path)


@pytest.fixture
def in_april() -> Iterator[time_machine.Traveller]:
    """The clock stands at the moment at which tests sign."""
    with time_machine.travel(MARCH, tick=False) as clock:
        yield clock


def test_a_certificate_leads_to_the_commit_of_its_program(archive: Archive) -> None:
    month, source = Month(archive), ProgramSource("a" * 40, "no")
    extracts = land(archive, month.month)
    month.certified(extracts=extracts, foundation=replace(foundation(extracts), source=source))
    (entry,) = archive.ledger.entries(month.month)
    assert entry.certificate.foundation.source == source
    assert verify(archive).problems == ()


def test_a_candidate_names_its_documents_its_texts_and_the_head_that_it_was_drawn_up_on(archive: Archive) -> None:
    drawn = Month(archive).drawn()
    certificate = drawn.certificate
    parts = documents(certificate.foundation)
    assert [*drawn.documents.values()] == [*parts.values(), *SETTINGS.values()]
    assert certificate.evidence == {name: sha256(content) for name, content in parts.items()}
    files = {name: sha256(content) for name, content in release_files(certificate).items()}
    assert certificate.files == files
    assert certificate.texts == {name: digest for name, digest in files.items() if name not in CODE_CARRIERS}
    assert drawn.content == candidate_of(certificate).content
    assert (certificate.head, certificate.revision, certificate.sign_offs) == (Head(0, ""), 1, ())
    assert certificate.form == 2


def test_the_next_candidate_follows(archive: Archive) -> None:
    first = Month(archive).certified()
    second = Month(archive, reason="late_data", note="补报").drawn()
    other = Month(archive, "2025-04").drawn()
    for drawn, revision in ((second, 2), (other, 1)):
        certificate = drawn.certificate
        assert (certificate.head, certificate.revision) == (Head(1, first.sha256), revision)
        assert (certificate.place.sequence, certificate.place.previous) == (2, first.sha256)
        assert [base.revision for base in certificate.foundation.bases] == [1]


def test_signing_says_who_and_when_over_the_candidate(archive: Archive) -> None:
    drawn = Month(archive).drawn()
    (sign_off,) = by_service()
    made = sign(drawn, SERVICE, sign_off)
    assert isinstance(made, Signed)
    assert (made.sign_off, made.algorithm) == (sign_off, "ed25519")
    assert made == signed(Month(archive).drawn(), [sign_off], [SERVICE])[0]


def test_nothing_is_signed_before_the_newest_certificate(archive: Archive, in_april: time_machine.Traveller) -> None:
    newest = sealed(archive, Month(archive).drawn())
    april = Month(archive, "2025-04", MARCH)
    in_april.move_to(MARCH - SECOND)
    with pytest.raises(CertificateError) as refused:
        sealed(archive, april.drawn())
    assert str(refused.value).startswith(
        "the clock says 2025-04-02T15:59:59+08:00, and 000001-2025-03-r1.json was added at 2025-04-02T16:00:00+08:00: "
        "nothing is signed before the newest certificate. Set the clock right"
    )
    assert len(archive.ledger.links()) == 1
    archive.ledger.excuses.add_excuse(newest.path.name, newest.sha256, by="root", note="the clock was wrong")
    require_clock(archive)


def test_at_the_very_moment_of_the_newest_certificate_the_next_is_added(
    archive: Archive, in_april: time_machine.Traveller
) -> None:
    sealed(archive, Month(archive).drawn())
    require_clock(archive)
    assert sealed(archive, Month(archive, "2025-04", MARCH).drawn()).certificate.place.sequence == 2


def test_what_the_gate_would_say_is_said_without_signatures_and_nothing_is_written(archive: Archive) -> None:
    facts, drawn = facts_in(archive), Month(archive).drawn()
    assert unsigned_objections(archive, drawn, facts) == []
    (facts / "fct.parquet").write_bytes(b"changed")
    (objection,) = unsigned_objections(archive, drawn, facts)
    assert objection.file == facts / "fct.parquet"
    bare = replace(drawn, certificate=replace(drawn.certificate, numbers=()))
    files = {problem.file for problem in unsigned_objections(archive, bare, facts)}
    assert archive.certificates / "000001-2025-03-r1.json" in files
    assert not archive.certificates.exists()
    assert not archive.ledger.store.folder.exists()


def test_a_certificate_that_is_refused_gives_every_reason(archive: Archive) -> None:
    drawn = Month(archive).drawn([])
    with pytest.raises(CertificateError) as refused:
        certify(archive, drawn, signed(drawn, by_service(), [SERVICE]), Grounds(None), at=hall_time(MARCH))
    first, *reasons = str(refused.value).split("\n  ")
    assert first == "000001-2025-03-r1.json may not be signed:"
    told = [reason for reason in reasons if not reason.startswith("next: ")]
    assert len(told) > 1
    assert all(reason.startswith(str(archive.certificates)) for reason in told)
    assert reasons[-1].startswith("next: "), "what to do stands after what is wrong"


def test_what_stands_otherwise_than_when_it_was_drawn_up_is_told(archive: Archive) -> None:
    mine = Month(archive).drawn()
    with pytest.raises(HeadMovedError, match=r"2025-03 r2 was not added: .* the ledger is now at empty; look at"):
        sealed(archive, replace(mine, certificate=replace(mine.certificate, revision=2)))
    for month in ("2025-01", "2025-02"):
        Month(archive, month).certified()
    with pytest.raises(HeadMovedError, match=r"2025-03 r1 was not added: .* now at 000002-2025-02-r1\.json; look at"):
        sealed(archive, mine)


def test_what_a_crash_left_staged_is_not_shown_with_the_next_certificate(archive: Archive) -> None:
    staged = archive.published / "2025-03" / ".r1.staged"
    staged.mkdir(parents=True)
    (staged / "section.html").write_text("of a candidate that was never certified")
    Month(archive).certified()
    assert verify(archive).problems == ()


def test_a_crash_of_the_last_certificate_is_healed_by_the_next(archive: Archive) -> None:
    first = Month(archive).certified()
    release = archive.published / "2025-03" / "r1"
    release.rename(release.with_name(".r1.staged"))
    month = Month(archive, at=MARCH + timedelta(days=1), reason="late_data", note="补报")
    second = month.certified(numbers(2_417), extracts=land(archive, "2025-03", 2, values=numbers(2_417)))
    assert release.is_dir()
    assert second.certificate.place.previous == first.sha256
