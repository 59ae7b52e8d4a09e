"""The warehouse as a file: opened by one process, and made again where it is damaged, for every build writes its month.

It brings DuckDB along, and is imported where a warehouse is opened.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.runtime.errors import UserError
from orchestration.runtime.guard import holder, holders, put_aside

_PATIENCE, _PAUSE = 10.0, 0.2


class WarehouseError(UserError):
    """The warehouse can't be opened, and making it again wouldn't help; the message names who holds it, or why."""


def open_warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the warehouse to be written; a damaged one is put aside, and a new one begun.

    Raises:
        WarehouseError: another program holds it, or it may not be written.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return duckdb.connect(path)
        except duckdb.Error as error:
            if not holders(path):
                _require_access(path, error)
                put_warehouse_aside(path)
                return duckdb.connect(path)
            if time.monotonic() > deadline:
                raise WarehouseError(
                    f"{path} is held by {holder(path)}; close it there, then run the same again"
                ) from None
            time.sleep(_PAUSE)


def first_rows(
    connection: duckdb.DuckDBPyConnection, query: str, most: int
) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    """The columns of a query, and its first rows in the order of these."""
    found = connection.sql(query).order("all").limit(most)
    return found.columns, found.fetchall()


def put_warehouse_aside(path: Path) -> None:
    """Put a damaged warehouse aside, and what it had still to write."""
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    put_aside(path)


def fault_of(path: Path) -> str:
    """Why a warehouse that nobody has open can't be read to its last block, or an empty text."""
    try:
        with duckdb.connect(path, read_only=True) as connection:
            tables = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary"
            ).fetchall()
            for schema, table in tables:
                connection.execute(f'SELECT bit_xor(hash(t)) FROM "{schema}"."{table}" AS t').fetchall()  # noqa: S608
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return ""


def _require_access(path: Path, error: duckdb.Error) -> None:
    writable = os.access(path if path.exists() else path.parent, os.W_OK)
    if not (writable and path.is_file()):
        raise WarehouseError(f"{path} can't be opened ({str(error).splitlines()[0]}); mend what it says") from None
