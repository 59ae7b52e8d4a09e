"""Files that are no workbook, and workbooks of which it is open what counts."""

from __future__ import annotations

from tests.drop_cases.making import (
    ASK_AGAIN,
    HTML,
    OTHER_FORMAT,
    SAVE_AS,
    WHOLE_HEADER,
    XLS,
    XLSX,
    in_xls,
    in_xlsx,
    second_sheet,
    sheet,
)
from tests.drop_files import ROWS, csv_of, edited, xlsx_of, zip_of
from tests.xls_writer import Sheet, xls

CASES = [
    in_xlsx(
        "an old workbook renamed",
        sheet(),
        f"{XLSX} is not an .xlsx workbook: it is an .xls workbook. Next: {OTHER_FORMAT}.",
    ),
    in_xlsx(
        "a web page renamed",
        HTML,
        f"{XLSX} is not an .xlsx workbook: it is an HTML page. Next: {SAVE_AS.format('xlsx')}.",
    ),
    in_xlsx(
        "a locked workbook",
        xls(
            Sheet("EncryptedPackage", ()),
        ).replace(b"W\0o\0r\0k\0", "EncryptedPackage".encode("utf-16-le")),
        f"{XLSX} is not an .xlsx workbook: it is a workbook that is locked by a password. "
        "Next: ask the sender for the file without a password.",
    ),
    in_xlsx(
        "a binary workbook",
        zip_of({"[Content_Types].xml": b"", "xl/workbook.bin": b""}),
        f"{XLSX} is not an .xlsx workbook: it is an .xlsb workbook. Next: {SAVE_AS.format('xlsx')}.",
    ),
    in_xlsx(
        "a document",
        zip_of({"[Content_Types].xml": b"", "word/document.xml": b""}),
        f"{XLSX} is not an .xlsx workbook: it is a document and no table. Next: ",
    ),
    in_xlsx("a PDF", b"%PDF-1.7", f"{XLSX} is not an .xlsx workbook: it is a PDF. Next: "),
    in_xlsx("text", csv_of(), f"{XLSX} is not an .xlsx workbook: it is text or unknown bytes. Next: "),
    in_xlsx(
        "cut off",
        xlsx_of()[:2000],
        f"{XLSX} is not an .xlsx workbook: it is an archive or a workbook that is cut off. Next: {ASK_AGAIN}.",
    ),
    in_xlsx(
        "cut off, over SFTP",
        xlsx_of()[:2000],
        f"{XLSX} is not an .xlsx workbook: it is an archive or a workbook that is cut off. Next: ",
        storage="sftp",
    ),
    in_xlsx(
        "an entity that grows",
        edited(xlsx_of(), "<worksheet", '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet'),
        f"{XLSX} is not an .xlsx workbook that can be read (",
    ),
    in_xlsx(
        "too large unpacked",
        zip_of({"[Content_Types].xml": bytes(129 * 1024 * 1024)}),
        f"{XLSX} is larger than 134217728 bytes unpacked (135266304). "
        "Next: a day's counts are small: ask the sender for the day's counts alone.",
    ),
    in_xlsx(
        "several sheets",
        xlsx_of(ROWS, second_sheet("明细")),
        f"{XLSX} has 2 visible sheets that hold something (日报、明细). "
        "Next: name the one that counts as `sheet` in hall.toml after review.",
    ),
    in_xlsx(
        "the sheet named isn't there",
        xlsx_of(),
        f"{XLSX} has no visible sheet 汇总 (日报). "
        "Next: ask the sender which sheet holds; if the form changed, change `sheet` in hall.toml.",
        sheet="汇总",
    ),
    in_xlsx(
        "the sheet named is hidden",
        xlsx_of(ROWS, second_sheet("旧", "hidden")),
        f"{XLSX} has no visible sheet 旧 (日报). Next: ",
        sheet="旧",
    ),
    in_xlsx(
        "an empty sheet", xlsx_of(()), f"{XLSX} has no header row with {WHOLE_HEADER} in its first 20 rows. Next: "
    ),
    in_xls(
        "a new workbook renamed",
        xlsx_of(),
        f"{XLS} is not an .xls workbook: it is an .xlsx workbook. Next: {OTHER_FORMAT}.",
    ),
    in_xls(
        "a web page renamed",
        b"\xef\xbb\xbf\r\n" + HTML,
        f"{XLS} is not an .xls workbook: it is an HTML page. Next: {SAVE_AS.format('xls')}.",
    ),
    in_xls(
        "XML of Excel 2003",
        b'<?xml version="1.0"?><Workbook/>',
        f"{XLS} is not an .xls workbook: it is XML text. Next: ",
    ),
    in_xls(
        "locked",
        xls(Sheet("日报", ROWS), locked=True),
        f"{XLS} is not an .xls workbook: it is a workbook that is locked by a password. "
        "Next: ask the sender for the file without a password.",
    ),
    in_xls(
        "an old document",
        sheet().replace(b"W\0o\0r\0k\0b\0o\0o\0k", b"W\0o\0r\0d\0D\0o\0c\0u"),
        f"{XLS} is not an .xls workbook: it is a document and no table. Next: ",
    ),
    in_xls("cut off", sheet()[:1700], f"{XLS} is not an .xls workbook that can be read ("),
    in_xls(
        "several sheets",
        xls(Sheet("日报", ROWS), Sheet("明细", ROWS)),
        f"{XLS} has 2 visible sheets that hold something (日报、明细). Next: ",
    ),
    in_xls(
        "only hidden sheets",
        xls(Sheet("日报", ROWS, hidden=2)),
        f"{XLS} has 0 visible sheets that hold something (none is visible). Next: ",
    ),
]
