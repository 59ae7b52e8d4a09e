"""The corpus of dropped files, bad and odd, in each format and storage, with the message that each gets."""

from __future__ import annotations

import codecs
import datetime as dt
import os
import struct
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.worksheet.worksheet import Worksheet

from tests.corpus import Case, judge
from tests.drop_files import (
    DAY,
    HEADER,
    ROWS,
    Hall,
    csv_of,
    edited,
    local_hall,
    s3_hall,
    sftp_hall,
    with_cell,
    xlsx_of,
    zip_of,
)
from tests.servers.s3 import s3_server
from tests.servers.sftp import sftp_server
from tests.xls_writer import Day, Sheet, xls

SERIAL = 45728
ASK_AGAIN = "ask the sender for the file again"
OTHER_FORMAT = "ask the sender which format holds, and set `format` in hall.toml after review"
SAVE_AS = "open it in Excel or WPS and look; ask the sender to save it as .{}, not to rename it"
WHOLE_HEADER = "日期、部门编码、邮寄件数"


@dataclass(frozen=True)
class Drop:
    """What lies in the drop folder, how the settings differ, and what is done to it last."""

    files: Mapping[str, bytes]
    settings: Mapping[str, Any]
    storage: str = "local"
    last: Callable[[Hall], object] = lambda _: None


def _case(  # noqa: PLR0913 - a case is one line
    name: str,
    format_: str,
    content: bytes | Mapping[str, bytes],
    *says: str,
    storage: str = "local",
    last: Any = None,
    **settings: Any,
) -> Case:
    files = content if isinstance(content, Mapping) else {f"邮寄_2025-03-12.{format_}": content}
    settings = {"format": format_, "file": f"邮寄_%Y-%m-%d*.{format_}", **settings}
    return Case(f"{format_}: {name}", Drop(files, settings, storage, last or (lambda _: None)), says)


def _in_csv(name: str, content: Any, *says: str, **settings: Any) -> Case:
    return _case(name, "csv", content, *says, **settings)


def _in_xlsx(name: str, content: Any, *says: str, **settings: Any) -> Case:
    return _case(name, "xlsx", content, *says, **settings)


def _in_xls(name: str, content: Any, *says: str, **settings: Any) -> Case:
    return _case(name, "xls", content, *says, **settings)


def _in_zip(name: str, content: bytes, *says: str, **settings: Any) -> Case:
    settings = {"file": "邮寄_%Y-%m-%d*.zip", "member": "邮寄*.csv", **settings}
    drop = _case("", settings.pop("format", "csv"), {ZIP: content}, **settings).spoil
    return Case(f"zip: {name}", drop, says)


CSV, XLSX, XLS, ZIP = (f"邮寄_2025-03-12.{ending}" for ending in ("csv", "xlsx", "xls", "zip"))


def _sheet(rows: Any = ROWS, **options: Any) -> bytes:
    return xls(Sheet("日报", rows, **options))


def _merged(*areas: str) -> Callable[[Worksheet], None]:
    def merge(page: Worksheet) -> None:
        for area in areas:
            page.merge_cells(area)

    return merge


def _second_sheet(title: str, state: str = "visible", *, first: str = "visible") -> Callable[[Worksheet], None]:
    def add(page: Worksheet) -> None:
        other = page.parent.create_sheet(title)
        other.append(HEADER)
        other.append(("2025-03-12", "D01", 99))
        other.sheet_state, page.sheet_state = state, first

    return add


def _hide_row(page: Worksheet) -> None:
    page.row_dimensions[2].hidden = True
    page.column_dimensions["B"].hidden = True


FILL = {"merged_cells": "fill"}
TWO_DEPARTMENTS = (HEADER, ("2025-03-12", "D01", 5), ("2025-03-12", "D01", 7), ("合计", None, 12))
WITH_ITEMS = (
    (*HEADER, "事项"),
    ("2025-03-12", "D01", 5, "A1"),
    ("2025-03-12", None, 7, "A2"),
    ("合计", None, 12, None),
)
ITEM_COLUMNS = {"日期": "stat_date", "部门编码": "department_code", "邮寄件数": "count", "事项": "item_code"}
HTML = "<html><table><tr><td>日期</td></tr></table></html>".encode()


def _text_days(*days: Any) -> list[list[Any]]:
    """A row for each way to write the day, of as many departments."""
    rows = [[day, f"D{number:02}", number] for number, day in enumerate(days, start=1)]
    return [list(HEADER), *rows, ["合计", None, sum(row[2] for row in rows)]]


