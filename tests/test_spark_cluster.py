"""Months built by a standalone Spark master and its workers, also when workers are lost or of no use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.bench.demo_month import MONTH as MONTH_OF_MANY
from tests.bench.landed_month import opened, with_landing
from tests.bench.setting_up import ROOT
from tests.servers.spark import SparkCluster, spark_cluster
from tests.small_halls import SmallHall
from tests.test_spark import MONTH, facts, on_spark, refused, spark_settings

# A smaller version of it, in one process, is tests/test_spark.py.
pytestmark = pytest.mark.proof
OURS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.executor.memory": "600m",
    "spark.sql.shuffle.partitions": "2",
}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SparkCluster]:
    with spark_cluster(tmp_path) as begun:
        yield begun


@pytest.fixture
def hall(tmp_path: Path) -> SmallHall:
    """A hall whose first month is landed."""
    hall = SmallHall.begun(tmp_path / "hall")
    hall.drop_month(MONTH)
    assert hall.run("pull", f"{MONTH}-01..{MONTH}-31").exit_code == 0
    return hall


def begun(home: Path) -> bool:
    """Whether a table of facts is being written."""
    return any((home / "builds").glob("*/spark/tables/fct_completeness"))


def test_a_cluster_that_is_of_no_use_publishes_nothing(hall: SmallHall, cluster: SparkCluster) -> None:
    on_spark(hall, OURS, master=cluster.url, patience=15)
    assert f"the Spark master {cluster.url} gave no worker in 15 s" in refused(hall)

    unseen = f'mount -t tmpfs none {hall.home} && exec "$@"'
    cluster.add_worker("unshare", "-m", "sh", "-c", unseen, "worker")
    assert f"a Spark worker doesn't see {hall.home / 'builds'}" in refused(hall)

    cluster.kill(cluster.workers)
    cluster.add_worker()
    done = hall.run("report", MONTH)
    assert done.exit_code == 0, done.output


def test_when_the_last_worker_is_killed_nothing_is_published(hall: SmallHall, cluster: SparkCluster) -> None:
    on_spark(hall, OURS, master=cluster.url, patience=15)
    cluster.add_worker()
    with cluster.killed_once(partial(begun, hall.home), cluster.workers):
        assert f"the Spark master {cluster.url} had no worker left for 15 s" in refused(hall)
    cluster.add_worker()
    done = hall.run("report", MONTH)
    assert done.exit_code == 0, done.output
    assert set(facts(hall.home / "published" / MONTH)) >= {"fct_daily_counts.parquet"}


def test_when_the_last_worker_is_killed_in_the_count_before_sealing_nothing_is_sealed(
    hall: SmallHall, cluster: SparkCluster
) -> None:
    assert hall.run("report", MONTH, "--draft").exit_code == 0
    on_spark(hall, OURS, master=cluster.url, patience=15)
    cluster.add_worker()
    with cluster.killed_once((hall.home / "builds" / "recount-spark" / "spark" / "sums").exists, cluster.workers):
        lost = hall.run("certify", MONTH)
    assert lost.exit_code == 1, lost.output
    assert f"the Spark master {cluster.url} had no worker left for 15 s" in lost.output
    assert "Traceback" not in lost.output
    assert not list((hall.home / "certificates").glob("*.json"))
    assert list((hall.home / "builds").iterdir()) == []
    cluster.add_worker()
    done = hall.run("certify", MONTH)
    assert done.exit_code == 0, done.output


def test_a_month_of_205_sites_is_the_same_though_a_worker_is_killed(tmp_path: Path, cluster: SparkCluster) -> None:
    duckdb, spark = tmp_path / "duckdb", tmp_path / "spark"
    cluster.add_worker()
    cluster.add_worker()
    with opened(205, [MONTH_OF_MANY])(tmp_path) as variables:
        report(duckdb, variables)
        settings = tmp_path / "hall" / "hall.toml"
        settings.write_text(spark_settings(settings.read_text("utf-8"), OURS, master=cluster.url), "utf-8")
        with cluster.killed_once(partial(begun, spark), cluster.workers[:1]):
            report(spark, variables)
    published, of_spark = (home / "published" / MONTH_OF_MANY for home in (duckdb, spark))
    assert facts(of_spark) == facts(published)


def report(home: Path, variables: Mapping[str, str]) -> None:
    """Build and certify the month from what is landed beside the state folder."""
    with_landing(home)
    environment = {**os.environ, **variables, "YUEBAO_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}
    command = [str(Path(sys.executable).with_name("yuebao")), "report", "--no-pull", MONTH_OF_MANY]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
