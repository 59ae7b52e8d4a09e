"""Workbooks .ods (OpenDocument), by one pass over their content."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import IO, Any
from zoneinfo import ZoneInfo

from openpyxl.utils.datetime import WINDOWS_EPOCH

from orchestration.sources.contract import SourceFault
from orchestration.sources.files.errors import fault
from orchestration.sources.files.formulas import NEVER_CALCULATED, Calculation, Cell, Formula, Sheet, checked
from orchestration.sources.files.table import (
    MOST_CELLS,
    Area,
    Choose,
    Chosen,
    Table,
    Unreadable,
    error_value,
    table_of,
)
from orchestration.sources.files.workbook_values import MOST_UNPACKED, iso_date, number_of
from orchestration.sources.files.xml_events import Attributes, pieces_of, stream_xml

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT, _STYLE = (f"{_OASIS}{name}:1.0 " for name in ("table", "office", "text", "style"))
# A cell's reference as OpenFormula writes it, such as [.C2:.C9] or [$'日报 2'.C2].
_REFERENCE = re.compile(r"\[(?:\$?('(?:[^']|'')+'|[^\[\].']+))?\.([^\[\].:]+)(?::\.([^\[\].:]+))?\]")


# What calculates before it saves, as a workbook's meta.xml names it.
_CALCULATES = re.compile(
    rb"generator>\s*(?:LibreOffice|OpenOffice|Apache OpenOffice|Collabora|MicrosoftOffice|WPS|Gnumeric)"
)
# How LibreOffice keeps in settings.xml that it doesn't calculate by itself.
_BY_HAND = re.compile(rb"""config:name=["']AutoCalculate["'][^>]*>\s*false\s*<""")
# What a cell's text isn't: remarks, drawings, and how a word is pronounced.
_ASIDE = (f"{_OFFICE}annotation", f"{_OASIS}drawing:1.0 frame", f"{_TEXT}ruby-text", f"{_TEXT}note", f"{_TABLE}shapes")
_ERROR_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"


def read_ods(name: str, content: bytes, choose: Choose[Chosen], zone: ZoneInfo) -> Chosen:
    """What is chosen of a workbook's sheets.

    Raises:
        SourceFault: as `choose` does.
        PermanentFault: it isn't a whole workbook, it is locked or too large.
    """
    try:
        book = _Book(name, content, zone)
        return choose(name, [(each.title, each.visible, partial(book.table, each.title)) for each in book.pages])
    except SourceFault:
        raise
    except Exception as error:  # a damaged part makes zipfile and expat raise almost anything
        raise fault("no_workbook", name=name, format="ods", error=type(error).__name__) from error


@dataclass
class _Page:
    """A sheet as it is written: rows and cells may stand for several alike."""

    title: str
    visible: bool
    rows: list[tuple[int, int, list[tuple[int, int, Any, str | None]]]] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)

    def sheet(self, name: str) -> Sheet:
        formulas: dict[Cell, Formula] = {}

        def cells(number: int, written: list[tuple[int, int, Any, str | None]]) -> Iterator[tuple[int, Any]]:
            for first, count, value, formula in written:
                for column in range(first, first + count):
                    if formula is not None:
                        formulas[number, column] = Formula(_as_shown(formula))
                        if len(formulas) > MOST_CELLS:
                            raise fault("many_cells", name=name, most=MOST_CELLS)
                    yield column, value

        rows = (
            (number, cells(number, written))
            for first, count, written in self.rows
            for number in range(first, first + count)
        )
        return Sheet(table_of(name, rows, self.merged, WINDOWS_EPOCH), formulas)


class _Book:
    def __init__(self, name: str, content: bytes, zone: ZoneInfo) -> None:
        self._name = name
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if b"encryption-data" in archive.read("META-INF/manifest.xml"):
                raise fault("formats.encrypted", name=name, wanted="an .ods workbook")
            # zipfile reads no more of a part than the archive's directory declares: its size is a limit while reading.
            size = sum(part.file_size for part in archive.infolist())
            if size > MOST_UNPACKED:
                raise fault("workbook_too_large", name=name, most=MOST_UNPACKED, size=size)
            meta = archive.read("meta.xml") if "meta.xml" in archive.namelist() else b""
            settings = archive.read("settings.xml") if "settings.xml" in archive.namelist() else b""
            doubt = "the workbook is calculated by hand only" if _BY_HAND.search(settings) else ""
            self._calculation = Calculation(doubt, recorded=_CALCULATES.search(meta) is not None)
            with archive.open("content.xml") as stream:
                self.pages = _Reader(zone).pages(stream)
        self._pages = {page.title.lower(): page for page in self.pages}
        self._sheet = cache(self._read_sheet)

    def table(self, title: str) -> Table:
        return checked(title, lambda title: self._sheet(title.lower()), self._calculation)

    def _read_sheet(self, title: str) -> Sheet | None:
        return self._pages[title].sheet(self._name) if title in self._pages else None


