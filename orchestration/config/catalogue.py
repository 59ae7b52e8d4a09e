"""The reviewed tables of a hall, `catalogue/*.csv` in its folder: departments, measures, metrics, calendar overrides.

They say what the hall counts and how that is reported; nothing of it stands in the code. Names, types and descriptions
of their columns stand in catalogue_tables.toml.
"""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, create_model, model_validator

from expectations.rules import suite_version
from expectations.vocabulary import Vocabulary
from orchestration.config.hall import SettingsError, hall_folder
from orchestration.config.systems.common import Strict, System
from orchestration.config.working_days import CalendarDay, CalendarError, OverrideKey, WorkingDays


def _power_of_ten(divisor: int) -> int:
    # Only then is the division exact and the rounding happens once (reports.figures.rounding).
    if divisor != 10 ** (len(str(divisor)) - 1):
        raise ValueError(f"{divisor} isn't a power of ten, such as 1, 1000, 10000")
    return divisor


def _spelled_out(text: Any) -> Any:
    if text not in {"true", "false"}:
        raise ValueError("allowed are true and false")
    return text


def _signed(text: Any) -> Any:
    return {"1": 1, "+1": 1, "-1": -1}.get(text, text)


class _Reconciliation(Strict):
    @model_validator(mode="after")
    def _compares_two(self) -> Self:
        lesser, greater, *_ = self.model_dump().values()
        if lesser == greater:
            raise ValueError(f"{lesser} is compared with itself")
        return self


# What a column must hold, by the words of catalogue_tables.toml.
_HOLDS: Mapping[str, Any] = {
    "text": Annotated[str, Field(min_length=1)],
    "text or null": str | None,
    "text or absent": Annotated[str | None, Field(default=None)],
    "number from 0": Annotated[int, Field(ge=0)],
    "number from 1": Annotated[int, Field(ge=1)],
    "power of ten": Annotated[int, Field(ge=1), AfterValidator(_power_of_ten)],
    "day": date,
    "day or null": date | None,
    "true or false": Annotated[bool, BeforeValidator(_spelled_out)],
    "sign": Annotated[Literal[1, -1], BeforeValidator(_signed)],
    "level": Literal["province", "city", "county"],
    "aggregation": Literal["sum", "closing"],
    "rounding": Literal["half_up", "half_even"],
}


def _row_of(table: str, columns: Mapping[str, tuple[str, str]]) -> type[Strict]:
    """One row of a table."""
    fields: dict[str, Any] = {name: (_HOLDS[kind], Field(description=text)) for name, (kind, text) in columns.items()}
    return create_model(table, __base__=_Reconciliation if table == "reconciliations" else Strict, **fields)


LABELS = "proofreading_labels"
SITES = "sites"
BALANCES = "stock_balances"
_COLUMNS = tomllib.loads(Path(__file__).with_name("catalogue_tables.toml").read_text(encoding="utf-8"))
_ROWS: Mapping[str, type[Strict]] = {table: _row_of(table, columns) for table, columns in _COLUMNS.items()}
# What a build reads; what texts call a metric changes no number.
TABLES: Mapping[str, type[Strict]] = {table: row for table, row in _ROWS.items() if table != LABELS}


def catalogue_folder() -> Path:
    """Where the tables of the hall that `YUEBAO_HALL` names lie."""
    return hall_folder() / "catalogue"


def read_table(folder: Path, name: str) -> list[dict[str, Any]]:
    """A table's rows, ready for JSON. SettingsError names file, line and column that aren't what they must be."""
    path = _table_path(folder, name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path} can't be read as a table of comma-separated values in UTF-8: {error}") from error
    return [
        _row(path, line, row, _ROWS[name]) for line, read in enumerate(rows, start=2) for row in _rows_of(name, read)
    ]


def _rows_of(name: str, row: dict[str | Any, Any]) -> list[dict[str | Any, Any]]:
    """The rows that a line is: of a table of balances with two columns of flows, as certified months have it, two."""
    if name != BALANCES or not {"inflow", "outflow"} <= row.keys():
        return [row]
    stock = {column: value for column, value in row.items() if column not in {"inflow", "outflow"}}
    return [{**stock, "measure": row[flow], "sign": sign} for flow, sign in (("inflow", "1"), ("outflow", "-1"))]


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
    """The calendar under the reviewed overrides; CalendarError names the line that can't be read or repeats another."""
    folder = catalogue_folder()
    try:
        rows = read_table(folder, "calendar_overrides")
    except SettingsError as error:
        raise CalendarError(str(error)) from error
    overrides: dict[OverrideKey, CalendarDay] = {}
    for line, row in enumerate(rows, start=2):
        day = date.fromisoformat(row["stat_date"])
        key = day, row["system"], row["site"]
        if key in overrides:
            raise CalendarError(
                f"{folder}/calendar_overrides.csv line {line}: {' '.join(str(part) for part in key if part)} "
                "stands in the table already; keep one of the lines"
            )
        overrides[key] = CalendarDay(day, row["is_working_day"], row["reason"])
    return WorkingDays(overrides)


def vocabulary(system: System) -> Vocabulary:
    """The codes that rows of a system may use."""
    folder = catalogue_folder()
    sites, departments = _codes(folder, _stamps(folder))
    return Vocabulary(sites, departments, frozenset(system.measures), system.item_codes)


@lru_cache(maxsize=8)
def _codes(_folder: Path, _stamps: object) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(row["hall_code"] for row in _rows(SITES)), frozenset(department_names())


def _stamps(folder: Path) -> tuple[tuple[int, int], ...]:
    """By which a process that lives long sees that a table of codes was changed."""
    try:
        stats = [_table_path(folder, name).stat() for name in (SITES, "departments")]
    except OSError as error:
        raise SettingsError(f"{error.filename} can't be read ({error.strerror}); every hall's folder has it") from error
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)


def closing_measures() -> frozenset[str]:
    """The measures that are stocks."""
    return frozenset(row["measure"] for row in _rows("measures") if row["aggregation"] == "closing")


def department_names() -> dict[str, str]:
    """The departments' names by code."""
    return {row["department_code"]: row["department_name"] for row in _rows("departments")}


def labels() -> dict[str, tuple[str, ...]]:
    """What texts call each metric, besides its name."""
    labels_of: dict[str, tuple[str, ...]] = {}
    for row in _rows(LABELS):
        labels_of[row["metric"]] = (*labels_of.get(row["metric"], ()), row["label"])
    return labels_of


def _rows(table: str) -> list[dict[str, Any]]:
    return read_table(catalogue_folder(), table)


def metric_tables() -> list[Path]:
    """The files of the metric catalogue, whose digest is its version."""
    return sorted(catalogue_folder().glob("metric*.csv"))


def evidence_version(system: System) -> str:
    """The version of everything that a day of a system is judged by: the suite, and the words that its rows may use."""
    return version_by(vocabulary(system))


def settings_version(systems: Iterable[System]) -> str:
    """The evidence versions of all systems of a hall, in one."""
    versions = sorted(evidence_version(system) for system in systems)
    return f"{suite_version()}-{hashlib.sha256(json.dumps(versions).encode()).hexdigest()[:8]}"


@lru_cache(maxsize=64)
def version_by(words: Vocabulary) -> str:
    """The evidence version under these words."""
    canonical = json.dumps([words.as_parameters(), words.item_codes], ensure_ascii=True, sort_keys=True)
    return f"{suite_version()}-{hashlib.sha256(canonical.encode()).hexdigest()[:8]}"
