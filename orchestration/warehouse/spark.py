"""Spark as the engine of a build and of the count before sealing: a session with a catalog of its own, and whether its
workers are of use.

dbt-spark runs its SQL in the session that is open. Nothing but SQL runs on workers, so that they need no Python.
pyspark is imported where something runs on Spark.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.config.hall import Spark
from orchestration.runtime.errors import UserError
from orchestration.warehouse.dbt_manifest import mart_grains
from reports.certificates.recount import RecountError, listed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# The schema of profiles.yml, in which all relations of a build are.
_SCHEMA = "main"
_SETTINGS = {
    "spark.app.name": "yuebao",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    # By its size on disk Spark would take a month's counts, whose columns hold few values, for small enough to be sent
    # to every worker whole.
    "spark.sql.sources.fileCompressionFactor": "100.0",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
# What Spark does within one process needs no network.
_LOCAL = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
_DIAL, _PAUSE = 5.0, 0.5
# Of daily counts, the columns that are text.
_TEXTS = ("hall_code", "department_code", "item_code", "measure")
_OF_PATTERNS = frozenset("*?[]{},:\\")
_RUN_AGAIN = "nothing was published or certified; run the same again"


class SparkError(UserError):
    """Spark can't be used as it is set up; the message says what to mend."""


@contextmanager
def spark_session(settings: Spark, folder: Path, log: Path) -> Iterator[SparkSession]:
    """A session for one build or count, whose tables lie in a folder.

    Args:
        settings: The master, and what else Spark is told.
        folder: Empty, and seen by every worker under the same path.
        log: Where Spark's own log is added to.

    Raises:
        SparkError: Spark or Java isn't installed, the master can't be reached, no worker came or the last one was lost,
            a worker doesn't see the folder, or it has a name that Spark takes for a pattern.
    """
    require_usable(settings)
    _require_plain(folder, log)
    session = _begin(settings, folder, log)
    try:
        if not _is_local(settings.master):
            _require_workers(session, settings)
            _require_shared(session, folder)
        tables = str(folder / "tables").replace("\\", r"\\").replace("'", r"\'")
        session.sql(f"create schema {_SCHEMA} location '{tables}'")
        with _watched(session, settings):
            yield session
    finally:
        _end(session)


def first_rows(session: SparkSession, query: str, most: int) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    """The columns of a query, and its first rows in the order of these."""
    found = session.sql(query)
    ordered = found.orderBy([found[name].asc_nulls_last() for name in found.columns]).limit(most)
    return found.columns, [tuple(row) for row in ordered.collect()]


