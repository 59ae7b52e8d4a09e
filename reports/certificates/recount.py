"""Counts a month's measures again from the extracts themselves, by SQL that shares nothing with dbt's models.

A number is sealed only if the facts that dbt published and this count agree (design, principle 1).
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from reports.certificates.certificate import Certificate, CertifiedExtract, Foundation
from reports.errors import ReportsError
from reports.figures.derived import RankedCounts
from reports.figures.kinds import in_units
from reports.figures.rounding import Exact

# Flows are summed as they are read: rows that are joined to something first take several times as long to group.
_COUNTED = """
with flows as (
    {flows}
),

stocks as materialized (
    {stocks}
),

-- Who answers a stock of a site: the systems that say so, on the days on which the site is in, and those with its rows.
answers as (
    select site, unnest(measures) as measure, day
    from (select unnest(sites) as site, list_intersect(measures, $closing) as measures, day from extracts)
    union
    select stocks.hall_code, stocks.measure, extracts.day
    from stocks
    join extracts on stocks.path = extracts.path
),

last_answers as (
    select site, measure, max(day) as day
    from answers
    group by site, measure
),

counted as (
    select {columns}, "count", row_count
    from flows
    union all
    select {columns_of_stocks}, stocks."count", stocks.row_count
    from stocks
    join extracts on extracts.path = stocks.path
    join last_answers
        on
            last_answers.site = stocks.hall_code
            and last_answers.measure = stocks.measure
            and last_answers.day = extracts.day
)
"""
_READ = """
    select {columns}, {counts}
    from read_parquet($paths, filename = 'path')
    where list_contains($closing, measure) = {is_stock} {of_sites}
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
_FETCHED = 10_000


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
    totals: dict[tuple[str, str], int] = {}
    for site, measure, total, rows in summed_rows(_SUMS, (), extracts, closing):
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
    summed = 'sum("count") as "count", count(*) as row_count'
    keys = dict.fromkeys(("hall_code", "measure", *columns))
    return _counted(_counted_by(keys, summed, "group by all", sites) + query, extracts, closing, sites, parameters)


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
    read = {"counts": counts, "grouped": grouped, "of_sites": _OF_SITES if sites else ""}
    return _COUNTED.format(
        flows=_READ.format(columns=", ".join(keys), is_stock="false", **read),
        stocks=_READ.format(columns=", ".join(dict.fromkeys(("path", *keys))), is_stock="true", **read),
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
    table = {
        "systems": [each.system for each in extracts],
        "days": [each.day for each in extracts],
        "paths": [str(each.path) for each in extracts],
        "measures": [list(each.measures) for each in extracts],
        "of_sites": [list(each.sites) for each in extracts],
    }
    asked = {
        "paths": table["paths"],
        "closing": list(closing),
        **parameters,
        **({"sites": list(sites)} if sites else {}),
    }
    with duckdb.connect() as connection:
        connection.execute(
            "create table extracts (system varchar, day date, path varchar, measures varchar[], sites varchar[])"
        )
        columns = ", ".join(f"unnest(${name})" for name in table)
        connection.execute(f"insert into extracts select {columns}", table)
        try:
            counted = connection.execute(query, asked)
            while rows := counted.fetchmany(_FETCHED):
                yield from rows
        except duckdb.Error as error:
            raise RecountError(f"the extracts can't be counted again: {error}") from error


class Recounts:
    """Counts of certificates, of which those that rest on the same extracts are counted once."""

    def __init__(self, landing: Path) -> None:
        self._landing = landing
        self._counted: dict[object, Mapping[tuple[str, str], int]] = {}
        self._by_column: dict[object, RankedCounts] = {}

    def by(self, certificate: Certificate, column: str) -> RankedCounts:
        """Sum each measure of each site and value of a column of daily counts, over a certificate's extracts.

        Raises:
            RecountError: As `of`.
        """
        foundation = certificate.foundation
        key = (foundation.extracts, foundation.closing, tuple(foundation.scales.items()), column)
        if key not in self._by_column:
            extracts = answered_extracts(foundation, self._landing, foundation.closing)
            rows = summed_rows(_SUMS_BY.format(column=column), [column], extracts, foundation.closing)
            sums = ((site, code, measure, int(total)) for site, code, measure, total in rows)
            self._by_column[key] = RankedCounts.of(sums, {}, foundation.scales)
        return self._by_column[key]

    def of(self, certificate: Certificate) -> Mapping[str, Exact]:
        """Sum each measure over the extracts that a certificate names, in its unit.

        Its foundation says which measures are stocks, which have decimals, and of which its own site alone counts.

        Raises:
            RecountError: As `recount`, and for a manifest entry that can't be read.
        """
        foundation = certificate.foundation
        measures = {extract.system: foundation.measures_of(extract.system) for extract in foundation.extracts}
        key = (foundation.extracts, tuple(measures.items()), foundation.closing, foundation.distinct)
        if key not in self._counted:
            extracts = answered_extracts(foundation, self._landing, foundation.closing)
            self._counted[key] = recount(extracts, closing=foundation.closing, distinct=foundation.distinct)
        totals: dict[str, int] = {}
        sites = set(certificate.counted_sites)
        for (site, measure), total in self._counted[key].items():
            if site == certificate.site or (site in sites and measure not in foundation.distinct):
                totals[measure] = totals.get(measure, 0) + total
        return {measure: in_units(total, foundation.scales.get(measure, 0)) for measure, total in totals.items()}


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
