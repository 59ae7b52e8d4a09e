"""Competitor: two facts over landed Parquet files, by DuckDB and hand-written SQL: no check, no record, no certificate.

BENCH_EXTRACTS is the glob of a month's files, or those of several months, apart by `os.pathsep`; the argument is an
empty folder for state. Prints the totals as one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

import duckdb

MONTHLY_COUNTS = """
    CREATE OR REPLACE TABLE monthly_counts AS
    SELECT hall_code, department_code, measure, sum(count)::BIGINT AS value
    FROM read_parquet($extracts) WHERE measure <> 'online_open' GROUP BY ALL
"""
MONTHLY_METRICS = """
    CREATE OR REPLACE TABLE monthly_metrics AS
    SELECT hall_code, measure AS metric, sum(value)::BIGINT AS value FROM monthly_counts
    WHERE NOT starts_with(measure, 'ratings_') GROUP BY ALL
    UNION ALL
    SELECT hall_code, 'items_handled', sum(value)::BIGINT FROM monthly_counts
    WHERE measure IN ('online_accepted', 'department_window_accepted', 'comprehensive_window_accepted')
    GROUP BY ALL
    UNION ALL
    SELECT hall_code, 'ratings_all', sum(value)::BIGINT FROM monthly_counts
    WHERE starts_with(measure, 'ratings_') GROUP BY ALL
    UNION ALL
    SELECT hall_code, 'ratings_content', sum(value)::BIGINT FROM monthly_counts
    WHERE measure IN ('ratings_very_satisfied', 'ratings_satisfied', 'ratings_fair') GROUP BY ALL
"""


def run(state: Path) -> dict[str, int]:
    totals: Counter[str] = Counter()
    with duckdb.connect() as connection:
        for extracts in os.environ["BENCH_EXTRACTS"].split(os.pathsep):
            totals += Counter(month(connection, extracts, state))
    return totals


def month(connection: duckdb.DuckDBPyConnection, extracts: str, state: Path) -> dict[str, int]:
    connection.execute(MONTHLY_COUNTS, {"extracts": extracts})
    connection.execute(MONTHLY_METRICS)
    for fact in ("monthly_counts", "monthly_metrics"):
        connection.execute(f"COPY {fact} TO '{state / fact}.parquet'")
    question = "SELECT metric, sum(value)::BIGINT FROM monthly_metrics GROUP BY metric"
    return dict(connection.execute(question).fetchall())


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(run(Path(sys.argv[1])))}\n")
