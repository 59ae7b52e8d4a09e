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
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, create_model, model_validator

from expectations.rules import suite_version
from expectations.vocabulary import Quantity, Vocabulary
from orchestration.config.hall import SettingsError, hall_folder
from orchestration.config.systems.common import Strict, System
from orchestration.config.working_days import CalendarDay, CalendarError, OverrideKey, WorkingDays
from reports.figures.derived import Against, Basis, DerivedKind
from reports.figures.kinds import CLOSING, DISTINCT, SCALED, SIGNED, Kind, of_kinds
from reports.figures.rounding import is_divisor
from reports.figures.validity import is_valid


def _divisor(number: int) -> int:
    if not is_divisor(number):
        raise ValueError(f"{number} isn't a power of ten, such as 1, 1000, 10000, nor a duration's 60, 3600 or 86400")
    return number


def _month_of_the_year(text: Any) -> Any:
    if text is not None and str(text) not in _MONTHS_OF_THE_YEAR:
        raise ValueError(
            f"{text} is no month: a year begins with a month, written as its number from 1 to 12; on which day months "
            "begin is said by `month_begins` in hall.toml"
        )
    return text


def _spelled_out(text: Any) -> Any:
    if text not in {"true", "false"}:
        raise ValueError("allowed are true and false")
    return text


def _zero_if_absent(text: Any) -> Any:
    return 0 if text is None else text


def _false_if_absent(text: Any) -> Any:
    return "false" if text is None else text


def _signed(text: Any) -> Any:
    return {"1": 1, "+1": 1, "-1": -1}.get(text, text)


class _Validity(Strict):
    """A row of a table of codes that begin and end."""

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        row = self.model_dump()
        if row["valid_from"] and row["valid_to"] and row["valid_to"] < row["valid_from"]:
            raise ValueError(f"valid_to {row['valid_to']} is before valid_from {row['valid_from']}")
        if row.get("successors") and not row["valid_to"]:
            raise ValueError("successors begin after valid_to, which is absent")
        return self


class _Measure(_Validity):
    @model_validator(mode="after")
    def _is_of_its_kind(self) -> Self:
        row = self.model_dump()
        if row["scale"] and row["kind"] not in SCALED:
            raise ValueError(f"scale {row['scale']} is for {' or '.join(SCALED)}: a {row['kind']} is a whole number")
        if row["negative"] and row["kind"] not in SIGNED:
            raise ValueError(f"negative is for {' or '.join(SIGNED)}: a {row['kind']} is never below zero")
        if row["kind"] == "duration" and not row["unit"]:
            raise ValueError("a duration has a unit, such as 秒, 分钟 or 工作日")
        return self


class _Reconciliation(Strict):
    @model_validator(mode="after")
    def _compares_two(self) -> Self:
        lesser, greater, *_ = self.model_dump().values()
        if lesser == greater:
            raise ValueError(f"{lesser} is compared with itself")
        return self


_MOST_DECIMALS = 9
# What a column must hold, by the words of catalogue_tables.toml.
_HOLDS: Mapping[str, Any] = {
    "text": Annotated[str, Field(min_length=1)],
    "text or null": str | None,
    "text or absent": Annotated[str | None, Field(default=None)],
    "number from 0": Annotated[int, Field(ge=0)],
    "number from 1": Annotated[int, Field(ge=1)],
    "number or absent": Annotated[int | None, Field(ge=1, default=None)],
    "month of the year": Annotated[int | None, BeforeValidator(_month_of_the_year), Field(default=None)],
    "divisor": Annotated[int, Field(ge=1), AfterValidator(_divisor)],
    "day": date,
    "day or null": date | None,
    "day or absent": Annotated[date | None, Field(default=None)],
    "true or false": Annotated[bool, BeforeValidator(_spelled_out)],
    "sign": Annotated[Literal[1, -1], BeforeValidator(_signed)],
    "level": Literal["province", "city", "county"],
    "kind": Kind,
    "scale": Annotated[int, BeforeValidator(_zero_if_absent), Field(default=0, ge=0, le=_MOST_DECIMALS)],
    "true or false, absent is false": Annotated[
        bool, BeforeValidator(_spelled_out), BeforeValidator(_false_if_absent), Field(default=False)
    ],
    "rounding": Literal["half_up", "half_even"],
    "derived kind": DerivedKind,
    "yes or no": Annotated[Literal["yes", "no"] | None, Field(default=None)],
    "days": Annotated[Literal["working", "calendar"] | None, Field(default=None)],
    "against": Annotated[Against | None, Field(default=None)],
    "basis": Annotated[Basis | None, Field(default=None)],
    "ranked by": Annotated[Literal["department", "site", "item"] | None, Field(default=None)],
    "ties": Annotated[Literal["all", "code"] | None, Field(default=None)],
}


