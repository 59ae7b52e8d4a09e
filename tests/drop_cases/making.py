"""What the cases of the corpus are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from openpyxl.worksheet.worksheet import Worksheet

from tests.corpus import Case
from tests.drop_files import HEADER, ROWS, Hall
from tests.xls_writer import Sheet, xls

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


def case_of(
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


def in_csv(name: str, content: Any, *says: str, **settings: Any) -> Case:
    return case_of(name, "csv", content, *says, **settings)


def in_xlsx(name: str, content: Any, *says: str, **settings: Any) -> Case:
    return case_of(name, "xlsx", content, *says, **settings)


def in_xls(name: str, content: Any, *says: str, **settings: Any) -> Case:
    return case_of(name, "xls", content, *says, **settings)


def in_ods(name: str, content: Any, *says: str, **settings: Any) -> Case:
    return case_of(name, "ods", content, *says, **settings)


def in_zip(name: str, content: bytes, *says: str, **settings: Any) -> Case:
    settings = {"file": "邮寄_%Y-%m-%d*.zip", "member": "邮寄*.csv", **settings}
    drop = case_of("", settings.pop("format", "csv"), {ZIP: content}, **settings).spoil
    return Case(f"zip: {name}", drop, says)


CSV, XLSX, XLS, ODS, ZIP = (f"邮寄_2025-03-12.{ending}" for ending in ("csv", "xlsx", "xls", "ods", "zip"))


def sheet(rows: Any = ROWS, **options: Any) -> bytes:
    return xls(Sheet("日报", rows, **options))


def merged(*areas: str) -> Callable[[Worksheet], None]:
    def merge(page: Worksheet) -> None:
        for area in areas:
            page.merge_cells(area)

    return merge


Visibility = Literal["visible", "hidden", "veryHidden"]


def second_sheet(
    title: str, state: Visibility = "visible", *, first: Visibility = "visible"
) -> Callable[[Worksheet], None]:
    def add(page: Worksheet) -> None:
        assert page.parent is not None
        other = page.parent.create_sheet(title)
        other.append(HEADER)
        other.append(("2025-03-12", "D01", 99))
        other.sheet_state, page.sheet_state = state, first

    return add


def empty_sheet(title: str) -> Callable[[Worksheet], None]:
    def add(page: Worksheet) -> None:
        assert page.parent is not None
        page.parent.create_sheet(title)

    return add


FILL = {"merged_cells": "fill"}
WITH_ITEMS = (
    (*HEADER, "事项"),
    ("2025-03-12", "D01", 5, "A1"),
    ("2025-03-12", None, 7, "A2"),
    ("合计", None, 12, None),
)
ITEM_COLUMNS = {"日期": "stat_date", "部门编码": "department_code", "邮寄件数": "count", "事项": "item_code"}
HTML = "<html><table><tr><td>日期</td></tr></table></html>".encode()


def days(*days: Any) -> list[list[Any]]:
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
