"""Workbooks with cells that can't be counted with certainty."""

from __future__ import annotations

import datetime as dt
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import MAC_EPOCH

from tests.drop_cases.making import (
    FILL,
    ITEM_COLUMNS,
    SERIAL,
    WITH_ITEMS,
    XLS,
    XLSX,
    days,
    in_xls,
    in_xlsx,
    merged,
    sheet,
)
from tests.drop_files import HEADER, ROWS, edited, with_cell, xlsx_of
from tests.xls_writer import Day


def _merging(*areas: str, rows: Any = ROWS) -> bytes:
    """Merged as by a program that leaves the cells beneath as they were."""
    names = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    return edited(xlsx_of(rows), "</sheetData>", f"</sheetData><mergeCells>{names}</mergeCells>")


CASES = [
    in_xlsx(
        "a broken reference",
        xlsx_of(with_cell(3, 3, "#REF!")),
        f"{XLSX} cell C3 (邮寄件数) is the error #REF!. "
        "Next: open it in Excel or WPS, let it calculate and look; ask the sender for a file with values.",
    ),
    in_xlsx(
        "an error as the total",
        xlsx_of(with_cell(4, 3, "#N/A")),
        f"{XLSX} cell C4 (邮寄件数) is the error #N/A. Next: ",
    ),
    in_xlsx(
        "a formula never calculated",
        xlsx_of(with_cell(3, 3, "=3+4")),
        f"{XLSX} cell C3 (邮寄件数) is a formula that was never calculated. Next: ",
    ),
    in_xlsx(
        "a number too large to be exact",
        edited(xlsx_of(), "<v>5</v>", "<v>1E+17</v>"),
        f"{XLSX} cell C2 (邮寄件数) is a number too large to be exact. Next: ",
    ),
    in_xlsx(
        "a cell twice",
        edited(xlsx_of(), '<c r="C3"', '<c r="C3"><v>1</v></c><c r="C3"'),
        f"{XLSX} states C3 more than once. Next: ask the sender for a whole file.",
    ),
    in_xlsx(
        "cells merged twice",
        _merging("A2:A3", "A3:B3"),
        f"{XLSX} merges cells twice (A2:A3, A3:B3). Next: ask the sender for a file without merged cells.",
    ),
    in_xlsx(
        "a header merged with a row of counts",
        _merging("A1:A2"),
        f"{XLSX} merges its header down to row 2, and B2 (部门编码) holds something else. "
        "Next: ask the sender for a file whose header isn't merged with other rows, or name the column ",
    ),
    in_xlsx(
        "merged beyond measure",
        _merging(
            *(f"{get_column_letter(n)}1:{get_column_letter(n)}1000" for n in range(5, 1_006)),
            rows=[*ROWS, *[("x",)] * 1_000],
        ),
        f"{XLSX} merges more than 1,000,000 cells. Next: ask the sender for a plain table.",
    ),
    in_xlsx("a row twice", edited(xlsx_of(), '<row r="3"', '<row r="2"'), f"{XLSX} states "),
    in_xlsx(
        "true as a count",
        xlsx_of(with_cell(2, 3, value=True)),
        f"{XLSX} cell C2 (邮寄件数) holds True and no number. Next: open it in Excel or WPS and look: ",
    ),
    in_xlsx(
        "a count that is shown as a day",
        xlsx_of(with_cell(2, 3, dt.date(1900, 1, 5))),
        f"{XLSX} cell C2 (邮寄件数) holds 1900-01-05 00:00:00 and no number. Next: ",
    ),
    in_xlsx(
        "counts merged",
        xlsx_of(with_cell(3, 3, None), merged("C2:C3")),
        f"{XLSX} merges the cells C2:C3: one 邮寄件数 stands for several rows. "
        "Next: ask the sender for a file without merged cells; for departments and the like "
        'merged_cells = "fill" in hall.toml counts them for each row, after review.',
        **FILL,
    ),
    in_xlsx(
        "departments merged",
        xlsx_of(WITH_ITEMS, merged("B2:B3")),
        f"{XLSX} merges the cells B2:B3: it is open whether one 部门编码 holds for all of its rows. Next: ",
        columns=ITEM_COLUMNS,
    ),
    in_xlsx(
        "a department merged with its count",
        xlsx_of(ROWS, merged("B2:C2")),
        f"{XLSX} merges the cells B2:C2: 部门编码、邮寄件数 can't be told apart. Next: ",
        **FILL,
    ),
    in_xlsx(
        "the total merged with a count",
        xlsx_of(with_cell(4, 3, None), merged("C3:C4")),
        f"{XLSX} merges the cells C3:C4: ",
        **FILL,
    ),
    in_xlsx(
        "a second value under a merged header",
        xlsx_of([(*HEADER, None), (*ROWS[1], 8), *ROWS[2:]], merged("C1:D1")),
        f"{XLSX} merges the header 邮寄件数 over C1:D1, and D2 holds a second value for it. "
        "Next: ask the sender which column holds.",
    ),
    in_xlsx(
        "1900 taken for 1904",
        xlsx_of(days(SERIAL), epoch=MAC_EPOCH),
        "stat_date_is_the_day_asked",
        f"{XLSX} row 2",
        "2029-03-13",
    ),
    in_xls("a broken reference", sheet(with_cell(2, 3, "#REF!")), f"{XLS} cell C2 (邮寄件数) is the error #REF!."),
    in_xls(
        "a day outside of the calendar",
        sheet(with_cell(2, 1, Day(9e9))),
        f"{XLS} cell A2 (日期) is a date outside of the workbook's calendar. Next: ",
    ),
    in_xls(
        "a number too large to be exact",
        sheet(with_cell(2, 3, 1e17)),
        f"{XLS} cell C2 (邮寄件数) is a number too large to be exact. Next: ",
    ),
    in_xls(
        "counts merged",
        sheet(with_cell(3, 3, None), merged=[(1, 2, 2, 2)]),
        f"{XLS} merges the cells C2:C3: one 邮寄件数 stands for several rows. Next: ",
    ),
]
