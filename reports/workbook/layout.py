"""Lays a sheet out: heading, whose numbers they are, tables, notes and room for charts, ready for A4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from reports.certificates.dossier import Dossier
from reports.workbook.exports import FORMULA_STARTS
from reports.workbook.sheets import BookSheet, Cell, SheetTable, Shown

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

HEADING_ROWS = 2
_FIRST_HEAD = HEADING_ROWS + 1
LINE, _SMALL_LINE = 15, 11  # points of a line of text; the former also of a row under charts
_NARROWEST, _WIDEST_NUMBER, _WIDEST_TEXT, _WIDEST_CODE = 9, 16, 46, 68
_MARGIN = 0.6  # inches
# Of A4 upright, in points within the margins; and how wide a column of text is.
_PAGE = (508, 740)
_COLUMN = 5.6
_SMALL = 1.2  # so much more stands on a line in small letters
_SQUEEZED = 1.45  # so much higher than a page is made one page


@dataclass(frozen=True)
class Laid:
    """A sheet, its columns' widths, the row of each table's head, and the first row below all that is written."""

    sheet: Worksheet
    widths: Sequence[int]
    heads: tuple[int, ...]
    below: int


def lay_out(
    book: Workbook, sheet: BookSheet, dossier: Dossier, *, chart_rows: int = 0, widths: Sequence[int] = ()
) -> Laid:
    """Write a sheet at the end of a book.

    Args:
        book: The workbook.
        sheet: What stands on it.
        dossier: Whose numbers they are.
        chart_rows: How many rows are kept free below; with some the whole sheet is one page.
        widths: Of the columns, where no table gives them.
    """
    target = book.create_sheet(sheet.title)
    widths = widths or _widths(sheet)
    for column, width in enumerate(widths, start=1):
        target.column_dimensions[_letter(column)].width = width
    _write_heading(target, sheet, dossier, len(widths))
    row, heads = _FIRST_HEAD, []
    for table in sheet.tables:
        heads.append(row)
        row = _write_table(target, table, row, widths, technical=sheet.technical) + 1
    row = _write_notes(target, sheet.notes, row - bool(sheet.tables), widths)
    for free in range(row, row + chart_rows):
        target.row_dimensions[free].height = LINE
    end = (row + chart_rows - 1, len(widths))
    _set_page(target, sheet, dossier, end, one_page=bool(chart_rows) or _is_nearly_one(target, sheet, widths))
    if len(heads) == 1:
        target.freeze_panes = target.cell(_FIRST_HEAD + 1, 1 + min(1, sheet.tables[0].labels))
        target.print_title_rows = f"1:{_FIRST_HEAD}"
    else:
        target.freeze_panes = target.cell(_FIRST_HEAD, 1)
        target.print_title_rows = f"1:{HEADING_ROWS}"
    if sheet.pages > 1:
        target.print_title_cols = "A:A"
    if sheet.technical:
        target.sheet_properties.tabColor = "BFBFBF"
    return Laid(target, widths, tuple(heads), row)


def _write_heading(target: Worksheet, sheet: BookSheet, dossier: Dossier, columns: int) -> None:
    style = _styles()
    certificate = dossier.certificate
    days = f"（{certificate.span.title}）" if certificate.span else ""
    stamp = f"{dossier.state}　第 {certificate.revision} 版{days}　核定码 {certificate.code}"
    signed = "、".join(dict.fromkeys(each.name for each in certificate.sign_offs))
    for row, (text, font, height) in enumerate(
        (
            (sheet.heading, style.heading, 30),
            (f"{stamp}　{signed} {certificate.signed_at:%Y-%m-%d} 核定", style.small, 18),
        ),
        start=1,
    ):
        write(target, row, 1, text)
        cell = target.cell(row, 1)
        cell.font, cell.alignment = font, style.centred
        target.row_dimensions[row].height = height
        if columns > 1:
            target.merge_cells(start_row=row, end_row=row, start_column=1, end_column=columns)


def _write_table(target: Worksheet, table: SheetTable, row: int, widths: Sequence[int], *, technical: bool) -> int:
    """Write a table from a row on; gives the row after it."""
    style = _styles()
    for column, title in enumerate(table.columns, start=1):
        write(target, row, column, title)
        cell = target.cell(row, column)
        cell.font, cell.fill, cell.border, cell.alignment = style.head, style.shade, style.lines, style.centred
    _fit_height(target, row, table.columns, widths)
    first_sum = len(table.rows) - table.totals
    for place, values in enumerate(table.rows):
        row += 1
        font = style.head if place >= first_sum else style.small if technical else style.text
        for column, value in enumerate(values, start=1):
            write(target, row, column, value)
            cell = target.cell(row, column)
            is_text = column <= table.labels or (technical and isinstance(value, str))
            cell.font, cell.border, cell.alignment = font, style.lines, style.left if is_text else style.right
        _fit_height(target, row, values, widths, _SMALL_LINE if technical else LINE)
    return row + 1


def _write_notes(target: Worksheet, notes: Sequence[str], row: int, widths: Sequence[int]) -> int:
    style = _styles()
    for place, note in enumerate(notes):
        text = f"注：{note}" if place == 0 else f"　　{note}"
        write(target, row, 1, text)
        cell = target.cell(row, 1)
        cell.font, cell.alignment = style.small, style.left
        target.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(widths))
        target.row_dimensions[row].height = LINE * ceil(width_of(text) / sum(widths) / _SMALL)
        row += 1
    return row + 1


def write(target: Worksheet, row: int, column: int, value: Cell) -> None:
    """Write a value: numbers and dates as such, a text as a text, whatever it begins with; nothing of None."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if value is None:
        return
    cell = target.cell(row, column)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
        cell.data_type = "s"
        cell.number_format = "@"
        cell.quotePrefix = value.startswith(FORMULA_STARTS)
    elif isinstance(value, Shown):
        cell.value, cell.number_format = value.value, value.form
    else:
        cell.value, cell.number_format = value, "yyyy-mm-dd" if isinstance(value, date) else "0"