WAYS = (
    "2025-3-12",
    "2025/3/12",
    "2025.03.12",
    "2025年3月12日",
    "20250312",
    "2025-03-12 00:00:00",
    "2025年03月12日 星期三",
    "2025/03/12",
)

GOOD = [
    _in_csv("as it should be", csv_of()),
    _in_csv("UTF-8 with its mark", codecs.BOM_UTF8 + csv_of()),
    _in_csv("UTF-8 with its mark, set to utf-8", codecs.BOM_UTF8 + csv_of(), encoding="utf-8"),
    _in_csv("GBK", csv_of(encoding="gbk"), encoding="gbk"),
    _in_csv("GB18030 with a rare character", csv_of([("𠮷",), *ROWS], "gb18030"), encoding="gb18030"),
    _in_csv("days in every usual form", csv_of(_text_days(*WAYS))),
    _in_csv("full-width digits and thousands", csv_of(with_cell(2, 3, "５", with_cell(4, 3, "12")))),
    _in_csv("9,000 empty columns", csv_of([[*row, *[""] * 9_000] for row in ROWS])),
    _in_csv("a remark below the total", csv_of([*ROWS, ("备注：周三", None, None), ("制表人", "某某", "")])),
    _in_csv("spaces within labels", csv_of(with_cell(4, 1, "合　计", with_cell(1, 3, "邮寄\n件数")))),
    _in_csv("a byte-for-byte copy", {CSV: csv_of(), "邮寄_2025-03-12 (1).csv": csv_of()}, doubles="identical"),
    _in_csv(
        "the last by name",
        {CSV: b"?", "邮寄_2025-03-12 (2).csv": b"?", "邮寄_2025-03-12 (10).csv": csv_of()},
        doubles="newest_by_name",
    ),
    _in_csv(
        "what isn't finished lies beside it",
        {CSV: csv_of(), f"~${CSV}": b"x", f".{CSV}": b"x", f"{CSV}.tmp": b"x", f"{CSV}.part": b"x"},
        file="*%Y-%m-%d*",
    ),
    _in_csv(
        "a name in decomposed Unicode",
        {unicodedata.normalize("NFD", "Café_2025-03-12.csv"): csv_of()},
        file="Café_%Y-%m-%d.csv",
    ),
    _in_csv(
        "a pattern in decomposed Unicode",
        {"Café_2025-03-12.csv": csv_of()},
        file=unicodedata.normalize("NFD", "Café_%Y-%m-%d.csv"),
    ),
    _in_csv("a mark beside it", {CSV: csv_of(), f"{CSV}.ok": b""}, ready="marker", file="邮寄_%Y-%m-%d*"),
    _in_csv("old enough", csv_of(), ready="size_stable", last=lambda hall: os.utime(hall.drop / CSV, (0, 0))),
    _in_csv("over SFTP", csv_of(), storage="sftp"),
    _in_csv("from S3", csv_of(), storage="s3"),
    _in_csv(
        "a link within the folder",
        {},
        last=lambda hall: _link(hall, "real.csv"),
        file=CSV.replace("2025-03-12", "%Y-%m-%d"),
    ),
    _in_csv("a link within the folder, over SFTP", {}, storage="sftp", last=lambda hall: _link(hall, "real.csv")),
    _in_xlsx("as it should be", xlsx_of()),
    _in_xlsx("over SFTP", xlsx_of(), storage="sftp"),
    _in_xlsx("from S3", xlsx_of(), storage="s3"),
    _in_xlsx(
        "days in every usual form", xlsx_of(_text_days(*WAYS, DAY, dt.datetime(2025, 3, 12, 9, 30), SERIAL, 20250312))
    ),
    _in_xlsx("days since 1904", xlsx_of(_text_days(DAY, SERIAL - 1462, "2025-03-12"), epoch=MAC_EPOCH)),
    _in_xlsx(
        "a header merged over two rows",
        xlsx_of(
            [("邮寄日报", None, None), ("日期", "部门编码", "业务"), (None, None, "邮寄件数"), *ROWS[1:]],
            _merged("A1:C1", "A2:A3", "B2:B3"),
        ),
    ),
    _in_xlsx("every header merged over two rows", xlsx_of([HEADER, (), *ROWS[1:]], _merged("A1:A2", "B1:B2", "C1:C2"))),
    _in_xlsx("a department merged over its items", xlsx_of(WITH_ITEMS, _merged("B2:B3")), columns=ITEM_COLUMNS, **FILL),
    _in_xlsx("a merged label of the total", xlsx_of(ROWS, _merged("A4:B4"))),
    _in_xlsx(
        "a merged title and remark", xlsx_of([("日报",), *ROWS, ("备注：无", None, None)], _merged("A1:C1", "A6:C6"))
    ),
    _in_xlsx("hidden rows and columns are counted", xlsx_of(ROWS, _hide_row)),
    _in_xlsx("a hidden sheet of old numbers", xlsx_of(ROWS, _second_sheet("旧", "hidden"))),
    _in_xlsx(
        "the first sheet is a hidden one",
        xlsx_of(ROWS[:2], _second_sheet("日报2", first="veryHidden")),
        total_row=None,
    ),
    _in_xlsx("the sheet that is named", xlsx_of(ROWS, _second_sheet("明细")), sheet="日报"),
    _in_xlsx("empty sheets beside it", xlsx_of(ROWS, lambda page: page.parent.create_sheet("Sheet2"))),
    _in_xlsx("inline and rich text", xlsx_of(with_cell(2, 2, CellRichText("D", TextBlock(InlineFont(b=True), "01"))))),
    _in_xlsx("numbers as text", xlsx_of(with_cell(2, 3, "５", with_cell(4, 3, " 12 ")))),
    _in_xlsx(
        "an error in a column that isn't asked for",
        xlsx_of([(*HEADER, "同比"), (*ROWS[1], "#DIV/0!"), ROWS[2], ROWS[3]]),
    ),
    _in_xlsx("formulas with their values", edited(xlsx_of(), "<v>5</v>", "<f>2+3</f><v>5</v>")),
    _in_xlsx("9,000 empty columns", xlsx_of(ROWS, lambda page: page.cell(1, 9_000, "备用"))),
    _in_xlsx(
        "a million empty rows",
        edited(xlsx_of(), "</sheetData>", "".join(f'<row r="{n}"/>' for n in range(5, 1_000_005)) + "</sheetData>"),
    ),
    _in_xls("as it should be", _sheet()),
    _in_xls("over SFTP", _sheet(), storage="sftp"),
    _in_xls("from S3", _sheet(), storage="s3"),
    _in_xls("days", _sheet(_text_days(*WAYS, Day(SERIAL), SERIAL, 20250312))),
    _in_xls("days since 1904", xls(Sheet("日报", _text_days(Day(SERIAL - 1462), SERIAL - 1462)), since_1904=True)),
    _in_xls(
        "a department merged over its items", _sheet(WITH_ITEMS, merged=[(1, 2, 1, 1)]), columns=ITEM_COLUMNS, **FILL
    ),
    _in_xls(
        "a hidden sheet of old numbers", xls(Sheet("旧", ROWS[:2], hidden=1), Sheet("日报", ROWS), Sheet("Sheet3", ()))
    ),
    _in_zip("as it should be", zip_of({CSV: csv_of()})),
    _in_zip("over SFTP", zip_of({CSV: csv_of()}), storage="sftp"),
    _in_zip("from S3", zip_of({CSV: csv_of()}), storage="s3"),
    _in_zip("other files beside it", zip_of({"说明.txt": b"x", f"数据/{CSV}": csv_of(), f"__MACOSX/._{CSV}": b"x"})),
    _in_zip(
        "names in GBK",
        zip_of({"X" * len(CSV.encode("gbk")): csv_of()}).replace(b"X" * len(CSV.encode("gbk")), CSV.encode("gbk")),
    ),
    _in_zip("a workbook within", zip_of({XLSX: xlsx_of()}), member="*.xlsx", format="xlsx"),
    _in_zip("an old workbook within", zip_of({XLS: _sheet()}), member="*.xls", format="xls"),
]


