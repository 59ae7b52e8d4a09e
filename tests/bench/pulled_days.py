"""Days of many sites from one PostgreSQL, 1,000 rows each: COPY to Parquet beside a pull, at two sizes.

What each way does, and how it takes its own time, stands in `pulling`.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from orchestration.runtime.installation import DEMO_HALL
from tests.bench.measuring import Command
from tests.bench.scenarios import Comparison, Competitor, Scenario

FIRST_DAY = dt.date(2025, 3, 3)
_FEW, _MANY = 1, 10


def pulled_days(sites: int) -> Scenario:
    """The scenario: COPY and pull of a day, and of ten days."""
    rows = sites * 1000
    return Scenario(
        "pulled_days",
        f"Days asked, judged and landed, in a running process: {sites:,} sites, {rows:,} rows a day",
        [row for days in (_FEW, _MANY) for row in (_competitor("copy", days), _competitor("pull", days))],
        (
            _rate(f"rows per second ÷ COPY's, {rows:,} rows", _FEW),
            _rate(f"rows per second ÷ COPY's, {rows * _MANY:,} rows", _MANY),
            Comparison(
                f"memory of Yuebao, {_MANY} days ÷ 1 day",
                ("pull_10", "pull_1"),
                lambda many, few: many.peak_mib / few.peak_mib,
            ),
        ),
        _database(sites),
    )


def _rate(title: str, days: int) -> Comparison:
    names = (f"pull_{days}", f"copy_{days}")
    return Comparison(title, names, lambda pull, copy: copy.seconds / pull.seconds, "{:.0%}", "≥ 60 %")


def _competitor(way: str, days: int) -> Competitor:
    def command(_state: Path) -> Command:
        return [sys.executable, "-m", "tests.bench.pulling", way, str(days)]

    title = {"copy": "COPY to Parquet", "pull": "Yuebao pull"}[way]
    title += f", {days} day{'s' * (days > 1)}"
    return Competitor(f"{way}_{days}", title, command, question=f"{days} days", times_itself=True)


def _database(sites: int) -> Callable[[Path], AbstractContextManager[dict[str, str]]]:
    @contextmanager
    def filled(folder: Path) -> Iterator[dict[str, str]]:
        from tests.servers.postgres import postgres
        from tests.sql_halls import COUNTS_OF_ALL, DAY_CLOSE_OF_ALL, hall_folder, in_postgres

        with postgres() as server:
            database = in_postgres(server)
            database.execute(*_fill(sites))
            codes = [str(510000 + number) for number in range(sites)]
            hall = hall_folder(folder / "hall", database.url, COUNTS_OF_ALL, DAY_CLOSE_OF_ALL, sites=codes)
            _write_catalogue(hall, codes)
            yield {"YUEBAO_HALL": str(hall)}

    return filled


def _fill(sites: int) -> tuple[str, ...]:
    """Statements that put 1,000 rows of each site and day into the database."""
    return (
        "DELETE FROM counts",
        "DELETE FROM day_close",
        f"""INSERT INTO counts SELECT DATE '{FIRST_DAY}' + day, (510000 + site)::text,
            'D' || lpad((item % 20)::text, 2, '0'), 'I' || lpad((item / 20)::text, 3, '0'),
            'online_accepted', site * item % 97
            FROM generate_series(0, {_MANY - 1}) day, generate_series(0, {sites - 1}) site,
            generate_series(0, 999) item""",
        "CREATE INDEX ON counts (stat_date, hall_code)",
        "INSERT INTO day_close SELECT stat_date, hall_code, sum(number), 0 FROM counts GROUP BY stat_date, hall_code",
        "ANALYZE",
    )


def _write_catalogue(hall: Path, codes: Sequence[str]) -> None:
    shutil.copytree(DEMO_HALL / "catalogue", hall / "catalogue")
    rows = "".join(f"{code},{code},county\n" for code in codes)
    (hall / "catalogue" / "sites.csv").write_text(f"hall_code,hall_name,hall_level\n{rows}", encoding="utf-8")
