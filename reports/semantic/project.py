"""The dbt project of semantic models and metrics over certified numbers, made from the certificates themselves.

BI tools get a copy of the numbers and never open the warehouse, so that nobody waits for its lock, and a metric gives
the certificate's digits because it reads nothing else. The definitions are what was certified, not what the catalogue
says today.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reports.certificates.certificate import Certificate
from reports.figures.months import days_of
from reports.figures.numbers import MonthlyNumber
from reports.workbook.exports import parquet_of

_NUMBERS = "certified_numbers"
_SPINE = "time_spine"
# The files of the project that are the same for every hall.
_FILES = Path(__file__).with_name("files")


class SemanticError(Exception):
    """No semantic models can be made; the message says why."""


def semantic_project(certificates: Sequence[Certificate], closing: Iterable[str]) -> dict[str, bytes]:
    """Every file of the project by its path in the folder; same certificates, same bytes.

    Args:
        certificates: The newest of each month, of one hall.
        closing: The measures that are stocks.

    Raises:
        SemanticError: there is no certificate, or two metrics would have one name.
    """
    if not certificates:
        raise SemanticError("no month is certified yet, so there is nothing that a BI tool could read")
    numbers = _named([number for certificate in certificates for number in certificate.numbers])
    names = {(number.metric, number.version): name for name, number in numbers.items()}
    stocks = frozenset(closing)
    models = {
        "semantic_models": [_semantic_model(numbers, stocks)],
        "metrics": [_metric(name, number) for name, number in numbers.items()],
        "models": [_SPINE_MODEL],
    }
    files = sorted(path for path in _FILES.rglob("*") if path.is_file())
    fixed = {path.relative_to(_FILES).as_posix(): path.read_bytes() for path in files}
    rows: list[dict[str, Any]] = [dict.fromkeys(numbers) | _row(certificate, names) for certificate in certificates]
    return {
        **fixed,
        "models/semantic.yml": (json.dumps(models, ensure_ascii=False, indent=1) + "\n").encode(),
        f"{_NUMBERS}.parquet": parquet_of(rows),
    }


def _named(numbers: Iterable[MonthlyNumber]) -> dict[str, MonthlyNumber]:
    """The newest text of each definition by the metric's name, which a redefined metric has with its version."""
    newest = {(number.metric, number.version): number for number in numbers}
    metrics = [metric for metric, _ in newest]
    named: dict[str, MonthlyNumber] = {}
    for (metric, version), number in sorted(newest.items()):
        name = f"{metric}_v{version}" if metrics.count(metric) > 1 else metric
        if name in named:
            raise SemanticError(f"two metrics would be called {name}; rename one of them in metrics.csv")
        named[name] = number
    return named


def _row(certificate: Certificate, names: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    return {
        "month_start": days_of(certificate.month)[0],
        "hall": certificate.hall.code,
        "certificate": certificate.code,
        "revision": certificate.revision,
        **{names[number.metric, number.version]: number.exact for number in certificate.numbers},
    }


def _semantic_model(numbers: Mapping[str, MonthlyNumber], stocks: frozenset[str]) -> dict[str, Any]:
    return {
        "name": _NUMBERS,
        "model": f"ref('{_NUMBERS}')",
        "defaults": {"agg_time_dimension": "month_start"},
        "entities": [{"name": "certified_month", "type": "primary", "expr": "certificate"}],
        "dimensions": [
            {"name": "month_start", "type": "time", "type_params": {"time_granularity": "month"}},
            *({"name": name, "type": "categorical"} for name in ("hall", "certificate", "revision")),
        ],
        "measures": [_measure(name, number, stocks) for name, number in numbers.items()],
    }


def _measure(name: str, number: MonthlyNumber, stocks: frozenset[str]) -> dict[str, Any]:
    # MetricFlow refuses a measure's name of one character, and a catalogue may have such.
    measure = {"name": f"exact_{name}", "agg": "sum", "expr": name}
    if stocks.isdisjoint(number.measures):
        return measure
    return {**measure, "non_additive_dimension": {"name": "month_start", "window_choice": "max"}}


def _metric(name: str, number: MonthlyNumber) -> dict[str, Any]:
    meta = {
        "metric": number.metric,
        "version": number.version,
        "unit": number.unit,
        "display_unit": number.display_unit,
        "display_divisor": number.display_divisor,
        "display_decimals": number.display_decimals,
        "rounding": number.rounding,
    }
    return {
        "name": name,
        "label": f"{number.metric_name}（第 {number.version} 版）",
        "description": f"{number.definition}（单位：{number.unit}）",
        "type": "simple",
        "type_params": {"measure": f"exact_{name}"},
        "config": {"meta": meta},
    }


_SPINE_MODEL: Mapping[str, Any] = {
    "name": _SPINE,
    "time_spine": {"standard_granularity_column": "date_day"},
    "columns": [{"name": "date_day", "granularity": "day"}],
}
