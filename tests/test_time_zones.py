"""Halls in other time zones: days of 23 and 25 hours, days without a midnight, and the nights of the change."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.automation.deadlines import Moment
from orchestration.automation.schedules import build_schedules
from orchestration.config.catalogue import working_days
from orchestration.config.hall import load_hall
from orchestration.config.zone import beginning, moment_at
from orchestration.landing.manifest import Landing
from orchestration.partitions import daily
from orchestration.runtime.paths import Home
from reports.figures.months import days_between, days_of
from tests.servers.web import Asked, Reply, web_server
from tests.small_halls import SmallHall

NEW_YORK, SANTIAGO = "America/New_York", "America/Santiago"
HALF_AN_HOUR = dt.timedelta(minutes=30)
# Cases are accepted at the half hours of the day; every one is completed at once, so that none stays open.
COUNTS = """SELECT :day AS stat_date, '510822' AS hall_code, 'D1' AS department_code, NULL AS item_code,
  measures.column1 AS measure, CASE measures.column1 WHEN 'open' THEN 40 ELSE COUNT(cases.at) END AS "count"
FROM (VALUES ('accepted'), ('completed'), ('open')) AS measures
LEFT JOIN cases ON cases.at >= :day_start AND cases.at < :day_end
GROUP BY measures.column1
"""
DAY_CLOSE = """SELECT COUNT(*) AS accepted, COUNT(*) AS completed, 0 AS withdrawn, 40 AS open
FROM cases WHERE at >= :day_start AND at < :day_end
"""
SYSTEMS = """
[systems.events]
kind = "sql"
title = "窗口系统"
opens = "every_day"
measures = ["accepted", "completed", "withdrawn", "open"]
database = "sqlite:///file:{database}?mode=ro&uri=true"
counts = "counts.sql"
day_close = "day_close.sql"
{timezone}

[systems.desk]
kind = "http_api"
title = "咨询台"
opens = "every_day"
measures = ["consulted"]
url = "{url}/counts"
query = {{ since = "{{day:epoch_s}}" }}
day = "since"
day_form = "epoch_s"
rows = "rows"
columns = {{ "number" = "count" }}
constants = {{ hall_code = "510822", department_code = "D1", measure = "consulted" }}
"""


class Hours:
    """The half hours of a desk, which it counts by the dates that its own clock shows."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def __call__(self, asked: Asked) -> Reply:
        since = dt.datetime.fromtimestamp(int(asked.query["since"]), self._zone)
        instants = (since.astimezone(dt.UTC) + HALF_AN_HOUR * number for number in range(60))
        number = sum(instant.astimezone(self._zone).date() == since.date() for instant in instants)
        body = {"since": int(asked.query["since"]), "rows": [{"number": number}]}
        return Reply(body=json.dumps(body).encode())


def half_hours(first: dt.date, last: dt.date, zone: str) -> list[dt.datetime]:
    """Every half hour of some days, and of the days around them."""
    start = dt.datetime.combine(first - dt.timedelta(days=2), dt.time(), dt.UTC)
    count = ((last - first).days + 5) * 48
    return [(start + HALF_AN_HOUR * number).astimezone(ZoneInfo(zone)) for number in range(count)]


@dataclass(frozen=True)
class Change:
    """A month in whose zone clocks are changed, and a database that keeps its times in another one."""

    zone: str
    day: dt.date
    hours: int  # how long the day is
    begins: str  # in UTC
    kept_in: str = ""  # the hall's own zone, where it isn't said

    @property
    def month(self) -> str:
        return f"{self.day:%Y-%m}"


MARCH = Change(NEW_YORK, dt.date(2025, 3, 9), 23, "2025-03-09T05:00:00+00:00", "UTC")
CHANGES = (
    MARCH,
    Change(NEW_YORK, dt.date(2025, 11, 2), 25, "2025-11-02T04:00:00+00:00"),
    # It begins at one o'clock.
    Change(SANTIAGO, dt.date(2025, 9, 7), 23, "2025-09-07T04:00:00+00:00"),
    # It has eleven in the evening twice.
    Change(SANTIAGO, dt.date(2025, 4, 5), 25, "2025-04-05T03:00:00+00:00", NEW_YORK),
)


def hall_of(change: Change, place: Path, url: str = "http://127.0.0.1:9") -> SmallHall:
    """The small hall, with that database and a desk at that address."""
    hall = SmallHall.begun(place, zone=change.zone)
    days, kept_in = days_of(change.month), change.kept_in
    database = place / "events.sqlite"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE cases (at TEXT)")
        moments = half_hours(days[0], days[-1], kept_in or change.zone)
        connection.executemany("INSERT INTO cases VALUES (?)", [(f"{moment:%Y-%m-%d %H:%M:%S}",) for moment in moments])
    settings = (hall.folder / "hall.toml").read_text(encoding="utf-8")
    systems = SYSTEMS.format(database=database, timezone=f'timezone = "{kept_in}"' if kept_in else "", url=url)
    head = settings[: settings.index("[systems.counter]")].replace("2025-01-01", f"{days[0]}")
    (hall.folder / "hall.toml").write_text(f"{head}{systems}", encoding="utf-8")
    (hall.folder / "counts.sql").write_text(COUNTS, encoding="utf-8")
    (hall.folder / "day_close.sql").write_text(DAY_CLOSE, encoding="utf-8")
    for name, row in (
        ("measures", "consulted,咨询量,来人咨询,count"),
        ("metric_measures", "consulted,1,consulted"),
        ("metrics", "consulted,1,咨询,当月咨询的人次,来人咨询,咨询编号,,人次,人次,1,0,half_up,2025-01-01,"),
    ):
        path = hall.folder / "catalogue" / f"{name}.csv"
        path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\n{row}\n", encoding="utf-8")
    return hall


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.zone} {change.day}")
def test_a_month_with_a_day_of_another_length_is_counted_certified_and_rebuilt(change: Change, tmp_path: Path) -> None:
    with web_server(Hours(change.zone)) as desk:
        hall = hall_of(change, tmp_path, desk.url)
        reported = hall.run("report", change.month)
    assert reported.exit_code == 0, reported.output
    assert int(dt.datetime.fromisoformat(change.begins).timestamp()) in {
        int(each.query["since"]) for each in desk.asked
    }

    counted = {day: 2 * (change.hours if day == change.day else 24) for day in days_of(change.month)}
    landing = Landing(hall.home / "landing")
    for system, measure in (("events", "accepted"), ("desk", "consulted")):
        for day, number in counted.items():
            extract = landing.current(system, day)
            assert extract is not None
            assert extract.sums[measure] == number, (system, day)
        assert hall.numbers(change.month)[measure] == sum(counted.values())

    (file,) = (hall.home / "certificates").glob("*.json")
    signed = json.loads(file.read_text(encoding="utf-8"))
    for at in (signed["place"]["at"], signed["signatures"][0]["at"]):
        moment = dt.datetime.fromisoformat(at)
        assert moment.utcoffset() == moment.astimezone(ZoneInfo(change.zone)).utcoffset()
    assert hall.run("verify", "--recount").exit_code == 0
    assert "is reproduced to the byte" in hall.run("rebuild", change.month).output


