"""The words that answers may use: reviewed codes, and the shapes of what has no table."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

from expectations.rules import CODE_SHAPE

# What stands for a personal pattern that was masked.
MASK: Final = "‹masked›"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T00:00:00)?")
_NUMBER: Final = re.compile(r"[0-9.,+\-eE%]{1,12}")
# In least units: far above what one department pays or waits in a day, far below BIGINT.
_MOST: Final = 10**13


@dataclass(frozen=True, order=True)
class Quantity:
    """An amount or a duration: a measure that isn't counted in ones.

    Attributes:
        measure: its code.
        scale: its decimals. Its counts are whole numbers of the least unit, 1234 for 12.34 by a scale of 2.
        negative: whether it may be below zero.
    """

    measure: str
    scale: int
    negative: bool

    def in_units(self, count: int) -> str:
        """A count of least units as the decimal that it is."""
        sign, digits = "-" * (count < 0), str(abs(count)).zfill(self.scale + 1)
        return f"{sign}{digits[: -self.scale]}.{digits[-self.scale :]}" if self.scale else f"{sign}{digits}"

    def count(self, in_units: object) -> int | None:
        """The count of least units that `in_units` wrote; None for anything else."""
        decimals = rf"\.[0-9]{{{self.scale}}}" if self.scale else ""
        if not isinstance(in_units, str) or not re.fullmatch(f"-?[0-9]+{decimals}", in_units):
            return None
        return int(in_units.replace(".", ""))

    def fault(self, in_units: object) -> str | None:
        """What keeps a value from being one of this quantity, with what to do about it; None where nothing does."""
        count = self.count(in_units)
        if count is None:
            return f"no number of at most {self.scale} decimals, the `scale` in catalogue/measures.csv"
        if count < 0 and not self.negative:
            return "below zero, which `negative` in catalogue/measures.csv doesn't allow"
        return f"beyond {self.in_units(_MOST)}" if abs(count) > _MOST else None


@dataclass(frozen=True)
class Vocabulary:
    """The codes that may occur, and the measures of the hall system that was asked.

    `item_codes` is the shape of its item codes, a regular expression for the whole of one; `quantities` are those
    measures that aren't counted in ones.
    """

    sites: frozenset[str]
    departments: frozenset[str]
    measures: frozenset[str]
    item_codes: str = CODE_SHAPE
    quantities: frozenset[Quantity] = frozenset()

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """What `as_parameters` told, with `item_codes`; ValueError, KeyError or TypeError for anything else."""
        quantities = (Quantity(name, int(scale), sign == "-") for name, scale, sign in told.get("quantities", ()))
        sites, departments, measures = (frozenset[str](told[name]) for name in ("halls", "departments", "measures"))
        return cls(sites, departments, measures, told["item_codes"], frozenset(quantities))

    def as_parameters(self) -> dict[str, list[Any]]:
        """The codes in order, by the names that the clauses use; quantities only where there are any."""
        known = {"halls": self.sites, "departments": self.departments, "measures": self.measures}
        codes: dict[str, list[Any]] = {name: sorted(codes) for name, codes in known.items()}
        if self.quantities:
            codes["quantities"] = [[q.measure, str(q.scale), "-" * q.negative] for q in sorted(self.quantities)]
        return codes

    @cached_property
    def by_measure(self) -> Mapping[object, Quantity]:
        """The quantities by measure."""
        return {quantity.measure: quantity for quantity in self.quantities}

    def knows(self, column: str, text: str) -> bool:
        """Whether a text is one that a column of counts or totals may hold, and may be shown."""
        return text == MASK or self._known[column](text)

    @property
    def _known(self) -> Mapping[str, Callable[[str], bool]]:
        return {
            "stat_date": lambda text: _DAY.fullmatch(text) is not None,
            "hall_code": self.sites.__contains__,
            "department_code": self.departments.__contains__,
            "item_code": lambda text: re.fullmatch(self.item_codes, text) is not None,
            "measure": self.measures.__contains__,
            **dict.fromkeys(("count", "counted", "declared"), lambda text: _NUMBER.fullmatch(text) is not None),
        }

    @property
    def scales(self) -> dict[str, int]:
        """The decimals of the measures that have some."""
        return {quantity.measure: quantity.scale for quantity in sorted(self.quantities) if quantity.scale}

    def covers(self, other: "Vocabulary") -> bool:
        """Whether everything that the other one knows is known alike, so that what passed by it passes by this one."""
        codes = (self.sites, other.sites), (self.departments, other.departments), (self.measures, other.measures)
        quantities = frozenset(quantity for quantity in self.quantities if quantity.measure in other.measures)
        alike = self.item_codes == other.item_codes and quantities == other.quantities
        return alike and all(ours >= theirs for ours, theirs in codes)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose texts are looked up."""
        return tuple(self._known)
