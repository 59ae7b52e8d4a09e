"""The ledger: only added to, one at a time, whole after a crash at any step, and readable as of any moment."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reports.certificates.certificate import Certificate
from reports.certificates.certification import certify
from reports.certificates.ledger import Archive, HeadMovedError, LedgerError, leading_links
from reports.certificates.release import ReleaseError, complete_releases, release_of
from reports.certificates.verification import verify
from tests.certificates import (
    MARCH,
    SERVICE,
    Month,
    archive_in,
    files_of,
    land,
    numbers,
    sealed,
    three_certificates,
)

WRITES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link"}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_in(tmp_path)


def certifying(archive: Archive, drafted: Certificate, prepare: Callable[[], None] = lambda: None) -> int:
    """Fork a process that certifies; it exits with 3 if the ledger has moved."""
    child = os.fork()
    if child == 0:
        try:
            prepare()
            own = archive_in(archive.certificates.parent)  # with a lock of its own, as any other process has
            certify(own, drafted, files_of(drafted), SERVICE)
            os._exit(0)
        except HeadMovedError:
            os._exit(3)
        finally:
            os._exit(1)
    return child


def ended(child: int) -> int:
    """A child's exit status, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_places_and_links(archive: Archive) -> None:
    first, second, third = three_certificates(archive)
    assert [entry.path.name for entry in archive.ledger.entries()] == [
        "000001-2025-02-r1.json",
        "000002-2025-03-r1.json",
        "000003-2025-03-r2.json",
    ]
    assert first.certificate.previous == ""
    assert [second.certificate.previous, third.certificate.previous] == [first.sha256, second.sha256]
    assert archive.ledger.latest() == archive.ledger.latest("2025-03") == third
    assert archive.ledger.latest("2024-01") is None


def test_the_links_that_lead_to_a_certificate_reach_back_to_the_first_of_all(archive: Archive) -> None:
    march = Month(archive).certified()
    april = Month(archive, "2025-04", MARCH + timedelta(days=30)).certified()
    reason = {"reason": "late_data", "note": "补报"}
    revised = Month(archive, at=MARCH + timedelta(days=40), **reason).certified(
        numbers(2_417), extracts=land(archive, "2025-03", sequence=2)
    )
    release = archive.published / "2025-03" / "r2"
    assert sorted(path.name for path in (release / "chain").iterdir()) == [march.path.name, april.path.name]
    links = archive.ledger.links()
    assert [leading_links(links, link) for link in links] == [[], links[:1], links[:2]]
    assert verify(archive).sound
    assert revised.certificate.sequence == 3


def test_a_superseded_certificate_stays_and_is_told_apart(archive: Archive) -> None:
    february, march, revised = three_certificates(archive)
    states = [archive.ledger.state(entry.certificate) for entry in (february, march, revised)]
    assert states == ["已核定", "已修订", "已核定"]
    assert archive.ledger.entries("2025-03") == [march, revised]


def test_as_of_any_moment(archive: Archive) -> None:
    _, march, revised = three_certificates(archive)
    second, ledger = timedelta(seconds=1), archive.ledger
    assert ledger.at("2025-03", MARCH - second) is None
    assert ledger.at("2025-03", MARCH) == march
    assert ledger.at("2025-03", MARCH + timedelta(days=20) - second) == march
    assert ledger.at("2025-03", MARCH + timedelta(days=20)) == revised
    assert ledger.at("2024-01", MARCH) is None


def test_a_printed_code_finds_its_certificate(archive: Archive) -> None:
    _, march, _ = three_certificates(archive)
    assert archive.ledger.find(march.certificate.code.lower().replace("-", "")) == march
    assert archive.ledger.find("0000-0000-0000") is None


def test_an_unreadable_certificate_is_named(archive: Archive) -> None:
    three_certificates(archive)[1].path.write_bytes(b"{}")
    with pytest.raises(LedgerError, match=r"000002-2025-03-r1\.json: it can't be read"):
        archive.ledger.entries()


def test_a_draft_of_an_older_ledger_is_told(archive: Archive) -> None:
    mine, theirs = Month(archive).drafted(), Month(archive, "2025-02").drafted()
    sealed(archive, theirs)
    with pytest.raises(HeadMovedError, match=r"somebody else certified .* now at 000001-2025-02-r1\.json"):
        sealed(archive, mine)
    with pytest.raises(HeadMovedError):
        archive.ledger.append(SERVICE.seal(mine))
    assert len(archive.ledger.links()) == 1
    assert not release_of(archive.published, mine).exists()
    assert verify(archive).problems == ()


