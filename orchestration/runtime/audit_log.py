"""Who did what with certified numbers: JSON lines, one file a month, kept at least 180 days (issue: retention).

Each line is written by a single append, so that processes don't mix theirs; no command ever deletes a file.
"""

import datetime as dt
import getpass
import json
import os
from contextlib import suppress
from typing import Any

from orchestration.runtime.paths import Home


def record_access(home: Home, event: str, **details: Any) -> None:
    """Append that somebody looked at something, where the log can be written: reading needs no right to write."""
    with suppress(OSError):
        record(home, event, **details)


def record(home: Home, event: str, **details: Any) -> None:
    """Append one event: when (UTC), what, by whom, and its details.

    Raises:
        OSError: the log can't be written; what isn't on record isn't done.
    """
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    line = json.dumps({"at": at, "event": event, "by": who(), "pid": os.getpid(), **details}, ensure_ascii=False)
    path = home.events / f"{at[:7]}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(f"{line}\n".encode())


def who() -> str:
    """The system's user, or its number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())
