"""What dlt pulls: a resource per hall system, asked for all days of a month at once, into one DuckDB file."""

from __future__ import annotations

import csv
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dlt
import openpyxl
from dlt.sources import DltResource
from dlt.sources.helpers.requests import HTTPError
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import APIKeyAuth, BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator, SinglePagePaginator

Rows = list[dict[str, Any]]
COUNTS_OF_A_DAY = """
    SELECT :day AS stat_date, department_code, 'comprehensive_window_accepted' AS measure, count(*) AS count FROM cases
    WHERE window_kind = '综合' AND accepted_at >= :day AND accepted_at < date(:day, '+1 day') GROUP BY department_code
    UNION ALL
    SELECT :day, department_code, 'department_window_accepted', count(*) FROM cases
    WHERE window_kind = '部门' AND accepted_at >= :day AND accepted_at < date(:day, '+1 day') GROUP BY department_code
    UNION ALL
    SELECT :day, department_code, 'documents_issued', count(*) FROM documents
    WHERE issued_at >= :day AND issued_at < date(:day, '+1 day') GROUP BY department_code
"""
GRADES = ("very_satisfied", "satisfied", "fair", "dissatisfied", "very_dissatisfied")
COLUMNS: dict[str, Any] = {
    "stat_date": {"data_type": "date", "nullable": False},
    "department_code": {"data_type": "text", "nullable": False},
    "item_code": {"data_type": "text", "nullable": True},
    "measure": {"data_type": "text", "nullable": False},
    "count": {"data_type": "bigint", "nullable": False},
}


def pull(database: Path, pipelines: Path, days: list[str]) -> None:
    """Load the days' counts of all systems into `database`, schema `raw`."""
    pipeline = dlt.pipeline(
        "hall", pipelines_dir=str(pipelines), destination=dlt.destinations.duckdb(str(database)), dataset_name="raw"
    )
    pipeline.run(hall(days), loader_file_format="parquet").raise_on_failed_jobs()


@dlt.source(max_table_nesting=0)
def hall(days: list[str]) -> list[DltResource]:
    folder = Path(os.environ["YUEBAO_DEMO_DIR"])
    url = os.environ["YUEBAO_DEMO_URL"]
    systems: dict[str, Callable[[str], Rows]] = {
        "online_platform": platform(url),
        "window_system": lambda day: windows(folder / "window.sqlite", day),
        "courier": lambda day: parcels(folder / "courier" / f"邮寄日报_{day}.xlsx"),
        "call_centre": lambda day: calls(folder / "call_centre" / f"电话咨询_{day.replace('-', '')}.csv"),
        "enquiry_desks": desks(url),
        "rating": ratings(url),
        "queue": queue(url),
    }
    return [resource(name, ask, days) for name, ask in systems.items()]


def resource(name: str, ask: Callable[[str], Rows], days: list[str]) -> DltResource:
    @dlt.resource(name=name, columns=COLUMNS, write_disposition="replace", parallelized=True)
    def answers() -> Iterator[Rows]:
        for day in days:
            yield ask(day)

    return answers()


def platform(url: str) -> Callable[[str], Rows]:
    client = RESTClient(
        url,
        auth=BearerTokenAuth(os.environ["YUEBAO_DEMO_PLATFORM_TOKEN"]),
        paginator=PageNumberPaginator(base_page=1, total_path="data.pages"),
        data_selector="data.rows",
    )

    def ask(day: str) -> Rows:
        pages = client.paginate("/platform/v1/daily-counts", params={"date": day, "page_size": 500})
        return [
            {
                "stat_date": day,
                "department_code": row["department"],
                "item_code": row["item"],
                "measure": row["measure"],
                "count": row["count"],
            }
            for page in pages
            for row in page
        ]

    return ask


def desks(url: str) -> Callable[[str], Rows]:
    return by_measure(
        RESTClient(url, auth=desks_key(), paginator=SinglePagePaginator(), data_selector="desks"),
        lambda client, day: client.paginate(f"/desks/api/consultations/{day}"),
        {"consultations": "onsite_consultations"},
    )


def ratings(url: str) -> Callable[[str], Rows]:
    token = BearerTokenAuth(os.environ["YUEBAO_DEMO_PLATFORM_TOKEN"])
    return by_measure(
        RESTClient(url, auth=token, paginator=SinglePagePaginator(), data_selector="departments"),
        lambda client, day: client.paginate("/platform/v1/ratings", params={"date": day}),
        {grade: f"ratings_{grade}" for grade in GRADES},
    )


def queue(url: str) -> Callable[[str], Rows]:
    return by_measure(
        RESTClient(url, auth=desks_key(), paginator=SinglePagePaginator(), data_selector="departments"),
        lambda client, day: client.paginate(f"/queue/api/days/{day}"),
        {"calls": "queue_calls", "waiting_seconds": "waiting_seconds"},
    )


def desks_key() -> APIKeyAuth:
    return APIKeyAuth(name="X-API-Key", api_key=os.environ["YUEBAO_DEMO_DESKS_KEY"])


def by_measure(
    client: RESTClient, of_day: Callable[[RESTClient, str], Iterator[Rows]], measures: dict[str, str]
) -> Callable[[str], Rows]:
    """How a system is asked whose answer has a column for each measure; it has none of a day off."""

    def ask(day: str) -> Rows:
        try:
            pages = list(of_day(client, day))
        except HTTPError as refusal:
            if refusal.response.status_code == 404:
                return []
            raise
        return [
            count(day, row["department"], measure, row[column])
            for page in pages
            for row in page
            for column, measure in measures.items()
        ]

    return ask


def windows(path: Path, day: str) -> Rows:
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(COUNTS_OF_A_DAY, {"day": day})]


def parcels(path: Path) -> Rows:
    if not path.exists():
        return []
    rows = openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(min_row=3, values_only=True)
    return [count(str(row[0]), str(row[1]), "parcels_mailed", row[3]) for row in rows if row[0] != "合计"]


def calls(path: Path) -> Rows:
    with path.open(encoding="gbk", newline="") as lines:
        return [
            count(row["日期"], row["部门编码"], "phone_consultations", row["接听量"])
            for row in csv.DictReader(lines)
            if row["日期"] != "合计"
        ]


def count(day: str, department: str, measure: str, number: Any) -> dict[str, Any]:
    return {"stat_date": day, "department_code": department, "measure": measure, "count": int(number)}
