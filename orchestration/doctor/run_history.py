"""Whether Dagster's run history is whole, and its daemon alive where this environment needs one."""

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from functools import partial

from dagster import DagsterInstance

from orchestration.automation.deadlines import moment
from orchestration.automation.ticks import tick_faults
from orchestration.config.hall import Hall, automations_here, environment
from orchestration.diagnosis import Diagnosis
from orchestration.doctor.diagnose import NotWellError, diagnose
from orchestration.runtime.dagster_runs import killed_runs
from orchestration.runtime.history_files import HistoryFault, examined_faults_in, faults_in
from orchestration.runtime.installation import current_installation
from orchestration.runtime.paths import Home, run_history

_LONGEST_SILENCE = dt.timedelta(minutes=5)
_MOST_NAMED = 3


def history_checks(hall: Hall, home: Home) -> Iterator[Diagnosis]:
    """The history, wherever `dagster.yaml` says that it lies, and then the daemon that writes to it."""
    folder = current_installation().dagster_home
    held = faults_in(folder, to_write=True) if os.access(folder, os.W_OK) else []
    if faults := examined_faults_in(folder) or held:
        yield Diagnosis.of("run history", "mend", _said_of(faults))
        return
    settings = folder / "dagster.yaml"
    if not settings.exists():
        yield Diagnosis("run history", "ok", "none yet")
        return
    try:
        with run_history(home) as instance:
            yield Diagnosis("run history", "ok", f"whole, {instance.get_runs_count()} runs")
            yield from _killed(instance)
            beats = instance.get_daemon_heartbeats().values()
            heard = max((dt.datetime.fromtimestamp(beat.timestamp, dt.UTC) for beat in beats), default=None)
            yield diagnose("daemon", partial(_daemon, hall, heard))
            yield from _ticks(instance)
    except Exception as error:  # noqa: BLE001 - whatever storage is set up has errors of its own
        reason = str(error.__cause__ or error).splitlines()[0]
        yield Diagnosis("run history", "mend", f"{settings} can't be used ({reason})", "mend what it names")


def _killed(instance: DagsterInstance) -> Iterator[Diagnosis]:
    for run in killed_runs(instance):
        message = f"{run.run_id} ({run.job_name}) was killed with its command; the next command marks it as failed"
        yield Diagnosis("runs", "look", message)


def _ticks(instance: DagsterInstance) -> Iterator[Diagnosis]:
    """What ticks by itself here, each fault by its schedule or sensor."""
    faults = tick_faults(moment(), instance)
    for fault in faults:
        yield Diagnosis(f"ticks of {fault.name}", "mend", fault.text, fault.next_step)
    if not faults:
        yield Diagnosis("ticks", "ok", "none too old, in the future, or twice")


def _said_of(faults: Sequence[HistoryFault]) -> str:
    """What is wrong with the history's files; only what is damaged is ever put aside."""
    if damaged := [fault.file for fault in faults if fault.is_damage]:
        names = ", ".join(map(str, damaged[:_MOST_NAMED])) + (", ..." if damaged[_MOST_NAMED:] else "")
        return (
            f"damaged: {names}; no number is in it; next: yuebao sync-dagster, which puts it aside and fills a new one"
        )
    return f"{faults[0]}; nothing is damaged, so leave it where it is; next: mend what holds it or the disk"


def _daemon(hall: Hall, heard: dt.datetime | None) -> str:
    needed = bool(automations_here(hall))
    alive = heard is not None and dt.datetime.now(dt.UTC) - heard < _LONGEST_SILENCE
    last = f"last heard of at {heard:%Y-%m-%d %H:%M} UTC" if heard else "never heard of"
    if needed and not alive:
        raise NotWellError(
            f"{last}, and environment {environment()} runs nothing by itself without it; next: dagster-daemon run"
        )
    return last if heard else f"{last}; environment {environment()} needs none"
