"""Reads what a database answers: the columns are validated before a row is fetched, and the rows come in batches."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestration.sources.contract import (
    CONTRACT,
    NothingForDay,
    PermanentFault,
    Request,
    RequestRefused,
    SourceFault,
    foreign_site,
    normal_column,
    whole_number,
)

_BATCH = 10_000
_NOTHING = type(None)
# What a database's column may hold for certain. A float isn't exact (MariaDB even shortens a FLOAT on its way).
_READABLE: Mapping[str, frozenset[type]] = {
    "stat_date": frozenset({str, dt.date, dt.datetime, _NOTHING}),
    "count": frozenset({int, Decimal, str, _NOTHING}),
    **{name: frozenset({str, _NOTHING}) for name in ("hall_code", "department_code", "item_code", "measure")},
}
_CAST_TO = {"stat_date": "DATE", "count": "an exact whole number", **dict.fromkeys(CONTRACT[1:5], "text")}
RowReader = Callable[[Any], None]
Totals = Mapping[str, Any]


class CountRows:
    """Reads daily counts from a cursor; `rows` then holds one mapping per row, as `Answer.rows`."""

    def __init__(self, query: str) -> None:
        self._query = query
        self.rows: list[Mapping[str, Any]] = []

    def __call__(self, cursor: Any) -> None:
        """Read everything.

        Raises:
            SourceFault: the query selects what isn't asked for, or what can't be read with certainty.
        """
        names = _columns(cursor)
        if sorted(names) != sorted(CONTRACT):
            raise RequestRefused(
                f"{self._query} selects {', '.join(names)}; counts are asked for, and nothing else",
                f"select exactly {', '.join(CONTRACT)}",
            )
        for batch in _batches(cursor):
            columns = dict(zip(names, zip(*batch, strict=True), strict=True))
            self._keep([self._normal(name, columns[name]) for name in CONTRACT])

    def _keep(self, columns: Sequence[Sequence[Any]]) -> None:
        numbered = enumerate(zip(*columns, strict=True), start=len(self.rows) + 1)
        self.rows += [
            {
                "stat_date": stat_date,
                "hall_code": site,
                "department_code": department,
                "item_code": item,
                "measure": measure,
                "count": count,
                "origin": f"{self._query} row {number}",
            }
            for number, (stat_date, site, department, item, measure, count) in numbered
        ]

    def _normal(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        if unreadable := set(map(type, values)) - _READABLE[name]:
            position = next(number for number, value in enumerate(values) if type(value) in unreadable)
            origin = f"{self._query} row {len(self.rows) + position + 1}"
            raise PermanentFault(
                f"{origin}: {_uncertain(name, values[position])}", f"CAST it in the query to {_CAST_TO[name]}"
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
        """Read everything.

        Raises:
            SourceFault: the query selects what isn't asked for, or a record is of no site that the system answers for.
        """
        names = _columns(cursor)
        self._refuse_other_columns(names)
        for number, row in enumerate((row for batch in _batches(cursor) for row in batch), start=1):
            record = dict(zip(names, row, strict=True))
            site = record.pop("hall_code", self._request.sites[0])
            site = site.strip() if isinstance(site, str) else site
            if site not in self._records:
                raise foreign_site(f"{self._query} row {number}", site)
            self._records[site].append(record)

    def by_site(self) -> dict[str, Totals | SourceFault]:
        """The declared totals of every site that was asked for, or what is wrong with its closing record."""
        return {site: self._totals(self._records[site]) for site in self._request.sites}

    def _refuse_other_columns(self, names: Sequence[str]) -> None:
        expected = {*self._measures, "hall_code"}
        foreign = sorted({name for name in names if name not in expected or names.count(name) > 1})
        if foreign:
            raise RequestRefused(
                f"{self._query} selects {', '.join(foreign)}, which the system isn't set to count, or twice",
                f"select totals of {', '.join(self._measures)}, and nothing else",
            )
        if "hall_code" not in names and len(self._request.sites) > 1:
            raise RequestRefused(
                f"{self._query} doesn't say whose totals it selects, and was asked for several sites",
                "select hall_code beside the totals, one row per site",
            )

    def _totals(self, records: Sequence[Mapping[str, Any]]) -> Totals | SourceFault:
        if not records:
            return NothingForDay(
                f"{self._query} finds no closing record of the day",
                "wait until the system has closed the day, then pull again",
            )
        if len(records) > 1:
            return PermanentFault(
                f"{self._query} finds {len(records)} closing records of the day", "ask the system's keeper"
            )
        totals = {measure: whole_number(total) for measure, total in records[0].items()}
        for measure, total in totals.items():
            if type(records[0][measure]) not in _READABLE["count"] or type(total) is not int:
                return PermanentFault(
                    f"{self._query}: the total {_uncertain(measure, total)}",
                    "ask the system's keeper; the query selects exact whole numbers",
                )
        return totals


def _uncertain(name: str, value: object) -> str:
    came = "blank (NULL)" if value is None else f"as {type(value).__name__}"
    return f"{name} came {came}, which can't be read with certainty"


def _columns(cursor: Any) -> list[str]:
    # Oracle and 达梦 name columns in capitals.
    return [str(column[0]).lower() for column in cursor.description]


def _batches(cursor: Any) -> Iterator[Sequence[Sequence[Any]]]:
    while batch := cursor.fetchmany(_BATCH):
        yield batch
