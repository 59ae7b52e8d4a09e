"""A certified number, taken apart by system, day, site and department, and the rows of the extracts behind it.

Rows are summed where they lie, by DuckDB: what is shown of a number doesn't grow with its rows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.certificates.certificate import Certificate, CertifiedExtract
from reports.certificates.disk import Disk, extract_problems
from reports.certificates.recount import RecountError, answered_extracts, counted_rows, summed_rows
from reports.figures.derived import Term
from reports.figures.kinds import Count, with_decimals
from reports.figures.numbers import MonthlyNumber

_KEYS = ("hall_code", "department_code", "path")
# Of a distinct number the certificate's own site alone counts.
_SUMS = """
select measure, hall_code, department_code, path, sum("count")
from counted
where not list_contains($distinct, measure) or hall_code = $own
group by grouping sets ((measure, hall_code), (measure, department_code), (measure, path))
"""
_ROWS = """
select counted.path, hall_code, department_code, coalesce(item_code, ''), measure, "count"
from counted
join extracts on extracts.path = counted.path
where list_contains($wanted, measure) and (not list_contains($distinct, measure) or hall_code = $own)
order by system, day, hall_code, department_code, item_code, measure
"""
# By key of a row and measure, the sum of each value of the key.
_Sums = Mapping[str, Mapping[str, Mapping[str, Count]]]


class TraceError(Exception):
    """A number can't be traced: it isn't certified, an extract isn't what was signed, or the rows don't add up."""


@dataclass(frozen=True)
class Contribution:
    """What one row of an extract adds to a number."""

    extract: CertifiedExtract
    site: str
    department: str
    item: str
    measure: str
    count: Count


@dataclass(frozen=True)
class Trace:
    """A number and the sums that add up to its exact value; what adds no row is left out.

    Attributes:
        number: what is taken apart.
        by_site: by site code, largest first.
        by_department: by department code, largest first.
        by_extract: by extract, by system and day.
        terms: of a derived number the sums that it is made of; no row adds up to it.
        parts: of a derived number those of its terms that are numbers of the same month, taken apart.
    """

    number: MonthlyNumber
    by_site: Mapping[str, Count]
    by_department: Mapping[str, Count]
    by_extract: Mapping[CertifiedExtract, Count]
    terms: tuple[Term, ...] = ()
    parts: tuple["Trace", ...] = ()

    @property
    def by_day(self) -> dict[str, Count]:
        """Sums by day, in order."""
        sums: defaultdict[str, Count] = defaultdict(int)
        for extract, count in self.by_extract.items():
            sums[extract.day] += count
        return dict(sorted(sums.items()))


def trace(certificate: Certificate, metric: str, landing: Path, closing: Collection[str] = ()) -> Trace:
    """Take one number apart; as `traces` does it, whose arguments and errors it shares."""
    return traces(certificate, landing, closing, [metric])[metric]


def traces(
    certificate: Certificate,
    landing: Path,
    closing: Collection[str] = (),
    metrics: Collection[str] | None = None,
    disk: Disk | None = None,
) -> dict[str, Trace]:
    """Take numbers apart, from the certificate's own extracts, each of which is read once.

    Args:
        certificate: Which month and vintage.
        landing: Where the extracts lie; those read are first held against the certificate's hashes.
        closing: The measures that are stocks, which form 1 doesn't say: of them the last answered day counts, and
            no other.
        metrics: Which of its numbers; all when none is named.
        disk: Knows the hashes of the files that it has read already.

    Raises:
        TraceError: A metric isn't in the certificate, an extract was changed, or the rows don't give the exact value.
    """
    numbers = certificate.by_metric
    wanted = list(numbers) if metrics is None else list(metrics)
    _require(certificate, wanted, landing, disk or Disk())
    scales = certificate.foundation.scales
    sums: dict[str, defaultdict[str, dict[str, Count]]] = {key: defaultdict(dict) for key in _KEYS}
    for measure, *values, total in _counted(certificate, landing, closing, _SUMS, _KEYS):
        for key, value in zip(_KEYS, values, strict=True):
            if value is not None:
                sums[key][measure][value] = with_decimals(int(total), scales.get(measure, 0))
    extracts, derived = _by_path(certificate, landing), certificate.foundation.derived
    counted = [part for metric in wanted for part in _parts(metric, certificate)]
    found = {metric: _trace(certificate, numbers[metric], sums, extracts) for metric in counted}
    for metric in wanted:
        if metric in derived.by_metric:
            parts = tuple(found[part] for part in _parts(metric, certificate))
            found[metric] = Trace(numbers[metric], {}, {}, {}, derived.outcomes[metric].terms, parts)
    return {metric: found[metric] for metric in wanted}


def _parts(metric: str, certificate: Certificate) -> list[str]:
    """The numbers of the month that rows add up to and a metric is made of: itself, or of a derived one its terms."""
    derived, numbers = certificate.foundation.derived, certificate.by_metric
    if metric not in derived.by_metric:
        return [metric]
    own = (term.metric for term in derived.outcomes[metric].terms if not term.revision and term.metric in numbers)
    return list(dict.fromkeys(part for term in own for part in _parts(term, certificate)))


def rows_behind(
    certificate: Certificate, metric: str, landing: Path, closing: Collection[str] = ()
) -> Iterator[Contribution]:
    """Every row that a number sums up, by system and day; arguments and errors as those of `traces`."""
    _require(certificate, [metric], landing, Disk())
    extracts = _by_path(certificate, landing)
    wanted, scales = list(certificate.by_metric[metric].measures), certificate.foundation.scales
    rows = _counted(certificate, landing, closing, _ROWS, wanted=wanted)
    for path, site, department, item, measure, count in rows:
        in_units = with_decimals(count, scales.get(measure, 0))
        yield Contribution(extracts[path], site, department, item, measure, in_units)


def _require(certificate: Certificate, metrics: Collection[str], landing: Path, disk: Disk) -> None:
    numbers = certificate.by_metric
    if unknown := [metric for metric in metrics if metric not in numbers]:
        raise TraceError(f"{certificate.name} has no {', '.join(unknown)}; it has {', '.join(numbers)}")
    if damaged := extract_problems(certificate, landing, disk):
        raise TraceError("\n".join(map(str, damaged)))


def _counted(
    certificate: Certificate,
    landing: Path,
    closing: Collection[str],
    query: str,
    summed_by: Sequence[str] = (),
    **parameters: object,
) -> Iterator[tuple[Any, ...]]:
    """Ask the rows of the sites that it sums up, or their sums; of a stock those of the last day of their site."""
    foundation = certificate.foundation
    stocks = closing if certificate.form == 1 else foundation.closing
    own = {"distinct": list(foundation.distinct), "own": certificate.site, **parameters}
    try:
        extracts = answered_extracts(foundation, landing, stocks)
        if summed_by:
            yield from summed_rows(query, summed_by, extracts, stocks, certificate.counted_sites, **own)
        else:
            yield from counted_rows(query, extracts, stocks, certificate.counted_sites, **own)
    except RecountError as error:
        raise TraceError(str(error)) from error


def _by_path(certificate: Certificate, landing: Path) -> dict[str, CertifiedExtract]:
    return {str(landing / extract.path): extract for extract in certificate.foundation.extracts}


def _trace(
    certificate: Certificate, number: MonthlyNumber, sums: _Sums, extracts: Mapping[str, CertifiedExtract]
) -> Trace:
    by_site, by_department, by_path = (_added(number.measures, sums[key]) for key in _KEYS)
    if (total := sum(by_site.values())) != number.exact:
        raise TraceError(
            f"the rows behind {number.metric} give {total}, but {certificate.name} certifies {number.exact}"
        )
    by_extract = {extracts[path]: count for path, count in by_path.items()}
    in_order = sorted(by_extract.items(), key=lambda one: (one[0].system, one[0].day))
    return Trace(number, by_site, by_department, dict(in_order))


def _added(measures: Collection[str], by_measure: Mapping[str, Mapping[str, Count]]) -> dict[str, Count]:
    """Sums over some measures, largest first."""
    sums: defaultdict[str, Count] = defaultdict(int)
    for measure in measures:
        for value, total in by_measure.get(measure, {}).items():
            sums[value] += total
    return dict(sorted(sums.items(), key=lambda one: (-one[1], one[0])))
