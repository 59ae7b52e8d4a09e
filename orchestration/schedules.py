"""When things run by themselves: a nightly pull of yesterday, a monthly build of the month before."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from orchestration.assets.certified import LEDGER_CHECK, REVISION_CHECK

PULL_JOB = "pull"
REVISIONS_JOB = "revisions"
FACTS_JOB = "facts"
MONTH_JOB = "month"
LEDGER_JOB = "verify_ledger"


def build_jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """The jobs: days are pulled; months are built, and built, certified and emitted; the whole ledger is verified."""
    landing = dg.AssetSelection.groups("landing")
    ledger = dg.AssetSelection.checks(LEDGER_CHECK)
    pending = dg.AssetSelection.checks(REVISION_CHECK)
    facts = dg.AssetSelection.all() - landing - dg.AssetSelection.groups("report")
    return [
        dg.define_asset_job(PULL_JOB, selection=landing | pending, description="Pull days of all hall systems."),
        dg.define_asset_job(REVISIONS_JOB, selection=pending, description="See whether a certified month has changed."),
        dg.define_asset_job(FACTS_JOB, selection=facts, description="Build and test a month's facts."),
        dg.define_asset_job(
            MONTH_JOB,
            selection=dg.AssetSelection.all() - landing - ledger,
            description="Build a month's facts, test them, certify its numbers, and emit the statistics section.",
        ),
        dg.define_asset_job(
            LEDGER_JOB, selection=ledger, description="Verify every certificate and all it vouches for."
        ),
    ]


def build_schedules(
    jobs: Sequence[dg.UnresolvedAssetJobDefinition],
) -> list[dg.ScheduleDefinition | dg.UnresolvedPartitionedAssetScheduleDefinition]:
    """Nightly at 02:30 for yesterday; at 06:00 on the first of the month for the month before. Hall time."""
    by_name = {job.name: job for job in jobs}
    pull, month = by_name[PULL_JOB], by_name[MONTH_JOB]
    return [
        dg.build_schedule_from_partitioned_job(
            pull, name="nightly_pull", description="Pull yesterday from all systems.", hour_of_day=2, minute_of_hour=30
        ),
        dg.build_schedule_from_partitioned_job(
            month,
            name="month_end",
            description="Build, certify and emit the month before.",
            day_of_month=1,
            hour_of_day=6,
        ),
    ]
