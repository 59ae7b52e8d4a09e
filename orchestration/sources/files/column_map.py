"""Reviewed tables of what a sender's columns are called, and from when to when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path

from orchestration.config.hall import SettingsError
from orchestration.sources.contract import CONTRACT
from orchestration.sources.files.errors import fault
from orchestration.sources.reviewed_table import ReviewedLine, read_reviewed_table

_ALWAYS = ("department_code", "hall_code", "measure", "count")


class ColumnMap:
    """What the columns are called on a day."""

    def __init__(self, path: Path, given: Sequence[str], measures: Sequence[str], *, states_day: bool) -> None:
        """Read the table.

        Args:
            path: the .csv.
            given: our names that the settings' constants give.
            measures: what the system counts; a column of one's name holds its counts.
            states_day: whether the file's name or its sheet's says its day, so that no column need do so.

        Raises:
            SettingsError: it can't be read, or doesn't name each column once and without a gap; with file and line.
        """
        self._path = path
        self._lines = read_reviewed_table(path, ("theirs", "ours"))
        self._wanted = {*_ALWAYS, *(() if states_day else ("stat_date",))} - set(given)
        if mistake := next(self._mistakes(given, measures), ""):
            raise SettingsError(f"{path} {mistake}")

    def on(self, day: dt.date) -> Mapping[str, str]:
        """Their headers to our names; RequestRefused where the table says nothing of the day."""
        lines = [line for line in self._lines if line.holds_on(day)]
        if absent := self._absent(lines):
            raise fault("no_columns", path=self._path, absent=", ".join(absent), day=day)
        return {line.values["theirs"]: line.values["ours"] for line in lines}

    def _absent(self, lines: Sequence[ReviewedLine]) -> list[str]:
        named = {line.values["ours"] for line in lines}
        return sorted(self._wanted - named - ({"measure", "count"} if named - set(CONTRACT) else set()))

    def _mistakes(self, given: Sequence[str], measures: Sequence[str]) -> Iterator[str]:
        """In what the lines of the table leave it open what a column is called."""
        lines, allowed = self._lines, (*CONTRACT, *measures)
        for line in lines:
            if (ours := line.values["ours"]) not in allowed:
                yield f"line {line.line}: ours is {ours!r}; allowed are {', '.join(allowed)}"
        if absent := self._absent(lines):
            yield f"names no column for {', '.join(absent)}"
        for line in lines:
            if (ours := line.values["ours"]) in given:
                yield f"line {line.line}: {ours} is also one of constants; give it only once"
        yield from self._gaps_and_overlaps()

    def _gaps_and_overlaps(self) -> Iterator[str]:
        for before, after in pairwise(sorted(self._lines, key=lambda line: (line.values["ours"], line.first))):
            ours = after.values["ours"]
            if before.values["ours"] == ours and before.last < after.first - dt.timedelta(days=1):
                days = f"{before.last} (line {before.line}) and {after.first}"
                yield f"line {after.line}: {ours} is unnamed between {days}"
        for one, other in combinations(self._lines, 2):
            for key in ("ours", "theirs"):
                if one.values[key] == other.values[key] and one.meets(other):
                    name = one.values[key]
                    yield f"line {other.line}: {name} is also named in line {one.line}, and their days overlap"
