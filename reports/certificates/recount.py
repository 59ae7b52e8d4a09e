"""Counts a month's measures again from the extracts themselves, by SQL that shares nothing with dbt's models.

A number is sealed only if the facts that dbt published and this count agree (design, principle 1).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from reports.certificates.certificate import Certificate, CertifiedExtract, Foundation
from reports.errors import ReportsError
from reports.figures.derived import RANKINGS, RankedBy, RankedCounts
from reports.figures.kinds import in_units
from reports.figures.rounding import Exact

if TYPE_CHECKING:
    import pyarrow as pa
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
    from (select distinct path, hall_code, measure from ({stocks})) as stocks
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
_ROWS = """
    select {columns}, {counts}
    from read_parquet([{paths}], filename = 'path')
    where list_contains([{closing}]::varchar[], measure) = {stocks} {of_sites}
    {grouped}
"""
_SUMMED_UP = 'select {columns}, "count"::decimal(38, 0) as "count", row_count from counted'
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
    return _totals(summed_up(extracts, closing, ()), distinct)


def _totals(sums: pa.Table, distinct: Collection[str]) -> dict[tuple[str, str], int]:
    totals: dict[tuple[str, str], int] = {}
    for site, measure, total, rows in _asked(_SUMS, sums):
        if rows > 1 and measure in distinct:
            raise RecountError(f"{measure} of site {site} stands in {rows} rows; a distinct number is never summed")
        totals[site, measure] = int(total)
    return totals


class Rows(Protocol):
    """Says to DuckDB where it reads rows of daily counts, or their sums."""

    def __call__(self, paths: Sequence[str], columns: Sequence[str], closing: Collection[str], *, stocks: bool) -> str:
        """SQL of the rows of files.

        Args:
            paths: The files.
            columns: Those of daily counts, and `path`, by which rows are told apart.
            closing: The measures that are stocks.
            stocks: Whether the rows are those of stocks, or all others.

        Returns:
            A query of the columns, `"count"` and `row_count`.
        """


@dataclass(frozen=True)
class _Read:
    """Rows as DuckDB reads them from the files: summed or one by one, of all sites or of some."""

    counts: str = 'sum("count") as "count", count(*) as row_count'
    grouped: str = "group by all"
    sites: Collection[str] = ()

    def __call__(self, paths: Sequence[str], columns: Sequence[str], closing: Collection[str], *, stocks: bool) -> str:
        return _ROWS.format(
            columns=", ".join(columns),
            counts=self.counts,
            paths=listed(paths),
            closing=listed(closing),
            stocks=stocks,
            of_sites=f"and hall_code in ({listed(self.sites)})" if self.sites else "",
            grouped=self.grouped,
        )


def listed(texts: Iterable[str]) -> str:
    """Texts as literals of DuckDB's SQL, with commas between them."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


def summed_up(
    extracts: Sequence[AnsweredExtract], closing: Collection[str], columns: Sequence[str], rows: Rows = _Read()
) -> pa.Table:
    """Sum the rows of extracts that count, as `recount` does.

    Args:
        extracts: As for `recount`, like `closing`.
        closing: The stocks.
        columns: By which rows are summed beside site and measure, of those of daily counts.
        rows: Who sums the rows of files; DuckDB, unless somebody else does.

    Returns:
        A table of `hall_code`, `measure`, the columns, `count` (decimal(38, 0)) and `row_count`; what has several rows
        in it is the sum of these.

    Raises:
        RecountError: As `recount`.
    """
    import duckdb
    import pyarrow as pa

    keys = list(dict.fromkeys(("hall_code", "measure", *columns)))
    if not extracts:
        kinds: dict[str, pa.DataType] = dict.fromkeys(keys, pa.string())
        return pa.schema({**kinds, "count": pa.decimal128(38), "row_count": pa.int64()}).empty_table()
    with duckdb.connect() as connection, _readable_errors():
        counted = _Counted(extracts, closing, keys, rows).sql(connection)
        table: pa.Table = connection.sql(counted + _SUMMED_UP.format(columns=", ".join(keys))).to_arrow_table()
    return table


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
    keys = list(dict.fromkeys(("hall_code", "measure", *columns)))
    return _Counted(extracts, closing, keys, _Read(sites=sites)).asked(query, parameters)


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
    rows = _Read('"count", 1 as row_count', "", sites)
    return _Counted(extracts, closing, keys, rows).asked(query, parameters)


