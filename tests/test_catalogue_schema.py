"""The catalogue's columns stand once, in catalogue_tables.toml; what dbt repeats of them says the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from orchestration.config.catalogue import TABLES

STAGING = Path(__file__).parents[1] / "dbt_project" / "models" / "staging"
TYPES = {"str": "varchar", "int": "integer", "date": "date", "bool": "boolean"}

Columns = dict[str, tuple[str, str]]


def _columns_of_model(table: str) -> Columns:
    """By column: dbt's type, and what it is."""
    return {
        name: (_type(field.annotation), str(field.description)) for name, field in TABLES[table].model_fields.items()
    }


def _type(annotation: Any) -> str:
    """The type by dbt's name; of a choice of texts, or of a value that may be absent, that of the first."""
    if choices := get_args(annotation):
        return _type(choices[0])
    return TYPES[(annotation if isinstance(annotation, type) else type(annotation)).__name__]


def _columns_of_yaml(node: dict[str, Any]) -> Columns:
    return {column["name"]: (column["data_type"], column["description"]) for column in node["columns"]}


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((STAGING / name).read_text(encoding="utf-8"))
    return document


SOURCES = {table["name"]: table for source in _read("_sources.yml")["sources"] for table in source["tables"]}
MODELS = {model["name"]: model for model in _read("_staging.yml")["models"]}


@pytest.mark.parametrize("table", TABLES)
def test_dbt_describes_the_columns_that_the_catalogue_has(table: str) -> None:
    assert list(_columns_of_yaml(SOURCES[table]).items()) == list(_columns_of_model(table).items())
    assert _columns_of_yaml(MODELS[f"stg_hall__{table}"]) == _columns_of_yaml(SOURCES[table])


@pytest.mark.parametrize("table", TABLES)
def test_dbt_reads_the_columns_that_the_catalogue_has(table: str) -> None:
    text = (STAGING / f"stg_hall__{table}.sql").read_text(encoding="utf-8")
    assert re.findall(r"^    (\w+),?$", text.partition("from {{")[0], re.MULTILINE) == list(_columns_of_model(table))
