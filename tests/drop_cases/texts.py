"""Tables of comma-separated values: encodings, headers, totals, days and counts."""

from __future__ import annotations

import codecs

from tests.drop_cases.making import (
    ASK_AGAIN,
    CSV,
    OTHER_FORMAT,
    SERIAL,
    WAYS,
    WHOLE_HEADER,
    days,
    in_csv,
)
from tests.drop_files import HEADER, ROWS, csv_of, with_cell, xlsx_of, zip_of

CASES = [
    in_csv("as it should be", csv_of()),
    in_csv("UTF-8 with its mark", codecs.BOM_UTF8 + csv_of()),
    in_csv("UTF-8 with its mark, set to utf-8", codecs.BOM_UTF8 + csv_of(), encoding="utf-8"),
    in_csv("GBK", csv_of(encoding="gbk"), encoding="gbk"),
    in_csv("GB18030 with a rare character", csv_of([("𠮷",), *ROWS], "gb18030"), encoding="gb18030"),
    in_csv("days in every usual form", csv_of(days(*WAYS))),
    in_csv("full-width digits and thousands", csv_of(with_cell(2, 3, "５", with_cell(4, 3, "12")))),
    in_csv("9,000 empty columns", csv_of([[*row, *[""] * 9_000] for row in ROWS])),
    in_csv("a remark below the total", csv_of([*ROWS, ("备注：周三", None, None), ("制表人", "某某", "")])),
    in_csv("spaces within labels", csv_of(with_cell(4, 1, "合　计", with_cell(1, 3, "邮寄\n件数")))),
    in_csv(
        "GBK taken for UTF-8",
        csv_of(encoding="gbk"),
        f"{CSV} isn't UTF-8-SIG text (byte 0, line 1). "
        "Next: ask the sender to save it in the agreed encoding, or change `encoding` in hall.toml.",
    ),
    in_csv(
        "a broken character on line 3",
        csv_of(encoding="gbk").replace(b"D02", b"\xffD2"),
        f"{CSV} isn't GBK text (byte 53, line 3). Next: ",
        encoding="gbk",
    ),
    in_csv(
        "UTF-8 with its mark taken for GBK",
        codecs.BOM_UTF8 + csv_of(),
        f"{CSV} isn't GBK text: it says of itself that it is UTF-8. Next: ",
        encoding="gbk",
    ),
    in_csv(
        "UTF-16", csv_of(encoding="utf-16"), f"{CSV} isn't UTF-8-SIG text: it says of itself that it is UTF-16. Next: "
    ),
    in_csv(
        "a GB18030 character in GBK",
        csv_of([("𠮷",), *ROWS], "gb18030"),
        f"{CSV} isn't GBK text (byte 0, line 1). Next: ",
        encoding="gbk",
    ),
    in_csv(
        "a quote that never ends",
        csv_of() + b'"',
        f"{CSV} isn't a table of comma-separated values (line 5: unexpected end of data). "
        f"Next: open it by hand; {ASK_AGAIN}.",
    ),
    in_csv(
        "an archive",
        zip_of({"a": b"x"}),
        f"{CSV} is not a .csv table: it is an archive. "
        "Next: ask the sender for the file itself, or set `member` in hall.toml for a .zip.",
    ),
    in_csv(
        "a workbook renamed and cut off",
        xlsx_of()[:2000],
        f"{CSV} is not a .csv table: it is an archive or a workbook that is cut off. Next: ",
    ),
    in_csv(
        "a workbook renamed", xlsx_of(), f"{CSV} is not a .csv table: it is an .xlsx workbook. Next: {OTHER_FORMAT}."
    ),
    in_csv(
        "another header",
        csv_of([("日期", "部门", "件数"), *ROWS[1:]]),
        f"{CSV} has no header row with {WHOLE_HEADER} in its first 20 rows. "
        "Next: hold the file against the columns in hall.toml; if the sender changed the form, change the columns.",
    ),
    in_csv(
        "a header too far down",
        csv_of([*[("x",)] * 20, *ROWS]),
        f"{CSV} has no header row with {WHOLE_HEADER} in its first 20 rows. Next: ",
    ),
    in_csv(
        "a header twice",
        csv_of([(*HEADER, "邮寄 件数"), *ROWS[1:]]),
        f"{CSV} has more than one column named 邮寄件数. Next: ask the sender which one holds; of a header ",
    ),
    in_csv(
        "no total",
        csv_of(ROWS[:-1]),
        f"{CSV} has 0 rows named 合计, and one is expected. "
        "Next: a file without its total may be cut off: ask the sender for it again.",
    ),
    in_csv("two totals", csv_of([*ROWS, ROWS[-1]]), f"{CSV} has 2 rows named 合计, and one is expected. Next: "),
    in_csv("a count below the total", csv_of([*ROWS, ("备注", "D03", 3)]), f"{CSV} row 5"),
    in_csv(
        "a row below the total that is no remark",
        csv_of([*ROWS, ("2025-03-12", "D03", "")]),
        f"{CSV} row 5 stands below the total, has no count, and isn't known as a remark. Next: look at it; ",
    ),
    in_csv("a total that isn't the sum", csv_of(with_cell(4, 3, 13)), "declared_total_equals_sum", "declared = 13"),
    in_csv("days before months", csv_of(with_cell(2, 1, "12/03/2025")), "stat_date_is_the_day_asked", f"{CSV} row 2"),
    in_csv(
        "a serial number without a workbook",
        csv_of(with_cell(2, 1, SERIAL)),
        "stat_date_is_the_day_asked",
        f"{CSV} row 2",
    ),
    in_csv("half a parcel", csv_of(with_cell(2, 3, "5.5")), f"{CSV} cell C2 (邮寄件数) is 5.5 and no whole number. "),
    in_csv(
        "decimals of a database", csv_of(with_cell(2, 3, "5.0", with_cell(3, 3, "7.00", with_cell(4, 3, "12.0000"))))
    ),
    in_csv("three zeros, which may be thousands", csv_of(with_cell(2, 3, "5.000")), f"{CSV} cell C2 (邮寄件数) "),
    in_csv(
        "too many cells",
        b"1,1,1,1,1,1,1,1,1,1\n" * 100_001,
        f"{CSV} holds more than 1,000,000 cells. "
        "Next: a day's counts are small: look what it is, and ask the sender for the day's counts alone.",
    ),
]
