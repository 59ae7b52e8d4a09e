"""The flags of a number, as `numbers.json` and certificates carry them.

| flag | meaning | after |
| --- | --- | --- |
| p | provisional: a candidate, which nobody has certified | SDMX CL_OBS_STATUS, P |
| (none) | a certified first value; that it may be superseded one day doesn't make it provisional | SDMX, A (normal) |
| r | revised: differs from the value of an earlier certificate of the same month | Eurostat; SDMX has no such code |
| b | break: its definition is another than the one before, of this month or the month before | SDMX CL_OBS_STATUS, B |

A revised month keeps its r and b through later revisions: they speak of the series, not of the last change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reports.figures.numbers import Flag, MonthlyNumber

# The prose of a definition may be mended without a new version; what is counted may not.
_DEFINITION = ("version", "event_counted", "deduplication_key", "unit", "measures", "parts")


def flagged(
    numbers: Iterable[MonthlyNumber],
    revised: Mapping[str, MonthlyNumber],
    month_before: Mapping[str, MonthlyNumber],
) -> tuple[MonthlyNumber, ...]:
    """Flag the numbers that are about to be certified, sorted by metric.

    They are held against those of the month's newest certificate and those of the month before; each may be empty.
    """
    return tuple(
        replace(number, flags=_flags(number, revised.get(number.metric), month_before.get(number.metric)))
        for number in sorted(numbers, key=lambda number: number.metric)
    )


def redefined(one: MonthlyNumber, other: MonthlyNumber) -> bool:
    """Whether two values of a metric were counted by different definitions, so that they don't compare."""
    return any(getattr(one, name) != getattr(other, name) for name in _DEFINITION)


def _flags(number: MonthlyNumber, revised: MonthlyNumber | None, before: MonthlyNumber | None) -> tuple[Flag, ...]:
    kept = revised.flags if revised else ()
    flags: list[Flag] = []
    if "r" in kept or (revised and revised.exact != number.exact):
        flags.append("r")
    if "b" in kept or any(other and redefined(number, other) for other in (revised, before)):
        flags.append("b")
    return tuple(flags)
