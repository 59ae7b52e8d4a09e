"""Competitor: the month by the frameworks' own plain commands, two `dg launch` on a fresh SQLite home.

Arguments: the month, and an empty folder for state. Prints the totals as one line of JSON. dbt's manifest is made
beside that folder where it isn't there yet, and stays from round to round, as Yuebao keeps its own.
"""

from __future__ import annotations

import calendar
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[3]
PROJECT = Path(__file__).parents[1] / "with_dlt" / "dbt"
COMMANDS = Path(sys.executable).parent
LAUNCH: list[str | Path] = [
    COMMANDS / "dg",
    "launch",
    "--working-directory",
    ROOT,
    "--module-name",
    "tests.bench.with_dagster.definitions",
]


def run(month: str, state: Path) -> dict[str, int]:
    """Land the month's days, build its facts, and read the totals."""
    year, number = map(int, month.split("-"))
    home, database, kept = state / "dagster", state / "hall.duckdb", state.with_name("dbt_target")
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    os.environ |= {"DAGSTER_HOME": str(home), "BENCH_DATABASE": str(database), "DBT_TARGET_PATH": str(kept)}
    os.environ["PATH"] = os.pathsep.join([str(COMMANDS), os.environ["PATH"]])
    if not (kept / "manifest.json").exists():
        called("dbt", "parse", "--project-dir", PROJECT, "--profiles-dir", PROJECT, "--log-path", state)
    days = f"{month}-01...{month}-{calendar.monthrange(year, number)[1]}"
    called(*LAUNCH, "--assets", "key:raw/*", "--partition-range", days)
    called(*LAUNCH, "--assets", "kind:dbt")
    with duckdb.connect(str(database), read_only=True) as connection:
        return dict(connection.execute("SELECT metric, value FROM main.monthly_metrics").fetchall())


def called(*command: str | Path) -> None:
    subprocess.run(command, stdout=sys.stderr, check=True)


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(run(sys.argv[1], Path(sys.argv[2])))}\n")
