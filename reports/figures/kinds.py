"""The kinds of measure, and how the days of each make a month."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

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


def of_kinds(measures: Iterable[Mapping[str, Any]], *kinds: str) -> frozenset[str]:
    """The measures that are of one of these kinds, of rows of the table of measures."""
    return frozenset(row["measure"] for row in measures if row["kind"] in kinds)
