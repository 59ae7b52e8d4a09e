"""Runs dbt, and reports its results to Dagster under the keys that dagster-dbt gives the models.

dagster-dbt's own way starts dbt as a command for each build, which costs more than the build itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import dagster as dg
from filelock import FileLock

from orchestration.runtime.paths import RUNBOOK, current_home
from orchestration.warehouse.builder import BUILDER
from orchestration.warehouse.dbt_manifest import DOCS, DbtError, dbt_arguments, dbt_flags, manifest_document, parse
from reports.figures.readiness import BuildCheck, CheckStatus

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult

DbtEvent = dg.MaterializeResult[None] | dg.AssetCheckResult
_SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}


@dataclass(frozen=True)
class NodeResult:
    """How one node of dbt's graph went."""

    unique_id: str
    status: str
    seconds: float
    failures: int | None
    message: str
    rows: int | None


def build(variables: Mapping[str, str], select: Sequence[str]) -> list[NodeResult]:
    """Run `dbt build` over the selected nodes, all when none is named; unit tests are left to the project's own tests.

    Raises:
        DbtError: dbt didn't get as far as running nodes.
    """
    return BUILDER.call(_build, dict(variables), list(select))


def _build(variables: Mapping[str, str], select: Sequence[str]) -> list[NodeResult]:
    import duckdb
    from dbt.cli.main import dbtRunner

    arguments = ["build", *dbt_arguments(), "--vars", json.dumps(variables, ensure_ascii=False)]
    arguments += ["--exclude-resource-type", "unit_test", *(["--select", *select] if select else [])]
    home = current_home()
    runner = dbtRunner(manifest=parse(write=False))
    # dbt closes the file after every node so as not to keep its lock; held open here, closing and opening cost nothing.
    with FileLock(home.root / "warehouse.lock"), duckdb.connect(home.warehouse):
        outcome = runner.invoke([*dbt_flags(write=False), *arguments])
    results = getattr(outcome.result, "results", None)
    if results is None:
        raise DbtError(f"dbt didn't run: {outcome.exception}")
    return [_node_result(result) for result in results]


def with_applicability(
    results: Sequence[NodeResult], month: str, inputs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[NodeResult]:
    """The results, in which a data test that had nothing to judge isn't one that passed.

    A test says by `not_applicable_without` in its meta which table of the inputs it is about; of a table with days, the
    rows of the month count.
    """
    nodes = manifest_document()["nodes"]
    return [_applied(result, nodes.get(result.unique_id, {}), month, inputs) for result in results]


def _applied(
    result: NodeResult, node: Mapping[str, Any], month: str, inputs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> NodeResult:
    table = node.get("config", {}).get("meta", {}).get("not_applicable_without")
    if not table or result.status != "pass":
        return result
    rows = inputs[table]
    if any(row.get("stat_date", month).startswith(month) for row in rows):
        return result
    of_month = f" of {month}" if table == "calendar_overrides" else ""
    return replace(result, status="not_applicable", message=f"the hall has no {table}{of_month}")


def _node_result(result: RunResult) -> NodeResult:
    rows = (result.adapter_response or {}).get("rows_affected")
    return NodeResult(
        unique_id=result.node.unique_id,
        status=str(result.status),
        seconds=result.execution_time,
        failures=result.failures,
        message=result.message or "",
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
    )


def dagster_events(
    context: dg.AssetExecutionContext, results: Sequence[NodeResult], keys: Mapping[str, dg.AssetKey]
) -> Iterator[DbtEvent]:
    """Each model that was built and each test that ran; `keys` are those of the assets, by dbt's ids of the models."""
    nodes = manifest_document()["nodes"]
    for result in results:
        node = nodes.get(result.unique_id, {"resource_type": "exposure"})
        if node["resource_type"] == "test" and result.status not in {"skipped", "not_applicable"}:
            yield from _check(context, result, node)
        elif node["resource_type"] == "model" and result.status == "success":
            yield _materialization(result, keys)


def _materialization(result: NodeResult, keys: Mapping[str, dg.AssetKey]) -> dg.MaterializeResult[None]:
    metadata: dict[str, Any] = {
        "seconds": result.seconds,
        "dbt message": result.message,
        "dbt docs": dg.MetadataValue.path(DOCS),
        "runbook": dg.MetadataValue.path(RUNBOOK),
    }
    if result.rows is not None:
        metadata["rows written"] = result.rows
    return dg.MaterializeResult(asset_key=keys[result.unique_id], metadata=metadata)


def _check(
    context: dg.AssetExecutionContext, result: NodeResult, node: Mapping[str, Any]
) -> Iterator[dg.AssetCheckResult]:
    for key in context.selected_asset_check_keys:
        if key.name != node["name"]:
            continue
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=result.status == "pass",
            severity=_SEVERITY[node["config"]["severity"].lower()],
            metadata={"failing rows": result.failures or 0, "seconds": result.seconds, "dbt message": result.message},
        )


def evidence(results: Sequence[NodeResult]) -> tuple[BuildCheck, ...]:
    """What every data test said, skipped ones included, for the month's `build.json`."""
    nodes = manifest_document()["nodes"]
    tests = [(result, nodes[result.unique_id]) for result in results if result.unique_id.startswith("test.")]
    return tuple(
        BuildCheck(
            name=node["name"],
            model=_model(node),
            severity="error" if node["config"]["severity"].lower() == "error" else "warning",
            status=cast("CheckStatus", result.status),
            failures=result.failures,
            message=result.message,
        )
        for result, node in tests
    )


def _model(test: Mapping[str, Any]) -> str:
    """The model that a data test is about: a generic test is attached to it, a singular one names it for Dagster."""
    attached = test.get("attached_node")
    return str(attached.split(".")[-1] if attached else test["config"]["meta"]["dagster"]["ref"]["name"])
