"""What somebody snoozed is told to nobody until its day or until it changes; and whose channel is told of what."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from orchestration.landing.quarantine import Quarantine
from orchestration.runtime.paths import Home
from tests.alerting import CODE, Told, told_in
from tests.faults import hall_folder
from tests.halls import SYSTEMS, Hall
from tests.moments import at
from tests.servers.web import Reply, WebServer, web_server

BEFORE = "\n[systems.online_platform]"
CHANNEL = f'\n[alerts.channels.duty]\nurl = "DUTY_URL"\n{BEFORE}'
SINCE_MARCH = ("first_day = 2023-01-01", "first_day = 2025-03-01")


@pytest.fixture
def duty(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """A webhook that takes every message."""
    with web_server(lambda _asked: Reply()) as server:
        monkeypatch.setenv("DUTY_URL", f"json://127.0.0.1:{server.port}/")
        yield server


@pytest.fixture
def hall(tmp_path: Path, home: Home, duty: WebServer) -> Hall:
    """A hall whose courier is silent since 10 March; everything else is in."""
    folder = hall_folder(tmp_path / "hall", (BEFORE, CHANNEL), SINCE_MARCH)
    made = Hall(tmp_path, {"YUEBAO_DEMO_DIR": str(home.demo), "DUTY_URL": f"json://127.0.0.1:{duty.port}/"})
    made.environment |= {"YUEBAO_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster), "YUEBAO_HALL": str(folder)}
    told = Told(told_in(home.root).hall, home)
    told.land("2025-03-01..2025-03-09", systems=SYSTEMS)
    told.land("2025-03-10..2025-03-25", systems=tuple(system for system in SYSTEMS if system != "courier"))
    return made


def _read(duty: WebServer) -> list[str]:
    """The lines of what was sent since the last time, without headings and next steps."""
    told = [json.loads(asked.body)["message"] for asked in duty.asked]
    duty.asked.clear()
    return [line for message in told for line in message.splitlines() if line.startswith("- ")]


def _run(hall: Hall, moment: str, *words: str, code: int = 0) -> str:
    with time_machine.travel(at(moment)):
        done = hall.run(*words)
    assert (done.exit_code, "Traceback" in done.output) == (code, False), done.output
    return done.stdout if code == 0 else done.stderr.splitlines()[-1]


def test_what_is_snoozed_is_told_to_nobody_and_comes_back_on_its_day(hall: Hall, duty: WebServer) -> None:
    _run(hall, "2025-03-12T10:00", "alerts", "--send")
    assert _read(duty) == ["- courier 邮寄: 2025-03-10..2025-03-11 (2 days) no answer"]
    words = ("--until", "2025-03-15", "--because", "对方系统升级", "--by", "张三")
    said = _run(hall, "2025-03-12T10:01", "snooze", "courier", *words)
    line = "courier 邮寄 2025-03-10..2025-03-11: snoozed by 张三 until 2025-03-15: 对方系统升级"
    assert said == f"{line}\n"
    assert _run(hall, "2025-03-12T10:02", "snooze") == f"{line}\n"
    # A further day of the outage is snoozed with it.
    assert _run(hall, "2025-03-13T10:00", "alerts", "--send") == "duty: nothing new\n"
    assert _run(hall, "2025-03-14T10:00", "alerts", "--send") == "duty: nothing new\n"
    longer = line.replace("2025-03-11", "2025-03-13")
    assert _run(hall, "2025-03-14T10:01", "alerts").splitlines() == [
        "nothing else deserves an alert",
        f"- {longer}",
        "duty would be told: nothing new",
    ]
    health = _run(hall, "2025-03-14T10:02", "health", "--html", code=1)
    assert health
    page = (Path(hall.environment["YUEBAO_HOME"]) / "health" / "index.html").read_text(encoding="utf-8")
    assert "[snoozed by 张三 until 2025-03-15] courier 邮寄: 2025-03-10..2025-03-13 missing" in page
    assert "yuebao_snoozed 4.0" in (Path(hall.environment["YUEBAO_HOME"]) / "health" / "yuebao.prom").read_text()
    assert _run(hall, "2025-03-15T10:00", "alerts", "--send") == "duty: 1 new\n"
    assert _read(duty) == ["- courier 邮寄: 2025-03-10..2025-03-14 (5 days) no answer"]
    assert _run(hall, "2025-03-15T10:01", "alerts", "--send") == "duty: nothing new\n"
    assert _run(hall, "2025-03-15T10:02", "snooze") == "nothing is snoozed\n"


def test_a_snooze_is_ended_by_hand_and_what_it_left_is_told_again(hall: Hall, duty: WebServer) -> None:
    words = ("--until", "2025-03-15", "--because", "known")
    _run(hall, "2025-03-12T10:00", "snooze", "courier", *words)
    assert _run(hall, "2025-03-12T10:01", "alerts", "--send") == "duty: nothing new\n"
    assert _run(hall, "2025-03-12T10:02", "snooze", "courier", "--end").startswith("ended: courier 邮寄 2025-03-10..")
    assert _run(hall, "2025-03-12T10:03", "alerts", "--send") == "duty: 1 new\n"
    refused = _run(hall, "2025-03-12T10:04", "snooze", "courier", "--end", code=2)
    assert refused == "yuebao: nothing is snoozed that is called 'courier'; there is: nothing"


@pytest.mark.parametrize(
    ("what", "options", "said"),
    [
        ("cats", ("--until", "2025-03-15"), "nothing that deserves an alert is called 'cats'; there is: courier"),
        ("courier", ("--until", "2025-03-12"), "it can be left until a day from 2025-03-13 to 2025-04-12"),
        ("courier", ("--until", "2025-04-13"), "it can be left until a day from 2025-03-13 to 2025-04-12"),
        ("courier", (), "until when? --until DAY, a day until 2025-04-12"),
        ("courier", ("--until", "2025-03-15", "--because", " "), "--because is empty"),
    ],
)
def test_what_can_not_be_snoozed_is_said_in_a_line(what: str, options: tuple[str, ...], said: str, hall: Hall) -> None:
    reason = () if "--because" in options else ("--because", "known")
    assert said in _run(hall, "2025-03-12T10:00", "snooze", what, *options, *reason, code=2)
    assert _run(hall, "2025-03-12T10:00", "snooze") == "nothing is snoozed\n"


# --- what breaks it ------------------------------------------------------------------------------------------------


@pytest.fixture
def told(tmp_path: Path, duty: WebServer) -> Told:
    """A hall with one channel; all is in until 11 March, but the courier's 10th and 11th."""
    made = told_in(tmp_path / "home", {"duty": {"url": "DUTY_URL"}})
    made.land("2025-03-01..2025-03-09")
    made.land("2025-03-10..2025-03-20", systems=("call_centre",))
    for day in ("2025-03-10", "2025-03-11"):
        made.refuse("courier", day, "HTTP 503", answered=False)
    duty.asked.clear()
    return made


