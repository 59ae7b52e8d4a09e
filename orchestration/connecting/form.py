"""Looks at the table of one sample: its header, what its columns hold, its totals and what stands beside the counts."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from orchestration.connecting.form_words import COLUMNS, STATED, column_called, events_in, is_count, is_period, is_word
from orchestration.connecting.hall_words import HallWords
from orchestration.connecting.messages import evidence
from orchestration.sources.files.cell_values import intended_value
from orchestration.sources.files.forms import subtotal_word
from orchestration.sources.files.labels import label
from orchestration.sources.files.table import Table, cell_name
from orchestration.sources.files.units import units_in
from orchestration.sources.normal_forms import whole_number

_WITHIN = 20


@dataclass(frozen=True)
class ColumnMeaning:
    """What a column holds: a column of ours, whether in codes or in names, and what proves it."""

    ours: str
    named: bool
    evidence: str


class SampleForm:
    """A table whose header was found.

    Attributes:
        last: the header's last row.
        columns: by what the header calls them, the columns' numbers.
    """

    def __init__(self, table: Table, first: int, last: int, columns: Mapping[str, int], known: HallWords) -> None:
        self.last = last
        self.columns = columns
        self._first = first
        self._table = table
        self._known = known
        self._rows = {number: table.seen(number) for number in sorted(table.rows) if number > last}

    @property
    def header(self) -> str:
        """Where the header stands, for evidence."""
        return f"row {self._first}" if self._first == self.last else f"rows {self._first}–{self.last}"

    @cached_property
    def counts(self) -> tuple[str, ...]:
        """The headers of columns that hold the day's counts."""
        return tuple(theirs for theirs in self.columns if is_count(theirs) and self._is_numeric(theirs))

    @cached_property
    def other_numbers(self) -> tuple[str, ...]:
        """The headers of further columns of numbers, which no reviewed word explains."""
        return tuple(
            theirs
            for theirs in self.columns
            if not is_count(theirs) and not column_called(theirs) and self._is_numeric(theirs)
        )

    def _is_numeric(self, theirs: str) -> bool:
        column = self.columns[theirs]
        values = [whole_number(row.get(column)) for row in self._rows.values() if column in row]
        return any(isinstance(value, int) for value in values)

    def begins_with_numbers(self) -> bool:
        """Whether the row right below the header holds a number as a count, or sums of none."""
        first = next(iter(self._rows), None)
        return first is not None and self._has_number(first)

    @cached_property
    def counted(self) -> tuple[int, ...]:
        """The numbers of the rows that count."""
        return tuple(number for number in self._rows if self._has_number(number) and not self._sums.get(number))

    @cached_property
    def _sums(self) -> Mapping[int, str]:
        """By the number of a row that adds others up, the label that says so."""
        words = {
            number: next((text for text in map(label, row.values()) if subtotal_word(text)), "")
            for number, row in self._rows.items()
        }
        return {number: word for number, word in words.items() if word and self._has_number(number)}

    def _has_number(self, number: int) -> bool:
        return any(isinstance(self._count(number, theirs), int) for theirs in self.counts)

    def _count(self, number: int, theirs: str) -> Any:
        return whole_number(self._rows[number].get(self.columns[theirs]))

    @cached_property
    def total(self) -> int | None:
        """The row of the total: the only one of its label, which is a reviewed word, and equal to the rows' sum."""
        labels = Counter(word.rstrip(":") for word in self._sums.values())
        rows = [
            number
            for number, word in self._sums.items()
            if labels[word.rstrip(":")] == 1 and subtotal_word(word) == word.rstrip(":") and self._adds_up(number)
        ]
        return rows[-1] if rows else None

    def _adds_up(self, number: int) -> bool:
        return all(self._count(number, theirs) in (None, self._added[theirs]) for theirs in self.counts)

    @cached_property
    def _added(self) -> Mapping[str, int]:
        """By header of the counts, the sum of the rows that count."""
        return {theirs: sum(self._number(number, theirs) for number in self.counted) for theirs in self.counts}

    def _number(self, number: int, theirs: str) -> int:
        value = self._count(number, theirs)
        return value if isinstance(value, int) else 0

    @property
    def total_label(self) -> str:
        """The label of the total."""
        return self._sums[self.total] if self.total else ""

    @property
    def subtotals(self) -> tuple[str, ...]:
        """Patterns of the labels of further sums that come several times, or beside a total of all."""
        others = Counter(word for number, word in self._sums.items() if number != self.total)
        told = [word for word, count in others.items() if self.total or count > 1]
        return tuple(dict.fromkeys(map(_pattern, told)))

    @property
    def has_unclear_sum(self) -> bool:
        """Whether a row is labelled as a sum, and nothing shows of what."""
        return bool(self._sums) and not self.total and not self.subtotals

    @property
    def sums(self) -> str:
        """The rows of further sums, for evidence."""
        return ", ".join(str(number) for number in self._sums if number != self.total)

    def meaning(self, theirs: str) -> ColumnMeaning | None:
        """What a column without counts holds, if its values or its label and values prove it."""
        values = [self._rows[number].get(self.columns[theirs]) for number in self.counted]
        said, filled = column_called(theirs), [value for value in values if value is not None]
        if not filled:
            return None
        if said == "stat_date" and all(self._day(value) for value in filled):
            return ColumnMeaning("stat_date", named=False, evidence=evidence("days", theirs=theirs, count=len(filled)))
        for ours, table in self._known.tables.items():
            if self._known.are_codes(ours, filled) and said in {ours, ""}:
                return ColumnMeaning(ours, named=False, evidence=evidence("codes", theirs=theirs, table=table))
        for ours, table in self._known.tables.items():
            if self._known.are_names(ours, filled) and said in {ours, ""}:
                return ColumnMeaning(ours, named=True, evidence=evidence("names", theirs=theirs, table=table))
        if said == "item_code" and self._known.are_shaped(filled):
            return ColumnMeaning("item_code", named=False, evidence=evidence("shaped", theirs=theirs))
        return None

    def unknown_cells(self, theirs: str) -> str:
        """The first cells of a column whose values are in no reviewed table."""
        ours, column = column_called(theirs), self.columns[theirs]
        cells = [
            cell_name(number, column)
            for number in self.counted
            if (value := self._rows[number].get(column)) is not None and not self._known.knows(ours, value)
        ]
        return ", ".join(cells[:5])

    def days(self, theirs: str) -> frozenset[dt.date]:
        """The days in a column."""
        cells = [self._rows[number].get(self.columns[theirs]) for number in self.counted]
        return frozenset(day for cell in cells if (day := self._day(cell)))

    def _day(self, value: Any) -> dt.date | None:
        read = intended_value("stat_date", value, self._table.epoch)
        if isinstance(read, dt.datetime):
            return read.date()
        return read if isinstance(read, dt.date) else None

    def stated_labels(self, key: str) -> tuple[str, ...]:
        """The reviewed labels of a day or a site that stand outside of the table."""
        texts = [label(value) for row in self._outside() for value in row.values() if isinstance(value, str)]
        return tuple(word for word in STATED[key] if any(label(word) in text for text in texts))

    def events(self) -> frozenset[str]:
        """The events that are named outside of the table."""
        return frozenset(event for row in self._outside() for value in row.values() for event in events_in(value))

    def units(self) -> frozenset[str]:
        """The units that are named outside of the table."""
        lines = ["  ".join(str(row[column]) for column in sorted(row)) for row in self._outside()]
        return frozenset(unit.text for line in lines for unit in units_in(line))

    def _outside(self) -> Iterator[Mapping[int, Any]]:
        last = max([*self.counted, *self._sums], default=self.last)
        for number in self._table.rows:
            if number < self._first or number > last:
                yield self._table.seen(number)

    def marks(self) -> str:
        """The first cells of counts that hold no number."""
        cells = [
            cell_name(number, self.columns[theirs])
            for number in self.counted
            for theirs in self.counts
            if not isinstance(self._count(number, theirs), int)
        ]
        return ", ".join(cells[:5])


