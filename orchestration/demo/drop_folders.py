"""What the courier and the call centre drop: one .xlsx or GBK .csv per day, each with a 合计 row of its own."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from orchestration.demo.days import is_working_day
from orchestration.demo.world import counts, department_names
from reports.files import write_bytes

_TOTAL = "合计"


def courier_file(folder: Path, day: date) -> Path:
    """Where the courier's file of a day lies under the demo's folder."""
    return folder / "courier" / f"邮寄日报_{day}.xlsx"


def call_centre_file(folder: Path, day: date) -> Path:
    """Where the call centre's file of a day lies under the demo's folder."""
    return folder / "call_centre" / f"电话咨询_{day:%Y%m%d}.csv"


def drop_files(folder: Path, day: date) -> None:
    """Drop the day's files; the courier drops none on a day off."""
    write_bytes(call_centre_file(folder, day), _csv(day, counts("phone_consultations", day)))
    if is_working_day(day):
        write_bytes(courier_file(folder, day), _xlsx(day, counts("parcels_mailed", day)))


def _csv(day: date, calls: Mapping[str, int]) -> bytes:
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(("日期", "部门编码", "部门名称", "接听量"))
    lines.writerows(_body(day, calls))
    lines.writerow((_TOTAL, "", "", sum(calls.values())))
    return text.getvalue().encode("gbk")


def _xlsx(day: date, parcels: Mapping[str, int]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "邮寄日报"
    sheet.append((f"政务大厅邮寄日报（{day.year}年{day.month}月{day.day}日）",))
    sheet.merge_cells("A1:D1")
    sheet.append(("日期", "部门编码", "部门名称", "邮寄件数"))
    for row in _body(day, parcels):
        sheet.append(row)
    sheet.append((_TOTAL, None, None, sum(parcels.values())))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _body(day: date, numbers: Mapping[str, int]) -> list[tuple[str, str, str, int]]:
    names = department_names()
    return [(day.isoformat(), code, names[code], count) for code, count in numbers.items()]
