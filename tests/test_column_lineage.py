"""From which column each column follows, and dbt's own pages: made at set-up, told to Dagster's page by each build."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from orchestration.runtime.paths import Home, dagster_instance
from orchestration.warehouse.column_lineage import lineage_of
from orchestration.warehouse.dbt_manifest import ensure_manifest, manifest_document
from tests.halls import Hall

COUNTED = dg.TableColumnDep(asset_key=dg.AssetKey("fct_monthly_counts"), column_name="monthly_count")


def test_every_columns_parents_are_columns_that_are_there() -> None:
    ensure_manifest()
    nodes = {name: node for name, node in manifest_document()["nodes"].items() if node["resource_type"] == "model"}
    keys = {name: dg.AssetKey(node["name"]) for name, node in nodes.items()}
    columns = {keys[name]: set(node["columns"]) for name, node in nodes.items()}
    marts = [name for name, node in nodes.items() if "marts" in node["fqn"]]
    for name in marts:
        lineage = lineage_of(name, keys)
        assert lineage, name
        for column, parents in lineage.deps_by_column.items():
            assert column in columns[keys[name]]
            for parent in parents:
                assert parent.column_name in columns[parent.asset_key], (name, column)


def test_a_build_tells_it(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hall.run("report", "2025-03").exit_code == 0
    for name, value in hall.environment.items():
        monkeypatch.setenv(name, value)
    with dagster_instance(Home(hall.home)) as instance:
        (built,) = instance.fetch_materializations(dg.AssetKey("fct_monthly_metrics"), limit=1).records
    assert built.asset_materialization is not None
    lineage = built.asset_materialization.metadata["dagster/column_lineage"].value
    assert isinstance(lineage, dg.TableColumnLineage)
    docs = Path(str(built.asset_materialization.metadata["dbt docs"].value))
    assert "fct_monthly_metrics" in docs.read_text(encoding="utf-8")
    assert COUNTED in lineage.deps_by_column["exact_value"]
