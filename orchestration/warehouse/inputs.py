"""The tables that a build reads, as Parquet files of the types that dbt's sources declare.

It brings PyArrow along, and is imported where a month is built: Dagster's definitions load without.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.warehouse.dbt_manifest import manifest_document

Rows = Sequence[Mapping[str, Any]]
# What a `data_type` of dbt is in a file.
ARROW_TYPES: Mapping[str, pa.DataType] = {
    "varchar": pa.string(),
    "varchar[]": pa.list_(pa.string()),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
}


def write_tables(folder: Path, tables: Mapping[str, Rows]) -> None:
    """Write each table to `<name>.parquet`, typed even where it has no row.

    Args:
        folder: Made if it isn't there.
        tables: Rows by the name of the dbt source; days and moments may be ISO texts.

    Raises:
        KeyError: dbt's sources have no such table, or a row lacks a column of it.
        pyarrow.ArrowException: a value isn't of its column's type.
    """
    folder.mkdir(parents=True, exist_ok=True)
    schemas = {
        source["name"]: {name: ARROW_TYPES[column["data_type"]] for name, column in source["columns"].items()}
        for source in manifest_document()["sources"].values()
    }
    for name, rows in tables.items():
        columns = {column: pa.array([row[column] for row in rows]).cast(kind) for column, kind in schemas[name].items()}
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
