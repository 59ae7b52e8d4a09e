"""The demo hall: the same everywhere, right in March 2025, balanced always, and strict at its interfaces."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import socket
import sqlite3
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer

from orchestration.cli.app import readable_errors
from orchestration.demo import (
    DESKS_KEY,
    FIRST_MONTH,
    PLATFORM_BEARER,
    DemoHall,
    demo_hall,
    ensure_month,
    world,
)
from orchestration.demo.days import days_of, today_in_shanghai
from orchestration.demo.drop_folders import call_centre_file, courier_file
from orchestration.demo.server import demo_app, serving
from orchestration.demo.window_database import has_unfinished_write, window_database
from tests.recount import get_json, platform_day, recount

# The first nine: reference/statistics-section.md
MARCH_2025 = {
    "items_handled": 56013,
    "online_accepted": 54213,
    "online_completed": 51187,
    "comprehensive_window_accepted": 206,
    "department_window_accepted": 1594,
    "documents_issued": 2317,
    "parcels_mailed": 893,
    "phone_consultations": 1187,
    "onsite_consultations": 5515,
    "ratings_all": 6722,
    "ratings_content": 6641,
    "queue_calls": 2846,
    "waiting_seconds": 1175988,
}
# What the seed "yuebao-demo-1" makes of its first days and of March 2025: another value anywhere is a fault.
FINGERPRINT_DAYS = 1000
FINGERPRINT = "30042ccd9a47e4f87f53b8b035171ad92ef31b6d38d69458d9a319bc45586fe9"
FINGERPRINT_OF_RATINGS_AND_QUEUE = "565d263f43b9e2c92a237d4c61c8f65dd2ca9a03344c65be623c211d249ba2a4"
OFFLINE: tuple[str, ...] = (
    "department_window_accepted",
    "comprehensive_window_accepted",
    "documents_issued",
    "parcels_mailed",
    "phone_consultations",
    "onsite_consultations",
)
FESTIVAL = date(2025, 1, 29)
WORKED_SUNDAY = date(2025, 1, 26)
WEDNESDAY = date(2025, 3, 12)
SUNDAY = date(2025, 3, 16)

BEARER = {"Authorization": f"Bearer {PLATFORM_BEARER}"}
DESK_HEADERS = {"X-API-Key": DESKS_KEY}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHall]:
    with demo_hall(tmp_path_factory.mktemp("hall"), ["2025-01", "2025-03"]) as opened:
        yield opened


def status_and_body(url: str, headers: dict[str, str]) -> tuple[int, Any]:
    try:
        return 200, get_json(url, headers)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def total(measure: str, day: date) -> int:
    return sum(world.counts(measure, day).values())


def accepted_online(day: date) -> int:
    return sum(numbers.accepted for numbers in world.online(day).values())


def test_march_2025_adds_up_to_the_reference(hall: DemoHall) -> None:
    assert recount(hall.url, hall.folder, PLATFORM_BEARER, DESKS_KEY, "2025-03") == MARCH_2025


def test_other_months_keep_near_and_january_is_low(hall: DemoHall) -> None:
    january = recount(hall.url, hall.folder, PLATFORM_BEARER, DESKS_KEY, "2025-01")
    assert january.keys() == MARCH_2025.keys()
    for metric, value in january.items():
        assert MARCH_2025[metric] * 0.4 < value < MARCH_2025[metric], metric


def test_world_is_the_same_on_every_machine_and_python() -> None:
    digest = hashlib.sha256()
    for offset in range(FINGERPRINT_DAYS):
        day = date(2023, 1, 1) + timedelta(days=offset)
        digest.update(repr([tuple(numbers) for numbers in world.online(day).values()]).encode())
        digest.update(repr([sorted(world.counts(measure, day).items()) for measure in OFFLINE]).encode())
    for day in days_of("2025-03"):
        digest.update(repr([tuple(row) for row in world.online_rows(day)]).encode())
    assert digest.hexdigest() == FINGERPRINT


def test_ratings_and_the_queue_are_the_same_on_every_machine() -> None:
    digest = hashlib.sha256()
    for offset in range(FINGERPRINT_DAYS):
        day = date(2023, 1, 1) + timedelta(days=offset)
        digest.update(repr([tuple(grades) for grades in world.ratings(day).values()]).encode())
        digest.update(repr([tuple(numbers) for numbers in world.queue(day).values()]).encode())
    assert digest.hexdigest() == FINGERPRINT_OF_RATINGS_AND_QUEUE


def test_order_of_asking_changes_nothing() -> None:
    script = (
        "import sys; from datetime import date; from orchestration.demo import world;"
        "days = [date(2024, 2, 29), date(2025, 3, 12), date(2023, 1, 1)];"
        "days = days[::int(sys.argv[1])];"
        "print(sorted((str(d), world.online_rows(d), world.counts('parcels_mailed', d)) for d in days))"
    )
    answers = {
        subprocess.run([sys.executable, "-c", script, step], capture_output=True, text=True, check=True).stdout
        for step in ("1", "-1")
    }
    assert len(answers) == 1


def test_stocks_balance_on_every_day_and_are_never_negative() -> None:
    day = date(2023, 1, 2)
    before = world.online(date(2023, 1, 1))
    while day < date(2026, 4, 1):
        today = world.online(day)
        for department, numbers in today.items():
            assert numbers.opened == before[department].opened + numbers.accepted - numbers.completed, (day, department)
            assert min(numbers) >= 0, (day, department)
        before, day = today, day + timedelta(days=1)


def test_some_month_completes_more_than_it_accepts() -> None:
    february = [world.online(day).values() for day in days_of("2024-02")]
    accepted = sum(numbers.accepted for departments in february for numbers in departments)
    completed = sum(numbers.completed for departments in february for numbers in departments)
    assert completed > accepted > 0


@pytest.mark.parametrize("day", ["2024-12-31", "2025-01-01", "2025-03-12", "2025-03-16"])
def test_platform_rows_balance_over_http(hall: DemoHall, day: str) -> None:
    def sums(of: str, measure: str) -> dict[str, int]:
        totals = dict.fromkeys(world.departments(), 0)
        for row in platform_day(hall.url, PLATFORM_BEARER, of):
            assert (row["hall"], row["item"] is None) == ("510000", row["measure"] == "online_open")
            totals[row["department"]] += row["count"] if row["measure"] == measure else 0
        return totals

    before = sums(str(date.fromisoformat(day) - timedelta(days=1)), "online_open")
    accepted, completed, opened = (sums(day, f"online_{what}") for what in ("accepted", "completed", "open"))
    assert opened == {code: before[code] + accepted[code] - completed[code] for code in before}


def test_departments_and_items_are_many_and_consistent() -> None:
    assert len(world.departments()) == 48
    assert world.COMPREHENSIVE_WINDOW in world.department_names()
    numbers = {department: len(codes) for department, codes in world.items().items()}
    assert min(numbers.values()) >= 2
    assert max(numbers.values()) <= 8
    assert 200 <= sum(numbers.values()) <= 240
    assert all(re.fullmatch(r"D\d\d-\d{3}", code) for codes in world.items().values() for code in codes)


def test_working_days_shape_the_counts() -> None:
    assert accepted_online(SUNDAY) * 3 < accepted_online(WEDNESDAY)
    assert 0 < total("phone_consultations", SUNDAY) < total("phone_consultations", WEDNESDAY)
    assert world.counts("parcels_mailed", SUNDAY) == {}
    assert len(world.counts("parcels_mailed", WEDNESDAY)) == 48


@pytest.mark.parametrize("month", ["2023-01", "2024-02", "2025-01", "2025-03"])
def test_ratings_and_waits_are_plausible(month: str) -> None:
    """About an eighth of what is handled is rated, 98 to 99.5 % of it well; every call waits 4 to 15 minutes."""
    days = days_of(month)
    rated = [grades for day in days for grades in world.ratings(day).values()]
    handled = sum(accepted_online(day) + total("department_window_accepted", day) for day in days)
    content = sum(sum(grades[:3]) for grades in rated)
    assert 0.11 < sum(map(sum, rated)) / handled < 0.13
    assert 0.98 < content / sum(map(sum, rated)) < 0.995
    waited = [numbers for day in days for numbers in world.queue(day).values()]
    assert all(240 * calls <= seconds <= 900 * calls for calls, seconds in waited)


def test_a_worked_sunday_is_open_and_the_festival_is_not() -> None:
    assert total("onsite_consultations", WORKED_SUNDAY) > 0
    assert world.counts("onsite_consultations", FESTIVAL) == {}
    assert 0 < accepted_online(FESTIVAL) * 10 < accepted_online(WEDNESDAY)
    assert accepted_online(FESTIVAL) < accepted_online(SUNDAY) < accepted_online(WORKED_SUNDAY)
    assert accepted_online(date(2025, 1, 22)) < accepted_online(date(2025, 1, 15))


def test_days_before_the_first_month_are_refused() -> None:
    with pytest.raises(ValueError, match="begins in 2023-01; it has nothing for 2022-12"):
        world.online(date(2022, 12, 31))


def test_platform_answers_page_by_page_with_totals(hall: DemoHall) -> None:
    url = f"{hall.url}/platform/v1/daily-counts?date=2025-03-12"
    body = get_json(url, BEARER)
    data = body["data"]
    assert (body["code"], body["message"]) == (0, "成功")
    assert (data["date"], data["page"], data["page_size"], data["pages"]) == ("2025-03-12", 1, 200, 3)
    assert len(data["rows"]) == 200
    rows = platform_day(hall.url, PLATFORM_BEARER, "2025-03-12", page_size=200)
    assert len(rows) == len({(row["item"] or row["department"], row["measure"]) for row in rows})
    totals = {"rows": len(rows)} | dict.fromkeys(("online_accepted", "online_completed", "online_open"), 0)
    for row in rows:
        totals[row["measure"]] += row["count"]
    assert data["totals"] == totals
    assert rows == platform_day(hall.url, PLATFORM_BEARER, "2025-03-12", page_size=500)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": PLATFORM_BEARER}])
def test_platform_wants_its_token(hall: DemoHall, headers: dict[str, str]) -> None:
    status, body = status_and_body(f"{hall.url}/platform/v1/daily-counts?date=2025-03-12", headers)
    assert (status, body["code"]) == (401, 401)
    assert body["message"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "date=20250312",
        "date=2025-02-30",
        "date=yesterday",
        "date=2025-03-12&page=0",
        "date=2025-03-12&page=-1",
        "date=2025-03-12&page=%E4%B8%80",
        "date=2025-03-12&page=4",
        "date=2025-03-12&page_size=501",
        "date=2025-03-12&page_size=0",
        "date=2025-03-12&page_size=99999999999999",
    ],
)
def test_platform_refuses_bad_parameters(hall: DemoHall, query: str) -> None:
    status, body = status_and_body(f"{hall.url}/platform/v1/daily-counts?{query}", BEARER)
    assert (status, body["code"]) == (400, 400)
    assert body["message"]


def test_days_that_are_not_there_are_404(hall: DemoHall) -> None:
    today = today_in_shanghai()
    for day in ("2022-12-31", str(today), str(today + timedelta(days=1)), "2099-01-01"):
        status, body = status_and_body(f"{hall.url}/platform/v1/daily-counts?date={day}", BEARER)
        assert (status, body["code"]) == (404, 404), day
        assert day in body["message"]
        assert status_and_body(f"{hall.url}/desks/api/consultations/{day}", DESK_HEADERS)[0] == 404, day
    assert status_and_body(f"{hall.url}/nowhere", BEARER)[0] == 404


def test_desks_answer_on_working_days_only(hall: DemoHall) -> None:
    url = f"{hall.url}/desks/api/consultations"
    body = get_json(f"{url}/2025-01-26", DESK_HEADERS)
    assert (body["stat_date"], body["hall"], len(body["desks"])) == ("2025-01-26", "510000", 48)
    assert body["sum"] == sum(desk["consultations"] for desk in body["desks"]) > 0
    for closed in (SUNDAY, FESTIVAL):
        status, refusal = status_and_body(f"{url}/{closed}", DESK_HEADERS)
        assert (status, refusal["code"]) == (404, 404)
    assert status_and_body(f"{url}/20250312", DESK_HEADERS)[0] == 400
    for headers in ({}, {"X-API-Key": "wrong"}, {"X-API-Key": "鍵".encode().decode("latin-1")}):
        status, refusal = status_and_body(f"{url}/2025-03-12", headers)
        assert (status, refusal["code"]) == (401, 401)


def test_ratings_are_answered_every_day_with_totals_by_grade(hall: DemoHall) -> None:
    url = f"{hall.url}/platform/v1/ratings"
    body = get_json(f"{url}?date={SUNDAY}", BEARER)
    assert (body["date"], len(body["departments"])) == (str(SUNDAY), 48)
    assert list(body["totals"]) == ["very_satisfied", "satisfied", "fair", "dissatisfied", "very_dissatisfied"]
    for grade, stated in body["totals"].items():
        assert stated == sum(line[grade] for line in body["departments"])
    assert status_and_body(f"{url}?date={today_in_shanghai()}", BEARER)[0] == 404
    assert status_and_body(f"{url}?date=20250312", BEARER)[0] == 400
    assert status_and_body(f"{url}?date=2025-03-12", {})[0] == 401


def test_the_queue_answers_on_working_days_only(hall: DemoHall) -> None:
    url = f"{hall.url}/queue/api/days"
    body = get_json(f"{url}/{WORKED_SUNDAY}", DESK_HEADERS)
    assert (body["date"], len(body["departments"])) == (str(WORKED_SUNDAY), 48)
    for name in ("calls", "waiting_seconds"):
        assert body["totals"][name] == sum(line[name] for line in body["departments"]) > 0
    for closed in (SUNDAY, FESTIVAL, today_in_shanghai()):
        assert status_and_body(f"{url}/{closed}", DESK_HEADERS)[0] == 404
    assert status_and_body(f"{url}/20250312", DESK_HEADERS)[0] == 400
    assert status_and_body(f"{url}/2025-03-12", {})[0] == 401


def test_window_database_holds_people_and_closed_days_are_absent(hall: DemoHall) -> None:
    with closing(sqlite3.connect(f"{window_database(hall.folder).as_uri()}?mode=ro", uri=True)) as database:
        cases = database.execute("SELECT * FROM cases").fetchall()
        columns = [column[1] for column in database.execute("PRAGMA table_info(cases)")]
        closes = dict(database.execute("SELECT stat_date, comprehensive_window_accepted FROM day_close").fetchall())
        recounted = dict(
            database.execute(
                "SELECT substr(accepted_at, 1, 10), count(*) FROM cases WHERE department_code = 'D00' GROUP BY 1"
            ).fetchall()
        )
        phones = {phone for (phone,) in database.execute("SELECT recipient_phone FROM documents")}
    people = [dict(zip(columns, case, strict=True)) for case in cases]
    assert all(re.fullmatch(r"\d{17}[\dX]", person["applicant_id_card"]) for person in people)
    assert all(re.fullmatch(r"1\d{10}", person["applicant_phone"]) for person in people)
    assert all(re.fullmatch(r"1\d{10}", phone) for phone in phones)
    assert all((person["window_kind"] == "综合") == (person["department_code"] == "D00") for person in people)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d (09|1[0-6]):\d\d:\d\d", person["accepted_at"]) for person in people)
    assert "2025-01-26" in closes
    assert not {"2025-01-29", "2025-03-16"} & closes.keys()
    assert recounted == {day: count for day, count in closes.items() if count}


def test_window_counts_use_an_index(hall: DemoHall) -> None:
    with closing(sqlite3.connect(window_database(hall.folder))) as database:
        for table, column in (("cases", "accepted_at"), ("documents", "issued_at")):
            plan = database.execute(
                f"EXPLAIN QUERY PLAN SELECT count(*) FROM {table} WHERE {column} >= '2025' AND {column} < '2026'"
            ).fetchone()
            assert f"{table}_{column}" in plan[-1]


def test_courier_workbook_has_title_headers_and_total(hall: DemoHall) -> None:
    sheet = openpyxl.load_workbook(courier_file(hall.folder, WEDNESDAY)).worksheets[0]
    title, header, *body, last = sheet.iter_rows(values_only=True)
    assert title == ("政务大厅邮寄日报（2025年3月12日）", None, None, None)
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["A1:D1"]
    assert header == ("日期", "部门编码", "部门名称", "邮寄件数")
    assert {row[0] for row in body} == {"2025-03-12"}
    assert body[0][1:3] == ("D01", world.department_names()["D01"])
    assert last == ("合计", None, None, sum(int(str(row[3])) for row in body))
    assert not courier_file(hall.folder, SUNDAY).exists()
    assert courier_file(hall.folder, WORKED_SUNDAY).exists()


def test_call_centre_file_is_gbk_with_windows_lines_and_total(hall: DemoHall) -> None:
    raw = call_centre_file(hall.folder, SUNDAY).read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == 50
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    header, *body, last = csv.reader(raw.decode("gbk").splitlines())
    assert header == ["日期", "部门编码", "部门名称", "接听量"]
    assert {row[0] for row in body} == {"2025-03-16"}
    assert last == ["合计", "", "", str(sum(int(row[3]) for row in body))]


MAKE_MARCH = """
import sys, pathlib
from orchestration.demo import ensure_month
ensure_month(pathlib.Path(sys.argv[1]), "2025-03")
"""


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


def test_a_made_month_is_left_alone(tmp_path: Path) -> None:
    ensure_month(tmp_path, "2024-02")
    courier_file(tmp_path, date(2024, 2, 1)).unlink()
    before = contents(tmp_path)
    ensure_month(tmp_path, "2024-02")
    assert contents(tmp_path) == before
    assert len(list((tmp_path / "call_centre").iterdir())) == 29


def test_a_running_month_grows_by_its_finished_days(tmp_path: Path) -> None:
    ensure_month(tmp_path, "2025-03", today=date(2025, 3, 1))
    assert not any(tmp_path.iterdir())
    ensure_month(tmp_path, "2025-03", today=date(2025, 3, 13))
    assert call_centre_file(tmp_path, WEDNESDAY).exists()
    assert not call_centre_file(tmp_path, date(2025, 3, 13)).exists()
    before = contents(tmp_path)
    ensure_month(tmp_path, "2025-03", today=date(2025, 4, 1))
    grown = contents(tmp_path)
    kept = before.keys() - {"window.sqlite", "2025-03"}
    assert {name: grown[name] for name in kept} == {name: before[name] for name in kept}
    assert len(list((tmp_path / "call_centre").iterdir())) == 31


def test_another_version_of_the_world_is_replaced(tmp_path: Path) -> None:
    ensure_month(tmp_path, "2025-03", today=date(2025, 3, 5))
    (tmp_path / ".made" / "2025-03").write_text("an-older-world 2025-03-04\n")
    call_centre_file(tmp_path, date(2025, 3, 4)).write_text("old")
    ensure_month(tmp_path, "2025-03", today=date(2025, 3, 5))
    assert call_centre_file(tmp_path, date(2025, 3, 4)).read_bytes().startswith("日期".encode("gbk"))


def test_two_processes_make_a_month_once(tmp_path: Path) -> None:
    makers = [subprocess.Popen([sys.executable, "-c", MAKE_MARCH, str(tmp_path)]) for _ in range(2)]
    assert [maker.wait(timeout=60) for maker in makers] == [0, 0]
    with demo_hall(tmp_path, ["2025-03"]) as opened:
        assert recount(opened.url, tmp_path, PLATFORM_BEARER, DESKS_KEY, "2025-03") == MARCH_2025
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_killed_writer_leaves_nothing_half_done(tmp_path: Path) -> None:
    ensure_month(tmp_path, "2025-03")
    script = (
        "import os, signal, sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('PRAGMA cache_size = 1')\n"
        "database.execute('BEGIN IMMEDIATE')\n"
        "database.execute('DELETE FROM cases')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(window_database(tmp_path))], check=False)
    assert killed.returncode == -9
    assert has_unfinished_write(tmp_path)
    with demo_hall(tmp_path, ["2025-03"]) as opened:
        assert not has_unfinished_write(tmp_path)
        assert recount(opened.url, tmp_path, PLATFORM_BEARER, DESKS_KEY, "2025-03") == MARCH_2025


@pytest.mark.parametrize("files", [1, 12, 25])
def test_killed_while_making_a_month_it_is_made_whole_the_next_time(tmp_path: Path, files: int) -> None:
    maker = subprocess.Popen([sys.executable, "-c", MAKE_MARCH, str(tmp_path)])
    while len(list(tmp_path.glob("call_centre/*.csv"))) < files:
        assert maker.poll() is None, "it ended before it could be killed"
    maker.kill()
    assert maker.wait(timeout=60) == -9
    assert not (tmp_path / ".made" / "2025-03").exists()
    with demo_hall(tmp_path, ["2025-03"]) as opened:
        assert recount(opened.url, tmp_path, PLATFORM_BEARER, DESKS_KEY, "2025-03") == MARCH_2025


@pytest.mark.parametrize("month", ["2025-3", "2025-13", "march", "2025-03-01", ""])
def test_what_is_no_month_is_refused(tmp_path: Path, month: str) -> None:
    with pytest.raises(ValueError, match="write it like 2025-03"):
        ensure_month(tmp_path, month)


def test_a_month_before_the_first_is_refused(tmp_path: Path) -> None:
    assert FIRST_MONTH == "2023-01"
    with pytest.raises(ValueError, match="begins in 2023-01"), demo_hall(tmp_path, ["2022-12"]):
        pass


def test_a_future_month_is_empty(tmp_path: Path) -> None:
    ensure_month(tmp_path, "2099-01")
    assert not any(tmp_path.iterdir())


def test_the_description_names_every_system(hall: DemoHall) -> None:
    text = hall.describe()
    for system in ("online_platform", "window_system", "courier", "call_centre", "enquiry_desks", "rating", "queue"):
        assert system in text
    for place in (hall.url, str(window_database(hall.folder)), str(courier_file(hall.folder, WEDNESDAY))):
        assert place in text
    assert hall.variables() == {
        "YUEBAO_DEMO_URL": hall.url,
        "YUEBAO_DEMO_DIR": str(hall.folder),
        "YUEBAO_DEMO_PLATFORM_TOKEN": PLATFORM_BEARER,
        "YUEBAO_DEMO_DESKS_KEY": DESKS_KEY,
    }


def test_a_taken_port_is_said_and_a_served_app_stops(tmp_path: Path) -> None:
    with serving(demo_app("a", "b")) as url:
        port = int(url.rsplit(":", 1)[1])
        assert status_and_body(f"{url}/platform/v1/daily-counts", {"Authorization": "Bearer a"})[0] == 400
        with pytest.raises(OSError, match="in use"), demo_hall(tmp_path, [], port):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)


def test_importing_the_demo_is_light() -> None:
    script = "import sys, orchestration.demo; print({'starlette', 'uvicorn', 'openpyxl', 'numpy'} & sys.modules.keys())"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_a_port_that_is_taken_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as taken,
        pytest.raises(typer.Exit) as ended,
        readable_errors(announced=False),
        serving(demo_app("bearer", "key"), taken.getsockname()[1]),
    ):
        pass
    assert ended.value.exit_code == 2
    assert capsys.readouterr().err == "yuebao: something listens on that port already; name another one with `--port`\n"
