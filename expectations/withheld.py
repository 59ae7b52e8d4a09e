"""Keeps what a source wrote where a code or a number belongs from being shown: it may be anything, and anybody's name.

Shown are the words of the reviewed vocabularies, codes of the declared shape, days and numbers. Every other value is
named by its row and column alone.
"""

import re
from typing import Final

import pandas as pd

from expectations.personal import FEW_DIGITS
from expectations.vocabulary import Vocabulary

# As `prepared_frame` prints a foreign object.
_DECIMAL: Final = re.compile(rb"Decimal\('[0-9.E+-]{1,20}'\)")


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
