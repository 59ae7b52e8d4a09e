"""Competitor (a): the month as one would write it by hand, with requests, pandas and DuckDB and no framework.

It asks the same questions of the same systems, one after the other, and sums what comes back: no retry, no check, no
record of what was landed. Prints the month's totals as one line of JSON.
"""

from __future__ import annotations

import calendar
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import requests

URL = os.environ["YUEBAO_DEMO_URL"]
FOLDER = Path(os.environ["YUEBAO_DEMO_DIR"])
PLATFORM = {"Authorization": f"Bearer {os.environ['YUEBAO_DEMO_PLATFORM_TOKEN']}"}
GRADES = ("very_satisfied", "satisfied", "fair", "dissatisfied", "very_dissatisfied")
SUMS = {
    "items_handled": ("online_accepted", "department_window_accepted", "comprehensive_window_accepted"),
    "ratings_all": tuple(f"ratings_{grade}" for grade in GRADES),
    "ratings_content": tuple(f"ratings_{grade}" for grade in GRADES[:3]),
}
DESKS = {"X-API-Key": os.environ["YUEBAO_DEMO_DESKS_KEY"]}
COUNTS_OF_A_DAY = """
    SELECT department_code, 'comprehensive_window_accepted' AS measure, count(*) AS count FROM cases
    WHERE window_kind = '综合' AND date(accepted_at) = :day GROUP BY department_code
    UNION ALL
    SELECT department_code, 'department_window_accepted', count(*) FROM cases
    WHERE window_kind = '部门' AND date(accepted_at) = :day GROUP BY department_code
    UNION ALL
    SELECT department_code, 'documents_issued', count(*) FROM documents
    WHERE date(issued_at) = :day GROUP BY department_code
"""


def platform(session: requests.Session, day: str) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    page, pages = 1, 1
    while page <= pages:
        question = {"date": day, "page": str(page), "page_size": "500"}
        answer = session.get(f"{URL}/platform/v1/daily-counts", params=question, headers=PLATFORM, timeout=30)
        answer.raise_for_status()
        data = answer.json()["data"]
        rows += data["rows"]
        page, pages = page + 1, data["pages"]
    return pd.DataFrame(rows).rename(columns={"department": "department_code"})


def windows(database: sqlite3.Connection, day: str) -> pd.DataFrame:
    return pd.read_sql_query(COUNTS_OF_A_DAY, database, params={"day": day})


def parcels(day: str) -> pd.DataFrame:
    path = FOLDER / "courier" / f"邮寄日报_{day}.xlsx"
    return one_measure(pd.read_excel(path, skiprows=1), "邮寄件数", "parcels_mailed") if path.exists() else nothing()


def calls(day: str) -> pd.DataFrame:
    path = FOLDER / "call_centre" / f"电话咨询_{day.replace('-', '')}.csv"
    return one_measure(pd.read_csv(path, encoding="gbk"), "接听量", "phone_consultations")


def desks(session: requests.Session, day: str) -> pd.DataFrame:
    answer = session.get(f"{URL}/desks/api/consultations/{day}", headers=DESKS, timeout=30)
    if answer.status_code == 404:
        return nothing()
    answer.raise_for_status()
    frame = pd.DataFrame(answer.json()["desks"])
    return frame.rename(columns={"department": "department_code", "consultations": "count"}).assign(
        measure="onsite_consultations"
    )


def ratings(session: requests.Session, day: str) -> pd.DataFrame:
    answer = session.get(f"{URL}/platform/v1/ratings", params={"date": day}, headers=PLATFORM, timeout=30)
    answer.raise_for_status()
    return by_measure(answer.json()).replace({"measure": {grade: f"ratings_{grade}" for grade in GRADES}})


def queue(session: requests.Session, day: str) -> pd.DataFrame:
    answer = session.get(f"{URL}/queue/api/days/{day}", headers=DESKS, timeout=30)
    if answer.status_code == 404:
        return nothing()
    answer.raise_for_status()
    return by_measure(answer.json()).replace({"measure": {"calls": "queue_calls"}})


def by_measure(answer: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(answer["departments"]).rename(columns={"department": "department_code"})
    return frame.melt("department_code", var_name="measure", value_name="count")


def one_measure(frame: pd.DataFrame, count: str, measure: str) -> pd.DataFrame:
    counted = frame[frame["日期"] != "合计"].rename(columns={"部门编码": "department_code", count: "count"})
    return counted[["department_code", "count"]].assign(measure=measure)


def nothing() -> pd.DataFrame:
    return pd.DataFrame({"department_code": [], "measure": [], "count": []})


def pull(month: str) -> pd.DataFrame:
    year, number = map(int, month.split("-"))
    days = [f"{month}-{day:02d}" for day in range(1, calendar.monthrange(year, number)[1] + 1)]
    with requests.Session() as session, closing(sqlite3.connect(FOLDER / "window.sqlite")) as database:
        frames = [
            frame.assign(stat_date=day)
            for day in days
            for frame in (
                platform(session, day),
                windows(database, day),
                parcels(day),
                calls(day),
                desks(session, day),
                ratings(session, day),
                queue(session, day),
            )
            if not frame.empty
        ]
    return pd.concat(frames, ignore_index=True)


def totals(counts: pd.DataFrame) -> dict[str, int]:
    with duckdb.connect() as connection:
        connection.register("counts", counts)
        question = "SELECT measure, sum(count)::BIGINT FROM counts WHERE measure <> 'online_open' GROUP BY measure"
        numbers = dict(connection.execute(question).fetchall())
    sums = {metric: sum(numbers[part] for part in parts) for metric, parts in SUMS.items()}
    return sums | {measure: number for measure, number in numbers.items() if not measure.startswith("ratings_")}


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(totals(pull(sys.argv[1])))}\n")
