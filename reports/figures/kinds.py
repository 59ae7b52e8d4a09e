"""The kinds of measure, and how the days of each make a month."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal

from reports.figures.rounding import Exact, whole_if_it_is

# What a measure counts, in its unit.
Count = int | Decimal
Kind = Literal["count", "stock", "amount", "duration", "distinct_declared"]
# Its days add up, and so do departments and sites.
ADDITIVE: Final = ("count", "amount", "duration")
# A month has what its last answered day has. A distinct number is stated from the month's first day on, of exactly one
# site: it is never summed.
CLOSING: Final = ("stock", "distinct_declared")
DISTINCT: Final = "distinct_declared"
# Exact decimals, in whole numbers of the least unit by the measure's scale.
SCALED: Final = ("amount", "duration")
SIGNED: Final = ("amount",)


def in_units(count: int, scale: int) -> Exact:
    """A whole number of least units as the exact number that it is: 123456 is 30864/25 by a scale of 2."""
    return whole_if_it_is(Fraction(count, 10**scale)) if scale else count


def with_decimals(count: int, scale: int) -> Count:
    """A whole number of least units with the decimals of its measure: 123450 is 1234.50 by a scale of 2."""
    return Decimal(f"{count}e-{scale}") if scale else count


def of_kinds(measures: Iterable[Mapping[str, Any]], *kinds: str) -> frozenset[str]:
    """The measures that are of one of these kinds, of rows of the table of measures."""
    return frozenset(row["measure"] for row in measures if row["kind"] in kinds)
