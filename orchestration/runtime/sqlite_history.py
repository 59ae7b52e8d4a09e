"""Dagster's SQLite history with one engine per file, and without waiting for the disk at every event.

A month is some 700 events, each a handful of commits. Dagster makes a new engine for each of them, so that SQLAlchemy
compiles every statement anew and asks every file again what it can do: a quarter of a month's work. Waiting for the
disk took longer than all other work. The history is a view: what a number rests on lies in the landing and in
`build.json`, which are flushed. A killed process loses nothing; after a power cut the history may be damaged, and the
runbook says how to begin a new one.

Dagster takes neither an engine nor an argument for one, so that the name by which its three storages make engines is
replaced, here and nowhere else. The files and who reads them stay as they were: engines keep no connection.
tests/test_run_history.py fails when an upgrade of Dagster makes engines by another name.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

_STORAGES = (
    "dagster._core.storage.event_log.sqlite.sqlite_event_log",
    "dagster._core.storage.runs.sqlite.sqlite_run_storage",
    "dagster._core.storage.schedules.sqlite.sqlite_schedule_storage",
)
# A run has a file of its own, and nobody asks for it again once the run is over.
_FILES = 32
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@cache
def prepare_history() -> None:
    """Have Dagster's SQLite storages keep their engines, and leave flushing to the operating system."""
    for name in _STORAGES:
        vars(import_module(name))["create_engine"] = _kept_engine


def _kept_engine(url: str, *, poolclass: Any, connect_args: Mapping[str, Any] = _NOTHING) -> sa.Engine:
    """The engine of a file, by the arguments that Dagster gives."""
    return _engine(url, poolclass, tuple(connect_args.items()))


@lru_cache(maxsize=_FILES)
def _engine(url: str, poolclass: Any, connect_args: tuple[tuple[str, Any], ...]) -> sa.Engine:
    engine = sa.create_engine(url, poolclass=poolclass, connect_args=dict(connect_args))
    sa.event.listen(engine, "connect", _leave_flushing_to_system)
    return engine


def _leave_flushing_to_system(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")
