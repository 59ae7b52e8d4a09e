"""The models of the dbt project as monthly assets, and its data tests as their checks."""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.landing import landing_key
from orchestration.certification.dictionary import keep_dictionary
from orchestration.checks import failing_on
from orchestration.config.hall import Hall
from orchestration.partitions import monthly
from orchestration.resources import RunMonths
from orchestration.runtime.errors import UserError
from orchestration.warehouse.dagster_specs import warehouse_specs
from orchestration.warehouse.dbt_build import DbtEvent, dagster_events
from orchestration.warehouse.dbt_manifest import manifest_document
from orchestration.warehouse.facts import build_facts, failures_of, refusal_of_build

# The dbt sources, which are files that the pipeline writes, and no assets of their own.
_SOURCES = ("landing", "hall")
_COUNTS = dg.AssetKey(["landing", "daily_counts"])


def build_warehouse_assets(hall: Hall) -> dg.AssetsDefinition:
    """All models of the dbt project, one partition per month, with its data tests as asset checks."""
    specs = warehouse_specs()

    @dg.multi_asset(
        name="warehouse",
        specs=[_led_back(spec, hall) for spec in specs.assets],
        check_specs=specs.checks,
        can_subset=True,
        partitions_def=monthly(hall),
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=1),
    )
    def warehouse(context: dg.AssetExecutionContext, months: RunMonths) -> Iterator[DbtEvent]:
        from orchestration.runtime.sqlite_history import events_together

        with failing_on(UserError):
            month = months.of_partition(context.partition_key)
            results = build_facts(month, _selection(context), context.run.run_id)
        keep_dictionary(month.name, month)
        with events_together(context.instance, context.run.run_id):
            yield from dagster_events(context, results, specs.keys)
        if failures := failures_of(results):
            raise dg.Failure(
                description=refusal_of_build(month.name, failures),
                metadata={"failed": len(failures)},
                allow_retries=False,
            )

    return warehouse


def _led_back(spec: dg.AssetSpec, hall: Hall) -> dg.AssetSpec:
    """A model that reads what is landed follows from the landing of every system, and from no other file."""
    models = [dep for dep in spec.deps if dep.asset_key.path[0] not in _SOURCES]
    reads_counts = any(dep.asset_key == _COUNTS for dep in spec.deps)
    landed = [dg.AssetDep(landing_key(system)) for system in hall.systems] if reads_counts else []
    return spec.replace_attributes(deps=[*models, *landed])


def _selection(context: dg.AssetExecutionContext) -> list[str]:
    """Dbt's names of the selected models, or none when all are: dbt then needs no selector."""
    keys, nodes = warehouse_specs().keys, manifest_document()["nodes"]
    chosen = [model for model, key in keys.items() if key in context.selected_asset_keys]
    return [] if len(chosen) == len(keys) else sorted(".".join(nodes[model]["fqn"]) for model in chosen)
