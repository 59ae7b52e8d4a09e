"""What the columns of published facts mean: from the models' descriptions and the hall's catalogue, into the files.

Arrow reads the metadata of fields from the file's key `ARROW:schema`, so that DuckDB writes them at no cost and the
bytes follow from what is built. What shows keys alone (DuckDB, polars) finds the same as JSON under `dictionary`.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from orchestration.warehouse.dbt_manifest import manifest_document
from orchestration.warehouse.inputs import ARROW_TYPES

Catalogue = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Mart:
    """A published table: what a row of it is, the columns that are its key, and its columns as dbt describes them."""

    name: str
    meaning: str
    key: Sequence[str]
    columns: Sequence[Mapping[str, Any]]

    @property
    def grain(self) -> str:
        """One row for each of these."""
        return ", ".join(self.key)


def file_metadata(catalogue: Catalogue, month: str) -> dict[str, dict[str, str]]:
    """By mart, the keys and values of its Parquet file."""
    units = {"measure": _listed(_units_of_measures(catalogue, month)), "metric": _listed(_units(catalogue, month))}
    return {mart.name: _of_file(mart, units) for mart in _marts()}


def _of_file(mart: Mart, units: Mapping[str, str]) -> dict[str, str]:
    columns = {column["name"]: _of_column(column, mart, units) for column in mart.columns}
    table: dict[bytes | str, bytes | str] = {"meaning": mart.meaning, "grain": mart.grain}
    types = [ARROW_TYPES[column["data_type"]] for column in mart.columns]
    fields = [pa.field(name, of, metadata=told) for (name, told), of in zip(columns.items(), types, strict=True)]
    return {
        "ARROW:schema": base64.b64encode(pa.schema(fields, table).serialize().to_pybytes()).decode(),
        "dictionary": json.dumps({**table, "columns": columns}, ensure_ascii=False),
    }


def _of_column(column: Mapping[str, Any], mart: Mart, units: Mapping[str, str]) -> dict[str, str]:
    """Meaning, unit and grain; a unit that is a measure's or metric's is told by them."""
    stated = column["config"]["meta"].get("unit", "")
    unit = f"by {stated}: {units[stated]}" if stated in units else stated
    return {"meaning": column["description"], "unit": unit, "grain": mart.grain}


def _marts() -> Iterator[Mart]:
    for node in manifest_document()["nodes"].values():
        if node["resource_type"] == "model" and "marts" in node["fqn"]:
            key = node["config"]["meta"]["grain"]
            yield Mart(node["name"], node["description"], key, list(node["columns"].values()))


def _units(catalogue: Catalogue, month: str) -> dict[str, str]:
    """The unit of each metric, by the version of its definition that is valid in the month."""
    day = f"{month}-01"
    return {
        row["metric"]: row["unit"]
        for row in catalogue["metrics"]
        if row["valid_from"] <= day and (not row["valid_to"] or day <= row["valid_to"])
    }


def _units_of_measures(catalogue: Catalogue, month: str) -> dict[str, str]:
    """The unit of each measure that a metric sums, which is the metric's."""
    units = _units(catalogue, month)
    rows = catalogue["metric_measures"]
    return {row["measure"]: units[row["metric"]] for row in rows if row["metric"] in units}


def _listed(units: Mapping[str, str]) -> str:
    """`件 (online_accepted, parcels_mailed); 人（次） (phone_consultations)`."""
    of = {unit: [name for name, its in units.items() if its == unit] for unit in units.values()}
    return "; ".join(f"{unit} ({', '.join(names)})" for unit, names in of.items())
