"""The warehouse: dbt's models as monthly assets. What is built is audited, and only then published to readers."""

import datetime as dt
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

from orchestration.assets.landing import landing_key
from orchestration.config.hall import Hall
from orchestration.partitions import monthly
from orchestration.warehouse.dbt_build import DbtEvent, NodeResult, build, build_with_cli, evidence, told_to_dagster
from orchestration.warehouse.dbt_manifest import manifest_document
from orchestration.warehouse.month import Month, open_month
from reports import files
from reports.figures.readiness import BuildEvidence

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
    def warehouse(context: dg.AssetExecutionContext) -> Iterator[DbtEvent]:
        month = open_month(context.partition_key[:7])
        aside = month.folder / "builds" / f".{context.run.run_id}"
        aside.mkdir(parents=True, exist_ok=True)
        variables = {"month": month.name, "inputs": str(month.write_inputs()), "publish_to": str(aside)}
        if os.environ.get("YUEBAO_DBT") == "cli":
            results = yield from build_with_cli(context, variables)
        else:
            results = build(variables, _selection(context))
            yield from told_to_dagster(context, results, translator)
        publish(month, results, aside, context.run.run_id)
        failures = [_line(result) for result in failures_of(results)]
        if failures:
            raise dg.Failure(
                description="\n".join([f"the warehouse refused {month.name}; nothing was published:", *failures]),
                metadata={"failed": len(failures)},
                allow_retries=False,
            )

    return warehouse


def publish(month: Month, results: Sequence[NodeResult], aside: Path, run_id: str) -> None:
    """Show readers the audited facts, then the evidence of their audit; a refused build shows its evidence alone.

    `published/<month>/facts` is a link that is swapped in one step, so a reader meets the old facts or the new ones.
    A crash between the two steps leaves evidence of an older build, which is stale and refuses the month.
    """
    record = BuildEvidence(
        month=month.name,
        fingerprint=month.fingerprint,
        built_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        run_id=run_id,
        checks=evidence(results),
    )
    if failures_of(results):
        shutil.rmtree(aside)
    else:
        shutil.copytree(month.home.inputs / month.name, aside / "inputs")
        kept = aside.with_name(f"{month.fingerprint[:12]}-{run_id[:8]}")
        aside.replace(kept)
        link = month.folder / f".facts.{run_id}"
        link.symlink_to(Path("builds") / kept.name)
        link.replace(month.facts)
    files.write_bytes(month.evidence_file, record.to_json().encode())


def failures_of(results: Sequence[NodeResult]) -> list[NodeResult]:
    """The nodes that failed; what dbt skipped after them isn't named again."""
    return [result for result in results if result.status in {"error", "fail"}]


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


def _line(result: NodeResult) -> str:
    rows = f" ({result.failures} rows)" if result.failures else ""
    return f"  {result.unique_id.split('.')[2]}: {result.status}{rows}: {' '.join(result.message.split())}"
