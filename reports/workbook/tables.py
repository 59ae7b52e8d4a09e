"""The tables of a certified month as `tables.toml` describes them: columns over rows, before anything is laid out."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reports.certificates.certificate import Certificate
from reports.certificates.dossier import Dossier
from reports.figures.check_names import check_name
from reports.figures.derived import Derived
from reports.figures.numbers import MonthlyNumber
from reports.workbook.sheets import SheetTable

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


def technical_tables(dossier: Dossier) -> dict[str, SheetTable]:
    """What data people use of a month, by the title of its sheet, in order."""
    tables = _tables("sheets").items()
    return {
        title: SheetTable(
            tuple(columns), [tuple(row.values()) for row in _filled(columns, _rows(of, dossier))], labels=0
        )
        for title, (of, columns) in tables
    }


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
    environment.filters["check_name"] = check_name
    tables = tomllib.loads(Path(__file__).with_name("tables.toml").read_text(encoding="utf-8"))[kind]

    def compiled(columns: Mapping[str, str]) -> _Columns:
        return {name: environment.compile_expression(text, undefined_to_none=False) for name, text in columns.items()}

    return {title: (table["rows"], compiled(table["columns"])) for title, table in tables.items()}


def _filled(columns: _Columns, rows: Iterable[Mapping[str, Any]]) -> list[ExportRow]:
    return [{name: value(**row) for name, value in columns.items()} for row in rows]


def _rows(of: str, dossier: Dossier) -> Iterator[dict[str, Any]]:
    numbers, foundation = dossier.numbers, dossier.certificate.foundation
    checks: list[tuple[Any, bool]] = [(rule, False) for rule in foundation.day_rules]
    checks += [(check, True) for check in foundation.build_checks]
    common = {"certificate": dossier.certificate, "state": dossier.state}
    rows: Mapping[str, Iterator[dict[str, Any]]] = {
        "numbers": ({"number": number} for number in numbers),
        "observations": _observed(dossier),
        "checks": ({"check": check, "build": build} for check, build in checks),
        "extracts": ({"extract": extract} for extract in foundation.extracts),
    }
    return ({**common, **row} for row in rows[of])


def _observed(dossier: Dossier) -> Iterator[dict[str, Any]]:
    """The hall's own first: a program that guesses types of the first hundred rows sees numbers of every kind there."""
    for number in dossier.numbers:
        yield {"number": number, "department": _ALL_DEPARTMENTS, "total": number.exact}
    for without in _without_value(dossier.certificate.foundation.derived):
        yield {"number": without, "department": _ALL_DEPARTMENTS, "total": ""}
    for number in dossier.numbers:
        for department, total in dossier.traces[number.metric].by_department.items():
            yield {"number": number, "department": department, "total": total}


def _without_value(derived: Derived) -> Iterator[_WithoutValue]:
    for metric in (derived.by_metric[name] for name in derived.absent):
        yield _WithoutValue(metric.metric, metric.version, metric.unit, metric.display_unit, metric.display_decimals)
