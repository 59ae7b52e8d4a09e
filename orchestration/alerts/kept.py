"""A JSON file of what alerts keep: one that can't be read is doubted, and put aside by whoever writes next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from orchestration.runtime.guard import put_aside
from reports import files

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_Kept = TypeVar("_Kept")


def read_kept(path: Path, form: TypeAdapter[_Kept], damaged: str) -> tuple[_Kept | None, str]:
    """What a file holds, and a doubt if it can't be read.

    Args:
        path: The file; without it there is neither.
        form: What it holds.
        damaged: The words of the doubt, with places for `path` and `error`.
    """
    from pydantic import ValidationError

    try:
        return form.validate_json(path.read_bytes()), ""
    except FileNotFoundError:
        return None, ""
    except ValidationError as error:
        return None, damaged.format(path=path, error=error.errors()[0]["msg"])
    except OSError as error:
        return None, damaged.format(path=path, error=error.strerror)


def write_kept(path: Path, form: TypeAdapter[_Kept], kept: _Kept, *, doubted: bool) -> None:
    """Write a file anew; the one that was doubted is put beside it, for somebody to look at."""
    if doubted and path.exists():
        put_aside(path)
    files.write_json(path, json.loads(form.dump_json(kept)))
