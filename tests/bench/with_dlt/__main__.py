"""Competitor (b): the month with dlt and dbt, as their documentation writes it: load with dlt, then `dbt build`.

Runs in a virtual environment of its own. Arguments: the month, and an empty folder for state. Prints the totals as
one line of JSON. dbt's parsed project stays beside the environment from run to run, as Yuebao keeps its manifest.
"""

from __future__ import annotations

import calendar
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
from pull import pull

DBT = Path(sys.executable).with_name("dbt")
DBT_PROJECT = Path(__file__).with_name("dbt")
KEPT = Path(sys.prefix, "dbt_target")


def run(month: str, state: Path) -> dict[str, int]:
    year, number = map(int, month.split("-"))
    days = [f"{month}-{day:02d}" for day in range(1, calendar.monthrange(year, number)[1] + 1)]
    database = state / "hall.duckdb"
    pull(database, state / "pipelines", days)
    options = {"project-dir": DBT_PROJECT, "profiles-dir": DBT_PROJECT, "target-path": KEPT, "log-path": state}
    subprocess.run(
        [DBT, "build", *(f"--{name}={path}" for name, path in options.items())],
        env={**os.environ, "BENCH_DATABASE": str(database)},
        stdout=sys.stderr,
        check=True,
    )
    with duckdb.connect(str(database), read_only=True) as connection:
        return dict(connection.execute("SELECT metric, value FROM main.monthly_metrics").fetchall())


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(run(sys.argv[1], Path(sys.argv[2])))}\n")