def test_nothing_is_written_over(archive: Archive) -> None:
    drafted = Month(archive).drafted()
    with pytest.raises(HeadMovedError, match="now at empty"):
        sealed(archive, replace(drafted, revision=2, reason="our_error", note="x"))
    folder = release_of(archive.published, drafted)
    folder.mkdir(parents=True)
    with pytest.raises(ReleaseError, match="no certificate in the ledger vouches for it"):
        sealed(archive, drafted)
    assert archive.ledger.links() == []
    folder.rmdir()
    sealed(archive, drafted)


def test_two_processes_at_once_one_wins(archive: Archive) -> None:
    for month, day in (("2025-02", 0), ("2025-03", 1)):
        drafts = [
            Month(archive, month, MARCH + timedelta(days=day)).drafted(numbers(issued)) for issued in (1_000, 9_000)
        ]
        with archive.ledger.lock:  # both are waiting when it is let go
            children = [certifying(archive, drafted) for drafted in drafts]
        assert sorted(map(ended, children)) == [0, 3]
        assert len(archive.ledger.entries(month)) == 1
    assert verify(archive).problems == ()


def killed_at(step: int, archive: Archive, drafted: Certificate) -> bool:
    """Whether a child that certifies was killed before its file operation number `step`."""
    steps = iter(range(step))
    watched = (str(archive.certificates), str(archive.published))

    def strike(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event in WRITES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))
        ours = event == "fcntl.flock" or (writes and any(folder in str(arguments) for folder in watched))
        if ours and next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    status = ended(certifying(archive, drafted, lambda: sys.addaudithook(strike)))
    assert status in {0, -signal.SIGKILL}
    return status != 0


def revised(archive: Archive) -> Certificate:
    """A draft of March's next revision."""
    revision = len(archive.ledger.links("2025-03")) + 1
    month = Month(archive, at=MARCH + timedelta(days=20 + revision), reason="late_data", note="补报")
    return month.drafted(numbers(3_000 + revision), extracts=land(archive, "2025-03", sequence=revision))


@pytest.mark.parametrize("healed_by", ["recovery", "the next certificate"])
def test_killed_between_any_two_steps_the_old_or_the_new_state_stands(archive: Archive, healed_by: str) -> None:
    three_certificates(archive)
    outcomes: list[bool] = []
    while killed_at(len(outcomes), archive, drafted := revised(archive)):
        release = release_of(archive.published, drafted)
        is_new = archive.ledger.links("2025-03")[-1].revision == drafted.revision
        outcomes.append(is_new)
        assert is_new or not release.exists(), "a release is shown only with its certificate"
        if healed_by == "recovery":
            complete_releases(archive.ledger, archive.published)
            assert release.exists() == is_new
        else:
            sealed(archive, revised(archive))
        assert verify(archive).problems == (), f"after a crash before step {len(outcomes)}"
        assert not list(archive.published.glob("*/.*"))
    assert len(outcomes) > 15
    assert {True, False} == set(outcomes)
    assert verify(archive).problems == ()


def test_a_leftover_beside_the_certificates_never_harms_one(archive: Archive) -> None:
    first, *_ = three_certificates(archive)
    (archive.certificates / ".next").hardlink_to(first.path)
    before = first.path.read_bytes()
    Month(archive, "2025-04", MARCH + timedelta(days=30)).certified()
    assert first.path.read_bytes() == before
    assert verify(archive).problems == ()


def test_a_stage_that_was_tampered_with_is_not_shown(archive: Archive) -> None:
    _, _, revised = three_certificates(archive)
    release = release_of(archive.published, revised.certificate)
    staged = release.rename(release.with_name(".r2.staged"))
    (staged / "certificate.json").write_bytes(b"{}")
    with pytest.raises(ReleaseError, match="another certificate"):
        complete_releases(archive.ledger, archive.published)
    assert "it was staged" in str(verify(archive).problems[-1])
    (staged / "certificate.json").write_bytes(revised.path.read_bytes())
    assert complete_releases(archive.ledger, archive.published) == [release]
    assert verify(archive).problems == ()


def test_nothing_is_built_on_a_damaged_ledger(archive: Archive) -> None:
    first, *_ = three_certificates(archive)
    drafted = Month(archive, "2025-04", MARCH + timedelta(days=30)).drafted()
    first.path.unlink()
    with pytest.raises(Exception, match=r"certificate 1 was dropped"):
        sealed(archive, drafted)


def test_nothing_is_signed_over_a_damaged_extract(archive: Archive) -> None:
    drafted = Month(archive).drafted()
    extract = drafted.foundation.extracts[5]
    (archive.landing / extract.path).write_bytes(b"PAR1")
    with pytest.raises(Exception, match=rf"{extract.file}: it was changed"):
        sealed(archive, drafted)
