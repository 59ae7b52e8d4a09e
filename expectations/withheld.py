"""Keeps what a source wrote where a code or a number belongs from being shown: it may be anything, and anybody's name.

Shown are the words of the reviewed vocabularies, codes of the declared shape, days and numbers. Every other value is
named by its row and column alone.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from expectations.personal import FEW_DIGITS, MASK
from expectations.rules import CODE_SHAPE

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T00:00:00)?")
_NUMBER: Final = re.compile(r"[0-9.,+\-eE%]{1,12}")
# As `prepared_frame` prints a foreign object.
_DECIMAL: Final = re.compile(rb"Decimal\('[0-9.E+-]{1,20}'\)")


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

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose texts are looked up."""
        return tuple(self._known)


def withhold(frame: pd.DataFrame, vocabulary: Vocabulary) -> pd.DataFrame:
    """A frame of plain values without what isn't known.

    Args:
        frame: Of counts or totals, by asked day and hall; its values are hashable.
        vocabulary: What may be shown.

    Returns:
        The frame with "‹withheld 1›", "‹withheld 2›", … in the place of such values, alike for equal ones of an answer.
    """
    columns = [column for column in vocabulary.columns if column in frame]
    hidden = {column: _hidden(frame[column], column, vocabulary) for column in columns}
    cells = sorted((row, column) for column, rows in hidden.items() for row in rows)
    if not cells:
        return frame
    shown = {column: frame[column].tolist() for column, rows in hidden.items() if rows}
    answers = list(zip(*(frame[name].tolist() for name in ("asked_date", "asked_hall") if name in frame), strict=True))
    numbers: dict[object, dict[object, int]] = {}
    for row, column in cells:
        of_answer = numbers.setdefault(answers[row] if answers else None, {})
        value = shown[column][row]
        shown[column][row] = f"‹withheld {of_answer.setdefault((type(value), value), len(of_answer) + 1)}›"
    replaced = {column: pd.Series(values, index=frame.index, dtype=object) for column, values in shown.items()}
    return frame.assign(**replaced)


def _hidden(values: pd.Series, column: str, vocabulary: Vocabulary) -> list[int]:
    """The positions of the values that aren't shown; each distinct value is looked up once."""
    told = values.tolist()
    unknown = {(type(value), value) for value in set(told) if not _is_shown(value, column, vocabulary)}
    return [row for row, value in enumerate(told) if unknown and (type(value), value) in unknown]


def _is_shown(value: object, column: str, vocabulary: Vocabulary) -> bool:
    match value:
        case str():
            return vocabulary.knows(column, value)
        case bytes():
            return _DECIMAL.fullmatch(value) is not None
        case int() | float():
            return abs(value) < FEW_DIGITS.stop
    return True
