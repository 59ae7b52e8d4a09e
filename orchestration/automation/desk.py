"""The sensor `desk_of_month`: what authors take of a month is written as soon as a run has certified it.

The schedule `authors_desk` looks hourly for what is left, whoever certified it.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from orchestration.automation.schedules import CAUSE
from orchestration.certification.author_files import are_written
from orchestration.certification.certify import current_archive
from orchestration.config.hall import Hall, why_not_here
from orchestration.jobs import DESK_JOB, MONTH_JOB
from orchestration.partitions import month_of_key
from orchestration.run_records import PARTITION

DESK_SENSOR = "desk_of_month"
_EVERY = 30


def build_desk_sensor(hall: Hall, jobs: Sequence[dg.UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    """The sensor of a hall, among its jobs; it may run where `authors_desk` may, and else stands stopped."""
    named = {job.name: job for job in jobs}
    runs_here = not why_not_here("authors_desk", hall)

    @dg.run_status_sensor(
        name=DESK_SENSOR,
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[named[MONTH_JOB]],
        request_job=named[DESK_JOB],
        minimum_interval_seconds=_EVERY,
        default_status=dg.DefaultSensorStatus.RUNNING if runs_here else dg.DefaultSensorStatus.STOPPED,
        description="Writes documents, workbook and page of a month after the run that certified it.",
    )
    def desk_of_month(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        if reason := why_not_here("authors_desk", hall):
            return dg.SkipReason(reason)
        key = context.dagster_run.tags[PARTITION]
        archive, month = current_archive(), month_of_key(key, hall)
        entry = archive.ledger.latest(month)
        if entry is None or are_written(archive, entry.certificate):
            return dg.SkipReason(f"{month} waits for signatures" if entry is None else f"{month} is written")
        return dg.RunRequest(run_key=context.dagster_run.run_id, partition_key=key, tags={CAUSE: DESK_SENSOR})

    return desk_of_month
