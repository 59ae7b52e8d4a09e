"""A chain: a folder of numbered files, only ever added to, each holding the SHA-256 of the one before as `previous`.

The SHA-256 is the file's, as `sha256sum` gives it. A file counts from the moment that it is there, whole; nothing else
is stored about it. What the files say, and what a broken chain means, is for those who keep one.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from filelock import FileLock

from reports.certificates.canonical import canonical_json, read_canonical, sha256
from reports.certificates.certificate import moment_text
from reports.errors import ReportsError
from reports.files import write_once

# What a chain keeps beside its files: the lock, and the file that is being written.
_LOCK = ".lock"
_ASIDE = ".next"
# Adding takes seconds; whoever waits for longer is told who holds the chain (filelock.Timeout).
_PATIENCE = 300


class Chain:
    """A folder of files whose names match `NAME`, and sort in order.

    Reading never waits; one process at a time adds, while it holds `writing`. Its `lock` may be taken again by whoever
    has it, through the same object.
    """

    NAME: ClassVar[re.Pattern[str]]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = FileLock(folder / _LOCK, timeout=_PATIENCE)

    def files(self) -> list[Path]:
        """The chain's files, in order; OSError if there is something, but no folder that can be read."""
        paths = self.folder.iterdir() if self.folder.exists() else ()
        return sorted(path for path in paths if self.NAME.fullmatch(path.name))

    def strangers(self) -> list[Path]:
        """What else lies in the folder."""
        paths = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(path for path in paths if path.name not in {_LOCK, _ASIDE} and not self.NAME.fullmatch(path.name))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep every other process from adding, in a folder that is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.lock:
            yield

    def add(self, name: str, content: bytes) -> Path:
        """Add a file and return its path; a crash leaves nothing there or the whole file."""
        path = self.folder / name
        write_once(path, content, aside=self.folder / _ASIDE)
        return path


class LogError(ReportsError):
    """A log isn't what was written; the message names the file."""


@dataclass(frozen=True)
class LogEntry:
    """A file of a log: its place, the SHA-256 of the file before it, and when it was added (hall time)."""

    sequence: int
    previous: str
    at: str


T = TypeVar("T", bound=LogEntry)


class Log(Chain, Generic[T]):
    """A chain of entries of one kind, `000001.json`, …; who adds to it says in which zone their times are written.

    Whatever reads raises LogError if a file is absent from the chain, was changed or can't be read.
    """

    NAME = re.compile(r"[0-9]{6}\.json", re.ASCII)
    KIND: type[T]

    def __init__(self, folder: Path, zone: tzinfo = UTC) -> None:
        super().__init__(folder)
        self._zone = zone

    def moment(self) -> str:
        """This moment, as entries have it in `at`."""
        return moment_text(datetime.now(self._zone))

    def read_entries(self) -> Iterator[T]:
        """Every entry in order, each held against the file before it."""
        previous = ""
        for sequence, path in enumerate(self._existing_files(), start=1):
            entry = self._read(path)
            if path.name != _name(sequence) or (entry.sequence, entry.previous) != (sequence, previous):
                raise LogError(
                    f"{path}: it doesn't follow the file before it, so one was changed or taken away; restore "
                    f"{self.folder} from a backup"
                )
            previous = sha256(_content(entry))
            yield entry

    def append_entry(self, make: Callable[[list[T], int, str], T]) -> T:
        """Add the entry that is made of the entries before it, its sequence and the SHA-256 of the file before it."""
        with self.writing():
            entries = list(self.read_entries())
            entry = make(entries, len(entries) + 1, sha256(_content(entries[-1])) if entries else "")
            self.add(_name(entry.sequence), _content(entry))
        return entry

    def _existing_files(self) -> list[Path]:
        try:
            return self.files()
        except OSError as error:
            raise LogError(f"{self.folder} can't be read ({error.strerror}), so nobody knows what is in it") from error

    def _read(self, path: Path) -> T:
        try:
            return read_canonical(self.KIND, path.read_bytes(), _content)
        except (OSError, ValueError) as error:
            raise LogError(f"{path} can't be read as an entry of its log; restore it from a backup") from error


def _name(sequence: int) -> str:
    return f"{sequence:06d}.json"


def _content(entry: LogEntry) -> bytes:
    return canonical_json(asdict(entry))
