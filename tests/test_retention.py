"""Old runs go; what the page shows of a day stays, and so does a run in progress."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import dagster as dg
import pytest
import time_machine

from orchestration.automation.retention import RETENTION_JOB, delete_outgrown
from orchestration.definitions import defs
from orchestration.runtime.paths import Home, dagster_instance

DAYS = dg.DailyPartitionsDefinition("2025-01-01")
LONG_AGO = dt.datetime(2025, 1, 10, 3, tzinfo=dt.UTC)


@dg.asset(partitions_def=DAYS)
def counts() -> None: ...


@dg.asset_check(asset=counts)
def looks_well() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """A history with four runs of long ago: a day pulled twice, a check alone, one that never ended."""
    job = dg.Definitions(
        assets=[counts],
        asset_checks=[looks_well],
        jobs=[
            dg.define_asset_job("pull", selection=[counts]),
            dg.define_asset_job("check", selection=dg.AssetSelection.checks(looks_well)),
        ],
    )
    with dagster_instance(home) as made, time_machine.travel(LONG_AGO, tick=True):
        for name in ("older", "newer"):
            pull = job.resolve_job_def("pull")
            pull.execute_in_process(instance=made, partition_key="2025-01-09", tags={"is": name})
        job.resolve_job_def("check").execute_in_process(instance=made, tags={"is": "check"})
        made.create_run_for_job(pull, tags={"is": "in progress"}, status=dg.DagsterRunStatus.STARTED)
        yield made


def _left(instance: dg.DagsterInstance) -> set[str]:
    return {run.tags["is"] for run in instance.get_runs() if "is" in run.tags}


def test_what_the_page_needs_and_what_runs_is_kept(instance: dg.DagsterInstance) -> None:
    with time_machine.travel(LONG_AGO + dt.timedelta(days=181), tick=True):
        assert delete_outgrown(instance, 180, dry_run=True).startswith("2 runs would be deleted, 1 kept")
        assert _left(instance) == {"older", "newer", "check", "in progress"}
        assert delete_outgrown(instance, None, dry_run=False).startswith("2 old runs deleted; 1 kept")
    assert _left(instance) == {"newer", "in progress"}
    assert instance.get_materialized_partitions(dg.AssetKey("counts")) == {"2025-01-09"}


def test_what_isnt_old_stays(instance: dg.DagsterInstance) -> None:
    with time_machine.travel(LONG_AGO + dt.timedelta(days=179), tick=True):
        assert delete_outgrown(instance, 180, dry_run=False).startswith("0 old runs deleted; 0 kept")
    assert len(_left(instance)) == 4


def test_the_job_does_it_too(instance: dg.DagsterInstance) -> None:
    with time_machine.travel(LONG_AGO + dt.timedelta(days=181), tick=True):
        done = defs().resolve_job_def(RETENTION_JOB).execute_in_process(instance=instance)
    assert done.success
    assert _left(instance) == {"newer", "in progress"}
