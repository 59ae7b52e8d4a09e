"""Counts a month's measures again from the extracts themselves, by SQL that shares nothing with dbt's models.

A number is sealed only if the facts that dbt published and this count agree (design, principle 1).
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from reports.certificates.certificate import Certificate, CertifiedExtract, Foundation
from reports.errors import ReportsError
from reports.figures.kinds import in_units
from reports.figures.rounding import Exact

_COUNTED = """
with counts as not materialized (
    select *
    from read_parquet($paths, filename = 'path')
    {of_sites}
),

-- Who answers a stock of a site: the systems that say so, on the days on which the site is in, and those with its rows.
answers as (
    select site, unnest(measures) as measure, day
    from (select unnest(sites) as site, list_intersect(measures, $closing) as measures, day from extracts)
    union
    select counts.hall_code, counts.measure, extracts.day
    from counts
    join extracts on counts.path = extracts.path
    where list_contains($closing, counts.measure)
),

last_answers as (
    select site, measure, max(day) as day
    from answers
    group by site, measure
),

counted as (
    select counts.*, extracts.system, extracts.day
    from counts
    join extracts on extracts.path = counts.path
    left join last_answers on last_answers.site = counts.hall_code and last_answers.measure = counts.measure
    where last_answers.day is null or extracts.day = last_answers.day
)
"""
_OF_SITES = "where hall_code in (select unnest($sites))"
_SUMS = """
select hall_code, measure, sum("count"), count(*)
from counted
group by hall_code, measure
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
    for site, measure, total, rows in counted_rows(_SUMS, extracts, closing):
        if rows > 1 and measure in distinct:
            raise RecountError(f"{measure} of site {site} stands in {rows} rows; a distinct number is never summed")
        totals[site, measure] = int(total)
    return totals


def counted_rows(
    query: str,
    extracts: Sequence[AnsweredExtract],
    closing: Collection[str],
    sites: Collection[str] = (),
    **parameters: object,
) -> Iterator[tuple[Any, ...]]:
    """Ask the rows of extracts that count, as `recount` does.

    Args:
        query: SQL over `counted`: the columns of daily counts, and of each row's extract `system`, `day` and `path`.
        extracts: As for `recount`, like `closing`.
        closing: The stocks.
        sites: Of which sites the rows are; of all when none is named.
        parameters: Of the query.

    Raises:
        RecountError: As `recount`.
    """
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
            counted = connection.execute(_COUNTED.format(of_sites=_OF_SITES if sites else "") + query, asked)
            while rows := counted.fetchmany(_FETCHED):
                yield from rows
        except duckdb.Error as error:
            raise RecountError(f"the extracts can't be counted again: {error}") from error


class Recounts:
    """Counts of certificates, of which those that rest on the same extracts are counted once."""

    def __init__(self, landing: Path) -> None:
        self._landing = landing
        self._counted: dict[object, Mapping[tuple[str, str], int]] = {}

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
