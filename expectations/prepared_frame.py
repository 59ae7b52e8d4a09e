"""Prepares masked frames for validation: plain values, the derived columns of the rules, and nothing unknown shown."""

import math
from collections.abc import Hashable, Iterable
from datetime import date
from types import NoneType
from typing import Any, Final

import pandas as pd

from expectations.personal import FLAG, mask_personal
from expectations.rules import TEXT_COLUMNS, TEXT_OR_NULL_COLUMNS, VOLUME_BAND
from expectations.vocabulary import Quantity, Vocabulary
from expectations.volumes import band
from expectations.withheld import withhold

_SUMS: Final = ("counted", "declared", "usual")
_PLAIN_TYPES: Final[set[type]] = {str, int, bool, date, NoneType}


def in_units(frame: pd.DataFrame, vocabulary: Vocabulary) -> pd.DataFrame:
    """A frame of counts or totals with amounts and durations as the decimals by which people know them."""
    columns = [column for column in ("count", *_SUMS) if column in frame]
    if not vocabulary.quantities or "measure" not in frame:
        return frame
    quantities = [_quantity(measure, vocabulary) for measure in frame["measure"]]
    written = {
        column: pd.Series(
            [
                quantity.in_units(value) if quantity and type(value) is int else value
                for quantity, value in zip(quantities, frame[column], strict=True)
            ],
            index=frame.index,
            dtype=object,
        )
        for column in columns
    }
    return frame.assign(**written)


def _quantity(measure: object, vocabulary: Vocabulary) -> Quantity | None:
    return vocabulary.by_measure.get(measure) if isinstance(measure, str) else None


def prepared_counts(masked: pd.DataFrame, vocabulary: Vocabulary) -> pd.DataFrame:
    """Adds `not_text`, `not_known`, `not_whole` and `whole_count` to a masked frame of counts.

    A derived column whose sources are missing is left out, so that its rule can't be judged and fails.

    Args:
        masked: What `mask_personal` returned of `in_units`, one row per row of the source.
        vocabulary: What may be shown; anything else is withheld.

    Returns:
        A frame of the same rows: `asked_date` as ISO text, or null where it isn't a date; every other value
        text, number, bool, date, null, or the printed form of a foreign object as bytes (hashable, and no text).
    """
    frame = _plain(masked)
    if {*TEXT_COLUMNS, *TEXT_OR_NULL_COLUMNS}.issubset(frame.columns):
        frame["not_text"] = _not_text(frame)
    if "item_code" in frame:
        frame["not_known"] = _objects(
            "item_code" if _is_code(value) and not vocabulary.knows("item_code", value) else None
            for value in frame["item_code"]
        )
    if "count" in frame:
        quantities = [_quantity(measure, vocabulary) for measure in frame.get("measure", [None] * len(frame))]
        frame["not_whole"] = _objects(map(_not_whole, frame["count"], quantities))
        wholes = _objects(value if type(value) is int else None for value in frame["count"])
        frame["whole_count"] = wholes.infer_objects()
        return _with_reasons(withhold(frame, vocabulary), quantities)
    return withhold(frame, vocabulary)


def _not_whole(value: object, quantity: Quantity | None) -> str | None:
    """Why a value is no count of its measure, or None."""
    if quantity:
        return quantity.fault(value)
    return None if type(value) is int else type(value).__name__


def _with_reasons(frame: pd.DataFrame, quantities: list[Quantity | None]) -> pd.DataFrame:
    """A frame that says beside each amount or duration at fault what is wrong with it."""
    if not any(quantities):
        return frame
    rows = zip(frame["count"], frame["not_whole"], quantities, strict=True)
    shown = [f"{value} ({why})" if quantity and why else value for value, why, quantity in rows]
    return frame.assign(count=pd.Series(shown, index=frame.index, dtype=object))


def shown_rows(frame: pd.DataFrame, vocabulary: Vocabulary) -> list[dict[Hashable, Any]]:
    """The rows of a frame of counts as they may be kept for people to look at."""
    return withhold(_plain(mask_personal(in_units(frame, vocabulary))), vocabulary).to_dict("records")


def prepared_totals(masked: pd.DataFrame, vocabulary: Vocabulary) -> pd.DataFrame:
    """Adds `volume`, a verdict in words on `counted` against `usual`, to a masked frame of totals."""
    frame = _plain(masked).drop(columns=FLAG)
    if {"counted", "usual"}.issubset(frame.columns):
        quantities = [_quantity(measure, vocabulary) for measure in frame.get("measure", [None] * len(frame))]
        frame["volume"] = _objects(map(_volume, frame["counted"], frame["usual"], quantities))
    return withhold(frame, vocabulary)


def _plain(masked: pd.DataFrame) -> pd.DataFrame:
    """Plain values only; a column's name that comes again is told from the first one."""
    columns: dict[str, pd.Series] = {}
    for position, label in enumerate(masked.columns):
        name = str(label)
        while name in columns:
            name = f"{name} again"
        columns[name] = _plain_column(masked.iloc[:, position])
    if "asked_date" in columns:
        columns["asked_date"] = _objects(map(_iso_day, columns["asked_date"]))
    return pd.DataFrame(columns)


def _plain_column(column: pd.Series) -> pd.Series:
    if set(map(type, column)) <= _PLAIN_TYPES:
        return column
    return _objects(map(_plain_value, column))


def _plain_value(value: object) -> object:
    if value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value if isinstance(value, (str, bool, int, float, date, NoneType)) else ascii(value).encode()


def _not_text(frame: pd.DataFrame) -> pd.Series:
    """Per row the names of columns that should hold text and don't, or null."""
    names: list[str | None] = [None] * len(frame)
    for column in (*TEXT_COLUMNS, *TEXT_OR_NULL_COLUMNS):
        values = frame[column].tolist()
        bad = {value for value in set(values) if not _is_code(value)}
        if column in TEXT_OR_NULL_COLUMNS:
            bad.discard(None)
        for row in (row for row, value in enumerate(values) if bad and value in bad):
            names[row] = ", ".join(filter(None, (names[row], column)))
    return _objects(names)


def _is_code(value: object) -> bool:
    return isinstance(value, str) and value != "" and value == value.strip()


def _iso_day(value: object) -> str | None:
    return value.isoformat() if type(value) is date else None


def _volume(counted: object, usual: object, quantity: Quantity | None) -> str:
    if usual is None:
        return "no history"
    if quantity:
        counted, usual = quantity.count(counted), quantity.count(usual)
    if type(usual) is not int or type(counted) is not int:
        return "not countable"
    least, most = band(usual, quantity.scale if quantity else 0)
    if least <= counted <= most:
        return "as usual"
    times = VOLUME_BAND["times"]
    return f"less than 1/{times} of usual" if counted < usual else f"more than {times} times usual"


def _objects(values: Iterable[object]) -> pd.Series:
    return pd.Series(list(values), dtype=object)
