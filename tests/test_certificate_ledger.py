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

from reports.certificates.canonical import sha256
from reports.certificates.certificate import Head
from reports.certificates.certification import Drawn, Grounds, certify
from reports.certificates.evidence import EvidenceStoreError
from reports.certificates.form_2 import envelope_of
from reports.certificates.ledger import Archive, HeadMovedError, History, LedgerError, Link, leading_links
from reports.certificates.release import ReleaseError, complete_releases, release_of, stage_of
from reports.certificates.verification import verify
from tests.certificates import (
    MARCH,
    SERVICE,
    Month,
    archive_in,
    by_service,
    copied,
    facts_in,
    land,
    numbers,
    sealed,
    signed,
    three_certificates,
)
from tests.moments import hall_time

WRITES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link"}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_in(tmp_path)


def certifying(archive: Archive, month: Month, drawn: Drawn, prepare: Callable[[], None] = lambda: None) -> int:
    """Fork a process that certifies; it exits with 3 if the ledger has moved."""
    signatures, facts = signed(drawn, by_service(month.at), [SERVICE]), facts_in(archive)
    child = os.fork()
    if child == 0:
        try:
            prepare()
            own = archive_in(archive.certificates.parent)  # with a lock of its own, as any other process has
            certify(own, drawn, signatures, Grounds(facts), at=hall_time(month.at))
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
    entries = (first, second, third)
    assert [each.certificate.place.sequence for each in entries] == [1, 2, 3]
    assert [each.certificate.place.previous for each in entries] == ["", first.sha256, second.sha256]
    assert [each.certificate.head for each in entries] == [Head(0, ""), Head(1, first.sha256), Head(2, second.sha256)]
    assert archive.ledger.latest() == archive.ledger.latest("2025-03") == third
    assert archive.ledger.latest("2024-01") is None


def test_the_links_that_lead_to_a_certificate_reach_back_to_the_first_of_all(archive: Archive) -> None:
    march = Month(archive).certified()
    april = Month(archive, "2025-04", MARCH + timedelta(days=30)).certified()
    reason = {"reason": "late_data", "note": "补报"}
    revised = Month(archive, at=MARCH + timedelta(days=40), **reason).certified(
        numbers(2_417), extracts=land(archive, "2025-03", sequence=2, values=numbers(2_417))
    )
    release = archive.published / "2025-03" / "r2"
    assert sorted(path.name for path in (release / "chain").iterdir()) == [march.path.name, april.path.name]
    links = archive.ledger.chain()
    assert [leading_links(links, link) for link in links] == [[], links[:1], links[:2]]
    assert verify(archive).sound
    assert revised.certificate.place.sequence == 3


def link(sequence: int, month: str, revision: int = 1) -> Link:
    return Link.of(Path(f"{sequence:06d}-{month}-r{revision}.json"))


LINKS = [
    link(1, "2025-06"),
    link(2, "2025-01"),
    link(3, "2025-06", 2),
    link(4, "2025-03"),
    link(5, "2025-01", 2),
    link(6, "2025-01", 3),
]


@pytest.mark.parametrize(
    ("to", "sequences"),
    [
        (LINKS[0], []),
        (LINKS[1], [1]),
        (LINKS[2], [1, 2]),
        (LINKS[3], [3]),
        (LINKS[4], [2, 3, 4]),
        (LINKS[5], [5]),
        (link(7, "2025-06", 3), [3, 4, 5, 6]),
        (link(7, "2025-07"), [6]),
        (link(7, "2025-07", 2), [1, 2, 3, 4, 5, 6]),
    ],
)
def test_which_links_lead_to_one(to: Link, sequences: list[int]) -> None:
    assert [each.sequence for each in leading_links(LINKS, to)] == sequences


def test_a_history_is_of_what_stands_before_a_place() -> None:
    history = History(LINKS)
    assert [[*history.months(before)] for before in (1, 2, 4, 5)] == [
        [],
        ["2025-06"],
        ["2025-01", "2025-06"],
        ["2025-01", "2025-03", "2025-06"],
    ]
    assert [[each.sequence for each in history.of("2025-01", before)] for before in (2, 5, 6, 7)] == [
        [],
        [2],
        [2, 5],
        [2, 5, 6],
    ]
    assert history.of("2024-01", 9) == []


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


def test_as_of_a_moment_counts_when_it_was_added_and_not_when_it_was_signed(archive: Archive) -> None:
    later = MARCH + timedelta(days=3)
    drawn = Month(archive).drawn()
    entry = certify(
        archive, drawn, signed(drawn, by_service(), [SERVICE]), Grounds(facts_in(archive)), at=hall_time(later)
    )
    assert (entry.certificate.signed_at, entry.certificate.recorded_at) == (MARCH, later)
    assert archive.ledger.at("2025-03", later - timedelta(seconds=1)) is None
    assert archive.ledger.at("2025-03", later) == entry


