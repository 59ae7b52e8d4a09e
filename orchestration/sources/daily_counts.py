"""Daily counts as an Arrow table, in normal form, and beside it what isn't clean enough for a column.

It brings PyArrow along, and is imported where an answer is read: Dagster's definitions load without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.sources import normal_forms
from orchestration.sources.contract import CONTRACT
from orchestration.sources.normal_forms import normal_column

Codes = npt.NDArray[np.int64]

TEXTS = tuple(name for name in CONTRACT if name != "count")
CODED = pa.dictionary(pa.int32(), pa.string())
_FIELDS: list[pa.Field[Any]] = [
    *(pa.field(name, CODED) for name in TEXTS),
    pa.field("count", pa.int64()),
    pa.field("place", CODED),
    pa.field("line", pa.int64()),
    pa.field("unclean", pa.int64()),
]
SCHEMA = pa.schema(_FIELDS)


class Coded(NamedTuple):
    """A column of text: each distinct text, and for every row the position of its own, -1 for null."""

    texts: Sequence[str]
    codes: Codes


@dataclass(frozen=True)
class DailyCounts:
    """Rows of daily counts as a source answered them.

    Attributes:
        table: by SCHEMA, one row for each of the answer: the contract's columns, null where nothing or nothing clean
            came; where it stood, by `place` (file, page or query) and `line` of it; and `unclean`, a position.
        unclean: by that position, the values of a row that aren't clean, by column: no text, or no whole number of 64
            bits. They are kept as they came, for whoever has to say what is wrong with them.
    """

    table: pa.Table
    unclean: Sequence[Mapping[str, Any]] = ()

    def __len__(self) -> int:
        return self.table.num_rows

    def coded(self, name: str) -> Coded:
        """A column of text."""
        return _coded(self.table[name])

    def codes_used(self, name: str) -> frozenset[str]:
        """The distinct texts of a column; a table of several days may know others."""
        texts, codes = self.coded(name)
        return frozenset(texts[code] for code in np.unique(codes) if code >= 0)

    @cached_property
    def whole(self) -> npt.NDArray[np.bool_]:
        """Of every row, whether its count is a whole number."""
        return self.table["count"].is_valid().to_numpy()

    @cached_property
    def counts(self) -> Codes:
        """Of every row the count, 0 where it isn't `whole`."""
        column: Any = self.table["count"]
        counts: Codes = column.fill_null(0).to_numpy()
        return counts

    @cached_property
    def unclean_rows(self) -> Codes:
        """The numbers of the rows, from 0, that hold a value that isn't clean."""
        return np.flatnonzero(self.table["unclean"].is_valid().to_numpy())

    def take(self, rows: Codes) -> DailyCounts:
        """The rows of these numbers, in that order."""
        return DailyCounts(self.table.take(rows), self.unclean)

    def slice(self, begin: int, end: int) -> DailyCounts:
        """The rows from one number to before another; nothing is copied."""
        return DailyCounts(self.table.slice(begin, end - begin), self.unclean)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row by the contract's names, as it came, with its `origin` for messages."""
        columns = {name: self._values(name) for name in (*CONTRACT, "place", "line", "unclean")}
        places, lines, unclean = (columns.pop(name) for name in ("place", "line", "unclean"))
        for row, place, line, position in zip(zip(*columns.values(), strict=True), places, lines, unclean, strict=True):
            yield {
                **dict(zip(CONTRACT, row, strict=True)),
                **({} if position is None else self.unclean[position]),
                "origin": place if line is None else f"{place} row {line}",
            }

    def _values(self, name: str) -> list[Any]:
        if self.table.schema.field(name).type != CODED:
            return self.table[name].to_pylist()
        texts, codes = self.coded(name)
        values = [*texts, None]
        return [values[code] for code in codes.tolist()]

    def sums(self) -> dict[str, int]:
        """The total of each measure over the counts that are whole numbers."""
        texts, codes = self.coded("measure")
        named = codes >= 0
        totals = summed(codes[named], self.counts[named], len(texts))
        return {texts[code]: totals[code] for code in np.unique(codes[named])}

    def of_sites(self, codes: Sequence[str]) -> dict[str, DailyCounts]:
        """The rows of each of these `hall_code`s, in their order; rows of others are left out."""
        texts, own = self.coded("hall_code")
        order = np.argsort(own, kind="stable")
        begins = np.searchsorted(own[order], np.arange(len(texts) + 1))
        ordered, places = self.take(order), {text: place for place, text in enumerate(texts)}
        empty = self.slice(0, 0)
        return {
            code: ordered.slice(begins[places[code]], begins[places[code] + 1]) if code in places else empty
            for code in codes
        }


def summed(groups: Codes, counts: Codes, size: int) -> list[int]:
    """The exact sum of the counts of each group, of which there are `size`."""
    totals: Any = np.zeros(size, np.int64)
    if len(counts) and max(int(counts.max()), -int(counts.min())) * len(counts) >= 2**63:
        totals, counts = totals.astype(object), counts.astype(object)
    np.add.at(totals, groups, counts)
    return [int(total) for total in totals]


def no_counts() -> DailyCounts:
    """An answer without rows."""
    return DailyCounts(SCHEMA.empty_table())


