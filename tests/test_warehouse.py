"""The warehouse on small months: right numbers, history untouched, and every test of its own able to fail."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from _pytest.mark import ParameterSet
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.asset_utils import get_asset_check_key_for_test
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner, dbtRunnerResult

from orchestration.warehouse import builder, dbt_manifest
from orchestration.warehouse.builder import NodeResult
from orchestration.warehouse.inputs import write_tables
from tests.warehouse_inputs import (
    HALL,
    STANDING,
    MonthInputs,
    accepted,
    days_of,
    is_working_day,
    issued,
    mailed,
    online_counts,
    rated,
)

PROJECT = Path(__file__).parent.parent / "dbt_project"
MARTS = {
    "dim_date",
    "dim_department",
    "dim_derived_metric",
    "dim_hall",
    "dim_measure",
    "dim_metric",
    "fct_completeness",
    "fct_daily_counts",
    "fct_draft_metrics",
    "fct_monthly_counts",
    "fct_monthly_item_counts",
    "fct_monthly_metrics",
    "fct_monthly_ratios",
}
OF_A_MONTH = (
    "dim_date",
    "fct_completeness",
    "fct_daily_counts",
    "fct_draft_metrics",
    "fct_monthly_counts",
    "fct_monthly_item_counts",
    "fct_monthly_metrics",
    "fct_monthly_ratios",
)
MONTH = "2025-03"
WORKING_DAY, DAY_OFF, LAST_DAY = date(2025, 3, 12), date(2025, 3, 15), date(2025, 3, 31)

Manifest = Any  # dbt's own class: only its nodes are looked at here


@dataclass
class Build:
    """How a build went: the result of every node, and what was published."""

    results: list[NodeResult]
    published: Path

    @property
    def by_name(self) -> dict[str, NodeResult]:
        return {result.unique_id.split(".")[2]: result for result in self.results}

    @property
    def not_passed(self) -> set[str]:
        return {name for name, result in self.by_name.items() if result.status in {"fail", "error", "warn"}}

    @property
    def files(self) -> set[str]:
        return {path.stem for path in self.published.iterdir()}

    def rows(self, mart: str) -> list[dict[str, Any]]:
        return pq.read_table(self.published / f"{mart}.parquet").to_pylist()

    def metrics(self) -> dict[str, int]:
        return {row["metric"]: row["exact_value"] for row in self.rows("fct_monthly_metrics")}


@dataclass
class Warehouse:
    """A warehouse in a home of its own, built in this process with a manifest parsed before."""

    home: Path
    manifest: Manifest
    builds: int = 0

    def invoke(self, *arguments: str, **variables: str) -> dbtRunnerResult:
        """Run dbt; the connection held meanwhile spares dbt opening the file for every node."""
        target = self.home / "target"
        target.mkdir(exist_ok=True)
        options = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "warehouse"]
        options += ["--target-path", str(target), "--log-path", str(self.home / "logs")]
        options += ["--quiet", "--log-level", "none", "--log-level-file", "none"]
        options += ["--vars", json.dumps(variables), *([] if arguments[0] == "docs" else ["--no-write-json"])]
        with duckdb.connect(self.home / "warehouse.duckdb"):
            return dbtRunner(manifest=self.manifest).invoke([*arguments, *options])

    def build(self, inputs: MonthInputs) -> Build:
        """Build as the pipeline does."""
        self.builds += 1
        published = self.home / f"published-{self.builds}"
        published.mkdir()
        variables = {"month": inputs.month, "inputs": str(inputs.write(self.home)), "publish_to": str(published)}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(builder, "parsed_project", lambda _: self.manifest.deepcopy())
            return Build(builder.build(variables, []), published)

    def rows(self, mart: str, month: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.home / "warehouse.duckdb") as connection:
            return connection.execute(
                f"select * from {mart} where month_start = ? order by all", [f"{month}-01"]
            ).fetchall()

    def month(self, month: str) -> dict[str, list[tuple[Any, ...]]]:
        return {mart: self.rows(mart, month) for mart in OF_A_MONTH}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The project parsed once, without any var, as the pipeline does it."""
    home = tmp_path_factory.mktemp("parse")
    options = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target", "warehouse"]
    options += ["--target-path", str(home / "target"), "--log-path", str(home / "logs"), "--quiet"]
    outcome = dbtRunner().invoke(["parse", *options])
    assert outcome.success, outcome.exception
    return outcome.result


