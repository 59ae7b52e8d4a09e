"""The SQLite files of Dagster's run history: whether they can be used, and what is damaged put aside.

The history is a view: no number is in it, and `yuebao sync-dagster` fills it from the state folder. A history in
PostgreSQL has no files here.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from orchestration.runtime import guard
from orchestration.runtime.errors import UserError

_EVENTS, _RUNS, _TICKS = "history/runs/index.db", "history/runs.db", "schedules/schedules.db"
_PATIENCE = 5.0
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_HELD = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class HistoryError(UserError):
    """The run history can't be used just now; the message says why, and who holds it if somebody does."""


@dataclass(frozen=True)
class HistoryFault:
    """Why a file of the history can't be used: it is damaged, held by a process, or the disk refuses it."""

    file: Path
    reason: str
    is_damage: bool = False

    def __str__(self) -> str:
        return f"{self.file} {self.reason}"


def faults_in(dagster_home: Path, *, to_write: bool) -> list[HistoryFault]:
    """What is wrong with the files that every command opens; a few milliseconds where nothing is."""
    files = (dagster_home / name for name in (_RUNS, _EVENTS, _TICKS))
    return list(_faults(files, "BEGIN IMMEDIATE" if to_write else "PRAGMA schema_version", to_write=to_write))


def examined_faults_in(dagster_home: Path) -> list[HistoryFault]:
    """As `faults_in`, of every file, each read in whole and none written."""
    files = (file for file in sorted(dagster_home.rglob("*.db")) if not guard.is_aside(file))
    return list(_faults(files, "PRAGMA quick_check(1)", to_write=False))


def put_damaged_aside(dagster_home: Path, faults: list[HistoryFault]) -> list[Path]:
    """Put what is damaged aside: a run's own file alone, else runs with their events, which belong together."""
    damaged = [fault.file for fault in faults if fault.is_damage]
    shared = {dagster_home / _RUNS, dagster_home / _EVENTS}
    if not shared.isdisjoint(damaged):
        history = dagster_home / "history"
        return [guard.put_aside(history), *map(_aside, (file for file in damaged if history not in file.parents))]
    return [_aside(file) for file in damaged]


def _aside(file: Path) -> Path:
    """Put a database aside; what its journal holds belongs to it, and would spoil the next one."""
    for journal in file.parent.glob(f"{file.name}-*"):
        journal.unlink()
    return guard.put_aside(file)


def _faults(files: Iterator[Path], question: str, *, to_write: bool) -> Iterator[HistoryFault]:
    for file in files:
        if file.exists() and (fault := _fault(file, question, to_write=to_write)):
            yield fault


def _fault(file: Path, question: str, *, to_write: bool) -> HistoryFault | None:
    try:
        with closing(
            sqlite3.connect(_address(file, to_write=to_write), uri=True, timeout=_PATIENCE, isolation_level=None)
        ) as database:
            answer = database.execute(question).fetchall()
            database.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.Error as error:
        return _named(file, error)
    found = str(answer[0][0]) if answer and question.startswith("PRAGMA quick_check") else "ok"
    return None if found == "ok" else HistoryFault(file, f"is damaged ({found.splitlines()[0]})", is_damage=True)


def _address(file: Path, *, to_write: bool) -> str:
    """A database to be opened; one in a folder that can't be written, where no lock can be had, as nobody's.

    Whoever has a database open keeps its journal beside it.
    """
    if to_write:
        mode = "rw"
    elif os.access(file.parent, os.W_OK) or file.with_name(f"{file.name}-wal").exists():
        mode = "ro"
    else:
        mode = "ro&immutable=1"
    return f"{file.absolute().as_uri()}?mode={mode}"


def _named(file: Path, error: sqlite3.Error) -> HistoryFault:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGE:
        return HistoryFault(file, f"is damaged ({error})", is_damage=True)
    if code in _HELD:
        return HistoryFault(file, f"is held by {guard.holder(file)}")
    return HistoryFault(file, f"can't be opened ({error})")
