"""Reads the counts of a table: finds its header by name, tells its total from its rows, refuses what is uncertain."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from orchestration.sources.contract import SourceFault
from orchestration.sources.files.cell_values import intended_value
from orchestration.sources.files.errors import fault
from orchestration.sources.files.labels import label
from orchestration.sources.files.table import Area, Table, Unreadable, cell_name
from orchestration.sources.normal_forms import whole_number

_HEADER_WITHIN = 20
# What stands below a total in the forms of halls: it's a remark if it begins so and counts nothing.
_REMARKS = ("备注", "注:", "说明", "制表", "填表", "填报", "审核", "负责人", "联系", "打印", "导出", "统计时间", "单位")

FileRow = dict[int, Any]


@dataclass(frozen=True)
class Form:
    """How a table is to be read."""

    columns: Mapping[str, str]  # their headers to our names, one of which is `count`
    total_row: str | None  # the label of the row that holds the total, where there is one
    fill: bool  # whether merged cells count for each of their rows, except those of counts


@dataclass(frozen=True)
class Counts:
    """The rows of a table, their headers to values, with their numbers in it; and the total that it states itself."""

    rows: tuple[Mapping[str, Any], ...]
    numbers: tuple[int, ...]
    total: Any


def counts_of(name: str, table: Table, form: Form) -> Counts:
    """Read a table; PermanentFault if its header, total or a cell that counts can't be read with certainty."""
    sheet = _Sheet(name, table, form, *_header(name, table, form.columns))
    body = [(number, table.seen(number)) for number in sorted(table.rows) if number > sheet.header_ends]
    totals = [number for number, row in body if sheet.is_total(row)]
    if form.total_row is not None and len(totals) != 1:
        raise fault("no_total", name=name, count=len(totals), label=form.total_row)
    counted = [
        (number, row)
        for number, row in body
        if number not in totals and not (totals and number > totals[0] and sheet.is_remark(row))
    ]
    rows = tuple(sheet.values(number, row) for number, row in counted)
    return Counts(rows, tuple(number for number, _ in counted), sheet.total(totals[0]) if totals else None)


@dataclass(frozen=True)
class _Sheet:
    name: str
    table: Table
    form: Form
    columns: Mapping[str, int]
    header: int
    header_ends: int

    @property
    def count_header(self) -> str:
        return next(theirs for theirs, ours in self.form.columns.items() if ours == "count")

    def is_total(self, row: FileRow) -> bool:
        wanted = self.form.total_row
        return wanted is not None and label(wanted) in map(label, row.values())

    def is_remark(self, row: FileRow) -> bool:
        count = row.get(self.columns[self.count_header])
        counts = isinstance(whole_number(count), int | float | Unreadable)
        return bool(row) and label(row[min(row)]).startswith(_REMARKS) and not counts

    def values(self, number: int, row: FileRow) -> dict[str, Any]:
        for area in self.table.areas(number):
            self._refuse_unclear(area)
        self._refuse_second_value(number, row)
        return {theirs: self._value(number, row, theirs) for theirs in self.columns}

    def total(self, number: int) -> Any:
        row, column = self.table.seen(number), self.columns[self.count_header]
        for area in self.table.areas(number):
            if area.left <= column <= area.right and (area.left, area.top, area.bottom) != (column, number, number):
                raise self._unclear(area, "the total is one of them")
        return whole_number(self._value(number, row, self.count_header))

    def _value(self, number: int, row: FileRow, theirs: str) -> Any:
        value = intended_value(self.form.columns[theirs], row.get(self.columns[theirs]), self.table.epoch)
        if isinstance(value, Unreadable):
            cell = cell_name(number, self.columns[theirs])
            raise fault("no_value", name=self.name, cell=cell, column=theirs, what=value.what)
        return value

    def _refuse_unclear(self, area: Area) -> None:
        within = [theirs for theirs, column in self.columns.items() if area.left <= column <= area.right]
        if not within:
            return
        if len(within) > 1 or area.left != self.columns[within[0]]:
            raise self._unclear(area, f"{'、'.join(within)} can't be told apart")
        if area.top != area.bottom and within[0] == self.count_header:
            raise self._unclear(area, f"one {within[0]} stands for several rows")
        if area.top != area.bottom and not self.form.fill:
            raise self._unclear(area, f"it is open whether one {within[0]} holds for all of its rows")

    def _unclear(self, area: Area, why: str) -> SourceFault:
        return fault("unclear_merge", name=self.name, area=area.name, why=why)

    def _refuse_second_value(self, number: int, row: FileRow) -> None:
        """A header over several columns names the first of them; a value in another would be lost."""
        for area in self.table.areas(self.header):
            for theirs, column in self.columns.items():
                others = [filled for filled in row if column < filled <= area.right]
                if area.left == column and others:
                    cell = cell_name(number, others[0])
                    raise fault("second_value", name=self.name, column=theirs, area=area.name, cell=cell)


def _header(name: str, table: Table, columns: Mapping[str, str]) -> tuple[dict[str, int], int, int]:
    """The columns wanted, the row that names them all, and the last row of the header."""
    for number in islice(sorted(table.rows), _HEADER_WITHIN):
        labels = [(label(value), column) for column, value in table.seen(number).items()]
        places = {theirs: [column for text, column in labels if text == label(theirs)] for theirs in columns}
        if all(places.values()):
            if doubled := [theirs for theirs, named in places.items() if len(named) > 1]:
                raise fault("doubled_header", name=name, columns="、".join(doubled))
            first = {theirs: named[0] for theirs, named in places.items()}
            ends = max([number, *(area.bottom for area in table.areas(number) if area.left in first.values())])
            _refuse_covered(name, table, first, number, ends)
            return first, number, ends
    raise fault("no_header", name=name, columns="、".join(columns), within=_HEADER_WITHIN)


def _refuse_covered(name: str, table: Table, columns: Mapping[str, int], first: int, last: int) -> None:
    """A header of several rows holds nothing but itself: a row of counts would be lost in it."""
    for number in range(first + 1, last + 1):
        row = table.seen(number) if number in table.rows else {}
        for theirs, column in columns.items():
            if label(row.get(column)) not in ("", label(theirs)):
                raise fault("header_covers", name=name, last=last, cell=cell_name(number, column), column=theirs)