@pytest.fixture
def warehouse(tmp_path: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("YUEBAO_HOME", str(tmp_path))
    return Warehouse(tmp_path, manifest.deepcopy())


@pytest.fixture(scope="module")
def march(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> tuple[Path, Build]:
    """A home in which a complete March was built, and how that went; who builds more works on a copy (`built`)."""
    home = tmp_path_factory.mktemp("march")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YUEBAO_HOME", str(home))
        return home, Warehouse(home, manifest.deepcopy()).build(MonthInputs.complete(MONTH))


@pytest.fixture
def built(warehouse: Warehouse, march: tuple[Path, Build]) -> Warehouse:
    """A warehouse of one's own in which March was built."""
    shutil.copytree(march[0], warehouse.home, dirs_exist_ok=True)
    return replace(warehouse, builds=1)


# The numbers


def test_a_complete_month_has_the_numbers_that_were_answered(march: tuple[Path, Build]) -> None:
    built = march[1]

    days = days_of(MONTH)
    working_days = [day for day in days if is_working_day(day)]
    online = sum(accepted(day, code) for day in days for code in ("D01", "D02"))
    department_windows = sum(2 * (day.day % 7) for day in working_days)
    comprehensive_window = sum(1 + day.day for day in working_days)
    assert built.not_passed == set()
    assert built.files == MARTS
    assert built.metrics() == {
        "online_accepted": online,
        "online_completed": online
        + sum(accepted(date(2025, 2, 28), code) - accepted(LAST_DAY, code) for code in ("D01", "D02")),
        "department_window_accepted": department_windows,
        "comprehensive_window_accepted": comprehensive_window,
        "items_handled": online + department_windows + comprehensive_window,
        "documents_issued": sum(2 * issued(day) for day in working_days),
        "parcels_mailed": sum(2 * mailed(day) for day in working_days),
        "phone_consultations": sum(2 * (10 + day.day) for day in days),
        "onsite_consultations": sum(2 * (10 + day.day) for day in working_days),
        "ratings_all": sum(2 * rated(day, grade) for day in days for grade in range(5)),
        "ratings_content": sum(2 * rated(day, grade) for day in days for grade in range(3)),
        "queue_calls": sum(2 * day.day for day in working_days),
        "waiting_seconds": sum(2 * 300 * day.day for day in working_days),
    }
    assert {
        row["department_code"]: row["monthly_count"]
        for row in built.rows("fct_monthly_counts")
        if row["measure"] == "online_open"
    } == {code: STANDING + accepted(LAST_DAY, code) for code in ("D01", "D02")}


def test_a_month_with_a_missing_day_has_no_number_where_it_matters_and_is_not_published(built: Warehouse) -> None:
    inputs = MonthInputs.complete(MONTH)
    del inputs.answers["window_system", WORKING_DAY]

    again = built.build(inputs)

    assert again.not_passed == {"fct_completeness_every_day_is_in"}
    assert again.files == set()
    values = {row[2]: row[4] for row in built.rows("fct_monthly_metrics", MONTH)}
    assert {metric for metric, value in values.items() if value is None} == {
        *("comprehensive_window_accepted", "department_window_accepted", "documents_issued", "items_handled")
    }
    assert [
        (row[0], row[2])
        for row in built.rows("fct_completeness", MONTH)
        if not row[-1]  # is_complete
    ] == [(WORKING_DAY, "window_system")]


def test_nothing_of_a_month_survives_when_nothing_of_it_is_in(built: Warehouse) -> None:
    inputs = MonthInputs.complete(MONTH)
    inputs.answers.clear()

    again = built.build(inputs)

    assert again.files == set()
    assert built.rows("fct_daily_counts", MONTH) == []
    assert built.rows("fct_monthly_counts", MONTH) == []
    assert {row[4] for row in built.rows("fct_monthly_metrics", MONTH)} == {None}


def test_a_measure_that_counted_nothing_on_complete_days_is_zero(warehouse: Warehouse) -> None:
    inputs = MonthInputs.complete(MONTH)
    for system, day in inputs.answers:
        if system == "courier":
            inputs.answers[system, day] = []

    built = warehouse.build(inputs)

    assert built.not_passed == {"fct_daily_counts_are_not_zero_for_a_week"}, "which warns"
    assert built.metrics()["parcels_mailed"] == 0


def test_a_leap_day_closes_february(warehouse: Warehouse) -> None:
    built = warehouse.build(MonthInputs.complete("2024-02"))

    assert built.not_passed == set()
    assert len(built.rows("dim_date")) == 29
    assert {row["monthly_count"] for row in built.rows("fct_monthly_counts") if row["measure"] == "online_open"} == {
        STANDING + accepted(date(2024, 2, 29), code) for code in ("D01", "D02")
    }


def test_stocks_balance_over_the_end_of_a_year(warehouse: Warehouse) -> None:
    shifted = MonthInputs.complete("2025-01")
    for rows in shifted.answers.values():
        rows[:] = [(*row[:-1], row[-1] + (row[-2] == "online_open")) for row in rows]
    assert warehouse.build(MonthInputs.complete("2024-12")).not_passed == set()
    assert warehouse.build(shifted).not_passed == set(), "another month of the warehouse is never looked at"

    for inputs in (shifted, january := MonthInputs.complete("2025-01")):
        inputs.add_boundary()

    assert warehouse.build(shifted).not_passed == {"fct_daily_counts_stocks_balance"}
    balanced = warehouse.build(january)
    assert balanced.not_passed == set()
    assert {row["stat_date"].month for row in balanced.rows("fct_daily_counts")} == {1}
    assert {row["stat_date"].month for row in balanced.rows("fct_completeness")} == {1}


def test_closed_days_bridge_the_chain_of_a_stock_and_missing_ones_break_it(warehouse: Warehouse) -> None:
    """The platform is closed at weekends here; 2025-06-01 is a Sunday."""
    friday, sunday, monday = date(2025, 5, 30), date(2025, 6, 1), date(2025, 6, 2)
    june = MonthInputs.complete("2025-06")
    next(row for row in june.hall_systems if row["system"] == "online_platform")["opens"] = "working_days"
    for day in days_of("2025-06"):
        if not is_working_day(day):
            june.answers["online_platform", day] = []
            june.closed.add(("online_platform", day))
        else:
            balance_after_a_weekend(june, day)
    june.add_boundary(friday)
    assert warehouse.build(june).not_passed == set()

    _shift_open_cases([friday], 1)(june)
    assert warehouse.build(june).not_passed == {"fct_daily_counts_stocks_balance"}
    june.closed.discard(("online_platform", sunday))
    del june.answers["online_platform", sunday]
    broken = warehouse.build(june)
    assert broken.not_passed == {"fct_daily_counts_stocks_balance", "fct_completeness_every_day_is_in"}
    assert "1" in broken.by_name["fct_daily_counts_stocks_balance"].message, (
        "the boundary itself, which nothing follows"
    )
    assert monday.weekday() == 0


def balance_after_a_weekend(inputs: MonthInputs, day: date) -> None:
    """On a Monday what Friday accepted is completed, not what Sunday did."""
    if day.weekday() == 0:
        before = day - timedelta(days=3)
        inputs.answers["online_platform", day] = online_counts(day, before)


# History


def test_a_changed_day_rebuilds_its_month_and_no_other(built: Warehouse, march: tuple[Path, Build]) -> None:
    inputs, april = MonthInputs.complete(MONTH), MonthInputs.complete("2025-04")
    built.build(april)
    before = built.month("2025-04")
    april.answers["courier", date(2025, 4, 1)] = []
    april.calendar.clear()
    april.write(built.home)
    day = WORKING_DAY
    inputs.answers["courier", day] = [(day, HALL, "D01", None, "parcels_mailed", 1000)]

    changed = built.build(inputs)

    assert changed.metrics()["parcels_mailed"] == march[1].metrics()["parcels_mailed"] - 2 * mailed(day) + 1000
    assert built.month("2025-04") == before


def test_the_same_inputs_are_published_to_the_same_bytes(built: Warehouse, march: tuple[Path, Build]) -> None:
    built.build(MonthInputs.complete("2025-02"))
    again = built.build(MonthInputs.complete(MONTH))

    assert {path.name: path.read_bytes() for path in march[1].published.iterdir()} == {
        path.name: path.read_bytes() for path in again.published.iterdir()
    }


# Every data test can fail, and then nothing is published


def _as_it_should_be(*_: object) -> None:
    """Nothing is changed."""


@dataclass(frozen=True)
class Plant:
    """A violation: what is changed in the inputs or in the project, which tests must see it, and what is published."""

    seen_by: tuple[str, ...]
    inputs: Callable[[MonthInputs], object] = _as_it_should_be
    project: Callable[[Manifest, Path], object] = _as_it_should_be
    published: frozenset[str] = frozenset()


def _answer(system: str, day: date, *more: tuple[Any, ...]) -> Callable[[MonthInputs], object]:
    """The hall system answers these rows (department, item, measure, count) too."""
    return lambda inputs: inputs.answers[system, day].extend((day, HALL, *row) for row in more)


def _zeros(system: str, first: date, last: date) -> Callable[[MonthInputs], object]:
    """The hall system says of these days that there was nothing."""

    def count_nothing(inputs: MonthInputs) -> None:
        for asked, rows in inputs.answers.items():
            if asked[0] == system and first <= asked[1] <= last:
                rows[:] = [(*row[:-1], 0) for row in rows]

    return count_nothing


def _record(**recorded: object) -> Callable[[MonthInputs], object]:
    return lambda inputs: inputs.recorded.update({("courier", WORKING_DAY): recorded})


def _shift_open_cases(days: Iterable[date], by: int) -> Callable[[MonthInputs], object]:
    def shift(inputs: MonthInputs) -> None:
        for day in days:
            rows = inputs.answers["online_platform", day]
            rows[:] = [(*row[:-1], row[-1] + by * (row[-2] == "online_open")) for row in rows]

    return shift


def _boundary(**recorded: object) -> Callable[[MonthInputs], object]:
    """The day before the month is an input too, with something else recorded of it than it holds."""

    def add(inputs: MonthInputs) -> None:
        inputs.add_boundary()
        inputs.recorded["online_platform", date(2025, 2, 28)] = recorded

    return add


def _open_below_zero(inputs: MonthInputs) -> None:
    _shift_open_cases(days_of(MONTH), -STANDING)(inputs)
    _answer("online_platform", date(2025, 3, 1), ("D01", "C", "online_accepted", STANDING))(inputs)


def _forget_day(inputs: MonthInputs) -> None:
    inputs.calendar = [day for day in inputs.calendar if day["stat_date"] != DAY_OFF.isoformat()]
    inputs.answers = {key: rows for key, rows in inputs.answers.items() if key[1] != DAY_OFF}


def _declare_closed(system: str, day: date) -> Callable[[MonthInputs], object]:
    def close(inputs: MonthInputs) -> None:
        inputs.answers[system, day] = []
        inputs.closed.add((system, day))

    return close


def _ended(system: str, last: date) -> Callable[[MonthInputs], object]:
    """The hall system answers for no day after this one."""

    def end(inputs: MonthInputs) -> None:
        inputs.answers = {key: rows for key, rows in inputs.answers.items() if key[0] != system or key[1] <= last}
        next(row for row in inputs.hall_systems if row["system"] == system)["valid_to"] = last.isoformat()

    return end


def _sql(model: str, old: str, new: str) -> Callable[[Manifest, Path], object]:
    """The model says something else than it should."""

    def change(manifest: Manifest, _folder: Path) -> None:
        node = manifest.nodes[f"model.yuebao.{model}"]
        assert old in node.raw_code
        node.raw_code = node.raw_code.replace(old, new)

    return change


def _catalogue(**changes: Callable[[str], str]) -> Callable[[MonthInputs], object]:
    """Reviewed tables hold something else than they should."""

    def change(inputs: MonthInputs) -> None:
        for name, changed in changes.items():
            before = inputs.catalogue[name]
            inputs.catalogue[name] = changed(before)
            assert inputs.catalogue[name] != before

    return change


def _doubled(line: int) -> Callable[[str], str]:
    return lambda text: text + text.splitlines()[line] + "\n"


_HALL_METRICS = "select * exclude (is_whole) from {{ ref('int_hall_metrics') }}"
_ENDED_D01 = ("D01,省发展改革委\n", "D01,省发展改革委,2025-03-20\n")
PLANTS = {
    "dimensions": Plant(
        (
            "dim_department_one_row_per_key",
            "dim_hall_one_row_per_key",
            "dim_hall_level_is_known",
            "dim_measure_one_row_per_key",
            "dim_measure_kind_is_known",
            "dim_metric_one_row_per_key",
            "dim_metric_rounding_is_known",
            "dim_metric_versions_follow_each_other",
            "stg_hall__stock_balances_can_be_compared",
        ),
        inputs=_catalogue(
            departments=_doubled(1),
            sites=lambda text: _doubled(1)(text).replace(",province", ",planet"),
            measures=lambda text: _doubled(-1)(text).replace(",count", ",average"),
            metrics=lambda text: _doubled(-1)(text).replace("half_up", "down"),
        ),
    ),
    "two versions at once": Plant(
        ("dim_metric_versions_follow_each_other",),
        inputs=_catalogue(
            metrics=lambda text: text + text.splitlines()[-1].replace(",1,", ",2,", 1) + "\n",
            metric_measures=lambda text: text + "onsite_consultations,2,onsite_consultations\n",
        ),
    ),
    "a version from the middle of a month": Plant(
        ("dim_metric_versions_follow_each_other",),
        inputs=_catalogue(metrics=lambda text: text.replace("2023-01-01", "2023-01-15")),
    ),
    "a metric made of nothing": Plant(
        ("dim_metric_is_composed_soundly",),
        inputs=_catalogue(metric_measures=lambda text: text.replace("documents_issued,1,documents_issued\n", "")),
    ),
    "a measure counted twice": Plant(
        ("dim_metric_is_composed_soundly",),
        inputs=_catalogue(metric_parts=lambda text: text + "items_handled,1,online_accepted\n"),
    ),
    "a part that is a total": Plant(
        ("dim_metric_is_composed_soundly",),
        inputs=_catalogue(metric_parts=lambda text: text + "items_handled,1,items_handled\n"),
    ),
    "a day that the calendar lacks": Plant(("dim_date_covers_the_month",), _forget_day),
    "a day twice in the calendar": Plant(
        ("dim_date_one_row_per_key",), lambda inputs: inputs.calendar.append(inputs.calendar[0])
    ),
    "an override not applied": Plant(
        ("dim_date_agrees_with_overrides",),
        inputs=_catalogue(calendar_overrides=lambda text: text + f"{DAY_OFF},true,调休上班,tester\n"),
    ),
    "an extract in no known state": Plant(("stg_landing__extracts_state_is_known",), _record(state="late")),
    "a system open at unknown times": Plant(
        ("stg_landing__hall_systems_opens_is_known",),
        lambda inputs: inputs.hall_systems[0].update(opens="sometimes"),
    ),
    "a row twice in an answer": Plant(
        ("fct_daily_counts_one_row_per_key",),
        _answer("courier", WORKING_DAY, ("D01", None, "parcels_mailed", 5)),
    ),
    "an item twice in an answer": Plant(
        ("fct_daily_counts_one_row_per_key",),
        _answer("online_platform", LAST_DAY, ("D01", "A", "online_completed", 0)),
    ),
    "a count that two systems answer": Plant(
        ("fct_daily_counts_one_row_per_key", "fct_daily_counts_come_from_their_system"),
        _answer("courier", WORKING_DAY, ("D01", None, "onsite_consultations", 5)),
    ),
    "a department that nobody knows": Plant(
        ("fct_daily_counts_refer_to_known_members",),
        _answer("courier", WORKING_DAY, ("D99", None, "parcels_mailed", 5)),
    ),
    "a negative count that another item's hides": Plant(
        ("fct_daily_counts_are_not_negative",),
        _answer(
            "online_platform",
            WORKING_DAY,
            ("D01", "C", "online_accepted", -1),
            ("D01", "D", "online_accepted", 1),
        ),
    ),
    "a negative count": Plant(
        ("fct_daily_counts_are_not_negative",),
        _answer("courier", WORKING_DAY, ("D03", None, "parcels_mailed", -1)),
    ),
    "a row that was landed but not read": Plant(("fct_daily_counts_equal_what_was_landed",), _record(row_count=3)),
    "a count that was landed otherwise": Plant(("fct_daily_counts_equal_what_was_landed",), _record(count_sum=1)),
    "a day of another month in an answer": Plant(
        ("fct_daily_counts_equal_what_was_landed",),
        lambda inputs: inputs.answers["courier", WORKING_DAY].append(
            (date(2025, 4, 1), HALL, "D03", None, "parcels_mailed", 5)
        ),
    ),
    "a measure from another system": Plant(
        ("fct_daily_counts_come_from_their_system",),
        _answer("courier", WORKING_DAY, ("D03", None, "onsite_consultations", 5)),
    ),
    "counts on a day declared closed": Plant(
        ("fct_daily_counts_none_on_closed_days",), _answer("courier", DAY_OFF, ("D01", None, "parcels_mailed", 5))
    ),
    "an open case too many": Plant(("fct_daily_counts_stocks_balance",), _shift_open_cases([date(2025, 3, 31)], 1)),
    "a boundary without the site": Plant(("fct_daily_counts_stocks_balance",), _boundary(halls=["510100"])),
    "a boundary declared closed": Plant(
        ("fct_daily_counts_stocks_balance", "fct_daily_counts_equal_what_was_landed"),
        _boundary(state="closed", row_count=0, count_sum=0),
    ),
    "a boundary that isn't what was landed": Plant(("fct_daily_counts_equal_what_was_landed",), _boundary(count_sum=1)),
    "a boundary after the month": Plant(
        ("fct_daily_counts_equal_what_was_landed",), lambda inputs: inputs.add_boundary(date(2025, 4, 1))
    ),
    "a stock without its inflow": Plant(
        ("stg_hall__stock_balances_can_be_compared", "fct_daily_counts_stocks_balance"),
        _catalogue(stock_balances=lambda text: text.replace("online_accepted", "online_asked")),
    ),
    "a flow named twice": Plant(
        ("stg_hall__stock_balances_can_be_compared", "fct_daily_counts_stocks_balance"),
        _catalogue(stock_balances=_doubled(1)),
    ),
    "a flow with no sign": Plant(
        ("stg_hall__stock_balances_can_be_compared", "fct_daily_counts_stocks_balance"),
        _catalogue(stock_balances=lambda text: text.replace("online_accepted,1", "online_accepted,2")),
    ),
    "counts of a department that ended": Plant(
        ("fct_daily_counts_are_of_valid_members",),
        _catalogue(departments=lambda text: text.replace("name\n", "name,valid_to\n", 1).replace(*_ENDED_D01)),
    ),
    "days that nobody answers": Plant(
        ("fct_completeness_every_measure_is_answered",),
        _ended("call_centre", date(2025, 3, 20)),
    ),
    "a distinct number of several departments that falls": Plant(
        ("fct_daily_counts_distinct_numbers_never_fall", "fct_daily_counts_distinct_numbers_stand_alone"),
        _catalogue(measures=lambda text: text.replace("交寄,count", "交寄,distinct_declared")),
    ),
    "a stock that nobody answers": Plant(
        ("stg_hall__stock_balances_can_be_compared",),
        _catalogue(
            stock_balances=lambda text: text + "letters_open,online_accepted,1\n",
            measures=lambda text: text + "letters_open,来信在办量,当日终了时未答复,stock\n",
        ),
    ),
    "a reconciliation that no hall can compare": Plant(
        ("stg_hall__reconciliations_can_be_compared",),
        _catalogue(
            reconciliations=lambda text: text + "letters_answered,parcels_mailed,无\n",
            measures=lambda text: text + "letters_answered,来信答复量,答复,count\n",
        ),
    ),
    "no metric at all in the month": Plant(
        ("fct_monthly_metrics_have_values_when_complete",),
        _catalogue(metrics=lambda text: text.replace("2023-01-01", "2025-04-01")),
    ),
    "fewer than no open cases to begin with": Plant(("fct_daily_counts_stocks_balance",), _open_below_zero),
    "a site counted in another one twice": Plant(
        ("stg_landing__site_hierarchy_one_row_per_key",),
        lambda inputs: inputs.site_hierarchy.append(inputs.site_hierarchy[0]),
    ),
    "a system that answers twice": Plant(
        ("fct_completeness_one_row_per_key",),
        lambda inputs: inputs.hall_systems.append(inputs.hall_systems[0]),
    ),
    "a missing day": Plant(
        ("fct_completeness_every_day_is_in",), lambda inputs: inputs.answers.pop(("courier", WORKING_DAY))
    ),
    "closed on a working day": Plant(("fct_completeness_every_day_is_in",), _declare_closed("courier", WORKING_DAY)),
    "closed though always open": Plant(
        ("fct_completeness_every_day_is_in",), _declare_closed("call_centre", WORKING_DAY)
    ),
    "a month twice": Plant(
        ("fct_monthly_counts_one_row_per_key",),
        project=_sql(
            "fct_monthly_counts",
            "select * from summed\nunion all",
            "select * from summed\nunion all\nselect * from closing\nunion all",
        ),
    ),
    "a month that isn't its days": Plant(
        ("fct_monthly_counts_equal_their_days",),
        project=_sql("fct_monthly_counts", "sum(daily_counts.daily_count)", "max(daily_counts.daily_count)"),
    ),
    "a stock of the day before": Plant(
        ("fct_monthly_counts_equal_their_days",),
        project=_sql(
            "fct_monthly_counts", "= last_answers.stat_date then", "= last_answers.stat_date - interval 1 day then"
        ),
    ),
    "more mailed than issued or completed": Plant(
        ("fct_monthly_counts_reconcile",),
        _answer("courier", WORKING_DAY, ("D03", None, "parcels_mailed", 1000)),
        published=frozenset(MARTS),
    ),
    "nothing but zeros for a week": Plant(
        ("fct_daily_counts_are_not_zero_for_a_week",),
        _zeros("enquiry_desks", date(2025, 3, 10), date(2025, 3, 14)),
        published=frozenset(MARTS),
    ),
    "a reconciliation of an unknown measure": Plant(
        ("stg_hall__reconciliations_refer_to_known_measures", "stg_hall__reconciliations_can_be_compared"),
        _catalogue(reconciliations=lambda text: text + "parcels_mailed,parcels_packed,typo\n"),
    ),
    "a total that isn't its parts": Plant(
        ("fct_monthly_metrics_equal_their_parts",),
        project=_sql(
            "int_metric_measures",
            "select * from measures_of_parts",
            "select * from measures_of_parts where measure <> 'department_window_accepted'",
        ),
    ),
    "a hall that isn't its departments": Plant(
        ("fct_monthly_metrics_equal_their_departments", "fct_monthly_ratios_equal_their_metrics"),
        project=_sql("int_hall_metrics", "then sum(", "then 2 * sum("),
    ),
    "a metric left out": Plant(
        ("fct_monthly_metrics_have_values_when_complete",),
        project=_sql("int_hall_metrics", "having ", "having metric_measures.metric <> 'phone_consultations' and "),
    ),
    "a missing day taken for zero": Plant(
        ("fct_completeness_every_day_is_in", "fct_monthly_metrics_have_values_when_complete"),
        lambda inputs: inputs.answers.pop(("courier", WORKING_DAY)),
        _sql("int_hall_metrics", "bool_and(measure_completeness.is_complete)", "true"),
    ),
    "a metric twice": Plant(
        ("fct_monthly_metrics_one_row_per_key",),
        project=_sql(
            "fct_monthly_metrics",
            "where is_whole",
            f"where is_whole union all {_HALL_METRICS} where metric like 'parcels%'",
        ),
    ),
    "a metric of a draft twice": Plant(
        ("fct_draft_metrics_one_row_per_key",),
        lambda inputs: inputs.site_hierarchy.append(
            {"hall_code": "510100", "counted_hall_code": HALL, "is_whole": False}
        ),
        _sql(
            "fct_draft_metrics",
            "where not is_whole",
            f"where not is_whole union all {_HALL_METRICS} where not is_whole",
        ),
    ),
    "a derived metric twice, of one that isn't known": Plant(
        ("dim_derived_metric_one_row_per_key", "dim_derived_metric_is_composed_soundly"),
        inputs=_catalogue(derived_metrics=lambda text: _doubled(1)(text).replace("ratings_content", "ratings_lost")),
    ),
    "a ratio's department twice": Plant(
        ("fct_monthly_ratios_one_row_per_key",),
        project=_sql("fct_monthly_ratios", "group by", "group by monthly_counts.measure,"),
    ),
    "a numerator without its counts": Plant(
        ("fct_monthly_ratios_equal_their_metrics",),
        project=_sql("fct_monthly_ratios", "'numerator' then", "'numerator' then 2 *"),
    ),
    "an item twice": Plant(
        ("fct_monthly_item_counts_one_row_per_key",),
        project=_sql("fct_monthly_item_counts", "group by", "group by daily_counts.stat_date,"),
    ),
    "a metric that isn't in the catalogue": Plant(
        (
            "fct_monthly_metrics_refer_to_known_members",
            "fct_monthly_metrics_have_values_when_complete",
            "fct_monthly_metrics_equal_their_departments",
        ),
        project=_sql("fct_monthly_metrics", "    metric,\n", "    replace(metric, 'phone', 'fax') as metric,\n"),
    ),
}


# What is planted beside each other: the tests of these all run before one of them keeps a later model from being built.
_TOGETHER = ("dim_", "stg_", "fct_daily_counts")


def _place(plant: Plant) -> str:
    """Beside which others it can be planted, or an empty text: alone."""
    if plant.project is not _as_it_should_be or plant.published:
        return ""
    places = {next((place for place in _TOGETHER if name.startswith(place)), "") for name in plant.seen_by}
    return places.pop() if len(places) == 1 else ""


def _merged(plants: Sequence[Plant]) -> Plant:
    """One warehouse with all of these violations in its inputs."""

    def plant_all(inputs: MonthInputs) -> None:
        for plant in plants:
            plant.inputs(inputs)

    return Plant(tuple({name for plant in plants for name in plant.seen_by}), plant_all)


def _planted() -> Iterator[ParameterSet]:
    """Every violation alone; a proof where its tests have all seen an earlier one, or see it among others below."""
    seen: set[str] = set()
    beside: dict[str, list[Plant]] = {}
    for name, plant in PLANTS.items():
        known, place = seen >= set(plant.seen_by), _place(plant)
        seen.update(plant.seen_by)
        yield pytest.param(plant, id=name, marks=pytest.mark.proof if known or place else ())
        if place and not known:
            beside.setdefault(place, []).append(plant)
    for place, plants in beside.items():
        yield pytest.param(_merged(plants), id=f"{len(plants)} at once: {place}")


@pytest.mark.parametrize("plant", list(_planted()))
def test_a_violation_is_seen_by_its_tests_alone_and_published_only_after_a_warning(
    plant: Plant, warehouse: Warehouse, tmp_path: Path
) -> None:
    inputs = MonthInputs.complete(MONTH)
    plant.inputs(inputs)
    plant.project(warehouse.manifest, tmp_path)

    built = warehouse.build(inputs)

    assert built.not_passed == set(plant.seen_by)
    assert built.files == plant.published


def test_every_data_test_has_a_violation_planted(manifest: Manifest) -> None:
    tests = {node.name for node in manifest.nodes.values() if node.resource_type == "test"}

    assert tests == {name for plant in PLANTS.values() for name in plant.seen_by}


def test_a_count_that_is_no_integer_breaks_the_contract(warehouse: Warehouse) -> None:
    _sql("stg_landing__daily_counts", "counts.count as", "cast(counts.count as double) as")(warehouse.manifest, Path())

    built = warehouse.build(MonthInputs.complete(MONTH))

    assert built.not_passed == {"fct_daily_counts"}
    assert "contract" in built.by_name["fct_daily_counts"].message
    assert built.files == set()


def test_a_day_without_its_department_breaks_the_contract(warehouse: Warehouse) -> None:
    inputs = MonthInputs.complete(MONTH)
    _answer("courier", WORKING_DAY, (None, None, "parcels_mailed", 1))(inputs)

    built = warehouse.build(inputs)

    assert built.not_passed == {"fct_daily_counts"}
    assert "NOT NULL constraint failed" in built.by_name["fct_daily_counts"].message


def test_a_null_among_the_counts_of_a_department_breaks_the_contract(warehouse: Warehouse) -> None:
    inputs = MonthInputs.complete(MONTH)
    _answer("courier", WORKING_DAY, ("D01", "A", "parcels_mailed", None))(inputs)

    built = warehouse.build(inputs)

    assert built.not_passed == {"fct_daily_counts"}
    assert "NOT NULL constraint failed: fct_daily_counts.daily_count" in built.by_name["fct_daily_counts"].message


def test_an_extract_that_is_gone_is_an_error(warehouse: Warehouse) -> None:
    inputs = MonthInputs.complete(MONTH)
    inputs.recorded["courier", WORKING_DAY] = {"path": str(warehouse.home / "gone.parquet")}

    built = warehouse.build(inputs)

    assert built.not_passed == {"stg_landing__daily_counts"}
    assert "gone.parquet" in built.by_name["stg_landing__daily_counts"].message
    assert built.files == set()


# All tests of a table in one pass


def test_one_pass_says_of_every_check_what_dbts_own_build_says(built: Warehouse, march: tuple[Path, Build]) -> None:
    inputs = str(built.home / "inputs" / MONTH)

    outcome = built.invoke("build", "--exclude-resource-type", "unit_test", month=MONTH, inputs=inputs)

    assert isinstance(outcome.result, RunExecutionResult), outcome.exception
    by_dbt = {(each.node.unique_id, str(each.status), each.failures) for each in outcome.result.results}
    in_one_pass = {(result.unique_id, result.status, result.failures) for result in march[1].results}
    tests = {each for each in by_dbt if each[0].startswith("test.")}
    assert tests == {each for each in in_one_pass if each[0].startswith("test.")}
    of_days = {result.seconds for name, result in march[1].by_name.items() if name.startswith("fct_daily_counts_")}
    assert len(of_days) == 1, "one query"


def test_a_project_that_was_parsed_from_nothing_is_kept_whole(
    warehouse: Warehouse, manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt_manifest, "_PARSED", {"warehouse": ("parsing", tmp_path / "parsed_project.pickle")})
    monkeypatch.setattr(dbt_manifest, "parse", lambda **_: manifest)
    dbt_manifest.parsed_project("warehouse")
    monkeypatch.delattr(dbt_manifest, "parse")

    again = replace(warehouse, manifest=dbt_manifest.parsed_project("warehouse"))

    inputs = str(MonthInputs.complete(MONTH).write(tmp_path))
    outcome = again.invoke("run", "--select", "stg_hall__sites", month=MONTH, inputs=inputs)
    assert outcome.success, outcome.result


def test_what_warns_names_its_rows(warehouse: Warehouse) -> None:
    inputs = MonthInputs.complete(MONTH)
    _answer("courier", WORKING_DAY, ("D03", None, "parcels_mailed", 1000))(inputs)

    warned = warehouse.build(inputs).by_name["fct_monthly_counts_reconcile"]

    assert (warned.status, warned.failures) == ("warn", 2)
    assert {row["lesser_measure"] for row in warned.failing_rows} == {"parcels_mailed"}
    assert "Got 2 results" in warned.message


def test_a_check_that_breaks_is_an_error_and_nothing_is_published(warehouse: Warehouse) -> None:
    node = warehouse.manifest.nodes["test.yuebao.fct_completeness_every_day_is_in"]
    node.raw_code = "select day from no_such_table"

    built = warehouse.build(MonthInputs.complete(MONTH))

    assert built.not_passed == {"fct_completeness_every_day_is_in"}
    assert "no_such_table" in built.by_name["fct_completeness_every_day_is_in"].message
    assert built.files == set()


# How it is run


def test_the_tables_of_the_inputs_have_the_types_of_their_sources_with_rows_or_none(
    tmp_path: Path, manifest: Manifest
) -> None:
    sources = {node.name: node for node in manifest.sources.values() if node.name != "daily_counts"}
    written = {"filled": MonthInputs.complete(MONTH).write(tmp_path), "empty": tmp_path / "empty"}
    write_tables(written["empty"], dict.fromkeys(sources, ()))

    for folder in written.values():
        for name, source in sources.items():
            told = duckdb.execute("describe from read_parquet(?)", [str(folder / f"{name}.parquet")]).fetchall()
            assert {row[0]: row[1].lower() for row in told} == {
                column.name: column.data_type for column in source.columns.values()
            }, f"{name} in {folder}"


def test_a_value_of_another_type_than_its_source_has_is_no_input(tmp_path: Path) -> None:
    with pytest.raises(pa.ArrowInvalid, match="one"):
        write_tables(tmp_path, {"metric_parts": [{"metric": "items_handled", "version": "one", "part": "issued"}]})


def test_a_build_without_its_tests_publishes_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    published = tmp_path / "published"
    published.mkdir()
    inputs = str(MonthInputs.complete(MONTH).write(tmp_path))

    outcome = warehouse.invoke("run", month=MONTH, inputs=inputs, publish_to=str(published))

    assert outcome.success, outcome.exception
    assert list(published.iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "The warehouse is built for one month at a time"),
        ({"month": "2025-13", "inputs": "somewhere"}, "month is '2025-13'"),
        ({"month": MONTH}, "inputs is missing"),
    ],
)
def test_a_build_without_its_vars_is_refused_in_one_sentence(
    variables: dict[str, str], sentence: str, warehouse: Warehouse
) -> None:
    outcome = warehouse.invoke("build", "--exclude-resource-type", "unit_test", **variables)

    assert not outcome.success
    assert sentence in str(outcome.exception)


