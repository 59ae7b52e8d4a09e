"""A certified number, taken apart: the rows of the extracts behind it, by system, day and department."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.certificates.certificate import Certificate, CertifiedExtract, Foundation
from reports.certificates.disk import Disk, extract_problems
from reports.certificates.recount import sites_in
from reports.figures.numbers import MonthlyNumber


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
    count: int


@dataclass(frozen=True)
class Trace:
    """A number and all that adds up to its exact value."""

    number: MonthlyNumber
    contributions: tuple[Contribution, ...]

    @property
    def by_site(self) -> dict[str, int]:
        """Sums by site code, largest first."""
        sums: Counter[str] = Counter()
        for contribution in self.contributions:
            sums[contribution.site] += contribution.count
        return dict(sums.most_common())

    @property
    def by_department(self) -> dict[str, int]:
        """Sums by department code, largest first."""
        sums: Counter[str] = Counter()
        for contribution in self.contributions:
            sums[contribution.department] += contribution.count
        return dict(sums.most_common())

    @property
    def by_extract(self) -> dict[CertifiedExtract, int]:
        """Sums by extract, by system and day; days that add nothing are left out."""
        sums: Counter[CertifiedExtract] = Counter()
        for contribution in self.contributions:
            sums[contribution.extract] += contribution.count
        return dict(sorted(sums.items(), key=lambda item: (item[0].system, item[0].day)))

    @property
    def by_day(self) -> dict[str, int]:
        """Sums by day, in order; days that add nothing are left out."""
        sums: Counter[str] = Counter()
        for contribution in self.contributions:
            sums[contribution.extract.day] += contribution.count
        return dict(sorted(sums.items()))


def trace(certificate: Certificate, metric: str, landing: Path, closing: Collection[str] = ()) -> Trace:
    """Take one number apart; as `traces` does it, whose arguments and errors it shares."""
    return traces(certificate, landing, closing, [metric])[metric]


def traces(
    certificate: Certificate, landing: Path, closing: Collection[str] = (), metrics: Collection[str] | None = None
) -> dict[str, Trace]:
    """Take numbers apart, from the certificate's own extracts, each of which is read once.

    Args:
        certificate: Which month and vintage.
        landing: Where the extracts lie; those read are first held against the certificate's hashes.
        closing: The measures that are stocks, which form 1 doesn't say: of them the last answered day counts, and
            no other.
        metrics: Which of its numbers; all when none is named.

    Raises:
        TraceError: A metric isn't in the certificate, an extract was changed, or the rows don't give the exact value.
    """
    numbers = certificate.by_metric
    wanted = list(numbers) if metrics is None else list(metrics)
    if unknown := [metric for metric in wanted if metric not in numbers]:
        raise TraceError(f"{certificate.name} has no {', '.join(unknown)}; it has {', '.join(numbers)}")
    if damaged := extract_problems(certificate, landing, Disk()):
        raise TraceError("\n".join(map(str, damaged)))
    by_measure: dict[str, list[Contribution]] = {}
    foundation = certificate.foundation
    stocks = closing if certificate.form == 1 else foundation.closing
    for contribution in _contributions(certificate, landing, stocks):
        by_measure.setdefault(contribution.measure, []).append(contribution)
    return {metric: _trace(certificate, numbers[metric], by_measure) for metric in wanted}


def _trace(certificate: Certificate, number: MonthlyNumber, by_measure: Mapping[str, list[Contribution]]) -> Trace:
    contributions = tuple(row for measure in number.measures for row in by_measure.get(measure, ()))
    if (total := sum(contribution.count for contribution in contributions)) != number.exact:
        raise TraceError(
            f"the rows behind {number.metric} give {total}, but {certificate.name} certifies {number.exact}"
        )
    return Trace(number, contributions)


def _contributions(certificate: Certificate, landing: Path, closing: Collection[str]) -> Iterable[Contribution]:
    """The rows of the sites that it sums up; of a stock those of the last day on which their site is in."""
    answered = [extract for extract in certificate.foundation.extracts if extract.state == "answered"]
    sites = frozenset(certificate.counted_sites)
    rows = [row for extract in answered for row in _rows(extract, landing, sites)]
    last = _last_answers(certificate.foundation, landing, answered, rows, closing)
    return (row for row in rows if row.measure not in closing or row.extract.day == last[row.site, row.measure])


def _last_answers(
    foundation: Foundation,
    landing: Path,
    answered: Iterable[CertifiedExtract],
    rows: Iterable[Contribution],
    closing: Collection[str],
) -> dict[tuple[str, str], str]:
    """By site and stock, the last day on which a system that answers it has the site in."""
    days: dict[tuple[str, str], str] = {}
    stated = [(row.extract, row.site, row.measure) for row in rows if row.measure in closing]
    for extract in answered:
        if stocks := [measure for measure in foundation.measures_of(extract.system) if measure in closing]:
            stated += [(extract, site, stock) for site in sites_in(landing, extract) for stock in stocks]
    for extract, site, measure in stated:
        days[site, measure] = max(extract.day, days.get((site, measure), ""))
    return days


def _rows(extract: CertifiedExtract, landing: Path, sites: frozenset[str]) -> Iterator[Contribution]:
    """The rows of some sites."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = landing / extract.path
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, filters=[("hall_code", "in", sites)]).to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise TraceError(f"{path} can't be read as Parquet: {error}") from error
    for row in rows:
        yield Contribution(
            extract, row["hall_code"], row["department_code"], row["item_code"] or "", row["measure"], row["count"]
        )
