"""What runs by itself, as Dagster ticks it: declared by environment, with a moved clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
import pytest
import time_machine

from orchestration.automation.schedules import ScheduleRow, schedule_rows
from orchestration.config.automation import AUTOMATIONS
from orchestration.config.hall import SettingsError, load_hall
from orchestration.definitions import defs
from orchestration.run_records import RANGE_END, RANGE_START
from orchestration.runtime.paths import Home
from tests.faults import hall_folder
from tests.moments import at

DEMO = load_hall().hall


@pytest.fixture
def instance(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("YUEBAO_ENVIRONMENT", "production")
    with dg.instance_for_test() as temporary:
        yield temporary


def _tick(name: str, moment: str, instance: dg.DagsterInstance) -> Sequence[dg.RunRequest] | str:
    """What a schedule asks for at a moment of hall time, or why it skips."""
    definitions = defs()
    with time_machine.travel(at(moment), tick=False):
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=at(moment), repository_def=definitions.get_repository_def()
        )
        data = definitions.resolve_schedule_def(name).evaluate_tick(context)
    return data.run_requests or str(data.skip_message)


def test_the_night_asks_for_yesterday_with_every_check(instance: dg.DagsterInstance) -> None:
    asked = _tick("nightly_pull_0230", "2025-03-13T02:30", instance)
    assert not isinstance(asked, str)
    ranges = {tuple(key.path[-1] for key in each.asset_selection or ()): each.tags for each in asked}
    assert {system for systems in ranges for system in systems} == set(DEMO.systems)
    assert {tags[RANGE_END] for tags in ranges.values()} == {"2025-03-12"}
    assert ranges["call_centre",][RANGE_START] == "2025-03-09"
    # None leaves no check of the chosen assets out; tests/test_daemon.py has what the run of a tick checked.
    assert {each.asset_check_keys for each in asked} == {None}


def test_what_a_run_asks_for_just_now_isnt_asked_again(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = hall_folder(tmp_path / "hall", ("first_day = 2023-01-01", "first_day = 2025-03-01"))
    monkeypatch.setenv("YUEBAO_HALL", str(begins))
    pull = defs().resolve_job_def("pull")
    with time_machine.travel(at("2025-03-13T02:40"), tick=False):
        instance.create_run_for_job(
            pull, status=dg.DagsterRunStatus.STARTED, tags={RANGE_START: "2025-03-01", RANGE_END: "2025-03-12"}
        )
    assert _tick("catch_up", "2025-03-13T02:47", instance) == "what is due is being asked for just now"
    again = _tick("catch_up", "2025-03-13T12:47", instance)
    assert not isinstance(again, str), "a run of ten hours ago is dead, whatever its status says"


def test_the_candidate_waits_for_the_first_working_day_and_for_every_answer(instance: dg.DagsterInstance) -> None:
    early = _tick("month_end", "2025-02-03T06:17", instance)
    assert "2025-01: its candidate is due on 2025-02-05 at 06:00" in str(early)
    due = _tick("month_end", "2025-02-05T06:17", instance)
    assert "2025-01: call_centre 电话咨询: 2025-01-01..2025-01-31 missing, and 7 more" in str(due)


@pytest.mark.parametrize("row", schedule_rows(DEMO), ids=lambda row: row.name)
def test_another_environment_stands_stopped_and_skips(
    row: ScheduleRow, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("YUEBAO_ENVIRONMENT")
    assert defs().resolve_schedule_def(row.name).default_status == dg.DefaultScheduleStatus.STOPPED
    assert "environment development doesn't run" in str(_tick(row.name, "2025-03-13T02:30", instance))


def test_in_production_everything_declared_runs(instance: dg.DagsterInstance) -> None:
    running = {
        schedule.name
        for schedule in defs().schedules or ()
        if schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    }
    assert running == {row.name for row in schedule_rows(DEMO)}
    assert {row.automation for row in schedule_rows(DEMO)} | {"alerts"} == set(AUTOMATIONS)


def test_an_environment_that_nobody_declared_loads_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUEBAO_ENVIRONMENT", "prod")
    with pytest.raises(SettingsError, match=r"'prod', and .* knows production, development"):
        defs()
