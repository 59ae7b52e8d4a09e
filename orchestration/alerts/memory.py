"""What each channel was told, and which of them fail: one JSON file in the state folder, changed under a lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.alerts.conditions import Condition
from orchestration.alerts.kept import read_kept, write_kept
from orchestration.runtime.errors import UserError
from orchestration.runtime.guard import holder
from orchestration.runtime.paths import Home

# An evaluation sends within a minute, whatever its channels do.
_PATIENCE = 45
_DAMAGED = (
    "{path} can't be read ({error}), so nobody knows what was told: it is told again, some of it for the second time"
)


class AlertsBusyError(UserError):
    """Another evaluation is under way, and doesn't end."""


@dataclass(frozen=True)
class Failing:
    """That a channel takes no message: since when, how often it was tried, and why not the last time."""

    since: dt.datetime
    times: int
    reason: str


@dataclass(frozen=True)
class Recollection:
    """What one channel knows: by key what it was told; what happened before it `began` is no news to it."""

    began: dt.datetime
    told: dict[str, Condition] = field(default_factory=dict)
    failing: Failing | None = None

    def failed(self, now: dt.datetime, reason: str) -> Recollection:
        """The same, after it took no message."""
        before = self.failing or Failing(now, 0, "")
        return replace(self, failing=Failing(before.since, before.times + 1, reason))


@dataclass(frozen=True)
class Memory:
    """Every channel's recollection by name; `doubt` says why there is none, if there should be one."""

    channels: dict[str, Recollection] = field(default_factory=dict)
    doubt: str = ""

    def of(self, channel: str, now: dt.datetime) -> Recollection:
        """One channel's; of one that is new it begins now, and of one in doubt as early as there is anything."""
        return self.channels.get(channel) or Recollection(dt.datetime.min.replace(tzinfo=dt.UTC) if self.doubt else now)


@contextmanager
def exclusive(home: Home) -> Iterator[None]:
    """One evaluation at a time reads, tells and remembers; AlertsBusyError where another one doesn't end."""
    home.alerts.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.alerts / ".lock")
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        raise AlertsBusyError(
            f"another evaluation of alerts has held {lock.lock_file} for {_PATIENCE} s; see which process it is "
            f"({holder(Path(lock.lock_file))}), and end it if it hangs"
        ) from None
    try:
        yield
    finally:
        lock.release()


def read_memory(home: Home) -> Memory:
    """What was told; a file that can't be read is a doubt, for silence is worse than telling twice."""
    from pydantic import TypeAdapter

    channels, doubt = read_kept(_path(home), TypeAdapter(dict[str, Recollection]), _DAMAGED)
    return Memory(channels or {}, doubt)


def write_memory(home: Home, memory: Memory) -> None:
    """Write what was told."""
    from pydantic import TypeAdapter

    write_kept(_path(home), TypeAdapter(dict[str, Recollection]), memory.channels, doubted=bool(memory.doubt))


def _path(home: Home) -> Path:
    return home.alerts / "told.json"
