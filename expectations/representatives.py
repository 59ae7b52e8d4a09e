"""Chooses the rows of an answer that decide its verdict, so that the suite isn't shown two hundred thousand alike.

A rule that judges each row by one or two columns says the same of all rows that are alike in these; a range is decided
by its least and its greatest value, a key by its repetitions. A rule of another kind gets every row.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from expectations.personal import FEW_DIGITS, FLAG
from expectations.rules import CLAUSES, COUNTS_COLUMNS, TEXT_COLUMNS, TEXT_OR_NULL_COLUMNS, Clause

# What `prepared_frame` and `personal` derive a column from, each value by itself.
_DERIVED: Final[Mapping[str, Sequence[str]]] = {
    "not_text": (*TEXT_COLUMNS, *TEXT_OR_NULL_COLUMNS),
    "not_known": ("item_code",),
    "not_whole": ("count",),
    "whole_count": ("count",),
    FLAG: COUNTS_COLUMNS,
}
Chosen = npt.NDArray[np.bool_]


def representative_rows(codes: pd.DataFrame, by: Sequence[str] = ()) -> npt.NDArray[np.int64]:
    """The positions, in order, of rows on which every rule says what it says on all of them.

    Args:
        codes: By `COUNTS_COLUMNS`, a number for each value, the same for equal ones; of a count the count itself.
        by: Columns of whose values every combination is to be judged as if it stood alone.
    """
    of_counts = [clause for clause in CLAUSES if clause.frame == "counts"]
    chosen = np.zeros(len(codes), dtype=bool)
    # Several clauses look at one column.
    for choose, *columns in {choice for clause in of_counts for choice in _deciding(clause)}:
        chosen |= choose(codes, list(by), columns)
    return np.flatnonzero(chosen)


def _deciding(clause: Clause) -> Iterator[tuple[Any, ...]]:
    """Which rows decide a clause: how they are chosen, and by which columns."""
    told: Mapping[str, Any] = clause.parameters
    match clause.expectation:
        case "ExpectTableColumnsToMatchSet":
            return
        case "ExpectColumnValuesToBeNull" | "ExpectColumnValuesToBeInSet" | "ExpectColumnValuesToBeBetween":
            for column in _DERIVED.get(told["column"], (told["column"],)):
                yield (_extremes, "count", "measure") if column == "count" else (_first_of_each, column)
        case "ExpectColumnPairValuesToBeEqual":
            yield _first_of_each, told["column_A"], told["column_B"]
        case "ExpectCompoundColumnsToBeUnique":
            yield _repeated, *told["column_list"]
        case _:
            yield (_all,)


def _first_of_each(codes: pd.DataFrame, by: list[str], columns: list[str]) -> Chosen:
    return ~codes.duplicated([*by, *columns]).to_numpy()


def _repeated(codes: pd.DataFrame, _by: list[str], columns: list[str]) -> Chosen:
    return codes.duplicated(columns, keep=False).to_numpy()


def _extremes(codes: pd.DataFrame, by: list[str], columns: list[str]) -> Chosen:
    """The least and the greatest count of each measure, and all that are long enough to be somebody's number."""
    column, measure = columns
    counts = codes[column]
    grouped = counts.groupby([codes[name] for name in (*by, measure)])
    ends = codes.index.isin(grouped.idxmin()) | codes.index.isin(grouped.idxmax())
    return ends | ((counts < FEW_DIGITS.start) | (counts >= FEW_DIGITS.stop)).to_numpy()


def _all(codes: pd.DataFrame, _by: list[str], _columns: list[str]) -> Chosen:
    return np.ones(len(codes), dtype=bool)
