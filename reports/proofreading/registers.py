"""An author's registers: the figures that an edition prints beside the certified ones, answered for by the author."""

import csv
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from reports.errors import ReportsError
from reports.proofreading.known_numbers import OwnFigure

_COLUMNS = ("code", "name", "value", "unit", "parts")
_MAY_BE_EMPTY = frozenset({"unit", "parts"})
_IN_CHINESE = {"代码": "code", "名称": "name", "数值": "value", "单位": "unit", "分项": "parts"}


class RegisterError(ReportsError):
    """A register isn't a sound table of figures; the message names the file and the row, in Chinese."""


def read_register(path: Path) -> tuple[OwnFigure, ...]:
    """Read a register.

    Args:
        path: A .csv file in UTF-8 with the columns code, name, value and unit (or 代码, 名称, 数值, 单位), or a .toml
            file with a `[[figure]]` table of the same keys for each figure. Values are plain decimal numbers; in TOML a
            whole number or a text, since a binary fraction isn't what the author wrote. A fifth column, parts (分项),
            may name the codes that a figure is the sum of: `new+continued`.

    Returns:
        The figures in their order.

    Raises:
        RegisterError: The file can't be read so, a column is absent or empty, a value is no number, a code or name
            comes twice, or a part is no code of the register.
    """
    figures = tuple(_figure(row, f"{path.name} 第 {line} 行") for line, row in _rows(path))
    for key, word in (("code", "代码"), ("name", "名称")):
        values = [getattr(figure, key) for figure in figures]
        if doubled := sorted({value for value in values if values.count(value) > 1}):
            raise RegisterError(f"{path.name}：{word} {'、'.join(doubled)} 重复")
    codes = {figure.code for figure in figures}
    for figure in figures:
        if unknown := [part for part in figure.parts if part not in codes]:
            raise RegisterError(f"{path.name}：{figure.code} 的分项 {'、'.join(unknown)} 不在这张表里")
    return figures


def sum_faults(figures: Sequence[OwnFigure]) -> Iterator[tuple[int, str]]:
    """The figures that aren't the sum of their parts: each one's index, and what is wrong in Chinese."""
    by_code = {figure.code: figure for figure in figures}
    for index, figure in enumerate(figures):
        parts = [by_code[part] for part in figure.parts]
        total = sum((part.value for part in parts), Decimal(0))
        if parts and total != figure.value:
            written = " + ".join(f"{part.name} {part.value:f}" for part in parts)
            yield index, f"{figure.name}登记为 {figure.value:f}，但 {written} = {total:f}"


def _rows(path: Path) -> Sequence[tuple[int, Mapping[str, Any]]]:
    """The rows with their place: the line of a .csv, the position of a table in .toml."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".csv":
            reader = csv.DictReader(text.splitlines())
            return [(reader.line_num, {_IN_CHINESE.get(key, key): row[key] for key in row}) for row in reader]
        if path.suffix.lower() == ".toml":
            return list(enumerate(tomllib.loads(text).get("figure", []), 1))
    except (OSError, UnicodeDecodeError, csv.Error, tomllib.TOMLDecodeError) as error:
        raise RegisterError(f"{path.name} 读不懂：{error}") from error
    raise RegisterError(f"{path.name}：登记表须是 .csv 或 .toml 文件")


def _figure(row: Mapping[str, Any], where: str) -> OwnFigure:
    texts = {}
    for column in _COLUMNS:
        value = row.get(column)
        if column == "parts" and value is None:
            value = ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise RegisterError(f"{where}：{column} 应是文字或整数，现在是 {value!r}")
        if not str(value).strip() and column not in _MAY_BE_EMPTY:
            raise RegisterError(f"{where}：{column} 是空的")
        texts[column] = str(value).strip()
    parts = tuple(part.strip() for part in texts.pop("parts").split("+") if part.strip())
    try:
        number = Decimal(texts.pop("value"))
    except InvalidOperation as error:
        raise RegisterError(f"{where}：数值应是普通数字") from error
    if not number.is_finite():
        raise RegisterError(f"{where}：数值应是普通数字")
    return OwnFigure(value=number, parts=parts, **texts)
