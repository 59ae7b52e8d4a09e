"""A reader of published numbers, as users are: reads, waits, reads again, until a file appears.

Arguments: how (`duckdb`, `polars` or `numbers`), what (the published fact's file, or the command), and the file that
ends it. Prints one line of JSON: the seconds of each read, and the different answers that it got.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

# Between the reads of one reader; a command is a process that starts anew.
PAUSES = {"duckdb": 0.5, "polars": 0.5, "numbers": 5.0}
Read = Callable[[], str]


def with_duckdb(fact: str) -> Read:
    import duckdb

    def read() -> str:
        with duckdb.connect() as connection:
            question = f"SELECT sum(monthly_count)::BIGINT FROM '{fact}' WHERE measure = 'online_accepted'"
            return str(connection.execute(question).fetchall()[0][0])

    return read


def with_polars(fact: str) -> Read:
    import polars as pl

    def read() -> str:
        accepted = pl.scan_parquet(fact).filter(pl.col("measure") == "online_accepted")
        return str(accepted.select(pl.col("monthly_count").sum()).collect().item())

    return read


def with_numbers(command: str) -> Read:
    def read() -> str:
        asked = [command, "numbers", "online_accepted", "--month", "2025-03", "--format", "csv"]
        said = subprocess.run(asked, check=True, capture_output=True, text=True, encoding="utf-8").stdout
        (number,) = csv.DictReader(said.splitlines())
        return number["exact"]

    return read


READERS = {"duckdb": with_duckdb, "polars": with_polars, "numbers": with_numbers}


def pause(seconds: float, end: Path) -> None:
    over = time.monotonic() + seconds
    while time.monotonic() < over and not end.exists():
        time.sleep(0.1)


def run(how: str, what: str, end: Path) -> str:
    read = READERS[how](what)
    seconds: list[float] = []
    answers: set[str] = set()
    while not (seconds and end.exists()):
        began = time.perf_counter()
        answers.add(read())
        seconds.append(time.perf_counter() - began)
        pause(PAUSES[how], end)
    return json.dumps({"seconds": seconds, "answers": sorted(answers)})


if __name__ == "__main__":
    sys.stdout.write(f"{run(sys.argv[1], sys.argv[2], Path(sys.argv[3]))}\n")