def test_a_table_of_an_earlier_version_is_made_anew(warehouse: Warehouse) -> None:
    warehouse.build(MonthInputs.complete("2025-02"))
    with duckdb.connect(warehouse.home / "warehouse.duckdb") as connection:
        connection.execute("alter table fct_daily_counts add column item_code varchar")

    built = warehouse.build(MonthInputs.complete(MONTH))

    assert built.not_passed == set()
    assert warehouse.rows("fct_daily_counts", "2025-02") == []
    assert warehouse.rows("fct_monthly_counts", "2025-02"), "of the same columns as ever"


def test_the_lock_is_free_after_a_build(march: tuple[Path, Build]) -> None:
    metrics = len(MonthInputs.complete(MONTH).catalogue["metrics"].splitlines()) - 1
    with duckdb.connect(march[0] / "warehouse.duckdb", read_only=True) as connection:
        assert connection.execute("select count(*) from fct_monthly_metrics").fetchall() == [(metrics,)]


def test_the_unit_tests_pass(built: Warehouse) -> None:
    outcome = built.invoke("test", "--select", "test_type:unit")

    assert outcome.success, outcome.exception
    assert isinstance(outcome.result, RunExecutionResult)
    assert len(outcome.result.results) >= len(built.manifest.unit_tests)


