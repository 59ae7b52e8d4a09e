"""An extract's file: daily counts as Parquet, by one schema and in one order.

It brings PyArrow along, and is imported where a file is read or written: Dagster's definitions load without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.sources.contract import CONTRACT

_FIELDS: list[pa.Field[Any]] = [
    pa.field("stat_date", pa.date32(), nullable=False),
    pa.field("hall_code", pa.string(), nullable=False),
    pa.field("department_code", pa.string(), nullable=False),
    pa.field("item_code", pa.string()),
    pa.field("measure", pa.string(), nullable=False),
    pa.field("count", pa.int64(), nullable=False),
]
SCHEMA = pa.schema(_FIELDS)


def rows_of(path: Path) -> list[Mapping[str, Any]]:
    """The rows of a file, by the contract's names; the day as text."""
    return [{**row, "stat_date": str(row["stat_date"])} for row in pq.read_table(path).to_pylist()]


def content_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The file that holds rows."""
    told = {name: [row[name] for row in rows] for name in CONTRACT}
    columns = [pa.array(told[field.name], pa.string() if field.name == "stat_date" else field.type) for field in SCHEMA]
    table = pa.table(columns, names=SCHEMA.names).cast(SCHEMA).sort_by([(name, "ascending") for name in CONTRACT])
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content
