"""Folders that last as long as the process that made them; what a killed one left is swept once its owner is gone.

An owner holds a lock on the folder itself, which the system gives up with the process however that ends.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Literal, get_args

_PREFIX = "yuebao-"
Kind = Literal["history", "rebuild", "sample", "settings"]


@contextmanager
def owned(folder: Path) -> Iterator[Path]:
    """Own a folder, which is made if it isn't there, until the block ends; it may be renamed meanwhile."""
    descriptor = _own(folder)
    try:
        yield folder
    finally:
        os.close(descriptor)


def _own(folder: Path) -> int:
    """A descriptor that holds the folder; one that was swept before it could be owned is made again."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            descriptor = os.open(folder, os.O_RDONLY)
            with suppress(OSError):  # a file system without such locks: nothing there is ever swept
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if folder.exists() and folder.samefile(f"/dev/fd/{descriptor}"):
                return descriptor
            os.close(descriptor)


@contextmanager
def temporary_folder(kind: Kind) -> Iterator[Path]:
    """A folder of its own for as long as the block runs; what killed processes left of that kind is swept first."""
    sweep(temporary_folders((kind,)))
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{kind}-") as name, owned(Path(name).resolve()) as folder:
        yield folder


def temporary_folders(kinds: Iterable[Kind] = get_args(Kind)) -> list[Path]:
    """The temporary folders that there are."""
    return [folder for kind in kinds for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}{kind}-*")]


def left_overs(folders: Iterable[Path]) -> list[Path]:
    """Those of some folders that nobody owns any more."""
    return [folder for folder in folders if _without_owner(folder, lambda _: None)]


def sweep(folders: Iterable[Path]) -> int:
    """Delete those of some folders that nobody owns any more, as far as this user may; how many."""
    return sum(_without_owner(folder, partial(shutil.rmtree, ignore_errors=True)) for folder in folders)


def _without_owner(folder: Path, use: Callable[[Path], None]) -> bool:
    """Whether a folder of this user has no owner; if so it is used, and nobody else owns it meanwhile."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        use(folder)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
