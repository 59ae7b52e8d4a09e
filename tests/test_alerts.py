"""Alerts as people meet them: by real commands on the demo hall, and by the sensor that looks every five minutes."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import time_machine

from orchestration.alerts.sensor import build_alerts_sensor
from orchestration.config.hall import load_hall
from orchestration.demo import demo_hall
from orchestration.runtime.paths import Home
from tests.faults import hall_folder
from tests.halls import SYSTEMS, Hall
from tests.moments import at
from tests.servers.web import Reply, WebServer, web_server

NOON = at("2025-04-01T12:00")
BEFORE = "\n[systems.online_platform]"
DUTY = f'\n[alerts.channels.duty]\nurl = "DUTY_URL"\n{BEFORE}'
EVERYWHERE = f'\n[environments]\nproduction = ["alerts"]\ndevelopment = []\n{BEFORE}'
SINCE_MARCH = ("first_day = 2023-01-01", "first_day = 2025-03-01")


@pytest.fixture
def duty() -> Iterator[WebServer]:
    """A webhook that takes every message."""
    with web_server(lambda _asked: Reply()) as server:
        yield server


def _read(duty: WebServer) -> list[str]:
    """What was sent since the last time, each message's title and lines, without next steps."""
    told = [json.loads(asked.body) for asked in duty.asked]
    duty.asked.clear()
    lines = [f"{each['title'].partition(': ')[2]}\n{each['message']}".splitlines() for each in told]
    return ["\n".join(line for line in each if not line.startswith("  next: ")) for each in lines]


@time_machine.travel(NOON)
def test_a_month_is_told_of_from_its_missing_file_to_its_revision(duty: WebServer, tmp_path: Path) -> None:
    folder = hall_folder(tmp_path / "hall", (BEFORE, DUTY), SINCE_MARCH)
    with demo_hall(tmp_path / "demo", ["2025-03"]) as demo:
        hall = Hall(tmp_path, demo.variables())
        hall.environment |= {"YUEBAO_HALL": str(folder), "DUTY_URL": f"json://127.0.0.1:{duty.port}/"}
        (file,) = (hall.demo / "courier").glob("邮寄日报_2025-03-12*")
        file.rename(tmp_path / file.name)
        (calls,) = (hall.demo / "call_centre").glob("电话咨询_20250313*")
        whole = calls.read_bytes()
        calls.write_bytes(whole.replace("合计".encode("gbk"), "总计".encode("gbk")))
        assert hall.run("report", "2025-03").exit_code == 1

        assert hall.run("alerts", "--send").stdout == "duty: 2 new\n"
        (told,) = _read(duty)
        # The run failed for these days alone: they are told, and the run isn't told too.
        assert [line.partition(": 2025")[0] for line in told.splitlines()] == [
            "2 new",
            "REFUSED (orchestration/README.md#alert-refused)",
            "- call_centre 电话咨询",
            "LATE (orchestration/README.md#alert-late)",
            "- courier 邮寄",
        ]
        assert hall.run("alerts", "--send").stdout == "duty: nothing new\n"

        (tmp_path / file.name).rename(file)
        calls.write_bytes(whole)
        assert hall.run("report", "2025-03").exit_code == 0
        assert hall.run("alerts", "--send").stdout == "duty: 1 new, 2 over\n"
        (told,) = _read(duty)
        assert told.splitlines()[:3] == [
            "1 new, 2 over",
            "CERTIFIED (orchestration/README.md#alert-certified)",
            told.splitlines()[2],
        ]
        assert told.splitlines()[2].startswith("- 2025-03: 已核定, certified, code ")

        hall.correct_calls("2025-03-13", 5)
        assert hall.run("pull", "2025-03-13", "--system", "call_centre").exit_code == 0
        shown = hall.run("alerts").stdout
        assert "- 2025-03: 待修订: since 000001-2025-03-r1.json these have changed: call_centre 2025-03-13" in shown
        assert "duty would be told: 1 new\n" in shown
        assert hall.run("alerts", "--send").stdout == "duty: 1 new\n"
        assert len(_read(duty)) == 1


