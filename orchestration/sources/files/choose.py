"""Which file of a folder is the day's: by its name, whole, and the only one or the one that the settings prefer."""

from __future__ import annotations

import datetime as dt
import fnmatch
import glob
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from orchestration.config.systems.drop_folder import DropSystem
from orchestration.sources.contract import NothingForDay, PassingFault, PermanentFault, SourceFault
from orchestration.sources.files.drop_file import DropFile
from orchestration.sources.files.labels import shown

MARKER = ".ok"
_UNFINISHED_STARTS = ("~$", ".")
_UNFINISHED_ENDS = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
# No clock is wrong by so much: what has been left alone for that long, in seconds, needs no second look.
_LONG_AGO = 86_400


def pattern_of(pattern: str, day: dt.date, hall: str) -> str:
    """A glob with strftime fields and `{hall}` as the glob of one day and hall."""
    return unicodedata.normalize("NFC", day.strftime(pattern).replace("{hall}", glob.escape(hall)))


def matches(name: str, pattern: str) -> bool:
    """Whether a name, in whichever Unicode form, is of the pattern and isn't that of a file still in the making."""
    name = unicodedata.normalize("NFC", name)
    unfinished = name.startswith(_UNFINISHED_STARTS) or name.lower().endswith(_UNFINISHED_ENDS)
    return not unfinished and fnmatch.fnmatchcase(name, pattern)


class Choice:
    """Chooses a day's file; it remembers what it saw, to tell a file at rest from one still being written."""

    def __init__(self, system: DropSystem, address: str) -> None:
        self._system = system
        self._address = address
        self._seen: dict[str, tuple[DropFile, float]] = {}

    def of(self, pattern: str, entries: Sequence[DropFile], content: Callable[[DropFile], bytes]) -> DropFile:
        """The one file of `entries` that holds.

        Raises:
            SourceFault: there is none, one isn't written to its end yet, or it is open which one holds.
        """
        marked = self._system.ready == "marker"
        found = [e for e in entries if matches(e.name, pattern) and not (marked and e.name.endswith(MARKER))]
        if not found:
            raise NothingForDay(
                f"no file {pattern} in {self._address}", "ask the sender for the day's file, then pull again"
            )
        for entry in found:
            self._refuse_unready(entry, entries)
        return found[0] if len(found) == 1 else _PREFERENCES[self._system.doubles](found, content)

    def _refuse_unready(self, entry: DropFile, entries: Iterable[DropFile]) -> None:
        match self._system.ready:
            case "marker" if entry.name + MARKER not in {each.name for each in entries}:
                raise PassingFault(
                    f"{shown(entry.name)} has no {shown(entry.name)}{MARKER} beside it yet",
                    "wait until the sender has put it there, then pull again",
                )
            case "size_stable":
                self._refuse_unsettled(entry)

    def _refuse_unsettled(self, entry: DropFile) -> None:
        if (dt.datetime.now(dt.UTC) - entry.modified).total_seconds() > _LONG_AGO:
            return
        now = time.monotonic()
        before, since = self._seen.get(entry.path, (None, now))
        if before != entry:
            self._seen[entry.path] = (entry, since := now)
        left = since + self._system.settle_seconds - now
        if left > 0:
            raise PassingFault(
                f"{shown(entry.name)} may still be written: "
                f"it wasn't yet seen unchanged for {self._system.settle_seconds:g} s",
                "wait that long, then pull again",
                retry_after=left,
            )


def _refused(found: Sequence[DropFile], _content: Callable[[DropFile], bytes]) -> DropFile:
    raise _undecided(found)


def _identical(found: Sequence[DropFile], content: Callable[[DropFile], bytes]) -> DropFile:
    if len({content(entry) for entry in found}) > 1:
        raise _undecided(found, " that differ")
    return found[0]


def _last_by_name(found: Sequence[DropFile], _content: Callable[[DropFile], bytes]) -> DropFile:
    return max(found, key=lambda entry: _natural(entry.name))


def _last_by_time(found: Sequence[DropFile], _content: Callable[[DropFile], bytes]) -> DropFile:
    last = max(entry.modified for entry in found)
    newest = [entry for entry in found if entry.modified == last]
    if len(newest) > 1:
        raise _undecided(newest, " changed at the same time")
    return newest[0]


_PREFERENCES: dict[str, Callable[[Sequence[DropFile], Callable[[DropFile], bytes]], DropFile]] = {
    "refuse": _refused,
    "identical": _identical,
    "newest_by_name": _last_by_name,
    "newest_by_time": _last_by_time,
}


def _undecided(found: Sequence[DropFile], how: str = "") -> SourceFault:
    return PermanentFault(
        f"{len(found)} files for one day{how}: {', '.join(shown(entry.name) for entry in found)}",
        "ask the sender which one holds, move the other away, then pull again",
    )


def _natural(name: str) -> list[tuple[str, int]]:
    """A name as people order names: 2 comes before 10, and a name before the same name with more to it."""
    stem = unicodedata.normalize("NFKC", name).rpartition(".")[0] or name
    return [(text, int(number or -1)) for text, number in re.findall(r"(\D*)(\d*)", stem) if text or number]
