"""dagster-dbt's reading of the manifest, with the words that are ours. Importing this imports the whole of dbt."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets


class _Translator(DagsterDbtTranslator):
    """Groups models by their layer, and says of a data test whose it is and what to do."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer: staging, intermediate or marts."""
        return str(dbt_resource_props["fqn"][1])

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """The layer, beside what the project tags."""
        return {**super().get_tags(dbt_resource_props), "layer": str(dbt_resource_props["fqn"][1])}

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """A data test's check also says whose it is and what to do, as the test's `meta` has it."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        meta = manifest["nodes"][unique_id]["config"]["meta"]
        return spec and spec.with_metadata({**spec.metadata, **{name: meta[name] for name in ("owner", "next_step")}})


def translated(manifest: Mapping[str, Any]) -> tuple[Sequence[dg.AssetSpec], Sequence[dg.AssetCheckSpec]]:
    """The models as assets, and the data tests as checks."""

    @dbt_assets(manifest=manifest, dagster_dbt_translator=_Translator())
    def warehouse() -> Iterator[dg.MaterializeResult[None]]:
        yield from ()

    return list(warehouse.specs), list(warehouse.check_specs)
