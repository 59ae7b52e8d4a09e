"""Certified months behind which nothing had changed, by how their files lay then: they needn't be read again.

Of ten years of months hardly any waits for a revision, and reading a certificate, its extracts' places and its facts to
see that takes far longer than to see that no file was touched. `settled.json` in the state folder is made again from
the files wherever it is lost or can't be read, and after an upgrade.
"""

import datetime as dt
import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from orchestration.runtime.paths import Home
from orchestration.runtime.program import code_version
from reports import files
from reports.certificates.ledger import Link
from reports.figures.months import days_of, months_before

# A boundary's day lies at most so many days before its month.
_DAYS_BEFORE = 31
# A sum to date reaches back at most eleven months, and what it is compared with a year further.
_MONTHS_BEFORE = 23
# What was written a moment ago may be written again without that its time tells.
_AT_REST_SECONDS = 2


class SettledMonths:
    """What is remembered of months, and how the files lie now, looked at once."""

    def __init__(self, home: Home, chain: Sequence[Link]) -> None:
        """Of a ledger's links."""
        self._home = home
        self._chain = chain
        self._found: dict[str, str] = {}

    def holds(self, links: Sequence[Link]) -> bool:
        """Whether a month's certificates were found settled, and no file that they were held against was touched.

        They are the newest of the hall itself, or all batches of its sites.
        """
        return self._remembered.get(_name(links)) == self._state(links)[0]

    def keep(self, links: Sequence[Link]) -> None:
        """Remember that a month is settled, unless a file of it was written just now."""
        state, newest = self._state(links)
        if newest < time.time_ns() - _AT_REST_SECONDS * 10**9:
            self._found[_name(links)] = state

    def write(self) -> None:
        """Write down what is to be remembered; where it can't be, the months are read again."""
        if self._found:
            with suppress(OSError):
                files.write_json(self._home.settled, dict(sorted({**self._remembered, **self._found}.items())))

    @cached_property
    def _remembered(self) -> dict[str, str]:
        try:
            told = json.loads(self._home.settled.read_bytes())
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    def _state(self, links: Sequence[Link]) -> tuple[str, int]:
        """The digest of how the files lie that certificates are held against, and when the newest was written."""
        month = links[0].month
        first, *_, last = days_of(month)
        begin = first - dt.timedelta(days=_DAYS_BEFORE)
        days = (begin + dt.timedelta(days=number) for number in range((last - begin).days + 1))
        touched = [landed for day in days for landed in self._landed.get(day.isoformat(), ())]
        facts = self._home.published / month / "facts"
        touched += [*((link.path.name, link.path.stat().st_mtime_ns) for link in links), *_entries(facts)]
        told = [code_version(), touched, self._before(month)]
        state = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        return state, max(written for _, written in touched)

    def _before(self, month: str) -> list[str]:
        """The certificates that a month's derived numbers may rest on."""
        first = months_before(month, _MONTHS_BEFORE)
        return [link.path.name for link in self._chain if first <= link.month < month]

    @cached_property
    def _landed(self) -> dict[str, list[tuple[str, int]]]:
        """By day, the systems of which something is landed, and when that was."""
        by_day: dict[str, list[tuple[str, int]]] = {}
        for system, _ in sorted(_entries(self._home.landing)):
            for day, written in _entries(self._home.landing / system):
                by_day.setdefault(day, []).append((system, written))
        return by_day


def _name(links: Sequence[Link]) -> str:
    return f"{links[0].month}{' sites' if links[0].is_batch else ''}"


def _entries(folder: Path) -> Iterator[tuple[str, int]]:
    """The names in a folder and when each was written, in nanoseconds; none where there is no folder."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
        for entry in sorted(found, key=lambda entry: entry.name):
            yield entry.name, entry.stat(follow_symlinks=False).st_mtime_ns
