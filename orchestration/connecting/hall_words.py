"""The codes and names of a hall's reviewed tables, by which the values of samples are told."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from expectations.rules import CODE_SHAPE
from orchestration.config.catalogue import read_table
from orchestration.sources.files.labels import label

# By column of ours: the table with its codes, and the column of their names.
_TABLES = {
    "department_code": ("departments", "department_name"),
    "hall_code": ("sites", "hall_name"),
    "measure": ("measures", "measure_name"),
}


class HallWords:
    """What a hall's tables hold, in the form in which labels are compared.

    Attributes:
        tables: by column of ours, the table of its codes.
        codes: by column of ours, its codes to their names.
    """

    def __init__(self, catalogue: Path) -> None:
        """Read the tables; raises as `read_table`."""
        self.tables: Mapping[str, str] = {ours: table for ours, (table, _) in _TABLES.items()}
        self.codes: Mapping[str, Mapping[str, str]] = {
            ours: {row[ours]: row[name] for row in read_table(catalogue, table)}
            for ours, (table, name) in _TABLES.items()
        }
        self.events = {row["measure"]: row["event_counted"] for row in read_table(catalogue, "measures")}

    def are_codes(self, ours: str, values: Sequence[Any]) -> bool:
        """Whether all values are codes of a column."""
        return set(map(label, values)) <= set(map(label, self.codes[ours]))

    def are_names(self, ours: str, values: Sequence[Any]) -> bool:
        """Whether all values are names of one code each, or codes."""
        return set(map(label, values)) <= {*self.names(ours), *map(label, self.codes[ours])}

    def names(self, ours: str) -> Mapping[str, str]:
        """By the names that one code alone has, the code."""
        names = [label(name) for name in self.codes[ours].values()]
        return {label(name): code for code, name in self.codes[ours].items() if names.count(label(name)) == 1}

    def are_shaped(self, values: Sequence[Any]) -> bool:
        """Whether all values have the shape of an item's code."""
        return all(re.fullmatch(CODE_SHAPE, str(value)) for value in values)

    def knows(self, ours: str, value: Any) -> bool:
        """Whether a value is a code or a name of a column."""
        if ours not in self.codes:
            return False
        return self.are_names(ours, [value])
