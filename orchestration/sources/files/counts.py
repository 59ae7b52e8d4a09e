"""Reads the counts of a table: tells totals, subtotals and remarks from its rows, and refuses what is uncertain."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import takewhile
from typing import Any

from orchestration.config.catalogue import Quantities
from orchestration.config.systems import DropSystem
from orchestration.sources.answers import NOT_COUNTED, LeastUnits
from orchestration.sources.contract import CONTRACT, SourceFault
from orchestration.sources.files.cell_values import intended_value
from orchestration.sources.files.errors import fault
from orchestration.sources.files.forms import MARKS_OF_NONE, REMARKS, subtotal_word
from orchestration.sources.files.header import Header, find_header
from orchestration.sources.files.labels import label, pattern_of_labels
from orchestration.sources.files.subtotals import Step, other_subtotal
from orchestration.sources.files.table import Area, Table, Unreadable, cell_name
from orchestration.sources.normal_forms import Number, exact_number, is_number

FileRow = Mapping[int, Any]
# What is wrong with a cell of an amount or a duration, where a count would be told otherwise.
_OF_QUANTITIES = {"fraction": "decimals", "negative": "below_zero"}
_CODES = ("hall_code", "department_code", "item_code", "measure")


class Form:
    """How the tables of a system are to be read."""

    def __init__(self, system: DropSystem, units: LeastUnits) -> None:
        self._quantities = units.of(system.measures)
        self.total_row = system.total_row and label(system.total_row)
        self.fill = system.merged_cells == "fill"
        self.is_register = system.rows == "of_the_day"
        self.subtotals = tuple(pattern_of_labels([pattern]) for pattern in system.subtotals)
        self.skip_rows = pattern_of_labels(system.skip_rows)
        self.remarks = pattern_of_labels([*REMARKS, *system.remarks])
        self.own_remarks = pattern_of_labels(system.remarks)
        self.none_means = {label(mark): meaning for mark, meaning in system.none_means.items()}

    def number(self, ours: str, value: Any) -> Any:
        """A cell of a measure's column, or of one of any measure: whole, or with the decimals that it may have."""
        return exact_number(value, self.scale(ours))

    def scale(self, ours: str) -> int:
        """How many decimals such a cell may have."""
        return max((quantity.scale for quantity in self.quantities(ours).values()), default=0)

    def may_be_negative(self, ours: str) -> bool:
        """Whether such a cell may be below zero."""
        return any(quantity.negative for quantity in self.quantities(ours).values())

    def quantities(self, ours: str) -> Quantities:
        """What such a cell may hold besides counts in ones."""
        return {measure: quantity for measure, quantity in self._quantities.items() if ours in {measure, "count"}}


@dataclass(frozen=True)
class Counts:
    """What a table states of a day.

    Attributes:
        rows: their headers to values; a count that a row doesn't have is `NOT_COUNTED`.
        numbers: those of the rows in the table.
        totals: by header of the counts, the table's own total of the day.
        header: where the header stands.
        outside: the cells beside the table, by row and column: titles, notes and signatures.
    """

    rows: tuple[Mapping[str, Any], ...]
    numbers: tuple[int, ...]
    totals: Mapping[str, Any]
    header: Header
    outside: Mapping[int, FileRow]


def counts_of(name: str, table: Table, form: Form, columns: Mapping[str, str], day: dt.date) -> Counts:
    """Read a table, whose headers `columns` maps to our names.

    Raises:
        NothingForDay: a register has no row of the day.
        PermanentFault: its header, total or a cell that counts can't be read with certainty.
    """
    sheet = _Sheet(name, table, form, columns, find_header(name, table, columns))
    counted, totals = sheet.counted(), sheet.totals()
    if form.is_register:
        sheet.refuse_other_total(counted, totals)
        totals = {}
        counted = [number for number in counted if sheet.day(number) == day]
        if not counted:
            raise fault("no_row_of_day", name=name, day=day)
    sheet.refuse_unfilled(counted)
    rows = {number: sheet.values(number) for number in counted}
    numbers = [number for number, row in rows.items() if any(row[theirs] is not NOT_COUNTED for theirs in sheet.counts)]
    return Counts(tuple(rows[number] for number in numbers), tuple(numbers), totals, sheet.header, sheet.outside())


