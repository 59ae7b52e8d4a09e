"""What each channel is told and when: each thing once, its end once, at night only what can't wait, nothing lost."""

import datetime as dt
import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import time_machine

from orchestration.alerts.conditions import KINDS
from orchestration.alerts.memory import AlertsBusyError
from orchestration.landing.quarantine import Quarantine
from tests.alerting import CODE, Told, told_in
from tests.moments import at
from tests.servers.web import Reply, WebServer, web_server

NOON, LATER = "2025-03-12T12:00", "2025-03-12T12:05"
CANARY = "canary0token0that0nobody0may0see"


@dataclass
class Phone:
    """A webhook that people read; `status` is what it answers."""

    server: WebServer
    status: list[int] = field(default_factory=lambda: [200])

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.port}/{CANARY}"

    @property
    def read(self) -> list[dict[str, Any]]:
        """The messages that were taken, each title and body."""
        return [json.loads(asked.body) for asked in self.server.asked]

    @property
    def titles(self) -> list[str]:
        return [told["title"].removeprefix("Yuebao 四川省政务服务大厅: ") for told in self.read]

    def clear(self) -> None:
        self.server.asked.clear()


def _phone() -> Iterator[Phone]:
    status = [200]
    with web_server(lambda _asked: Reply(status[0])) as server:
        yield Phone(server, status)


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    for made in _phone():
        monkeypatch.setenv("PHONE_URL", made.url)
        yield made


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    for made in _phone():
        monkeypatch.setenv("OTHER_URL", made.url)
        yield made


@pytest.fixture
def told(tmp_path: Path, phone: Phone) -> Told:
    """A hall with one channel; all is in until 11 March."""
    made = told_in(tmp_path / "home", {"phone": {"url": "PHONE_URL"}})
    made.land("2025-03-01..2025-03-11")
    return made


# --- once ----------------------------------------------------------------------------------------------------------


def test_a_late_day_is_told_once_and_its_end_once(told: Told, phone: Phone) -> None:
    told.land("2025-03-12", systems=("courier",))
    for hour in range(9, 22):
        told.tell(f"2025-03-13T{hour:02d}:00")
    told.land("2025-03-12")
    for hour in range(9, 20):
        told.tell(f"2025-03-14T08:{hour:02d}")
    assert phone.titles == ["1 new", "1 over"]
    new, over = (each["message"] for each in phone.read)
    assert new.splitlines() == [
        "LATE (orchestration/README.md#alert-late)",
        "- call_centre 电话咨询: 2025-03-12 no answer",
        "  next: yuebao pull 2025-03-12 --system call_centre",
    ]
    assert over.splitlines() == ["OVER", "- call_centre 电话咨询 2025-03-12 (late)"]
    assert [each["type"] for each in phone.read] == ["warning", "success"]


def test_an_outage_is_told_when_it_begins_when_its_cause_changes_and_when_it_ends(told: Told, phone: Phone) -> None:
    told.land("2025-03-12..2025-03-17", systems=("call_centre",))
    for day in (12, 13, 14, 15):
        _refused_with(told, day, "HTTP 503")
    told.tell("2025-03-14T10:00")
    told.tell("2025-03-16T10:00")
    _refused_with(told, 15, "HTTP 401")
    told.tell("2025-03-16T10:05")
    told.land("2025-03-12", systems=("courier",))
    told.tell("2025-03-16T10:10")
    told.land("2025-03-13..2025-03-15", systems=("courier",))
    told.tell("2025-03-16T10:15")
    first, changed, over = (each["message"].splitlines()[1:] for each in phone.read)
    assert first == [
        "- courier 邮寄: 2025-03-12..2025-03-13 (2 days) no answer: HTTP 503",
        "  next: yuebao pull 2025-03-12..2025-03-13 --system courier",
    ]
    assert changed == [
        "- courier 邮寄: 2025-03-15 no answer: HTTP 401",
        "  next: yuebao pull 2025-03-15 --system courier",
    ]
    assert over == ["- courier 邮寄 2025-03-12..2025-03-15 (late)"]


def _refused_with(told: Told, day: int, cause: str) -> None:
    date = f"2025-03-{day:02d}"
    Quarantine(told.home.quarantine).resolve("courier", dt.date.fromisoformat(date), CODE)
    told.refuse("courier", date, f"courier 邮寄, hall {CODE}, {date}: {cause}", answered=False)


def test_days_with_a_gap_between_them_are_two_lines(told: Told, phone: Phone) -> None:
    for day in ("2025-03-07", "2025-03-08", "2025-03-10"):
        told.refuse("courier", day)
    told.tell(NOON)
    lines = [line for line in phone.read[0]["message"].splitlines() if line.startswith("- ")]
    assert [line.partition(" refused")[0] for line in lines] == [
        "- courier 邮寄: 2025-03-07..2025-03-08 (2 days)",
        "- courier 邮寄: 2025-03-10",
    ]
    assert phone.titles == ["2 new"]


