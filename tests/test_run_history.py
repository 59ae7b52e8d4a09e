"""Dagster's SQLite history has one engine per file and isn't flushed at every event; an upgrade may pass that by."""

from __future__ import annotations

import shutil
from functools import partial
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa
from dagster import DagsterRun
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite import SqliteRunStorage
from dagster._core.storage.schedules.sqlite import SqliteScheduleStorage

from orchestration.runtime.paths import Home, dagster_instance

_OFF, _FULL = 0, 2
_SYNCHRONOUS = "PRAGMA synchronous"


def test_dagsters_connections_keep_their_engine_and_leave_flushing_to_the_system(home: Home) -> None:
    with dagster_instance(home) as instance:
        runs, events, schedules = instance.run_storage, instance.event_log_storage, instance.schedule_storage
        assert isinstance(runs, SqliteRunStorage)
        assert isinstance(events, SqliteEventLogStorage)
        assert isinstance(schedules, SqliteScheduleStorage)
        for connect in (
            *(runs.connect, events.index_connection, partial(events.run_connection, "a-run")),
            schedules.connect,
        ):
            engines: list[sa.Engine] = []
            for _ in range(2):
                with connect() as connection:
                    assert connection.exec_driver_sql(_SYNCHRONOUS).scalar() == _OFF
                    engines.append(connection.engine)
            assert all(one is other for one, other in pairwise(engines))


def test_a_file_that_was_made_anew_is_read_anew(home: Home) -> None:
    with dagster_instance(home) as instance:
        assert instance.get_runs_count() == 0
        instance.add_run(DagsterRun(job_name="a_job", run_id="1" * 8))
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
