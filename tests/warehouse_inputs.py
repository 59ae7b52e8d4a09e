"""Small months for the tests of the warehouse: what the pipeline lands and writes before a build, from scratch.

The numbers follow closed formulas, so that a test can say what it expects. Open cases of a department are
`STANDING + accepted(day)`, which balances because `completed(day) = accepted(day - 1)`, over any month's end.
"""

import calendar
import csv
import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.config.catalogue import TABLES
from orchestration.config.hall import load_hall
from orchestration.runtime.installation import DEMO_HALL
from orchestration.warehouse.inputs import Rows, write_tables

HALL = "510000"
STANDING = 40
DEPARTMENTS = ("D01", "D02")
ITEMS = ("A", "B")
OPENS = {
    "online_platform": "every_day",
    "window_system": "working_days",
    "courier": "working_days",
    "call_centre": "every_day",
    "enquiry_desks": "working_days",
    "rating": "every_day",
    "queue": "working_days",
}
_TYPES: dict[str, pa.DataType] = {
    "stat_date": pa.date32(),
    "hall_code": pa.string(),
    "department_code": pa.string(),
    "item_code": pa.string(),
    "measure": pa.string(),
    "count": pa.int64(),
}
SCHEMA = pa.schema(_TYPES)
# The validity of what has no end.
ALWAYS = {"valid_from": None, "valid_to": None}

SYSTEM_MEASURES = [
    {"system": name, "measure": measure}
    for name, system in load_hall(DEMO_HALL).hall.systems.items()
    for measure in system.measures
]

RATINGS = [row["measure"] for row in SYSTEM_MEASURES if row["system"] == "rating"]

Row = tuple[date, str, str, str | None, str, int]


def accepted(day: date, department: str) -> int:
    """Online cases that a department accepts on a day, both items together."""
    return 2 * (day.toordinal() % 5) + (3 if department == "D01" else 7)


def issued(day: date) -> int:
    """Documents that a department issues on a day; more than it mails, as the hall's reconciliations say."""
    return 6 + day.day % 3


def mailed(day: date) -> int:
    """Parcels that a department mails on a day."""
    return 1 + day.day % 5


def rated(day: date, grade: int) -> int:
    """Ratings of a grade, 0 the best, that a department gets on a day."""
    return (4 - grade) * (1 + day.day % 3)


def is_working_day(day: date) -> bool:
    """A calendar that knows weekends only."""
    return day.weekday() < 5


def days_of(month: str) -> list[date]:
    """Every day of a month given as YYYY-MM."""
    year, number = map(int, month.split("-"))
    return [date(year, number, day + 1) for day in range(calendar.monthrange(year, number)[1])]


def counts_of(system: str, day: date) -> list[Row]:
    """What a hall system answers for a day on which it is open."""
    if system == "online_platform":
        return online_counts(day, day - timedelta(days=1))
    if system == "window_system":
        return [
            (day, HALL, "D00", None, "comprehensive_window_accepted", 1 + day.day),
            *((day, HALL, code, None, "department_window_accepted", day.day % 7) for code in DEPARTMENTS),
            *((day, HALL, code, None, "documents_issued", issued(day)) for code in DEPARTMENTS),
        ]
    if system == "courier":
        return [(day, HALL, code, None, "parcels_mailed", mailed(day)) for code in DEPARTMENTS]
    if system == "rating":
        return [
            (day, HALL, code, None, measure, rated(day, grade))
            for code in DEPARTMENTS
            for grade, measure in enumerate(RATINGS)
        ]
    if system == "queue":
        numbers = {"queue_calls": day.day, "waiting_seconds": 300 * day.day}
        return [(day, HALL, code, None, measure, number) for code in DEPARTMENTS for measure, number in numbers.items()]
    measure = {
        "call_centre": "phone_consultations",
        "enquiry_desks": "onsite_consultations",
    }[system]
    return [(day, HALL, code, None, measure, 10 + day.day) for code in DEPARTMENTS]


def online_counts(day: date, day_before: date) -> list[Row]:
    """What the platform answers for a day, when `day_before` is the one on which it was open before."""
    return [row for department in DEPARTMENTS for row in _online_counts(day, day_before, department)]


def _online_counts(day: date, day_before: date, department: str) -> list[Row]:
    today, yesterday = accepted(day, department), accepted(day_before, department)
    first, second = ITEMS
    return [
        (day, HALL, department, first, "online_accepted", 1),
        (day, HALL, department, second, "online_accepted", today - 1),
        (day, HALL, department, first, "online_completed", yesterday - 2),
        (day, HALL, department, second, "online_completed", 2),
        (day, HALL, department, None, "online_open", STANDING + today),
    ]


