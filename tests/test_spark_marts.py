"""DuckDB and Spark make the same marts of the same inputs, whatever these hold, and count these alike."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from orchestration.config.hall import Spark
from orchestration.warehouse import duckdb_file, spark
from orchestration.warehouse.builder import _Dbt
from orchestration.warehouse.dbt_manifest import mart_grains
from orchestration.warehouse.spark import SumsOnSpark
from reports.certificates.recount import AnsweredExtract, summed_up
from tests.servers.spark import java
from tests.test_spark import QUICK
from tests.warehouse_inputs import DEPARTMENTS, HALL, OPENS, SYSTEM_MEASURES, MonthInputs, days_of

OPEN_AND_ACCEPTED = ("online_open", "online_accepted")
SITES = (HALL, "510100", "510104")
# A smaller example would be worth less than the minutes that it takes to find.
FEW = settings(
    deadline=None, max_examples=3, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
GRAINS = mart_grains()
# Of the demo hall's measures, counts and stocks and a duration, some are of the other kinds.
KINDS = {"parcels_mailed": "amount", "onsite_consultations": "distinct_declared"}


@dataclass
class Engines:
    """A warehouse of DuckDB, in which builds follow each other, and a session of Spark."""

    home: Path
    connection: duckdb.DuckDBPyConnection
    session: SparkSession

    def on_duckdb(self, variables: dict[str, Any]) -> tuple[dict[str, str], dict[str, pa.Table]]:
        """How each model went, and the marts of the month that were built."""
        dbt = _Dbt(variables, "warehouse", partial(duckdb_file.first_rows, self.connection))
        built = {result.unique_id.split(".")[-1]: result.status for result in dbt.results("run")}
        return built, {
            mart: self.connection.sql(_of_month(mart, f"main.{mart}", variables["month"])).to_arrow_table()
            for mart in GRAINS
            if built[mart] == "success"
        }

    def on_spark(self, variables: dict[str, Any]) -> tuple[dict[str, str], dict[str, pa.Table]]:
        """The same, in a catalog that holds nothing else."""
        tables = self.home / "tables"
        self.session.sql("drop schema main cascade")
        shutil.rmtree(tables, ignore_errors=True)
        self.session.sql(f"create schema main location '{tables}'")
        dbt = _Dbt(variables, "spark", partial(spark.first_rows, self.session))
        built = {result.unique_id.split(".")[-1]: result.status for result in dbt.results("run")}
        return built, {
            mart: self.connection.sql(
                _of_month(mart, f"read_parquet('{tables / mart}/part-*.parquet')", variables["month"])
            ).to_arrow_table()
            for mart in GRAINS
            if built[mart] == "success"
        }


def _of_month(mart: str, relation: str, month: str) -> str:
    of_month = "" if mart.startswith("dim_") and mart != "dim_date" else f"where month_start = date '{month}-01'"
    return f"select * from {relation} {of_month} order by {', '.join(GRAINS[mart])}"


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    java()
    home = tmp_path_factory.mktemp("engines")
    told = Spark(master="local[1]", settings=QUICK)
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("YUEBAO_HOME", str(home))
        connection = stack.enter_context(duckdb.connect(home / "warehouse.duckdb"))
        yield Engines(home, connection, stack.enter_context(spark.spark_session(told, home, home / "spark.log")))


@st.composite
def months(draw: st.DrawFn) -> MonthInputs:
    """A month of several sites that come and go, of which days are missing, closed or corrected, and counts are odd."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    inputs = MonthInputs.complete(draw(st.sampled_from(["2024-02", "2025-03"])))
    days = days_of(inputs.month)
    inputs.hall_systems = [
        {"system": system, "system_name": system, "hall_code": site, "opens": opens, **_validity(chance, days)}
        for system, opens in OPENS.items()
        for site in chance.sample(SITES, chance.randint(1, len(SITES)))
    ]
    inputs.site_hierarchy = [
        {"hall_code": site, "counted_hall_code": counted, "is_whole": chance.random() < 0.8}
        for place, site in enumerate(SITES)
        for counted in SITES[place:]
    ]
    inputs.left_out_sites = [{"hall_code": site} for site in SITES[1:] if chance.random() < 0.2]
    lines = inputs.catalogue["measures"].splitlines()
    inputs.catalogue["measures"] = "\n".join(
        line.replace(",count,", f",{KINDS[name]},") if (name := line.split(",")[0]) in KINDS else line for line in lines
    )
    inputs.catalogue["sites"] = "\n".join(
        ["hall_code,hall_name,hall_level,parent,valid_from,valid_to"]
        + [f"{site},网点{site},county,,{_iso(chance, days)},{_iso(chance, days)}" for site in SITES]
    )
    answered = draw(st.sampled_from([0.9, 1.0, 0.0]))
    boundary = days[0] - timedelta(days=1)
    for system, day in [*inputs.answers, ("online_platform", boundary)]:
        key = system, day
        inputs.answers.pop(key, None)
        if chance.random() < answered:
            inputs.answers[key] = [] if key in inputs.closed else _rows(chance, system, day)
            inputs.recorded[key] = {"halls": chance.sample(SITES, chance.randint(1, len(SITES)))}
    return inputs


