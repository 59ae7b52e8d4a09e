"""The words that answers may use: reviewed codes, and the shapes of what has no table."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from expectations.rules import CODE_SHAPE

# What stands for a personal pattern that was masked.
MASK: Final = "‹masked›"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T00:00:00)?")
_NUMBER: Final = re.compile(r"[0-9.,+\-eE%]{1,12}")


@dataclass(frozen=True)
class Vocabulary:
    """The codes that may occur, and the measures of the hall system that was asked.

    `item_codes` is the shape of its item codes, a regular expression for the whole of one.
    """

    sites: frozenset[str]
    departments: frozenset[str]
    measures: frozenset[str]
    item_codes: str = CODE_SHAPE

    def as_parameters(self) -> dict[str, list[str]]:
        """The codes in order, by the names that the clauses use."""
        known = {"halls": self.sites, "departments": self.departments, "measures": self.measures}
        return {name: sorted(codes) for name, codes in known.items()}

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

    def covers(self, other: "Vocabulary") -> bool:
        """Whether everything that the other one knows is known alike, so that what passed by it passes by this one."""
        known = zip(self.as_parameters().values(), other.as_parameters().values(), strict=True)
        return self.item_codes == other.item_codes and all(set(ours) >= set(theirs) for ours, theirs in known)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose texts are looked up."""
        return tuple(self._known)
