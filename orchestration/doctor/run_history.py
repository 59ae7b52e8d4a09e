"""Whether Dagster's run history is whole, and its daemon alive where this environment needs one."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from orchestration.config.hall import Hall, automations_here, environment
from orchestration.doctor.diagnosis import Diagnosis, NotWellError, diagnose
from orchestration.runtime.installation import current_installation
from orchestration.runtime.paths import Home, run_history

_LONGEST_SILENCE = dt.timedelta(minutes=5)


def history_checks(hall: Hall, home: Home) -> Iterator[Diagnosis]:
    """The history, wherever `dagster.yaml` says that it lies, and then the daemon that writes to it."""
    damaged = [path for path in sorted(home.dagster.rglob("*.db")) if not _is_sound(path)]
    if damaged:
        names = ", ".join(str(path) for path in damaged)
        message = f"damaged: {names}; move {home.dagster} away (no number is in it), the next command begins a new one"
        yield Diagnosis("run history", good=False, message=message)
        return
    settings = current_installation().dagster_home / "dagster.yaml"
    if not settings.exists():
        yield Diagnosis("run history", good=True, message="none yet")
        return
    try:
        with run_history(home) as instance:
            yield Diagnosis("run history", good=True, message=f"whole, {instance.get_runs_count()} runs")
            beats = instance.get_daemon_heartbeats().values()
            heard = max((dt.datetime.fromtimestamp(beat.timestamp, dt.UTC) for beat in beats), default=None)
            yield diagnose("daemon", partial(_daemon, hall, heard))
    except Exception as error:  # noqa: BLE001 - whatever storage is set up has errors of its own
        reason = str(error.__cause__ or error).splitlines()[0]
        yield Diagnosis("run history", good=False, message=f"{settings} can't be used ({reason}); mend what it names")


def _is_sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return bool(database.execute("PRAGMA quick_check").fetchall() == [("ok",)])
    except sqlite3.DatabaseError:
        return False


def _daemon(hall: Hall, heard: dt.datetime | None) -> str:
    needed = bool(automations_here(hall))
    alive = heard is not None and dt.datetime.now(dt.UTC) - heard < _LONGEST_SILENCE
    last = f"last heard of at {heard:%Y-%m-%d %H:%M} UTC" if heard else "never heard of"
    if needed and not alive:
        raise NotWellError(
            f"{last}, and environment {environment()} runs nothing by itself without it; start `dagster-daemon run`"
        )
    return last if heard else f"{last}; environment {environment()} needs none"
