"""Competitor: two facts over landed Parquet files, by polars: no check, no record, no certificate.

Runs in the virtual environment of the peers. BENCH_EXTRACTS is the glob of the files, the argument an
empty folder for state. Prints the totals as one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import polars as pl

CONTENT = ("ratings_very_satisfied", "ratings_satisfied", "ratings_fair")
SUMS = {
    "items_handled": ("online_accepted", "department_window_accepted", "comprehensive_window_accepted"),
    "ratings_all": (*CONTENT, "ratings_dissatisfied", "ratings_very_dissatisfied"),
    "ratings_content": CONTENT,
}


def run(state: Path) -> dict[str, int]:
    monthly_counts = (
        pl.scan_parquet(os.environ["BENCH_EXTRACTS"])
        .filter(pl.col("measure") != "online_open")
        .group_by("hall_code", "department_code", "measure")
        .agg(pl.col("count").sum().alias("value"))
        .collect()
    )
    alone = monthly_counts.filter(~pl.col("measure").str.starts_with("ratings_"))
    sums = [summed(monthly_counts, metric, parts) for metric, parts in SUMS.items()]
    monthly_metrics = pl.concat([by_metric(alone), *map(by_metric, sums)])
    monthly_counts.write_parquet(state / "monthly_counts.parquet")
    monthly_metrics.write_parquet(state / "monthly_metrics.parquet")
    return dict(monthly_metrics.group_by("metric").agg(pl.col("value").sum()).iter_rows())


def summed(monthly_counts: pl.DataFrame, metric: str, parts: tuple[str, ...]) -> pl.DataFrame:
    return monthly_counts.filter(pl.col("measure").is_in(parts)).with_columns(measure=pl.lit(metric))


def by_metric(monthly_counts: pl.DataFrame) -> pl.DataFrame:
    return monthly_counts.group_by("hall_code", pl.col("measure").alias("metric")).agg(pl.col("value").sum())


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(run(Path(sys.argv[1])))}\n")
