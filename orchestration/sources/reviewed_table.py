"""Reviewed tables of a sender's words: what each line says, from when to when, and that somebody reviewed it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.config.hall import SettingsError


@dataclass(frozen=True)
class ReviewedLine:
    """One line: its values by the table's own columns, and the first and last day on which it holds."""

    line: int
    values: Mapping[str, str]
    first: dt.date
    last: dt.date

    def holds_on(self, day: dt.date) -> bool:
        """Whether it is valid on a day."""
        return self.first <= day <= self.last

    def meets(self, other: ReviewedLine) -> bool:
        """Whether both hold on some day."""
        return self.first <= other.last and other.first <= self.last


def read_reviewed_table(path: Path, columns: Sequence[str]) -> tuple[ReviewedLine, ...]:
    """Read a .csv in UTF-8 with these columns, and valid_from, valid_to (blank: still valid) and reviewed_by.

    Raises:
        SettingsError: it can't be read, has no line, or a line leaves something out; with file and line.
    """
    header = [*columns, "valid_from", "valid_to", "reviewed_by"]
    try:
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path} is no readable table in UTF-8 ({type(error).__name__})") from error
    if not lines or lines[0] != header:
        raise SettingsError(f"{path} line 1 must be {','.join(header)}")
    read = [_line(f"{path} line {line}", line, header, cells) for line, cells in enumerate(lines[1:], start=2) if cells]
    if not read:
        raise SettingsError(f"{path} has no line below its header")
    return tuple(read)


def _line(where: str, line: int, header: Sequence[str], cells: Sequence[str]) -> ReviewedLine:
    if len(cells) != len(header):
        raise SettingsError(f"{where} has {len(cells)} values; {len(header)} are expected")
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    if blank := [name for name, value in values.items() if not value and name not in {"valid_from", "valid_to"}]:
        raise SettingsError(f"{where}: {blank[0]} is blank")
    last = _day(where, values["valid_to"]) if values["valid_to"] else dt.date.max
    row = ReviewedLine(line, values, _day(where, values["valid_from"]), last)
    if row.last < row.first:
        raise SettingsError(f"{where}: valid_to is before valid_from")
    return row


def _day(where: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{where}: {text!r} is no day; allowed is the form 2025-03-12") from None
