"""Days of a hall with what happens in them: every day ends in, and nothing is asked twice without cause.

`make test` lives through the days around the first month's end, `make proof` through all sixty. Every message of these
days, to the character, stands in `golden/alerts/`: `UPDATE_GOLDEN=1` in front of the same command writes it anew.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestration.alerts.notification import notify
from orchestration.automation.deadlines import moment
from orchestration.demo import DESKS_KEY, PLATFORM_BEARER, DemoHall, ensure_month
from orchestration.demo.drop_folders import call_centre_file, courier_file
from orchestration.demo.server import demo_app, serving
from tests import faults
from tests.faults import FaultyApp, hall_folder
from tests.halls import HEADING, PARAGRAPH, SYSTEMS, Hall
from tests.moments import at
from tests.servers.web import Asked, Reply, WebServer, web_server
from tests.simulation import Simulation

MONTHS_END = at("2025-02-24T00:00"), at("2025-03-05T00:00")
SIXTY_DAYS = at("2025-02-20T00:00"), at("2025-04-21T00:00")
DAEMON_DOWN = (at("2025-03-20T00:00"), at("2025-03-22T00:00"))
GOLDEN = Path(__file__).parent / "golden" / "alerts"
HALL_BEGINS = dt.date(2025, 2, 1)
LOOKED_AT = (5, 7, 9, 12, 15, 18, 22)
# Without the health page, whose runs are all alike: it has tests of its own.
CHANNELS = """
[environments]
production = ["nightly_pull", "catch_up", "month_end", "authors_desk", "verify_ledger", "retention"]
development = []
[alerts.channels.duty]
url = "DUTY_URL"
[alerts.channels.desk]
url = "DESK_URL"
kinds = ["refused", "certified", "revision_pending"]
"""


@dataclass
class Lived:
    """A hall's days, with its systems and channels; what was told when, and the history's size by midnight."""

    first: dt.datetime
    last: dt.datetime
    hall: Hall
    app: FaultyApp
    channels: dict[str, WebServer]
    simulation: Simulation = field(init=False)
    told: dict[str, list[str]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    history: list[int] = field(default_factory=list)

    def hour_passed(self, hour: dt.datetime) -> None:
        """What follows the schedules' ticks: at some hours the alerts look, and at midnight the history is weighed."""
        if hour.hour in LOOKED_AT:
            notify(moment(hour), self.simulation.instance)
            for name, server in self.channels.items():
                taken = "" if not server.asked or _is_taken(server) else "not taken, "
                messages = [f"{hour:%m-%d %H} {taken}{_said(asked)}" for asked in server.asked]
                self.told.setdefault(name, []).extend(messages)
                self.messages += [
                    f"== {hour:%Y-%m-%d %H:%M} {name} {taken}".rstrip(" ,") + f"\n{self._whole(asked)}"
                    for asked in server.asked
                ]
                server.asked.clear()
        if hour.hour == 23:
            folder = self.hall.home / "dagster"
            self.history.append(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))

    def _whole(self, asked: Asked) -> str:
        """A message as it was sent, less what differs from run to run."""
        message = json.loads(asked.body)
        text = f"{message['title']}\n{message['message']}\n"
        for pattern, stands_for in self._differing.items():
            text = re.sub(pattern, stands_for, text)
        return text

    @property
    def _differing(self) -> dict[str, str]:
        return {
            re.escape(str(self.hall.home)): "HOME",
            re.escape(str(self.hall.demo)): "DEMO",
            r"127\.0\.0\.1:[0-9]+": "HOST",
            r"\brun [0-9a-f]{8}\b": "run RUN",
            r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b": "CODE",
        }


def _is_taken(channel: WebServer) -> bool:
    reply = channel.answer(channel.asked[0])
    assert isinstance(reply, Reply)
    return reply.status == 200


def _said(asked: Asked) -> str:
    """A message in short: its count, then what it tells, without reasons and next steps."""
    message = json.loads(asked.body)
    lines = [line for line in message["message"].splitlines() if not line.startswith("  next: ")]
    told = [re.sub(r": .*|, code .*| \(orchestration.*", "", line.removeprefix("- ")) for line in lines]
    return f"{message['title'].partition(': ')[2]}: {'; '.join(told)}"


def happenings(lived: Lived) -> dict[dt.datetime, Callable[[], object]]:
    """What befalls the hall."""
    demo, away = lived.hall.demo, lived.hall.demo / "away"
    late, refused = courier_file(demo, dt.date(2025, 3, 4)), call_centre_file(demo, dt.date(2025, 3, 10))
    outage, totals = ("online_platform", "2025-02-24"), ("month_totals", "2025-02")
    return {
        at("2025-02-25T00:00"): lambda: lived.app.faults.update({outage: faults.status(503)}),
        at("2025-02-25T14:30"): lambda: lived.app.faults.pop(outage),
        at("2025-02-28T12:00"): lambda: lived.hall.correct_calls("2025-02-26", 3),
        at("2025-03-04T12:00"): lambda: shutil.move(late, away),
        at("2025-03-06T10:00"): lambda: shutil.move(away, late),
        at("2025-03-10T12:00"): lambda: _mistype(refused),
        at("2025-03-11T14:00"): lambda: _mistype(refused),
        at("2025-03-01T00:00"): lambda: lived.app.faults.update({totals: faults.document(_one_too_many)}),
        at("2025-03-03T18:00"): lambda: lived.app.faults.pop(totals),
        at("2025-03-10T00:00"): lambda: _answer(lived.channels["desk"], 500),
        at("2025-03-12T12:00"): lambda: _answer(lived.channels["desk"], 200),
        at("2025-04-01T12:00"): lambda: lived.hall.correct_calls("2025-03-30", 5),
        at("2025-04-03T10:00"): lambda: _revise(lived.hall),
    }


