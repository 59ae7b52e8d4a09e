"""A certified number, taken apart: the rows of the extracts behind it, by system, day and department."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.certificates.certificate import Certificate, CertifiedExtract, Foundation
from reports.certificates.disk import Disk, extract_problems
from reports.figures.numbers import MonthlyNumber


class TraceError(Exception):
    """A number can't be traced: it isn't certified, an extract isn't what was signed, or the rows don't add up."""


@dataclass(frozen=True)
class Contribution:
    """What one row of an extract adds to a number."""

    extract: CertifiedExtract
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
    """The rows of the certificate's site; of a stock those of its last answered day."""
    answered = [extract for extract in certificate.foundation.extracts if extract.state == "answered"]
    rows = [
        Contribution(extract, row["department_code"], row["item_code"] or "", row["measure"], row["count"])
        for extract in answered
        for row in _rows(landing / extract.path)
        if row["hall_code"] == certificate.site
    ]
    last = _last_answers(certificate.foundation, answered, rows)
    return (row for row in rows if row.measure not in closing or row.extract.day == last[row.measure])


def _last_answers(
    foundation: Foundation, answered: Iterable[CertifiedExtract], rows: Iterable[Contribution]
) -> dict[str, str]:
    """By measure, the last answered day of the systems that answer it in turn, of those that have rows of the site."""
    days: dict[str, str] = {}
    for extract in answered:
        days[extract.system] = max(extract.day, days.get(extract.system, ""))
    answers = {(row.extract.system, row.measure) for row in rows}
    answers |= {(system, measure) for system, _ in answers for measure in foundation.measures_of(system)}
    last: dict[str, str] = {}
    for system, measure in answers:
        last[measure] = max(days[system], last.get(measure, ""))
    return last


def _rows(path: Path) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise TraceError(f"{path} can't be read as Parquet: {error}") from error
    return rows
