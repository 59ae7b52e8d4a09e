"""A hall system that drops one file per day, .xlsx or .csv: headers found by name, 合计 held against the rest."""

from __future__ import annotations

import csv
import datetime as dt
import fnmatch
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.hall_systems.contract import (
    NothingForDay,
    Outcome,
    PassingFault,
    PermanentFault,
    Question,
    contract_rows,
    shared_out,
    whole_number,
)
from orchestration.settings import expand
from orchestration.system_settings import DropSystem

_HEADER_WITHIN = 20
Line = tuple[int, Sequence[Any]]


class DropSource:
    """Reads one drop folder."""

    by_hall = False

    def __init__(self, system: DropSystem, halls: tuple[str, ...], variables: Mapping[str, str]) -> None:
        self._system = system
        self._halls = halls
        self._folder = Path(expand(system.folder, variables))

    def ask(self, question: Question) -> dict[str, Outcome]:
        """See `Source.ask`."""
        day = question.day
        path = self._file_of(day)
        lines = _READERS[self._system.format](path.name, _content(path), self._system.encoding)
        header, body = self._split(path, lines)
        rows = [(number, dict(zip(header, cells, strict=False))) for number, cells in body]
        counted = [(number, row) for number, row in rows if not self._is_total(row)]
        mapped = contract_rows(
            [(f"{path.name} row {number}", row) for number, row in counted],
            self._system.columns,
            self._system.constants,
            day,
        )
        return shared_out(question, self._halls, mapped, self._declared(path, rows), str(path))

    def _file_of(self, day: dt.date) -> Path:
        pattern = day.strftime(self._system.file)
        if not self._folder.is_dir():
            raise PassingFault(f"the drop folder {self._folder} isn't there", "mount or create it, then pull again")
        found = sorted(path for path in self._folder.iterdir() if fnmatch.fnmatchcase(path.name, pattern))
        if not found:
            raise NothingForDay(
                f"no file {pattern} in {self._folder}", "ask the sender for the day's file, then pull again"
            )
        if len(found) > 1:
            raise PermanentFault(
                f"{len(found)} files for one day: {', '.join(path.name for path in found)}",
                "ask the sender which one holds, move the other away, then pull again",
            )
        return found[0]

    def _split(self, path: Path, lines: Iterator[Line]) -> tuple[list[str], list[Line]]:
        wanted = set(self._system.columns)
        body = [line for line in lines if any(cell not in (None, "") for cell in line[1])]
        for position, (_, cells) in enumerate(body[:_HEADER_WITHIN]):
            header = [str(cell).strip() if cell is not None else "" for cell in cells]
            if wanted <= set(header):
                self._refuse_doubled(path, header)
                return header, body[position + 1 :]
        raise PermanentFault(
            f"{path.name} has no header row with {'、'.join(self._system.columns)} in its first {_HEADER_WITHIN} rows",
            "hold the file against the columns in hall.toml; if the sender changed the form, change the columns",
        )

    def _refuse_doubled(self, path: Path, header: Sequence[str]) -> None:
        doubled = [name for name in self._system.columns if header.count(name) > 1]
        if doubled:
            raise PermanentFault(
                f"{path.name} has more than one column named {'、'.join(doubled)}", "ask the sender which one holds"
            )

    def _is_total(self, row: Mapping[str, Any]) -> bool:
        return self._system.total_row is not None and self._system.total_row in (
            str(cell).strip() for cell in row.values()
        )

    def _declared(self, path: Path, rows: list[tuple[int, dict[str, Any]]]) -> dict[str, Any]:
        if self._system.total_row is None:
            return {}
        totals = [row for _, row in rows if self._is_total(row)]
        if len(totals) != 1:
            raise PermanentFault(
                f"{path.name} has {len(totals)} rows named {self._system.total_row}, and one is expected",
                "a file without its total may be cut off: ask the sender for it again",
            )
        header = next(theirs for theirs, ours in self._system.columns.items() if ours == "count")
        return {self._system.constants["measure"]: whole_number(totals[0].get(header))}


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PassingFault(
            f"{path.name} can't be read ({error.strerror})", "look who may read the drop folder, then pull again"
        ) from error
    if not content:
        raise PermanentFault(f"{path.name} is empty (0 bytes)", "ask the sender for the file again, then pull again")
    return content


def _read_xlsx(name: str, content: bytes, _encoding: str) -> Iterator[Line]:
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # Exporters that stream (Apache POI) state a size of A1, and openpyxl would read no further.
        sheet.reset_dimensions()
        lines = list(enumerate(sheet.iter_rows(values_only=True), start=1))
    except Exception as error:  # a damaged part makes openpyxl raise almost anything
        raise PermanentFault(
            f"{name} is not an .xlsx workbook ({type(error).__name__})",
            "open it by hand; ask the sender to save it as .xlsx",
        ) from error
    return iter(lines)


def _read_csv(name: str, content: bytes, encoding: str) -> Iterator[Line]:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise PermanentFault(
            f"{name} isn't {encoding.upper()} text (byte {error.start})",
            "ask the sender to save it in the agreed encoding, or change `encoding` in hall.toml",
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return iter([(reader.line_num, cells) for cells in reader])
    except csv.Error as error:
        raise PermanentFault(
            f"{name} isn't a table of comma-separated values (line {reader.line_num}: {error})",
            "open it by hand; ask the sender for the file again",
        ) from error


_READERS = {"xlsx": _read_xlsx, "csv": _read_csv}