@dataclass(frozen=True)
class SumsOnSpark:
    """Sums rows of daily counts on Spark, and leaves the sums in an empty folder, as `Rows` of the recount."""

    session: SparkSession
    folder: Path

    def __call__(self, paths: Sequence[str], columns: Sequence[str], closing: Collection[str], *, stocks: bool) -> str:
        """As `Rows`; RecountError where a file can't be read."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import functions as spark

        sums = self.folder / str(len(list(self.folder.iterdir())))
        declared = ", ".join([*(f"{column} string" for column in _TEXTS), "count bigint"])
        is_stock = spark.col("measure").isin(*closing)
        try:
            (
                self.session.read.schema(declared)
                .parquet(*paths)
                .where(is_stock if stocks else ~is_stock)
                .withColumn("path", spark.col("_metadata.file_path"))
                .groupBy(*columns)
                .agg(
                    spark.sum(spark.col("count").cast("decimal(38, 0)")).alias("count"),
                    spark.count("*").alias("row_count"),
                )
                .write.parquet(str(sums))
            )
        except (PySparkException, Py4JError) as error:
            raise RecountError(f"the extracts can't be counted again: {_first_line(error)}") from error
        # file:/a%20path
        told = ["url_decode(path[6:]) as path" if column == "path" else column for column in columns]
        parts = listed(sorted(map(str, sums.glob("part-*.parquet"))))
        return f'select {", ".join(told)}, "count", row_count from read_parquet([{parts}])'  # noqa: S608


def join_parts(marts: Path, folder: Path, month: str, metadata: Mapping[str, Mapping[str, str]]) -> None:
    """Make one file of the parts of each mart, the same to the byte as DuckDB's own `copy` writes (publish_marts.sql).

    They go through a table, and are filtered and ordered as there: what DuckDB knows of the rows is written with them.

    Args:
        marts: A folder of parts for each mart.
        folder: Gets `<mart>.parquet`.
        month: YYYY-MM.
        metadata: By mart, keys and values that go with its file.
    """
    import duckdb

    grains = mart_grains()
    with duckdb.connect(marts.with_name("joined.duckdb")) as connection:
        for mart in sorted(marts.iterdir()):
            parts = connection.read_parquet(sorted(map(str, mart.glob("part-*.parquet"))))
            parts.create(mart.name)
            of_month = f"where month_start = date '{month}-01'" if "month_start" in parts.columns else ""
            told = ", ".join(
                f"{listed([key])}: {listed([value])}" for key, value in metadata.get(mart.name, {}).items()
            )
            options = f"format parquet, kv_metadata {{{told}}}" if told else "format parquet"
            target = listed([str(folder / f"{mart.name}.parquet")])
            rows = f"select * from {mart.name} {of_month} order by {', '.join(grains[mart.name])}"  # noqa: S608
            connection.execute(f"copy ({rows}) to {target} ({options})")


def _is_local(master: str) -> bool:
    return master.startswith("local")


def require_usable(settings: Spark) -> None:
    """SparkError unless Spark and Java are installed, and the master takes a connection; no session is opened."""
    _require_installed()
    _require_reachable(settings.master)


def _require_plain(*paths: Path) -> None:
    """SparkError where Spark would take a path for a pattern, those of its own tables included."""
    for path in map(str, paths):
        if found := "".join(sorted(_OF_PATTERNS.intersection(path))):
            raise SparkError(
                f"{path} has {' '.join(found)} in its name, which Spark takes for a pattern; next: name another state "
                "folder (YUEBAO_HOME), and for `yuebao rebuild` another one for temporary files (TMPDIR)"
            )


def _require_installed() -> None:
    if not (find_spec("pyspark") and find_spec("dbt.adapters.spark")):
        raise SparkError(
            'hall.toml has engine = "spark", and dbt-spark and pyspark aren\'t installed here; next: '
            '`pip install --require-hashes -r requirements-spark.lock`, or engine = "duckdb"'
        )
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=str(Path(home, "bin")) if home else None):
        where = f"in JAVA_HOME ({home})" if home else "on the PATH, and JAVA_HOME isn't set"
        raise SparkError(
            f'hall.toml has engine = "spark", and there is no java {where}; next: install Java 17 (on Debian: apt-get '
            'install openjdk-17-jre-headless), or engine = "duckdb"'
        )


def _require_reachable(master: str) -> None:
    """SparkError where no address of a standalone master takes a connection: Spark itself would ask for a minute."""
    addresses = re.findall(r"([^/,\s]+):(\d+)", master) if master.startswith("spark://") else []
    faults = []
    for host, port in addresses:
        try:
            socket.create_connection((host, int(port)), timeout=_DIAL).close()
        except OSError as error:
            faults.append(f"{host}:{port}: {error}")
        else:
            return
    if faults:
        raise SparkError(
            f"the Spark master {master} can't be reached ({'; '.join(faults)}); next: see that it runs, and that "
            "`master` under [spark] of hall.toml names it"
        )


def _begin(settings: Spark, folder: Path, log: Path) -> SparkSession:
    """A session in a Java process that is started unless one of this process still runs."""
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    told = {
        **_SETTINGS,
        **(_LOCAL if _is_local(settings.master) else {}),
        **settings.settings,
        "spark.master": settings.master,
        "spark.sql.warehouse.dir": str(folder),
    }
    gateway = _running_gateway()
    configuration = SparkConf(loadDefaults=False).setAll(list(told.items()))
    try:
        if gateway is None:
            with log.open("ab") as output:
                started = {"stdout": output, "stderr": output}
                gateway = launch_gateway(configuration, started)  # type: ignore[no-untyped-call]
        return SparkSession(SparkContext(conf=configuration, gateway=gateway))
    except (PySparkException, Py4JError) as error:
        raise SparkError(f"Spark doesn't start: {_first_line(error)}; next: read {log}") from None


def _running_gateway() -> Any:
    """The connection to this process's Java, if there is one that hasn't ended."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway  # noqa: SLF001
    if gateway is not None and gateway.proc.poll() is not None:
        SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001
        return None
    return gateway