def _rows(chance: random.Random, system: str, day: date) -> list[Any]:
    measures = [row["measure"] for row in SYSTEM_MEASURES if row["system"] == system]
    return [
        (
            day,
            chance.choice(SITES),
            chance.choice([*DEPARTMENTS, "D99"]),
            chance.choice([None, "A", "事项'B"]),
            chance.choice(measures),
            chance.choice([0, 1, -3, chance.randint(0, 2**52), chance.randint(0, 99)]),
        )
        for _ in range(chance.randint(0, 12))
    ]


def _iso(chance: random.Random, days: list[date]) -> str:
    return chance.choice(["", "", str(chance.choice(days))])


def _validity(chance: random.Random, days: list[date]) -> dict[str, str | None]:
    return {"valid_from": _iso(chance, days) or None, "valid_to": _iso(chance, days) or None}


def same_marts(engines: Engines, inputs: MonthInputs) -> dict[str, str]:
    """How each model went on both engines."""
    variables = {"month": inputs.month, "inputs": str(inputs.write(engines.home))}
    went, marts = engines.on_duckdb(variables)
    on_spark, of_spark = engines.on_spark(variables)
    assert on_spark == went
    for name, mart in marts.items():
        assert of_spark[name].equals(mart), name
    return went


def same_counts(engines: Engines, inputs: Path, folder: Path) -> dict[str, Decimal]:
    """By measure the sum of the rows that count of a month's written inputs, which is the same on both engines."""
    listed = pq.read_table(inputs / "extracts.parquet").to_pylist()
    extracts = [
        AnsweredExtract(row["system"], str(row["stat_date"]), Path(row["path"]), ("online_open",), row["halls"])
        for row in listed
        if row["state"] == "answered"
    ]
    columns = ["department_code", "item_code"]
    sums = SumsOnSpark(engines.session, folder)
    counted = (summed_up(extracts, {"online_open"}, columns, *rows) for rows in ((), (sums,)))
    on_duckdb, on_spark = (table.sort_by([(name, "ascending") for name in table.column_names]) for table in counted)
    assert on_spark.equals(on_duckdb)
    by_measure = on_duckdb.group_by("measure").aggregate([("count", "sum")])
    return dict(zip(*by_measure.to_pydict().values(), strict=True))


def same_marts_and_counts(engines: Engines, inputs: MonthInputs) -> None:
    same_marts(engines, inputs)
    with TemporaryDirectory() as folder:
        same_counts(engines, inputs.write(engines.home), Path(folder))


@FEW
@given(inputs=months())
def test_marts_and_counts_are_the_same(engines: Engines, inputs: MonthInputs) -> None:
    same_marts_and_counts(engines, inputs)


@pytest.mark.proof
@settings(FEW, max_examples=100)
@given(inputs=months())
def test_marts_and_counts_of_many_months_are_the_same(engines: Engines, inputs: MonthInputs) -> None:
    same_marts_and_counts(engines, inputs)


def test_files_of_any_name_are_counted_alike(engines: Engines, tmp_path: Path) -> None:
    """Also sums that no count of 64 bits holds."""
    inputs = MonthInputs("2024-02")
    for day in days_of(inputs.month)[:3]:
        key = "online_platform", day
        inputs.answers[key] = [(day, HALL, "D01", None, measure, 2**62) for measure in OPEN_AND_ACCEPTED]
        inputs.recorded[key] = {"count_sum": 0}
    written = inputs.write(tmp_path / "a b%20+#'\" 中;&=~")
    (tmp_path / "sums").mkdir()
    assert same_counts(engines, written, tmp_path / "sums") == {"online_open": 2**62, "online_accepted": 3 * 2**62}


def test_a_count_that_is_null_fails_on_both(engines: Engines) -> None:
    inputs = MonthInputs.complete("2025-03")
    key = "courier", date(2025, 3, 12)
    inputs.answers[key] = [(*inputs.answers[key][0][:-1], None)]  # type: ignore[list-item]
    assert same_marts(engines, inputs)["fct_daily_counts"] == "error"