def test_a_late_day_that_is_then_refused_is_told_so_and_not_as_over(told: Told, phone: Phone) -> None:
    told.land("2025-03-12", systems=("courier",))
    told.tell("2025-03-13T10:00")
    told.refuse("call_centre", "2025-03-12", "row 3: count is -1; have it mended")
    told.tell("2025-03-13T10:05")
    told.land("2025-03-12")
    told.tell("2025-03-13T10:10")
    assert phone.titles == ["1 new", "1 new", "1 over"]
    assert "- call_centre 电话咨询: 2025-03-12 refused: row 3: count is -1; have it mended" in phone.read[1]["message"]


def test_all_news_of_an_evaluation_are_one_message_in_the_order_of_the_kinds(told: Told, phone: Phone) -> None:
    told.refuse("courier", "2025-03-11")
    told.tell(NOON)
    phone.clear()
    told.land("2025-03-11", systems=("courier",))
    told.refuse("call_centre", "2025-03-11")
    told.build("2025-03", "2025-03-12T12:01", balance="fail", volume="warn")
    told.tell(LATER)
    assert phone.titles == ["3 new, 1 over"]
    headings = [line.partition(" (")[0] for line in phone.read[0]["message"].splitlines() if line[0] not in "- "]
    assert headings == ["CHECK FAILED", "REFUSED", "CHECK WARNED", "OVER"]
    assert "    system courier, day 2025-03-03, found rows 3\n    and 2 more\n" in phone.read[0]["message"]


def test_what_ends_without_a_word_is_forgotten_and_told_again_when_it_comes_again(told: Told, phone: Phone) -> None:
    told.tell("2025-03-12T11:00")
    for minute, status in enumerate(["warn", "pass", "warn"]):
        told.build("2025-03", f"2025-03-12T12:0{minute}", volume=status)
        told.tell(f"2025-03-12T12:0{minute}")
    assert phone.titles == ["1 new", "1 new"]


def test_what_happened_before_a_channel_began_is_taken_as_told(told: Told, phone: Phone, other: Phone) -> None:
    told.build("2025-03", "2025-03-12T10:00", volume="warn", balance="fail")
    told.tell(NOON)
    assert phone.titles == ["1 new"]
    told.build("2025-03", "2025-03-12T12:01", volume="warn", balance="fail")
    both = told.with_alerts({"phone": {"url": "PHONE_URL"}, "other": {"url": "OTHER_URL"}})
    both.tell(LATER)
    assert phone.titles == ["1 new", "1 new"]
    # What stands open is news to a new channel, though it was told to the other one.
    assert ["CHECK FAILED" in other.read[0]["message"], "CHECK WARNED" in other.read[0]["message"]] == [True, False]


def test_certificates_from_before_the_first_evaluation_are_taken_as_told(told: Told, phone: Phone) -> None:
    told.land("2025-03-12..2025-04-03")
    told.certify("2025-03", "2025-04-02T16:00")
    told.tell("2025-04-03T12:00")
    assert phone.read == []
    told.certify("2025-03", "2025-04-03T16:00", reason="late_data", note="更正")
    told.land("2025-04-03")
    told.tell("2025-04-03T16:05")
    told.tell("2025-04-03T16:10")
    assert phone.titles == ["1 new"]
    assert "- 2025-03: 已核定, revision 2 (late_data), code " in phone.read[0]["message"]


def test_what_a_source_told_is_not_over_because_it_can_not_look(told: Told, phone: Phone) -> None:
    told.build("2025-03", NOON, balance="fail")
    told.tell(NOON)
    evidence = told.home.published / "2025-03" / "build.json"
    whole = evidence.read_bytes()
    evidence.write_text("{")
    told.tell(LATER)
    evidence.write_bytes(whole)
    told.tell("2025-03-12T12:10")
    assert phone.titles == ["1 new", "1 new", "1 over"]
    assert "- alerts on checks: build.json: " in phone.read[1]["message"]
    assert phone.read[2]["message"] == "OVER\n- alerts on checks (failure)"


@time_machine.travel(at("2025-03-12T11:30"))
def test_a_failure_of_long_ago_is_forgotten_and_not_said_to_be_over(told: Told, phone: Phone) -> None:
    @dg.job
    def retention() -> None:
        _failing()

    of_runs = told.with_alerts({"phone": {"url": "PHONE_URL", "kinds": ["failure"]}})
    of_runs.tell("2025-03-12T11:00")
    retention.execute_in_process(instance=told.instance, raise_on_error=False)
    of_runs.tell(NOON)
    of_runs.tell("2025-04-20T12:00")
    assert phone.titles == ["1 new"]