def _mistype(file: Path) -> None:
    """The file's own total (合计) is one off; done twice it is right again."""
    text = file.read_bytes().decode("gbk")
    total = text.rstrip().rpartition(",")[2]
    file.write_bytes(text.replace(f",{total}\r\n", f",{int(total) ^ 1}\r\n").encode("gbk"))


def _one_too_many(said: Any) -> None:
    said["data"]["totals"]["online_accepted"] += 1


def _answer(channel: WebServer, status: int) -> None:
    channel.answer = lambda _asked: Reply(status)


def _revise(hall: Hall) -> None:
    done = hall.run("revise", "2025-03", "--reason", "late_data", "--note", "来电补录")
    assert done.exit_code == 0, done.output


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(MONTHS_END, id="months_end"),
        pytest.param(SIXTY_DAYS, id="sixty_days", marks=pytest.mark.proof),
    ],
)
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("lived")
    settings = hall_folder(
        folder / "hall",
        ("first_day = 2023-01-01", f"first_day = {HALL_BEGINS}"),
        ('late_at = "09:00"', 'late_at = "09:00"\ncatch_up_days = 45'),
        ("\n[systems.online_platform]", f"{CHANNELS}\n[systems.online_platform]"),
    )
    for month in ("2025-02", "2025-03", "2025-04"):
        ensure_month(folder / "demo", month)
    app = FaultyApp(demo_app(PLATFORM_BEARER, DESKS_KEY))
    with (
        serving(app) as url,
        web_server(lambda _asked: Reply()) as duty,
        web_server(lambda _asked: Reply()) as desk,
        pytest.MonkeyPatch.context() as patch,
    ):
        variables = {
            **DemoHall(url, folder / "demo").variables(),
            "YUEBAO_HALL": str(settings),
            "YUEBAO_ENVIRONMENT": "production",
            "DUTY_URL": f"json://127.0.0.1:{duty.port}/",
            "DESK_URL": f"json://127.0.0.1:{desk.port}/",
        }
        first, last = request.param
        lived = Lived(first, last, Hall(folder, variables), app, {"duty": duty, "desk": desk})
        for name, value in lived.hall.environment.items():
            patch.setenv(name, value)
        lived.simulation = Simulation(happenings(lived), (DAEMON_DOWN,), lived.hour_passed)
        lived.simulation.run(lived.first, lived.last)
        yield lived


def test_every_day_ends_in(lived: Lived) -> None:
    days = [HALL_BEGINS + dt.timedelta(days=offset) for offset in range((lived.last.date() - HALL_BEGINS).days - 1)]
    landed = {tuple(path.parts[-3:-1]) for path in lived.hall.extracts()}
    assert landed == {(system, str(day)) for system in SYSTEMS for day in days}
    assert not [path for path in (lived.hall.home / "quarantine").rglob("*.json") if ".resolved." not in path.name]


def test_nothing_is_asked_twice_without_cause(lived: Lived) -> None:
    """Once for its night; the call centre also for its window of three days; else as often as it wasn't in."""
    hourly_until = {
        ("online_platform", "2025-02-24"): 1 + 12,  # from 03:47 to 14:47
        ("courier", "2025-03-04"): 1 + 23 + 1,  # hourly to 01:47 of the next day, then once a day
    }
    asked = lived.simulation.asked()
    for (system, day), count in asked.items():
        if system != "call_centre":
            assert count == hourly_until.get((system, day), 1), (system, day)
    windows = [count for (system, day), count in asked.items() if system == "call_centre" and _ordinary(lived, day)]
    # Days whose window's last night was missed are asked for afterwards; a night within a window isn't made up.
    assert set(windows) == ({3, 4} if lived.last > DAEMON_DOWN[1] else {4})
    assert asked["call_centre", "2025-03-10"] == (4 + 12 if _is_past(lived, "2025-03-10") else 0)
    # A correction that came within the window, and one that came after the month was certified.
    for day in (day for day in ("2025-02-26", "2025-03-30") if _is_past(lived, day)):
        entries = list((lived.hall.home / "landing" / "call_centre" / day).glob("*.json"))
        assert len(entries) == 2, day


def _ordinary(lived: Lived, day: str) -> bool:
    """A day whose own night and whole window lie within the simulation, with no fault."""
    first, last = lived.first.date() - dt.timedelta(days=1), lived.last.date() - dt.timedelta(days=5)
    return str(first) <= day <= str(last) and day != "2025-03-10"