class _Reader:
    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._pages: list[_Page] = []
        self._page: _Page | None = None
        self._style = ""
        self._hidden: set[str] = set()
        self._row, self._rows, self._column = 1, 1, 1
        self._attributes: Attributes = {}
        self._cells: list[tuple[int, int, Any, str | None]] = []
        self._aside = 0
        self._paragraphs: list[str] = []
        self._in_paragraph = False
        self._starts: dict[str, Callable[[Attributes], None]] = {
            f"{_STYLE}style": self._start_style,
            f"{_STYLE}table-properties": self._properties,
            f"{_TABLE}table": self._start_table,
            f"{_TABLE}table-row": self._start_row,
            f"{_TABLE}table-cell": self._start_cell,
            f"{_TABLE}covered-table-cell": self._start_cell,
            f"{_TEXT}p": self._start_paragraph,
            f"{_TEXT}s": lambda attributes: self._add_text(" " * int(attributes.get(f"{_TEXT}c", "1"))),
            f"{_TEXT}tab": lambda _: self._add_text("\t"),
            f"{_TEXT}line-break": lambda _: self._add_text("\n"),
        }
        self._ends = {
            f"{_TABLE}table": self._end_table,
            f"{_TABLE}table-row": self._end_row,
            f"{_TABLE}table-cell": self._end_cell,
            f"{_TABLE}covered-table-cell": self._end_cell,
            f"{_TEXT}p": self._end_paragraph,
        }

    def pages(self, stream: IO[bytes]) -> list[_Page]:
        for _ in stream_xml(pieces_of(stream), self._start, self._end, self._add_text):
            pass
        return self._pages

    def _start(self, name: str, attributes: Attributes) -> None:
        if self._aside or name in _ASIDE:
            self._aside += 1
        elif handler := self._starts.get(name):
            handler(attributes)

    def _end(self, name: str) -> None:
        if self._aside:
            self._aside -= 1
        elif handler := self._ends.get(name):
            handler()

    def _start_style(self, attributes: Attributes) -> None:
        self._style = attributes.get(f"{_STYLE}name", "")

    def _properties(self, attributes: Attributes) -> None:
        if attributes.get(f"{_TABLE}display") == "false":
            self._hidden.add(self._style)

    def _start_table(self, attributes: Attributes) -> None:
        if self._page is not None:
            raise ValueError("a table within a table")
        self._page = _Page(attributes[f"{_TABLE}name"], attributes.get(f"{_TABLE}style-name") not in self._hidden)
        self._row = 1

    def _end_table(self) -> None:
        if self._page is not None:
            self._pages.append(self._page)
        self._page = None

    def _start_row(self, attributes: Attributes) -> None:
        self._rows = int(attributes.get(f"{_TABLE}number-rows-repeated", "1"))
        self._column, self._cells = 1, []

    def _end_row(self) -> None:
        if self._cells and self._page is not None:
            self._page.rows.append((self._row, self._rows, self._cells))
        self._row += self._rows

    def _start_cell(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._paragraphs = []

    def _end_cell(self) -> None:
        attributes = self._attributes
        count = int(attributes.get(f"{_TABLE}number-columns-repeated", "1"))
        down, right = (int(attributes.get(f"{_TABLE}number-{each}-spanned", "1")) for each in ("rows", "columns"))
        if (down, right) != (1, 1) and self._page is not None:
            self._page.merged.append(Area(self._row, self._row + down - 1, self._column, self._column + right - 1))
        formula, value = attributes.get(f"{_TABLE}formula"), self._value()
        if value not in {None, ""} or formula is not None:
            self._cells.append((self._column, count, value, formula))
        self._column += count

    def _start_paragraph(self, _: Attributes) -> None:
        self._paragraphs.append("")
        self._in_paragraph = True

    def _end_paragraph(self) -> None:
        self._in_paragraph = False

    def _add_text(self, text: str) -> None:
        if self._in_paragraph and not self._aside:
            self._paragraphs[-1] += text

    def _value(self) -> Any:  # noqa: PLR0911 - one for each type
        attributes, text = self._attributes, "\n".join(self._paragraphs)
        if attributes.get(_ERROR_TYPE) == "error":
            return error_value(text.strip())
        match attributes.get(f"{_OFFICE}value-type"):
            case "float" | "currency" | "percentage":
                return number_of(attributes[f"{_OFFICE}value"])
            case "date":
                return iso_date(attributes[f"{_OFFICE}date-value"], self._zone)
            case "boolean":
                return attributes[f"{_OFFICE}boolean-value"] == "true"
            case "string":
                return attributes.get(f"{_OFFICE}string-value", text)
            case None if f"{_TABLE}formula" in attributes:
                return NEVER_CALCULATED
            case None:
                return text
            case _:
                return Unreadable("a span of time")


def _as_shown(formula: str) -> str | None:
    """A formula of OpenFormula in the form of `Formula`."""
    prefix, _, text = formula.partition(":=")
    if prefix != "of":
        return None

    def cells(match: re.Match[str]) -> str:
        sheet, first, last = match.groups()
        return (f"{sheet}!" if sheet else "") + first + (f":{last}" if last else "")

    return _REFERENCE.sub(cells, text)
