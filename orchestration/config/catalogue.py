"""The reviewed tables of a hall, `catalogue/*.csv` in its folder: departments, measures, metrics, calendar overrides.

They say what the hall counts and how that is reported; nothing of it stands in the code.
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
from orchestration.config.working_days import WorkingDays, load_overrides
from orchestration.runtime.paths import PROJECT_ROOT

if TYPE_CHECKING:
    from expectations.validation import Vocabulary

Text = Field(min_length=1)


class Department(Strict):
    """One row of departments.csv."""

    department_code: str = Text
    department_name: str = Text


class Site(Strict):
    """One row of sites.csv."""

    hall_code: str = Text
    hall_name: str = Text
    hall_level: Literal["province", "city", "county"]


class Measure(Strict):
    """One row of measures.csv; `closing` is a stock, of which a month has what its last answered day has."""

    measure: str = Text
    measure_name: str = Text
    event_counted: str = Text
    aggregation: Literal["sum", "closing"]


class Metric(Strict):
    """One row of metrics.csv: a metric at one version of its definition."""

    metric: str = Text
    version: int = Field(ge=1)
    metric_name: str = Text
    definition: str = Text
    event_counted: str = Text
    deduplication_key: str = Text
    overlaps_with: str | None
    unit: str = Text
    display_unit: str = Text
    display_divisor: int = Field(ge=1)
    display_decimals: int = Field(ge=0)
    rounding: Literal["half_up", "half_even"]
    valid_from: date
    valid_to: date | None

    @field_validator("display_divisor")
    @classmethod
    def _divides_exactly(cls, divisor: int) -> int:
        # Only then is the division exact and the rounding happens once (reports.figures.rounding).
        if divisor != 10 ** (len(str(divisor)) - 1):
            raise ValueError(f"{divisor} isn't a power of ten, such as 1, 1000, 10000")
        return divisor


class MetricMeasure(Strict):
    """One row of metric_measures.csv: a measure that a version of a metric sums."""

    metric: str = Text
    version: int = Field(ge=1)
    measure: str = Text


class MetricPart(Strict):
    """One row of metric_parts.csv: a metric that a version of a composed metric adds up."""

    metric: str = Text
    version: int = Field(ge=1)
    part: str = Text


class StockBalance(Strict):
    """One row of stock_balances.csv: what stands at a day's end is what stood before it, plus inflow, minus outflow."""

    stock: str = Text
    inflow: str = Text
    outflow: str = Text


class Reconciliation(Strict):
    """One row of reconciliations.csv: over a month and hall, the first measure's sum may not exceed the second's."""

    lesser_measure: str = Text
    greater_measure: str = Text
    reason: str = Text

    @model_validator(mode="after")
    def _compares_two(self) -> Self:
        if self.lesser_measure == self.greater_measure:
            raise ValueError(f"{self.lesser_measure} is compared with itself")
        return self


class ProofreadingLabel(Strict):
    """One row of proofreading_labels.csv: what texts call a metric.

    A label is words separated by spaces: all of them stand before the number, in any order. A word after "-" must not.
    """

    metric: str = Text
    label: str = Text


class CalendarOverride(Strict):
    """One row of calendar_overrides.csv: a reviewed correction of the working-day calendar."""

    stat_date: date
    is_working_day: bool
    reason: str = Text
    reviewed_by: str = Text


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
    told = {str(column): value or None for column, value in row.items()}
    try:
        return kind.model_validate(told).model_dump(mode="json")
    except ValidationError as error:
        complaints = [": ".join([*(f"column {name}" for name in each["loc"]), each["msg"]]) for each in error.errors()]
        raise SettingsError(f"{path} line {line}: {'; '.join(complaints)}") from error


def working_days() -> WorkingDays:
    """The calendar under the reviewed overrides."""
    return WorkingDays(load_overrides(catalogue_folder() / "calendar_overrides.csv"))


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
    told = [(row["metric"], row["label"]) for row in read_table(catalogue_folder(), LABELS)]
    return {metric: tuple(label for named, label in told if named == metric) for metric, _ in told}


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
