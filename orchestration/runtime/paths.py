"""Where state lies: one folder outside the source tree, and the Dagster instance inside it (design, "Rooms")."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.runtime.guard import locked, require_room
from orchestration.runtime.history_files import HistoryError, HistoryFault, faults_in, put_damaged_aside
from orchestration.runtime.installation import PROJECT_ROOT, current_installation
from orchestration.runtime.left_overs import temporary_folder
from orchestration.runtime.progress import tell

if TYPE_CHECKING:
    from dagster import DagsterInstance

__all__ = ["PROJECT_ROOT", "RUNBOOK", "SILENCE", "Home", "current_home", "dagster_instance", "prepare_environment"]

RUNBOOK = PROJECT_ROOT / "orchestration" / "README.md"

# Nothing leaves the hall's network: every library that reports home is told not to before it is imported.
SILENCE = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}
# Events that Dagster makes at once, as those of a run's days, are written at once.
_EVENTS_AT_ONCE = 500

_DAGSTER_YAML = """\
# Written by Yuebao once; yours to edit afterwards.
telemetry:
  enabled: false
nux:
  enabled: false
# A run whose code location was killed is marked as failed.
run_monitoring:
  enabled: true
# Dagster's own SQLite storage, whose connections are kept. Without these lines it is used as it is, on the same files.
storage:
  custom:
    module: orchestration.runtime.sqlite_history
    class: SqliteHistory
    config:
      base_dir: {env: DAGSTER_HOME}
# What ticks decided; runs are kept for as long as hall.toml says (keep_runs_days).
retention:
  schedule:
    purge_after_days: {skipped: 7, success: 180, failure: 180, started: 180}
  sensor:
    purge_after_days: {skipped: 7, success: 180, failure: 180, started: 180}
"""


class _Part:
    """A file or folder of the state folder, by its name there."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, home: Home, owner: type[Home]) -> Path:
        return home.root / self._name


@dataclass(frozen=True)
class Home:
    """The layout of the state folder."""

    root: Path
    landing = _Part("landing")  # extracts and their manifest entries, kept for ever
    quarantine = _Part("quarantine")  # answers that were refused, masked, with the reason
    inputs = _Part("inputs")  # what dbt is told to read, one folder per month
    builds = _Part("builds")  # a month's facts while they are built, before anybody may read them
    published = _Part("published")  # audited facts and releases, one folder per month
    editions = _Part("editions")  # what authors write: one folder per edition, by month
    certificates = _Part("certificates")  # the ledger: one signed record per month and revision, never changed
    settled = _Part("settled.json")  # certified months behind which nothing had changed, and how their files lay
    evidence = _Part("evidence")  # the documents that certificates rest on, named by their SHA-256
    signing = _Part("signing")  # candidates that wait for people's signatures
    warehouse = _Part("warehouse.duckdb")  # the DuckDB file, opened by dbt alone
    warehouse_lock = _Part("warehouse.lock")  # held while a month is built
    demo = _Part("demo")  # files of the embedded demo hall
    dagster = _Part("dagster")  # Dagster's runs and event log
    events = _Part("events")  # who certified, verified and read what: JSON lines, one file a month
    alerts = _Part("alerts")  # what each alert channel was told, and what is snoozed
    questions = _Part("questions")  # 校核: authors' questions and their answers, only ever added to
    docs = _Part("data_docs")  # Great Expectations' Data Docs, one folder per run
    health = _Part("health")  # the health page and its metrics, each the newest alone


def current_home() -> Home:
    """The state folder of this installation."""
    return Home(current_installation().home)


def prepare_environment(home: Home) -> None:
    """Set what child libraries read from the environment: silence, and where state lies."""
    os.environ.update(SILENCE)
    os.environ["YUEBAO_HOME"] = str(home.root)
    # An empty one is none, and Dagster takes whole paths alone.
    os.environ["DAGSTER_HOME"] = str(current_installation().dagster_home.absolute())
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(_EVENTS_AT_ONCE))


