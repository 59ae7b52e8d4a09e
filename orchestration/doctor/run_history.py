"""Whether Dagster's run history is whole, and its daemon alive where this environment needs one."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from orchestration.config.hall import Hall, SettingsError, automations_here, environment
from orchestration.doctor.hall import Checked
from orchestration.runtime.installation import current_installation
from orchestration.runtime.paths import Home, dagster_instance

_LONGEST_SILENCE = dt.timedelta(minutes=5)


def history_checks(hall: Hall, home: Home) -> Iterator[Checked]:
    """The history, wherever `dagster.yaml` says that it lies, and then the daemon that writes to it."""
    damaged = [path for path in sorted(home.dagster.rglob("*.db")) if not _is_sound(path)]
    if damaged:
        names = ", ".join(str(path) for path in damaged)
        found = f"damaged: {names}; move {home.dagster} away (no number is in it), the next command begins a new one"
        yield Checked("run history", good=False, found=found)
        return
    settings = current_installation().dagster_home / "dagster.yaml"
    if not settings.exists():
        yield Checked("run history", good=True, found="none yet")
        return
    try:
        with dagster_instance(home) as instance:
            yield Checked("run history", good=True, found=f"whole, {instance.get_runs_count()} runs")
            beats = instance.get_daemon_heartbeats().values()
            yield _daemon(hall, [dt.datetime.fromtimestamp(each.timestamp, dt.UTC) for each in beats])
    except Exception as error:  # noqa: BLE001 - whatever storage is set up has errors of its own
        reason = str(error.__cause__ or error).splitlines()[0]
        yield Checked("run history", good=False, found=f"{settings} can't be used ({reason}); mend what it names")


def _is_sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return bool(database.execute("PRAGMA quick_check").fetchall() == [("ok",)])
    except sqlite3.DatabaseError:
        return False


def _daemon(hall: Hall, beats: list[dt.datetime]) -> Checked:
    try:
        needed = bool(automations_here(hall))
    except SettingsError as error:
        return Checked("daemon", good=False, found=str(error))
    newest = max(beats, default=None)
    alive = newest is not None and dt.datetime.now(dt.UTC) - newest < _LONGEST_SILENCE
    said = f"last heard of at {newest:%Y-%m-%d %H:%M} UTC" if newest else "never heard of"
    if needed and not alive:
        found = f"{said}, and environment {environment()} runs nothing by itself without it; start `dagster-daemon run`"
        return Checked("daemon", good=False, found=found)
    return Checked("daemon", good=True, found=said if newest else f"{said}; environment {environment()} needs none")
