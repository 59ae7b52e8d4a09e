"""Runs dbt in a process of its own, which imports it and parses the project beside the systems that are asked.

dagster-dbt's own way starts dbt as a command for each build, which costs more than the build itself.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.config.hall import Engine, Spark, load_own_hall
from orchestration.runtime.guard import LEAST_ROOM, locked, require_room, size_of
from orchestration.runtime.left_overs import owned
from orchestration.runtime.paths import current_home
from orchestration.runtime.worker import Worker
from orchestration.warehouse.dbt_manifest import BuildTarget, DbtError, dbt_arguments, dbt_flags, parsed_project
from reports.figures.readiness import FailingRow

if TYPE_CHECKING:
    import pyarrow as pa
    from dbt.artifacts.schemas.run import RunResult
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg
    from pyspark.sql import SparkSession

    from reports.certificates.recount import AnsweredExtract, SumUp


# What gives a query's columns and its first rows, by the engine that built.
FirstRows = Callable[[str, int], tuple[Sequence[str], Sequence[Sequence[Any]]]]


def _prepare() -> None:
    parsed_project("spark" if load_own_hall().hall.engine == "spark" else "warehouse")


BUILDER = Worker("dbt.cli.main", _prepare)


@dataclass(frozen=True)
class NodeResult:
    """How one node of dbt's graph went."""

    unique_id: str
    status: str
    seconds: float
    failures: int | None
    message: str
    rows: int | None
    failing_rows: tuple[FailingRow, ...] = ()


# As many failing rows as a person reads; a check that fails everywhere has as many as there are counts.
_ROWS_KEPT = 20


def engine_version(engine: Engine) -> str:
    """An engine with its version, as evidence names it."""
    return f"{engine} {version('pyspark' if engine == 'spark' else engine)}"


def build(variables: Mapping[str, Any], select: Sequence[str]) -> list[NodeResult]:
    """Run `dbt build` over the selected nodes, all when none is named; unit tests are left to the project's own tests.

    It runs on the engine that the installation's hall names today, whatever a certified month's settings say.

    Args:
        variables: See dbt_project.yml; `publish_to` is given.
        select: dbt's names. On Spark, which keeps no table of an earlier build, with all that they are made of, and
            without the tests that also look at others.

    Raises:
        DbtError: dbt didn't get as far as running nodes.
        SparkError: Spark can't be used, or was lost during the build.
        NoRoomError, WarehouseError, Timeout: the disk is full, or somebody else holds the warehouse.
    """
    home, hall = current_home(), load_own_hall().hall
    require_room(home.root, LEAST_ROOM + size_of(home.warehouse))
    with locked(home.warehouse_lock):
        if hall.engine == "spark":
            chosen = [*(f"+{name}" for name in select), "--indirect-selection", "cautious"] if select else []
            return BUILDER.call(_build_on_spark, dict(variables), chosen, hall.spark)
        return BUILDER.call(_build, dict(variables), list(select))


def _build_on_spark(variables: Mapping[str, Any], select: Sequence[str], settings: Spark) -> list[NodeResult]:
    """Build in a catalog of its own below the folder that is published to, which gets a file of each mart."""
    from orchestration.warehouse.spark import first_rows, join_parts

    published = Path(variables["publish_to"])
    with _spark_in(published / "spark", settings) as session:
        marts = published / "spark" / "marts"
        marts.mkdir()
        told = {**variables, "publish_to": str(marts)}
        results = _run_dbt(_Dbt(told, "spark", partial(first_rows, session)), select)
        join_parts(marts, published, variables["month"], variables["file_metadata"])
    return results


@contextmanager
def _spark_in(folder: Path, settings: Spark) -> Iterator[SparkSession]:
    """A session with a folder for what it and its user write, which ends with it."""
    from orchestration.warehouse.spark import spark_session

    log = current_home().root / "dbt_logs" / "spark.log"
    # Of a process that was killed, and is called anew.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log.parent.mkdir(exist_ok=True)
    try:
        with spark_session(settings, folder, log) as session:
            yield session
    finally:
        shutil.rmtree(folder)


def sum_up() -> SumUp:
    """Who sums the rows of extracts for the count before sealing: the engine that builds.

    It raises SparkError and Timeout as `build` does.
    """
    from reports.certificates.recount import summed_up

    hall = load_own_hall().hall
    return partial(_summed_on_spark, hall.spark) if hall.engine == "spark" else summed_up


def _summed_on_spark(
    settings: Spark, extracts: Sequence[AnsweredExtract], closing: Collection[str], columns: Sequence[str]
) -> pa.Table:
    home = current_home()
    with locked(home.warehouse_lock), owned(home.builds / "recount-spark") as folder:
        try:
            return BUILDER.call(_sum_on_spark, settings, folder / "spark", extracts, closing, columns)
        finally:
            shutil.rmtree(folder)


