"""A chain: a folder of numbered files, only ever added to, each holding the SHA-256 of the one before as `previous`.

The SHA-256 is the file's, as `sha256sum` gives it. A file counts from the moment that it is there, whole; nothing else
is stored about it. What the files say, and what a broken chain means, is for those who keep one.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from filelock import FileLock

from reports.files import write_once

# What a chain keeps beside its files: the lock, and the file that is being written.
_LOCK = ".lock"
_ASIDE = ".next"


class Chain:
    """A folder of files whose names match `NAME`, and sort in order.

    Reading never waits; one process at a time adds, while it holds `writing`. Its `lock` may be taken again by whoever
    has it, through the same object.
    """

    NAME: ClassVar[re.Pattern[str]]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = FileLock(folder / _LOCK)

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
