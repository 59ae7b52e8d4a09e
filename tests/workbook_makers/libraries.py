"""XlsxWriter and openpyxl."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

from tests.drop_files import DAY, HEADER, ROWS, zip_of

SUM, PRODUCT = "=SUM(C2:C3)", "=C2*1+C3*1"
_STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def by_xlsxwriter(folder: Path) -> None:
    """Workbooks whose formulas have the result that the caller gives, or 0, and that ask to be calculated."""
    _write(folder / "values.xlsx", 12)
    _write(folder / "sum.xlsx", SUM, 12)
    _write(folder / "sum_never_calculated.xlsx", SUM)
    _write(folder / "product.xlsx", PRODUCT, 12)
    _save_strict(folder / "sum.xlsx", folder / "sum_strict.xlsx")
    _save_strict(folder / "sum_never_calculated.xlsx", folder / "sum_never_calculated_strict.xlsx")


def by_openpyxl(folder: Path) -> None:
    """Workbooks whose formulas have no result, and whose days are dates."""
    _save(folder / "values.xlsx", 12)
    _save(folder / "values_with_iso_dates.xlsx", 12, iso_dates=True)
    _save(folder / "sum_never_calculated.xlsx", SUM)
    _save_strict(folder / "values_with_iso_dates.xlsx", folder / "values_strict.xlsx")


def _write(path: Path, total: Any, *result: int) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("日报")
        for number, row in enumerate(ROWS):
            page.write_row(number, 0, row)
        if isinstance(total, str):
            page.write_formula("C4", total, None, *result)
        else:
            page.write_number("C4", total)


def _save(path: Path, total: Any, *, iso_dates: bool = False) -> None:
    book = openpyxl.Workbook()
    book.iso_dates = iso_dates
    page = book.worksheets[0]
    for row in (HEADER, (DAY, "D01", 5), (DAY, "D02", 7), ("合计", None, total)):
        page.append(list(row))
    book.save(path)


def _save_strict(source: Path, target: Path) -> None:
    """Write a workbook in Strict OOXML, as Excel saves it on demand and no library does."""
    with zipfile.ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for transitional, strict in _STRICT.items():
        parts = {name: part.replace(transitional, strict) for name, part in parts.items()}
    target.write_bytes(zip_of(parts))
