"""The workbook of a certified month (`numbers.xlsx`): sheets laid out for the screen and for A4, and charts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from reports.certificates.dossier import Dossier
from reports.workbook.exports import FORMULA_STARTS
from reports.workbook.tables import Cell, sheets

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.chart import BarChart, LineChart
    from openpyxl.worksheet.worksheet import Worksheet

_CORE = "docProps/core.xml"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_HEADER_ROW = 2
_WIDEST = 60
_TOP = 10
_CHART_ROWS = 17
_CHARTS_A_PAGE = 2


def workbook(dossier: Dossier) -> bytes:
    """Every number of the month with its parts, revisions, definitions, checks and sources; same month, same bytes.

    Nothing in it is a formula or a macro: a text that begins like a formula stays a text, whoever opens it.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for title, (columns, rows) in sheets(dossier).items():
        _lay_out(book.create_sheet(title), [columns, *([*row.values()] for row in rows)], dossier)
    _draw_charts(book, dossier)
    _describe(book, dossier)
    return _packed(book)


def _stamp(dossier: Dossier) -> str:
    certificate = dossier.certificate
    days = f"（{certificate.span.title}）" if certificate.span else ""
    month, revision = f"{certificate.site_name} {certificate.month}{days}", f"第 {certificate.revision} 版"
    return f"{month}　{dossier.state}　{revision}　核定码 {certificate.code}"


def _lay_out(target: Worksheet, table: Sequence[Sequence[Cell]], dossier: Dossier) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    _write(target, 1, 1, f"{target.title}　{_stamp(dossier)}")
    target.cell(1, 1).font = Font(bold=True, size=13)
    for row, values in enumerate(table, start=_HEADER_ROW):
        for column, value in enumerate(values, start=1):
            _write(target, row, column, value)
            cell = target.cell(row, column)
            cell.alignment = Alignment(
                vertical="top", wrap_text=True, horizontal="right" if isinstance(value, int) else "left"
            )
            cell.border = Border(bottom=Side("hair", color="BBBBBB"))
    for column, values in enumerate(zip(*table, strict=True), start=1):
        head = target.cell(_HEADER_ROW, column)
        head.font = Font(bold=True, color="FFFFFF")
        head.fill = PatternFill("solid", fgColor="1F4E79")
        widest = max(_width(str(value)) for value in values)
        target.column_dimensions[get_column_letter(column)].width = min(widest, _WIDEST) + 3
    target.freeze_panes = f"A{_HEADER_ROW + 1}"
    target.auto_filter.ref = f"A{_HEADER_ROW}:{target.cell(target.max_row, len(table[0])).coordinate}"
    target.print_title_rows = f"1:{_HEADER_ROW}"
    _set_page(target, dossier)


def _set_page(target: Worksheet, dossier: Dossier) -> None:
    from openpyxl.worksheet.header_footer import HeaderFooterItem
    from openpyxl.worksheet.properties import PageSetupProperties

    target.page_setup.paperSize = target.PAPERSIZE_A4
    target.page_setup.orientation = "landscape"
    target.page_setup.fitToHeight = 0
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    footer = HeaderFooterItem()
    footer.left.text = f"{dossier.state} {dossier.certificate.code}"
    footer.right.text = "第 &P 页，共 &N 页"
    target.HeaderFooter.oddFooter = footer


def _write(target: Worksheet, row: int, column: int, value: Cell) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = target.cell(row, column)
    if isinstance(value, int):
        cell.value = value
        cell.number_format = "0"
        return
    text = value or ""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = text.startswith(FORMULA_STARTS)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _draw_charts(book: Workbook, dossier: Dossier) -> None:
    """One line of days and one bar chart of the largest departments for each metric, drawn from the other sheets."""
    from openpyxl.chart import BarChart, LineChart
    from openpyxl.worksheet.pagebreak import Break

    target = book.create_sheet("图表")
    _write(target, 1, 1, f"图表　{_stamp(dossier)}")
    _set_page(target, dossier)
    for kind, source, labels, values, most, left in (
        (LineChart, "按日", 3, 4, 31, "A"),
        (BarChart, "按部门", 4, 5, _TOP, "K"),
    ):
        row = _HEADER_ROW + 1
        for place, (name, lines) in enumerate(groupby(_column(book[source], 2))):
            count = len(list(lines))
            chart = _chart(kind(), book[source], (row, row + min(count, most) - 1), (labels, values))
            chart.title = f"{name}　{source}" + (f"前 {_TOP}" if source == "按部门" else "")
            target.add_chart(chart, f"{left}{3 + place * _CHART_ROWS}")
            if kind is LineChart:
                # A curve would show counts below zero between two days.
                chart.series[0].smooth = False
                if place % _CHARTS_A_PAGE == _CHARTS_A_PAGE - 1:
                    target.row_breaks.append(Break(id=2 + (place + 1) * _CHART_ROWS))
            row += count


def _column(source: Worksheet, column: int) -> list[str]:
    return [str(source.cell(row, column).value) for row in range(_HEADER_ROW + 1, source.max_row + 1)]


def _chart(
    chart: LineChart | BarChart, source: Worksheet, rows: tuple[int, int], columns: tuple[int, int]
) -> LineChart | BarChart:
    from openpyxl.chart import Reference

    labels, values = (Reference(source, min_col=column, min_row=rows[0], max_row=rows[1]) for column in columns)
    chart.add_data(values)
    chart.set_categories(labels)
    chart.legend = None
    chart.width, chart.height = 16, 8
    chart.x_axis.delete = chart.y_axis.delete = False
    return chart


def _describe(book: Workbook, dossier: Dossier) -> None:
    certificate = dossier.certificate
    moment = certificate.signed_at.replace(tzinfo=None)
    about = book.properties
    about.title = f"{certificate.site_name} {certificate.month} 核定数"
    about.creator = certificate.site_name
    about.identifier = certificate.code
    about.version = str(certificate.revision)
    about.contentStatus = dossier.state
    about.created = about.modified = moment


def _packed(book: Workbook) -> bytes:
    """The saved book without the moments of saving, which openpyxl puts into the properties and the archive."""
    from openpyxl.xml.functions import tostring

    signed = book.properties.modified
    saved, packed = io.BytesIO(), io.BytesIO()
    book.save(saved)
    book.properties.modified = signed
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = tostring(book.properties.to_tree()) if name == _CORE else source.read(name)
            target.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