def _end(session: SparkSession) -> None:
    """Stop the session, also where nothing of it is left."""
    with suppress(Exception):
        session.stop()


def _workers(session: SparkSession) -> int:
    """How many executors there are."""
    return int(session.sparkContext._jsc.sc().getExecutorMemoryStatus().size()) - 1  # noqa: SLF001


def _require_workers(session: SparkSession, settings: Spark) -> None:
    deadline = time.monotonic() + settings.patience
    while not _workers(session):
        if time.monotonic() > deadline:
            raise SparkError(
                f"the Spark master {settings.master} gave no worker in {settings.patience:g} s; next: see on its page "
                "that workers are alive and have cores and memory left"
            )
        time.sleep(_PAUSE)


def _require_shared(session: SparkSession, folder: Path) -> None:
    """SparkError unless workers read what is written here, and what they write is read here."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    ours, theirs = folder / "ours.parquet", folder / "theirs"
    count = 4 * session.sparkContext.defaultParallelism
    pq.write_table(pa.table({"seen": [1]}), ours)
    try:
        session.range(0, count, 1, count).crossJoin(session.read.parquet(str(ours))).write.parquet(str(theirs))
        written = sum(pq.ParquetFile(part).metadata.num_rows for part in theirs.glob("part-*.parquet"))
    except (PySparkException, Py4JError):
        written = 0
    if written != count:
        raise SparkError(
            f"a Spark worker doesn't see {folder}, or may not write there; next: the state folder (YUEBAO_HOME), and "
            "for `yuebao rebuild` the folder for temporary files (TMPDIR), have to be shared with every worker under "
            "the same path and for the same user"
        )


@contextmanager
def _watched(session: SparkSession, settings: Spark) -> Iterator[None]:
    """End all jobs where every worker is gone for too long, and say so: Spark itself waits for ever."""
    ended, lost = threading.Event(), threading.Event()

    def watch() -> None:
        seen = time.monotonic()
        while not ended.wait(_PAUSE):
            with suppress(Exception):  # of a session that is being stopped
                if _workers(session):
                    seen = time.monotonic()
            if time.monotonic() - seen > settings.patience:
                lost.set()
                with suppress(Exception):
                    session.sparkContext.cancelAllJobs()

    if not _is_local(settings.master):
        threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        # Whatever else was raised followed from it.
        if lost.is_set():
            raise SparkError(
                f"the Spark master {settings.master} had no worker left for {settings.patience:g} s; "
                f"{_RUN_AGAIN} once its page shows workers alive"
            )
        if fault := _fault_of(session):
            raise SparkError(f"{fault}; {_RUN_AGAIN}")


def _fault_of(session: SparkSession) -> str:
    """Why a session is of no more use, or an empty text."""
    if _running_gateway() is None:
        return "Spark's own process (java) was ended from outside; see whether memory ran short (`journalctl -k`)"
    if session.sparkContext._jsc.sc().isStopped():  # noqa: SLF001
        return "the Spark master ended the application; its page says why"
    return ""


def _first_line(error: object) -> str:
    """What an error of Spark says, without the traces of its own program that follow."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
