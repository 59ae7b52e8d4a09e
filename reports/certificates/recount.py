"""Counts a month's measures again from the extracts themselves, by SQL that shares nothing with dbt's models.

A number is sealed only if the facts that dbt published and this count agree (design, principle 1).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.certificates.certificate import Certificate, CertifiedExtract, Foundation
from reports.errors import ReportsError
from reports.figures.derived import RANKINGS, RankedBy, RankedCounts
from reports.figures.kinds import in_units
from reports.figures.rounding import Exact

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Of the stocks of a site the last day counts. Who answers one of a site: the systems that say so, on the days on which
# the site is in, and those with its rows.
_LAST_ANSWERS = """
create table last_answers as
with answers as (
    select site, unnest(measures) as measure, path, day
    from (select unnest(sites) as site, list_intersect(measures, $closing) as measures, path, day from extracts)
    union
    select stocks.hall_code, stocks.measure, extracts.path, extracts.day
    from (select distinct path, hall_code, measure from {read}) as stocks
    join extracts on stocks.path = extracts.path
)

select site, measure, path
from answers
qualify day = max(day) over (partition by site, measure)
"""
# Flows are summed as they are read: rows that are joined to something first take several times as long to group.
_COUNTED = """
with flows as (
    {flows}
),

stocks as (
    {stocks}
),

counted as (
    select {columns}, "count", row_count
    from flows
    union all
    select {columns_of_stocks}, stocks."count", stocks.row_count
    from stocks
    join last_answers
        on
            last_answers.site = stocks.hall_code
            and last_answers.measure = stocks.measure
            and last_answers.path = stocks.path
)
"""
_READ = "read_parquet({paths}, filename = 'path') where list_contains($closing, measure) = {is_stock}"
_SUMMED_UP = """
    select {columns}, {counts}
    from {read} {of_sites}
    {grouped}
"""
_OF_SITES = "and hall_code in (select unnest($sites))"
_SUMS = """
select hall_code, measure, sum("count"), sum(row_count)
from counted
group by hall_code, measure
"""
_SUMS_BY = """
select hall_code, {column}, measure, sum("count")
from counted
where {column} is not null
group by all
"""
_SUMMED = 'sum("count") as "count", count(*) as row_count'
_KEEP = "insert into counted {rows} select * from counted"
_FETCHED = 10_000
# By which column of daily counts those are told apart who are ranked.
RANKED_COLUMNS: Mapping[RankedBy, str] = {"department": "department_code", "site": "hall_code", "item": "item_code"}


class RecountError(ReportsError):
    """The extracts can't be counted; the message names the file, or what DuckDB said."""


@dataclass(frozen=True)
class AnsweredExtract:
    """The file of an answered day, the measures that its system says to count, and the sites that are in."""

    system: str
    day: str
    path: Path
    measures: Sequence[str] = ()
    sites: Sequence[str] = ()


def recount(
    extracts: Sequence[AnsweredExtract], *, closing: Collection[str], distinct: Collection[str] = ()
) -> Mapping[tuple[str, str], int]:
    """Sum each measure of each site over a month.

    Args:
        extracts: Every answered extract of the month, each day of a system once.
        closing: The measures that are stocks: of them only the last day counts on which a site is in, of all systems
            that answer them in turn.
        distinct: Those of them that are stated in one row, and never summed.

    Returns:
        The exact total by site and measure, in the measure's least unit; a measure without rows isn't in it.

    Raises:
        RecountError: A file can't be read, or isn't a table of daily counts; a distinct number stands in several rows.
    """
    return _totals(_Sums(extracts, closing, ()), distinct)


def _totals(sums: _Sums, distinct: Collection[str]) -> dict[tuple[str, str], int]:
    totals: dict[tuple[str, str], int] = {}
    for site, measure, total, rows in sums.rows(_SUMS):
        if rows > 1 and measure in distinct:
            raise RecountError(f"{measure} of site {site} stands in {rows} rows; a distinct number is never summed")
        totals[site, measure] = int(total)
    return totals


def summed_rows(
    query: str,
    columns: Sequence[str],
    extracts: Sequence[AnsweredExtract],
    closing: Collection[str],
    sites: Collection[str] = (),
    **parameters: object,
) -> Iterator[tuple[Any, ...]]:
    """Ask sums of the rows of extracts that count, as `recount` does.

    Args:
        query: SQL over `counted`: `hall_code`, `measure` and the columns, and of each of them `"count"` and
            `row_count`.
        columns: By which counts are summed beside site and measure, of those of daily counts and `path`.
        extracts: As for `recount`, like `closing`.
        closing: The stocks.
        sites: Of which sites the rows are; of all when none is named.
        parameters: Of the query.

    Raises:
        RecountError: As `recount`.
    """
    keys = dict.fromkeys(("hall_code", "measure", *columns))
    return _counted(_counted_by(keys, _SUMMED, "group by all", sites) + query, extracts, closing, sites, parameters)


