"""Workbooks that look odd and are good."""

from __future__ import annotations

import datetime as dt

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.worksheet.worksheet import Worksheet

from tests.drop_cases.making import (
    FILL,
    ITEM_COLUMNS,
    SERIAL,
    WAYS,
    WITH_ITEMS,
    days,
    empty_sheet,
    in_xls,
    in_xlsx,
    merged,
    second_sheet,
    sheet,
)
from tests.drop_files import DAY, HEADER, ROWS, edited, with_cell, xlsx_of
from tests.xls_writer import Day, Sheet, xls


def _hide_row(page: Worksheet) -> None:
    page.row_dimensions[2].hidden = True
    page.column_dimensions["B"].hidden = True


CASES = [
    in_xlsx("as it should be", xlsx_of()),
    in_xlsx("over SFTP", xlsx_of(), storage="sftp"),
    in_xlsx("from S3", xlsx_of(), storage="s3"),
    in_xlsx(
        "days in every usual form",
        xlsx_of(days(*WAYS, DAY, dt.datetime.combine(DAY, dt.time(9, 30)), SERIAL, 20250312)),
    ),
    in_xlsx("days since 1904", xlsx_of(days(DAY, SERIAL - 1462, "2025-03-12"), epoch=MAC_EPOCH)),
    in_xlsx(
        "a header merged over two rows",
        xlsx_of(
            [("邮寄日报", None, None), ("日期", "部门编码", "业务"), (None, None, "邮寄件数"), *ROWS[1:]],
            merged("A1:C1", "A2:A3", "B2:B3"),
        ),
    ),
    in_xlsx("every header merged over two rows", xlsx_of([HEADER, (), *ROWS[1:]], merged("A1:A2", "B1:B2", "C1:C2"))),
    in_xlsx("a department merged over its items", xlsx_of(WITH_ITEMS, merged("B2:B3")), columns=ITEM_COLUMNS, **FILL),
    in_xlsx("a merged label of the total", xlsx_of(ROWS, merged("A4:B4"))),
    in_xlsx(
        "a merged title and remark", xlsx_of([("日报",), *ROWS, ("备注：无", None, None)], merged("A1:C1", "A6:C6"))
    ),
    in_xlsx("hidden rows and columns are counted", xlsx_of(ROWS, _hide_row)),
    in_xlsx("a hidden sheet of old numbers", xlsx_of(ROWS, second_sheet("旧", "hidden"))),
    in_xlsx(
        "the first sheet is a hidden one",
        xlsx_of(ROWS[:2], second_sheet("日报2", first="veryHidden")),
        total_row=None,
    ),
    in_xlsx("the sheet that is named", xlsx_of(ROWS, second_sheet("明细")), sheet="日报"),
    in_xlsx("empty sheets beside it", xlsx_of(ROWS, empty_sheet("Sheet2"))),
    in_xlsx("inline and rich text", xlsx_of(with_cell(2, 2, CellRichText("D", TextBlock(InlineFont(b=True), "01"))))),
    in_xlsx("numbers as text", xlsx_of(with_cell(2, 3, "５", with_cell(4, 3, " 12 ")))),
    in_xlsx(
        "an error in a column that isn't asked for",
        xlsx_of([(*HEADER, "同比"), (*ROWS[1], "#DIV/0!"), ROWS[2], ROWS[3]]),
    ),
    in_xlsx("formulas with their values", edited(xlsx_of(), "<v>5</v>", "<f>2+3</f><v>5</v>")),
    in_xlsx("9,000 empty columns", xlsx_of(ROWS, lambda page: page.cell(1, 9_000, "备用"))),
    in_xlsx(
        "a million empty rows",
        edited(xlsx_of(), "</sheetData>", "".join(f'<row r="{n}"/>' for n in range(5, 1_000_005)) + "</sheetData>"),
    ),
    in_xls("as it should be", sheet()),
    in_xls("over SFTP", sheet(), storage="sftp"),
    in_xls("from S3", sheet(), storage="s3"),
    in_xls("days", sheet(days(*WAYS, Day(SERIAL), SERIAL, 20250312))),
    in_xls("days since 1904", xls(Sheet("日报", days(Day(SERIAL - 1462), SERIAL - 1462)), since_1904=True)),
    in_xls(
        "a department merged over its items", sheet(WITH_ITEMS, merged=[(1, 2, 1, 1)]), columns=ITEM_COLUMNS, **FILL
    ),
    in_xls(
        "a hidden sheet of old numbers", xls(Sheet("旧", ROWS[:2], hidden=1), Sheet("日报", ROWS), Sheet("Sheet3", ()))
    ),
]
