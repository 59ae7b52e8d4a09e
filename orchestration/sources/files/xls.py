"""Workbooks .xls of Excel 97 to 2003, read by xlrd."""

import io
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import xlrd
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from orchestration.sources.contract import SourceFault
from orchestration.sources.files.errors import fault
from orchestration.sources.files.formulas import Sheet, checked, filled_by_one
from orchestration.sources.files.table import Area, Choose, Chosen, Unreadable, table_of
from orchestration.sources.files.xls_formulas import XlsFormulas, read_formulas

_EPOCHS = (WINDOWS_EPOCH, MAC_EPOCH)


def read_xls(name: str, content: bytes, choose: Choose[Chosen]) -> Chosen:
    """What is chosen of a workbook's sheets.

    Raises:
        SourceFault: as `choose` does.
        PermanentFault: it isn't a whole workbook, or it is locked.
    """
    try:
        # Only with its formatting does xlrd tell merged cells.
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=io.StringIO())
        formulas, calculation = read_formulas(book, content)
        pages = {page.name.lower(): (page, found) for page, found in zip(book.sheets(), formulas, strict=True)}

        @cache
        def sheet_of(title: str) -> Sheet | None:
            return _sheet(name, *pages[title.lower()]) if title.lower() in pages else None

        sheets = [
            (page.name, not page.visibility, partial(checked, page.name, sheet_of, calculation))
            for page in book.sheets()
        ]
        return choose(name, sheets)
    except SourceFault:
        raise
    except Exception as error:  # a damaged record makes xlrd raise almost anything
        if "encrypted" in str(error):
            raise fault("formats.encrypted", name=name, wanted="an .xls workbook") from error
        raise fault("no_workbook", name=name, format="xls", error=type(error).__name__) from error


def _sheet(name: str, page: xlrd.sheet.Sheet, found: XlsFormulas) -> Sheet:
    datemode = page.book.datemode
    merged = (Area(top + 1, bottom, left + 1, right) for top, bottom, left, right in page.merged_cells)
    rows = ((row + 1, _cells(page.row(row), datemode)) for row in range(page.nrows))
    table = table_of(name, rows, merged, _EPOCHS[datemode])
    return Sheet(table, {**filled_by_one(found.filled, table), **found.formulas})


def _cells(row: list[Any], datemode: int) -> Iterator[tuple[int, Any]]:
    for column, cell in enumerate(row, start=1):
        yield column, _value(cell, datemode)


def _value(cell: Any, datemode: int) -> Any:
    match cell.ctype:
        case xlrd.XL_CELL_DATE:
            return _date(cell.value, datemode)
        case xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        case xlrd.XL_CELL_ERROR:
            return Unreadable(f"the error {xlrd.error_text_from_code.get(cell.value, cell.value)}")
        case xlrd.XL_CELL_EMPTY | xlrd.XL_CELL_BLANK:
            return None
    return cell.value


def _date(value: float, datemode: int) -> Any:
    try:
        return xlrd.xldate_as_datetime(value, datemode)
    except (xlrd.XLDateError, OverflowError, ValueError):
        return Unreadable("a date outside of the workbook's calendar")
