"""Files that appear whole or not at all: written aside, flushed to disk, renamed."""

import ctypes
import hashlib
import json
import os
from pathlib import Path
from typing import Any

# Of <fcntl.h> and <linux/fs.h>.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`; a crash leaves the old file or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    write_through(aside, content)
    aside.replace(path)


def write_changed(path: Path, content: bytes) -> None:
    """As `write_bytes`, unless the file holds this already: what is made again needs no right to write."""
    try:
        same = path.read_bytes() == content
    except FileNotFoundError:
        same = False
    if not same:
        write_bytes(path, content)


def digests(folder: Path, names: str = "*") -> dict[str, str]:
    """The SHA-256 of every file in a folder and below whose name is such, by its path there; none without a folder."""
    paths = sorted(path for path in folder.rglob(names) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def write_json(path: Path, document: Any) -> None:
    """Write a document as readable JSON in UTF-8, keys in the order given."""
    write_changed(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())


def write_once(path: Path, content: bytes, *, aside: Path) -> None:
    """Write `content` to `path`, which must not exist; a crash leaves nothing there or the whole file.

    Args:
        path: The file to be.
        content: All of it.
        aside: A place in the same folder; what an earlier crash left there is removed first, and never written
            over, because it may be a second name of a file that was finished.

    Raises:
        FileExistsError: `path` is there already, and stays as it is.
    """
    aside.unlink(missing_ok=True)
    write_through(aside, content)
    path.hardlink_to(aside)
    sync_folder(path.parent)
    aside.unlink()


def write_through(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it; the file isn't whole before this returns."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def exchange(aside: Path, place: Path) -> None:
    """Put a folder to its place in one step; what lay there, if anything did, lies aside afterwards.

    A file system that can't exchange two names gets three renames: killed between them, it has nothing at the place.
    """
    if not os.path.lexists(place):
        aside.rename(place)
    elif not _exchanged(aside, place):
        before = aside.with_name(f"{aside.name}.before")
        place.rename(before)
        aside.rename(place)
        before.rename(aside)


def _exchanged(one: Path, other: Path) -> bool:
    """Whether two names were exchanged, by a call of Linux that Python has no function for."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    return not rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
