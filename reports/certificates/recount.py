"""Counts a month's measures again from the extracts themselves, by SQL that shares nothing with dbt's models.

A number is sealed only if the facts that dbt published and this count agree (design, principle 1).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.certificates.certificate import Certificate, CertifiedExtract
from reports.errors import ReportsError

_COUNTED = """
with counts as (
    select hall_code as site, measure, "count" as counted, filename as path
    from read_parquet($paths, filename = true)
),

-- Who answers a stock of a site: the systems that say so, on the days on which the site is in, and those with its rows.
answers as (
    select site, unnest(measures) as measure, day
    from (select unnest(sites) as site, list_intersect(measures, $closing) as measures, day from extracts)
    union
    select counts.site, counts.measure, extracts.day
    from counts
    join extracts on counts.path = extracts.path
    where list_contains($closing, counts.measure)
),

last_answers as (
    select site, measure, max(day) as day
    from answers
    group by site, measure
)

select counts.site, counts.measure, sum(counts.counted)
from counts
join extracts on extracts.path = counts.path
left join last_answers on last_answers.site = counts.site and last_answers.measure = counts.measure
where last_answers.day is null or extracts.day = last_answers.day
group by counts.site, counts.measure
"""


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


def recount(extracts: Sequence[AnsweredExtract], *, closing: Collection[str]) -> Mapping[tuple[str, str], int]:
    """Sum each measure of each site over a month.

    Args:
        extracts: Every answered extract of the month, each day of a system once.
        closing: The measures that are stocks: of them only the last day counts on which a site is in, of all systems
            that answer them in turn.

    Returns:
        The exact total by site and measure, in the measure's own unit; a measure without rows isn't in it.

    Raises:
        RecountError: A file can't be read, or isn't a table of daily counts.
    """
    import duckdb

    if not extracts:
        return {}
    rows = [(each.system, each.day, str(each.path), list(each.measures), list(each.sites)) for each in extracts]
    parameters = {"paths": [path for _, _, path, _, _ in rows], "closing": list(closing)}
    with duckdb.connect() as connection:
        connection.execute(
            "create table extracts (system varchar, day date, path varchar, measures varchar[], sites varchar[])"
        )
        connection.executemany("insert into extracts values (?, ?, ?, ?, ?)", rows)
        try:
            counted = connection.execute(_COUNTED, parameters).fetchall()
        except duckdb.Error as error:
            raise RecountError(f"the extracts can't be counted again: {error}") from error
    return {(site, measure): int(total) for site, measure, total in counted}


class Recounts:
    """Counts of certificates, of which those that rest on the same extracts are counted once."""

    def __init__(self, landing: Path) -> None:
        self._landing = landing
        self._counted: dict[object, Mapping[tuple[str, str], int]] = {}

    def of(self, certificate: Certificate) -> Mapping[str, int]:
        """Sum each measure over the extracts that a certificate names; its foundation says which measures are stocks.

        Raises:
            RecountError: As `recount`, and for a manifest entry that can't be read.
        """
        foundation = certificate.foundation
        answered = [extract for extract in foundation.extracts if extract.state == "answered"]
        measures = {extract.system: foundation.measures_of(extract.system) for extract in answered}
        key = (tuple(answered), tuple(measures.items()), foundation.closing)
        if key not in self._counted:
            extracts = [self._answered(extract, measures[extract.system]) for extract in answered]
            self._counted[key] = recount(extracts, closing=foundation.closing)
        totals: dict[str, int] = {}
        sites = set(certificate.counted_sites)
        for (site, measure), total in self._counted[key].items():
            if site in sites:
                totals[measure] = totals.get(measure, 0) + total
        return totals

    def _answered(self, extract: CertifiedExtract, measures: Sequence[str]) -> AnsweredExtract:
        sites = sorted(sites_in(self._landing, extract))
        return AnsweredExtract(extract.system, extract.day, self._landing / extract.path, measures, sites)


def sites_in(landing: Path, extract: CertifiedExtract) -> frozenset[str]:
    """The sites that are in an extract, with or without a row, by its manifest entry.

    Raises:
        RecountError: It can't be read.
    """
    path = landing / extract.entry_path
    try:
        return frozenset(json.loads(path.read_bytes())["halls"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecountError(f"{path} can't be read as a manifest entry: {error}") from error


def recount_problems(numbers: Mapping[str, tuple[int, Sequence[str]]], measures: Mapping[str, int]) -> list[str]:
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