def _is_past(lived: Lived, day: str) -> bool:
    return day < str(lived.last.date())


def test_a_month_is_certified_by_itself(lived: Lived) -> None:
    assert (lived.hall.home / "published" / "2025-02" / "r1").exists()
    assert lived.hall.run("verify").exit_code == 0
    assert lived.hall.numbers("2025-02") == lived.hall.recount("2025-02")


@pytest.mark.parametrize("lived", [pytest.param(SIXTY_DAYS, marks=pytest.mark.proof)], indirect=True)
def test_the_months_are_certified_by_themselves_and_revised_by_people(lived: Lived) -> None:
    published = lived.hall.home / "published"
    assert (published / "2025-03" / "r1" / "section.txt").read_text() == f"{HEADING}\n\n{PARAGRAPH}\n"
    revised = (published / "2025-03" / "r2" / "section.txt").read_text()
    assert (published / "2025-03" / "desk" / "r2" / "section.docx").exists()
    assert revised == f"{HEADING}\n\n{PARAGRAPH.replace('1187', '1192')}\n"
    certified = sorted(path.name for path in (lived.hall.home / "certificates").glob("*.json"))
    assert certified == ["000001-2025-02-r1.json", "000002-2025-03-r1.json", "000003-2025-03-r2.json"]
    assert lived.hall.numbers("2025-03") == lived.hall.recount("2025-03")


@pytest.mark.parametrize("lived", [pytest.param(SIXTY_DAYS, marks=pytest.mark.proof)], indirect=True)
def test_the_history_grows_by_the_day_and_not_faster(lived: Lived) -> None:
    grown = [later - earlier for earlier, later in zip(lived.history, lived.history[1:], strict=False)]
    third = len(grown) // 3
    assert sum(grown[-third:]) <= 1.3 * sum(grown[:third])


def test_doctor_is_green(lived: Lived) -> None:
    # No real daemon ran: the environment that asks for none is asked about.
    lived.hall.environment["YUEBAO_ENVIRONMENT"] = "development"
    told = lived.hall.run("doctor")
    assert told.exit_code == 0, told.output


def test_exactly_what_deserves_it_is_told(lived: Lived) -> None:
    """Each thing once and its end once; what ends at night in the morning; a dead channel holds no other."""
    told = {
        "duty": [
            # A quiet Saturday after one that was worked (调休).
            "02-23 07 1 new: CHECK WARNED; online_platform 一体化政务服务平台",
            "02-25 09 1 new: LATE; online_platform 一体化政务服务平台",
            "02-25 15 1 over: OVER; online_platform 一体化政务服务平台 2025-02-24 (late)",
            "03-03 07 2 new: FAILURE; run of month 2025-02-01; CHECK FAILED; 2025-02",
            "03-04 07 1 new, 2 over: CERTIFIED; 2025-02; OVER; run of month 2025-02-01 (failure); 2025-02",
            "03-05 09 1 new: LATE; courier 邮寄",
            "03-07 07 1 over: OVER; courier 邮寄 2025-03-04 (late)",
            "03-11 07 1 new: REFUSED; call_centre 电话咨询",
            "03-11 12 1 new: CHANNEL; channel desk",
            "03-11 15 1 over: OVER; call_centre 电话咨询 2025-03-10 (refused)",
            # The two days of the daemon's downtime were in before anybody could call them late.
            "04-01 07 1 new: CERTIFIED; 2025-03",
            "04-01 09 1 over: OVER; channel desk (channel)",
            "04-02 07 1 new: REVISION PENDING; 2025-03",
            "04-03 12 1 new, 1 over: CERTIFIED; 2025-03; OVER; 2025-03 (revision pending)",
        ],
        "desk": [
            "03-04 07 1 new: CERTIFIED; 2025-02",
            "03-11 07 not taken, 1 new: REFUSED; call_centre 电话咨询",
            "03-11 09 not taken, 1 new: REFUSED; call_centre 电话咨询",
            "03-11 12 not taken, 1 new: REFUSED; call_centre 电话咨询",
            "04-01 07 1 new: CERTIFIED; 2025-03",
            "04-02 07 1 new: REVISION PENDING; 2025-03",
            "04-03 12 1 new, 1 over: CERTIFIED; 2025-03; OVER; 2025-03 (revision pending)",
        ],
    }
    assert lived.told == {
        channel: [line for line in lines if f"{lived.first:%m-%d}" <= line[:5] < f"{lived.last:%m-%d}"]
        for channel, lines in told.items()
    }


def test_the_messages_are_those_that_were_frozen(lived: Lived) -> None:
    name = "sixty_days" if lived.last == SIXTY_DAYS[1] else "months_end"
    frozen, messages = GOLDEN / f"{name}.txt", "\n".join(lived.messages)
    if os.environ.get("UPDATE_GOLDEN"):
        frozen.write_text(messages, encoding="utf-8")
    assert messages == frozen.read_text(encoding="utf-8")
