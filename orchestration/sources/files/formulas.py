"""Formulas of workbooks: which saved results can be trusted, by what the workbook says and by adding up again."""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import Any

from openpyxl.utils.datetime import to_excel

from orchestration.sources.files.plain_sums import Number, Part, PlainSum, plain_sum
from orchestration.sources.files.table import EXACT, MOST_CELLS, Area, Table, Unreadable, cell_name

Cell = tuple[int, int]  # a row and a column, from 1

NEVER_CALCULATED = Unreadable("a formula that was never calculated", "not_calculated")
# How near a sum of fractions, or beyond what a float holds exactly, has to be to the saved one.
_NEAR = Fraction(1, 10**9)
_LOOKS = 10 * MOST_CELLS


@dataclass(frozen=True)
class Formula:
    """A cell's formula.

    Attributes:
        text: as a spreadsheet shows it; None where only its result is known.
        moved: how many rows below and columns to the right of the cell that the text was written for it stands.
        due: whether the cell itself asks to be calculated when the workbook is opened.
        volatile: whether it is calculated whenever anything changes.
    """

    text: str | None
    moved: Cell = (0, 0)
    due: bool = False
    volatile: bool = False


@dataclass(frozen=True)
class Calculation:
    """What a workbook says of its saved results.

    Attributes:
        doubt: why a result that can't be worked out again isn't trusted; empty where nothing speaks against it.
        recorded: whether a spreadsheet program left its settings of calculation. Libraries that write 0 or an empty
            text for what they don't calculate leave none.
    """

    doubt: str = ""
    recorded: bool = True


@dataclass(frozen=True)
class Sheet:
    """The saved values of a sheet, and the formulas of its cells."""

    table: Table
    formulas: Mapping[Cell, Formula] = field(default_factory=dict)

    @cached_property
    def columns(self) -> "dict[int, _Column]":
        """Its columns, ready to be added up."""
        cells: dict[int, list[tuple[int, Any]]] = {}
        for number in sorted(self.table.rows):
            for column, value in self.table.rows[number].items():
                cells.setdefault(column, []).append((number, value))
        return {column: _Column(filled, self.table.epoch) for column, filled in cells.items()}

    @cached_property
    def formula_rows(self) -> dict[int, list[int]]:
        """By column, the rows of its formulas."""
        rows: dict[int, list[int]] = {}
        for number, column in sorted(self.formulas):
            rows.setdefault(column, []).append(number)
        return rows


SheetOf = Callable[[str], Sheet | None]


def filled_by_one(areas: Iterable[Area], table: Table) -> dict[Cell, Formula]:
    """The cells of a table in areas that one formula fills; ValueError where the areas are too many to be honest."""
    filled: dict[Cell, Formula] = {}
    left = MOST_CELLS
    for area in areas:
        reached = range(area.top, area.bottom + 1)
        numbers = [number for number in table.rows if number in reached] if len(table.rows) < len(reached) else reached
        left -= len(numbers)
        if left < 0:
            raise ValueError("formulas fill more cells than a sheet has")
        for number in numbers:
            columns = (column for column in table.rows.get(number, ()) if area.left <= column <= area.right)
            filled.update({(number, column): Formula(None) for column in columns})
    return filled


def checked(title: str, sheet_of: SheetOf, calculation: Calculation) -> Table:
    """A sheet's table, in which each saved result that can't be trusted is `Unreadable`.

    A formula that only adds is worked out again from the saved values of its cells, whatever the workbook says: if each
    such result agrees with them, and they can be trusted, it can.

    Args:
        title: the sheet's title.
        sheet_of: the book's sheets by title; None where it has none of that title.
        calculation: what the workbook says.
    """
    check = _Check(sheet_of, calculation)
    sheet = check.sheet(title)
    rows = dict(sheet.table.rows)
    for number, column in sheet.formulas:
        if verdict := check.verdict((title, (number, column))):
            rows[number] = {**rows.get(number, {}), column: verdict}
    return replace(sheet.table, rows=rows)


_Place = tuple[str, Cell]  # a sheet's title, and a cell