@dg.op
def _failing() -> None:
    raise OSError("no space left")


def test_a_channel_is_told_its_kinds_alone(told: Told, phone: Phone) -> None:
    of_checks = told.with_alerts({"phone": {"url": "PHONE_URL", "kinds": ["check_failed"]}})
    of_checks.refuse("courier", "2025-03-11")
    of_checks.tell(NOON)
    assert phone.read == []
    of_checks.build("2025-03", NOON, balance="fail")
    of_checks.tell(LATER)
    assert phone.titles == ["1 new"]


# --- at night ------------------------------------------------------------------------------------------------------


def test_what_may_wait_waits_for_the_morning_and_is_never_told_if_it_ends_before(told: Told, phone: Phone) -> None:
    told.tell("2025-03-12T21:59")
    told.refuse("courier", "2025-03-11")
    told.refuse("call_centre", "2025-03-11")
    (outcome,) = told.tell("2025-03-12T22:00")
    assert str(outcome) == "phone: nothing new; 2 held until the quiet hours end"
    told.tell("2025-03-12T23:59")
    told.tell("2025-03-13T00:01")
    told.land("2025-03-11", systems=("courier",))
    told.land("2025-03-12")
    told.tell("2025-03-13T06:59")
    assert phone.read == []
    told.tell("2025-03-13T07:00")
    assert phone.titles == ["1 new"]
    assert "courier" not in phone.read[0]["message"]


def test_what_can_not_wait_is_told_at_night_and_its_end_in_the_morning(told: Told, phone: Phone) -> None:
    assert [kind for kind, settings in KINDS.items() if not settings.waits] == ["failure"]
    told.refuse("courier", "2025-03-10")
    entry = next((told.home.landing / "call_centre" / "2025-03-11").glob("*.json"))
    whole = entry.read_bytes()
    entry.write_text("{")
    told.tell("2025-03-12T23:00")
    assert (phone.titles, "courier" in phone.read[0]["message"]) == (["1 new"], False)
    entry.write_bytes(whole)
    told.land("2025-03-12")
    told.tell("2025-03-13T03:00")
    assert phone.titles == ["1 new"]
    told.tell("2025-03-13T07:00")
    assert phone.titles == ["1 new", "1 new, 1 over"]


def test_quiet_hours_within_a_day_and_none_at_all(told: Told, phone: Phone) -> None:
    told.refuse("courier", "2025-03-11")
    channels = {"phone": {"url": "PHONE_URL"}}
    told.with_alerts(channels, quiet_from="12:00", quiet_to="13:30").tell("2025-03-12T13:29")
    assert phone.read == []
    told.with_alerts(channels, quiet_from="00:00", quiet_to="00:00").tell("2025-03-12T13:29")
    assert phone.titles == ["1 new"]


# --- channels that fail --------------------------------------------------------------------------------------------


def test_a_dead_channel_harms_no_other_and_is_told_what_it_missed_when_it_is_back(
    told: Told, phone: Phone, other: Phone
) -> None:
    both = told.with_alerts({"phone": {"url": "PHONE_URL"}, "other": {"url": "OTHER_URL"}})
    both.refuse("courier", "2025-03-10")
    both.tell("2025-03-12T12:00")
    phone.clear()
    other.clear()
    other.server.cut()
    both.refuse("courier", "2025-03-11", "another row; mend it")
    both.land("2025-03-10", systems=("courier",))
    both.refuse("call_centre", "2025-03-11")
    first = both.tell("2025-03-12T12:05")
    assert [bool(each.fault) for each in first] == [False, True]
    both.land("2025-03-11", systems=("call_centre",))
    both.tell("2025-03-12T12:10")
    both.tell("2025-03-12T12:15")
    assert phone.titles == ["2 new, 1 over", "1 over", "1 new"]
    assert "CHANNEL" in phone.read[2]["message"]
    assert "channel other: takes no message since 2025-03-12 12:05: " in phone.read[2]["message"]
    other.server.restore()
    both.tell("2025-03-12T12:20")
    both.tell("2025-03-12T12:25")
    # Still open, and what it had been told of that is over; what came and went meanwhile isn't told.
    assert other.titles == ["1 new, 1 over"]
    assert "call_centre" not in other.read[0]["message"]
    assert phone.titles[3:] == ["1 over"]


def test_a_channel_that_failed_is_said_to_until_it_takes_something(told: Told, phone: Phone, other: Phone) -> None:
    both = told.with_alerts({"phone": {"url": "PHONE_URL"}, "other": {"url": "OTHER_URL"}})
    other.status[0] = 500
    both.refuse("courier", "2025-03-11")
    both.tell("2025-03-12T12:00")
    both.tell("2025-03-12T12:05")
    both.land("2025-03-11")
    both.tell("2025-03-12T12:10")
    both.tell("2025-03-12T12:15")
    assert phone.titles == ["1 new", "1 new, 1 over"]


