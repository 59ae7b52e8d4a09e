"""The month as the manuals of Dagster, Great Expectations and dbt write it: a daily asset per hall system, each day's
frame held by a checkpoint and written to DuckDB, and the models of ../with_dlt/dbt by `DbtCliResource`.

The systems are asked by the functions of the plain script.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
import requests
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets
from filelock import FileLock

from tests.bench import plain

DAYS = dg.DailyPartitionsDefinition(start_date="2023-01-01")
COLUMNS = ["stat_date", "department_code", "item_code", "measure", "count"]
DATABASE = os.environ["BENCH_DATABASE"]
PROJECT = DbtProject(Path(__file__).parents[1] / "with_dlt" / "dbt", target_path=Path(os.environ["DBT_TARGET_PATH"]))
RULES = (
    *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in ("stat_date", "department_code", "measure", "count")),
    gxe.ExpectColumnValuesToBeBetween(column="count", min_value=0),
    gxe.ExpectColumnValuesToMatchRegex(column="department_code", regex="^D[0-9]{2}$"),
    gxe.ExpectCompoundColumnsToBeUnique(column_list=["department_code", "item_code", "measure"]),
)


def checkpoint() -> gx.Checkpoint:
    context = gx.get_context(mode="ephemeral")
    frames = context.data_sources.add_pandas("hall").add_dataframe_asset("daily_counts")
    suite = context.suites.add(gx.ExpectationSuite(name="daily_counts", expectations=list(RULES)))
    definition = gx.ValidationDefinition(
        name="day", data=frames.add_batch_definition_whole_dataframe("day"), suite=suite
    )
    return context.checkpoints.add(
        gx.Checkpoint(name="day", validation_definitions=[context.validation_definitions.add(definition)])
    )


def landed(name: str, ask: Callable[[str], pd.DataFrame]) -> dg.AssetsDefinition:
    @dg.asset(name=name, key_prefix="raw", partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
    def counts(context: dg.AssetExecutionContext) -> None:
        check = checkpoint()
        frames = []
        for day in context.partition_keys:
            frame = ask(day).assign(stat_date=day).reindex(columns=COLUMNS)
            if not frame.empty and not check.run(batch_parameters={"dataframe": frame}).success:
                raise dg.Failure(f"{name} {day}: the suite refuses it")
            frames.append(frame)
        write(name, pd.concat(frames))

    return counts


def write(table: str, counts: pd.DataFrame) -> None:
    # DuckDB takes one writer, and every step is a process.
    with FileLock(f"{DATABASE}.lock"), duckdb.connect(DATABASE) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
        connection.register("counts", counts)
        connection.execute(
            f"""CREATE OR REPLACE TABLE raw.{table} AS SELECT stat_date::DATE AS stat_date, department_code,
                item_code::VARCHAR AS item_code, measure, count::BIGINT AS count FROM counts"""
        )


def systems() -> dict[str, Callable[[str], pd.DataFrame]]:
    session = requests.Session()
    return {
        "online_platform": lambda day: plain.platform(session, day).rename(columns={"item": "item_code"}),
        "window_system": windows,
        "courier": plain.parcels,
        "call_centre": plain.calls,
        "enquiry_desks": lambda day: plain.desks(session, day),
        "rating": lambda day: plain.ratings(session, day),
        "queue": lambda day: plain.queue(session, day),
    }


def windows(day: str) -> pd.DataFrame:
    with closing(sqlite3.connect(plain.FOLDER / "window.sqlite")) as database:
        return plain.windows(database, day)


@dbt_assets(manifest=PROJECT.manifest_path, project=PROJECT)
def facts(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    yield from dbt.cli(["build"], context=context).stream()


defs = dg.Definitions(
    assets=[*(landed(name, ask) for name, ask in systems().items()), facts],
    resources={"dbt": DbtCliResource(project_dir=PROJECT, profiles_dir=str(PROJECT.project_dir))},
)