def find_form(table: Table, known: HallWords) -> SampleForm | None:
    """The first rows that name a column of counts, of numbers, and a column of something else; None if none does."""
    numbers = sorted(table.rows)
    for depth in (1, 2):
        for start in range(min(_WITHIN, len(numbers))):
            rows = numbers[start : start + depth]
            above = table.seen(numbers[start - 1]) if start else {}
            columns = None if depth == 1 and any(map(is_period, above.values())) else _columns(table, rows)
            form = SampleForm(table, rows[0], rows[-1], columns, known) if columns else None
            if form and form.counts and form.begins_with_numbers() and _names_more(form):
                return form
    return None


def _names_more(form: SampleForm) -> bool:
    return any(column_called(theirs) in {*COLUMNS} - {"count"} or form.meaning(theirs) for theirs in form.columns)


def _columns(table: Table, rows: Sequence[int]) -> dict[str, int] | None:
    """By what one or two rows call them, the columns; None where they are no header."""
    lower = table.seen(rows[-1])
    if len(rows) > 1 and len(table.seen(rows[0])) == 1:
        return None  # a title
    upper = _spread(table, rows[0]) if len(rows) > 1 else {}
    if not all(map(_may_be_header, [*lower.values(), *(text for text, _ in upper.values())])):
        return None
    named: list[tuple[str, int]] = []
    for column in sorted({*lower, *upper}):
        above, own = upper.get(column, ("", False))
        below = label(lower.get(column))
        if above and below and above != below:
            if not is_word(below):  # a row of texts below a header, whose values nobody may repeat
                return None
            named.append((f"{above}/{below}", column))
        elif below or own:
            named.append((below or above, column))
    return dict(named) if len(dict(named)) == len(named) and len(named) > 1 else None


def _may_be_header(value: Any) -> bool:
    return isinstance(value, str) and isinstance(whole_number(value), str) and not re.fullmatch(r"[\d.,%\s-]+", value)


def _spread(table: Table, number: int) -> dict[int, tuple[str, bool]]:
    """The labels of an upper row by column, and whether each stands there itself: it covers what is below it."""
    seen, areas = table.seen(number), {area.left: area for area in table.areas(number)}
    last = max(max(row) for row in table.rows.values())
    spread: dict[int, tuple[str, bool]] = {}
    for column, following in zip(sorted(seen), [*sorted(seen)[1:], last + 1], strict=True):
        right = areas[column].right if column in areas else following - 1
        for covered in range(column, right + 1):
            spread[covered] = (label(seen[column]), covered == column)
    return spread


def _pattern(word: str) -> str:
    """The pattern of a sum's label, without what only its own row says."""
    sign, colon = subtotal_word(word), ":" if word.endswith(":") else ""
    if word.rstrip(":") == sign:
        return word
    return f"*{sign}{colon}" if word.rstrip(":").endswith(sign) else f"{sign}*"