def test_another_month_certified_in_between_is_no_obstacle(archive: Archive) -> None:
    """Three people may take days to sign; what they signed stays as it is."""
    mine = Month(archive).drawn()
    theirs = Month(archive, "2025-01").certified()
    entry = sealed(archive, mine)
    assert (entry.certificate.place.sequence, entry.certificate.place.previous) == (2, theirs.sha256)
    assert entry.certificate.head == Head(0, "")
    assert entry.certificate.code == mine.certificate.code
    assert verify(archive, rows=True).problems == ()


def test_the_same_month_certified_in_between_is_told(archive: Archive) -> None:
    mine = Month(archive).drawn(numbers(9_000))
    Month(archive).certified()
    with pytest.raises(HeadMovedError, match=r"somebody else certified .* now at 000001-2025-03-r1\.json"):
        sealed(archive, mine)
    envelope = envelope_of(mine.certificate, signed(mine, by_service(), [SERVICE]))
    with pytest.raises(HeadMovedError, match="doesn't follow certificate 1"):
        archive.ledger.append(envelope)
    assert len(archive.ledger.links()) == 1
    assert verify(archive).problems == ()


def test_the_month_before_certified_in_between_is_told(archive: Archive) -> None:
    """Flags are set by it."""
    mine = Month(archive).drawn()
    Month(archive, "2025-02").certified()
    with pytest.raises(HeadMovedError, match=r"somebody else certified .* now at 000001-2025-02-r1\.json"):
        sealed(archive, mine)
    assert len(archive.ledger.links()) == 1
    assert not release_of(archive.published, mine.certificate).exists()
    assert not stage_of(release_of(archive.published, mine.certificate)).exists()
    assert verify(archive).problems == ()


def test_a_revision_in_between_that_the_edition_prints_is_told(archive: Archive) -> None:
    Month(archive, "2025-01").certified()
    mine = Month(archive).drawn()
    Month(archive, "2025-01", reason="late_data", note="补报").certified(
        numbers(9_000), extracts=land(archive, "2025-01", sequence=2, values=numbers(9_000))
    )
    with pytest.raises(HeadMovedError, match=r"now at 000002-2025-01-r2\.json"):
        sealed(archive, mine)
    again = sealed(archive, Month(archive).drawn())
    assert again.certificate.foundation.notes == ("2025 年 1 月窗口出件量由 0.23 万件修订为 0.9 万件（迟报补报）。",)
    assert verify(archive).problems == ()


def test_a_candidate_drawn_up_again_on_the_head_that_its_signers_saw_is_the_same(archive: Archive) -> None:
    mine = Month(archive).drawn()
    Month(archive, "2025-01").certified()
    assert Month(archive).drawn().content != mine.content
    assert Month(archive).drawn(head=mine.certificate.head).content == mine.content


def test_nothing_is_written_over(archive: Archive) -> None:
    drawn = Month(archive).drawn()
    second = replace(drawn, certificate=replace(drawn.certificate, revision=2, reason="our_error", note="x"))
    with pytest.raises(HeadMovedError, match="now at empty"):
        sealed(archive, second)
    folder = release_of(archive.published, drawn.certificate)
    folder.mkdir(parents=True)
    with pytest.raises(ReleaseError, match="no certificate in the ledger vouches for it"):
        sealed(archive, drawn)
    assert archive.ledger.links() == []
    folder.rmdir()
    sealed(archive, drawn)


def test_two_processes_at_once_one_wins(archive: Archive) -> None:
    for name, day in (("2025-02", 0), ("2025-03", 1)):
        month = Month(archive, name, MARCH + timedelta(days=day))
        candidates = [
            month.drawn(values, extracts=land(archive, name, sequence=int(values[1].exact), values=values))
            for values in (numbers(1_000), numbers(9_000))
        ]
        with archive.ledger.lock:  # both are waiting when it is let go
            children = [certifying(archive, month, drawn) for drawn in candidates]
        assert sorted(map(ended, children)) == [0, 3]
        assert len(archive.ledger.entries(name)) == 1
    assert verify(archive, rows=True).problems == ()


def killed_at(step: int, archive: Archive, month: Month, drawn: Drawn) -> bool:
    """Whether a child that certifies was killed before its file operation number `step`."""
    steps = iter(range(step))
    watched = (str(archive.certificates), str(archive.published), str(archive.ledger.store.folder))

    def strike(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event in WRITES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))
        ours = event == "fcntl.flock" or (writes and any(folder in str(arguments) for folder in watched))
        if ours and next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    status = ended(certifying(archive, month, drawn, lambda: sys.addaudithook(strike)))
    assert status in {0, -signal.SIGKILL}
    return status != 0


