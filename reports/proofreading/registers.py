"""An author's registers: the figures that an edition prints beside the certified ones, answered for by the author."""

import csv
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from reports.errors import ReportsError
from reports.proofreading.known_numbers import OwnFigure

_IN_CHINESE = {"代码": "code", "名称": "name", "数值": "value", "单位": "unit", "分项": "parts"}
_COLUMNS = tuple(_IN_CHINESE.values())
_MAY_BE_EMPTY = frozenset({"unit", "parts"})
_MAY_BE_ABSENT = frozenset({"parts"})
_ENCODINGS = ("utf-8-sig", "gb18030")  # what Excel writes on a Chinese Windows is the second
_MOST_ROWS = 10_000


class RegisterError(ReportsError):
    """A register isn't a sound table of figures; in Chinese, `file`, `place` (line and column) and `fault`."""

    def __init__(self, file: str, place: str, fault: str) -> None:
        super().__init__(f"{' '.join(filter(None, (file, place)))}：{fault}")
        self.file, self.place, self.fault = file, place, fault


@dataclass(frozen=True)
class _Row:
    """A row as it was written: by column its text, and what its author calls the columns."""

    place: str
    cells: Mapping[str, Any]
    words: Mapping[str, str]

    def at(self, column: str) -> str:
        """Where a cell stands."""
        return f"{self.place}“{self.words.get(column, column)}”列"


def read_register(path: Path) -> tuple[OwnFigure, ...]:
    """The figures of a register, see `register_rows`."""
    return tuple(figure for _, figure in register_rows(path))


def register_rows(path: Path) -> list[tuple[str, OwnFigure]]:
    """Read a register.

    Args:
        path: A .csv file in UTF-8 or GBK or the first sheet of an .xlsx file, with the columns 代码, 名称, 数值, 单位
            (or code, name, value, unit), or a .toml file with a `[[figure]]` table of the same keys for each figure.
            Values are plain decimal numbers; in TOML a whole number or a text, since a binary fraction isn't what the
            author wrote. A fifth column, 分项 (parts), may name the codes that a figure is the sum of: `new+continued`.

    Returns:
        The figures in their order, each with its place in words.

    Raises:
        RegisterError: The file can't be read so, a column is absent or empty, a value is no number, a code or name
            comes twice, or a part is no code of the register.
    """
    rows = list(_rows(path))
    figures = [_figure(row, path.name) for row in rows]
    for column in ("code", "name"):
        seen: dict[str, str] = {}
        for row, figure in zip(rows, figures, strict=True):
            value = getattr(figure, column)
            if value in seen:
                raise RegisterError(path.name, row.at(column), f"“{value}”与{seen[value]}重复")
            seen[value] = row.place
    codes = {figure.code for figure in figures}
    for row, figure in zip(rows, figures, strict=True):
        if unknown := [part for part in figure.parts if part not in codes]:
            code = row.words.get("code", "code")
            raise RegisterError(path.name, row.at("parts"), f"{'、'.join(unknown)} 不在这张表的“{code}”里")
    return [(row.place, figure) for row, figure in zip(rows, figures, strict=True)]


def sum_faults(figures: Sequence[OwnFigure]) -> Iterator[tuple[int, str]]:
    """The figures that aren't the sum of their parts: each one's index, and what is wrong in Chinese."""
    by_code = {figure.code: figure for figure in figures}
    for index, figure in enumerate(figures):
        parts = [by_code[part] for part in figure.parts]
        total = sum((part.value for part in parts), Decimal(0))
        if parts and total != figure.value:
            written = " + ".join(f"{part.name} {part.value:f}" for part in parts)
            yield index, f"{figure.name}登记为 {figure.value:f}，但 {written} = {total:f}"


def _rows(path: Path) -> Iterator[_Row]:
    """The rows with their places: the line of a .csv or sheet, the position of a table in .toml."""
    kind = path.suffix.lower()
    try:
        if kind == ".toml":
            figures = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("figure", [])
            return iter([_Row(f"第 {number} 个数", cells, {}) for number, cells in enumerate(figures, 1)])
        if kind in {".csv", ".xlsx"}:
            return _table_rows(path.name, _csv_lines(path) if kind == ".csv" else _sheet_lines(path))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, csv.Error) as error:
        raise RegisterError(path.name, "", f"读不懂，请另存一份再试（{error}）") from error
    raise RegisterError(path.name, "", "登记表须是 .csv、.xlsx 或 .toml 文件")


def _csv_lines(path: Path) -> list[tuple[int, list[Any]]]:
    content = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ValueError("既不是 UTF-8，也不是 GBK")
    reader = csv.reader(text.splitlines())
    return [(reader.line_num, list(cells)) for cells in reader]


def _sheet_lines(path: Path) -> list[tuple[int, list[Any]]]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_row=_MOST_ROWS)
        return [(number, [_cell(cell) for cell in row]) for number, row in enumerate(rows, 1)]
    finally:
        book.close()


def _cell(cell: Any) -> Any:
    """A cell's text; a share is written as it is shown, 0.992 as 99.2%, which is no plain number."""
    value = cell.value
    if isinstance(value, float):
        exact = Decimal(repr(value))
        return f"{(exact * 100).normalize():f}%" if "%" in (cell.number_format or "") else f"{exact:f}"
    return "" if value is None else value


def _table_rows(file: str, lines: Sequence[tuple[int, list[Any]]]) -> Iterator[_Row]:
    filled = [(number, cells) for number, cells in lines if any(str(cell).strip() for cell in cells)]
    heads = [str(cell).strip() for cell in filled[0][1]] if filled else []
    columns = [_IN_CHINESE.get(head, head) for head in heads]
    words = dict(zip(columns, heads, strict=True))
    chinese = {column: word for word, column in _IN_CHINESE.items()}
    if absent := [chinese[each] for each in _COLUMNS if each not in columns and each not in _MAY_BE_ABSENT]:
        expected = "、".join(_IN_CHINESE)
        first = f"第 {filled[0][0]} 行" if filled else ""
        raise RegisterError(file, first, f"缺“{'”“'.join(absent)}”列；第一行应写列名：{expected}")
    for number, cells in filled[1:]:
        if any(str(cell).strip() for cell in cells[len(columns) :]):
            raise RegisterError(
                file, f"第 {number} 行", f"多出一格：这一行有 {len(cells)} 格，列名只有 {len(columns)} 个"
            )
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        yield _Row(f"第 {number} 行", dict(zip(columns, padded, strict=False)), words)


def _figure(row: _Row, file: str) -> OwnFigure:
    texts = {}
    for column in _COLUMNS:
        value = row.cells.get(column, "" if column in _MAY_BE_ABSENT else None)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise RegisterError(file, row.at(column), f"应是文字或整数，现在是 {value!r}")
        texts[column] = str(value).strip()
        if not texts[column] and column not in _MAY_BE_EMPTY:
            raise RegisterError(file, row.at(column), "是空的")
    parts = tuple(part.strip() for part in texts.pop("parts").split("+") if part.strip())
    return OwnFigure(value=_number(texts.pop("value"), row, file), parts=parts, **texts)


def _number(text: str, row: _Row, file: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise RegisterError(file, row.at("value"), f"应是普通数字，如 1234 或 5.6，现在是“{text}”")
    return number
