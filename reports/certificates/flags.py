"""The flags of a number, as `numbers.json` and certificates carry them.

| flag | meaning | after |
| --- | --- | --- |
| p | provisional: a candidate, which nobody has certified | SDMX CL_OBS_STATUS, P |
| (none) | a certified first value; that it may be superseded one day doesn't make it provisional | SDMX, A (normal) |
| r | revised: differs from the value of an earlier certificate of the same month | Eurostat; SDMX has no such code |
| b | break: its definition is another than the one before, of this month or the month before | SDMX CL_OBS_STATUS, B |

A revised month keeps its r and b through later revisions: they speak of the series, not of the last change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields

from reports.certificates.certificate import Certificate, CertifiedNumber, Flag
from reports.figures.numbers import MonthlyNumber

CANDIDATE: tuple[Flag, ...] = ("p",)

# The prose of a definition may be mended without a new version; what is counted may not.
_DEFINITION = (
    "version",
    "event_counted",
    "deduplication_key",
    "unit",
    "measures",
    "parts",
)


def flagged(
    numbers: Iterable[MonthlyNumber], history: Sequence[Certificate], month_before: Certificate | None
) -> tuple[CertifiedNumber, ...]:
    """Flag the numbers that are about to be certified.

    Args:
        numbers: The month's numbers.
        history: The month's certificates so far, first to latest.
        month_before: The latest certificate of the month before, if there is one.

    Returns:
        The numbers with their flags, sorted by metric.
    """
    earlier = history[-1].by_metric if history else {}
    series = month_before.by_metric if month_before else {}
    certified = []
    for number in sorted(numbers, key=lambda number: number.metric):
        told = {field.name: getattr(number, field.name) for field in fields(MonthlyNumber)}
        flags = _flags(number, earlier.get(number.metric), series.get(number.metric))
        certified.append(CertifiedNumber(**told, flags=flags))
    return tuple(certified)


def redefined(one: MonthlyNumber, other: MonthlyNumber) -> bool:
    """Whether two values of a metric were counted by different definitions, so that they don't compare."""
    return any(getattr(one, name) != getattr(other, name) for name in _DEFINITION)


def _flags(number: MonthlyNumber, earlier: CertifiedNumber | None, before: CertifiedNumber | None) -> tuple[Flag, ...]:
    kept = earlier.flags if earlier else ()
    flags: list[Flag] = []
    if "r" in kept or (earlier and earlier.exact != number.exact):
        flags.append("r")
    if "b" in kept or any(one and redefined(number, one) for one in (earlier, before)):
        flags.append("b")
    return tuple(flags)
