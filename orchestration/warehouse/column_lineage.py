"""Which column of which model each column of a model follows from: read from dbt's compiled SQL by sqlglot.

Computed once, when the project is parsed, and kept beside the manifest; a build only repeats what stands there.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.warehouse.dbt_manifest import MANIFEST, DbtError, dbt_arguments, dbt_flags

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

LINEAGE = MANIFEST.with_name("column_lineage.json")
_ANY_MONTH = "2000-01"


def write_lineage(manifest: Manifest) -> None:
    """Compile every model, over inputs that are empty, and keep what its columns follow from.

    Raises:
        DbtError: the project doesn't compile.
    """
    compiled = _compiled(manifest)
    schema: dict[str, Any] = {}
    for node in compiled.values():
        columns = {name: column.data_type or "varchar" for name, column in node.columns.items()}
        schema.setdefault(node.database, {}).setdefault(node.schema, {})[node.alias] = columns
    by_alias = {node.alias: unique_id for unique_id, node in compiled.items()}
    found = {
        unique_id: {column: _parents(column, node.compiled_code, schema, by_alias) for column in node.columns}
        for unique_id, node in compiled.items()
    }
    LINEAGE.write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")


def lineage_of(unique_id: str, keys: Mapping[str, dg.AssetKey]) -> dg.TableColumnLineage | None:
    """What the columns of a model follow from, by dbt's name of it; None where nothing is known.

    Args:
        unique_id: dbt's name of the model.
        keys: the asset of each model, by dbt's name.
    """
    columns = _kept().get(unique_id)
    if columns is None:
        return None
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(asset_key=keys[model], column_name=name) for model, name in parents]
            for column, parents in columns.items()
            if parents
        }
    )


@cache
def _kept() -> dict[str, dict[str, list[tuple[str, str]]]]:
    if not LINEAGE.exists():
        return {}
    kept: dict[str, dict[str, list[tuple[str, str]]]] = json.loads(LINEAGE.read_bytes())
    return kept


def _compiled(manifest: Manifest) -> dict[str, Any]:
    from dbt.cli.main import dbtRunner

    with _empty_inputs(manifest) as inputs:
        variables = json.dumps({"month": _ANY_MONTH, "inputs": str(inputs)})
        command = [*dbt_flags(write=False), "compile", *dbt_arguments(), "--vars", variables]
        outcome = dbtRunner(manifest=manifest).invoke(command)
    if not outcome.success:
        raise DbtError(f"dbt can't compile the models: {outcome.exception}")
    nodes = [result.node for result in getattr(outcome.result, "results", ())]
    return {node.unique_id: node for node in nodes if node.resource_type == "model"}


@contextmanager
def _empty_inputs(manifest: Manifest) -> Iterator[Path]:
    """A state folder that holds nothing, with a table without rows for each source, while the block runs."""
    before = os.environ["YUEBAO_HOME"]
    with tempfile.TemporaryDirectory(prefix="yuebao-compile-") as folder:
        for source in manifest.sources.values():
            Path(folder, f"{source.name}.json").write_text("[]", encoding="utf-8")
        os.environ["YUEBAO_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            os.environ["YUEBAO_HOME"] = before


def _parents(column: str, sql: str, schema: Mapping[str, Any], models: Mapping[str, str]) -> list[tuple[str, str]]:
    from sqlglot import exp
    from sqlglot.lineage import lineage

    leaves = lineage(column, sql, schema=dict(schema), dialect="duckdb").walk()
    found = {
        (models[leaf.source.name], leaf.name.rpartition(".")[2].strip('"'))
        for leaf in leaves
        if isinstance(leaf.source, exp.Table) and leaf.source.name in models
    }
    return sorted(found)
