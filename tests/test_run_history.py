"""Dagster's SQLite history isn't flushed at every event, by a listener that an upgrade of Dagster may pass by."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite import SqliteRunStorage

from orchestration.runtime.paths import Home, dagster_instance

_OFF, _FULL = 0, 2
_SYNCHRONOUS = "PRAGMA synchronous"


def test_dagsters_connections_leave_flushing_to_the_system(home: Home) -> None:
    with dagster_instance(home) as instance:
        runs, events = instance.run_storage, instance.event_log_storage
        assert isinstance(runs, SqliteRunStorage)
        assert isinstance(events, SqliteEventLogStorage)
        for connect in (runs.connect, events.index_connection, partial(events.run_connection, "a-run")):
            with connect() as connection:
                assert connection.exec_driver_sql(_SYNCHRONOUS).scalar() == _OFF


def test_another_database_is_flushed_as_ever(home: Home, tmp_path: Path) -> None:
    with dagster_instance(home):
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'other.db'}")
        with engine.connect() as connection:
            assert connection.exec_driver_sql(_SYNCHRONOUS).scalar() == _FULL
        engine.dispose()
