"""The reviewed tables of the hall that Python reads beside dbt: its words, and the overrides of the calendar."""

from __future__ import annotations

import csv
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.rules import suite_version
from orchestration.home import PROJECT_ROOT
from orchestration.working_days import WorkingDays, load_overrides

if TYPE_CHECKING:
    from expectations.validation import Vocabulary

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"


def working_days() -> WorkingDays:
    """The calendar under the reviewed overrides."""
    return WorkingDays(load_overrides(SEEDS / "calendar_overrides.csv"))


def vocabulary(measures: tuple[str, ...]) -> Vocabulary:
    """The codes that rows of a system may use; `measures` are those that the system counts."""
    from expectations.validation import Vocabulary

    return Vocabulary(
        halls=_codes("halls.csv", "hall_code"),
        departments=_codes("departments.csv", "department_code"),
        measures=frozenset(measures),
    )


@cache
def evidence_version() -> str:
    """The version of everything a day is judged by: the suite and the words; older evidence is stale."""
    words = b"".join((SEEDS / name).read_bytes() for name in ("halls.csv", "departments.csv", "measures.csv"))
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
    """The files that say what dbt builds: models, tests, macros, seeds and their settings."""
    project = PROJECT_ROOT / "dbt_project"
    folders = ("models", "tests", "macros", "seeds")
    files = [*project.glob("dbt_project.yml"), *(path for name in folders for path in (project / name).rglob("*.*"))]
    return sorted(files)


@cache
def closing_measures() -> frozenset[str]:
    """The measures that are stocks: a month has what its last answered day has."""
    return frozenset(row["measure"] for row in _rows("measures.csv") if row["aggregation"] == "closing")


@cache
def department_names() -> dict[str, str]:
    """The departments' names by code."""
    return {row["department_code"]: row["department_name"] for row in _rows("departments.csv")}


@cache
def _codes(table: str, column: str) -> frozenset[str]:
    return frozenset(row[column] for row in _rows(table))


def _rows(table: str) -> list[dict[str, str]]:
    with (SEEDS / table).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
