"""Every kind of derived number of the demo hall, counted again in plain Python over its systems' own data."""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest

from orchestration.demo import PLATFORM_BEARER, demo_hall
from orchestration.runtime.installation import DEMO_HALL
from tests.halls import Hall
from tests.recount import get_json, platform_day

SIX = ("2024-01", "2024-02", "2024-03", "2024-04", "2024-05", "2024-06")


Reported = tuple[Hall, tuple[str, ...]]


@pytest.fixture(
    scope="module",
    params=[pytest.param(SIX[:2], id="two"), pytest.param(SIX, id="six", marks=pytest.mark.proof)],
)
def reported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reported]:
    """A hall that certified these months in order."""
    folder = tmp_path_factory.mktemp("derived")
    with demo_hall(folder / "demo", request.param) as demo:
        hall = Hall(folder, demo.variables())
        for month in request.param:
            done = hall.run("report", month)
            assert done.exit_code == 0, done.output
        yield hall, request.param


def document(hall: Hall, month: str) -> dict[str, Any]:
    path = hall.home / "published" / month / "current" / "numbers.json"
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def days(month: str) -> list[dt.date]:
    year, number = map(int, month.split("-"))
    return [dt.date(year, number, day + 1) for day in range(calendar.monthrange(year, number)[1])]


def by_department_and_item(hall: Hall, month: str) -> tuple[Counter[str], Counter[str]]:
    departments, items = Counter[str](), Counter[str]()
    for day in days(month):
        for row in platform_day(hall.variables["YUEBAO_DEMO_URL"], PLATFORM_BEARER, str(day)):
            if row["measure"] == "online_accepted":
                departments[row["department"]] += row["count"]
                items[row["item"]] += row["count"]
    return departments, items


def satisfaction(hall: Hall, month: str) -> dict[str, Fraction]:
    """In per cent, by department, of those who were rated."""
    rated, content = Counter[str](), Counter[str]()
    for day in days(month):
        url = f"{hall.variables['YUEBAO_DEMO_URL']}/platform/v1/ratings?date={day}"
        for line in get_json(url, {"Authorization": f"Bearer {PLATFORM_BEARER}"})["departments"]:
            good = line["very_satisfied"] + line["satisfied"] + line["fair"]
            content[line["department"]] += good
            rated[line["department"]] += good + line["dissatisfied"] + line["very_dissatisfied"]
    return {code: Fraction(100 * content[code], count) for code, count in rated.items() if count}


RANKINGS = ("busiest_departments", "busiest_items", "departments_by_satisfaction")


def ranked(rows: list[dict[str, Any]]) -> list[tuple[str, Fraction]]:
    return [(row["code"], Fraction(row["exact"])) for row in rows]


def item_names(folder: Path) -> dict[str, str]:
    with (folder / "catalogue" / "items.csv").open(encoding="utf-8", newline="") as table:
        return {row["item_code"]: row["item_name"] for row in csv.DictReader(table)}


def largest_first(values: Mapping[str, int | Fraction]) -> list[tuple[str, Fraction]]:
    return [(code, Fraction(value)) for code, value in sorted(values.items(), key=lambda one: (-one[1], one[0]))]


def expected(months: list[dict[str, int]], month: str) -> dict[str, Fraction | None]:
    """Of the last of some months from January on, each as the systems' own counts."""
    now, before = months[-1], months[-2:-1]
    working = sum(chinese_calendar.is_workday(day) for day in days(month))

    def rate(numbers: list[dict[str, int]]) -> Fraction:
        content, rated = (sum(each[name] for each in numbers) for name in ("ratings_content", "ratings_all"))
        return Fraction(100 * content, rated)

    def growth(name: str) -> Fraction | None:
        return Fraction(100 * (now[name] - before[0][name]), before[0][name]) if before else None

    def share(name: str) -> Fraction:
        return Fraction(100 * now[name], now["items_handled"])

    return {
        "satisfaction_rate": rate([now]),
        "mean_wait": Fraction(now["waiting_seconds"], now["queue_calls"]),
        "online_accepted_to_date": Fraction(sum(each["online_accepted"] for each in months)),
        "satisfaction_to_date": rate(months),
        "online_balance": Fraction(now["online_accepted"] - now["online_completed"]),
        "online_share": share("online_accepted"),
        "department_window_share": share("department_window_accepted"),
        "comprehensive_window_share": share("comprehensive_window_accepted"),
        "phone_consultations_daily": Fraction(now["phone_consultations"], len(days(month))),
        "onsite_consultations_daily": Fraction(now["onsite_consultations"], working),
        "items_handled_change": growth("items_handled"),
        "satisfaction_change": rate([now]) - rate(before) if before else None,
        "items_handled_yearly_change": None,
        "to_date_yearly_change": None,
    }


def test_every_kind_is_what_the_systems_own_data_give(reported: Reported) -> None:
    hall, months = reported
    counted = [hall.recount(month) for month in months]
    names = item_names(DEMO_HALL)
    for number, month in enumerate(months, start=1):
        told = document(hall, month)
        exact = {each["metric"]: Fraction(each["exact"]) for each in told["metrics"]}
        derived = {each["metric"]: each for each in told["derived"]}
        for metric, value in expected(counted[:number], month).items():
            assert exact.get(metric) == value, (month, metric)
            assert ("without_value" in derived[metric]) == (value is None), (month, metric)
        departments, items = by_department_and_item(hall, month)
        ranking = {name: ranked(derived[name]["ranking"]) for name in RANKINGS}
        most = largest_first(departments)
        third = most[2][1]
        assert ranking["busiest_departments"] == [pair for pair in most if pair[1] >= third]
        assert ranking["busiest_items"] == largest_first(items)[:5]
        assert all(row["name"] == names.get(row["code"], row["code"]) for row in derived["busiest_items"]["ranking"])
        assert ranking["departments_by_satisfaction"] == largest_first(satisfaction(hall, month))
    proof = hall.run("verify", "--recount")
    assert proof.exit_code == 0, proof.output
