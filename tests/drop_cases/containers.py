"""Workbooks and tables that programs write otherwise than Excel does: read where they are clear, or named."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

from tests.drop_cases.making import CSV, FILL, ITEM_COLUMNS, ODS, WITH_ITEMS, XLSX, ZIP, in_csv, in_ods, in_xlsx, in_zip
from tests.drop_files import ROWS, csv_of, edited, with_cell, xlsx_of, zip_of
from tests.ods_writer import ods

_STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006": b"http://purl.oclc.org/ooxml/officeDocument",
}
_SHEET = "xl/worksheets/sheet1.xml"
_HEADER_CELL = "<is><t>&#26085;&#26399;</t></is>"


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _changed(change: Callable[[str, bytes], tuple[str, bytes]], content: bytes | None = None) -> bytes:
    return zip_of(dict(change(*part) for part in _parts(content or xlsx_of()).items()))


def _strict(name: str, part: bytes) -> tuple[str, bytes]:
    for old, new in _STRICT.items():
        part = part.replace(old, new)
    return name, part


def _with_day(value: str) -> bytes:
    return edited(xlsx_of(), '<c r="A2"[^>]*>.*?</c>', f'<c r="A2" t="d"><v>{value}</v></c>')


def _without_references(name: str, part: bytes) -> tuple[str, bytes]:
    return name, re.sub(rb' r="[A-Z]*[0-9]+"', b"", part) if name == _SHEET else part


def _prefixed(name: str, part: bytes) -> tuple[str, bytes]:
    if name == _SHEET:
        part = re.sub(rb"<(/?)(?=[a-z])", rb"<\1x:", part).replace(b"xmlns=", b"xmlns:x=")
    return name, part


_MILLION = 'table:number-rows-repeated="1048570"'
_SECOND_SHEET = (
    '</table:table><table:table table:name="二"><table:table-row>'
    '<table:table-cell office:value-type="float" office:value="1"/></table:table-row></table:table>'
)

CASES = [
    in_xlsx("strict Open XML", _changed(_strict)),
    in_xlsx("part names in another case", _changed(lambda name, part: (name.replace("sheet1", "Sheet1"), part))),
    in_xlsx("part names with backslashes", _changed(lambda name, part: (name.replace("/", "\\"), part))),
    in_xlsx(
        "a part twice", zip_of({**_parts(xlsx_of()), "XL/workbook.xml": b""}), f"{XLSX} holds the part XL/workbook.xml"
    ),
    in_xlsx("empty styles", _changed(lambda name, part: (name, b"" if name == "xl/styles.xml" else part))),
    in_xlsx("no styles", zip_of({name: part for name, part in _parts(xlsx_of()).items() if name != "xl/styles.xml"})),
    in_xlsx(
        "a mark of UTF-8 before each part",
        _changed(lambda name, part: (name, b"\xef\xbb\xbf" + part if name.startswith("xl/w") else part)),
    ),
    in_xlsx(
        "a blank line before the declaration of a part",
        _changed(lambda name, part: (name, b"\n<?xml version='1.0'?>\n" + part if name == _SHEET else part)),
    ),
    in_xlsx("a comment in a sheet", edited(xlsx_of(), "<sheetData>", '<!-- <row r="9"></row> --><sheetData>')),
    in_xlsx(
        "a prefix before every element of the sheet",
        _changed(_prefixed),
    ),
    in_xlsx("an escape in a header", edited(xlsx_of(), "&#26085;&#26399;", "&#26085;_x000D_\n&#26399;")),
    in_xlsx(
        "how a header is pronounced",
        edited(
            xlsx_of(),
            _HEADER_CELL,
            "<is><r><t>&#26085;</t></r><r><t>&#26399;</t></r><rPh sb='0' eb='1'><t>riqi</t></rPh></is>",
        ),
    ),
    in_xlsx("no references of cells", _changed(_without_references, xlsx_of(with_cell(4, 2, "-")))),
    in_xlsx("a day in ISO form", _with_day("2025-03-12T00:00:00")),
    in_xlsx("a day in ISO form of Greenwich", _with_day("2025-03-12T00:00:00.000Z")),
    in_xlsx(
        "an evening of Greenwich", _with_day("2025-03-11T16:00:00.000Z"), f"{XLSX} cell A2 (日期) is 2025-03-11 16:00"
    ),
    in_xlsx(
        "a cell in another row", edited(xlsx_of(), '<c r="C3"', '<c r="C9"'), f"{XLSX} states the cell C9 in its row 3."
    ),
    in_xlsx(
        "a text that isn't there",
        edited(xlsx_of(), '<c r="B2"[^>]*>.*?</c>', '<c r="B2" t="s"><v>99</v></c>'),
        f"{XLSX} cell B2 refers to a text that the workbook doesn't hold. Next: ",
    ),
    in_xlsx(
        "a number that is none",
        edited(xlsx_of(), "<v>5</v>", "<v>5 \u4ef6</v>"),
        f"{XLSX} cell C2 (邮寄件数) is no number. Next: ",
    ),
    in_xlsx(
        "a day 43 seconds early",
        edited(xlsx_of(), '<c r="A2"[^>]*>.*?</c>', '<c r="A2" t="d"><v>2025-03-11T23:59:17</v></c>'),
        f"{XLSX} cell A2 (日期) is 2025-03-11 23:59:17, as SheetJS writes the day that begins 43 seconds later. "
        "Next: ask the sender to write days as text, such as 2025-03-12.",
    ),
    in_xlsx("nothing but NUL bytes", bytes(5000), f"{XLSX} is not an .xlsx workbook: it holds nothing but NUL bytes"),
    in_xlsx("an .ods renamed", ods(), f"{XLSX} is not an .xlsx workbook: it is an .ods workbook. Next: "),
    in_ods("as it should be", ods()),
    in_ods("a million empty rows", ods(more=f"<table:table-row {_MILLION}><table:table-cell/></table:table-row>")),
    in_ods(
        "a million rows with a value",
        ods(
            more=f"<table:table-row {_MILLION}><table:table-cell "
            'table:number-columns-repeated="9" office:value-type="float" office:value="1"/></table:table-row>'
        ),
        f"{ODS} holds more than 1,000,000 cells. Next: ",
    ),
    in_ods(
        "a remark on a cell",
        ods(edit=("<text:p>D01", "<office:annotation><text:p>张三</text:p></office:annotation><text:p>D01")),
    ),
    in_ods(
        "departments merged over their items",
        ods(
            WITH_ITEMS,
            edit=(
                '<table:table-cell office:value-type="string"><text:p>D01',
                '<table:table-cell table:number-rows-spanned="2" office:value-type="string"><text:p>D01',
            ),
        ),
        columns=ITEM_COLUMNS,
        **FILL,
    ),
    in_ods(
        "a hidden sheet of old numbers",
        ods(
            edit=(
                "<office:spreadsheet>",
                '<office:spreadsheet><table:table table:name="旧" table:style-name="hidden"/>',
            )
        ),
    ),
    in_ods(
        "two sheets", ods(edit=("</table:table>", _SECOND_SHEET)), f"{ODS} has 2 visible sheets that hold something"
    ),
    in_ods("cut off", ods()[:500], f"{ODS} is not an .ods workbook: it is an archive or a workbook that is cut off."),
    in_ods("a .xlsx renamed", xlsx_of(), f"{ODS} is not an .ods workbook: it is an .xlsx workbook."),
    in_csv(
        "Excel's Unicode text",
        csv_of().replace(b",", b"\t").decode().encode("utf-16"),
        encoding="utf-16",
        delimiter="\t",
    ),
    in_csv("semicolons as set", csv_of().replace(b",", b";"), delimiter=";"),
    in_csv(
        "tabs",
        csv_of().replace(b",", b"\t"),
        f"{CSV} is separated by tabs, not by commas. "
        "Next: set `delimiter` in hall.toml after review, or ask the sender for the agreed form.",
    ),
    in_csv("semicolons", csv_of().replace(b",", b";"), f"{CSV} is separated by semicolons, not by commas."),
    in_csv("semicolons in remarks", csv_of([*ROWS, ("备注：a;b;c", "", "")])),
    in_csv("NUL bytes at its end", csv_of() + bytes(99), f"{CSV} ends in NUL bytes from line 5 on: it was cut off."),
    in_csv("NUL bytes within", csv_of().replace(b"D01", b"D\x0001"), f"{CSV} holds NUL bytes (line 2)."),
    in_zip("backslashes in names", zip_of({f"数据\\{CSV}": csv_of()})),
    in_zip("a backslash that leads out", zip_of({f"..\\{CSV}": csv_of()}), f"{ZIP} holds a file whose name leads out"),
]
