"""One asset per hall system: a day is a partition, a range of days is one run, a rule of the suite is a check."""

import datetime as dt
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, Any

import dagster as dg

from expectations.rules import RULES
from orchestration.assets.certified import QUESTIONS_CHECK, REVISION_CHECK, ledger_evaluations
from orchestration.certification.dictionary import keep_dictionary
from orchestration.checks import ENGINEERS, OWNERS, check_results, check_specs, failing_on, result_of
from orchestration.config.catalogue import evidence_version, working_days
from orchestration.config.hall import Hall
from orchestration.config.zone import beginning
from orchestration.landing.day_status import system_day
from orchestration.landing.manifest import Extract, Landing, Provenance
from orchestration.landing.quarantine import Quarantine
from orchestration.partitions import daily
from orchestration.resources import HallSystems
from orchestration.runtime.errors import UserError
from orchestration.runtime.guard import require_room
from orchestration.runtime.paths import RUNBOOK, current_home
from orchestration.runtime.program import code_version
from reports.figures.months import span

if TYPE_CHECKING:
    from orchestration.landing.validate_and_land import DayResult, DayValidation, PullResult

NEWEST_DAY = "newest_day_is_in"
_KINDS = {"http_api": {"rest"}, "sql": {"sql"}, "drop_folder": {"file"}}


def landing_key(system: str) -> dg.AssetKey:
    """The asset of one hall system's extracts."""
    return dg.AssetKey(["landing", system])


def newest_day_spec(key: dg.AssetKey) -> dg.AssetCheckSpec:
    """The check `newest_day_is_in`. Dagster's own freshness policies look at the newest materialization, which may be
    that of a day long past.
    """
    return dg.AssetCheckSpec(
        NEWEST_DAY,
        asset=key,
        description="The newest day that should be in by now (`late_at`) is in, whatever was pulled since.",
        metadata={
            "owner": OWNERS[NEWEST_DAY],
            "next_step": "yuebao pull DAY --system NAME; was it closed, add an override",
        },
    )


def newest_day(key: dg.AssetKey, hall: Hall) -> dg.AssetCheckEvaluation:
    """Whether the newest day that should be in of a system is, by files."""
    system, now = key.path[-1], hall.now()
    pulled = max(hall.pull_time(system, site) for site in hall.sites_of(system))
    is_late = now.time() >= max(pulled, hall.automation.late_at)
    day = now.date() - dt.timedelta(days=1 if is_late else 2)
    if day < hall.first_day:
        return _newest_day(key, day, passed=True, description=f"no day is due before {hall.first_day}")
    if not hall.systems[system].is_valid_on(day):
        return _newest_day(key, day, passed=True, description=f"it isn't asked for {day}: {hall.validity_of(system)}")
    status = system_day(hall, current_home(), working_days(), system, day)
    return _newest_day(key, day, passed=status.is_in, description=f"{day}: {status.verdict} {status.detail}".strip())


def _newest_day(key: dg.AssetKey, day: dt.date, **told: Any) -> dg.AssetCheckEvaluation:
    severity = dg.AssetCheckSeverity.WARN
    return dg.AssetCheckEvaluation(
        asset_key=key, check_name=NEWEST_DAY, severity=severity, metadata={"day": day.isoformat()}, **told
    )


def build_landing_assets(hall: Hall) -> list[dg.AssetsDefinition]:
    """The landing assets of a hall, one for each system in its settings."""
    return [_landing_asset(hall, name) for name in hall.systems]


def _landing_asset(hall: Hall, name: str) -> dg.AssetsDefinition:
    system = hall.systems[name]
    key = landing_key(name)

    @dg.asset(
        key=key,
        description=f"{system.title}: daily counts of {', '.join(system.measures)}, as immutable extracts.",
        partitions_def=daily(hall),
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[*check_specs(key, RULES, system.owner), newest_day_spec(key)],
        group_name="landing",
        kinds={*_KINDS[system.kind], "parquet"},
        owners=[ENGINEERS],
        tags={"layer": "landing", "opens": system.opens},
        code_version=evidence_version(system),
        output_required=False,
    )
    def pull(context: dg.AssetExecutionContext, hall_systems: HallSystems) -> Iterator[dg.AssetCheckResult]:
        with failing_on(UserError):
            yield from _pulled(context, hall_systems, name)

    return pull