@pytest.fixture
def told_of(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch, duty: WebServer) -> Hall:
    """A hall of which nothing is in, with a channel, and what it may run by itself."""
    folder = hall_folder(tmp_path / "hall", (BEFORE, DUTY), (BEFORE, EVERYWHERE), SINCE_MARCH)
    environment = {"YUEBAO_HALL": str(folder), "DUTY_URL": f"json://127.0.0.1:{duty.port}/"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    hall = Hall(tmp_path, {"YUEBAO_DEMO_DIR": str(home.demo)})
    hall.environment |= {"YUEBAO_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster), **environment}
    return hall


def test_a_channel_is_tried_out_in_one_line(told_of: Hall, duty: WebServer) -> None:
    assert told_of.run("alerts", "--test", "duty").stdout == "duty: delivered; look whether it arrived\n"
    (told,) = _read(duty)
    assert told == "test\nA test of this channel. Nothing is wrong, and there is nothing to do."
    duty.cut()
    failed = told_of.run("alerts", "--test", "duty")
    assert (failed.exit_code, len(failed.stderr.splitlines())) == (1, 2)
    assert failed.stderr.splitlines()[1].startswith("duty: NOT delivered: ")
    unknown = told_of.run("alerts", "--test", "nobody")
    assert unknown.exit_code == 2
    assert unknown.stderr.splitlines()[1:] == ["yuebao: no channel nobody; [alerts.channels] in hall.toml has duty"]


def test_a_failing_channel_is_said_and_ends_with_one(told_of: Hall, duty: WebServer) -> None:
    duty.cut()
    with time_machine.travel(NOON):
        failed = told_of.run("alerts", "--send")
    assert failed.exit_code == 1
    assert failed.stderr.splitlines()[-1].startswith("duty: NOT delivered, tried again with the next evaluation: ")
    assert "Traceback" not in failed.output


@pytest.mark.parametrize(
    ("url", "line"),
    [
        (
            "json://127.0.0.1:1",
            "ok   alerts.channels.duty: DUTY_URL can be used; `yuebao alerts --test` sends something",
        ),
        ("nosuch://x", "BAD  alerts.channels.duty: DUTY_URL holds no URL that Apprise can use; see "),
    ],
)
def test_a_channel_that_can_not_be_used_is_found_before_anybody_misses_it(
    url: str, line: str, told_of: Hall, duty: WebServer
) -> None:
    told_of.environment["DUTY_URL"] = url
    lines = told_of.run("check-hall", told_of.environment["YUEBAO_HALL"]).stdout.splitlines()
    assert [each for each in lines if each.startswith(line)]
    assert duty.asked == []


def test_without_channels_it_is_said_that_nobody_is_told(home: Home) -> None:
    hall = Hall(home.root.parent, {"YUEBAO_DEMO_DIR": str(home.demo)})
    hall.environment |= {"YUEBAO_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster)}
    for words in (("alerts",), ("alerts", "--send")):
        said = hall.run(*words)
        assert (said.exit_code, said.stdout.splitlines()[-1]) == (
            0,
            "no channel is set up ([alerts.channels] in hall.toml), so nobody is told",
        )


# --- the sensor ----------------------------------------------------------------------------------------------------


def _tick(instance: dg.DagsterInstance) -> str:
    """What one tick of the sensor says."""
    sensor = build_alerts_sensor(load_hall().hall)
    told = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, definitions=dg.Definitions()))
    assert told.run_requests == []
    assert told.skip_message
    return told.skip_message


def test_the_sensor_tells_once_starts_nothing_and_says_in_a_line_what_it_did(
    told_of: Hall, duty: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YUEBAO_ENVIRONMENT", "production")
    with dg.DagsterInstance.ephemeral() as instance, time_machine.travel(NOON):
        assert _tick(instance) == f"duty: {len(SYSTEMS)} new"
        assert _tick(instance) == "duty: nothing new"
        duty.cut()
        (Home(Path(told_of.environment["YUEBAO_HOME"])).alerts / "told.json").unlink()
        assert _tick(instance).startswith("duty: NOT delivered, tried again with the next evaluation: ")
    (told,) = _read(duty)
    assert told.count("2025-03-01..2025-03-31 (31 days) no answer") == len(SYSTEMS)


def test_where_the_environment_may_not_the_sensor_looks_at_nothing(told_of: Hall, duty: WebServer) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert _tick(instance) == "environment development doesn't run alerts: [environments] in hall.toml"
    assert duty.asked == []


def test_the_sensor_stands_in_definitions_without_a_job(home: Home) -> None:
    sensor = build_alerts_sensor(load_hall().hall)
    dg.Definitions.validate_loadable(dg.Definitions(sensors=[sensor]))
    assert (sensor.name, sensor.minimum_interval_seconds) == ("alerts", 300)
