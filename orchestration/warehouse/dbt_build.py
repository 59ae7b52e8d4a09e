"""Reports dbt's results: to Dagster, under the keys that dagster-dbt gives the models, and as a month's evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import dagster as dg

from orchestration.runtime.paths import RUNBOOK
from orchestration.warehouse.builder import NodeResult
from orchestration.warehouse.dbt_manifest import DOCS, manifest_document
from orchestration.warehouse.month import Month
from reports.figures.readiness import BuildCheck, CheckStatus, row_line

DbtEvent = dg.MaterializeResult[None] | dg.AssetCheckResult
_SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warn": dg.AssetCheckSeverity.WARN}


def with_applicability(
    results: Sequence[NodeResult], month: Month, inputs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[NodeResult]:
    """The results, in which a data test that had nothing to judge isn't one that passed.

    A test says by `not_applicable_without` in its meta which table of the inputs it is about, and by `of_kind` which
    measures; of a table with days, the rows of the month count.
    """
    nodes = manifest_document()["nodes"]
    return [_applied(result, nodes.get(result.unique_id, {}), month, inputs) for result in results]


def _applied(
    result: NodeResult, node: Mapping[str, Any], month: Month, inputs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> NodeResult:
    table = node.get("config", {}).get("meta", {}).get("not_applicable_without")
    if not table or result.status != "pass":
        return result
    of_kind = node["config"]["meta"].get("of_kind")
    rows = [row for row in inputs[table] if not of_kind or row["kind"] == of_kind]
    days = set(map(str, month.days))
    if any("stat_date" not in row or row["stat_date"] in days for row in rows):
        return result
    of_month = f" of {month.name}" if table == "calendar_overrides" else ""
    what = f"{table} of the kind {of_kind}" if of_kind else f"{table}{of_month}"
    return replace(result, status="not_applicable", message=f"the hall has no {what}")


def dagster_events(
    context: dg.AssetExecutionContext, results: Sequence[NodeResult], keys: Mapping[str, dg.AssetKey]
) -> Iterator[DbtEvent]:
    """Each model that was built and each test that ran; `keys` are those of the assets, by dbt's ids of the models."""
    nodes = manifest_document()["nodes"]
    for result in results:
        node = nodes.get(result.unique_id, {"resource_type": "exposure"})
        if node["resource_type"] == "test" and result.status not in {"skipped", "not_applicable"}:
            yield from _check(context, result, node)
        elif (
            node["resource_type"] == "model"
            and result.status == "success"
            and keys[result.unique_id] in context.selected_asset_keys
        ):
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
            metadata={
                "failing rows": result.failures or 0,
                "first of them": dg.MetadataValue.md("\n".join(f"- {row_line(row)}" for row in result.failing_rows)),
                "seconds": result.seconds,
                "dbt message": result.message,
            },
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
            rows=result.failing_rows,
        )
        for result, node in tests
    )


def _model(test: Mapping[str, Any]) -> str:
    """The model that a data test is about: a generic test is attached to it, a singular one names it for Dagster."""
    attached = test.get("attached_node")
    return str(attached.split(".")[-1] if attached else test["config"]["meta"]["dagster"]["ref"]["name"])
