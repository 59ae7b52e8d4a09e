"""What takes long to make of the dbt project is kept beside its manifest, and made again when either has changed."""

import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, cast

from reports import files

T = TypeVar("T")


def kept(path: Path, version: str, make: Callable[[], T]) -> T:
    """What a file keeps of this version, else what `make` makes, which is kept there where it may be written.

    Args:
        path: The file.
        version: Says all that it follows from.
        make: Makes what pickle takes.
    """
    # A file that was cut off, or that another version of these libraries wrote, may raise anything.
    with suppress(Exception), path.open("rb") as file:
        if pickle.load(file) == version:  # noqa: S301 - written below
            return cast("T", pickle.load(file))  # noqa: S301
    made = make()
    # As in an image that was set up without it: each process makes its own.
    with suppress(OSError):
        files.write_bytes(path, pickle.dumps(version) + pickle.dumps(made))
    return made
