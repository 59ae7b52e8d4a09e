"""Reads what a database answers: the columns are validated before a row is fetched, and the rows come in batches."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestration.sources import contract
from orchestration.sources.contract import CONTRACT, Request, SourceFault, normal_column, whole_number
from orchestration.sources.sql.errors import fault

_BATCH = 10_000
_NOTHING = type(None)
# What a database's column may hold for certain. A float isn't exact (MariaDB even shortens a FLOAT on its way).
_READABLE: Mapping[str, frozenset[type]] = {
    "stat_date": frozenset({str, dt.date, dt.datetime, _NOTHING}),
    "count": frozenset({int, Decimal, str, _NOTHING}),
    **{name: frozenset({str, _NOTHING}) for name in ("hall_code", "department_code", "item_code", "measure")},
}
_CAST_TO = {"stat_date": "DATE", "count": "an exact whole number", **dict.fromkeys(CONTRACT[1:5], "text")}
_ROW = (*CONTRACT, "origin")
Totals = Mapping[str, Any]


def read_counts(cursor: Any, query: str) -> tuple[Mapping[str, Any], ...]:
    """Daily counts from a cursor, as `Answer.rows`.

    Raises:
        SourceFault: the query selects what isn't asked for, or what can't be read with certainty.
    """
    names = _columns(cursor)
    if sorted(names) != sorted(CONTRACT):
        raise fault("other_columns", query=query, selected=", ".join(names), wanted=", ".join(CONTRACT))
    rows: list[Mapping[str, Any]] = []
    for batch in _batches(cursor):
        columns = dict(zip(names, zip(*batch, strict=True), strict=True))
        origins = [f"{query} row {len(rows) + number}" for number in range(1, len(batch) + 1)]
        normal = [_normal(name, columns[name], origins) for name in CONTRACT]
        rows += [dict(zip(_ROW, row, strict=True)) for row in zip(*normal, origins, strict=True)]
    return tuple(rows)


def _normal(name: str, values: Sequence[Any], origins: Sequence[str]) -> Sequence[Any]:
    if unreadable := set(map(type, values)) - _READABLE[name]:
        origin, value = next(pair for pair in zip(origins, values, strict=True) if type(pair[1]) in unreadable)
        raise fault("uncertain_value", origin=origin, name=name, came=_as_it_came(value), type=_CAST_TO[name])
    return normal_column(name, values)


def read_totals(
    cursor: Any, query: str, measures: Sequence[str], request: Request, every_site: Sequence[str]
) -> dict[str, Totals | SourceFault]:
    """The closing records of a day from a cursor: of every site that was asked for the totals by measure that the
    database declares, or what is wrong with its record.

    Raises:
        SourceFault: the query selects what isn't asked for, or a record is of no site that the system answers for.
    """
    names = _columns(cursor)
    _refuse_other_columns(names, query, measures, request)
    records: dict[str, list[Mapping[str, Any]]] = {site: [] for site in (*every_site, *request.sites)}
    for number, row in enumerate((row for batch in _batches(cursor) for row in batch), start=1):
        record = dict(zip(names, row, strict=True))
        site = record.pop("hall_code", request.sites[0])
        site = site.strip() if isinstance(site, str) else site
        if site not in records:
            raise contract.fault("foreign_site", origin=f"{query} row {number}", site=site)
        records[site].append(record)
    return {site: _totals(query, records[site]) for site in request.sites}


def _refuse_other_columns(names: Sequence[str], query: str, measures: Sequence[str], request: Request) -> None:
    foreign = sorted({name for name in names if name not in {*measures, "hall_code"} or names.count(name) > 1})
    if foreign:
        raise fault("other_totals", query=query, foreign=", ".join(foreign), measures=", ".join(measures))
    if "hall_code" not in names and len(request.sites) > 1:
        raise fault("whose_totals", query=query)


def _totals(query: str, records: Sequence[Mapping[str, Any]]) -> Totals | SourceFault:
    if not records:
        return fault("not_closed", query=query)
    if len(records) > 1:
        return fault("closed_twice", query=query, count=len(records))
    totals = {measure: whole_number(total) for measure, total in records[0].items()}
    for measure, total in totals.items():
        if type(records[0][measure]) not in _READABLE["count"] or type(total) is not int:
            return fault("uncertain_total", query=query, name=measure, came=_as_it_came(total))
    return totals


def _as_it_came(value: object) -> str:
    return "blank (NULL)" if value is None else f"as {type(value).__name__}"


def _columns(cursor: Any) -> list[str]:
    # Oracle and 达梦 name columns in capitals.
    return [str(column[0]).lower() for column in cursor.description]


def _batches(cursor: Any) -> Iterator[Sequence[Sequence[Any]]]:
    while batch := cursor.fetchmany(_BATCH):
        yield batch
