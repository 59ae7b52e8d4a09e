"""Counts a month's measures again from the extracts themselves, by SQL that shares nothing with dbt's models.

A number is sealed only if the facts that dbt published and this count agree (design, principle 1).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.certificates.certificate import Certificate
from reports.errors import ReportsError

_COUNTED = """
with counts as (
    select filename as path, measure, "count" as counted
    from read_parquet($paths, filename = true)
    where hall_code = $site
),

-- Who answers a stock of the site: the systems that say so and have any row of the site, and those that have its rows.
answers as (
    select extracts.system, unnest(any_value(extracts.measures)) as measure
    from extracts
    join counts on extracts.path = counts.path
    group by extracts.system
    union
    select extracts.system, counts.measure
    from extracts
    join counts on extracts.path = counts.path
),

last_answers as (
    select answers.measure, max(extracts.day) as day
    from answers
    join extracts on answers.system = extracts.system
    group by answers.measure
)

select counts.measure, sum(counts.counted)
from counts
join extracts on extracts.path = counts.path
join last_answers on last_answers.measure = counts.measure
where not list_contains($closing, counts.measure) or extracts.day = last_answers.day
group by counts.measure
"""


class RecountError(ReportsError):
    """The extracts can't be counted; the message names the file, or what DuckDB said."""


@dataclass(frozen=True)
class AnsweredExtract:
    """The file of an answered day in which a site is in, and the measures that its system says to count."""

    system: str
    day: str
    path: Path
    measures: Sequence[str] = ()


def recount(extracts: Sequence[AnsweredExtract], *, site: str, closing: Collection[str]) -> Mapping[str, int]:
    """Sum each measure of one site over a month.

    Args:
        extracts: Every answered extract of the month in which the site is in, each day of a system once.
        site: The site's code.
        closing: The measures that are stocks: of them only the last answered day counts, of all systems that answer
            them in turn.

    Returns:
        The exact total by measure, in the measure's own unit; a measure without rows isn't in it.

    Raises:
        RecountError: A file can't be read, or isn't a table of daily counts.
    """
    import duckdb

    if not extracts:
        return {}
    parameters = {
        "paths": [str(extract.path) for extract in extracts],
        "site": site,
        "closing": list(closing),
    }
    with duckdb.connect() as connection:
        connection.execute("create table extracts (system varchar, day date, path varchar, measures varchar[])")
        connection.executemany(
            "insert into extracts values (?, ?, ?, ?)",
            [(extract.system, extract.day, str(extract.path), list(extract.measures)) for extract in extracts],
        )
        try:
            rows = connection.execute(_COUNTED, parameters).fetchall()
        except duckdb.Error as error:
            raise RecountError(f"the extracts can't be counted again: {error}") from error
    return {measure: int(total) for measure, total in rows}


def recount_certificate(certificate: Certificate, landing: Path) -> Mapping[str, int]:
    """Sum each measure over the extracts that a certificate names; its foundation says which measures are stocks.

    Raises:
        RecountError: As `recount`.
    """
    foundation = certificate.foundation
    answered = [
        AnsweredExtract(extract.system, extract.day, landing / extract.path, foundation.measures_of(extract.system))
        for extract in foundation.extracts
        if extract.state == "answered"
    ]
    return recount(answered, site=certificate.site, closing=foundation.closing)


def recount_problems(numbers: Mapping[str, tuple[int, Sequence[str]]], measures: Mapping[str, int]) -> list[str]:
    """What differs between numbers and a recount, one line for each metric.

    Args:
        numbers: By metric, the exact value and the measures that it sums.
        measures: From `recount`.
    """
    counted = {metric: sum(measures.get(name, 0) for name in summed) for metric, (_, summed) in numbers.items()}
    return [
        f"{metric} is {exact} in the published facts, and its extracts add up to {counted[metric]}"
        for metric, (exact, _) in numbers.items()
        if exact != counted[metric]
    ]
