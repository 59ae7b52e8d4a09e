"""The reviewed tables of a hall, `catalogue/*.csv` in its folder: departments, measures, metrics, calendar overrides.

They say what the hall counts and how that is reported; nothing of it stands in the code. Names, types and descriptions
of their columns stand here; a test holds dbt's sources and staging models to them.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from expectations.rules import suite_version
from orchestration.config.hall import SettingsError, hall_folder
from orchestration.config.systems.common import Strict
from orchestration.config.working_days import CalendarDay, CalendarError, WorkingDays
from orchestration.runtime.paths import PROJECT_ROOT

if TYPE_CHECKING:
    from expectations.validation import Vocabulary


def _text(description: str) -> Any:
    """A column that must hold a text."""
    return Field(min_length=1, description=description)


class Department(Strict):
    """One row of departments.csv."""

    department_code: str = _text("Department.")
    department_name: str = _text("Chinese name.")


class Site(Strict):
    """One row of sites.csv."""

    hall_code: str = _text("Hall, an administrative division code.")
    hall_name: str = _text("Chinese name.")
    hall_level: Literal["province", "city", "county"] = Field(
        description="Administrative level: province, city or county."
    )


class Measure(Strict):
    """One row of measures.csv; `closing` is a stock, of which a month has what its last answered day has."""

    measure: str = _text("Measure.")
    measure_name: str = _text("Chinese name.")
    event_counted: str = _text("Event that is counted.")
    aggregation: Literal["sum", "closing"] = Field(description="sum, or closing for a stock.")


class Metric(Strict):
    """One row of metrics.csv: a metric at one version of its definition."""

    metric: str = _text("Metric (指标).")
    version: int = Field(ge=1, description="Version of its definition (口径).")
    metric_name: str = _text("Chinese name.")
    definition: str = _text("Definition (口径), for report authors.")
    event_counted: str = _text("Event that is counted.")
    deduplication_key: str = _text("Key by which the hall system counts an event once.")
    overlaps_with: str | None = Field(
        description="Metrics that count some of the same events, separated by semicolons; null when there is none."
    )
    unit: str = _text("Unit of the exact value.")
    display_unit: str = _text("Unit that is printed.")
    display_divisor: int = Field(ge=1, description="Exact value in one display unit.")
    display_decimals: int = Field(ge=0, description="Decimals that are printed at most.")
    rounding: Literal["half_up", "half_even"] = Field(
        description="half_up (四舍五入) or half_even (GB/T 8170); the report rounds, the warehouse never does."
    )
    valid_from: date = Field(description="First day on which the version is valid, the first of a month.")
    valid_to: date | None = Field(description="Last day on which it is valid, the last of a month; null while open.")

    @field_validator("display_divisor")
    @classmethod
    def _divides_exactly(cls, divisor: int) -> int:
        # Only then is the division exact and the rounding happens once (reports.figures.rounding).
        if divisor != 10 ** (len(str(divisor)) - 1):
            raise ValueError(f"{divisor} isn't a power of ten, such as 1, 1000, 10000")
        return divisor


class MetricMeasure(Strict):
    """One row of metric_measures.csv: a measure that a version of a metric sums."""

    metric: str = _text("Metric (指标).")
    version: int = Field(ge=1, description="Version of its definition (口径).")
    measure: str = _text("Measure that it sums.")


class MetricPart(Strict):
    """One row of metric_parts.csv: a metric that a version of a composed metric adds up."""

    metric: str = _text("Metric (指标).")
    version: int = Field(ge=1, description="Version of its definition (口径).")
    part: str = _text("Metric that is a part of it, itself made of measures.")


class StockBalance(Strict):
    """One row of stock_balances.csv: what stands at a day's end is what stood before it, plus inflow, minus outflow."""

    stock: str = _text("Measure that is a stock (closing).")
    inflow: str = _text("Measure that adds to it.")
    outflow: str = _text("Measure that takes from it.")


class Reconciliation(Strict):
    """One row of reconciliations.csv: over a month and hall, the first measure's sum may not exceed the second's."""

    lesser_measure: str = _text("Measure that counts no more.")
    greater_measure: str = _text("Measure that counts as much or more.")
    reason: str = _text("Why, in the hall's own words.")

    @model_validator(mode="after")
    def _compares_two(self) -> Self:
        if self.lesser_measure == self.greater_measure:
            raise ValueError(f"{self.lesser_measure} is compared with itself")
        return self


class ProofreadingLabel(Strict):
    """One row of proofreading_labels.csv: what texts call a metric.

    A label is words separated by spaces: all of them stand before the number, in any order. A word after "-" must not.
    """

    metric: str = _text("Metric (指标).")
    label: str = _text("What texts call it: words that stand before the number.")


class CalendarOverride(Strict):
    """One row of calendar_overrides.csv: a reviewed correction of the working-day calendar."""

    stat_date: date = Field(description="Day.")
    is_working_day: bool = Field(description="Whether it is a working day after all.")
    reason: str = _text("Why.")
    reviewed_by: str = _text("Who reviewed it.")

    @field_validator("is_working_day", mode="before")
    @classmethod
    def _is_spelled_out(cls, text: Any) -> Any:
        if text not in {"true", "false"}:
            raise ValueError("allowed are true and false")
        return text