def test_its_end_is_told_to_nobody_though_its_beginning_was(told: Told, duty: WebServer) -> None:
    told.tell("2025-03-12T10:00")
    told.land("2025-03-10", systems=("courier",))
    told.tell("2025-03-12T10:01")
    told.snooze("2025-03-12T10:02", "courier", until="2025-03-20")
    told.land("2025-03-11", systems=("courier",))
    told.tell("2025-03-12T10:05")
    told.land("2025-03-12..2025-03-20", systems=("courier",))
    told.tell("2025-03-21T10:05")
    assert _read(duty) == ["- courier 邮寄: 2025-03-10..2025-03-11 (2 days) no answer: HTTP 503"]


def test_a_changed_cause_and_a_worse_kind_break_it(told: Told, duty: WebServer) -> None:
    told.snooze("2025-03-12T10:00", "courier", until="2025-03-20")
    told.refuse("courier", "2025-03-12", "HTTP 401", answered=False)
    told.tell("2025-03-13T10:00")
    assert _read(duty) == ["- courier 邮寄: 2025-03-12 no answer: HTTP 401"]
    Quarantine(told.home.quarantine).resolve("courier", dt.date(2025, 3, 11), CODE)
    told.refuse("courier", "2025-03-11", "row 3: count is -1")
    told.tell("2025-03-13T10:05")
    assert _read(duty) == ["- courier 邮寄: 2025-03-11 refused: row 3: count is -1"]
    # What broke it and was told isn't told again on the day on which the rest comes back.
    told.land("2025-03-13..2025-03-20", systems=("courier",))
    told.tell("2025-03-20T10:00")
    assert _read(duty) == ["- courier 邮寄: 2025-03-10 no answer: HTTP 503"]


