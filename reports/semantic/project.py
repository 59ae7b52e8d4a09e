"""The dbt project of semantic models and metrics over certified numbers, made from the certificates themselves.

BI tools get a copy of the numbers and never open the warehouse, so that nobody waits for its lock, and a metric gives
the certificate's digits because it reads nothing else. The definitions are what was certified, not what the catalogue
says today.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reports.certificates.certificate import Certificate
from reports.figures.derived import DerivedMetric, quotient
from reports.figures.months import first_day
from reports.figures.numbers import MonthlyNumber
from reports.workbook.exports import parquet_of

# The two columns of a derived number, whose quotient it is.
_ABOVE, _BELOW = "_numerator", "_denominator"
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
    kinds = {metric.metric: metric for each in certificates for metric in each.foundation.derived.metrics}
    names = {(number.metric, number.version): name for name, number in numbers.items()}
    files = sorted(path for path in _FILES.rglob("*") if path.is_file())
    fixed = {path.relative_to(_FILES).as_posix(): path.read_bytes() for path in files}
    columns = [column for name, number in numbers.items() for column in _columns(name, kinds.get(number.metric))]
    rows: list[dict[str, Any]] = [dict.fromkeys(columns) | _row(certificate, names) for certificate in certificates]
    return {
        **fixed,
        "models/semantic.yml": _models(numbers, kinds, frozenset(closing)),
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
        **dict(cell for number in certificate.numbers for cell in _cells(number, certificate, names)),
    }


def _columns(name: str, kind: DerivedMetric | None) -> tuple[str, ...]:
    return (f"{name}{_ABOVE}", f"{name}{_BELOW}") if kind else (name,)


def _cells(
    number: MonthlyNumber, certificate: Certificate, names: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, int]]:
    """A number as it is; a derived one as the two sums that it is the quotient of, which add up over months."""
    derived, name = certificate.foundation.derived, names[number.metric, number.version]
    if number.metric not in derived.by_metric:
        yield name, int(number.exact)
        return
    above, below = quotient(derived.by_metric[number.metric], derived.outcomes[number.metric].terms)
    yield f"{name}{_ABOVE}", above
    yield f"{name}{_BELOW}", below


def _models(numbers: Mapping[str, MonthlyNumber], kinds: Mapping[str, DerivedMetric], stocks: frozenset[str]) -> bytes:
    """The semantic model and its metrics, as JSON, which is YAML."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined)  # noqa: S701 - JSON, not markup
    template = environment.from_string(_MODELS.read_text(encoding="utf-8"))
    told = [(name, number, number.metric in kinds) for name, number in numbers.items()]
    measures = [
        (column, _is_of_its_month(column, number, kinds.get(number.metric), stocks))
        for name, number in numbers.items()
        for column in _columns(name, kinds.get(number.metric))
    ]
    sums = [column for column, _ in measures if column not in numbers]
    text = template.render(numbers=told, measures=measures, sums=sums)
    return (json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n").encode()


def _is_of_its_month(column: str, number: MonthlyNumber, kind: DerivedMetric | None, stocks: frozenset[str]) -> bool:
    """Whether it holds of its month alone, and several months have the last one's.

    So do stocks, sums to date and changes, and the 1 that a difference is divided by, which adds up itself.
    """
    of_month = {"to_date", "change"} | ({"difference"} if column.endswith(_BELOW) else set())
    return not stocks.isdisjoint(number.measures) or (kind is not None and kind.kind in of_month)