def _pulled(context: dg.AssetExecutionContext, hall_systems: HallSystems, name: str) -> Iterator[dg.AssetCheckResult]:
    """Ask one system for the run's days, and land what is good."""
    from orchestration.landing.validate_and_land import DayValidation
    from orchestration.runtime.sqlite_history import events_together

    days, key = [dt.date.fromisoformat(key) for key in context.partition_keys], landing_key(name)
    home, system = current_home(), hall_systems.hall.hall.systems[name]
    if skipped := [day for day in days if not system.is_valid_on(day)]:
        context.log.info(f"not asked for {span(skipped)}: {hall_systems.hall.hall.validity_of(name)}")
    is_last = hall_systems.begin(name)
    require_room(home.root)
    validation = DayValidation(
        hall=hall_systems.hall.hall,
        system=name,
        calendar=working_days(),
        landing=Landing(home.landing),
        quarantine=Quarantine(home.quarantine),
        provenance=Provenance(context.run.run_id, code_version(), evidence_version(system)),
        docs=home.docs / context.run.run_id if hall_systems.data_docs else None,
    )
    result = validation.settle(hall_systems.outcomes(name, days))
    with events_together(context.instance, context.run.run_id):
        yield from check_results(key, RULES, result)
        _record(context, key, validation, result, hall_systems)
    if is_last:
        _tell_of_months(context, set(map(hall_systems.hall.hall.months.name_of, days)))
    yield result_of(newest_day(key, hall_systems.hall.hall))
    validation.judge_all_again()
    if result.refused:
        raise _failure(result)


def _tell_of_months(context: dg.AssetExecutionContext, months: Set[str]) -> None:
    """Say what the pull changes in months that were built or certified.

    Dagster leaves checks of other assets out of a run of chosen assets, so that a pull tells these itself, once.
    """
    for evaluation in ledger_evaluations(REVISION_CHECK, QUESTIONS_CHECK):
        context.log_event(evaluation)
    for month in sorted(months):
        keep_dictionary(month)


def _record(
    context: dg.AssetExecutionContext,
    key: dg.AssetKey,
    validation: "DayValidation",
    result: "PullResult",
    systems: HallSystems,
) -> None:
    """A materialization for each new extract, so that one bad day doesn't hide thirty good ones.

    An unchanged day is no materialization, unless this Dagster instance never saw it.
    """
    recorded = context.instance.get_materialized_partitions(key)
    for day in result.days:
        if day.outcome == "landed" or (day.extract and day.day.isoformat() not in recorded):
            metadata = _metadata(day, validation, systems.seconds(result.system, day.day))
            context.log_event(dg.AssetMaterialization(key, partition=day.day.isoformat(), metadata=metadata))


def _metadata(
    day: "DayResult", validation: "DayValidation", seconds: float
) -> dict[str, dg.MetadataValue | str | float]:
    if day.extract is None:
        return {}
    return {
        "outcome": day.outcome,
        **extract_metadata(day.extract, validation.landing, validation.hall),
        "seconds to answer": round(seconds, 3),
        **_docs(validation),
    }


def extract_metadata(extract: Extract, landing: Landing, hall: Hall) -> dict[str, dg.MetadataValue | str | float]:
    """What Dagster's page tells of an extract, by its manifest entry."""
    return {
        "state": extract.state,
        "halls": len(extract.sites),
        "dagster/row_count": extract.row_count,
        **{f"sum of {measure}": total for measure, total in extract.sums.items()},
        "sha256": extract.sha256,
        "extract": dg.MetadataValue.path(landing.path(extract)),
        "hours after the day's end": _hours_late(extract, hall),
        "source": "\n".join(extract.sources),
        "runbook": dg.MetadataValue.path(RUNBOOK),
    }


def _hours_late(extract: Extract, hall: Hall) -> float:
    """From the day's end, in hall time, to the landing."""
    day = dt.date.fromisoformat(extract.stat_date)
    end = beginning(day + dt.timedelta(days=1), hall.zone)
    return round((dt.datetime.fromisoformat(extract.landed_at) - end) / dt.timedelta(hours=1), 2)


def _docs(validation: "DayValidation") -> dict[str, dg.MetadataValue]:
    """Great Expectations' Data Docs, where the run was asked to build them and had something to validation."""
    index = validation.docs / validation.system / "index.html" if validation.docs else None
    return {"data docs": dg.MetadataValue.path(index)} if index and index.exists() else {}


def _failure(result: "PullResult") -> dg.Failure:
    lines = [message for day in result.refused for message in day.messages]
    landed = len(result.days) - len(result.refused)
    return dg.Failure(
        description="\n".join([*lines, f"{landed} of {len(result.days)} days of {result.system} are in."]),
        metadata={"refused": len(result.refused), "in": landed},
        allow_retries=False,
    )
