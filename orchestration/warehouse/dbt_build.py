"""dbt in this process: one start, a manifest parsed once, and results told to Dagster as `@dbt_assets` declared them.

dagster-dbt's own way starts dbt as a subprocess, which costs more than the build itself; the
fallback, `DbtCliResource`, is chosen with `YUEBAO_DBT=cli`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource
from filelock import FileLock

from orchestration.runtime.paths import RUNBOOK, current_home
from orchestration.warehouse.column_lineage import lineage_of
from orchestration.warehouse.dbt_manifest import (
    DBT_PROJECT,
    DOCS,
    DbtError,
    dbt_arguments,
    dbt_flags,
    manifest_document,
    parse,
)
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
    import duckdb
    from dbt.cli.main import dbtRunner

    arguments = ["build", *dbt_arguments(), "--vars", json.dumps(dict(variables), ensure_ascii=False)]
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


def told_to_dagster(
    context: dg.AssetExecutionContext, results: Sequence[NodeResult], translator: DagsterDbtTranslator
) -> Iterator[DbtEvent]:
    """Each model that was built and each test that ran, under the keys that `@dbt_assets` declared."""
    manifest = manifest_document()
    models = [unique_id for unique_id in manifest["nodes"] if unique_id.startswith("model.")]
    keys = {each: translator.get_asset_spec(manifest, each, None).key for each in models}
    for result in results:
        node = manifest["nodes"].get(result.unique_id, {"resource_type": "exposure"})
        if node["resource_type"] == "test" and result.status != "skipped":
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
    if lineage := lineage_of(result.unique_id, keys):
        metadata["dagster/column_lineage"] = dg.MetadataValue.column_lineage(lineage)
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


def build_with_cli(
    context: dg.AssetExecutionContext, variables: Mapping[str, str]
) -> Generator[Any, None, list[NodeResult]]:
    """The same build by dagster-dbt's own runner, for a hall where dbt in process proves troublesome."""
    project, executable = os.fspath(DBT_PROJECT), os.fspath(Path(sys.executable).with_name("dbt"))
    runner = DbtCliResource(project_dir=project, profiles_dir=project, dbt_executable=executable)
    arguments = ["build", "--vars", json.dumps(dict(variables)), "--exclude-resource-type", "unit_test"]
    with FileLock(current_home().root / "warehouse.lock"):
        invocation = runner.cli(arguments, context=context, raise_on_error=False)
        yield from invocation.stream()
    return [
        NodeResult(
            unique_id=result["unique_id"],
            status=result["status"],
            seconds=result["execution_time"],
            failures=result["failures"],
            message=result["message"] or "",
            rows=None,
        )
        for result in invocation.get_artifact("run_results.json")["results"]
    ]