class _DerivedMetric(Strict):
    """A derived metric says what its kind needs, and nothing else."""

    @model_validator(mode="after")
    def _is_of_its_kind(self) -> Self:
        row = self.model_dump()
        takes = _TAKES[row["kind"]]
        if absent := sorted(column for column in takes if row[column] is None and column not in _ASSUMED):
            raise ValueError(f"a {row['kind']} needs {', '.join(absent)}")
        if idle := sorted(column for column in _ALL_TAKEN - takes if row[column] is not None):
            raise ValueError(f"a {row['kind']} takes no {', '.join(idle)}")
        return self


# By kind of derived metric, the columns that it takes; those of `_ASSUMED` may be left empty.
_TAKES: Mapping[DerivedKind, frozenset[str]] = {
    "difference": frozenset({"other_metric"}),
    "ratio": frozenset({"other_metric", "contained"}),
    "mean": frozenset({"other_metric"}),
    "share_of": frozenset({"other_metric"}),
    "daily_mean": frozenset({"days"}),
    "to_date": frozenset({"year_begins"}),
    "change": frozenset({"against", "basis"}),
    "rank": frozenset({"ranked_by", "ties"}),
    "top_n": frozenset({"ranked_by", "top", "ties"}),
}
_ALL_TAKEN = frozenset[str]().union(*_TAKES.values())
_ASSUMED = frozenset({"contained", "year_begins", "basis", "ties"})
_MONTHS_OF_THE_YEAR = frozenset(map(str, range(1, 13)))


# What holds of a row beside its columns.
_BASES: Mapping[str, type[Strict]] = {
    "reconciliations": _Reconciliation,
    "derived_metrics": _DerivedMetric,
    **dict.fromkeys(("departments", "sites"), _Validity),
    "measures": _Measure,
}


def _row_of(table: str, columns: Mapping[str, tuple[str, str]]) -> type[Strict]:
    """One row of a table."""
    fields: dict[str, Any] = {name: (_HOLDS[kind], Field(description=text)) for name, (kind, text) in columns.items()}
    return create_model(table, __base__=_BASES.get(table, Strict), **fields)


LABELS = "proofreading_labels"
SITES = "sites"
MEASURES = "measures"
BALANCES = "stock_balances"
DERIVED = "derived_metrics"
ITEMS = "items"
# A hall that doesn't need one of these doesn't have the file.
_OPTIONAL = frozenset({DERIVED, ITEMS})
_COLUMNS = tomllib.loads(Path(__file__).with_name("catalogue_tables.toml").read_text(encoding="utf-8"))
_ROWS: Mapping[str, type[Strict]] = {table: _row_of(table, columns) for table, columns in _COLUMNS.items()}
# What a build reads; what texts call a metric or an item changes no number.
TABLES: Mapping[str, type[Strict]] = {table: row for table, row in _ROWS.items() if table not in {LABELS, ITEMS}}


def catalogue_folder() -> Path:
    """Where the tables of the hall that `YUEBAO_HALL` names lie."""
    return hall_folder() / "catalogue"


def read_table(folder: Path, name: str) -> list[dict[str, Any]]:
    """A table's rows, ready for JSON. SettingsError names file, line and column that aren't what they must be."""
    path = _table_path(folder, name)
    if name in _OPTIONAL and not path.exists():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path} can't be read as a table of comma-separated values in UTF-8: {error}") from error
    return [
        _row(path, line, row, _ROWS[name]) for line, read in enumerate(rows, start=2) for row in _rows_of(name, read)
    ]


# What a table of measures with `aggregation` means.
_KIND_OF: Mapping[str, str] = {"sum": "count", "closing": "stock"}


def _rows_of(name: str, row: dict[str | Any, Any]) -> list[dict[str | Any, Any]]:
    """The rows that a line is, also of tables of earlier releases, which certified months have."""
    if name == MEASURES and "aggregation" in row and "kind" not in row:
        aggregation = row["aggregation"]
        rest = {column: value for column, value in row.items() if column != "aggregation"}
        return [{**rest, "kind": _KIND_OF.get(aggregation, aggregation)}]
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
        rows, sites = read_table(folder, "calendar_overrides"), members(SITES)
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
    return WorkingDays(overrides, {code: site for code, site in sites.items() if site.ends})


def vocabulary(system: System) -> Vocabulary:
    """The codes that rows of a system may use."""
    folder = catalogue_folder()
    sites, departments = _codes(folder, _stamps(folder, SITES, "departments"))
    own = quantities(folder)
    return Vocabulary(
        sites,
        departments,
        frozenset(system.measures),
        system.item_codes,
        frozenset(own[measure] for measure in system.measures if measure in own),
    )


