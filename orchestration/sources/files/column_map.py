"""Reviewed tables of what a sender's columns are called, and from when to when."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

from orchestration.config.hall import SettingsError
from orchestration.sources.contract import CONTRACT
from orchestration.sources.files.errors import fault

_HEADER = ["theirs", "ours", "valid_from", "valid_to", "reviewed_by"]
_ALWAYS = ("department_code", "hall_code", "measure", "count")


@dataclass(frozen=True)
class _Named:
    line: int
    theirs: str
    ours: str
    first: dt.date
    last: dt.date

    def meets(self, other: _Named) -> bool:
        return self.first <= other.last and other.first <= self.last


class ColumnMap:
    """What the columns are called on a day."""

    def __init__(self, path: Path, given: Sequence[str], *, states_day: bool) -> None:
        """Read the table.

        Args:
            path: the .csv.
            given: our names that the settings' constants give.
            states_day: whether the file's name says its day, so that no column need do so.

        Raises:
            SettingsError: it can't be read, or doesn't name each column once and without a gap; with file and line.
        """
        self._path = path
        self._rows = _rows(path)
        wanted = {*_ALWAYS, *(() if states_day else ("stat_date",))} - set(given)
        if mistake := next(_mistakes(self._rows, wanted, given), ""):
            raise SettingsError(f"{path} {mistake}")
        self._wanted = wanted

    def on(self, day: dt.date) -> Mapping[str, str]:
        """Their headers to our names; RequestRefused where the table says nothing of the day."""
        columns = {row.theirs: row.ours for row in self._rows if row.first <= day <= row.last}
        absent = sorted(self._wanted - set(columns.values()))
        if absent:
            raise fault("no_columns", path=self._path, absent=", ".join(absent), day=day)
        return columns


def _rows(path: Path) -> list[_Named]:
    try:
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path} is no readable table in UTF-8 ({type(error).__name__})") from error
    if not lines or lines[0] != _HEADER:
        raise SettingsError(f"{path} line 1 must be {','.join(_HEADER)}")
    rows = [_named(f"{path} line {line}", line, cells) for line, cells in enumerate(lines[1:], start=2) if cells]
    if not rows:
        raise SettingsError(f"{path} has no line below its header")
    return rows


def _named(where: str, line: int, cells: Sequence[str]) -> _Named:
    if len(cells) != len(_HEADER):
        raise SettingsError(f"{where} has {len(cells)} values; {len(_HEADER)} are expected")
    theirs, ours, first, last, reviewed_by = (cell.strip() for cell in cells)
    if ours not in CONTRACT:
        raise SettingsError(f"{where}: ours is {ours!r}; allowed are {', '.join(CONTRACT)}")
    if not theirs or not reviewed_by:
        raise SettingsError(f"{where}: {'reviewed_by' if theirs else 'theirs'} is blank")
    row = _Named(line, theirs, ours, _day(where, first), _day(where, last) if last else dt.date.max)
    if row.last < row.first:
        raise SettingsError(f"{where}: valid_to is before valid_from")
    return row


def _day(where: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{where}: {text!r} is no day; allowed is the form 2025-03-12") from None


def _mistakes(rows: Sequence[_Named], wanted: set[str], given: Sequence[str]) -> Iterator[str]:
    """In what the lines of a table leave it open what a column is called."""
    if absent := sorted(wanted - {row.ours for row in rows}):
        yield f"names no column for {', '.join(absent)}"
    for row in rows:
        if row.ours in given:
            yield f"line {row.line}: {row.ours} is also one of constants; give it only once"
    for before, after in pairwise(sorted(rows, key=lambda row: (row.ours, row.first))):
        if before.ours == after.ours and before.last < after.first - dt.timedelta(days=1):
            days = f"{before.last} (line {before.line}) and {after.first}"
            yield f"line {after.line}: {after.ours} is unnamed between {days}"
    for one, other in combinations(rows, 2):
        for name, same in ((one.ours, one.ours == other.ours), (one.theirs, one.theirs == other.theirs)):
            if same and one.meets(other):
                yield f"line {other.line}: {name} is also named in line {one.line}, and their days overlap"
