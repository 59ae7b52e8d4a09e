"""Which revisions an edition prints, by the order in which months were certified and revised."""

from datetime import timedelta
from pathlib import Path

import pytest

from reports.certificates.certificate import Base
from reports.certificates.ledger import Archive, History
from reports.certificates.revision import EditionNotes, edition_notes
from tests.certificates import MARCH, Month, archive_in, numbers


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_in(tmp_path)


class Press:
    """Certifies and revises months one after the other, a day apart."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.at = MARCH

    def notes(self, month: str, issued: int = 2_317, *, reason: str = "") -> tuple[str, ...]:
        """Certify, and return the notes that this edition prints."""
        self.at += timedelta(days=1)
        made = Month(self.archive, month, self.at, **({"reason": reason, "note": "补报"} if reason else {}))
        printed = noted(self.archive, month, self.archive.ledger.head().sequence + 1)
        entry = made.certified(numbers(issued))
        foundation = entry.certificate.foundation
        assert foundation.notes == printed.lines
        assert {link.path.name for link in printed.compared} <= {self.name_of(base) for base in foundation.bases}
        again = noted(self.archive, month, entry.certificate.place.sequence)
        assert again == printed, "the ledger alone tells them again"
        text = (self.archive.published / month / f"r{entry.certificate.revision}" / "section.txt").read_text()
        assert text.count("修订说明：") == len(printed.lines)
        assert all(f"修订说明：{line}\n" in text for line in printed.lines)
        return printed.lines

    def name_of(self, base: Base) -> str:
        """A certificate's file in the ledger, which is as it was when others rested on it."""
        (link,) = [each for each in self.archive.ledger.links(base.month) if each.revision == base.revision]
        assert link.read().sha256 == base.sha256
        return link.path.name


def noted(archive: Archive, month: str, sequence: int) -> EditionNotes:
    """The notes that a certificate at a place of the ledger prints."""
    return edition_notes(History(archive.ledger.links()), month, sequence)


@pytest.fixture
def press(archive: Archive) -> Press:
    return Press(archive)


def test_the_first_edition_has_none(archive: Archive, press: Press) -> None:
    assert press.notes("2025-03") == ()
    assert press.notes("2025-04") == ()
    assert noted(archive, "2025-04", 2) == EditionNotes((), ()), "what wasn't revised isn't compared"


def test_the_next_edition_prints_what_was_revised_since_the_last_and_only_once(press: Press) -> None:
    press.notes("2025-02")
    press.notes("2025-03")
    press.notes("2025-03", 9_000, reason="late_data")
    press.notes("2025-02", 7_000, reason="our_error")
    assert press.notes("2025-04") == (
        "2025 年 2 月窗口出件量由 0.23 万件修订为 0.7 万件（本方差错）。",
        "2025 年 3 月窗口出件量由 0.23 万件修订为 0.9 万件（迟报补报）。",
    )
    assert press.notes("2025-05") == ()


def test_revisions_between_two_editions_are_one_note_from_what_was_printed(press: Press) -> None:
    press.notes("2025-03")
    press.notes("2025-03", 9_000, reason="late_data")
    press.notes("2025-03", 8_000, reason="source_correction")
    assert press.notes("2025-04") == ("2025 年 3 月窗口出件量由 0.23 万件修订为 0.8 万件（迟报补报、源头更正）。",)
    press.notes("2025-03", 7_000, reason="late_data")
    assert press.notes("2025-05") == ("2025 年 3 月窗口出件量由 0.8 万件修订为 0.7 万件（迟报补报）。",)


def test_a_revision_that_was_taken_back_or_rounds_away_is_no_note(press: Press) -> None:
    press.notes("2025-03")
    press.notes("2025-03", 9_000, reason="late_data")
    press.notes("2025-03", 2_318, reason="our_error")
    assert press.notes("2025-04") == ()


def test_a_revised_edition_repeats_its_notes(press: Press) -> None:
    press.notes("2025-03")
    press.notes("2025-03", 9_000, reason="late_data")
    first = press.notes("2025-04")
    press.notes("2025-03", 8_000, reason="late_data")
    assert first
    assert press.notes("2025-04", 5_000, reason="late_data") == first


def test_an_older_month_certified_late_prints_nothing_of_later_ones(press: Press) -> None:
    press.notes("2025-03")
    press.notes("2025-03", 9_000, reason="late_data")
    assert press.notes("2025-02") == ()


def test_a_gap_between_editions_loses_no_note(press: Press) -> None:
    press.notes("2025-01")
    press.notes("2025-01", 9_000, reason="late_data")
    assert len(press.notes("2025-03")) == 1


def test_a_month_is_no_history_of_itself(archive: Archive, press: Press) -> None:
    press.notes("2025-03")
    press.notes("2025-03", 9_000, reason="late_data")
    assert noted(archive, "2025-03", 3) == EditionNotes((), ())
