"""The usual volume of a day: the band that it is expected in, and a day's volume beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from expectations.rules import VOLUME_BAND


def band(usual: int) -> tuple[int, int]:
    """The least and the most that a day may count, both included; `usual` is the median of the same weekdays before."""
    times, floor = VOLUME_BAND["times"], VOLUME_BAND["floor"]
    return min(usual - floor, -(-usual // times)), max(usual + floor, usual * times)


@dataclass(frozen=True)
class Volume:
    """What one hall counted of a measure on a day, beside what was usual before."""

    day: date
    hall: str
    measure: str
    counted: int
    usual: int

    @property
    def band(self) -> tuple[int, int]:
        """The least and the most that was expected; no count lies below zero."""
        least, most = band(self.usual)
        return max(least, 0), most

    @property
    def outside(self) -> int:
        """By how much it lies outside of its band; 0 inside."""
        least, most = band(self.usual)
        return max(least - self.counted, self.counted - most, 0)


def volumes(totals: Iterable[Mapping[str, Any]]) -> tuple[Volume, ...]:
    """The volumes among rows of totals (`TOTALS_COLUMNS`); a row without history, or that can't be summed, has none."""
    return tuple(
        Volume(row["asked_date"], row["asked_hall"], row["measure"], row["counted"], row["usual"])
        for row in totals
        if type(row["counted"]) is int and type(row["usual"]) is int
    )


def worst(found: Iterable[Volume], most: int) -> list[Volume]:
    """At most so many volumes: the ones farthest outside of their bands, then the ones farthest from usual."""
    return sorted(found, key=lambda each: (-each.outside, -abs(each.counted - each.usual), each.day, each.measure))[
        :most
    ]