def test_every_model_and_column_is_described_and_there(built: Warehouse) -> None:
    catalog = built.invoke("docs", "generate", "--no-compile").result
    assert isinstance(catalog, CatalogArtifact)

    nodes = [node for node in built.manifest.nodes.values() if node.resource_type == "model"]
    documented = {node.unique_id: set(node.columns) for node in nodes}
    assert documented == {unique_id: set(table.columns) for unique_id, table in catalog.nodes.items()}
    described = [*nodes, *built.manifest.sources.values(), *built.manifest.exposures.values()]
    columns = [column for node in described for column in getattr(node, "columns", {}).values()]
    assert [item.name for item in [*described, *columns] if not item.description.strip()] == []


def test_every_data_test_becomes_a_described_asset_check_of_its_model(manifest: Manifest) -> None:
    document = manifest.writable_manifest().to_dict(omit_none=False)
    tests = {key: node for key, node in document["nodes"].items() if node["resource_type"] == "test"}

    keys = {key: get_asset_check_key_for_test(document, DagsterDbtTranslator(), key, None) for key in tests}

    models = {node["name"] for node in document["nodes"].values() if node["resource_type"] == "model"}
    for unique_id, key in keys.items():
        model = max((name for name in models if tests[unique_id]["name"].startswith(name)), key=len)
        assert key is not None
        assert key.asset_key.path == [model]
        assert tests[unique_id]["meta"]["description"].endswith(".")