def next_revision(archive: Archive) -> tuple[Month, Drawn]:
    """March's next revision, drawn up."""
    revision = len(archive.ledger.links("2025-03")) + 1
    month = Month(archive, at=MARCH + timedelta(days=20 + revision), reason="late_data", note="补报")
    values = numbers(3_000 + revision)
    return month, month.drawn(values, extracts=land(archive, "2025-03", sequence=revision, values=values))


@pytest.mark.parametrize("healed_by", ["recovery", "the next certificate"])
def test_killed_between_any_two_steps_the_old_or_the_new_state_stands(
    archive: Archive, tmp_path: Path, healed_by: str
) -> None:
    three_certificates(archive)
    month, drawn = next_revision(archive)
    outcomes: list[bool] = []
    while killed_at(len(outcomes), struck := copied(archive, tmp_path / str(len(outcomes)), os.link), month, drawn):
        release = release_of(struck.published, drawn.certificate)
        is_new = struck.ledger.links("2025-03")[-1].revision == drawn.certificate.revision
        outcomes.append(is_new)
        assert is_new or not release.exists(), "a release is shown only with its certificate"
        if healed_by == "recovery":
            complete_releases(struck.ledger, struck.published)
            assert release.exists() == is_new
        else:
            following, again = next_revision(struck)
            sealed(struck, again, at=following.at)
        assert verify(struck).problems == (), f"after a crash before step {len(outcomes)}"
        assert not list(struck.published.glob("*/.*"))
    assert len(outcomes) > 30
    assert {True, False} == set(outcomes)
    assert verify(struck).problems == ()
    assert len(archive.ledger.links()) == 3
    assert verify(archive).problems == (), "nothing that was there was written over"


def test_a_leftover_beside_the_certificates_never_harms_one(archive: Archive) -> None:
    first, *_ = three_certificates(archive)
    (archive.certificates / ".next").hardlink_to(first.path)
    before = first.path.read_bytes()
    Month(archive, "2025-04", MARCH + timedelta(days=30)).certified()
    assert first.path.read_bytes() == before
    assert verify(archive).problems == ()


def test_a_leftover_beside_the_evidence_never_harms_a_document(archive: Archive) -> None:
    first, *_ = three_certificates(archive)
    store = archive.ledger.store
    document = store.path(first.certificate.evidence["extracts"])
    (store.folder / ".next").hardlink_to(document)
    before = document.read_bytes()
    Month(archive, "2025-04", MARCH + timedelta(days=30)).certified()
    assert document.read_bytes() == before
    assert verify(archive).problems == ()


def test_evidence_is_stored_once_and_a_release_holds_further_names_of_it(archive: Archive) -> None:
    first, *_ = three_certificates(archive)
    store, certificate = archive.ledger.store, first.certificate
    named = {*certificate.evidence.values(), *certificate.foundation.settings.values()}
    folder = release_of(archive.published, certificate) / "evidence"
    assert {path.name for path in folder.iterdir()} == named
    assert all((folder / digest).samefile(store.path(digest)) for digest in named)
    released = Link(1, "2025-02", 1, folder.with_name("certificate.json")).read()
    assert released.certificate.foundation == certificate.foundation, "a release is read by its own evidence"
    stored = sorted(path.name for path in store.folder.iterdir())
    assert all(sha256(store.path(name).read_bytes()) == name for name in stored)
    Month(archive, "2025-04", MARCH + timedelta(days=30)).certified()
    added = {path.name for path in store.folder.iterdir()} - set(stored)
    newest = archive.ledger.entries()[-1].certificate.evidence
    assert added == {newest[name] for name in ("extracts", "checks", "bases")}, "what is the same is stored once"


def test_a_file_in_a_documents_place_stops_the_certificate(archive: Archive) -> None:
    drawn, store = Month(archive).drawn(), archive.ledger.store
    store.folder.mkdir(parents=True)
    place = store.path(drawn.certificate.evidence["facts"])
    place.write_bytes(b"{}")
    with pytest.raises(EvidenceStoreError, match=f"{place.name}: it was changed"):
        sealed(archive, drawn)
    assert archive.ledger.links() == []
    place.unlink()
    sealed(archive, drawn)
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
    drawn = Month(archive, "2025-04", MARCH + timedelta(days=30)).drawn()
    first.path.unlink()
    with pytest.raises(Exception, match=r"certificate 1 was dropped"):
        sealed(archive, drawn, at=MARCH + timedelta(days=30))


def test_nothing_is_signed_over_a_damaged_extract(archive: Archive) -> None:
    drawn = Month(archive).drawn()
    extract = drawn.certificate.foundation.extracts[5]
    (archive.landing / extract.path).write_bytes(b"PAR1")
    with pytest.raises(Exception, match=rf"{extract.file}: it was changed"):
        sealed(archive, drawn)
