"""A certified number, taken apart: the rows of the extracts behind it, by system, day and department."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reports.certificate import Certificate, CertifiedExtract, CertifiedNumber
from reports.verification import Disk, extract_problems


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

    number: CertifiedNumber
    contributions: tuple[Contribution, ...]

    @property
    def by_department(self) -> dict[str, int]:
        """Sums by department code, largest first."""
        sums: Counter[str] = Counter()
        for each in self.contributions:
            sums[each.department] += each.count
        return dict(sums.most_common())

    @property
    def by_extract(self) -> dict[CertifiedExtract, int]:
        """Sums by extract, by system and day; days that add nothing are left out."""
        sums: Counter[CertifiedExtract] = Counter()
        for each in self.contributions:
            sums[each.extract] += each.count
        return dict(sorted(sums.items(), key=lambda item: (item[0].system, item[0].day)))


def trace(certificate: Certificate, metric: str, landing: Path, closing: Collection[str] = ()) -> Trace:
    """Take a number apart, from the certificate's own extracts.

    Args:
        certificate: Which month and vintage.
        metric: Which of its numbers.
        landing: Where the extracts lie; those read are first held against the certificate's hashes.
        closing: The measures that are stocks: of them the last answered day of a system counts, and no other.

    Raises:
        TraceError: The metric isn't in the certificate, an extract was changed, or the rows don't give the exact value.
    """
    number = certificate.by_metric.get(metric)
    if number is None:
        raise TraceError(f"{certificate.name} has no {metric}; it has {', '.join(certificate.by_metric)}")
    if damaged := extract_problems(certificate, landing, Disk()):
        raise TraceError("\n".join(map(str, damaged)))
    found = tuple(_contributions(certificate.foundation.extracts, number, landing, closing))
    if (total := sum(each.count for each in found)) != number.exact:
        raise TraceError(f"the rows behind {metric} give {total}, but {certificate.name} certifies {number.exact}")
    return Trace(number, found)


def _contributions(
    extracts: Iterable[CertifiedExtract], number: CertifiedNumber, landing: Path, closing: Collection[str]
) -> Iterable[Contribution]:
    answered = [extract for extract in extracts if extract.state == "answered"]
    last = {extract.system: max(each.day for each in answered if each.system == extract.system) for extract in answered}
    for extract in answered:
        for row in _rows(landing / extract.path):
            measure = row["measure"]
            if measure in number.measures and (measure not in closing or extract.day == last[extract.system]):
                yield Contribution(extract, row["department_code"], row["item_code"] or "", measure, row["count"])


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise TraceError(f"{path} can't be read as Parquet: {error}") from error
    return rows
