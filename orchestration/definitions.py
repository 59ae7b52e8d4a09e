"""What Dagster loads. Everything is built when asked for; importing this module reads no file and opens nothing."""

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """The whole of Yuebao for the hall that `YUEBAO_HALL` names."""
    from orchestration.assets.certified import build_certified_asset, build_ledger_check, build_revision_check
    from orchestration.assets.landing import build_landing_assets
    from orchestration.assets.month_totals import build_month_totals_check
    from orchestration.assets.section import build_section_asset
    from orchestration.assets.warehouse import build_warehouse_assets
    from orchestration.resources import HallSystems
    from orchestration.schedules import build_jobs, build_schedules
    from orchestration.settings import load_hall

    hall = load_hall().hall
    jobs = build_jobs()
    return dg.Definitions(
        assets=[
            *build_landing_assets(hall),
            build_warehouse_assets(hall),
            build_certified_asset(hall),
            build_section_asset(hall),
        ],
        asset_checks=[build_revision_check(hall), build_ledger_check(), *build_month_totals_check(hall)],
        jobs=jobs,
        schedules=build_schedules(jobs),
        resources={"hall_systems": HallSystems()},
        executor=dg.in_process_executor,
    )
