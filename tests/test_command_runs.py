"""Runs of the command line in Dagster's history: with an origin, ended when killed; and a history that was lost."""

from __future__ import annotations

import datetime as dt
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._daemon.types import DaemonHeartbeat

from expectations.rules import RULES
from orchestration.assets.landing import NEWEST_DAY, build_landing_assets, landing_key
from orchestration.automation.history import Registered, sync_dagster
from orchestration.config.hall import load_hall
from orchestration.run_records import systems_asked
from orchestration.runtime import dagster_runs
from orchestration.runtime.dagster_runs import (
    JobRun,
    end_killed_runs,
    execute_here,
    killed_runs,
    latest_evaluations,
    queue_is_served,
    submit,
)
from orchestration.runtime.paths import Home, dagster_instance
from orchestration.warehouse.dagster_specs import warehouse_specs
from tests.halls import Hall

_KILLED_IN_ITS_RUN = """
import os, signal, dagster as dg
from orchestration.runtime.dagster_runs import JobRun, execute_here
from orchestration.runtime.paths import current_home, dagster_instance
@dg.op
def end(): os.kill(os.getpid(), signal.SIGKILL)
@dg.job(executor_def=dg.in_process_executor)
def killed(): end()
execute_here(dagster_instance(current_home()), JobRun(killed, {}, {}))
"""


def _hear_of_the_queue(instance: dg.DagsterInstance, *, seconds_ago: float) -> None:
    """As its daemon does twice a minute."""
    moment = dt.datetime.now(dt.UTC).timestamp() - seconds_ago
    instance.add_daemon_heartbeat(DaemonHeartbeat(moment, "QUEUED_RUN_COORDINATOR", "a daemon", None))


def _runs(instance: dg.DagsterInstance, *statuses: dg.DagsterRunStatus) -> list[dg.DagsterRun]:
    return list(instance.get_runs(dg.RunsFilter(statuses=statuses)))


@dg.op
def nothing() -> None:
    """Does nothing."""


@dg.job(executor_def=dg.in_process_executor)
def idle() -> None:
    """A job of one step."""
    nothing()


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    with dagster_instance(home) as made:
        yield made