class _Sheet:
    """A table whose header was found, and which of its rows is what."""

    def __init__(self, name: str, table: Table, form: Form, columns: Mapping[str, str], header: Header) -> None:
        self.header = header
        self.counts = [theirs for theirs, ours in columns.items() if ours == "count" or ours not in CONTRACT]
        self._name = name
        self._table = table
        self._form = form
        self._columns = columns
        self._body = {number: table.seen(number) for number in sorted(table.rows) if number > header.last}
        codes = [header.columns[theirs] for theirs, ours in columns.items() if ours in _CODES]
        self._labelled = {number: _labels(row, codes) for number, row in self._body.items()}

    def counted(self) -> list[int]:
        """The rows that count; PermanentFault where one is a subtotal that no setting tells from them."""
        left_out = {*self._total_rows, *self._subtotal_rows, *self._skipped, *self._remarks}
        counted = [number for number in self._body if number not in left_out]
        self._refuse_subtotals(counted)
        self._refuse_below_total(counted)
        self._refuse_other_subtotals(counted)
        return counted

    def _refuse_subtotals(self, counted: Sequence[int]) -> None:
        words = {text: subtotal_word(text) for text in {text for number in counted for text in self._labelled[number]}}
        for number in counted if any(words.values()) else ():
            if word := next(filter(None, map(words.get, self._labelled[number])), None):
                raise fault("subtotal", name=self._name, number=number, word=word)

    def _refuse_below_total(self, counted: Sequence[int]) -> None:
        columns = [self.header.columns[theirs] for theirs in self.counts]
        for number in counted if self._total_rows else ():
            if number > self._total_rows[0] and not any(column in self._body[number] for column in columns):
                raise fault("below_total", name=self._name, number=number)

    @cached_property
    def _total_rows(self) -> list[int]:
        wanted = self._form.total_row
        if wanted is None:
            return []
        totals = [
            number
            for number, row in self._body.items()
            if any(isinstance(value, str) and label(value) == wanted for value in row.values())
        ]
        if len(totals) != 1:
            raise fault("no_total", name=self._name, count=len(totals), label=wanted)
        return totals

    @cached_property
    def _skipped(self) -> list[int]:
        return self._like(self._form.skip_rows)

    @cached_property
    def _subtotal_rows(self) -> dict[int, int]:
        """By the row of a subtotal, which of the patterns it is like."""
        rows = {number: kind for kind, like in enumerate(self._form.subtotals) for number in self._like(like)}
        return {number: kind for number, kind in rows.items() if number not in self._total_rows}

    @cached_property
    def _remarks(self) -> set[int]:
        """The remarks below the counts."""
        if self._total_rows and not any(
            self._has_number(number) for number in self._body if number > self._total_rows[0]
        ):
            return {number for number in self._body if number > self._total_rows[0] and self._is_remark(number)}
        return set(takewhile(lambda number: self._is_remark(number) and self._is_signed(number), reversed(self._body)))

    def _like(self, pattern: re.Pattern[str]) -> list[int]:
        return [number for number, labels in self._labelled.items() if any(map(pattern.match, labels))]

    def _is_remark(self, number: int) -> bool:
        row = self._body[number]
        return bool(row) and bool(self._form.remarks.match(label(row[min(row)]))) and not self._has_number(number)

    def _is_signed(self, number: int) -> bool:
        """Whether a remark can be no row of counts, though no total has closed the table before it."""
        first = label(self._body[number][min(self._body[number])])
        return ":" in first or bool(self._form.own_remarks.match(first))

    def _has_number(self, number: int) -> bool:
        cells = [
            self._form.number(self._columns[theirs], self._body[number].get(self.header.columns[theirs]))
            for theirs in self.counts
        ]
        return any(
            isinstance(cell, int | float | Decimal | Unreadable) or label(cell) in MARKS_OF_NONE for cell in cells
        )

    def day(self, number: int) -> dt.date:
        """The day of a row; PermanentFault if it can't be read."""
        (theirs,) = (theirs for theirs, ours in self._columns.items() if ours == "stat_date")
        self._refuse_unclear_areas(number)
        value = self._value(number, theirs)
        if not isinstance(value, dt.date):
            raise fault("no_day", name=self._name, cell=self._cell(number, theirs), column=theirs)
        return value.date() if isinstance(value, dt.datetime) else value

    def values(self, number: int) -> dict[str, Any]:
        """A row that counts, by its headers."""
        self._refuse_unclear_areas(number)
        self._refuse_second_value(number)
        return {
            theirs: self._count(number, theirs) if theirs in self.counts else self._value(number, theirs)
            for theirs in self._columns
        }

    def totals(self) -> dict[str, Number | None]:
        """By header of the counts, the table's own total; None where it is blank."""
        return {theirs: self._total(number, theirs) for number in self._total_rows for theirs in self.counts}

    def _total(self, number: int, theirs: str) -> Number | None:
        column = self.header.columns[theirs]
        for area in self._table.areas(number):
            if area.left <= column <= area.right and (area.left, area.top, area.bottom) != (column, number, number):
                raise self._unclear(area, "the total is one of them")
        return self._stated(number, theirs)

    def _stated(self, number: int, theirs: str) -> Number | None:
        """The number of a total or subtotal; None where it is blank."""
        if self._body[number].get(self.header.columns[theirs]) is None:
            return None
        count = self._count(number, theirs)
        return None if count is NOT_COUNTED else count

    def _count(self, number: int, theirs: str) -> Any:
        """A cell of counts: a number as its measure may have it, or `NOT_COUNTED`; PermanentFault for anything else."""
        value = self._body[number].get(self.header.columns[theirs])
        if (value is None or isinstance(value, str)) and (meaning := self._form.none_means.get(label(value))):
            return 0 if meaning == "zero" else NOT_COUNTED
        ours = self._columns[theirs]
        count = self._form.number(ours, self._value(number, theirs))
        if is_number(count) and (count >= 0 or self._form.may_be_negative(ours)):
            return count
        kind = "negative" if is_number(count) else _kind_of_no_count(count)
        if self._form.quantities(ours):
            kind = _OF_QUANTITIES.get(kind, kind)
        where = {"name": self._name, "cell": self._cell(number, theirs), "column": theirs}
        raise fault(f"no_counts.{kind}", **where, value=count, scale=self._form.scale(ours))

    def _summand(self, number: int, theirs: str) -> Number:
        """What a row of any day adds to a total; nothing while it is blank."""
        return self._stated(number, theirs) or 0

    def _value(self, number: int, theirs: str) -> Any:
        cell = self._body[number].get(self.header.columns[theirs])
        ours = "count" if theirs in self.counts else self._columns[theirs]
        value = intended_value(ours, cell, self._table.epoch)
        if isinstance(value, Unreadable):
            raise fault(value.fault, name=self._name, cell=self._cell(number, theirs), column=theirs, what=value.what)
        return value

    def _cell(self, number: int, theirs: str) -> str:
        return cell_name(number, self.header.columns[theirs])

    def refuse_unfilled(self, numbers: Sequence[int]) -> None:
        """Where a blank cell means something, a form in which all are blank was never filled in."""
        columns = [self.header.columns[theirs] for theirs in self.counts]
        filled = any(column in self._body[number] for number in numbers for column in columns)
        if "" in self._form.none_means and numbers and not filled:
            raise fault("unfilled", name=self._name)

    def refuse_other_total(self, counted: Sequence[int], totals: Mapping[str, Number | None]) -> None:
        """Hold a register's totals against all of its rows."""
        for theirs, stated in totals.items():
            total = sum(self._summand(number, theirs) for number in counted)
            if stated != total:
                raise fault("other_total", name=self._name, column=theirs, stated=stated, counted=total)

    def _refuse_other_subtotals(self, counted: Sequence[int]) -> None:
        subtotals = self._subtotal_rows
        for theirs in self.counts if subtotals else ():
            steps = [
                Step(number, count, subtotals.get(number))
                for number in sorted([*counted, *subtotals])
                if (count := self._stated(number, theirs)) is not None
            ]
            if other := other_subtotal(steps):
                cell = self._cell(other.number, theirs)
                raise fault("other_subtotal", name=self._name, cell=cell, stated=other.stated, counted=other.counted)

    def _refuse_unclear_areas(self, number: int) -> None:
        for area in self._table.areas(number):
            self._refuse_unclear(area)

    def _refuse_unclear(self, area: Area) -> None:
        columns = self.header.columns
        within = [theirs for theirs, column in columns.items() if area.left <= column <= area.right]
        if not within:
            return
        if len(within) > 1 or area.left != columns[within[0]]:
            raise self._unclear(area, f"{'、'.join(within)} can't be told apart")
        if area.top != area.bottom and within[0] in self.counts:
            raise self._unclear(area, f"one {within[0]} stands for several rows")
        if area.top != area.bottom and not self._form.fill:
            raise self._unclear(area, f"it is open whether one {within[0]} holds for all of its rows")

    def _unclear(self, area: Area, why: str) -> SourceFault:
        return fault("unclear_merge", name=self._name, area=area.name, why=why)

    def _refuse_second_value(self, number: int) -> None:
        """A header over several columns names the first of them; a value in another would be lost."""
        for theirs, area in self.header.wide.items():
            others = [filled for filled in self._body[number] if area.left < filled <= area.right]
            if others:
                cell = cell_name(number, others[0])
                raise fault("second_value", name=self._name, column=theirs, area=area.name, cell=cell)

    def outside(self) -> dict[int, FileRow]:
        """The cells above and below the table and to its right, by row and column."""
        header = range(self.header.first, self.header.last + 1)
        right = max(column for number in header for column in self._table.rows.get(number, {0: None}))
        above = {number: self._table.seen(number) for number in self._table.rows if number < self.header.first}
        below = {number: self._body[number] for number in self._remarks}
        beside = {
            number: {column: value for column, value in row.items() if column > right}
            for number, row in self._body.items()
            if number not in below and row and max(row) > right
        }
        within = {number: self._statements(number) for number in header if number in self._table.rows}
        return dict(sorted({**above, **within, **beside, **below}.items()))

    def _statements(self, number: int) -> FileRow:
        """What a row of the header states, besides naming columns: 单位：百件."""
        own = self.header.columns.values()
        row = self._table.seen(number).items()
        return {column: value for column, value in row if column not in own and ":" in label(value)}


def _labels(row: FileRow, codes: Sequence[int]) -> list[str]:
    """The labels by which a row is told from others: its first cell, and what stands for codes."""
    texts = [row.get(column) for column in {*codes, min(row, default=0)}]
    return [label(text) for text in texts if isinstance(text, str)]


def _kind_of_no_count(value: Any) -> str:
    match value:
        case None:
            return "blank"
        case bool() | dt.date() | dt.time() | dt.timedelta():
            return "no_number"
        case int():
            return "negative"
        case float() | Decimal():
            return "fraction"
    if re.fullmatch(r"-?\d+\.\d+", label(value)):
        return "fraction"
    return "mark" if label(value) in MARKS_OF_NONE else "text"
