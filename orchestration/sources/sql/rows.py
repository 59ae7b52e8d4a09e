"""Reads what a database answers: the columns are validated before a row is fetched, and the rows come in batches."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
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
RowReader = Callable[[Any], None]
Totals = Mapping[str, Any]


class CountRows:
    """Reads daily counts from a cursor; `rows` then holds one mapping per row, as `Answer.rows`."""

    def __init__(self, query: str) -> None:
        self._query = query
        self.rows: list[Mapping[str, Any]] = []

    def __call__(self, cursor: Any) -> None:
        """Read everything; SourceFault for columns that aren't asked for, and what can't be read with certainty."""
        names = _columns(cursor)
        if sorted(names) != sorted(CONTRACT):
            wanted = ", ".join(CONTRACT)
            raise fault("other_columns", query=self._query, selected=", ".join(names), wanted=wanted)
        for batch in _batches(cursor):
            columns = dict(zip(names, zip(*batch, strict=True), strict=True))
            normal = [self._normal(name, columns[name]) for name in CONTRACT]
            origins = [f"{self._query} row {len(self.rows) + number}" for number in range(1, len(batch) + 1)]
            self.rows += [dict(zip(_ROW, row, strict=True)) for row in zip(*normal, origins, strict=True)]

    def _normal(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        if unreadable := set(map(type, values)) - _READABLE[name]:
            position = next(number for number, value in enumerate(values) if type(value) in unreadable)
            origin = f"{self._query} row {len(self.rows) + position + 1}"
            raise fault(
                "uncertain_value", origin=origin, name=name, came=_as_it_came(values[position]), type=_CAST_TO[name]
            )
        return normal_column(name, values)


class ClosingRecords:
    """Reads the closing records of a day from a cursor: the totals by measure that the database declares, by site."""

    def __init__(self, query: str, measures: Sequence[str], request: Request, every_site: Sequence[str]) -> None:
        self._query = query
        self._measures = measures
        self._request = request
        self._records: dict[str, list[Mapping[str, Any]]] = {site: [] for site in (*every_site, *request.sites)}

    def __call__(self, cursor: Any) -> None:
        """Read everything; SourceFault for columns that aren't asked for, and for a foreign site."""
        names = _columns(cursor)
        self._refuse_other_columns(names)
        for number, row in enumerate((row for batch in _batches(cursor) for row in batch), start=1):
            record = dict(zip(names, row, strict=True))
            site = record.pop("hall_code", self._request.sites[0])
            site = site.strip() if isinstance(site, str) else site
            if site not in self._records:
                raise contract.fault("foreign_site", origin=f"{self._query} row {number}", site=site)
            self._records[site].append(record)

    def by_site(self) -> dict[str, Totals | SourceFault]:
        """The declared totals of every site that was asked for, or what is wrong with its closing record."""
        return {site: self._totals(self._records[site]) for site in self._request.sites}

    def _refuse_other_columns(self, names: Sequence[str]) -> None:
        expected = {*self._measures, "hall_code"}
        foreign = sorted({name for name in names if name not in expected or names.count(name) > 1})
        if foreign:
            measures = ", ".join(self._measures)
            raise fault("other_totals", query=self._query, foreign=", ".join(foreign), measures=measures)
        if "hall_code" not in names and len(self._request.sites) > 1:
            raise fault("whose_totals", query=self._query)

    def _totals(self, records: Sequence[Mapping[str, Any]]) -> Totals | SourceFault:
        if not records:
            return fault("not_closed", query=self._query)
        if len(records) > 1:
            return fault("closed_twice", query=self._query, count=len(records))
        totals = {measure: whole_number(total) for measure, total in records[0].items()}
        for measure, total in totals.items():
            if type(records[0][measure]) not in _READABLE["count"] or type(total) is not int:
                return fault("uncertain_total", query=self._query, name=measure, came=_as_it_came(total))
        return totals


def _as_it_came(value: object) -> str:
    return "blank (NULL)" if value is None else f"as {type(value).__name__}"


def _columns(cursor: Any) -> list[str]:
    # Oracle and 达梦 name columns in capitals.
    return [str(column[0]).lower() for column in cursor.description]


def _batches(cursor: Any) -> Iterator[Sequence[Sequence[Any]]]:
    while batch := cursor.fetchmany(_BATCH):
        yield batch