def counted_rows(
    query: str,
    extracts: Sequence[AnsweredExtract],
    closing: Collection[str],
    sites: Collection[str] = (),
    **parameters: object,
) -> Iterator[tuple[Any, ...]]:
    """Ask the rows of extracts that count, one by one.

    Args:
        query: SQL over `counted`, the columns of daily counts and `path`, and over `extracts`, of each path its
            `system` and `day`.
        extracts: As for `summed_rows`, like what follows.
        closing: The stocks.
        sites: Of which sites the rows are.
        parameters: Of the query.

    Raises:
        RecountError: As `recount`.
    """
    keys = ("path", "hall_code", "department_code", "item_code", "measure")
    return _counted(
        _counted_by(keys, '"count", 1 as row_count', "", sites) + query, extracts, closing, sites, parameters
    )


def _counted_by(keys: Iterable[str], counts: str, grouped: str, sites: Collection[str]) -> str:
    """The SQL that says which rows count."""
    keys = list(keys)
    told = {"counts": counts, "grouped": grouped, "of_sites": _OF_SITES if sites else ""}
    flows, stocks = _READ.format(paths="$paths", is_stock="false"), _READ.format(paths="$of_stocks", is_stock="true")
    return _COUNTED.format(
        flows=_SUMMED_UP.format(columns=", ".join(keys), read=flows, **told),
        stocks=_SUMMED_UP.format(columns=", ".join(dict.fromkeys(("path", *keys))), read=stocks, **told),
        columns=", ".join(keys),
        columns_of_stocks=", ".join(f"stocks.{key}" for key in keys),
    )


def _counted(
    query: str,
    extracts: Sequence[AnsweredExtract],
    closing: Collection[str],
    sites: Collection[str],
    parameters: Mapping[str, object],
) -> Iterator[tuple[Any, ...]]:
    import duckdb

    if not extracts:
        return
    with duckdb.connect() as connection, _readable_errors():
        _execute(connection, query, extracts, closing, {**parameters, **({"sites": list(sites)} if sites else {})})
        while rows := connection.fetchmany(_FETCHED):
            yield from rows


def _execute(
    connection: DuckDBPyConnection,
    query: str,
    extracts: Sequence[AnsweredExtract],
    closing: Collection[str],
    parameters: Mapping[str, object],
) -> None:
    """Ask a query over `counted` and `extracts`."""
    paths = [str(each.path) for each in extracts]
    table = {
        "systems": [each.system for each in extracts],
        "days": [each.day for each in extracts],
        "paths": paths,
        "measures": [list(each.measures) for each in extracts],
        "of_sites": [list(each.sites) for each in extracts],
    }
    connection.execute(
        "create table extracts (system varchar, day date, path varchar, measures varchar[], sites varchar[])"
    )
    columns = ", ".join(f"unnest(${name})" for name in table)
    connection.execute(f"insert into extracts select {columns}", table)
    all_stocks = _READ.format(paths="$paths", is_stock="true")
    connection.execute(_LAST_ANSWERS.format(read=all_stocks), {"paths": paths, "closing": list(closing)})
    last = [path for (path,) in connection.execute("select distinct path from last_answers").fetchall()]
    # Without a stock, any file has none.
    of_stocks = last or paths[:1]
    connection.execute(query, {"paths": paths, "of_stocks": of_stocks, "closing": list(closing), **parameters})


@contextmanager
def _readable_errors() -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise RecountError(f"the extracts can't be counted again: {error}") from error