def _set_page(target: Worksheet, sheet: BookSheet, dossier: Dossier, end: tuple[int, int], *, one_page: bool) -> None:
    from openpyxl.worksheet.header_footer import HeaderFooterItem
    from openpyxl.worksheet.page import PageMargins
    from openpyxl.worksheet.properties import PageSetupProperties

    target.page_setup.paperSize = target.PAPERSIZE_A4
    target.page_setup.orientation = "landscape" if sheet.across else "portrait"
    target.page_setup.fitToWidth, target.page_setup.fitToHeight = sheet.pages, int(one_page)
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    target.page_margins = PageMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN + 0.2, _MARGIN / 2, _MARGIN / 2)
    target.print_options.horizontalCentered = True
    target.print_area = f"A1:{target.cell(*end).coordinate}"
    footer = HeaderFooterItem()
    footer.left.text = f"{dossier.state} {dossier.certificate.code}"
    footer.right.text = "第 &P 页，共 &N 页"
    target.HeaderFooter.oddFooter = footer


def _is_nearly_one(target: Worksheet, sheet: BookSheet, widths: Sequence[int]) -> bool:
    """Whether a sheet of the width of a page is hardly higher than one."""
    width, height = reversed(_PAGE) if sheet.across else _PAGE
    scale = min(1, sheet.pages * width / (_COLUMN * sum(widths)))
    return scale * sum(row.height or LINE for row in target.row_dimensions.values()) < _SQUEEZED * height


def _widths(sheet: BookSheet) -> list[int]:
    """Of each column: as wide as its numbers and the words of its labels ask; heads and long texts are broken."""
    widths = [_NARROWEST] * max((len(table.columns) for table in sheet.tables), default=1)
    for table in sheet.tables:
        for place, (title, *values) in enumerate(zip(table.columns, *table.rows, strict=True)):
            is_text = sheet.technical or place < table.labels
            longest_word = max(
                (len(word) for value in values for word in _text(value).split() if word.isascii()), default=0
            )
            most = max(_WIDEST_TEXT, min(longest_word + 2, _WIDEST_CODE)) if is_text else _WIDEST_NUMBER
            longest = max((width_of(_text(value)) for value in values), default=0)
            wanted = max(longest, width_of(title) if is_text else 0) + 2
            widths[place] = max(widths[place], min(wanted, most))
    return widths


def _fit_height(target: Worksheet, row: int, values: Iterable[Cell], widths: Sequence[int], line: int = LINE) -> None:
    lines = max(_lines(_text(value), width) for value, width in zip(values, widths, strict=False))
    target.row_dimensions[row].height = line * max(lines, 1) + 3


def _lines(text: str, width: int) -> int:
    return sum(ceil((width_of(line) + 1) / width) for line in text.split("\n"))


def _text(value: Cell) -> str:
    return value.text if isinstance(value, Shown) else "" if value is None else str(value)


def width_of(text: str) -> int:
    """In columns of a fixed font; a Chinese character has two."""
    return sum(2 if east_asian_width(character) in "WFA" else 1 for character in text)


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(column)


@dataclass(frozen=True)
class _Styles:
    heading: Any
    head: Any
    text: Any
    small: Any
    shade: Any
    lines: Any
    centred: Any
    left: Any
    right: Any


@cache
def _styles() -> _Styles:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    thin = Side("thin", color="808080")
    return _Styles(
        heading=Font("黑体", 16),
        head=Font("宋体", 11, b=True),
        text=Font("宋体", 11),
        small=Font("宋体", 9),
        shade=PatternFill("solid", fgColor="E7E6E6"),
        lines=Border(thin, thin, thin, thin),
        centred=Alignment("center", "center", wrap_text=True),
        left=Alignment("left", "center", wrap_text=True),
        right=Alignment("right", "center", wrap_text=True, indent=1),
    )
