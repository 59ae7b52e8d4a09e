"""A log: files that each hold the SHA-256 of the one before, so that none is changed, moved or taken away unseen."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
import time_machine

from reports.certificates.canonical import canonical_json, sha256
from reports.certificates.chain import Log, LogEntry, LogError
from reports.certificates.excuses import Excuse, Excuses
from tests.moments import SHANGHAI

AT = "2025-04-02T16:00:00+08:00"
FIRST, SECOND, THIRD = "000001.json", "000002.json", "000003.json"


@dataclass(frozen=True)
class Note(LogEntry):
    """An entry that says something."""

    text: str


class Notes(Log[Note]):
    """A log of notes."""

    KIND = Note

    def note(self, text: str) -> Note:
        """Add an entry, which tells how many there were before."""
        return self.append_entry(
            lambda before, sequence, previous: Note(sequence, previous, AT, f"{text}, after {len(before)}")
        )


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    """A log of three entries in a folder that wasn't there."""
    notes = Notes(tmp_path / "state" / "notes")
    for text in ("one", "two", "three"):
        notes.note(text)
    return notes


def test_each_entry_holds_its_place_and_the_digest_of_the_file_before(notes: Notes) -> None:
    digests = [sha256((notes.folder / name).read_bytes()) for name in (FIRST, SECOND, THIRD)]
    assert list(notes.read_entries()) == [
        Note(1, "", AT, "one, after 0"),
        Note(2, digests[0], AT, "two, after 1"),
        Note(3, digests[1], AT, "three, after 2"),
    ]
    assert notes.note("four") == Note(4, digests[2], AT, "four, after 3")


def test_a_log_that_nobody_began_is_empty(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes")
    assert (list(notes.read_entries()), notes.files(), notes.strangers()) == ([], [], [])
    assert not notes.folder.exists(), "reading makes no folder"


def test_a_file_is_never_written_over(notes: Notes) -> None:
    path = notes.add("000004.json", b"four")
    assert path == notes.folder / "000004.json"
    with pytest.raises(FileExistsError):
        notes.add("000004.json", b"another")
    assert path.read_bytes() == b"four"


def test_what_else_lies_there_is_told_in_order(notes: Notes) -> None:
    for name in ("b.txt", ".next", "000004.json.bak", "a.txt", "0004.json"):
        (notes.folder / name).touch()
    assert [path.name for path in notes.strangers()] == ["000004.json.bak", "0004.json", "a.txt", "b.txt"]


def change(folder: Path, name: str, **changes: object) -> None:
    """Write an entry otherwise, as the log itself would."""
    (entry,) = (each for each in Notes(folder).read_entries() if f"{each.sequence:06d}.json" == name)
    (folder / name).write_bytes(canonical_json({**asdict(entry), **changes}))


def swap(folder: Path) -> None:
    first, second = (folder / FIRST).read_bytes(), (folder / SECOND).read_bytes()
    (folder / FIRST).write_bytes(second)
    (folder / SECOND).write_bytes(first)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda folder: (folder / FIRST).unlink(), SECOND),
        (lambda folder: (folder / SECOND).unlink(), THIRD),
        (lambda folder: (folder / THIRD).rename(folder / "000004.json"), "000004.json"),
        (swap, FIRST),
        (lambda folder: change(folder, SECOND, text="changed"), THIRD),
        (lambda folder: change(folder, THIRD, sequence=4), THIRD),
        (lambda folder: change(folder, THIRD, previous="a" * 64), THIRD),
        (lambda folder: change(folder, FIRST, previous="a" * 64), FIRST),
    ],
)
def test_an_entry_that_was_changed_moved_or_taken_away(
    notes: Notes, damage: Callable[[Path], None], named: str
) -> None:
    damage(notes.folder)
    message = f"{named}: it doesn't follow the file before it, so one was changed or taken away; restore {notes.folder}"
    with pytest.raises(LogError, match=re.escape(message)):
        list(notes.read_entries())
    with pytest.raises(LogError, match=re.escape(message)):
        notes.note("another")


@pytest.mark.parametrize("content", [b"", b"{}", b'{"sequence": 2}'])
def test_an_entry_that_cannot_be_read(notes: Notes, content: bytes) -> None:
    (notes.folder / SECOND).write_bytes(content)
    with pytest.raises(LogError, match=f"{SECOND} can't be read as an entry of its log; restore it from a backup"):
        list(notes.read_entries())


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    with pytest.raises(LogError, match=r"notes can't be read \(Not a directory\), so nobody knows what is in it"):
        list(Notes(tmp_path / "notes").read_entries())


def test_an_excuse_says_whose_time_does_not_count_and_since_when_that_is_said(tmp_path: Path) -> None:
    excuses = Excuses(tmp_path / "excuses", SHANGHAI)
    with time_machine.travel(AT):
        excuse = excuses.add_excuse("000002-2025-03-r1.json", "a" * 64, by="值班员", note="BIOS 电池没电")
    assert excuse == Excuse(1, "", AT, "000002-2025-03-r1.json", "a" * 64, "值班员", "BIOS 电池没电")
    assert [*excuses.read_entries()] == [excuse]
    assert str(excuse) == f"000002-2025-03-r1.json: its time doesn't count, said 值班员 at {AT}: BIOS 电池没电"
