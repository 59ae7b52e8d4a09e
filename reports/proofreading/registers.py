"""An author's registers: the figures that an edition prints beside the certified ones, answered for by the author."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from reports.proofreading.known import OwnFigure

_COLUMNS = ("code", "name", "value", "unit")


class RegisterError(Exception):
    """A register isn't a sound table of figures; the message names the file and the row."""


def read_register(path: Path) -> tuple[OwnFigure, ...]:
    """Read a register.

    Args:
        path: A .csv file in UTF-8 with the columns code, name, value and unit, or a .toml file with a
            `[[figure]]` table of the same keys for each figure. Values are plain decimal numbers; in TOML a whole
            number or a text, since a binary fraction isn't what the author wrote.

    Returns:
        The figures in their order.

    Raises:
        RegisterError: The file can't be read so, a column is absent or empty, a value is no number, or a code or name
            comes twice.
    """
    figures = tuple(_figure(row, f"{path.name}, row {index}") for index, row in enumerate(_rows(path), 1))
    for key in ("code", "name"):
        values = [getattr(figure, key) for figure in figures]
        if doubled := sorted({value for value in values if values.count(value) > 1}):
            raise RegisterError(f"{path.name}: {key} {', '.join(doubled)} comes more than once")
    return figures


def _rows(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".csv":
            return list(csv.DictReader(text.splitlines()))
        if path.suffix.lower() == ".toml":
            return list(tomllib.loads(text).get("figure", []))
    except (OSError, UnicodeDecodeError, csv.Error, tomllib.TOMLDecodeError) as error:
        raise RegisterError(f"{path.name} can't be read: {error}") from error
    raise RegisterError(f"{path.name}: a register is a .csv or .toml file")


def _figure(row: Mapping[str, Any], where: str) -> OwnFigure:
    texts = {}
    for column in _COLUMNS:
        value = row.get(column)
        if isinstance(value, bool) or not isinstance(value, str | int) or (not str(value).strip() and column != "unit"):
            raise RegisterError(f"{where}: {column} must be a text or a whole number, got {value!r}")
        texts[column] = str(value).strip()
    try:
        number = Decimal(texts.pop("value"))
    except InvalidOperation as error:
        raise RegisterError(f"{where}: value must be a plain number") from error
    if not number.is_finite():
        raise RegisterError(f"{where}: value must be a plain number")
    return OwnFigure(value=number, **texts)