@contextmanager
def run_history(home: Home) -> Iterator[DagsterInstance]:
    """The Dagster instance, to be read; a copy of it for as long as it takes, where its folder can't be written.

    Raises:
        HistoryError: it is damaged or can't be opened.
    """
    prepare_environment(home)
    folder = Path(os.environ["DAGSTER_HOME"])
    _require(faults_in(folder, to_write=False))
    if os.access(next(path for path in (folder, *folder.parents) if path.exists()), os.W_OK):
        yield _opened(folder)
        return
    with temporary_folder("history") as copy:
        if folder.exists():
            shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("storage", "*.lock"), dirs_exist_ok=True)
            for path in (copy, *copy.rglob("*")):
                path.chmod(0o700 if path.is_dir() else 0o600)
        os.environ["DAGSTER_HOME"] = str(copy)
        try:
            yield _opened(copy)
        finally:
            os.environ["DAGSTER_HOME"] = str(folder)


@contextmanager
def readable_history(home: Home) -> Iterator[tuple[DagsterInstance, str]]:
    """As `run_history`, with an empty one in its place and the reason where that can't be used."""
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(run_history(home)), ""
        except HistoryError as error:
            from dagster import DagsterInstance

            opened = DagsterInstance.ephemeral(), str(error)
        yield opened


def dagster_instance(home: Home) -> DagsterInstance:
    """The Dagster instance that the command line and Dagster's page share; damaged files are put aside and made anew.

    Raises:
        HistoryError: another process holds it, or it can't be opened.
    """
    prepare_environment(home)
    folder = Path(os.environ["DAGSTER_HOME"])
    faults = faults_in(folder, to_write=True)
    _require([fault for fault in faults if not fault.is_damage])
    if put_damaged_aside(folder, faults):
        tell("the run history begins anew; no number was in it, and `yuebao sync-dagster` fills it")
    return _opened(folder)


def _opened(folder: Path) -> DagsterInstance:
    """The instance of a folder.

    The first use of a fresh SQLite home by two processes at once corrupts it for good, so it is made under a lock.
    """
    if glob.escape(str(folder)) != str(folder):
        raise HistoryError(
            f"the run history can't be used: {folder} has a *, ? or [ in its name, and Dagster, which looks for its "
            "settings by a pattern, would not find them; next: name another folder (DAGSTER_HOME, or `dagster_home` in "
            "installation.toml)"
        )
    folder.mkdir(parents=True, exist_ok=True)
    from dagster import DagsterError
    from yaml import YAMLError

    from orchestration.runtime.dagster_runs import quiet_instance

    with locked(folder / ".creating.lock"):
        settings = folder / "dagster.yaml"
        if not settings.exists():
            settings.write_text(_DAGSTER_YAML, encoding="utf-8")
        try:
            instance = quiet_instance(folder)
        except (YAMLError, DagsterError) as error:
            reason = str(error).strip().splitlines()[0]
            raise HistoryError(
                f"the run history can't be used: {settings} is no settings of Dagster ({reason}); mend it, or delete "
                "it: the next command writes it anew"
            ) from error
        instance.get_runs_count()
        return instance


def instance_for_runs(home: Home) -> DagsterInstance:
    """As `dagster_instance`; one in memory where that can't be used: no number is in it.

    Raises:
        NoRoomError: the disk is too full for a run.
    """
    require_room(home.root)
    try:
        return dagster_instance(home)
    except HistoryError as error:
        from dagster import DagsterInstance

        tell("%s: this run isn't recorded, what it lands and builds is; `yuebao sync-dagster` shows it later", error)
        return DagsterInstance.ephemeral()


def _require(faults: list[HistoryFault]) -> None:
    if faults:
        raise HistoryError(f"the run history can't be used: {'; '.join(map(str, faults))}")