@dataclass
class MonthInputs:
    """One month of landed answers and the tables beside them; a test changes what it is about, then writes.

    Attributes:
        month: YYYY-MM.
        answers: Rows by hall system and day. A day without an entry is missing.
        closed: Hall systems and days declared closed.
        calendar: Rows of the calendar.
        hall_systems: Rows of the hall systems.
        site_hierarchy: Rows of the sites that are counted in each other.
        left_out_sites: Rows of the sites that aren't built.
        recorded: By hall system and day, what the manifest records otherwise than true.
        catalogue: The demo hall's reviewed tables by name, as text.
    """

    month: str
    answers: dict[tuple[str, date], list[Row]] = field(default_factory=dict)
    closed: set[tuple[str, date]] = field(default_factory=set)
    calendar: list[dict[str, object]] = field(default_factory=list)
    hall_systems: list[dict[str, object]] = field(default_factory=list)
    site_hierarchy: list[dict[str, object]] = field(default_factory=list)
    left_out_sites: list[dict[str, object]] = field(default_factory=list)
    recorded: dict[tuple[str, date], dict[str, object]] = field(default_factory=dict)
    catalogue: dict[str, str] = field(
        default_factory=lambda: {
            name: (DEMO_HALL / "catalogue" / f"{name}.csv").read_text(encoding="utf-8") for name in TABLES
        }
    )

    @classmethod
    def complete(cls, month: str) -> "MonthInputs":
        """A month in which every hall system has answered every day or declared it closed."""
        inputs = cls(month)
        for day in days_of(month):
            inputs.calendar.append(
                {
                    "stat_date": day.isoformat(),
                    "is_working_day": is_working_day(day),
                    "reason": "工作日" if is_working_day(day) else "周末",
                }
            )
            for system, opens in OPENS.items():
                if opens == "every_day" or is_working_day(day):
                    inputs.answers[system, day] = counts_of(system, day)
                else:
                    inputs.answers[system, day] = []
                    inputs.closed.add((system, day))
        inputs.hall_systems = [
            {"system": system, "system_name": system, "hall_code": HALL, "opens": opens, **ALWAYS}
            for system, opens in OPENS.items()
        ]
        inputs.site_hierarchy = [{"hall_code": HALL, "counted_hall_code": HALL, "is_whole": True}]
        return inputs

    def add_boundary(self, day: date | None = None) -> None:
        """Make the platform's answer for the day before the month an input, too."""
        day = day or days_of(self.month)[0] - timedelta(days=1)
        self.answers["online_platform", day] = counts_of("online_platform", day)

    def write(self, home: Path) -> Path:
        """Land the answers below `home` and write the tables of the inputs; returns their folder."""
        folder = home / "inputs" / self.month
        extracts = [self._land(home, system, day) for system, day in sorted(self.answers)]
        tables: dict[str, Rows] = {
            "extracts": extracts,
            "calendar": self.calendar,
            "hall_systems": self.hall_systems,
            "site_hierarchy": self.site_hierarchy,
            "left_out_sites": self.left_out_sites,
            "system_measures": SYSTEM_MEASURES,
            **{name: _rows(name, table) for name, table in self.catalogue.items()},
        }
        write_tables(folder, tables)
        return folder

    def _land(self, home: Path, system: str, day: date) -> dict[str, object]:
        rows = self.answers[system, day]
        path = home / "landing" / system / day.isoformat() / "extract.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = dict(zip(SCHEMA.names, zip(*rows, strict=True), strict=True)) if rows else {}
        pq.write_table(pa.table({name: list(columns.get(name, ())) for name in SCHEMA.names}, schema=SCHEMA), path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return {
            "system": system,
            "stat_date": day.isoformat(),
            "state": "closed" if (system, day) in self.closed else "answered",
            "path": str(path),
            "sha256": digest,
            "content_sha256": digest,
            "row_count": len(rows),
            "count_sum": sum(row[-1] or 0 for row in rows),
            "landed_at": "2025-04-01T02:00:00+08:00",
            "halls": [HALL],
            **self.recorded.get((system, day), {}),
        }


def _rows(name: str, table: str) -> list[dict[str, Any]]:
    """A table without any check of its values: that they are refused later is what the tests of the warehouse prove."""
    absent = {column: field.get_default() for column, field in TABLES[name].model_fields.items()}
    read = csv.DictReader(table.splitlines())
    return [{**absent, **{column: value or None for column, value in row.items()}} for row in read]
