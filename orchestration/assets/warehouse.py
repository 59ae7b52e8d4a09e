"""The models of the dbt project as monthly assets, and its data tests as their checks."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

from orchestration.assets.landing import landing_key
from orchestration.config.hall import Hall
from orchestration.partitions import monthly
from orchestration.resources import RunMonths
from orchestration.warehouse.dbt_build import DbtEvent, dagster_events
from orchestration.warehouse.dbt_manifest import manifest_document
from orchestration.warehouse.facts import build_facts, failures_of, refusal_of_build

# The dbt sources, which are files that the pipeline writes, and no assets of their own.
_SOURCES = ("landing", "hall")


class Translator(DagsterDbtTranslator):
    """Groups models by their layer, and leads what is landed back to the hall's systems, whatever they are."""

    def __init__(self, systems: Iterable[str] = ()) -> None:
        super().__init__()
        self._landing = [dg.AssetDep(landing_key(system)) for system in systems]

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer: staging, intermediate or marts."""
        return str(dbt_resource_props["fqn"][1])

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """The layer, beside what the project tags."""
        return {**super().get_tags(dbt_resource_props), "layer": str(dbt_resource_props["fqn"][1])}

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """A model that reads what is landed follows from the landing of every system, and from no other file."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        sources = manifest["parent_map"].get(unique_id, []) if unique_id.startswith("model.") else []
        if not any(parent.startswith("source.") for parent in sources):
            return spec
        models = [dep for dep in spec.deps if dep.asset_key.path[0] not in _SOURCES]
        landed = self._landing if any(parent.endswith("landing.daily_counts") for parent in sources) else []
        return spec.replace_attributes(deps=[*models, *landed])

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """A data test's check also says whose it is and what to do, as the test's `meta` has it."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        meta = manifest["nodes"][unique_id]["config"]["meta"]
        return spec and spec.with_metadata({**spec.metadata, **{name: meta[name] for name in ("owner", "next_step")}})


def build_warehouse_assets(hall: Hall) -> dg.AssetsDefinition:
    """All models of the dbt project, one partition per month, with its data tests as asset checks."""
    translator = Translator(hall.systems)

    @dbt_assets(
        manifest=manifest_document(),
        name="warehouse",
        partitions_def=monthly(hall),
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=1),
        dagster_dbt_translator=translator,
    )
    def warehouse(context: dg.AssetExecutionContext, months: RunMonths) -> Iterator[DbtEvent]:
        month = months.of_partition(context.partition_key)
        results = build_facts(month, _selection(context), context.run.run_id)
        yield from dagster_events(context, results, translator)
        if failures := failures_of(results):
            raise dg.Failure(
                description=refusal_of_build(month.name, failures),
                metadata={"failed": len(failures)},
                allow_retries=False,
            )

    return warehouse


def _selection(context: dg.AssetExecutionContext) -> list[str]:
    """Dbt's names of the selected models, or none when all are: dbt then needs no selector."""
    manifest = manifest_document()
    translator = Translator()
    nodes = {
        translator.get_asset_spec(manifest, unique_id, None).key: ".".join(node["fqn"])
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    chosen = [name for key, name in nodes.items() if key in context.selected_asset_keys]
    return [] if len(chosen) == len(nodes) else sorted(chosen)
