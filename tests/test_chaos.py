"""A day on which six things are wrong at once: each is told once, with what to do, wherever a person looks."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import time_machine

from orchestration.demo import DESKS_KEY, PLATFORM_BEARER, DemoHall, ensure_month
from orchestration.demo.drop_folders import courier_file
from orchestration.demo.server import demo_app, serving
from tests import faults
from tests.faults import Asked, FaultyApp, Reply, hall_folder
from tests.halls import Hall
from tests.moments import at
from tests.servers import web

FIRST, DAY, MORNING = dt.date(2025, 3, 1), dt.date(2025, 4, 9), "2025-04-10T10:00"
SITES = ("510100", "510300")
# Counters in two cities send a file each; the demo hall has no system of several sites.
CITIES = """
[alerts.channels.duty]
url = "DUTY_URL"

[systems.city_desks]
kind = "drop_folder"
title = "市州服务点"
opens = "every_day"
sites = ["510100", "510300"]
measures = ["onsite_consultations"]
folder = "${YUEBAO_DEMO_DIR}/city_desks"
file = "{hall}_%Y-%m-%d.csv"
format = "csv"
columns = { "日期" = "stat_date", "部门" = "department_code", "咨询" = "count" }
constants = { hall_code = "{hall}", measure = "onsite_consultations" }
total_row = "合计"

[systems.online_platform]"""
# What is wrong, and what the command that mends it begins with.
WRONG = {
    "city_desks": "yuebao pull 2025-04-09",
    "courier": "yuebao pull 2025-04-09",
    "enquiry_desks": "yuebao pull 2025-04-09",
    "online_platform": "yuebao pull 2025-04-09",
    "window_system": "yuebao pull 2025-04-09",
    "fct_daily_counts_stocks_balance": "yuebao status 2025-03",
}
REASONS = ("HTTP 503", "HTTP 401", "unable to open database file", "510300", "合计", "expected", "found")


@dataclass
class Chaos:
    """The hall on that day, and what each command said of it."""

    hall: Hall
    pull: str
    health: str
    status: str
    march: str
    alert: str


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    """March lands with a stock that doesn't balance, April's first days land as they should, and then comes the day."""
    folder = tmp_path_factory.mktemp("chaos")
    settings = hall_folder(
        folder / "hall",
        ("first_day = 2023-01-01", f"first_day = {FIRST}"),
        ("\n[systems.online_platform]", CITIES),
    )
    with (settings / "catalogue" / "sites.csv").open("a", encoding="utf-8") as sites:
        sites.write("510100,成都市,city\n510300,自贡市,city\n")
    for month in ("2025-03", "2025-04"):
        ensure_month(folder / "demo", month)
    _write_cities(folder / "demo" / "city_desks")
    app = FaultyApp(demo_app(PLATFORM_BEARER, DESKS_KEY))
    with serving(app) as url, web.web_server(lambda _asked: web.Reply()) as duty:
        variables = {
            **DemoHall(url, folder / "demo").variables(),
            "YUEBAO_HALL": str(settings),
            "DUTY_URL": f"json://127.0.0.1:{duty.port}/",
        }
        hall = Hall(folder, variables)
        app.faults["online_platform", "2025-03-12"] = _one_open_case_more
        _run(hall, "report", "2025-03")
        _run(hall, "pull", f"2025-04-01..{DAY - dt.timedelta(days=1)}")
        _befall(hall, app)
        pull = _run(hall, "pull", str(DAY))
        yield Chaos(
            hall=hall,
            pull=pull,
            health=_run(hall, "health", "--html"),
            status=_run(hall, "status", "2025-04"),
            march=_run(hall, "status", "2025-03"),
            alert=_alert(hall, duty),
        )


def _write_cities(folder: Path) -> None:
    folder.mkdir()
    for site in SITES:
        for number in range((DAY - FIRST).days + 1):
            day = FIRST + dt.timedelta(days=number)
            (folder / f"{site}_{day}.csv").write_text(
                f"日期,部门,咨询\n{day},D01,{7 + number % 3}\n合计,,{7 + number % 3}\n"
            )


def _one_open_case_more(asked: Asked, reply: Reply) -> Reply:
    """One more in a row of the first page, and in the totals, which stand on every page."""

    def change(said: Any) -> None:
        if asked.page == 1:
            next(row for row in said["data"]["rows"] if row["measure"] == "online_open")["count"] += 1
        said["data"]["totals"]["online_open"] += 1

    return faults.document(change)(asked, reply)


def _befall(hall: Hall, app: FaultyApp) -> None:
    app.faults["enquiry_desks", str(DAY)] = faults.status(503)
    app.faults["online_platform", str(DAY)] = faults.status(401)
    shutil.move(hall.demo / "window.sqlite", hall.demo / "away.sqlite")
    torn = faults.sheet(lambda sheet: sheet.cell(sheet.max_row, 4).__setattr__("value", 1))
    torn(courier_file(hall.demo, DAY))
    (hall.demo / "city_desks" / f"510300_{DAY}.csv").unlink()


def _run(hall: Hall, *arguments: str) -> str:
    with time_machine.travel(at(MORNING)):
        output = hall.run(*arguments).output
    assert "Traceback" not in output
    return output


def _alert(hall: Hall, duty: web.WebServer) -> str:
    _run(hall, "alerts", "--send")
    (asked,) = duty.asked
    message = json.loads(asked.body)
    return f"{message['title']}\n{message['message']}"


@pytest.mark.parametrize("where", ["page", "health", "alert"])
def test_everything_that_is_wrong_is_told_once_with_what_to_do(chaos: Chaos, where: str) -> None:
    page = (chaos.hall.home / "health" / "index.html").read_text(encoding="utf-8")
    told = {"page": page.partition("</section>")[0], "health": chaos.health, "alert": chaos.alert}[where]
    for wrong, step in WRONG.items():
        assert len(re.findall(rf"\b{wrong}(?: [^ :]+)?(?:: 2025-04-09|: failed| on fct)", told)) == 1, wrong
        assert step in told, wrong
    for reason in REASONS:
        assert reason in told, reason


def test_the_terminal_ends_with_how_much_there_is_to_mend(chaos: Chaos) -> None:
    assert chaos.health.splitlines()[-1] == "health: 7 to mend"
    assert chaos.status.splitlines()[-1] == "2025-04: 5 to mend"
    assert chaos.status.count("next: ") == chaos.status.count("next: yuebao pull 2025-04-09") == 1


def test_a_failed_check_is_followed_to_the_rows_and_from_there_to_who_mends_them(chaos: Chaos) -> None:
    told = chaos.march.splitlines()
    at_check = next(number for number, line in enumerate(told) if line.startswith("BAD  check fct_daily_counts_stocks"))
    rows = told[at_check + 1 : at_check + 3]
    assert all("stock online_open, site 510000, department D01, day 2025-03-1" in row for row in rows)
    assert told[at_check + 3] == "     next: have these rows corrected where they come from, then yuebao report 2025-03"


def test_what_was_asked_for_is_answered_with_every_fault_and_nothing_else_is_held(chaos: Chaos) -> None:
    for system in WRONG:
        assert (f"0 of 1 days of {system} are in." in chaos.pull) == (system != "fct_daily_counts_stocks_balance")
    assert "call_centre" not in chaos.pull
