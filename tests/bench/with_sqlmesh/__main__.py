"""Competitor: two facts and their audits over landed Parquet files, by `sqlmesh plan` on a fresh DuckDB file.

Runs in a virtual environment of its own. BENCH_EXTRACTS is the glob of the files, the argument an
empty folder for state. Prints the totals as one line of JSON. What SQLMesh keeps of a project's parsed models
stays beside the environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb

SQLMESH = Path(sys.executable).with_name("sqlmesh")
PROJECT = Path(__file__).parent


def run(state: Path) -> dict[str, int]:
    database = state / "month.duckdb"
    subprocess.run(
        [SQLMESH, "--paths", PROJECT, "--log-file-dir", state, "plan", "--auto-apply", "--no-prompts"],
        env={
            **os.environ,
            "BENCH_DATABASE": str(database),
            "BENCH_CACHE": str(Path(sys.prefix, "sqlmesh_cache")),
        },
        stdout=sys.stderr,
        check=True,
    )
    with duckdb.connect(str(database), read_only=True) as connection:
        question = "SELECT metric, sum(value)::BIGINT FROM facts.monthly_metrics GROUP BY metric"
        return dict(connection.execute(question).fetchall())


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(run(Path(sys.argv[1])))}\n")