def _sum_on_spark(
    settings: Spark,
    folder: Path,
    extracts: Sequence[AnsweredExtract],
    closing: Collection[str],
    columns: Sequence[str],
) -> pa.Table:
    from orchestration.warehouse.spark import SumsOnSpark
    from reports.certificates.recount import summed_up

    with _spark_in(folder, settings) as session:
        sums = folder / "sums"
        sums.mkdir()
        return summed_up(extracts, closing, columns, SumsOnSpark(session, sums))


def _build(variables: Mapping[str, Any], select: Sequence[str]) -> list[NodeResult]:
    """Build, and once more in a new warehouse where errors show that this one is damaged."""
    from orchestration.warehouse.duckdb_file import fault_of, put_warehouse_aside

    results, warehouse = _build_in_warehouse(variables, select), current_home().warehouse
    if any(result.status == "error" for result in results) and fault_of(warehouse):
        put_warehouse_aside(warehouse)
        return _build_in_warehouse(variables, select)
    return results


def _build_in_warehouse(variables: Mapping[str, Any], select: Sequence[str]) -> list[NodeResult]:
    from orchestration.warehouse.duckdb_file import first_rows, open_warehouse

    # dbt closes the file after every node so as not to keep its lock; held open here, closing and opening cost nothing.
    with open_warehouse(current_home().warehouse) as connection:
        return _run_dbt(_Dbt(variables, "warehouse", partial(first_rows, connection)), select)


def _run_dbt(dbt: _Dbt, select: Sequence[str]) -> list[NodeResult]:
    chosen = ["--select", *select] if select else []
    in_one_pass = [] if select else _in_one_pass(dbt)
    return in_one_pass or dbt.results("build", "--exclude-resource-type", "unit_test", *chosen)


def _in_one_pass(dbt: _Dbt) -> list[NodeResult]:
    """How every model went, and every data test, of which those of a table are one query (macros/one_pass.sql).

    Nothing where a model isn't built or a test fails: dbt's own build says more of it.
    """
    models = dbt.results("run")
    if any(model.status != "success" for model in models):
        return []
    tests = json.loads(dbt.logged("run-operation", "test_and_publish") or "[]")
    warned = [test["unique_id"].split(".")[2] for test in tests if test["found"]]
    passed = [
        NodeResult(test["unique_id"], "pass", test["seconds"], 0, "", None) for test in tests if not test["found"]
    ]
    return tests and [*models, *passed, *(dbt.results("test", "--select", *warned) if warned else [])]


@dataclass(frozen=True)
class _Dbt:
    """Invokes dbt on the engine of a target, which the caller holds open."""

    variables: Mapping[str, Any]
    target: BuildTarget
    first_rows: FirstRows

    def results(self, *command: str) -> list[NodeResult]:
        """How the nodes of a command went; DbtError if it didn't get as far as running them."""
        outcome, _ = self._invoke(command)
        results = getattr(outcome.result, "results", None)
        if results is None:
            raise DbtError(f"dbt didn't run: {outcome.exception}")
        return [_node_result(result, self.first_rows) for result in results]

    def logged(self, *command: str) -> str:
        """What a command's macros logged last; nothing where it failed."""
        outcome, messages = self._invoke(command)
        return messages[-1] if outcome.success and messages else ""

    def _invoke(self, command: Sequence[str]) -> tuple[dbtRunnerResult, list[str]]:
        from dbt.cli.main import dbtRunner

        messages: list[str] = []

        def listen(event: EventMsg) -> None:
            if event.info.name == "JinjaLogInfo":
                messages.append(event.data.msg)

        variables = json.dumps(self.variables, ensure_ascii=False)
        options = [*dbt_arguments(self.target), "--vars", variables]
        runner = dbtRunner(parsed_project(self.target), callbacks=[listen])
        return runner.invoke([*dbt_flags(write=False), *command, *options]), messages


def _failing_rows(result: RunResult, first_rows: FirstRows) -> tuple[FailingRow, ...]:
    """The first rows that a data test found, in the order of its columns; days and the like as text."""
    query: str | None = getattr(result.node, "compiled_code", None)
    if result.status not in {"fail", "warn"} or not query:
        return ()
    columns, rows = first_rows(query, _ROWS_KEPT)
    shown = [[value if isinstance(value, int | None) else str(value) for value in row] for row in rows]
    return tuple(dict(zip(columns, row, strict=True)) for row in shown)


def _node_result(result: RunResult, first_rows: FirstRows) -> NodeResult:
    rows = (result.adapter_response or {}).get("rows_affected")
    return NodeResult(
        unique_id=result.node.unique_id,
        status=str(result.status),
        seconds=result.execution_time,
        failures=result.failures,
        # Without the trace of Spark's own program.
        message=(result.message or "").partition("\n\tat ")[0],
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        failing_rows=_failing_rows(result, first_rows),
    )
