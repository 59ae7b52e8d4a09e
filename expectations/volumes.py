"""The usual volume of a day: the band that it is expected in, and a day's volume beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from expectations.rules import VOLUME_BAND
from expectations.vocabulary import Quantity


def band(usual: int, scale: int = 0) -> tuple[int, int]:
    """The least and the most that a day may count, both included.

    Args:
        usual: The median of the same weekdays before, in least units.
        scale: The measure's decimals.
    """
    times, floor = VOLUME_BAND["times"], VOLUME_BAND["floor"] * 10**scale
    ends = usual - floor, usual + floor, -(-usual // times), usual * times
    return min(ends), max(ends)


@dataclass(frozen=True)
class Volume:
    """What one hall counted of a measure on a day, beside what was usual before, in the measure's least unit.

    `quantity` is what is known of a measure that isn't counted in ones.
    """

    day: date
    hall: str
    measure: str
    counted: int
    usual: int
    quantity: Quantity | None = None

    @property
    def band(self) -> tuple[int, int]:
        """The least and the most that was expected; no count lies below zero."""
        least, most = self._band
        return least if self.quantity and self.quantity.negative else max(least, 0), most

    @property
    def outside(self) -> int:
        """By how much it lies outside of its band; 0 inside."""
        least, most = self._band
        return max(least - self.counted, self.counted - most, 0)

    @property
    def _band(self) -> tuple[int, int]:
        return band(self.usual, self.quantity.scale if self.quantity else 0)

    def in_units(self, count: int) -> int | str:
        """A count of this measure as people know it."""
        return self.quantity.in_units(count) if self.quantity else count


def volumes(totals: Iterable[Mapping[str, Any]], quantities: Mapping[object, Quantity]) -> tuple[Volume, ...]:
    """The volumes among rows of totals (`TOTALS_COLUMNS`); a row without history, or that can't be summed, has none."""
    return tuple(
        Volume(
            row["asked_date"],
            row["asked_hall"],
            row["measure"],
            row["counted"],
            row["usual"],
            quantities.get(row["measure"]),
        )
        for row in totals
        if type(row["counted"]) is int and type(row["usual"]) is int
    )


def worst(found: Iterable[Volume], most: int) -> list[Volume]:
    """At most so many volumes: the ones farthest outside of their bands, then the ones farthest from usual."""
    return sorted(found, key=lambda each: (-each.outside, -abs(each.counted - each.usual), each.day, each.measure))[
        :most
    ]