@pytest.fixture
def printed(printed_hall: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """A hall with March printed, whose history this process opens too."""
    hall = printed_hall.copy(tmp_path)
    for name, value in hall.environment.items():
        monkeypatch.setenv(name, value)
    return hall


def test_a_run_that_is_executed_here_says_where_it_can_be_executed_again(instance: dg.DagsterInstance) -> None:
    run = execute_here(instance, JobRun(idle, {"a": "tag"}, {}))
    assert (run.status, run.tags["a"]) == (dg.DagsterRunStatus.SUCCESS, "tag")
    assert run.remote_job_origin
    assert run.remote_job_origin.location_name == "yuebao"
    assert (killed_runs(instance), end_killed_runs(instance)) == ([], [])


def test_without_a_daemon_nothing_is_submitted(instance: dg.DagsterInstance) -> None:
    assert not queue_is_served(instance)
    run = submit(instance, JobRun(idle, {}, {}))
    assert run.status == dg.DagsterRunStatus.QUEUED
    assert end_killed_runs(instance) == []


def test_a_run_whose_daemon_goes_away_is_taken_back_and_executed_here(
    printed: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dagster_runs, "_LONGEST_SILENCE", dt.timedelta(seconds=5))
    with dagster_instance(Home(printed.home)) as instance:
        _hear_of_the_queue(instance, seconds_ago=0)
        done = printed.run("pull", "2025-03-12", "--system", "courier")
        (taken_back,) = _runs(instance, dg.DagsterRunStatus.CANCELED)
        executed = instance.get_runs(limit=1)[0]
    assert (done.exit_code, done.stdout) == (0, "1 day of courier are in.\n"), done.output
    assert f"run {taken_back.run_id} is submitted to Dagster's queue" in done.stderr
    assert "Dagster's daemon is gone; pull runs here" in done.stderr
    assert (executed.status, executed.tags["yuebao/runs_in"]) == (dg.DagsterRunStatus.SUCCESS, "command")


@pytest.mark.parametrize(("answer", "left"), [("n", "QUEUED"), ("y", "CANCELED"), ("", "QUEUED")])
def test_who_interrupts_a_followed_run_says_whether_it_is_to_stop(answer: str, left: str, printed: Hall) -> None:
    """On a terminal there is somebody who can answer; without one the run goes on."""
    ours, theirs = pty.openpty()
    program = str(Path(sys.executable).with_name("yuebao"))
    with dagster_instance(Home(printed.home)) as instance:
        _hear_of_the_queue(instance, seconds_ago=0)
        process = subprocess.Popen(
            ["env", "--default-signal", program, "pull", "2025-03-12", "--system", "courier"],
            stdin=theirs if answer else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr
        while not (line := process.stderr.readline()).startswith("run "):
            assert line, "it ended without submitting"
        os.write(ours, f"{answer}\n".encode())
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        (run,) = _runs(instance, dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.CANCELED)
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, run.status.value) == (130, left), said
    assert ("stop it too?" in said, f"run {run.run_id}" in said) == (bool(answer), True)


def test_dagsters_own_command_writes_the_same_history(printed: Hall) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    words = ("launch", "--assets", "landing/courier", "--partition", "2025-03-12")
    subprocess.run([Path(sys.executable).with_name("dg"), *words], env=environment, check=True, capture_output=True)
    with dagster_instance(Home(printed.home)) as instance:
        newest = instance.get_runs(limit=1)[0]
    assert (newest.status, newest.tags["dagster/partition"]) == (dg.DagsterRunStatus.SUCCESS, "2025-03-12")


def test_an_old_day_that_was_pulled_just_now_isnt_the_newest(printed: Hall) -> None:
    assert printed.run("pull", "2025-03-12", "--system", "courier").exit_code == 0
    with dagster_instance(Home(printed.home)) as instance:
        key = dg.AssetCheckKey(landing_key("courier"), NEWEST_DAY)
        (told,) = latest_evaluations(instance, [key]).values()
    assert told
    assert (told.passed, told.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "missing" in (told.description or "")


def test_a_pull_executed_again_asks_the_systems_of_its_steps() -> None:
    hall = load_hall().hall
    assert systems_asked(dg.DagsterRun("pull"), hall) == tuple(hall.systems)
    (courier,) = (each for each in build_landing_assets(hall) if each.key == landing_key("courier"))
    again = dg.DagsterRun("pull", step_keys_to_execute=[courier.node_def.name])
    assert systems_asked(again, hall) == ("courier",)


def test_a_run_whose_command_was_killed_is_told_and_ended(instance: dg.DagsterInstance) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED_IN_ITS_RUN], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    (killed,) = killed_runs(instance)
    assert killed.status == dg.DagsterRunStatus.STARTED
    (ended,) = end_killed_runs(instance)
    found = instance.get_run_by_id(ended.run_id)
    assert found
    assert (ended.run_id, found.status) == (killed.run_id, dg.DagsterRunStatus.FAILURE)
    assert (killed_runs(instance), end_killed_runs(instance)) == ([], [])


def test_a_run_that_was_executed_elsewhere_is_left_alone(instance: dg.DagsterInstance, home: Home) -> None:
    subprocess.run([sys.executable, "-c", _KILLED_IN_ITS_RUN], capture_output=True, check=False)
    shutil.rmtree(home.dagster / "running")
    assert end_killed_runs(instance) == []


def test_a_lost_history_shows_again_what_the_files_hold(
    printed_hall: Hall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hall = printed_hall.copy(tmp_path)
    # Whoever asked a source would fail.
    hall.environment |= {"YUEBAO_DEMO_URL": "http://127.0.0.1:9", "YUEBAO_DEMO_DIR": str(tmp_path / "nowhere")}
    hall.environment |= {name: hall.variables[name] for name in hall.variables if "SIGN" in name}
    for name, value in hall.environment.items():
        monkeypatch.setenv(name, value)
    with dagster_instance(Home(hall.home)) as before:
        keys = [*(landing_key(name) for name in load_hall().hall.systems), *warehouse_specs().keys.values()]
        keys += [dg.AssetKey("certified_numbers"), dg.AssetKey("report_statistics_section")]
        checks = [dg.AssetCheckKey(key, rule.name) for key in keys[:5] for rule in RULES]
        checks += [spec.key for spec in warehouse_specs().checks]
        outcomes = {key: told.passed for key, told in latest_evaluations(before, checks).items() if told}
        known = {key: before.get_materialized_partitions(key) for key in keys}
    assert all(known.values())
    shutil.rmtree(hall.home / "dagster")
    synced = hall.run("sync-dagster")
    assert (synced.exit_code, synced.stdout.partition(":")[0]) == (0, "registered"), synced.output
    with dagster_instance(Home(hall.home)) as after:
        assert {key: after.get_materialized_partitions(key) for key in keys} == known
        assert {key: told.passed for key, told in latest_evaluations(after, checks).items() if told} == outcomes
        assert sync_dagster(after) == Registered(0, 0)
        newest = after.get_latest_materialization_event(keys[0])
        assert newest
        assert newest.timestamp < (hall.home / "dagster").stat().st_mtime
        assert after.get_runs_count() == 0
