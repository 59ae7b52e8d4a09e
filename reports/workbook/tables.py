"""The tables of a certified month as `tables.toml` describes them: columns over rows, before anything is laid out."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reports.certificates.certificate import REASONS, Certificate
from reports.certificates.dossier import Dossier
from reports.figures.derived import Derived
from reports.figures.numbers import MonthlyNumber

Cell = str | int | None
ExportRow = dict[str, Cell]


@dataclass(frozen=True)
class _WithoutValue:
    """A derived metric that has no value in a month, as rows of numbers have it."""

    metric: str
    version: str
    unit: str
    display_unit: str
    display_decimals: int
    printed: str = ""
    whole: int | None = None
    flags: tuple[str, ...] = ()


_ALL_DEPARTMENTS = "_T"  # SDMX's code for a total
_Columns = Mapping[str, Callable[..., Any]]


def sheets(dossier: Dossier) -> dict[str, tuple[list[str], list[ExportRow]]]:
    """The columns and rows of every sheet of a month's workbook by its title, in order."""
    tables = _tables("sheets").items()
    return {title: (list(columns), _filled(columns, _rows(of, dossier))) for title, (of, columns) in tables}


def number_rows(certificate: Certificate, state: str, numbers: Iterable[MonthlyNumber]) -> list[ExportRow]:
    """Numbers of a certificate, each with all that it takes to cite it; `exact` is whole, in `unit`."""
    rows = ({"certificate": certificate, "number": number, "state": state} for number in numbers)
    return _filled(_tables("exports")["numbers"][1], rows)


def observations(dossier: Dossier) -> list[ExportRow]:
    """SDMX's rows: one for each metric of the hall (`DEPARTMENT` `_T`) and of each department."""
    of, columns = _tables("exports")["observations"]
    return _filled(columns, _rows(of, dossier))


@cache
def _tables(kind: str) -> dict[str, tuple[str, _Columns]]:
    """By its title, which rows a table has, and its columns compiled."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined)  # noqa: S701 - values, not markup
    environment.globals["reasons"] = REASONS
    tables = tomllib.loads(Path(__file__).with_name("tables.toml").read_text(encoding="utf-8"))[kind]

    def compiled(columns: Mapping[str, str]) -> _Columns:
        return {name: environment.compile_expression(text, undefined_to_none=False) for name, text in columns.items()}

    return {title: (table["rows"], compiled(table["columns"])) for title, table in tables.items()}


def _filled(columns: _Columns, rows: Iterable[Mapping[str, Any]]) -> list[ExportRow]:
    return [{name: value(**row) for name, value in columns.items()} for row in rows]


def _rows(of: str, dossier: Dossier) -> Iterator[dict[str, Any]]:
    numbers, foundation = dossier.numbers, dossier.certificate.foundation
    departments = [(number, dossier.traces[number.metric].by_department) for number in numbers]
    days = [(number, dossier.traces[number.metric].by_day) for number in numbers]
    sums: list[tuple[Any, Mapping[str, Any]]] = [
        (number, {_ALL_DEPARTMENTS: number.exact, **by_department}) for number, by_department in departments
    ]
    sums += [(without, {_ALL_DEPARTMENTS: ""}) for without in _without_value(foundation.derived)]
    checks: list[tuple[Any, bool]] = [(rule, False) for rule in foundation.day_rules]
    checks += [(check, True) for check in foundation.build_checks]
    common = {"certificate": dossier.certificate, "state": dossier.state, "departments": dossier.departments}
    rows: Mapping[str, Iterator[dict[str, Any]]] = {
        "numbers": ({"number": number} for number in numbers),
        "departments": _sums("department", departments),
        "observations": _sums("department", sums),
        "days": _sums("day", days),
        "revisions": (
            {"certificate": revision, "number": number} for revision in dossier.revisions for number in revision.numbers
        ),
        "checks": ({"check": check, "build": build} for check, build in checks),
        "extracts": ({"extract": extract} for extract in foundation.extracts),
    }
    return ({**common, **row} for row in rows[of])


def _without_value(derived: Derived) -> Iterator[_WithoutValue]:
    for metric in (derived.by_metric[name] for name in derived.absent):
        yield _WithoutValue(metric.metric, metric.version, metric.unit, metric.display_unit, metric.display_decimals)


def _sums(name: str, parts: Iterable[tuple[Any, Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    return ({"number": number, name: part, "total": total} for number, sums in parts for part, total in sums.items())
