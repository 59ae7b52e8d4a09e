"""Dagster's SQLite history written without waiting for the disk at every event.

A month is some 700 events, each a handful of commits, and waiting for the disk at each took longer than all other
work. The history is a view: what a number rests on lies in the landing and in `build.json`, which are flushed. A killed
process loses nothing; after a power cut the history may be damaged, and the runbook says how to begin a new one.

Dagster makes its engines itself and takes no argument for them, so that SQLAlchemy's public event is listened to on
every engine. tests/test_run_history.py fails when an upgrade of Dagster makes connections that the event doesn't reach.
"""

import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa


@cache
def leave_flushing_to_system(folder: Path) -> None:
    """Have every SQLAlchemy connection to a SQLite file under `folder` leave flushing to the operating system."""

    def on_connect(connection: Any, _record: object) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        file = connection.execute("PRAGMA database_list").fetchone()[2]
        if file and Path(file).is_relative_to(folder):
            connection.execute("PRAGMA synchronous=OFF")

    sa.event.listen(sa.Engine, "connect", on_connect)
