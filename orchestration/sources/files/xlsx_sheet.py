"""A sheet of an .xlsx workbook: values, formulas and merged cells in one pass over its part."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any
from zoneinfo import ZoneInfo

from openpyxl.utils import column_index_from_string, range_boundaries

from orchestration.sources.files.errors import fault
from orchestration.sources.files.formulas import NEVER_CALCULATED, Cell, Formula, Sheet, filled_by_one
from orchestration.sources.files.table import Area, Unreadable, cell_name, error_value, table_of
from orchestration.sources.files.workbook_values import iso_date, moment_of, number_of
from orchestration.sources.files.xlsx_package import in_namespaces
from orchestration.sources.files.xlsx_styles import Shown
from orchestration.sources.files.xml_events import Attributes, pieces_of, stream_xml

_CELL, _VALUE, _ITEM, _TEXT, _PHONETIC = (
    frozenset(in_namespaces({name: name})) for name in ("c", "v", "si", "t", "rPh")
)
_DECLARATION = re.compile(rb"""<\?xml[^>]*encoding=["']([^"']*)""")
_ROWS_BEGIN, _ROWS_END = "<sheetData>", "</sheetData>"
_PLAIN = r"[^<&\x00-\x08\x0b-\x1f]+"
_CELL_PATTERN = (
    r'<c r="([A-Z]{1,3})([0-9]+)"(?: s="([0-9]+)")?(?: t="(\w+)")?(?:/>|>'
    rf"(?:(?:<f>({_PLAIN})</f>)?<v>({_PLAIN})</v>|<is><t>({_PLAIN})</t></is>)</c>)"
)
_PLAIN_CELL = re.compile(_CELL_PATTERN)
_PLAIN_CELLS = _CELL_PATTERN.replace("(", "(?:").replace("(?:?:", "(?:")
_PLAIN_ROW = re.compile(rf"""<row r="([0-9]+)"[^<>&/]*>((?:{_PLAIN_CELLS})*)</row>""")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TRUTH = {"1": True, "true": True, "0": False, "false": False}
_ONE_FILLS_MANY = {"array", "dataTable"}


@dataclass(frozen=True)
class SheetContext:
    """What the cells of every sheet refer to.

    Attributes:
        name: the file's.
        texts: the workbook's shared texts.
        shown: by a cell's style, how its numbers are shown.
        epoch: the first day of the workbook's calendar.
        zone: the hall's time zone.
    """

    name: str
    texts: Sequence[str]
    shown: Sequence[Shown]
    epoch: dt.datetime
    zone: ZoneInfo


def _is_plain(content: bytes) -> bool:
    """Whether what looks like a row in a part is one: it is in UTF-8, and nothing in it is a comment or the like."""
    declared = _DECLARATION.match(content)
    utf_8 = declared is None or declared[1].lower() == b"utf-8"
    rows = content.count(b"sheetData>") == 2 and all(mark.encode() in content for mark in (_ROWS_BEGIN, _ROWS_END))
    return utf_8 and rows and b"<!" not in content and b"<?" not in content[2:]


def read_sheet(stream: IO[bytes], context: SheetContext) -> Sheet:
    """A sheet's part.

    Raises:
        PermanentFault: a cell comes twice or refers to nothing, or there are too many.
        Exception: of any kind, where the part is damaged.
    """
    reader = _Reader(context)
    table = table_of(context.name, reader.rows(stream), reader.merged, context.epoch)
    return Sheet(table, {**filled_by_one(reader.filled, table), **reader.formulas})


def without_escapes(text: str) -> str:
    """A text with its characters for `_xHHHH_`, by which workbooks write those that XML can't hold."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def read_shared_texts(stream: IO[bytes]) -> list[str]:
    """The texts of a workbook's part that holds them; raises as `stream_xml`."""
    texts: list[str] = []
    text = _Text()

    def end(name: str) -> None:
        text.end(name)
        if name in _ITEM:
            texts.append(text.take())

    for _ in stream_xml(pieces_of(stream), text.start, end, text.add):
        pass
    return texts


class _Text:
    """A text that may be in several pieces, without what is only said beside it of how it is pronounced."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._wanted = self._phonetic = False

    def start(self, name: str, _: Attributes) -> None:
        if name in _PHONETIC:
            self._phonetic = True
        self._wanted = name in _TEXT and not self._phonetic

    def add(self, text: str) -> None:
        if self._wanted:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        self._wanted = False
        if name in _PHONETIC:
            self._phonetic = False

    def take(self) -> str:
        text = without_escapes("".join(self._pieces))
        self._pieces.clear()
        return text


class _Reader:
    """Keeps what it finds of a sheet, while `rows` yields the rows that are complete."""

    def __init__(self, context: SheetContext) -> None:
        self.merged: list[Area] = []
        self.filled: list[Area] = []
        self.formulas: dict[Cell, Formula] = {}
        self._context = context
        self._shared: dict[str, tuple[str, Cell]] = {}
        self._columns: dict[str, int] = {}
        self._done: list[tuple[int, list[tuple[int, Any]]]] = []
        self._row, self._column, self._in_rows = 0, 0, False
        self._cells: list[tuple[int, Any]] = []
        self._attributes: Attributes = {}  # of the cell that is read
        self._formula: Attributes | None = None
        self._value: str | None = None
        self._text: str | None = None  # of a value or a formula that isn't at its end
        self._inline = _Text()
        self._starts = in_namespaces(
            {
                "sheetData": self._start_rows,
                "row": self._start_row,
                "f": self._start_formula,
                "mergeCell": self._merge,
            }
        )
        self._ends = in_namespaces({"f": self._end_formula, "row": self._end_row})

    def rows(self, stream: IO[bytes]) -> Iterator[tuple[int, list[tuple[int, Any]]]]:
        """The rows in the order in which they come: their numbers, and their cells' columns and values."""
        content = stream.read().lstrip()
        pieces: Iterator[bytes | str] = iter([content])
        if _is_plain(content):
            pieces = self._without_plain_rows(content.decode())
        for _ in stream_xml(pieces, self._start, self._end, self._add_text):
            yield from self._done
            self._done.clear()

    def _without_plain_rows(self, text: str) -> Iterator[str]:
        """What has to be parsed as XML; rows as programs write them are read by a pattern, in half the time."""
        at, end = text.index(_ROWS_BEGIN) + len(_ROWS_BEGIN), text.rindex(_ROWS_END)
        yield text[:at]
        for match in _PLAIN_ROW.finditer(text, at, end) if self._in_rows else ():
            yield text[at : match.start()]
            self._read_plain_row(*match.groups())
            at = match.end()
        yield text[at:]

    def _read_plain_row(self, digits: str, cells: str) -> None:
        self._row, values = int(digits), []
        for letters, row, style, type_, formula, value, inline in _PLAIN_CELL.findall(cells):
            if row != digits:
                raise fault("cell_elsewhere", name=self._context.name, cell=letters + row, row=digits)
            column = self._columns.get(letters) or self._column_of(letters)
            self._column = column
            if formula:
                self.formulas[self._row, column] = Formula(formula)
            if inline:
                values.append((column, without_escapes(inline)))
            elif value:
                values.append((column, self._value_of(value, type_ or "n", style)))
        self._done.append((self._row, values))

    def _column_of(self, letters: str) -> int:
        self._columns[letters] = column_index_from_string(letters)
        return self._columns[letters]

    def _start(self, name: str, attributes: Attributes) -> None:
        if name in _VALUE:
            self._text = ""
        elif name in _CELL:
            self._attributes = attributes
            self._text = self._value = self._formula = None
            self._find_column(attributes.get("r"))
        elif handler := self._starts.get(name):
            handler(attributes)
        else:
            self._inline.start(name, attributes)

    def _add_text(self, text: str) -> None:
        if self._text is None:
            self._inline.add(text)
        else:
            self._text += text

    def _end(self, name: str) -> None:
        if name in _VALUE:
            self._value, self._text = self._text, None
        elif name in _CELL:
            value = self._cell_value(self._value, self._attributes.get("t", "n"))
            if value is not None:
                self._cells.append((self._column, value))
        elif handler := self._ends.get(name):
            handler()
        else:
            self._inline.end(name)

    def _find_column(self, place: str | None) -> None:
        if place is None:
            self._column += 1
            return
        letters = place.rstrip("0123456789")
        if place[len(letters) :] != str(self._row):
            raise fault("cell_elsewhere", name=self._context.name, cell=place, row=self._row)
        self._column = self._columns.get(letters) or self._column_of(letters)

    def _start_rows(self, _: Attributes) -> None:
        self._in_rows = True

    def _start_row(self, attributes: Attributes) -> None:
        self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
        self._column = 0
        self._cells = []

    def _end_row(self) -> None:
        self._done.append((self._row, self._cells))

    def _start_formula(self, attributes: Attributes) -> None:
        self._formula, self._text = attributes, ""

    def _end_formula(self) -> None:
        text, self._text = self._text, None
        if self._formula is None:
            return
        attributes, cell = self._formula, (self._row, self._column)
        kind, area = attributes.get("t"), attributes.get("ref", "")
        written, moved = text or None, (0, 0)
        if kind == "shared":
            if text:
                self._shared[attributes.get("si", "")] = text, cell
            written, (row, column) = self._shared.get(attributes.get("si", ""), (None, cell))
            moved = cell[0] - row, cell[1] - column
        elif kind in _ONE_FILLS_MANY and area:
            self.filled.append(area_of(area))
            written = text if kind == "array" and self.filled[-1].is_cell else None
        self.formulas[cell] = Formula(written, moved, volatile=attributes.get("ca") in {"1", "true"})

    def _cell_value(self, text: str | None, type_: str) -> Any:
        if type_ == "inlineStr":
            return self._inline.take() or text
        if not text:
            calculated = self._formula is None or (type_ == "str" and text is not None)
            return None if calculated else NEVER_CALCULATED
        return self._value_of(text, type_, self._attributes.get("s", ""))

    def _value_of(self, text: str, type_: str, style: str) -> Any:  # noqa: PLR0911 - one for each type
        match type_:
            case "n":
                return self._shown(number_of(text), int(style)) if style else number_of(text)
            case "s":
                return self._shared_text(text)
            case "str" | "inlineStr":
                return without_escapes(text)
            case "b":
                return _TRUTH.get(text.strip(), Unreadable("no truth value"))
            case "e":
                return error_value(text)
            case "d":
                return iso_date(text, self._context.zone)
        return Unreadable("of a type that workbooks don't have")

    def _shown(self, number: Any, style: int) -> Any:
        shown = self._context.shown[style] if style < len(self._context.shown) else "number"
        if shown == "number" or isinstance(number, Unreadable):
            return number
        return moment_of(number, self._context.epoch, span=shown == "span")

    def _shared_text(self, text: str) -> str:
        number = int(text)
        if not 0 <= number < len(self._context.texts):
            raise fault("no_text", name=self._context.name, cell=cell_name(self._row, self._column))
        return self._context.texts[number]

    def _merge(self, attributes: Attributes) -> None:
        self.merged.append(area_of(attributes["ref"]))


def area_of(text: str) -> Area:
    """An area as a workbook writes it, such as `B2:C5`; ValueError if it is none."""
    left, top, right, bottom = range_boundaries(text)
    if left is None or top is None or right is None or bottom is None:
        raise ValueError("whole columns or rows")
    return Area(top, bottom, left, right)
