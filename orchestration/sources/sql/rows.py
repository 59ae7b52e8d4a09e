"""Reads what a database answers: the columns are validated before a row is fetched."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestration.config.systems import ContractName
from orchestration.sources import contract
from orchestration.sources.contract import CONTRACT, Request, SourceFault
from orchestration.sources.daily_counts import DailyCounts, concatenated, daily_counts
from orchestration.sources.normal_forms import in_least_units
from orchestration.sources.sql.columns import copied_counts
from orchestration.sources.sql.errors import fault

_BATCH = 10_000
_NOTHING = type(None)
# What a database's column may hold for certain. A float isn't exact (MariaDB even shortens a FLOAT on its way).
_READABLE: Mapping[str, frozenset[type]] = {
    "stat_date": frozenset({str, dt.date, dt.datetime, _NOTHING}),
    "count": frozenset({int, Decimal, str, _NOTHING}),
    **{name: frozenset({str, _NOTHING}) for name in ("hall_code", "department_code", "item_code", "measure")},
}
_CAST_TO: Mapping[str, str] = {
    "stat_date": "DATE",
    "count": "an exact whole number",
    **dict.fromkeys(CONTRACT[1:5], "text"),
}
Totals = Mapping[str, Any]
NO_CONSTANTS: Mapping[ContractName, str] = {}


@dataclass(frozen=True)
class Executed:
    """A query that a database has executed, and of which no row was fetched yet."""

    cursor: Any  # the driver's
    statement: str  # with the driver's placeholders
    parameters: Any


def read_counts(
    executed: Executed, query: str, *, by_copy: bool, constants: Mapping[ContractName, str] = NO_CONSTANTS
) -> DailyCounts:
    """Daily counts: by columns where the database hands these over, else in batches of rows.

    Args:
        executed: the counting query.
        query: its file, for messages.
        by_copy: whether the driver is psycopg, with a COPY that goes by columns.
        constants: what every row says of the columns that the query doesn't select.

    Raises:
        SourceFault: the query selects what isn't asked for, or what can't be read with certainty.
    """
    names = _columns(executed.cursor)
    wanted = [name for name in CONTRACT if name not in constants]
    if sorted(names) != sorted(wanted):
        raise fault("other_columns", query=query, selected=", ".join(names), wanted=", ".join(wanted))
    parameters = executed.parameters
    copied = copied_counts(executed.cursor, executed.statement, parameters, query, constants) if by_copy else None
    return _fetched(executed.cursor, names, query, constants) if copied is None else copied


def _fetched(cursor: Any, names: Sequence[str], query: str, constants: Mapping[ContractName, str]) -> DailyCounts:
    parts: list[DailyCounts] = []
    begin = 1
    for batch in _batches(cursor):
        columns: dict[str, Sequence[Any]] = dict(zip(names, zip(*batch, strict=True), strict=True))
        lines = range(begin, begin + len(batch))
        for name in names:
            _refuse_unreadable(name, columns[name], query, lines)
        columns |= {name: [value] * len(batch) for name, value in constants.items()}
        parts.append(daily_counts(columns, query, lines))
        begin += len(batch)
    return concatenated(parts)


def _refuse_unreadable(name: str, values: Sequence[Any], query: str, lines: Sequence[int]) -> None:
    if unreadable := set(map(type, values)) - _READABLE[name]:
        line, value = next(pair for pair in zip(lines, values, strict=True) if type(pair[1]) in unreadable)
        came, wanted = _as_it_came(value), _CAST_TO[name]
        raise fault("uncertain_value", origin=f"{query} row {line}", name=name, came=came, type=wanted)


def read_totals(
    executed: Executed, query: str, scales: Mapping[str, int], request: Request, every_site: Sequence[str]
) -> dict[str, Totals | SourceFault]:
    """The closing records of a day: of every site that was asked for the totals by measure that the
    database declares, or what is wrong with its record. `scales` are the decimals of each measure that it may declare.

    Raises:
        SourceFault: the query selects what isn't asked for, or a record is of no site that the system answers for.
    """
    names = _columns(executed.cursor)
    _refuse_other_columns(names, query, list(scales), request)
    records: dict[str, list[Mapping[str, Any]]] = {site: [] for site in (*every_site, *request.sites)}
    for number, row in enumerate((row for batch in _batches(executed.cursor) for row in batch), start=1):
        record = dict(zip(names, row, strict=True))
        site = record.pop("hall_code", request.sites[0])
        site = site.strip() if isinstance(site, str) else site
        if site not in records:
            raise contract.fault("foreign_site", origin=f"{query} row {number}", site=site)
        records[site].append(record)
    return {site: _totals(query, records[site], scales) for site in request.sites}


def _refuse_other_columns(names: Sequence[str], query: str, measures: Sequence[str], request: Request) -> None:
    foreign = sorted({name for name in names if name not in {*measures, "hall_code"} or names.count(name) > 1})
    if foreign:
        raise fault("other_totals", query=query, foreign=", ".join(foreign), measures=", ".join(measures))
    if "hall_code" not in names and len(request.sites) > 1:
        raise fault("whose_totals", query=query)


def _totals(query: str, records: Sequence[Mapping[str, Any]], scales: Mapping[str, int]) -> Totals | SourceFault:
    if not records:
        return fault("not_closed", query=query)
    if len(records) > 1:
        return fault("closed_twice", query=query, count=len(records))
    totals = {measure: in_least_units(total, scales[measure]) for measure, total in records[0].items()}
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
