"""Reviewed tables of what a sender's values mean to us, such as a department's name and its code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from orchestration.config.hall import SettingsError
from orchestration.config.systems import ContractName
from orchestration.sources.contract import fault
from orchestration.sources.files.labels import label
from orchestration.sources.reviewed_table import ReviewedLine, read_reviewed_table

_COLUMNS: tuple[ContractName, ...] = ("hall_code", "department_code", "item_code", "measure")


@dataclass(frozen=True)
class DayValues:
    """What values mean on one day: by our column, their words in the form of `label` to ours."""

    table: str = ""
    ours: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def bring(
        self, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], place: str, lines: Sequence[int]
    ) -> Sequence[Mapping[str, Any]]:
        """Rows with the values of ours that the table has for theirs; None stays None, and a value of ours is itself.

        Args:
            rows: by their names.
            columns: their names to ours.
            place: the file or page that they came from.
            lines: the line of each row in it.

        Raises:
            PermanentFault: a value isn't in the table; by row and column, since it may be anything.
        """
        for theirs, ours in columns.items():
            if (known := self.ours.get(ours)) is not None:
                words = [label(row.get(theirs)) for row in rows]
                if unknown := {*words} - {"", *known}:
                    line = lines[next(row for row, word in enumerate(words) if word in unknown)]
                    raise fault("unknown_value", origin=f"{place} row {line}", column=theirs, table=self.table)
                rows = [{**row, theirs: known.get(word)} for row, word in zip(rows, words, strict=True)]
        return rows


AS_THEY_ARE = DayValues()


class ValueMap:
    """What the values of a system mean, from when to when."""

    def __init__(self, path: Path) -> None:
        """Read the table; SettingsError, with file and line, if it can't be read or a word has two meanings at once."""
        self._path = path
        self._lines = read_reviewed_table(path, ("column", "theirs", "ours"))
        if mistake := next(_mistakes(self._lines), ""):
            raise SettingsError(f"{path} {mistake}")

    def on(self, day: dt.date) -> DayValues:
        """What they mean on a day."""
        lines = [line.values for line in self._lines if line.holds_on(day)]
        ours: dict[str, dict[str, str]] = {line.values["column"]: {} for line in self._lines}
        # A code of ours means itself, unless the table gives it another meaning.
        for key in ("ours", "theirs"):
            for values in lines:
                ours[values["column"]][label(values[key])] = values["ours"]
        return DayValues(str(self._path), ours)


def _mistakes(lines: Sequence[ReviewedLine]) -> Iterator[str]:
    alike: dict[tuple[str, str], list[ReviewedLine]] = {}
    for line in lines:
        column, theirs = line.values["column"], line.values["theirs"]
        if column not in _COLUMNS:
            yield f"line {line.line}: column is {column!r}; allowed are {', '.join(_COLUMNS)}"
        alike.setdefault((column, label(theirs)), []).append(line)
    for (_, theirs), same in alike.items():
        for one, other in combinations(same, 2):
            if one.meets(other):
                yield f"line {other.line}: {theirs} is also in line {one.line}, and their days overlap"


def value_map(folder: Path, name: str) -> Callable[[dt.date], DayValues]:
    """What a system's values mean on a day, by the table of that name in the hall's folder; themselves without one."""
    return ValueMap(folder / name).on if name else lambda _: AS_THEY_ARE
