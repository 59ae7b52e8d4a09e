"""Workbooks .xlsx, read row by row by openpyxl's parser: it also tells merged cells and formulas never calculated."""

import io
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any

import openpyxl
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

from orchestration.sources.contract import SourceFault
from orchestration.sources.files.errors import fault
from orchestration.sources.files.table import Area, Table, Unreadable, WantedSheet, choose_sheet, table_of

_MOST_UNPACKED = 128 * 1024 * 1024


def read_xlsx(name: str, content: bytes, sheet: WantedSheet) -> Table:
    """The table of a workbook's one visible sheet, or of the one named.

    Raises:
        NothingForDay: there is no sheet of the day.
        PermanentFault: it isn't a whole workbook, it is too large, or it is open which sheet counts.
    """
    try:
        _refuse_too_large(name, content)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        # A sheet of charts only has no cells, and openpyxl doesn't list it here.
        sheets = [(page.title, page.sheet_state == "visible", partial(_table, name, page)) for page in book.worksheets]
        return choose_sheet(name, sheets, sheet)
    except SourceFault:
        raise
    except Exception as error:  # a damaged part makes openpyxl raise almost anything
        raise fault("no_workbook", name=name, format="xlsx", error=type(error).__name__) from error


class _Parser(WorkSheetParser):
    """As openpyxl's, but errors and formulas without a value aren't taken for values or blanks."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["data_type"] == "e":
            cell["value"] = Unreadable(f"the error {cell['value']}")
        elif cell["value"] is None and _was_never_calculated(element, cell["data_type"]):
            cell["value"] = Unreadable("a formula that was never calculated")
        return cell


def _was_never_calculated(element: Any, data_type: str) -> bool:
    # A formula whose value is an empty text has an empty value of type str.
    empty_text = data_type == "s" and element.find(VALUE_TAG) is not None
    return element.find(FORMULA_TAG) is not None and not empty_text


def _table(name: str, page: Any) -> Table:
    book = page.parent
    with page._get_source() as source:  # noqa: SLF001 - what a read-only sheet doesn't show, its parser does
        parser = _Parser(
            source,
            page._shared_strings,  # noqa: SLF001
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,  # noqa: SLF001
            timedelta_formats=book._timedelta_formats,  # noqa: SLF001
        )
        return table_of(name, _cells(parser), _merged(parser), book.epoch)


def _merged(parser: WorkSheetParser) -> Iterator[Area]:
    for area in parser.merged_cells.mergeCell if parser.merged_cells else ():
        yield Area(area.min_row, area.max_row, area.min_col, area.max_col)


def _cells(parser: WorkSheetParser) -> Iterator[tuple[int, Iterator[tuple[int, Any]]]]:
    for number, row in parser.parse():
        yield number, ((cell["column"], cell["value"]) for cell in row)


def _refuse_too_large(name: str, content: bytes) -> None:
    # zipfile reads no more of a part than the archive's directory declares: its sum is a limit while reading, too.
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(part.file_size for part in archive.infolist())
    if size > _MOST_UNPACKED:
        raise fault("workbook_too_large", name=name, most=_MOST_UNPACKED, size=size)
