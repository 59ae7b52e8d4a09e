"""When things run by themselves: a nightly pull of yesterday, a monthly build of the month before."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

PULL_JOB = "pull"
MONTH_JOB = "month"


def build_jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """The two jobs: days are pulled, months are built and written."""
    landing = dg.AssetSelection.groups("landing")
    return [
        dg.define_asset_job(PULL_JOB, selection=landing, description="Pull days of all hall systems."),
        dg.define_asset_job(
            MONTH_JOB,
            selection=dg.AssetSelection.all() - landing,
            description="Build a month's facts, test them, and write the statistics section.",
        ),
    ]


def build_schedules(
    jobs: Sequence[dg.UnresolvedAssetJobDefinition],
) -> list[dg.ScheduleDefinition | dg.UnresolvedPartitionedAssetScheduleDefinition]:
    """Nightly at 02:30 for yesterday; at 06:00 on the first of the month for the month before. Hall time."""
    pull, month = jobs
    return [
        dg.build_schedule_from_partitioned_job(
            pull, name="nightly_pull", description="Pull yesterday from all systems.", hour_of_day=2, minute_of_hour=30
        ),
        dg.build_schedule_from_partitioned_job(
            month, name="month_end", description="Build and write the month before.", day_of_month=1, hour_of_day=6
        ),
    ]