class _Check:
    def __init__(self, sheet_of: SheetOf, calculation: Calculation) -> None:
        self._sheet_of = sheet_of
        self._calculation = calculation
        self._verdicts: dict[_Place, Unreadable | None] = {}
        self._plain: dict[_Place, PlainSum | None] = {}
        self._looks = _LOOKS

    def sheet(self, title: str) -> Sheet:
        """One that is known to be there."""
        if sheet := self._sheet_of(title):
            return sheet
        raise KeyError(title)

    def verdict(self, place: _Place) -> Unreadable | None:
        """Why a formula's saved result can't be trusted; None where it can."""
        # Formulas rest on one another in chains of any length: a recursion would end early.
        path = {place: self._rests_on(place)}
        while path:
            last = next(reversed(path))
            below = next((each for each in path[last] if each not in self._verdicts), None)
            if below is None:
                del path[last]
                self._verdicts.setdefault(last, self._judge(last))
            elif below in path:
                self._verdicts[below] = Unreadable("a formula that adds its own result", "not_calculated")
            else:
                path[below] = self._rests_on(below)
        return self._verdicts[place]

    def _judge(self, place: _Place) -> Unreadable | None:
        title, (row, column) = place
        sheet = self.sheet(title)
        saved = sheet.table.rows.get(row, {}).get(column)
        if isinstance(saved, Unreadable):
            return saved
        plain = self._plain_sum(place)
        expected = None if plain is None else self._expected(title, plain)
        if expected is None:
            return self._doubt(sheet.formulas[row, column], saved)
        if not _agrees(saved, expected, sheet.table.epoch):
            return _stale(saved, expected, sheet.table.epoch)
        if self._looks < 0:
            return Unreadable("a formula among more than can be worked out again", "not_calculated")
        doubtful = next((below for below in self._rests_on(place) if self._verdicts[below]), None)
        return doubtful and _resting_on(doubtful, title)

    def _doubt(self, formula: Formula, saved: Any) -> Unreadable | None:
        doubt = self._calculation.doubt
        if formula.due:
            doubt = "it asks to be calculated when the workbook is opened"
        elif not doubt and saved in {0, None} and (formula.volatile or not self._calculation.recorded):
            doubt = "it is what programs write that don't calculate"
        return Unreadable(f"a formula whose saved result isn't sure: {doubt}", "not_calculated") if doubt else None

    def _plain_sum(self, place: _Place) -> PlainSum | None:
        if place not in self._plain:
            formula = self.sheet(place[0]).formulas[place[1]]
            self._plain[place] = None if formula.text is None else plain_sum(formula.text, *formula.moved)
        return self._plain[place]

    def _expected(self, title: str, plain: PlainSum) -> Any:
        """What a sum comes to; None where one of its cells is no number, or isn't in the book."""
        total: Number = plain.constant
        for part in plain.parts:
            sheet = self._sheet_of(part.sheet or title)
            if sheet is None:
                return None
            if plain.is_copy:
                return _copied(_cell(part, sheet))
            value = _value(part, sheet)
            if value is None:
                return None
            total += part.sign * value
        return total

    def _rests_on(self, place: _Place) -> Iterator[_Place]:
        """The formulas among the cells that a sum adds."""
        plain = self._plain_sum(place)
        for part in plain.parts if plain else ():
            title = part.sheet or place[0]
            sheet = self._sheet_of(title)
            for cell in () if sheet is None else _formulas(part.area, sheet):
                self._looks -= 1
                if self._looks < 0:
                    return
                yield title, cell


def _formulas(area: Area, sheet: Sheet) -> Iterator[Cell]:
    if area.is_cell:
        if (area.top, area.left) in sheet.formulas:
            yield area.top, area.left
        return
    for column, rows in sheet.formula_rows.items():
        if area.left <= column <= area.right:
            for row in rows[bisect_left(rows, area.top) : bisect_right(rows, area.bottom)]:
                yield row, column


def _cell(part: Part, sheet: Sheet) -> Any:
    return sheet.table.rows.get(part.area.top, {}).get(part.area.left)


def _copied(value: Any) -> Any:
    """What a cell shows that refers to another; None where that isn't certain."""
    return None if isinstance(value, Unreadable) else 0 if value is None else value


def _value(part: Part, sheet: Sheet) -> Number | None:
    """What the cells of a part add up to; None where that isn't certain."""
    area = part.area
    if part.operand:
        value = _cell(part, sheet)
        return 0 if value is None else _number(value, sheet.table.epoch)
    total: Number = 0
    for column, cells in sheet.columns.items():
        if area.left <= column <= area.right:
            sum_ = cells.sum(area.top, area.bottom)
            if sum_ is None:
                return None
            total += sum_
    return total


class _Column:
    """The filled cells of a column, added up from the top."""

    def __init__(self, cells: Sequence[tuple[int, Any]], epoch: dt.datetime | None) -> None:
        self._rows = [row for row, _ in cells]
        # SUM passes over text; what programs make of truth values and errors differs.
        numbers = [0 if isinstance(value, str) else _number(value, epoch) for _, value in cells]
        self._sums = list(accumulate((number or 0 for number in numbers), initial=0))
        self._unsure = list(accumulate((number is None for number in numbers), initial=0))

    def sum(self, top: int, bottom: int) -> Number | None:
        first, last = bisect_left(self._rows, top), bisect_right(self._rows, bottom)
        return None if self._unsure[last] > self._unsure[first] else self._sums[last] - self._sums[first]


def _number(value: Any, epoch: dt.datetime | None) -> Number | None:
    """A cell's value as a number, days as those of the workbook's calendar; None where it is none."""
    if isinstance(value, dt.date | dt.time | dt.timedelta) and epoch:
        value = to_excel(value, epoch)  # type: ignore[no-untyped-call]
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction):
        return None
    return Fraction(value) if isinstance(value, float) else value


def _agrees(saved: Any, expected: Any, epoch: dt.datetime | None) -> bool:
    number, wanted = _number(saved, epoch), _number(expected, epoch)
    if wanted is None:
        return bool(saved == expected)
    if number is None:
        return False
    if wanted.denominator == 1 and -EXACT < wanted < EXACT:
        return number == wanted
    return abs(Fraction(number - wanted)) <= abs(Fraction(wanted)) * _NEAR


def _stale(saved: Any, expected: Any, epoch: dt.datetime | None) -> Unreadable:
    # Only numbers are shown: a text may be anything.
    sum_, number = _number(expected, epoch), _number(saved, epoch)
    if sum_ is None or number is None:
        return Unreadable("a formula whose cells come to something else than what is saved with it", "not_calculated")
    return Unreadable(
        f"a formula whose cells come to {_shown(sum_)}, and {_shown(number)} is saved with it", "not_calculated"
    )


def _shown(number: Number) -> str:
    return str(number.numerator) if number.denominator == 1 else f"{float(number):g}"


def _resting_on(doubtful: _Place, title: str) -> Unreadable:
    sheet = "" if doubtful[0] == title else " of another sheet"
    cell = cell_name(*doubtful[1])
    return Unreadable(f"a formula that adds {cell}{sheet}, whose saved result isn't sure", "not_calculated")