def _link(hall: Hall, target: str) -> None:
    (hall.drop / "real.csv").write_bytes(csv_of())
    (hall.drop / CSV).symlink_to(target)


def _link_out(hall: Hall) -> None:
    (hall.folder / "secret.csv").write_bytes(csv_of())
    (hall.drop / CSV).symlink_to("../secret.csv")


def _encrypted_zip() -> bytes:
    content = bytearray(zip_of({CSV: csv_of()}))
    central = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[central + 8] |= 1
    return bytes(content)


def _zip_that_lies() -> bytes:
    """An archive whose directory says that its member is small."""
    content = bytearray(zip_of({CSV: b"\n" * 5_000_000}))
    central = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, central + 24, 100)
    return bytes(content)


BAD = [
    _in_csv("no file", {}, f"no file {CSV[:-4]}*.csv in ", "Next: ask the sender for the day's file, then pull again."),
    _in_csv(
        "two files",
        {CSV: csv_of(), "邮寄_2025-03-12(1).csv": csv_of()},
        "2 files for one day: 邮寄_2025-03-12(1).csv, 邮寄_2025-03-12.csv. Next: ask the sender which one holds, move the other away, then pull again.",
    ),
    _in_csv(
        "two files that differ",
        {CSV: csv_of(), "邮寄_2025-03-12(1).csv": csv_of()[:-1]},
        "2 files for one day that differ: 邮寄_2025-03-12(1).csv, 邮寄_2025-03-12.csv. Next: ",
        doubles="identical",
    ),
    _in_csv(
        "two files of one time",
        {CSV: csv_of(), "邮寄_2025-03-12(1).csv": csv_of()},
        "2 files for one day changed at the same time: ",
        doubles="newest_by_time",
        last=lambda hall: [os.utime(each, (5, 5)) for each in hall.drop.iterdir()],
    ),
    _in_csv(
        "a name twice in two Unicode forms",
        {unicodedata.normalize(form, "Café_2025-03-12.csv"): csv_of() for form in ("NFC", "NFD")},
        "2 files for one day: Café_2025-03-12.csv, Café_2025-03-12.csv. Next: ",
        file="Café_%Y-%m-%d.csv",
    ),
    _in_csv(
        "a line break in the name", {"邮寄_2025-03-12\n.csv": b""}, "邮寄_2025-03-12\\n.csv is empty (0 bytes). Next: "
    ),
    _in_csv(
        "a folder of the right name",
        {},
        f"{CSV} is a directory and not a file. Next: ask the sender what it is, move it away, then pull again.",
        last=lambda hall: (hall.drop / CSV).mkdir(),
    ),
    _in_csv(
        "a pipe of the right name",
        {},
        f"{CSV} is a special file and not a file. Next: ",
        last=lambda hall: os.mkfifo(hall.drop / CSV),
    ),
    _in_csv(
        "a link out of the folder",
        {},
        f"{CSV} is a link that leads out of the drop folder. Next: ask the sender to drop the file itself.",
        last=_link_out,
    ),
    _in_csv(
        "a link out of the folder, over SFTP",
        {},
        f"{CSV} is a link that leads out of the drop folder. Next: ",
        last=_link_out,
        storage="sftp",
    ),
    _in_csv(
        "a link to nothing",
        {},
        f"{CSV} was listed and then wasn't there any more. Next: pull again when the sender is done.",
        last=lambda hall: (hall.drop / CSV).symlink_to("gone.csv"),
    ),
    _in_csv(
        "no mark beside it",
        csv_of(),
        f"{CSV} has no {CSV}.ok beside it yet. Next: wait until the sender has put it there, then pull again.",
        ready="marker",
    ),
    _in_csv(
        "no mark beside it, in S3",
        csv_of(),
        f"{CSV} has no {CSV}.ok beside it yet. Next: ",
        ready="marker",
        storage="s3",
    ),
    _in_csv(
        "just written",
        csv_of(),
        f"{CSV} may still be written: it wasn't yet seen unchanged for 10 s. Next: wait that long, then pull again.",
        ready="size_stable",
    ),
    _in_csv("empty", b"", f"{CSV} is empty (0 bytes). Next: {ASK_AGAIN}, then pull again."),
    _in_csv("empty, over SFTP", b"", f"{CSV} is empty (0 bytes). Next: ", storage="sftp"),
    _in_csv("empty, in S3", b"", f"{CSV} is empty (0 bytes). Next: ", storage="s3"),
    _in_csv(
        "too large",
        csv_of(),
        f"{CSV} is larger than 20 bytes (82). Next: a day's counts are small: look what it is, and raise most_bytes in hall.toml only if it is right.",
        most_bytes=20,
    ),
    _in_csv("too large, in S3", csv_of(), f"{CSV} is larger than 20 bytes (82). Next: ", most_bytes=20, storage="s3"),
    _in_csv(
        "GBK taken for UTF-8",
        csv_of(encoding="gbk"),
        f"{CSV} isn't UTF-8-SIG text (byte 0, line 1). Next: ask the sender to save it in the agreed encoding, or change `encoding` in hall.toml.",
    ),
    _in_csv(
        "a broken character on line 3",
        csv_of(encoding="gbk").replace(b"D02", b"\xffD2"),
        f"{CSV} isn't GBK text (byte 53, line 3). Next: ",
        encoding="gbk",
    ),
    _in_csv(
        "UTF-8 with its mark taken for GBK",
        codecs.BOM_UTF8 + csv_of(),
        f"{CSV} isn't GBK text: it says of itself that it is UTF-8. Next: ",
        encoding="gbk",
    ),
    _in_csv(
        "UTF-16", csv_of(encoding="utf-16"), f"{CSV} isn't UTF-8-SIG text: it says of itself that it is UTF-16. Next: "
    ),
    _in_csv(
        "a GB18030 character in GBK",
        csv_of([("𠮷",), *ROWS], "gb18030"),
        f"{CSV} isn't GBK text (byte 0, line 1). Next: ",
        encoding="gbk",
    ),
    _in_csv(
        "a quote that never ends",
        csv_of() + b'"',
        f"{CSV} isn't a table of comma-separated values (line 5: unexpected end of data). Next: open it by hand; {ASK_AGAIN}.",
    ),
    _in_csv(
        "an archive",
        zip_of({"a": b"x"}),
        f"{CSV} is not a .csv table: it is an archive. Next: ask the sender for the file itself, or set `member` in hall.toml for a .zip.",
    ),
    _in_csv(
        "a workbook renamed", xlsx_of(), f"{CSV} is not a .csv table: it is an .xlsx workbook. Next: {OTHER_FORMAT}."
    ),
    _in_csv(
        "another header",
        csv_of([("日期", "部门", "件数"), *ROWS[1:]]),
        f"{CSV} has no header row with {WHOLE_HEADER} in its first 20 rows. Next: hold the file against the columns in hall.toml; if the sender changed the form, change the columns.",
    ),
    _in_csv(
        "a header too far down",
        csv_of([*[("x",)] * 20, *ROWS]),
        f"{CSV} has no header row with {WHOLE_HEADER} in its first 20 rows. Next: ",
    ),
    _in_csv(
        "a header twice",
        csv_of([(*HEADER, "邮寄 件数"), *ROWS[1:]]),
        f"{CSV} has more than one column named 邮寄件数. Next: ask the sender which one holds.",
    ),
    _in_csv(
        "no total",
        csv_of(ROWS[:-1]),
        f"{CSV} has 0 rows named 合计, and one is expected. Next: a file without its total may be cut off: ask the sender for it again.",
    ),
    _in_csv("two totals", csv_of([*ROWS, ROWS[-1]]), f"{CSV} has 2 rows named 合计, and one is expected. Next: "),
    _in_csv("a count below the total", csv_of([*ROWS, ("备注", "D03", 3)]), f"{CSV} row 5"),
    _in_csv(
        "a row below the total that is no remark",
        csv_of([*ROWS, ("2025-03-12", "D03", "")]),
        "non_negative_integer",
        f"{CSV} row 5",
    ),
    _in_csv("a total that isn't the sum", csv_of(with_cell(4, 3, 13)), "declared_total_equals_sum", "declared = 13"),
    _in_csv("days before months", csv_of(with_cell(2, 1, "12/03/2025")), "stat_date_is_the_day_asked", f"{CSV} row 2"),
    _in_csv(
        "a serial number without a workbook",
        csv_of(with_cell(2, 1, SERIAL)),
        "stat_date_is_the_day_asked",
        f"{CSV} row 2",
    ),
    _in_csv("half a parcel", csv_of(with_cell(2, 3, "5.0")), "non_negative_integer", f"{CSV} row 2: count = '5.0'"),
    _in_csv(
        "too many cells",
        b"1,1,1,1,1,1,1,1,1,1\n" * 100_001,
        f"{CSV} holds more than 1,000,000 cells. Next: a day's counts are small: look what it is, and ask the sender for the day's counts alone.",
    ),
    _in_xlsx(
        "an old workbook renamed",
        _sheet(),
        f"{XLSX} is not an .xlsx workbook: it is an .xls workbook. Next: {OTHER_FORMAT}.",
    ),
    _in_xlsx(
        "a web page renamed",
        HTML,
        f"{XLSX} is not an .xlsx workbook: it is an HTML page. Next: {SAVE_AS.format('xlsx')}.",
    ),
    _in_xlsx(
        "a locked workbook",
        xls(
            Sheet("EncryptedPackage", ()),
        ).replace(b"W\0o\0r\0k\0", "EncryptedPackage".encode("utf-16-le")),
        f"{XLSX} is not an .xlsx workbook: it is a workbook that is locked by a password. Next: ask the sender for the file without a password.",
    ),
    _in_xlsx(
        "a binary workbook",
        zip_of({"[Content_Types].xml": b"", "xl/workbook.bin": b""}),
        f"{XLSX} is not an .xlsx workbook: it is an .xlsb workbook. Next: {SAVE_AS.format('xlsx')}.",
    ),
    _in_xlsx(
        "a document",
        zip_of({"[Content_Types].xml": b"", "word/document.xml": b""}),
        f"{XLSX} is not an .xlsx workbook: it is a document and no table. Next: ",
    ),
    _in_xlsx("a PDF", b"%PDF-1.7", f"{XLSX} is not an .xlsx workbook: it is a PDF. Next: "),
    _in_xlsx("text", csv_of(), f"{XLSX} is not an .xlsx workbook: it is text or unknown bytes. Next: "),
    _in_xlsx(
        "cut off",
        xlsx_of()[:2000],
        f"{XLSX} is not an .xlsx workbook that can be read (BadZipFile). Next: open it by hand; ask the sender to save it as .xlsx.",
    ),
    _in_xlsx(
        "cut off, over SFTP",
        xlsx_of()[:2000],
        f"{XLSX} is not an .xlsx workbook that can be read (BadZipFile). Next: ",
        storage="sftp",
    ),
    _in_xlsx(
        "an entity that grows",
        edited(xlsx_of(), "<worksheet", '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet'),
        f"{XLSX} is not an .xlsx workbook that can be read (",
    ),
    _in_xlsx(
        "too large unpacked",
        zip_of({"[Content_Types].xml": bytes(257 * 1024 * 1024)}),
        f"{XLSX} is larger than 268435456 bytes unpacked (269484032). Next: a day's counts are small: ask the sender for the day's counts alone.",
    ),
    _in_xlsx(
        "several sheets",
        xlsx_of(ROWS, _second_sheet("明细")),
        f"{XLSX} has 2 visible sheets that hold something (日报、明细). Next: name the one that counts as `sheet` in hall.toml after review.",
    ),
    _in_xlsx(
        "the sheet named isn't there",
        xlsx_of(),
        f"{XLSX} has no visible sheet 汇总 (日报). Next: ask the sender which sheet holds; if the form changed, change `sheet` in hall.toml.",
        sheet="汇总",
    ),
    _in_xlsx(
        "the sheet named is hidden",
        xlsx_of(ROWS, _second_sheet("旧", "hidden")),
        f"{XLSX} has no visible sheet 旧 (日报). Next: ",
        sheet="旧",
    ),
    _in_xlsx("only charts", xlsx_of(()), f"{XLSX} has no header row with {WHOLE_HEADER} in its first 20 rows. Next: "),
    _in_xlsx(
        "a broken reference",
        xlsx_of(with_cell(3, 3, "#REF!")),
        f"{XLSX} cell C3 (邮寄件数) is the error #REF!. Next: open it in Excel or WPS, let it calculate and look; ask the sender for a file with values.",
    ),
    _in_xlsx(
        "an error as the total",
        xlsx_of(with_cell(4, 3, "#N/A")),
        f"{XLSX} cell C4 (邮寄件数) is the error #N/A. Next: ",
    ),
    _in_xlsx(
        "a formula never calculated",
        xlsx_of(with_cell(3, 3, "=3+4")),
        f"{XLSX} cell C3 (邮寄件数) is a formula that was never calculated. Next: ",
    ),
    _in_xlsx(
        "a number too large to be exact",
        edited(xlsx_of(), "<v>5</v>", "<v>1E+17</v>"),
        f"{XLSX} cell C2 (邮寄件数) is a number too large to be exact. Next: ",
    ),
    _in_xlsx(
        "a cell twice",
        edited(xlsx_of(), '<c r="C3"', '<c r="C3"><v>1</v></c><c r="C3"'),
        f"{XLSX} states C3 more than once. Next: ask the sender for a whole file.",
    ),
    _in_xlsx("a row twice", edited(xlsx_of(), '<row r="3"', '<row r="2"'), f"{XLSX} states "),
    _in_xlsx("true as a count", xlsx_of(with_cell(2, 3, True)), "non_negative_integer", f"{XLSX} row 2: count = True"),
    _in_xlsx(
        "a count that is shown as a day",
        xlsx_of(with_cell(2, 3, dt.datetime(1900, 1, 5))),
        "non_negative_integer",
        f"{XLSX} row 2: count = ",
    ),
    _in_xlsx(
        "counts merged",
        xlsx_of(with_cell(3, 3, None), _merged("C2:C3")),
        f'{XLSX} merges the cells C2:C3: one 邮寄件数 stands for several rows. Next: ask the sender for a file without merged cells; for departments and the like merged_cells = "fill" in hall.toml counts them for each row, after review.',
        **FILL,
    ),
    _in_xlsx(
        "departments merged",
        xlsx_of(WITH_ITEMS, _merged("B2:B3")),
        f"{XLSX} merges the cells B2:B3: it is open whether one 部门编码 holds for all of its rows. Next: ",
        columns=ITEM_COLUMNS,
    ),
    _in_xlsx(
        "a department merged with its count",
        xlsx_of(ROWS, _merged("B2:C2")),
        f"{XLSX} merges the cells B2:C2: 部门编码、邮寄件数 can't be told apart. Next: ",
        **FILL,
    ),
    _in_xlsx(
        "the total merged with a count",
        xlsx_of(with_cell(4, 3, None), _merged("C3:C4")),
        f"{XLSX} merges the cells C3:C4: ",
        **FILL,
    ),
    _in_xlsx(
        "a second value under a merged header",
        xlsx_of([(*HEADER, None), (*ROWS[1], 8), *ROWS[2:]], _merged("C1:D1")),
        f"{XLSX} merges the header 邮寄件数 over C1:D1, and D2 holds a second value for it. Next: ask the sender which column holds.",
    ),
    _in_xlsx(
        "1900 taken for 1904",
        xlsx_of(_text_days(SERIAL), epoch=MAC_EPOCH),
        "stat_date_is_the_day_asked",
        f"{XLSX} row 2",
        "2029-03-13",
    ),
    _in_xls(
        "a new workbook renamed",
        xlsx_of(),
        f"{XLS} is not an .xls workbook: it is an .xlsx workbook. Next: {OTHER_FORMAT}.",
    ),
    _in_xls(
        "a web page renamed",
        b"\xef\xbb\xbf\r\n" + HTML,
        f"{XLS} is not an .xls workbook: it is an HTML page. Next: {SAVE_AS.format('xls')}.",
    ),
    _in_xls(
        "XML of Excel 2003",
        b'<?xml version="1.0"?><Workbook/>',
        f"{XLS} is not an .xls workbook: it is XML text. Next: ",
    ),
    _in_xls(
        "locked",
        xls(Sheet("日报", ROWS), locked=True),
        f"{XLS} is not an .xls workbook: it is a workbook that is locked by a password. Next: ask the sender for the file without a password.",
    ),
    _in_xls(
        "an old document",
        _sheet().replace(b"W\0o\0r\0k\0b\0o\0o\0k", b"W\0o\0r\0d\0D\0o\0c\0u"),
        f"{XLS} is not an .xls workbook: it is a document and no table. Next: ",
    ),
    _in_xls("cut off", _sheet()[:1700], f"{XLS} is not an .xls workbook that can be read ("),
    _in_xls(
        "a broken reference", _sheet(with_cell(2, 3, "#REF!")), f"{XLS} cell C2 (邮寄件数) is the error #REF!. Next: "
    ),
    _in_xls(
        "a day outside of the calendar",
        _sheet(with_cell(2, 1, Day(9e9))),
        f"{XLS} cell A2 (日期) is a date outside of the workbook's calendar. Next: ",
    ),
    _in_xls(
        "a number too large to be exact",
        _sheet(with_cell(2, 3, 1e17)),
        f"{XLS} cell C2 (邮寄件数) is a number too large to be exact. Next: ",
    ),
    _in_xls(
        "several sheets",
        xls(Sheet("日报", ROWS), Sheet("明细", ROWS)),
        f"{XLS} has 2 visible sheets that hold something (日报、明细). Next: ",
    ),
    _in_xls(
        "only hidden sheets",
        xls(Sheet("日报", ROWS, hidden=2)),
        f"{XLS} has 0 visible sheets that hold something (none is visible). Next: ",
    ),
    _in_xls(
        "counts merged",
        _sheet(with_cell(3, 3, None), merged=[(1, 2, 2, 2)]),
        f"{XLS} merges the cells C2:C3: one 邮寄件数 stands for several rows. Next: ",
    ),
    _in_zip(
        "none matches",
        zip_of({"other.csv": b"x"}),
        f"{ZIP} holds 0 files 邮寄*.csv, and one is expected. Next: ask the sender for an archive of the day's file alone, or correct `member` in hall.toml.",
    ),
    _in_zip(
        "several match",
        zip_of({CSV: b"x", f"再/{CSV}": b"x"}),
        f"{ZIP} holds 2 files 邮寄*.csv, and one is expected; {CSV}; 再/{CSV}. Next: ",
    ),
    _in_zip(
        "a name that leads out",
        zip_of({f"../{CSV}": csv_of()}),
        f"{ZIP} holds a file whose name leads out of it (../{CSV}). Next: no honest archive does: ask the sender what it is.",
    ),
    _in_zip(
        "a name from the root",
        zip_of({f"/{CSV}": csv_of()}),
        f"{ZIP} holds a file whose name leads out of it (/{CSV}). Next: ",
    ),
    _in_zip(
        "an archive in the archive",
        zip_of({CSV: zip_of({CSV: csv_of()})}),
        f"{ZIP}/{CSV} is not a .csv table: it is an archive. Next: ",
    ),
    _in_zip(
        "locked",
        _encrypted_zip(),
        f"{ZIP}/{CSV} is locked by a password. Next: ask the sender for an archive without a password.",
    ),
    _in_zip(
        "a bomb",
        zip_of({CSV: bytes(5_000_000)}),
        f"{ZIP}/{CSV} is packed ",
        " to 1, and 200 is the most that is unpacked. Next: no honest table is: ask the sender what it is.",
    ),
    _in_zip(
        "too large unpacked",
        zip_of({CSV: csv_of() * 100}),
        f"{ZIP}/{CSV} is larger than 1000 bytes unpacked (8200). Next: a day's counts are small: look what it is, and raise most_bytes in hall.toml only if it is right.",
        most_bytes=1000,
    ),
    _in_zip(
        "a directory that lies", _zip_that_lies(), f"{ZIP} is not a whole .zip archive (BadZipFile). Next: {ASK_AGAIN}."
    ),
    _in_zip(
        "cut off", zip_of({CSV: csv_of()})[:100], f"{ZIP} is not a whole .zip archive (BadZipFile). Next: {ASK_AGAIN}."
    ),
    _in_zip("no archive", csv_of(), f"{ZIP} is not a whole .zip archive (BadZipFile). Next: {ASK_AGAIN}."),
    _in_zip("an empty file within", zip_of({CSV: b""}), f"{ZIP}/{CSV} is empty (0 bytes). Next: {ASK_AGAIN}."),
    _in_zip(
        "cut off, in S3",
        zip_of({CSV: csv_of()})[:100],
        f"{ZIP} is not a whole .zip archive (BadZipFile). Next: ",
        storage="s3",
    ),
]


@pytest.fixture(scope="module")
def halls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Callable[[Path], Hall]]]:
    with sftp_server(tmp_path_factory.mktemp("sshd")) as sftp, s3_server() as s3:
        yield {
            "local": local_hall,
            "sftp": lambda folder: sftp_hall(folder, sftp),
            "s3": lambda folder: s3_hall(folder, s3),
        }


@pytest.mark.parametrize("case", [*GOOD, *BAD], ids=str)
def test_corpus(
    tmp_path: Path,
    halls: Mapping[str, Callable[[Path], Hall]],
    case: Case,
    record_property: Callable[[str, object], None],
) -> None:
    drop: Drop = case.spoil
    hall = halls[drop.storage](tmp_path / "hall")
    for name, content in drop.files.items():
        hall.put(name, content)
    drop.last(hall)
    hall.write(**drop.settings)
    judge(case, "drop_folder", hall.folder, DAY, hall.variables, record_property)