# By measure.
Quantities = Mapping[str, Quantity]


def quantities(folder: Path) -> Quantities:
    """The amounts and durations of the tables in a folder: what isn't counted in ones.

    None where there is no table of measures, as whoever looks codes up says.
    """
    return _quantities(folder, _stamps(folder, MEASURES)) if _table_path(folder, MEASURES).exists() else {}


@lru_cache(maxsize=8)
def _quantities(folder: Path, _stamps: object) -> Quantities:
    measures = read_table(folder, MEASURES)
    return {
        row["measure"]: Quantity(row["measure"], row["scale"], row["negative"])
        for row in measures
        if row["kind"] in SCALED
    }


@lru_cache(maxsize=8)
def _codes(_folder: Path, _stamps: object) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(row["hall_code"] for row in _rows(SITES)), frozenset(department_names())


@dataclass(frozen=True)
class Member:
    """A row of a table of codes: a department, a site or a measure.

    Attributes:
        code: as rows of counts have it.
        name: in Chinese.
        valid_from: the first day on which it is counted, None for always.
        valid_to: the last one, None while open.
        successors: the codes of those that took its place.
        parent: the code of the site above it, empty for a topmost one and where there is no tree.
        level: province, city or county, of a site.
    """

    code: str
    name: str
    valid_from: date | None
    valid_to: date | None
    successors: tuple[str, ...] = ()
    parent: str = ""
    level: str = ""

    def is_valid_on(self, day: date) -> bool:
        """Whether it is counted on a day."""
        return is_valid(day, self.valid_from, self.valid_to)

    @property
    def ends(self) -> bool:
        """Whether there are days on which it isn't counted."""
        return bool(self.valid_from or self.valid_to)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


# By table: the columns that hold code and name.
MEMBERS: Mapping[str, tuple[str, str]] = {
    "departments": ("department_code", "department_name"),
    SITES: ("hall_code", "hall_name"),
    "measures": ("measure", "measure_name"),
}


def members(table: str) -> Mapping[str, Member]:
    """The rows of a table of codes, by code; of one that stands twice the last. Raises as `read_table` does."""
    folder = catalogue_folder()
    return _members(folder, table, _stamps(folder, table))


@lru_cache(maxsize=24)
def _members(folder: Path, table: str, _stamps: object) -> Mapping[str, Member]:
    code, name = MEMBERS[table]
    return {row[code]: _member(row, code, name) for row in read_table(folder, table)}


def _member(row: Mapping[str, Any], code: str, name: str) -> Member:
    first, last = (date.fromisoformat(row[end]) if row[end] else None for end in ("valid_from", "valid_to"))
    return Member(row[code], row[name], first, last, codes_in(row.get("successors")), *_of_site(row))


def _of_site(row: Mapping[str, Any]) -> tuple[str, str]:
    return row.get("parent") or "", row.get("hall_level", "")


def validity_of(table: str, member: Member) -> str:
    """From when to when a member of a table is counted and who took its place, in words."""
    ends = [("from", member.valid_from), ("to", member.valid_to)]
    known = members(table)
    after = ", ".join(str(known.get(code, code)) for code in member.successors)
    counted = " ".join(f"{word} {day}" for word, day in ends if day)
    return f"is counted {counted}" + (f", then {after}" if after else "")


def codes_in(text: str | None) -> tuple[str, ...]:
    """The codes of a column that holds several, separated by semicolons."""
    return tuple(filter(None, map(str.strip, (text or "").split(";"))))


def _stamps(folder: Path, *tables: str) -> tuple[tuple[int, int], ...]:
    """By which a process that lives long sees that a table of codes was changed."""
    try:
        stats = [_table_path(folder, name).stat() for name in tables]
    except OSError as error:
        raise SettingsError(f"{error.filename} can't be read ({error.strerror}); every hall's folder has it") from error
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)


def closing_measures() -> frozenset[str]:
    """The measures of which a month has what its last answered day has."""
    return of_kinds(_rows(MEASURES), *CLOSING)


def distinct_measures() -> frozenset[str]:
    """The measures that a source states for one site from the month's first day on, and that are never summed."""
    return of_kinds(_rows(MEASURES), DISTINCT)


def department_names() -> dict[str, str]:
    """The departments' names by code."""
    return {code: department.name for code, department in members("departments").items()}


def item_names() -> dict[str, str]:
    """The items' names by code, of those that have one."""
    return {row["item_code"]: row["item_name"] for row in _rows(ITEMS)}


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
    folder = catalogue_folder()
    return sorted([*folder.glob("metric*.csv"), *folder.glob(f"{DERIVED}.csv")])


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
