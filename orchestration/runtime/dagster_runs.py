"""What Dagster has no public way for: a run that its page can execute again, its queue, and many events at once.

Every internal of Dagster that has to do with runs is used here and nowhere else; tests/test_command_runs.py fails when
an upgrade changes one.
"""

import datetime as dt
import sys
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import dagster as dg
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData
from dagster._core.execution.api import execute_run
from dagster._core.instance.ref import InstanceRef
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID
from dagster._core.origin import DEFAULT_DAGSTER_ENTRY_POINT, JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.run_coordinator import QueuedRunCoordinator
from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from dagster._core.events import EventSpecificData

# As pyproject.toml ([tool.dg.project]) and deploy/workspace.yaml name it.
LOCATION = "yuebao"
_MODULE = "orchestration.definitions"
_REPOSITORY = "__repository__"
_QUEUE_DAEMON = "QUEUED_RUN_COORDINATOR"
# The daemon's heart beats every 30 seconds.
_LONGEST_SILENCE = dt.timedelta(seconds=90)
_IN_COMMAND = {"yuebao/runs_in": "command"}
_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_KILLED = "The command that this run was part of was killed; the same command goes on from there."
_AT_ONCE = 500


@dataclass(frozen=True)
class JobRun:
    """What is to be run: a job, under tags and run configuration; of `selection` alone, where assets are named."""

    job: dg.JobDefinition
    tags: Mapping[str, str]
    config: Mapping[str, Any]
    selection: Collection[dg.AssetKey] = ()


def quiet_instance(folder: Path) -> dg.DagsterInstance:
    """The instance of a DAGSTER_HOME, without the log handlers of its `dagster.yaml`: these are for services."""
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(folder), overrides={"python_logs": {}}))


def queue_is_served(instance: dg.DagsterInstance) -> bool:
    """Whether runs are queued here, and a daemon that launches them was heard of just now."""
    if not isinstance(instance.run_coordinator, QueuedRunCoordinator):
        return False
    beat = instance.get_daemon_heartbeats().get(_QUEUE_DAEMON)
    silence = dt.datetime.now(dt.UTC).timestamp() - beat.timestamp if beat else None
    return silence is not None and silence < _LONGEST_SILENCE.total_seconds()


def submit(
    instance: dg.DagsterInstance,
    wanted: JobRun,
) -> dg.DagsterRun:
    """A new run in Dagster's queue, from which the daemon launches it in the code location."""
    run = _create(instance, str(uuid.uuid4()), wanted)
    # The queue needs no workspace: the daemon finds the code location by its name.
    return instance.submit_run(run.run_id, None)  # type: ignore[arg-type]


def execute_here(
    instance: dg.DagsterInstance,
    wanted: JobRun,
) -> dg.DagsterRun:
    """A new run, executed in this process, which holds the run's lock meanwhile; it is returned as it ended."""
    run_id = str(uuid.uuid4())
    with _lock_of(instance, run_id):
        run = _create(instance, run_id, replace(wanted, tags={**wanted.tags, **_IN_COMMAND}))
        execute_run(InMemoryJob(wanted.job), run, instance)
    return require_run(instance, run_id)


def require_run(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    """A run that is there, or that somebody deleted meanwhile: LookupError."""
    run = instance.get_run_by_id(run_id)
    if run is None:
        raise LookupError(f"run {run_id} is in Dagster's history no more")
    return run


def cancel(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Take a run out of the queue, or have its process stopped; whether that was begun."""
    return instance.run_coordinator.cancel_run(run_id)


def killed_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """The runs of commands that were killed: their history says that they go on, and nobody holds their lock."""
    return [run for run in _of_commands(instance) if _is_free(_lock_file(instance, run.run_id))]


def end_killed_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Mark the runs of commands that were killed as failed, and return them; two processes take turns."""
    ended = []
    for run in killed_runs(instance):
        lock = FileLock(_lock_file(instance, run.run_id))
        try:
            with lock.acquire(blocking=False):
                if not require_run(instance, run.run_id).is_finished:
                    instance.report_run_failed(run, _KILLED)
                    ended.append(run)
                _lock_file(instance, run.run_id).unlink(missing_ok=True)
        except Timeout:
            continue
    return ended


def store_events(
    instance: dg.DagsterInstance,
    events: Iterable[tuple[dt.datetime, dg.AssetMaterialization | dg.AssetCheckEvaluation]],
) -> int:
    """Write events of no run, each with the moment at which it happened, in few transactions; return how many.

    `DagsterInstance.report_runless_asset_event` writes one at a time, and dates it now.
    """
    entries = [_entry(moment, event) for moment, event in events]
    for start in range(0, len(entries), _AT_ONCE):
        instance.event_log_storage.store_event_batch(entries[start : start + _AT_ONCE])
    return len(entries)


def latest_evaluations(
    instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey]
) -> dict[dg.AssetCheckKey, dg.AssetCheckEvaluation | None]:
    """The last result of each check of which the history knows anything; None while its first run goes on."""
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    found = {key: record.evaluation for key, record in records.items()}
    # Of a check that was planned and has no result, Dagster gives the plan.
    return {key: told if isinstance(told, dg.AssetCheckEvaluation) else None for key, told in found.items()}


def _create(
    instance: dg.DagsterInstance,
    run_id: str,
    wanted: JobRun,
) -> dg.DagsterRun:
    location = RegisteredCodeLocationOrigin(LOCATION)
    pointer = ModuleCodePointer(_MODULE, "defs", working_directory=None)
    python = RepositoryPythonOrigin(sys.executable, pointer, None, DEFAULT_DAGSTER_ENTRY_POINT, None)
    return instance.create_run_for_job(
        wanted.job,
        run_id=run_id,
        run_config=wanted.config,
        tags=wanted.tags,
        asset_selection=set(wanted.selection) or None,
        remote_job_origin=RemoteJobOrigin(RemoteRepositoryOrigin(location, _REPOSITORY), wanted.job.name),
        job_code_origin=JobPythonOrigin(wanted.job.name, python),
    )


def _of_commands(instance: dg.DagsterInstance) -> Iterator[dg.DagsterRun]:
    for record in instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED, tags=_IN_COMMAND)):
        yield record.dagster_run


def _lock_file(instance: dg.DagsterInstance, run_id: str) -> Path:
    return Path(instance.root_directory, "running", f"{run_id}.lock")


@contextmanager
def _lock_of(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Held for as long as a run is executed here; the system frees it when its holder is killed."""
    file = _lock_file(instance, run_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file):
        yield
        file.unlink()


def _is_free(file: Path) -> bool:
    """Whether nobody holds a lock; without its file the run was executed elsewhere, of which nothing is known."""
    if not file.exists():
        return False
    try:
        with FileLock(file).acquire(blocking=False):
            return True
    except (Timeout, OSError):
        return False


def _entry(moment: dt.datetime, event: dg.AssetMaterialization | dg.AssetCheckEvaluation) -> dg.EventLogEntry:
    if isinstance(event, dg.AssetCheckEvaluation):
        kind, told = DagsterEventType.ASSET_CHECK_EVALUATION, cast("EventSpecificData", event)
    else:
        kind, told = DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(event)
    happened = DagsterEvent(kind.value, RUNLESS_JOB_NAME, event_specific_data=told)
    return dg.EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        level="INFO",
        user_message="",
        run_id=RUNLESS_RUN_ID,
        timestamp=moment.timestamp(),
        job_name=RUNLESS_JOB_NAME,
        dagster_event=happened,
    )
