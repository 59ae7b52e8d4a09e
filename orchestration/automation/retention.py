"""How long Dagster's runs and their events are kept: the history is a view, and what numbers rest on lies elsewhere."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from orchestration.config.hall import load_hall
from orchestration.run_records import run_records
from orchestration.runtime.left_overs import sweep, temporary_folders
from orchestration.runtime.paths import current_home
from orchestration.runtime.progress import tell, tell_item
from orchestration.warehouse.facts import settle_older_facts, unfinished_builds

RETENTION_JOB = "retention"
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_PAGE = 500


def delete_outgrown(instance: dg.DagsterInstance, keep_days: int | None, *, dry_run: bool = False) -> str:
    """Delete the runs that ended longer ago than that, or than the hall keeps them; a dry run only says how many.

    And the folders that killed commands left behind, and builds that versions before 0.2 kept.

    A run that holds the newest materialization of an asset's partition is kept, or Dagster's page would forget that
    the partition is in.
    """
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=keep_days or load_hall().hall.automation.keep_runs_days)
    old = [record.dagster_run.run_id for record in run_records(instance, before=before, statuses=_ENDED)]
    needed = set(_newest_runs(instance)) if old else set()
    outgrown = [run for run in old if run not in needed]
    kept = len(old) - len(outgrown)
    if dry_run:
        return f"{len(outgrown)} runs would be deleted, {kept} kept; without --dry-run they are"
    tell("deleting %d old runs", len(outgrown))
    for number, run_id in enumerate(outgrown, start=1):
        instance.delete_run(run_id)
        tell_item("%d of %d old runs deleted", number, len(outgrown))
    told = f"{len(outgrown)} old runs deleted; {kept} kept, for they hold what the page shows of a day or month"
    settle_older_facts(current_home())
    swept = sweep([*unfinished_builds(current_home()), *temporary_folders()])
    return f"{told}; {swept} folders that killed commands had left deleted" if swept else told


def _newest_runs(instance: dg.DagsterInstance) -> Iterator[str]:
    for key in instance.get_asset_keys():
        seen: set[str | None] = set()
        for record in _materializations(instance, key):
            if record.partition_key not in seen:
                seen.add(record.partition_key)
                yield record.run_id


def _materializations(instance: dg.DagsterInstance, key: dg.AssetKey) -> Iterator[dg.EventLogRecord]:
    """Every materialization of an asset, the newest first."""
    cursor = None
    while True:
        found = instance.fetch_materializations(key, limit=_PAGE, cursor=cursor)
        yield from found.records
        if not found.has_more:
            return
        cursor = found.cursor


def build_retention_job() -> dg.JobDefinition:
    """The job `retention`."""

    @dg.op(description="Deletes runs of longer ago than `keep_runs_days`, less those that the page needs.")
    def delete_old_runs(context: dg.OpExecutionContext) -> None:
        context.log.info(delete_outgrown(context.instance, None))

    @dg.job(name=RETENTION_JOB, description="Keep the run history from growing for ever.")
    def retention() -> None:
        delete_old_runs()

    return retention