@pytest.mark.parametrize("damage", ["", "{", '[{"by": 3}]'])
def test_where_the_file_cant_be_read_nothing_is_snoozed_and_it_is_told(
    damage: str, told: Told, duty: WebServer
) -> None:
    told.snooze("2025-03-12T10:00", "courier", until="2025-03-20")
    told.tell("2025-03-12T10:01")
    assert _read(duty) == []
    file = told.home.alerts / "snoozed.json"
    file.write_text(damage)
    told.tell("2025-03-12T10:05")
    first, second = _read(duty)
    assert first.startswith(f"- what is snoozed: {file} can't be read (")
    assert second == "- courier 邮寄: 2025-03-10..2025-03-11 (2 days) no answer: HTTP 503"
    told.snooze("2025-03-12T10:06", "courier", until="2025-03-20")
    (aside,) = file.parent.glob("snoozed.damaged-*.json")
    assert aside.read_text() == damage
    told.tell("2025-03-12T10:10")
    assert _read(duty) == ["- what is snoozed (failure)"]


# --- owners --------------------------------------------------------------------------------------------------------


def test_a_channel_with_owners_is_told_of_their_checks_alone(told: Told, duty: WebServer) -> None:
    channels = {"duty": {"url": "DUTY_URL", "owners": ["team:report-authors"]}}
    authors = told.with_alerts(channels)
    authors.build("2025-03", "2025-03-12T10:00", dim_metric_rounding_is_known="fail", month_totals_agree="fail")
    authors.tell("2025-03-12T10:05")
    (line,) = _read(duty)
    assert line.startswith("- 2025-03: check dim_metric_rounding_is_known: failed")


def test_a_systems_owner_has_the_checks_of_its_answers(told: Told, duty: WebServer) -> None:
    channels = {"duty": {"url": "DUTY_URL", "owners": ["team:mail-room"]}}
    owned = told.with_alerts(channels).owned("courier", "team:mail-room")
    owned.tell("2025-03-12T07:00")
    with time_machine.travel(at("2025-03-12T07:30")):
        for system in ("courier", "call_centre"):
            owned.land("2025-03-11", systems=(system,), checks={"volume_is_near_usual": "warned"})
    owned.tell("2025-03-12T10:00")
    assert _read(duty) == ["- courier 邮寄: check volume_is_near_usual: 2025-03-11 warned"]


def test_an_owner_that_has_no_check_is_a_mistake_in_the_settings(hall: Hall, tmp_path: Path) -> None:
    owners = f'\n[alerts.channels.duty]\nurl = "DUTY_URL"\nowners = ["team:cats", "team:mail-room"]\n{BEFORE}'
    folder = hall_folder(
        *(tmp_path / "other", (BEFORE, owners), SINCE_MARCH),
        ("\n[systems.courier]\n", '\n[systems.courier]\nowner = "team:mail-room"\n'),
    )
    lines = hall.run("check-hall", str(folder)).stdout.splitlines()
    (line,) = (line for line in lines if "alerts.channels" in line)
    assert line.startswith("BAD  alerts.channels.duty: owners: nobody's check is team:cats's; checks are those of ")
    assert line.endswith("team:data-engineers, team:mail-room, team:report-authors")


def test_warnings_are_one_line_for_each_system_and_rule_the_worst_system_first(told: Told, duty: WebServer) -> None:
    told.tell("2025-03-25T07:00")
    duty.asked.clear()
    warned = {"volume_is_near_usual": "warned"}
    with time_machine.travel(at("2025-03-25T07:30")):
        told.land("2025-03-21", systems=("call_centre",), checks=warned)
        told.land("2025-03-12", "2025-03-14..2025-03-15", systems=("courier",), checks=warned)
    told.tell("2025-03-25T08:00")
    assert [line for line in _read(duty) if "warned" in line] == [
        "- courier 邮寄: check volume_is_near_usual: 2025-03-12, 2025-03-14..2025-03-15 (3 days) warned",
        "- call_centre 电话咨询: check volume_is_near_usual: 2025-03-21 warned",
    ]