def test_the_beginning_of_a_day_is_the_first_moment_that_there_is() -> None:
    begins = {
        ("Asia/Shanghai", "2025-03-12"): "2025-03-12T00:00:00+08:00",
        (NEW_YORK, "2025-03-09"): "2025-03-09T00:00:00-05:00",
        (SANTIAGO, "2025-09-07"): "2025-09-07T01:00:00-03:00",
        ("Asia/Beirut", "2025-03-30"): "2025-03-30T01:00:00+03:00",
        ("Africa/Cairo", "2025-04-25"): "2025-04-25T01:00:00+03:00",
        # Midnight twice: the first one.
        ("America/Havana", "2025-11-02"): "2025-11-02T00:00:00-04:00",
        # From half past eleven to half past twelve in one step; and a day that there never was.
        ("America/Toronto", "1919-03-31"): "1919-03-31T00:30:00-04:00",
        ("Pacific/Apia", "2011-12-30"): "2011-12-31T00:00:00+14:00",
    }
    for (zone, day), text in begins.items():
        assert beginning(dt.date.fromisoformat(day), ZoneInfo(zone)).isoformat() == text


@pytest.mark.parametrize("zone", [NEW_YORK, SANTIAGO, "Africa/Cairo", "America/Havana", "Asia/Kathmandu"])
def test_every_moment_of_two_years_is_in_one_day(zone: str) -> None:
    days = [dt.date(2024, 12, 31) + dt.timedelta(days=number) for number in range(732)]
    begins = [beginning(day, ZoneInfo(zone)).timestamp() for day in days]
    lengths = {(after - before) / 3600 for before, after in pairwise(begins)}
    assert lengths == ({24.0} if zone == "Asia/Kathmandu" else {23.0, 24.0, 25.0})
    for day, begin in zip(days, begins, strict=True):
        assert dt.datetime.fromtimestamp(begin, ZoneInfo(zone)).date() == day
        assert dt.datetime.fromtimestamp(begin - 1, ZoneInfo(zone)).date() < day


def test_what_is_due_in_the_night_of_the_change(tmp_path: Path) -> None:
    hall = load_hall(hall_of(MARCH, tmp_path).folder).hall
    zone = hall.zone
    at = Moment(hall, Home(tmp_path), working_days(), dt.datetime(2025, 3, 9, 12, tzinfo=zone))
    # Half past two isn't on that day's clocks: yesterday is asked for at the moment when it would have been.
    assert hall.automation.pull_at == dt.time(2, 30)
    assert at.due_at("events", dt.date(2025, 3, 8)) == moment_at(dt.date(2025, 3, 9), dt.time(3), zone)
    assert at.due_at("events", dt.date(2025, 3, 7)).astimezone(zone).time() == dt.time(2, 30)
    late = at.late_at("events", dt.date(2025, 11, 1)) - at.late_at("events", dt.date(2025, 10, 31))
    assert late == dt.timedelta(hours=25)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.zone} {change.day}")
def test_every_schedule_ticks_and_every_day_is_a_partition(
    change: Change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = hall_of(change, tmp_path)
    for name, value in hall.environment.items():
        monkeypatch.setenv(name, value)
    settings = load_hall(hall.folder).hall
    day, zone = change.day, settings.zone
    with time_machine.travel(beginning(day + dt.timedelta(days=2), zone)):
        keys = daily(settings).get_partition_keys()
    assert keys == list(map(str, days_between(days_of(change.month)[0], day + dt.timedelta(days=1))))

    first, last = (beginning(day + dt.timedelta(days=number), zone).timestamp() for number in (-1, 2))
    ticks: dict[str, list[dt.datetime]] = {}
    for schedule in build_schedules(settings):
        assert schedule.execution_timezone == zone.key
        assert isinstance(schedule.cron_schedule, str)
        moments = schedule_execution_time_iterator(first, schedule.cron_schedule, zone.key)
        ticks[schedule.name] = list(takewhile(lambda moment: moment.timestamp() < last, moments))
    nightly = [moment.date() - day for moment in ticks["nightly_pull_0230"]]
    assert nightly == [dt.timedelta(days=number) for number in (-1, 0, 1)]
    assert len(ticks["catch_up"]) == round((last - first) / 3600)
