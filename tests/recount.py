"""An independent recount of a demo month: plain Python over the systems' own data.

It shares no code with the pipeline and none with the demo, so that a fault in either shows as a difference.
"""

from __future__ import annotations

import calendar
import csv
import json
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl


def recount(base_url: str, folder: Path, token: str, key: str, month: str) -> dict[str, int]:
    """The exact value of every metric of `month` (`2025-03`), by metric name."""
    year, number = map(int, month.split("-"))
    days = [f"{month}-{day:02d}" for day in range(1, calendar.monthrange(year, number)[1] + 1)]
    numbers = {
        **_online(base_url, token, days),
        **_windows(folder / "window.sqlite", month),
        "parcels_mailed": sum(_parcels(folder / "courier" / f"邮寄日报_{day}.xlsx") for day in days),
        "phone_consultations": sum(
            _calls(folder / "call_centre" / f"电话咨询_{day.replace('-', '')}.csv") for day in days
        ),
        "onsite_consultations": sum(_desks(base_url, key, day) for day in days),
        **_ratings(base_url, token, days),
        **_queue(base_url, key, days),
    }
    parts = ("online_accepted", "department_window_accepted", "comprehensive_window_accepted")
    return {"items_handled": sum(numbers[part] for part in parts), **numbers}


def get_json(url: str, headers: dict[str, str]) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:  # noqa: S310 - http
        return json.load(answer)


def platform_day(base_url: str, token: str, day: str, page_size: int = 500) -> list[dict[str, Any]]:
    """Every row of the platform's day, over all its pages."""
    rows: list[dict[str, Any]] = []
    page, pages = 1, 1
    while page <= pages:
        url = f"{base_url}/platform/v1/daily-counts?date={day}&page={page}&page_size={page_size}"
        data = get_json(url, {"Authorization": f"Bearer {token}"})["data"]
        rows += data["rows"]
        page, pages = page + 1, data["pages"]
    return rows


def _online(base_url: str, token: str, days: list[str]) -> dict[str, int]:
    totals = {"online_accepted": 0, "online_completed": 0}
    for day in days:
        for row in platform_day(base_url, token, day):
            if row["measure"] in totals:
                totals[row["measure"]] += row["count"]
    return totals


def _windows(database: Path, month: str) -> dict[str, int]:
    questions = {
        "comprehensive_window_accepted": "cases WHERE window_kind = '综合' AND substr(accepted_at, 1, 7) = ?",
        "department_window_accepted": "cases WHERE window_kind = '部门' AND substr(accepted_at, 1, 7) = ?",
        "documents_issued": "documents WHERE substr(issued_at, 1, 7) = ?",
    }
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return {
            metric: connection.execute(f"SELECT count(*) FROM {question}", (month,)).fetchone()[0]
            for metric, question in questions.items()
        }


def _parcels(path: Path) -> int:
    if not path.exists():
        return 0
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return sum(int(str(row[3])) for row in sheet.iter_rows(min_row=3, values_only=True) if row[0] != "合计")


def _calls(path: Path) -> int:
    with path.open(encoding="gbk", newline="") as lines:
        return sum(int(row["接听量"]) for row in csv.DictReader(lines) if row["日期"] != "合计")


def _desks(base_url: str, key: str, day: str) -> int:
    answer = _if_open(f"{base_url}/desks/api/consultations/{day}", key)
    return sum(desk["consultations"] for desk in answer["desks"]) if answer else 0


def _ratings(base_url: str, token: str, days: list[str]) -> dict[str, int]:
    rated = content = 0
    for day in days:
        url = f"{base_url}/platform/v1/ratings?date={day}"
        for line in get_json(url, {"Authorization": f"Bearer {token}"})["departments"]:
            good = line["very_satisfied"] + line["satisfied"] + line["fair"]
            content += good
            rated += good + line["dissatisfied"] + line["very_dissatisfied"]
    return {"ratings_all": rated, "ratings_content": content}


def _queue(base_url: str, key: str, days: list[str]) -> dict[str, int]:
    answers = [_if_open(f"{base_url}/queue/api/days/{day}", key) for day in days]
    lines = [line for answer in answers if answer for line in answer["departments"]]
    return {
        "queue_calls": sum(line["calls"] for line in lines),
        "waiting_seconds": sum(line["waiting_seconds"] for line in lines),
    }


def _if_open(url: str, key: str) -> Any:
    """The answer, or None on a day off."""
    try:
        return get_json(url, {"X-API-Key": key})
    except urllib.error.HTTPError as refusal:
        if refusal.code == 404:
            return None
        raise
