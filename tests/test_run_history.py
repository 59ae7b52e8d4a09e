"""Dagster's SQLite history: connections are kept, batches are one transaction; an upgrade may pass that by."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite import SqliteRunStorage
from dagster._core.storage.schedules.sqlite import SqliteScheduleStorage

from orchestration.demo import DemoHall
from orchestration.run_records import RANGE_END, RANGE_START
from orchestration.runtime.paths import Home, dagster_instance
from orchestration.runtime.sqlite_history import events_together
from tests.halls import Hall

_NORMAL, _FULL = 1, 2
_SYNCHRONOUS = "PRAGMA synchronous"


@pytest.fixture(params=["kept", "stock"])
def instance(request: pytest.FixtureRequest, home: Home) -> Iterator[dg.DagsterInstance]:
    """An instance with our storage, and one with Dagster's own, which is the fallback."""
    if request.param == "stock":
        home.dagster.mkdir(parents=True)
        (home.dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    with dagster_instance(home) as made:
        assert (type(made.run_storage) is SqliteRunStorage) == (request.param == "stock")
        yield made


_DAYS = dg.DailyPartitionsDefinition("2025-03-01", end_date="2025-04-01")
_CHECK = dg.AssetCheckSpec("adds_up", asset="counts")


@dg.asset(partitions_def=_DAYS, check_specs=[_CHECK])
def counts() -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """An asset by day, whose check judges all days of a run at once."""
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(passed=True, check_name="adds_up")


def test_a_folder_whose_settings_dagster_would_not_find_gets_no_history(demo: DemoHall, tmp_path: Path) -> None:
    hall = Hall(tmp_path / "state [1]", demo.variables())
    done = hall.run("pull", "2025-03-03", "--system", "call_centre")
    assert done.exit_code == 0, done.output
    assert "has a *, ? or [ in its name" in done.output
    assert "this run isn't recorded, what it lands and builds is" in done.output
    assert "Dagster!" not in done.output
    assert not hall.home.joinpath("dagster").exists()


def test_a_run_of_several_days_is_recorded_whole(instance: dg.DagsterInstance) -> None:
    days = [f"2025-03-0{day}" for day in (1, 2, 3)]
    job = dg.Definitions(assets=[counts], jobs=[dg.define_asset_job("pull")]).resolve_job_def("pull")
    result = job.execute_in_process(instance=instance, tags={RANGE_START: days[0], RANGE_END: days[-1]})
    records = instance.all_logs(result.run_id)
    planned = [
        record for record in records if record.dagster_event_type == DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    ]
    assert sorted(record.get_dagster_event().partition or "" for record in planned) == days
    assert sorted(instance.get_materialized_partitions(counts.key)) == days
    assert records[-1].dagster_event_type == DagsterEventType.RUN_SUCCESS
    [(_, summary)] = instance.event_log_storage.get_latest_asset_check_execution_by_key([_CHECK.key]).items()
    assert summary.status.value == "SUCCEEDED"


def test_events_of_a_step_are_stored_together(instance: dg.DagsterInstance) -> None:
    run = instance.create_run_for_job(dg.Definitions(assets=[counts]).resolve_implicit_global_asset_job_def())

    def tell(*days: str) -> None:
        for day in days:
            instance.report_dagster_event(_materialized(day), run.run_id)

    with events_together(instance, run.run_id):
        tell("2025-03-01", "2025-03-02")
        # What is asked meanwhile sees them, and a batch within has its transaction already.
        assert sorted(instance.get_materialized_partitions(counts.key)) == ["2025-03-01", "2025-03-02"]
        instance.event_log_storage.store_event_batch(instance.all_logs(run.run_id)[-1:])
        tell("2025-03-03")
    tell("2025-03-04")
    assert len(instance.get_materialized_partitions(counts.key)) == 4


def test_of_events_that_are_stored_together_none_is_kept_if_it_is_raised(home: Home) -> None:
    with dagster_instance(home) as made:
        run = made.create_run_for_job(dg.Definitions(assets=[counts]).resolve_implicit_global_asset_job_def())
        with suppress(KeyboardInterrupt), events_together(made, run.run_id):
            made.report_dagster_event(_materialized("2025-03-01"), run.run_id)
            raise KeyboardInterrupt
        assert made.get_materialized_partitions(counts.key) == set()
        made.report_dagster_event(_materialized("2025-03-02"), run.run_id)
        assert made.get_materialized_partitions(counts.key) == {"2025-03-02"}


def _materialized(day: str) -> DagsterEvent:
    told = StepMaterializationData(dg.AssetMaterialization(counts.key, partition=day))
    return DagsterEvent(DagsterEventType.ASSET_MATERIALIZATION.value, "pull", event_specific_data=told)


def test_a_check_of_several_days_leaves_no_row_that_nobody_answers(home: Home) -> None:
    job = dg.Definitions(assets=[counts], jobs=[dg.define_asset_job("pull")]).resolve_job_def("pull")
    with dagster_instance(home) as instance:
        job.execute_in_process(instance=instance, tags={RANGE_START: "2025-03-01", RANGE_END: "2025-03-03"})
        history = instance.event_log_storage.get_asset_check_execution_history(_CHECK.key, limit=10)
        assert [record.status.value for record in history] == ["SUCCEEDED"]


def test_connections_keep_their_engine_and_are_flushed_at_checkpoints(home: Home) -> None:
    with dagster_instance(home) as instance:
        runs, events, schedules = instance.run_storage, instance.event_log_storage, instance.schedule_storage
        assert isinstance(runs, SqliteRunStorage)
        assert isinstance(events, SqliteEventLogStorage)
        assert isinstance(schedules, SqliteScheduleStorage)
        for connect in (
            *(runs.connect, events.index_connection, partial(events.run_connection, "a-run")),
            schedules.connect,
        ):
            opened: list[object] = []
            for _ in range(2):
                with connect() as connection:
                    assert connection.exec_driver_sql(_SYNCHRONOUS).scalar() == _NORMAL
                    assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
                    opened.append(connection.connection.dbapi_connection)
            assert all(one is other for one, other in pairwise(opened))


def test_a_file_that_was_made_anew_is_read_anew(home: Home) -> None:
    with dagster_instance(home) as instance:
        assert instance.get_runs_count() == 0
        instance.add_run(dg.DagsterRun(job_name="a_job", run_id="1" * 8))
        assert instance.get_runs_count() == 1
    shutil.rmtree(home.dagster)
    with dagster_instance(home) as instance:
        assert instance.get_runs_count() == 0


def test_another_database_is_flushed_as_ever(home: Home, tmp_path: Path) -> None:
    with dagster_instance(home):
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'other.db'}")
        with engine.connect() as connection:
            assert connection.exec_driver_sql(_SYNCHRONOUS).scalar() == _FULL
        engine.dispose()