LABELS = "proofreading_labels"
SITES = "sites"
# What a build reads; what texts call a metric changes no number.
TABLES: Mapping[str, type[Strict]] = {
    "departments": Department,
    SITES: Site,
    "measures": Measure,
    "metrics": Metric,
    "metric_measures": MetricMeasure,
    "metric_parts": MetricPart,
    "stock_balances": StockBalance,
    "reconciliations": Reconciliation,
    "calendar_overrides": CalendarOverride,
}
_KINDS: Mapping[str, type[Strict]] = {**TABLES, LABELS: ProofreadingLabel}


def catalogue_folder() -> Path:
    """Where the tables of the hall that `YUEBAO_HALL` names lie."""
    return hall_folder() / "catalogue"


def read_table(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of one table, ready to be written as JSON.

    Raises:
        SettingsError: the file is absent, or a column or value isn't what it must be; it names file, line and column.
    """
    path = _table_path(folder, name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path} can't be read as a table of comma-separated values in UTF-8: {error}") from error
    return [_row(path, line, row, _KINDS[name]) for line, row in enumerate(rows, start=2)]


def _table_path(folder: Path, name: str) -> Path:
    path = folder / f"{name}.csv"
    if name == SITES and not path.exists() and path.with_name("halls.csv").exists():
        raise SettingsError(f"{path.with_name('halls.csv')}: since 0.2 this table is called sites.csv; rename the file")
    return path


def _row(path: Path, line: int, row: Mapping[str | None, Any], kind: type[Strict]) -> dict[str, Any]:
    cells = {str(column): value or None for column, value in row.items()}
    try:
        return kind.model_validate(cells).model_dump(mode="json")
    except ValidationError as error:
        complaints = [
            ": ".join([*(f"column {name}" for name in fault["loc"]), fault["msg"]]) for fault in error.errors()
        ]
        raise SettingsError(f"{path} line {line}: {'; '.join(complaints)}") from error


def working_days() -> WorkingDays:
    """The calendar under the reviewed overrides.

    Raises:
        CalendarError: the table can't be read, or a day stands twice; the message names file and line.
    """
    folder = catalogue_folder()
    try:
        rows = read_table(folder, "calendar_overrides")
    except SettingsError as error:
        raise CalendarError(str(error)) from error
    overrides: dict[date, CalendarDay] = {}
    for line, row in enumerate(rows, start=2):
        day = date.fromisoformat(row["stat_date"])
        if day in overrides:
            raise CalendarError(
                f"{folder}/calendar_overrides.csv line {line}: {day} stands in the table already; keep one of the lines"
            )
        overrides[day] = CalendarDay(day, row["is_working_day"], row["reason"])
    return WorkingDays(overrides)


def vocabulary(measures: tuple[str, ...]) -> Vocabulary:
    """The codes that rows of a system may use; `measures` are those that the system counts."""
    from expectations.validation import Vocabulary

    return Vocabulary(
        sites=frozenset(_column(SITES, "hall_code")),
        departments=frozenset(_column("departments", "department_code")),
        measures=frozenset(measures),
    )


def closing_measures() -> frozenset[str]:
    """The measures that are stocks."""
    rows = read_table(catalogue_folder(), "measures")
    return frozenset(row["measure"] for row in rows if row["aggregation"] == "closing")


def department_names() -> dict[str, str]:
    """The departments' names by code."""
    return {row["department_code"]: row["department_name"] for row in read_table(catalogue_folder(), "departments")}


def labels() -> dict[str, tuple[str, ...]]:
    """What texts call each metric, besides its name."""
    labels_of: dict[str, tuple[str, ...]] = {}
    for row in read_table(catalogue_folder(), LABELS):
        labels_of[row["metric"]] = (*labels_of.get(row["metric"], ()), row["label"])
    return labels_of


def _column(table: str, column: str) -> list[str]:
    return [row[column] for row in read_table(catalogue_folder(), table)]


def metric_tables() -> list[Path]:
    """The files of the metric catalogue, whose digest is its version."""
    return sorted(catalogue_folder().glob("metric*.csv"))


def evidence_version() -> str:
    """The version of everything a day is judged by: the suite and the words; older evidence is stale."""
    return _evidence_version(catalogue_folder())


@cache
def _evidence_version(folder: Path) -> str:
    paths = [_table_path(folder, name) for name in (SITES, "departments", "measures")]
    try:
        words = b"".join(path.read_bytes() for path in paths)
    except OSError as error:
        raise SettingsError(f"{error.filename} can't be read ({error.strerror}); every hall's folder has it") from error
    return f"{suite_version()}-{hashlib.sha256(words).hexdigest()[:8]}"


@cache
def code_version() -> str:
    """A digest of the project's own sources: the same code has the same version, with or without a repository."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(path.relative_to(PROJECT_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _sources() -> list[Path]:
    python = [
        path for room in ("orchestration", "expectations", "reports") for path in (PROJECT_ROOT / room).rglob("*")
    ]
    return [
        path
        for path in [*python, *warehouse_sources()]
        if path.suffix in {".py", ".sql", ".j2", ".toml", ".yml", ".csv"}
    ]


def warehouse_sources() -> list[Path]:
    """The files that say what dbt builds: models, tests, macros and their settings."""
    project = PROJECT_ROOT / "dbt_project"
    folders = ("models", "tests", "macros")
    files = [*project.glob("dbt_project.yml"), *(path for name in folders for path in (project / name).rglob("*.*"))]
    return sorted(files)