def concatenated(parts: Sequence[DailyCounts]) -> DailyCounts:
    """The rows of all of them, in their order."""
    if len(parts) == 1:
        return parts[0]
    tables: list[pa.Table] = []
    unclean: list[Mapping[str, Any]] = []
    for part in parts:
        tables.append(_renumbered(part.table, len(unclean)) if unclean and part.unclean else part.table)
        unclean += part.unclean
    table = pa.concat_tables([SCHEMA.empty_table(), *tables]).unify_dictionaries().combine_chunks()
    return DailyCounts(table, unclean)


def daily_counts(columns: Mapping[str, Sequence[Any]], place: str, lines: Sequence[int | None]) -> DailyCounts:
    """Values as they came, in normal form.

    Args:
        columns: by the contract's names, a value for each row, whatever it is.
        place: the file, page or query that they came from.
        lines: the line of each row in it; None where the place alone says where a row stood.
    """
    unclean: dict[int, dict[str, Any]] = {}
    arrays = []
    for name in CONTRACT:
        read = _whole_numbers if name == "count" else _texts
        array, others = read(normal_column(name, columns[name]))
        arrays.append(array)
        for row, value in others.items():
            unclean.setdefault(row, {})[name] = value
    positions = {row: position for position, row in enumerate(unclean)}
    arrays += [
        repeated(place, len(lines)),
        pa.array(lines, pa.int64()),
        pa.array([positions.get(row) for row in range(len(lines))] if unclean else pa.nulls(len(lines)), pa.int64()),
    ]
    return DailyCounts(pa.table(arrays, schema=SCHEMA), tuple(unclean.values()))


def repeated(text: str, times: int) -> pa.Array[Any]:
    """A column that holds one text in every row."""
    return pa.DictionaryArray.from_arrays(np.zeros(times, np.int32), pa.array([text], pa.string()))


def _texts(values: Sequence[Any]) -> tuple[pa.Array[Any], Mapping[int, Any]]:
    """A column of text, and by row what is none."""
    others: dict[int, Any] = {}
    if not set(map(type, values)) <= {str, type(None)} or not all(map(_is_unicode, set(values))):
        others = {row: _no_text(value) for row, value in enumerate(values) if not _is_text(value)}
        values = [None if row in others else value for row, value in enumerate(values)]
    return pa.array(values, pa.string()).dictionary_encode().cast(CODED), others


def _is_text(value: Any) -> bool:
    return value is None or (type(value) is str and _is_unicode(value))


def _no_text(value: Any) -> Any:
    """What isn't text as it came; of what passes for it, its bytes."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def _is_unicode(text: str | None) -> bool:
    """Whether it is whole: no encoding takes half a surrogate pair."""
    return text is None or text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def _whole_numbers(values: Sequence[Any]) -> tuple[pa.Array[Any], Mapping[int, Any]]:
    """A column of whole numbers, and by row what is none, or has more than 64 bits."""
    # PyArrow would take True for 1.
    if set(map(type, values)) <= {int, type(None)}:
        with suppress(OverflowError):
            return pa.array(values, pa.int64()), {}
    others = {row: value for row, value in enumerate(values) if not fits(value)}
    return pa.array([None if row in others else value for row, value in enumerate(values)], pa.int64()), others


def in_least_units(counts: DailyCounts, scales: Mapping[str, int]) -> DailyCounts:
    """Each count as a whole number of its measure's least unit; what has more decimals is none, and isn't clean.

    Args:
        counts: As the source stated them.
        scales: The decimals of measures that have some.
    """
    measures, codes = counts.coded("measure")
    of_row = np.array([*(scales.get(measure, 0) for measure in measures), 0])[codes]
    rows = np.flatnonzero(of_row).tolist()
    if not rows:
        return counts
    column, positions = (counts.table[name].to_pylist() for name in ("count", "unclean"))
    unclean = list(counts.unclean)
    for row in rows:
        position = positions[row]
        came = {"count": column[row], **({} if position is None else unclean[position])}
        number = normal_forms.in_least_units(came.pop("count"), int(of_row[row]))
        column[row] = number if fits(number) else None
        if not fits(number):
            came["count"] = number
        positions[row] = len(unclean) if came else None
        unclean += [came] if came else []
    table = counts.table
    for name, values in (("count", column), ("unclean", positions)):
        table = table.set_column(SCHEMA.get_field_index(name), SCHEMA.field(name), pa.array(values, pa.int64()))
    return DailyCounts(table, tuple(unclean))


def fits(value: Any) -> bool:
    """Whether a value is clean in a column of counts: None, or a whole number of 64 bits."""
    return value is None or (type(value) is int and -(2**63) <= value < 2**63)


def _renumbered(table: pa.Table, begin: int) -> pa.Table:
    positions = pc.add(table["unclean"], begin)
    return table.set_column(table.schema.get_field_index("unclean"), SCHEMA.field("unclean"), positions)


def _coded(column: pa.ChunkedArray[Any]) -> Coded:
    whole: Any = column.unify_dictionaries().combine_chunks()
    codes = whole.indices.fill_null(-1).to_numpy().astype(np.int64)
    return Coded(whole.dictionary.to_pylist(), codes)