@dataclass(frozen=True)
class _Counted:
    """The rows of extracts that count, by columns."""

    extracts: Sequence[AnsweredExtract]
    closing: Collection[str]
    columns: Sequence[str]
    rows: Rows

    def asked(self, query: str, parameters: Mapping[str, object]) -> Iterator[tuple[Any, ...]]:
        """What a query over `counted` gives."""
        import duckdb

        if not self.extracts:
            return
        with duckdb.connect() as connection, _readable_errors():
            connection.execute(self.sql(connection) + query, parameters)
            while rows := connection.fetchmany(_FETCHED):
                yield from rows

    def sql(self, connection: DuckDBPyConnection) -> str:
        """What says which rows are `counted`, before a query; `extracts` and `last_answers` become tables for it."""
        paths = [str(each.path) for each in self.extracts]
        table = {
            "systems": [each.system for each in self.extracts],
            "days": [each.day for each in self.extracts],
            "paths": paths,
            "measures": [list(each.measures) for each in self.extracts],
            "of_sites": [list(each.sites) for each in self.extracts],
        }
        connection.execute(
            "create table extracts (system varchar, day date, path varchar, measures varchar[], sites varchar[])"
        )
        columns = ", ".join(f"unnest(${name})" for name in table)
        connection.execute(f"insert into extracts select {columns}", table)
        all_stocks = self.rows(paths, ("path", "hall_code", "measure"), self.closing, stocks=True)
        connection.execute(_LAST_ANSWERS.format(stocks=all_stocks), {"closing": list(self.closing)})
        last = [path for (path,) in connection.execute("select distinct path from last_answers").fetchall()]
        return _COUNTED.format(
            flows=self.rows(paths, self.columns, self.closing, stocks=False),
            # Without a stock, any file has none.
            stocks=self.rows(
                last or paths[:1], list(dict.fromkeys(("path", *self.columns))), self.closing, stocks=True
            ),
            columns=", ".join(self.columns),
            columns_of_stocks=", ".join(f"stocks.{column}" for column in self.columns),
        )


def _asked(query: str, counted: pa.Table) -> list[tuple[Any, ...]]:
    """Ask sums of sums."""
    import duckdb

    with duckdb.connect() as connection:
        return connection.register("counted", counted).execute(query).fetchall()


@contextmanager
def _readable_errors() -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise RecountError(f"the extracts can't be counted again: {error}") from error


# Who sums the rows that count, as `summed_up` does: of extracts, with the stocks and the columns.
SumUp = Callable[[Sequence[AnsweredExtract], Collection[str], Sequence[str]], "pa.Table"]


class Recounts:
    """Counts of certificates, of which those that rest on the same extracts are counted once."""

    def __init__(self, landing: Path, sum_up: SumUp = summed_up) -> None:
        self._landing = landing
        self._sum_up = sum_up
        self._sums: dict[object, pa.Table] = {}
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
            rows = _asked(_SUMS_BY.format(column=column), self._summed(certificate))
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

    def _summed(self, certificate: Certificate) -> pa.Table:
        """The sums by every column that a ranking is by."""
        key = self._key(certificate)
        if key not in self._sums:
            foundation = certificate.foundation
            extracts = answered_extracts(foundation, self._landing, foundation.closing)
            self._sums[key] = self._sum_up(extracts, foundation.closing, _ranking_columns(certificate))
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