@pytest.mark.parametrize("url", ["", f"wecombot://{CANARY}!"])
def test_a_channel_without_a_usable_url_is_a_failing_one(url: str, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONE_URL", url)
    told.refuse("courier", "2025-03-11")
    (outcome,) = told.tell(NOON)
    assert "PHONE_URL holds no URL that Apprise can use" in outcome.fault


def test_no_token_gets_into_the_state_folder_or_the_outcome(told: Told, phone: Phone) -> None:
    phone.status[0] = 500
    told.refuse("courier", "2025-03-11", f"the server said {phone.url}")
    outcomes = [*told.tell(NOON), *told.tell(LATER)]
    phone.status[0] = 200
    told.tell("2025-03-12T12:10")
    assert all(each.fault for each in outcomes)
    assert CANARY not in " ".join(map(str, outcomes)) + json.dumps(phone.read)
    files = [path for path in (told.home.root / "alerts").rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []


def test_without_channels_nothing_is_looked_at_and_nothing_is_kept(told: Told) -> None:
    silent = told.with_alerts({})
    silent.refuse("courier", "2025-03-11")
    assert silent.tell(NOON) == []
    assert not (told.home.root / "alerts").exists()


# --- memory --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["", "{", '{"phone": {"told": 3}}', "\x00\x00"])
def test_a_damaged_memory_is_said_kept_aside_and_everything_told_again(damage: str, told: Told, phone: Phone) -> None:
    told.tell("2025-03-12T11:00")
    told.build("2025-03", NOON, balance="fail", volume="warn")
    told.tell(NOON)
    assert phone.titles == ["2 new"]
    memory = told.home.root / "alerts" / "told.json"
    memory.write_text(damage)
    told.tell(LATER)
    told.tell("2025-03-12T12:10")
    assert phone.titles == ["2 new", "2 new"]
    assert phone.read[1]["message"].startswith(f"{memory} can't be read (")
    (aside,) = memory.parent.glob("told.damaged-????-??-??.json")
    assert aside.read_text() == damage


_EVALUATE = """
import sys
from pathlib import Path
from tests.alerting import told_in
print(*told_in(Path(sys.argv[1]), {"phone": {"url": "PHONE_URL"}}).tell("2025-03-12T12:00"))
"""


def test_two_processes_at_once_tell_each_thing_once(told: Told, phone: Phone) -> None:
    told.refuse("courier", "2025-03-11")
    command = [sys.executable, "-c", _EVALUATE, str(told.home.root)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate(timeout=60)[0].strip() for process in both)
    assert said == ["phone: 1 new", "phone: nothing new"]
    assert phone.titles == ["1 new"]


def test_an_evaluation_that_holds_the_lock_for_ever_is_named(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.alerts.memory import exclusive

    monkeypatch.setattr("orchestration.alerts.memory._PATIENCE", 0.05)
    with exclusive(told.home), pytest.raises(AlertsBusyError, match=r"alerts/\.lock .* see which process"):
        told.tell(NOON)


# --- the dead man's switch -----------------------------------------------------------------------------------------


def test_the_dead_mans_switch_is_asked_after_good_evaluations_alone(
    told: Told, phone: Phone, other: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWITCH_URL", f"http://127.0.0.1:{other.server.port}/{CANARY}")
    watched = told.with_alerts({"phone": {"url": "PHONE_URL"}}, ping="SWITCH_URL")
    assert [str(each) for each in watched.tell(NOON)] == ["phone: nothing new"]
    assert len(other.server.asked) == 1
    told.refuse("courier", "2025-03-11")
    phone.status[0] = 500
    assert watched.tell(LATER)[0].fault
    assert len(other.server.asked) == 1
    phone.status[0] = 200
    other.status[0] = 404
    last = [str(each) for each in watched.tell("2025-03-12T12:10")][-1]
    assert last == "ping: NOT delivered, tried again with the next evaluation: SWITCH_URL answers HTTP 404"
    other.server.cut()
    refused = str(watched.tell("2025-03-12T12:15")[-1])
    assert refused.startswith("ping: NOT delivered")
    assert CANARY not in refused


def test_memory_that_cant_be_written_is_said_and_nobody_is_kept_from_news(
    told: Told, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "told.json")

    monkeypatch.setattr("orchestration.alerts.notification.write_memory", full)
    told.refuse("courier", "2025-03-11")
    (outcome,) = told.tell(NOON)
    assert "can't be remembered: told.json can't be used (No space left on device): the disk is full" in outcome.fault
    assert phone.titles == ["1 new"]
