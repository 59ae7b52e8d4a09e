"""`python -m tests.bench.pulling WAY DAYS`: days of the hall's one database, copied or pulled; as one line of JSON.

`copy` is COPY of the counting query, read by psycopg and written to a Parquet file a day by PyArrow. `pull` asks, has
the suite judge, and lands with manifest entries. The seconds, which come first, are those after imports, as in a
worker that runs already; then the sum of what was read.
"""

from __future__ import annotations

import datetime as dt
import gc
import io
import json
import sys
import time
from collections.abc import Sequence

import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from expectations.validation import warm_up
from orchestration.config.catalogue import evidence_version, working_days
from orchestration.config.hall import HallFolder, load_hall
from orchestration.landing.manifest import Landing, Provenance
from orchestration.landing.quarantine import Quarantine
from orchestration.landing.validate_and_land import DayValidation
from orchestration.runtime.paths import current_home
from orchestration.sources.pool import Requests
from tests.bench.pulled_days import FIRST_DAY
from tests.sql_halls import COUNTS_OF_ALL, source


def copied(hall: HallFolder, days: Sequence[dt.date]) -> int:
    """Copy each day into a Parquet file of its own; the sum of the counts."""
    names = ", ".join(f"'{code}'" for code in hall.hall.sites_of("window"))
    current_home().landing.mkdir()
    return sum(_copied_day(hall, day, COUNTS_OF_ALL.replace(":halls", f"({names})")) for day in days)


def _copied_day(hall: HallFolder, day: dt.date, query: str) -> int:
    query = query.replace(":day", f"'{day}'").rstrip().removesuffix(";")
    with source(hall.folder)._engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)".encode()) as rows:
            table = pyarrow.csv.read_csv(io.BytesIO(b"".join(rows)))
    pyarrow.parquet.write_table(table, current_home().landing / f"{day}.parquet")
    total: int = pc.sum(table["count"]).as_py()
    return total


def pulled(hall: HallFolder, days: Sequence[dt.date]) -> int:
    """Pull the days as a run does; the sum of the counts."""
    (system,) = hall.hall.systems
    home = current_home()
    by = Provenance("bench", "code", evidence_version(hall.hall.systems[system]))
    validation = DayValidation(
        hall.hall, system, working_days(), Landing(home.landing), Quarantine(home.quarantine), by
    )
    requests = Requests(hall.hall.retries, at_once=8)
    requests.ask({system: source(hall.folder)}, days, lambda _system, _day: hall.hall.sites_of(system))
    results = validation.settle(requests.outcomes(system, days)).days
    requests.close()
    refused = [message for result in results for message in result.messages if not result.extract]
    assert not refused, refused
    return sum(result.extract.count_sum for result in results if result.extract)


def main(way: str, count: int) -> str:
    """Take one way; the line that it prints."""
    hall = load_hall()
    days = [FIRST_DAY + dt.timedelta(days=number) for number in range(count)]
    # As the program itself does.
    gc.set_threshold(200_000, 20, 20)
    if way == "pull":
        warm_up()
    began = time.perf_counter()
    total = {"copy": copied, "pull": pulled}[way](hall, days)
    return json.dumps([time.perf_counter() - began, {"online_accepted": total}])


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1], int(sys.argv[2]))}\n")
