"""The workbook of a certified month (`numbers.xlsx`): first what is read on paper, then what data people use."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from reports.certificates.dossier import Dossier
from reports.figures.months import month_title
from reports.workbook.layout import Laid, lay_out
from reports.workbook.overview import overview
from reports.workbook.parts import by_day, by_department, rankings, revisions
from reports.workbook.sheets import BookSheet, SheetTable, Trends
from reports.workbook.tables import technical_tables
from reports.workbook.trend_charts import A_PAGE, UNDER_A_TABLE, WIDTHS, draw, rows_of, source_table

if TYPE_CHECKING:
    from openpyxl import Workbook

_CORE = "docProps/core.xml"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_FOR_DATA_PEOPLE = "（数据人员用）"
_SOURCE = "走势数据"
_ON_PAPER: tuple[Callable[[Dossier], BookSheet | None], ...] = (overview, by_department, by_day, rankings, revisions)


def workbook(dossier: Dossier) -> bytes:
    """Every number of the month with its parts, revisions, definitions, checks and sources; same month, same bytes.

    Nothing in it is a formula or a macro: a text that begins like a formula stays a text, whoever opens it.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    drawn: list[tuple[Trends, Laid]] = []
    for sheet in filter(None, (part(dossier) for part in _ON_PAPER)):
        drawn += _put(book, sheet, dossier)
    for title, table in technical_tables(dossier).items():
        lay_out(book, _technical(title, [table]), dossier)
    if drawn:
        source = lay_out(book, _technical(_SOURCE, [source_table(trends) for trends, _ in drawn]), dossier)
        for (trends, laid), head in zip(drawn, source.heads, strict=True):
            draw(trends, laid, source.sheet, head)
    _describe(book, dossier)
    return _packed(book)


def _put(book: Workbook, sheet: BookSheet, dossier: Dossier) -> Iterator[tuple[Trends, Laid]]:
    """Lay a sheet out, with its trends below the table where there is room, else on pages of their own."""
    trends = sheet.trends
    if trends and trends.by_month and len(trends.of) <= UNDER_A_TABLE:
        yield trends, lay_out(book, sheet, dossier, chart_rows=rows_of(trends))
        return
    lay_out(book, sheet, dossier)
    pages = trends.in_parts(A_PAGE) if trends else []
    for number, page in enumerate(pages, start=1):
        title = f"{page.title}{number}" if len(pages) > 1 else page.title
        charts = BookSheet(
            title, f"{dossier.certificate.site_name} {month_title(dossier.certificate.month)}主要指标{title}"
        )
        yield page, lay_out(book, charts, dossier, chart_rows=rows_of(page), widths=WIDTHS)


def _technical(title: str, tables: Sequence[SheetTable]) -> BookSheet:
    return BookSheet(f"{title}{_FOR_DATA_PEOPLE}", f"{title}{_FOR_DATA_PEOPLE}", tables, technical=True)


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
