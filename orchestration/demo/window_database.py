"""The window system's database: one row per case and per document, people's particulars included.

Nobody needs those particulars for a count; they stand here so that asking for counts, never people, is put to the test.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from orchestration.demo.days import is_working_day
from orchestration.demo.people import made_up
from orchestration.demo.world import HALL_CODE, SEED, counts, department_names

_TABLES = Path(__file__).with_name("window_tables.sql").read_text(encoding="utf-8")
_KINDS: tuple[tuple[str, str, str], ...] = (
    ("comprehensive_window_accepted", "综合", "ZH"),
    ("department_window_accepted", "部门", "BM"),
)
_BUSINESS = ("设立登记", "资质核准", "经营许可", "信息变更", "延续换证", "注销备案", "证照补办", "年度报告")
_OPENS, _OPEN_SECONDS = time(9), 8 * 3600
_WAIT_FOR_LOCK_SECONDS = 60


def window_database(folder: Path) -> Path:
    """Where the database lies under the demo's folder."""
    return folder / "window.sqlite"


def has_unfinished_write(folder: Path) -> bool:
    """Whether somebody is writing, or was killed while writing: then a read-only reader can't open the database."""
    database = window_database(folder)
    return database.with_name(f"{database.name}-journal").exists()


def record_days(folder: Path, days: Sequence[date]) -> None:
    """Record the days' cases, documents and closings in one transaction; days already there are recorded anew.

    Opening the database also rolls back what a killed writer left half done.
    """
    with closing(sqlite3.connect(window_database(folder), timeout=_WAIT_FOR_LOCK_SECONDS)) as database, database:
        database.execute("BEGIN IMMEDIATE")
        for statement in _TABLES.split(";"):
            database.execute(statement)
        for day in days:
            _forget(database, day)
            if is_working_day(day):
                _record(database, day)


def _forget(database: sqlite3.Connection, day: date) -> None:
    span = (f"{day} 00:00:00", f"{day + timedelta(days=1)} 00:00:00")
    database.execute("DELETE FROM cases WHERE accepted_at >= ? AND accepted_at < ?", span)
    database.execute("DELETE FROM documents WHERE issued_at >= ? AND issued_at < ?", span)
    database.execute("DELETE FROM day_close WHERE stat_date = ?", (day.isoformat(),))


def _record(database: sqlite3.Connection, day: date) -> None:
    database.executemany("INSERT INTO cases VALUES (?,?,?,?,?,?,?,?,?)", _cases(day))
    database.executemany("INSERT INTO documents VALUES (?,?,?,?,?,?,?)", _documents(day))
    totals = [sum(counts(measure, day).values()) for measure in (*(kind[0] for kind in _KINDS), "documents_issued")]
    database.execute("INSERT INTO day_close VALUES (?,?,?,?,?,?)", (HALL_CODE, f"{day}", f"{day} 17:45:00", *totals))


def _cases(day: date) -> Iterator[tuple[str, ...]]:
    random = Random(f"{SEED}:cases:{day}")
    names = department_names()
    for measure, kind, prefix in _KINDS:
        for number, department in enumerate(_one_by_one(measure, day), start=1):
            yield (
                f"{prefix}{day:%Y%m%d}{number:05d}",
                HALL_CODE,
                department,
                kind,
                f"{names[department]}{random.choice(_BUSINESS)}",
                *made_up(random),
                _moment(day, random),
            )


def _documents(day: date) -> Iterator[tuple[str, ...]]:
    random = Random(f"{SEED}:documents:{day}")
    for number, department in enumerate(_one_by_one("documents_issued", day), start=1):
        recipient = made_up(random)
        yield (
            f"CJ{day:%Y%m%d}{number:05d}",
            f"SL{day:%Y%m%d}{int(random.random() * 10**6):06d}",
            HALL_CODE,
            department,
            recipient.name,
            recipient.phone,
            _moment(day, random),
        )


def _one_by_one(measure: str, day: date) -> Iterator[str]:
    """A department's code as often as it counted."""
    return (code for code, count in counts(measure, day).items() for _ in range(count))


def _moment(day: date, random: Random) -> str:
    moment = datetime.combine(day, _OPENS) + timedelta(seconds=int(random.random() * _OPEN_SECONDS))
    return moment.isoformat(sep=" ")
