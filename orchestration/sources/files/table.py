"""A file's table: its cells as a person sees them, whatever the format, and the sheet of a workbook that holds it."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from openpyxl.utils import get_column_letter

from orchestration.sources.files.errors import fault
from orchestration.sources.files.labels import label, printable

MOST_CELLS = 1_000_000
# A workbook keeps numbers as floats: from here on not every whole number is one.
EXACT = 2**53
_SHEETJS_MIDNIGHT = dt.time(23, 59, 17)


@dataclass(frozen=True)
class Unreadable:
    """A cell that holds no value that could be counted; `what` says why, and `fault` is its name in faults.toml."""

    what: str
    fault: str = "no_value"


_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#GETTING_DATA"}


def error_value(text: str) -> Unreadable:
    """A cell whose formula failed."""
    return Unreadable(f"the error {text}" if text in _ERRORS else "an error")


@dataclass(frozen=True)
class Area:
    """Merged cells, by their first and last row and column, counted from 1."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def is_cell(self) -> bool:
        """Whether it is a single cell."""
        return (self.top, self.left) == (self.bottom, self.right)

    @property
    def name(self) -> str:
        """As a spreadsheet writes it."""
        return f"{cell_name(self.top, self.left)}:{cell_name(self.bottom, self.right)}"


@dataclass(frozen=True)
class Table:
    """The cells of one sheet that aren't blank, by row and column from 1; hidden ones too."""

    rows: Mapping[int, Mapping[int, Any]]
    merged: Mapping[int, Sequence[Area]]  # the merged cells that reach into a row, by its number
    epoch: dt.datetime | None = None  # the first day of a workbook's calendar, by which its numbers are days

    def areas(self, number: int) -> Sequence[Area]:
        """The merged cells that reach into a row."""
        return self.merged.get(number, ())

    def seen(self, number: int) -> dict[int, Any]:
        """One row as it is seen: merged cells hold their first cell's value, at their first column."""
        cells = dict(self.rows[number])
        for area in self.areas(number):
            for column in [column for column in cells if area.left <= column <= area.right]:
                del cells[column]
            if (value := self.rows.get(area.top, {}).get(area.left)) is not None:
                cells[area.left] = value
        return cells


def table_of(
    name: str,
    rows: Iterable[tuple[int, Iterable[tuple[int, Any]]]],
    merged: Iterable[Area] = (),
    epoch: dt.datetime | None = None,
) -> Table:
    """Rows of (column, value) as a table, without what is blank; merged cells are asked for after the rows.

    Raises:
        PermanentFault: a row, a cell or a merge comes twice, or there are more than a million cells.
    """
    kept: dict[int, dict[int, Any]] = {}
    left = MOST_CELLS
    for number, row in rows:
        cells: dict[int, Any] = {}
        for column, value in row:
            plain = value if type(value) is int else _plain(value)
            if plain is None:
                continue
            if column in cells:
                raise fault("cell_twice", name=name, cell=cell_name(number, column))
            cells[column] = plain
        left -= len(cells)
        if left < 0:
            raise fault("many_cells", name=name, most=MOST_CELLS)
        if cells:
            if number in kept:
                raise fault("cell_twice", name=name, cell=cell_name(number, min(cells)))
            kept[number] = cells
    return Table(kept, _by_row(name, tuple(merged), kept), epoch)


def _by_row(name: str, areas: Sequence[Area], rows: Mapping[int, Any]) -> dict[int, list[Area]]:
    if sum(min(area.bottom - area.top + 1, len(rows)) for area in areas) > MOST_CELLS:
        raise fault("many_merges", name=name, most=MOST_CELLS)
    by_row: dict[int, list[Area]] = {}
    for area in sorted(areas, key=lambda area: area.left):
        reached = range(area.top, area.bottom + 1)
        for number in (number for number in rows if number in reached) if len(rows) < len(reached) else reached:
            if number in rows:
                by_row.setdefault(number, []).append(area)
    for one, other in (pair for areas in by_row.values() for pair in pairwise(areas)):
        if other.left <= one.right:
            raise fault("merges_overlap", name=name, one=one.name, other=other.name)
    return by_row


# A sheet of a workbook: its title, whether it is visible, and how to read it.
Sheet = tuple[str, bool, Callable[[], Table]]
Chosen = TypeVar("Chosen")
# What is to be read of a workbook, by its name and its sheets.
Choose = Callable[[str, Sequence[Sheet]], Chosen]


@dataclass(frozen=True)
class WantedSheet:
    """The title of the sheet that counts, where the settings name one, and whether each day has one of its own."""

    title: str = ""
    of_day: bool = False


def choose_sheet(name: str, sheets: Sequence[Sheet], wanted: WantedSheet) -> Table:
    """The table that counts.

    Raises:
        NothingForDay: there is no sheet of the day.
        PermanentFault: the sheet named isn't visible, or none is named and several hold something.
    """
    visible = [(title, read) for title, is_visible, read in sheets if is_visible]
    if wanted.title:
        named = [read for title, read in visible if label(title) == label(wanted.title)]
        if wanted.of_day and not any(label(title) == label(wanted.title) for title, *_ in sheets):
            raise fault("no_sheet_of_day", name=name, sheet=wanted.title)
        if len(named) != 1:
            raise fault("no_sheet", name=name, sheet=wanted.title, titles=_titles(visible))
        return named[0]()
    if len(visible) == 1:
        return visible[0][1]()
    filled = [(title, table) for title, table in ((title, read()) for title, read in visible) if table.rows]
    if len(filled) != 1:
        raise fault("many_sheets", name=name, count=len(filled), titles=_titles(filled or visible))
    return filled[0][1]


def visible_sheets(_name: str, sheets: Sequence[Sheet]) -> list[tuple[str, Table]]:
    """The tables that people see, with their titles."""
    read = [(title, read()) for title, is_visible, read in sheets if is_visible]
    return [(title, table) for title, table in read if table.rows]


def _titles(sheets: Sequence[tuple[str, object]]) -> str:
    return "、".join(printable(title) for title, _ in sheets) or "none is visible"


def cell_name(row: int, column: int) -> str:
    """A cell as a spreadsheet names it."""
    return f"{get_column_letter(column)}{row}"


def day_of(moment: dt.datetime) -> dt.datetime | Unreadable:
    """A moment of a workbook, unless it is a day as SheetJS writes it in the hall's time zone.

    It takes the zone's minutes of 1899 (8:05:43 before Greenwich) and loses their seconds: a day is 23:59:17 of the day
    before. Nobody can tell one from a moment that is meant.
    """
    if moment.replace(microsecond=0).time() == _SHEETJS_MIDNIGHT:
        return Unreadable(
            f"{moment:%Y-%m-%d %H:%M:%S}, as SheetJS writes the day that begins 43 seconds later", "day_early"
        )
    return moment


def _plain(value: Any) -> Any:
    """A value without what its format did to it: blank text is None, and a whole number an int."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < EXACT else value
    return day_of(value) if isinstance(value, dt.datetime) else value
