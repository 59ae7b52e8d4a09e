"""Runs dbt in a process of its own, which imports it and parses the project beside the systems that are asked.

dagster-dbt's own way starts dbt as a command for each build, which costs more than the build itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.runtime.guard import LEAST_ROOM, locked, require_room, size_of
from orchestration.runtime.paths import current_home
from orchestration.runtime.worker import Worker
from orchestration.warehouse.dbt_manifest import DbtError, dbt_arguments, dbt_flags, parse
from reports.figures.readiness import FailingRow

if TYPE_CHECKING:
    import duckdb
    from dbt.artifacts.schemas.run import RunResult


def _prepare() -> None:
    parse(write=False)


BUILDER = Worker("dbt.cli.main", _prepare)


@dataclass(frozen=True)
class NodeResult:
    """How one node of dbt's graph went."""

    unique_id: str
    status: str
    seconds: float
    failures: int | None
    message: str
    rows: int | None
    failing_rows: tuple[FailingRow, ...] = ()


# As many failing rows as a person reads; a check that fails everywhere has as many as there are counts.
_ROWS_KEPT = 20


def build(variables: Mapping[str, Any], select: Sequence[str]) -> list[NodeResult]:
    """Run `dbt build` over the selected nodes, all when none is named; unit tests are left to the project's own tests.

    Raises:
        DbtError: dbt didn't get as far as running nodes.
        NoRoomError, WarehouseError, Timeout: the disk is full, or somebody else holds the warehouse.
    """
    home = current_home()
    require_room(home.root, LEAST_ROOM + size_of(home.warehouse))
    with locked(home.warehouse_lock):
        return BUILDER.call(_build, dict(variables), list(select))


def _build(variables: Mapping[str, Any], select: Sequence[str]) -> list[NodeResult]:
    """Build, and once more in a new warehouse where errors show that this one is damaged."""
    from orchestration.warehouse.duckdb_file import fault_of, put_warehouse_aside

    results, warehouse = _run_dbt(variables, select), current_home().warehouse
    if any(result.status == "error" for result in results) and fault_of(warehouse):
        put_warehouse_aside(warehouse)
        return _run_dbt(variables, select)
    return results


def _run_dbt(variables: Mapping[str, Any], select: Sequence[str]) -> list[NodeResult]:
    from dbt.cli.main import dbtRunner

    from orchestration.warehouse.duckdb_file import open_warehouse

    arguments = [
        "build",
        *dbt_arguments(),
        "--target",
        "warehouse",
        "--vars",
        json.dumps(variables, ensure_ascii=False),
    ]
    arguments += ["--exclude-resource-type", "unit_test", *(["--select", *select] if select else [])]
    runner = dbtRunner(manifest=parse(write=False))
    # dbt closes the file after every node so as not to keep its lock; held open here, closing and opening cost nothing.
    with open_warehouse(current_home().warehouse) as connection:
        outcome = runner.invoke([*dbt_flags(write=False), *arguments])
        results = getattr(outcome.result, "results", None)
        if results is None:
            raise DbtError(f"dbt didn't run: {outcome.exception}")
        return [_node_result(result, connection) for result in results]


def _failing_rows(result: RunResult, connection: duckdb.DuckDBPyConnection) -> tuple[FailingRow, ...]:
    """The first rows that a data test found, in the order of its columns; days and the like as text."""
    query: str | None = getattr(result.node, "compiled_code", None)
    if result.status not in {"fail", "warn"} or not query:
        return ()
    found = connection.sql(query).order("all").limit(_ROWS_KEPT)
    shown = [[value if isinstance(value, int | None) else str(value) for value in row] for row in found.fetchall()]
    return tuple(dict(zip(found.columns, row, strict=True)) for row in shown)


def _node_result(result: RunResult, connection: duckdb.DuckDBPyConnection) -> NodeResult:
    rows = (result.adapter_response or {}).get("rows_affected")
    return NodeResult(
        unique_id=result.node.unique_id,
        status=str(result.status),
        seconds=result.execution_time,
        failures=result.failures,
        message=result.message or "",
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        failing_rows=_failing_rows(result, connection),
    )
