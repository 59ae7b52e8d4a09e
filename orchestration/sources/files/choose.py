"""Which file of a folder is the day's: by its name, whole, and the only one or the one that the settings prefer."""

import datetime as dt
import fnmatch
import glob
import re
import time
import unicodedata
from collections.abc import Callable, Sequence

from orchestration.config.systems.drop_folder import DropSystem
from orchestration.sources.files.errors import fault
from orchestration.sources.files.labels import printable
from orchestration.sources.files.storage import DropFile

MARKER = ".ok"
_UNFINISHED_STARTS = ("~$", ".")
_UNFINISHED_ENDS = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
# No clock is wrong by so much: what has been left alone for that long, in seconds, needs no second look.
_LONG_AGO = 86_400


def pattern_of(pattern: str, day: dt.date, site: str) -> str:
    """A glob with strftime fields and `{hall}` as the glob of one day and site."""
    return unicodedata.normalize("NFC", day.strftime(pattern).replace("{hall}", glob.escape(site)))


def matches(name: str, pattern: str) -> bool:
    """Whether a name, in whichever Unicode form, is of the pattern and isn't that of a file still in the making."""
    name = unicodedata.normalize("NFC", name)
    return fnmatch.fnmatchcase(name, pattern) and not _is_unfinished(name)


def _is_unfinished(name: str) -> bool:
    return name.startswith(_UNFINISHED_STARTS) or name.lower().endswith(_UNFINISHED_ENDS)


class Chooser:
    """Chooses a day's file; it remembers what it saw, to tell a file at rest from one still being written."""

    def __init__(self, system: DropSystem, address: str) -> None:
        self._system = system
        self._address = address
        self._seen: dict[str, tuple[DropFile, float]] = {}

    def wanted(self, pattern: str) -> Callable[[str], bool]:
        """Whether a name in the folder matters to the choice: it is of the pattern, or marks a file that is."""
        if self._system.ready != "marker":
            return lambda name: matches(name, pattern)
        return lambda name: matches(name.removesuffix(MARKER), pattern) or matches(name, pattern)

    def choose(self, pattern: str, files: Sequence[DropFile], content: Callable[[DropFile], bytes]) -> DropFile:
        """The one file of `files` that holds.

        Raises:
            SourceFault: there is none, one isn't written to its end yet, or it is open which one holds.
        """
        marked = self._system.ready == "marker"
        candidates = [
            file for file in files if matches(file.name, pattern) and not (marked and file.name.endswith(MARKER))
        ]
        if not candidates:
            raise fault("no_file", pattern=pattern, folder=self._address)
        names = {file.name for file in files}
        for file in candidates:
            if marked and file.name + MARKER not in names:
                raise fault("unmarked", name=printable(file.name), marker=MARKER)
            if self._system.ready == "size_stable":
                self._refuse_unsettled(file)
        return candidates[0] if len(candidates) == 1 else self._preferred(candidates, content)

    def _refuse_unsettled(self, file: DropFile) -> None:
        if (dt.datetime.now(dt.UTC) - file.modified).total_seconds() > _LONG_AGO:
            return
        now = time.monotonic()
        before, since = self._seen.get(file.path, (None, now))
        if before != file:
            self._seen[file.path] = (file, since := now)
        seconds_left = since + self._system.settle_seconds - now
        if seconds_left > 0:
            unsettled = fault("unsettled", name=printable(file.name), seconds=self._system.settle_seconds)
            unsettled.retry_after = seconds_left
            raise unsettled

    def _preferred(self, files: Sequence[DropFile], content: Callable[[DropFile], bytes]) -> DropFile:
        """Of several files for one day, the one that the settings prefer."""
        match self._system.doubles:
            case "newest_by_name":
                return max(files, key=lambda file: _natural(file.name))
            case "newest_by_time":
                last = max(file.modified for file in files)
                files, how = [file for file in files if file.modified == last], " changed at the same time"
            case "identical":
                alike = len({content(file) for file in files}) == 1
                files, how = files[:1] if alike else files, " that differ"
            case "refuse":
                how = ""
        if len(files) > 1:
            raise fault("doubles", count=len(files), how=how, names=", ".join(printable(file.name) for file in files))
        return files[0]


def _natural(name: str) -> list[tuple[str, int]]:
    """A name as people order names: 2 comes before 10, and a name before the same name with more to it."""
    stem = unicodedata.normalize("NFKC", name).rpartition(".")[0] or name
    return [(text, int(number or -1)) for text, number in re.findall(r"(\D*)(\d*)", stem) if text or number]
