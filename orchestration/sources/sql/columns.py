"""Reads an answer by columns, where a database hands it over so: PostgreSQL by COPY.

A row costs a tenth of what it costs as Python objects. Whoever has columns of other types is read row by row.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
from pyarrow import csv

from orchestration.config.systems import ContractName
from orchestration.sources.contract import CONTRACT
from orchestration.sources.daily_counts import CODED, SCHEMA, DailyCounts, fits, no_counts, repeated
from orchestration.sources.normal_forms import normal_column

if TYPE_CHECKING:
    from psycopg import Cursor

_TEXT, _DATE, _NUMERIC = {25, 1042, 1043}, {1082}, {1700}
_INTEGER = {20, 21, 23}
# By PostgreSQL's numbers of types (pg_type.oid), what COPY writes as a person does.
_READABLE: Mapping[str, set[int]] = {
    **dict.fromkeys(CONTRACT, _TEXT),
    "stat_date": _TEXT | _DATE,
    "count": _INTEGER | _NUMERIC | _TEXT,
}
_ROWS_AT_ONCE = 10_000


def copied_counts(
    cursor: Cursor[Any], statement: str, parameters: Any, query: str, constants: Mapping[ContractName, str]
) -> DailyCounts | None:
    """Daily counts by COPY of the statement that a cursor was opened for.

    Args:
        cursor: psycopg's, with the contract's columns but for the constants in its description.
        statement: as the cursor executed it, with its placeholders.
        parameters: what it was executed with.
        query: the query's file, for messages.
        constants: what every row says of the columns that the statement doesn't select.

    Returns:
        The counts; None where a type or a value isn't certain, so that rows have to be read and said which.

    Raises:
        psycopg.Error: whatever the database says.
    """
    types = {str(column.name): column.type_code for column in cursor.description or ()}
    if not all(type_code in _READABLE[name] for name, type_code in types.items()) or not _writes_iso(cursor):
        return None
    columns: dict[str, Any] = {name: pa.int64() if types[name] in _INTEGER else CODED for name in types}
    # On one line: what the database says of a line is true of the query's file.
    command = f"COPY ({statement}\n) TO STDOUT (FORMAT csv)"
    with cursor.connection.cursor() as plain, plain.copy(command, parameters) as copy:
        stream = _Stream(iter(copy))
        table = _table(stream, columns) if stream.begins else None
    return _daily_counts(table, query, constants, decimal=types.get("count") in _NUMERIC) if table else no_counts()


def _writes_iso(cursor: Cursor[Any]) -> bool:
    style = cursor.connection.info.parameter_status("DateStyle") or ""
    return style.startswith("ISO") and cursor.connection.info.encoding == "utf-8"


class _Stream(io.RawIOBase):
    """The rows of a COPY as a file; the driver hands over one row at a time."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._left = self._more()
        self.begins = bool(self._left)

    def _more(self) -> bytes:
        return b"".join(islice(self._rows, _ROWS_AT_ONCE))

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self._left = self._left or self._more()
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def _table(stream: _Stream, columns: dict[str, Any]) -> pa.Table:
    return csv.read_csv(
        cast("IO[bytes]", stream),
        read_options=csv.ReadOptions(column_names=list(columns)),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=columns, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )


def _daily_counts(
    table: pa.Table, query: str, constants: Mapping[ContractName, str], *, decimal: bool
) -> DailyCounts | None:
    rows = table.num_rows
    for name, value in constants.items():
        table = table.append_column(name, repeated(value, rows))
    count = _whole_numbers(table["count"], decimal=decimal)
    if count is None:
        return None
    arrays = [count if name == "count" else _normal(name, table[name]) for name in CONTRACT]
    where = [repeated(query, rows), pa.array(np.arange(1, rows + 1)), pa.nulls(rows, pa.int64())]
    return DailyCounts(pa.table([*arrays, *where], schema=SCHEMA))


def _normal(name: str, column: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    """A column of text in normal form; each distinct text is brought to it once."""
    whole: Any = column.unify_dictionaries().combine_chunks()
    texts = whole.dictionary.to_pylist()
    normal = normal_column(name, texts)
    return whole if normal == texts else pa.array(normal, pa.string()).take(whole.indices).dictionary_encode()


def _whole_numbers(column: pa.ChunkedArray[Any], *, decimal: bool) -> pa.Array[Any] | None:
    """A column of whole numbers; None where one isn't whole."""
    array: Any = column.unify_dictionaries().combine_chunks()
    if pa.types.is_integer(array.type):
        return cast("pa.Array[Any]", array)
    texts = array.dictionary.to_pylist()
    numbers = normal_column("count", [Decimal(text) for text in texts] if decimal else texts)
    if not all(map(fits, numbers)):
        return None
    whole: pa.Array[Any] = pa.array(numbers, pa.int64()).take(array.indices)
    return whole
