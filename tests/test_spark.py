"""Months built on Spark: the same facts to the byte, and what keeps Spark from building said in one message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from orchestration.warehouse.builder import BUILDER
from orchestration.warehouse.facts import build_facts
from orchestration.warehouse.month import open_month
from reports.files import digests
from tests.servers.spark import free_port, java
from tests.small_halls import SmallHall

MONTH = "2025-01"
# One task at a time, planned once and not compiled: what a small month takes is planning.
QUICK = {
    "spark.default.parallelism": "1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> SmallHall:
    """A hall on DuckDB whose first month is landed."""
    hall = SmallHall.begun(tmp_path_factory.mktemp("hall"))
    hall.drop_month(MONTH)
    assert hall.run("pull", f"{MONTH}-01..{MONTH}-31").exit_code == 0
    return hall


@pytest.fixture(scope="module")
def certified(begun: SmallHall, tmp_path_factory: pytest.TempPathFactory) -> SmallHall:
    """The hall on Spark, with its month certified."""
    java()
    hall = begun.copy(tmp_path_factory.mktemp("certified") / "hall")
    on_spark(hall)
    reported = hall.run("report", MONTH)
    assert reported.exit_code == 0, reported.output
    return hall


@pytest.fixture
def hall(begun: SmallHall, tmp_path: Path) -> SmallHall:
    return begun.copy(tmp_path / "copy")


def on_spark(hall: SmallHall, more: Mapping[str, str] = QUICK, **changed: str | int) -> None:
    """Have months built on Spark, in a Java process of this machine unless something else is said."""
    path = hall.folder / "hall.toml"
    path.write_text(spark_settings(path.read_text("utf-8"), more, **{"master": "local[1]", **changed}), "utf-8")


def spark_settings(text: str, more: Mapping[str, str], **settings: str | int) -> str:
    """A hall.toml that names Spark, how it is reached, and what it is told."""
    own, table = (
        "\n".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in values.items())
        for values in (settings, more)
    )
    return f'engine = "spark"\n{text}\n[spark]\n{own}\n[spark.settings]\n{table}\n'


def facts(published: Path) -> dict[str, bytes]:
    """The published marts, by name."""
    return {path.name: path.read_bytes() for path in (published / "facts").glob("*.parquet")}


def certificate(hall: SmallHall) -> dict[str, Any]:
    (path,) = (hall.home / "certificates").glob("*.json")
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def test_a_month_is_the_same_on_spark(certified: SmallHall, hall: SmallHall) -> None:
    """Also when it is rebuilt there."""
    assert hall.run("report", MONTH).exit_code == 0
    published, of_spark = (each.home / "published" / MONTH for each in (hall, certified))
    assert facts(of_spark) == facts(published)

    one, other = (certificate(each)["candidate"] for each in (hall, certified))
    engines = json.loads((certified.home / "evidence" / other["evidence"].pop("engines")).read_bytes())
    assert engines == {"built": f"spark {version('pyspark')}", "recounted": f"spark {version('pyspark')}"}
    for evidence in (one["evidence"], other["evidence"]):
        evidence.pop("engines", None)
        evidence.pop("settings")  # hall.toml names the engine
    assert other == one
    assert certified.run("verify", "--recount").exit_code == 0
    rebuilt = certified.run("rebuild", MONTH)
    assert rebuilt.exit_code == 0, rebuilt.output


@pytest.mark.proof
def test_a_certified_month_is_planned_by_a_build_on_spark(certified: SmallHall, tmp_path: Path) -> None:
    hall = certified.copy(tmp_path / "copy")
    planned = hall.run("plan", MONTH, "--build")
    assert planned.stdout == f"{MONTH} r1 certified: no difference\nmonths: 1, no difference\n"

    hall.edit("catalogue/metrics.csv", ("accepted,1,受理,", "accepted,1,收件,"))
    planned = hall.run("plan", MONTH, "--build")
    assert "; metric_name 受理 → 收件" in planned.stdout


def test_chosen_models_leave_what_is_published_as_it_is(
    certified: SmallHall, hall: SmallHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hall.run("report", MONTH).exit_code == 0
    for each in (hall, certified):
        for name, value in each.environment.items():
            monkeypatch.setenv(name, value)
        month = open_month(MONTH)
        before = digests(month.folder)
        built = build_facts(month, ["yuebao.marts.dim_metric"], "run")
        assert "model.yuebao.dim_metric" in {result.unique_id for result in built}
        assert {result.status for result in built} <= {"success", "pass", "not_applicable"}
        assert digests(month.folder) == before
        assert list(month.home.builds.iterdir()) == []


def test_what_keeps_spark_from_starting_is_one_message(hall: SmallHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BUILDER, "call", lambda function, *arguments: function(*arguments))
    closed = f"spark://127.0.0.1:{free_port()}"
    own = hall.folder / "hall.toml"
    of_duckdb = own.read_text()

    on_spark(hall)
    with monkeypatch.context() as patched:
        patched.setattr("orchestration.warehouse.spark.find_spec", lambda _: None)
        assert "`pip install --require-hashes -r requirements-spark.lock`" in refused(hall)
    assert "there is no java in JAVA_HOME (/nowhere)" in refused(hall, JAVA_HOME="/nowhere")
    odd = str(hall.folder / "state [1]")
    assert "has [ ] in its name, which Spark takes for a pattern; next: " in refused(hall, YUEBAO_HOME=odd)

    own.write_text(of_duckdb)
    on_spark(hall, master=closed)
    assert f"the Spark master {closed} can't be reached" in refused(hall)

    own.write_text(f'engine = "sprak"\n{of_duckdb}')
    assert "key engine: Input should be 'duckdb' or 'spark'" in refused(hall)

    own.write_text(of_duckdb)
    assert hall.run("report", MONTH).exit_code == 0
    assert list((hall.home / "builds").iterdir()) == []


def test_a_month_that_spark_cannot_count_again_is_not_sealed(hall: SmallHall) -> None:
    """It was built on DuckDB: what is counted before sealing is counted by the engine of today."""
    own = hall.folder / "hall.toml"
    of_duckdb, closed = own.read_text(), f"spark://127.0.0.1:{free_port()}"
    assert hall.run("report", MONTH, "--draft").exit_code == 0

    on_spark(hall, master=closed)
    refusal = hall.run("certify", MONTH)
    assert refusal.exit_code == 1, refusal.output
    assert f"the Spark master {closed} can't be reached" in refusal.output
    assert not list((hall.home / "certificates").glob("*.json"))
    assert list((hall.home / "builds").iterdir()) == []

    own.write_text(of_duckdb)
    assert hall.run("certify", MONTH).exit_code == 0
    assert certificate(hall)


def refused(hall: SmallHall, **variables: str) -> str:
    """What `report` says of a mistake, in a month of which nothing is published."""
    done = hall.run("report", MONTH, **variables)
    assert done.exit_code in {1, 2}, done.output
    assert "Traceback" not in done.output
    assert not (hall.home / "published" / MONTH).exists()
    return done.output
