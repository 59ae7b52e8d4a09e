"""Competitor: two facts over landed Parquet files, by polars: no check, no record, no certificate.

Runs in the virtual environment of the peers. BENCH_EXTRACTS is the glob of the files, the argument an
empty folder for state. Prints the nine totals as one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import polars as pl

HANDLED = ("online_accepted", "department_window_accepted", "comprehensive_window_accepted")


def run(state: Path) -> dict[str, int]:
    monthly_counts = (
        pl.scan_parquet(os.environ["BENCH_EXTRACTS"])
        .filter(pl.col("measure") != "online_open")
        .group_by("hall_code", "department_code", "measure")
        .agg(pl.col("count").sum().alias("value"))
        .collect()
    )
    monthly_metrics = pl.concat([by_metric(monthly_counts), by_metric(handled(monthly_counts))])
    monthly_counts.write_parquet(state / "monthly_counts.parquet")
    monthly_metrics.write_parquet(state / "monthly_metrics.parquet")
    return dict(monthly_metrics.group_by("metric").agg(pl.col("value").sum()).iter_rows())


def handled(monthly_counts: pl.DataFrame) -> pl.DataFrame:
    return monthly_counts.filter(pl.col("measure").is_in(HANDLED)).with_columns(measure=pl.lit("items_handled"))


def by_metric(monthly_counts: pl.DataFrame) -> pl.DataFrame:
    return monthly_counts.group_by("hall_code", pl.col("measure").alias("metric")).agg(pl.col("value").sum())


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(run(Path(sys.argv[1])))}\n")