class _Sums:
    """Sums of the rows that count by site, measure and other columns, read from the extracts once."""

    def __init__(self, extracts: Sequence[AnsweredExtract], closing: Collection[str], columns: Iterable[str]) -> None:
        import duckdb

        self._connection = duckdb.connect()
        keys = list(dict.fromkeys(("hall_code", "measure", *columns)))
        kinds = ", ".join([*(f"{key} varchar" for key in keys), '"count" hugeint', "row_count hugeint"])
        self._connection.execute(f"create table counted ({kinds})")
        if extracts:
            rows = _counted_by(keys, _SUMMED, "group by all", ())
            with _readable_errors():
                _execute(self._connection, _KEEP.format(rows=rows), extracts, closing, {})

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask sums of these sums."""
        return self._connection.execute(query).fetchall()


class Recounts:
    """Counts of certificates, of which those that rest on the same extracts are counted once."""

    def __init__(self, landing: Path) -> None:
        self._landing = landing
        self._sums: dict[object, _Sums] = {}
        self._totals: dict[object, Mapping[tuple[str, str], int]] = {}
        self._by_column: dict[object, RankedCounts] = {}

    def by(self, certificate: Certificate, column: str) -> RankedCounts:
        """Sum each measure of each site and value of a column of daily counts, over a certificate's extracts.

        Args:
            certificate: Whose extracts are counted.
            column: One that a ranking of the certificate is by.

        Raises:
            RecountError: As `of`.
        """
        scales = certificate.foundation.scales
        key = (self._key(certificate), tuple(scales.items()), column)
        if key not in self._by_column:
            rows = self._summed(certificate).rows(_SUMS_BY.format(column=column))
            sums = ((site, code, measure, int(total)) for site, code, measure, total in rows)
            self._by_column[key] = RankedCounts.of(sums, {}, scales)
        return self._by_column[key]

    def of(self, certificate: Certificate) -> Mapping[str, Exact]:
        """Sum each measure over the extracts that a certificate names, in its unit.

        Its foundation says which measures are stocks, which have decimals, and of which its own site alone counts.

        Raises:
            RecountError: As `recount`, and for a manifest entry that can't be read.
        """
        foundation = certificate.foundation
        key = (self._key(certificate), foundation.distinct)
        if key not in self._totals:
            self._totals[key] = _totals(self._summed(certificate), foundation.distinct)
        totals: dict[str, int] = {}
        sites = set(certificate.counted_sites)
        for (site, measure), total in self._totals[key].items():
            if site == certificate.site or (site in sites and measure not in foundation.distinct):
                totals[measure] = totals.get(measure, 0) + total
        return {measure: in_units(total, foundation.scales.get(measure, 0)) for measure, total in totals.items()}

    def _summed(self, certificate: Certificate) -> _Sums:
        """The sums by every column that a ranking is by, in one pass over the rows."""
        key = self._key(certificate)
        if key not in self._sums:
            foundation = certificate.foundation
            extracts = answered_extracts(foundation, self._landing, foundation.closing)
            self._sums[key] = _Sums(extracts, foundation.closing, _ranking_columns(certificate))
        return self._sums[key]

    def _key(self, certificate: Certificate) -> object:
        """What the sums of a certificate follow from."""
        foundation = certificate.foundation
        measures = {extract.system: foundation.measures_of(extract.system) for extract in foundation.extracts}
        return foundation.extracts, tuple(measures.items()), foundation.closing, _ranking_columns(certificate)


def _ranking_columns(certificate: Certificate) -> tuple[str, ...]:
    ranked = (each for each in certificate.foundation.derived.metrics if each.kind in RANKINGS and each.ranked_by)
    return tuple(sorted({RANKED_COLUMNS[each.ranked_by] for each in ranked if each.ranked_by}))


def answered_extracts(foundation: Foundation, landing: Path, closing: Collection[str]) -> list[AnsweredExtract]:
    """The files of the days that evidence names as answered, with the sites that are in where stocks are counted.

    Raises:
        RecountError: A manifest entry can't be read.
    """
    found = []
    for extract in foundation.extracts:
        if extract.state == "answered":
            measures = foundation.measures_of(extract.system)
            sites = sorted(_sites_in(landing, extract)) if not set(measures).isdisjoint(closing) else ()
            found.append(AnsweredExtract(extract.system, extract.day, landing / extract.path, measures, sites))
    return found


@lru_cache(maxsize=512)
def _sites_in(landing: Path, extract: CertifiedExtract) -> frozenset[str]:
    """The sites that are in an extract, with or without a row, by its manifest entry, which never changes."""
    path = landing / extract.entry_path
    try:
        return frozenset(json.loads(path.read_bytes())["halls"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecountError(f"{path} can't be read as a manifest entry: {error}") from error


def recount_problems(numbers: Mapping[str, tuple[Exact, Sequence[str]]], measures: Mapping[str, Exact]) -> list[str]:
    """What differs between numbers and a recount, one line for each metric.

    Args:
        numbers: By metric, the exact value and the measures that it sums.
        measures: From `Recounts.of`.
    """
    counted = {metric: sum(measures.get(name, 0) for name in summed) for metric, (_, summed) in numbers.items()}
    return [
        f"{metric} is {exact} in the published facts, and its extracts add up to {counted[metric]}"
        for metric, (exact, _) in numbers.items()
        if exact != counted[metric]
    ]
