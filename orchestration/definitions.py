"""What Dagster loads. Everything is built when asked for; importing this module reads no file and opens nothing."""

import warnings

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """The whole of Yuebao for the hall that `YUEBAO_HALL` names."""
    from orchestration.alerts.sensor import build_alerts_sensor
    from orchestration.assets.certified import build_certified_asset, build_ledger_checks
    from orchestration.assets.landing import build_landing_assets
    from orchestration.assets.month_totals import build_month_totals_check
    from orchestration.assets.section import build_desk_asset, build_section_asset
    from orchestration.assets.sites import build_sites_asset
    from orchestration.assets.warehouse import build_warehouse_assets
    from orchestration.automation.desk import build_desk_sensor
    from orchestration.automation.history import build_history_sensor
    from orchestration.automation.retention import build_retention_job
    from orchestration.automation.schedules import build_schedules
    from orchestration.automation.signed_months import build_signed_months_sensor
    from orchestration.config.hall import load_hall, load_own_hall
    from orchestration.health.asset import build_health_asset
    from orchestration.jobs import build_jobs
    from orchestration.resources import HallSystems, RunMonths

    # Dagster marks backfill policies as beta; a user can do nothing about that.
    warnings.simplefilter("ignore", dg.BetaWarning)
    # Partitions are keyed by today's rule for months, whatever settings a certified month is worked on under.
    hall = load_hall().hall.model_copy(update={"month_begins": load_own_hall().hall.month_begins})
    jobs = build_jobs()
    return dg.Definitions(
        assets=[
            *build_landing_assets(hall),
            build_warehouse_assets(hall),
            build_certified_asset(hall),
            build_section_asset(hall),
            build_sites_asset(hall),
            build_desk_asset(hall),
            build_health_asset(),
        ],
        asset_checks=[*build_ledger_checks(), *build_month_totals_check(hall)],
        jobs=[*jobs, build_retention_job()],
        schedules=build_schedules(hall),
        sensors=[
            build_alerts_sensor(hall),
            build_signed_months_sensor(hall),
            build_desk_sensor(hall, jobs),
            build_history_sensor(),
        ],
        resources={"hall_systems": HallSystems(), "months": RunMonths()},
        executor=dg.in_process_executor,
    )
