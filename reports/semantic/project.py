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
from reports.figures.months import first_day
from reports.figures.numbers import MonthlyNumber
from reports.workbook.exports import parquet_of

_MODELS = Path(__file__).with_name("semantic.json.j2")
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
    files = sorted(path for path in _FILES.rglob("*") if path.is_file())
    fixed = {path.relative_to(_FILES).as_posix(): path.read_bytes() for path in files}
    rows: list[dict[str, Any]] = [dict.fromkeys(numbers) | _row(certificate, names) for certificate in certificates]
    return {
        **fixed,
        "models/semantic.yml": _models(numbers, frozenset(closing)),
        "certified_numbers.parquet": parquet_of(rows),
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
        "month_start": first_day(certificate.month),
        "hall": certificate.hall.code,
        "certificate": certificate.code,
        "revision": certificate.revision,
        **{names[number.metric, number.version]: number.exact for number in certificate.numbers},
    }


def _models(numbers: Mapping[str, MonthlyNumber], stocks: frozenset[str]) -> bytes:
    """The semantic model and its metrics, as JSON, which is YAML."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined)  # noqa: S701 - JSON, not markup
    template = environment.from_string(_MODELS.read_text(encoding="utf-8"))
    told = [(name, number, not stocks.isdisjoint(number.measures)) for name, number in numbers.items()]
    return (json.dumps(json.loads(template.render(numbers=told)), ensure_ascii=False, indent=1) + "\n").encode()
