"""Ordinary forms as offices make them, with titles, notes, signatures, units, totals and blanks: each lands."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.cell_range import CellRange

from tests.corpus import ask
from tests.drop_cases.making import merged
from tests.drop_files import DAY, HEADER, csv_of, local_hall, xlsx_of
from tests.xls_writer import Day, Sheet, xls

Rows = Sequence[Sequence[Any]]
Counted = tuple[str, str, str, int]  # department, item or "", measure, count


@dataclass(frozen=True)
class Form:
    """An ordinary form.

    Attributes:
        name: what is of note in it.
        kinds: the formats that it comes in.
        rows: its sheet; a mapping where there are several, by title.
        settings: what the system's settings say of it.
        counted: the counts that it holds.
        merged: its merged cells.
        table: a reviewed table of values.
        encoding: that of a .csv.
    """

    name: str
    kinds: str
    rows: Rows | Mapping[str, Rows]
    settings: Mapping[str, Any] = field(default_factory=dict)
    counted: Sequence[Counted] = (("D01", "", "parcels_mailed", 5), ("D02", "", "parcels_mailed", 7))
    merged: Sequence[str] = ()
    table: str = ""
    encoding: str = "utf-8"

    @property
    def sheets(self) -> Mapping[str, Rows]:
        return self.rows if isinstance(self.rows, Mapping) else {"日报": self.rows}


_DAY_TEXT = "2025-03-12"
_BODY: Rows = ((_DAY_TEXT, "D01", 5), (_DAY_TEXT, "D02", 7))
_TOTAL = ("合计", None, 12)
_TABLE: Rows = (HEADER, *_BODY, _TOTAL)
_NO_TOTAL = {"total_row": None}
_WITHOUT_DAY: Rows = (("部门编码", "邮寄件数"), ("D01", 5), ("D02", 7), ("合计", 12))
_NO_DAY = {"columns": {"部门编码": "department_code", "邮寄件数": "count"}}
_ITEMS = {"columns": {"日期": "stat_date", "部门": "department_code", "事项": "item_code", "件数": "count"}}
_ITEM_HEADER = ("日期", "部门", "事项", "件数")
_THREE_ITEMS: Sequence[Counted] = (
    ("D01", "A1", "parcels_mailed", 2),
    ("D01", "A2", "parcels_mailed", 3),
    ("D02", "A1", "parcels_mailed", 7),
)
_TWO_MEASURES = {
    "measures": ["parcels_mailed", "documents_issued"],
    "constants": {"hall_code": "510000"},
}
_BOTH: Sequence[Counted] = (
    ("D01", "", "parcels_mailed", 5),
    ("D02", "", "parcels_mailed", 7),
    ("D01", "", "documents_issued", 4),
    ("D02", "", "documents_issued", 6),
)
_LEVELS: Rows = (
    ("日期", "部门编码", "受理量", None, "办结量", None),
    (None, None, "当日", "累计", "当日", "累计"),
    (_DAY_TEXT, "D01", 5, 50, 4, 44),
    (_DAY_TEXT, "D02", 7, 70, 6, 66),
    ("合计", None, 12, 120, 10, 110),
)
_LEVELS_MERGED = ("A1:A2", "B1:B2", "C1:D1", "E1:F1")
_ONE_OF_TWO = {"columns": {"日期": "stat_date", "部门编码": "department_code", "受理量/当日": "count"}}
_TWO_OF_TWO = {
    **_TWO_MEASURES,
    "columns": {
        "日期": "stat_date",
        "部门编码": "department_code",
        "受理量/当日": "parcels_mailed",
        "办结量/当日": "documents_issued",
    },
}
_REGISTER = {**_NO_TOTAL, "rows": "of_the_day", "file": "邮寄_%Y-%m"}
_REGISTER_ROWS: Rows = tuple(
    (f"2025-03-{day}", code, count) for day in (11, 12, 13) for code, count in (("D01", 5), ("D02", 7))
)
_NAMES = "department_code,发展改革窗口,D01,2025-01-01,,王\ndepartment_code,公安窗口,D02,2025-01-01,,王\n"


def _titled(*titles: Any, rows: Rows = _TABLE) -> Rows:
    return (*[title if isinstance(title, tuple) else (title,) for title in titles], *rows)


def _noted(*notes: Any, rows: Rows = _TABLE) -> Rows:
    return (*rows, *[note if isinstance(note, tuple) else (note,) for note in notes])


def _month(title: Callable[[int], str], *more: str) -> Mapping[str, Rows]:
    days = {title(day): (HEADER, *[(f"2025-03-{day}", *row[1:]) for row in _BODY], _TOTAL) for day in (11, 12, 13)}
    return {**days, **dict.fromkeys(more, _TABLE[:1])}


FORMS = [
    # What stands above the table.
    Form("a title", "xlsx xls csv", _titled("政务服务窗口日报表", (), rows=_TABLE)),
    Form(
        "a merged title and its day",
        "xlsx xls",
        _titled("窗口日报", "统计日期：2025年3月12日"),
        merged=("A1:C1", "A2:C2"),
    ),
    Form("a title with day and weekday", "csv", _titled("2025年03月12日（星期三）窗口日报")),
    Form("a title in Chinese numerals", "xlsx", _titled("二〇二五年三月十二日窗口日报", rows=_WITHOUT_DAY), _NO_DAY),
    Form("a title with the month", "xls", _titled("2025年3月份日报", "3月12日")),
    Form("a compact day", "csv", _titled("邮寄日报20250312")),
    Form("the day's hours", "xlsx", _titled("统计时间：2025年3月12日0时—2025年3月12日24时")),
    Form("the unit at the right", "xlsx csv", _titled((None, None, "单位：件"))),
    Form("the unit in its own cell", "xls", _titled(("单位", "件"))),
    Form("unit in brackets", "xlsx", _titled("窗口日报（单位：件）")),
    Form("office, day and unit in one cell", "csv", _titled("填报单位：某厅    统计日期：2025年3月12日    单位：件")),
    Form("office, day and unit in cells", "xlsx", _titled(("填报单位：某厅", "2025年3月12日", "单位：件"))),
    Form("the day in a date cell", "xlsx", _titled(("统计日期", dt.date(2025, 3, 12)))),
    Form(
        "day, unit and site as stated",
        "xlsx",
        _titled(("填报单位：四川省政务服务大厅", "统计日期：2025-03-12", "单位：件")),
        {"stated": {"day": "统计日期", "unit": "件", "site": "填报单位"}},
    ),
    Form(
        "stated in the next cells",
        "xls",
        _titled(("填报单位", "510000"), ("统计日期", Day(45728)), ("计量单位", "件")),
        {"stated": {"day": "统计日期", "unit": "件", "site": "填报单位"}},
    ),
    Form(
        "stated in the cells below",
        "xlsx",
        _titled(("统计日期", "填报单位"), ("2025/3/12", "四川省政务服务大厅")),
        {"stated": {"day": "统计日期"}},
    ),
    Form("persons as stated", "csv", _titled("单位：人次"), {"stated": {"unit": "人次"}}),
    Form("persons in brackets", "csv", _titled("单位：人（次）"), {"stated": {"unit": "人次"}}),
    Form("a document's number", "csv", _titled("川政务〔2025〕3号 附件2")),
    Form(
        "a header with a stroke of its own",
        "csv",
        (("日期", "部门/处室", "邮寄件数"), *_TABLE[1:]),
        {"columns": {"日期": "stat_date", "部门/处室": "department_code", "邮寄件数": "count"}},
    ),
    Form("a statutory form's head", "xls csv", _titled("表号：川政统1表", "有效期至：2026年6月")),
    Form("printed at", "xlsx", _titled("打印时间：2025-03-13 08:30:00")),
    Form("printed at, in the next cell", "xls", _titled(("打印日期", "2025-03-13"))),
    Form("made and counted for", "csv", _titled("制表日期：2025年3月13日  统计日期：2025年3月12日")),
    Form("the day on which it was sent", "xlsx", _titled("报送时间 2025年3月13日9:00")),
    # What stands below it.
    Form("signatures", "xlsx xls csv", _noted(("制表人：某", "审核人：某某", "负责人：某"))),
    Form("a signature with its day", "csv", _noted("制表人：某  审核：某某  2025年3月13日")),
    Form("a signature with its day in cells", "xlsx", _noted(("填表人：某", "复核人：某", "2025年3月13日"))),
    Form("a signature without a total", "csv", _noted("制表人：某", rows=_TABLE[:-1]), _NO_TOTAL),
    Form("a note on the day", "xls", _noted("备注：数据截至2025年3月12日24时")),
    Form("a note in several rows", "csv", _noted("注：1.含退件；", "2.不含咨询。"), {"remarks": ["2.*"]}),
    Form(
        "a source and a clerk",
        "xlsx",
        _noted("数据来源：一体化平台", "统计员：某", "（轮值窗口不计）"),
        {"remarks": ["数据来源*", "统计员*", "（*）"]},
    ),
    Form("a comparison", "csv", _noted("说明：较2024年同期增长5%，2023年1月1日起施行新口径")),
    Form("a telephone number", "xlsx", _noted("联系电话：028-86936179")),
    Form("a seal", "xls", _noted("（盖章）", "打印：2025-3-13")),
    # Its rows.
    Form("no day in the rows", "xlsx csv", _WITHOUT_DAY, _NO_DAY),
    Form(
        "serial numbers and remarks in columns of their own",
        "xls",
        [("序号", *HEADER, "备注"), (1, *_BODY[0], "含退件"), (2, *_BODY[1], None), (None, *_TOTAL, None)],
    ),
    Form("the total above the rows", "csv", (HEADER, _TOTAL, *_BODY)),
    Form("a merged total with spaces", "xlsx", (HEADER, *_BODY, ("合　　计", None, 12)), merged=("A4:B4",)),
    Form("a day without cases", "csv xlsx", (HEADER, ("合计", None, 0)), counted=()),
    Form("blank rows between", "csv", (HEADER, (), _BODY[0], (), _BODY[1], (), _TOTAL)),
    Form(
        "blank means zero",
        "xlsx",
        (HEADER, *_BODY, (_DAY_TEXT, "D03", None), _TOTAL),
        {"none_means": {"": "zero"}},
        (("D01", "", "parcels_mailed", 5), ("D02", "", "parcels_mailed", 7), ("D03", "", "parcels_mailed", 0)),
    ),
    Form(
        "a dash means zero",
        "xls",
        (HEADER, *_BODY, (_DAY_TEXT, "D03", "—"), _TOTAL),
        {"none_means": {"—": "zero"}},
        (("D01", "", "parcels_mailed", 5), ("D02", "", "parcels_mailed", 7), ("D03", "", "parcels_mailed", 0)),
    ),
    Form(
        "a stroke means not counted",
        "csv",
        (HEADER, *_BODY, (_DAY_TEXT, "D03", "/"), _TOTAL),
        {"none_means": {"/": "no_count"}},
    ),
    Form(
        "decimals of a database",
        "csv",
        (HEADER, (_DAY_TEXT, "D01", "5.00"), (_DAY_TEXT, "D02", "7.0"), ("合计", None, "12.0000")),
    ),
    Form(
        "thousands",
        "csv",
        (HEADER, (_DAY_TEXT, "D01", "1,200"), (_DAY_TEXT, "D02", "７"), ("合计", None, "1,207")),
        {},
        (("D01", "", "parcels_mailed", 1200), ("D02", "", "parcels_mailed", 7)),
    ),
    Form(
        "a note beside the rows",
        "xlsx",
        [(*HEADER, None, None), (*_BODY[0], None, "填表说明：含退件"), _BODY[1], _TOTAL],
    ),
    Form("a row that numbers the columns", "xls", (HEADER, ("甲", "乙", 1), *_BODY, _TOTAL), {"skip_rows": ["甲"]}),
    Form(
        "parts of a row", "csv", (HEADER, _BODY[0], ("其中：网办", None, 3), _BODY[1], _TOTAL), {"skip_rows": ["其中*"]}
    ),
    # Subtotals.
    Form(
        "subtotals of departments",
        "csv",
        (
            _ITEM_HEADER,
            (_DAY_TEXT, "D01", "A1", 2),
            (_DAY_TEXT, "D01", "A2", 3),
            (None, None, "小计", 5),
            (_DAY_TEXT, "D02", "A1", 7),
            (None, None, "小计", 7),
            ("合计", None, None, 12),
        ),
        {**_ITEMS, "subtotals": ["小计"]},
        _THREE_ITEMS,
    ),
    Form(
        "subtotals in merged departments",
        "xlsx",
        (
            _ITEM_HEADER,
            (_DAY_TEXT, "D01", "A1", 2),
            (None, None, "A2", 3),
            (None, None, "小计", 5),
            (_DAY_TEXT, "D02", "A1", 7),
            (None, None, "小计", 7),
        ),
        {**_ITEMS, **_NO_TOTAL, "subtotals": ["小计"], "merged_cells": "fill"},
        _THREE_ITEMS,
        merged=("A2:A4", "B2:B4", "A5:A6", "B5:B6"),
    ),
    Form(
        "subtotals above their rows",
        "xls",
        (
            _ITEM_HEADER,
            (None, "D01小计", None, 5),
            (_DAY_TEXT, "D01", "A1", 2),
            (_DAY_TEXT, "D01", "A2", 3),
            (None, "D02小计", None, 7),
            (_DAY_TEXT, "D02", "A1", 7),
            ("总计", None, None, 12),
        ),
        {**_ITEMS, "total_row": "总计", "subtotals": ["*小计"]},
        _THREE_ITEMS,
    ),
    Form(
        "subtotals of subtotals",
        "csv",
        (
            _ITEM_HEADER,
            (_DAY_TEXT, "D01", "A1", 2),
            ("小计", None, None, 2),
            (_DAY_TEXT, "D01", "A2", 3),
            ("小计", None, None, 3),
            ("省直合计", None, None, 5),
            (_DAY_TEXT, "D02", "A1", 7),
            ("小计", None, None, 7),
            ("进驻合计", None, None, 7),
            ("总计", None, None, 12),
        ),
        {**_ITEMS, "total_row": "总计", "subtotals": ["小计", "??合计"]},
        _THREE_ITEMS,
    ),
    # Its header.
    Form("a header of two levels", "xlsx xls", _LEVELS, _ONE_OF_TWO, merged=_LEVELS_MERGED),
    Form("a header of two levels in text", "csv", _LEVELS, _ONE_OF_TWO),
    Form(
        "two measures of two levels",
        "xlsx csv",
        _titled("日报", rows=_LEVELS),
        _TWO_OF_TWO,
        _BOTH,
        merged=("A2:A3", "B2:B3", "C2:D2", "E2:F2"),
    ),
    Form(
        "a header of three levels",
        "xls",
        (("日期", "部门编码", "业务量", None, None, None), (None, None, *_LEVELS[0][2:]), *_LEVELS[1:]),
        {"columns": {"日期": "stat_date", "部门编码": "department_code", "业务量/受理量/当日": "count"}},
        merged=("A1:A3", "B1:B3", "C1:F1", "C2:D2", "E2:F2"),
    ),
    Form(
        "two measures, one not of every department",
        "csv",
        (("部门编码", "受理量", "办结量"), ("D01", 5, 4), ("D02", 7, "/"), ("合计", 12, 4)),
        {
            **_TWO_MEASURES,
            "columns": {"部门编码": "department_code", "受理量": "parcels_mailed", "办结量": "documents_issued"},
            "none_means": {"/": "no_count"},
        },
        _BOTH[:3],
    ),
    Form(
        "a header with lines and brackets",
        "csv",
        (("日　期", "部门\n编码", "邮寄件数（件）"), *_BODY, _TOTAL),
        {"columns": {"日期": "stat_date", "部门编码": "department_code", "邮寄件数(件)": "count"}},
    ),
    Form("GBK", "csv", _titled("邮寄日报 2025年3月12日", "单位：件"), {"encoding": "gbk"}, encoding="gbk"),
    # Names for codes.
    Form(
        "names of departments",
        "xlsx csv",
        (("日期", "部门", "邮寄件数"), (_DAY_TEXT, "发展改革窗口", 5), (_DAY_TEXT, "公安窗口 ", 7), _TOTAL),
        {"columns": {"日期": "stat_date", "部门": "department_code", "邮寄件数": "count"}, "values": "values.csv"},
        table=_NAMES,
    ),
    Form(
        "names with spaces, and a code",
        "xls",
        (HEADER, (_DAY_TEXT, "发展 改革 窗口", 5), (_DAY_TEXT, "D02", 7), _TOTAL),
        {"values": "values.csv"},
        table=_NAMES,
    ),
    Form(
        "names of items",
        "csv",
        (_ITEM_HEADER, (_DAY_TEXT, "D01", "补办", 5), ("合计", None, None, 5)),
        {**_ITEMS, "values": "values.csv"},
        (("D01", "B01", "parcels_mailed", 5),),
        table="item_code,补办,B01,2025-01-01,,王\n",
    ),
    Form(
        "names of measures in rows",
        "xlsx",
        (("部门", "指标", "数量"), ("D01", "受理量", 5), ("D01", "办结量", 4)),
        {
            **_TWO_MEASURES,
            **_NO_TOTAL,
            "columns": {"部门": "department_code", "指标": "measure", "数量": "count"},
            "values": "values.csv",
        },
        (_BOTH[0], _BOTH[2]),
        table="measure,受理量,parcels_mailed,2025-01-01,,王\nmeasure,办结量,documents_issued,2025-01-01,,王\n",
    ),
    # A month in one file.
    Form("a register", "xlsx csv", (HEADER, *_REGISTER_ROWS), _REGISTER),
    Form(
        "a register with title and total",
        "xls",
        _titled("2025年3月台账", rows=(HEADER, *_REGISTER_ROWS, ("合计", None, 36))),
        {**_REGISTER, "total_row": "合计"},
    ),
    Form(
        "a register with merged days",
        "xlsx",
        (HEADER, *[(day if code == "D01" else None, code, count) for day, code, count in _REGISTER_ROWS]),
        {**_REGISTER, "merged_cells": "fill"},
        merged=("A2:A3", "A4:A5", "A6:A7"),
    ),
    Form(
        "a register with a subtotal a day",
        "csv",
        (HEADER, *[row for at in (0, 2, 4) for row in (*_REGISTER_ROWS[at : at + 2], ("当日小计", None, 12))]),
        {**_REGISTER, "subtotals": ["当日小计"]},
    ),
    Form(
        "a register not yet filled in further",
        "xlsx",
        (HEADER, *_REGISTER_ROWS[:4], ("2025-03-13", "D01", None), ("合计", None, 24)),
        {**_REGISTER, "total_row": "合计"},
    ),
    Form(
        "a register of the month's days",
        "csv",
        _titled("台账（2025年3月1日至2025年3月31日）", rows=(HEADER, *_REGISTER_ROWS)),
        _REGISTER,
    ),
    Form("a sheet a day", "xlsx", _month(lambda day: f"3.{day}"), {"file": "邮寄_%Y-%m", "sheet": "%-m.%-d"}),
    Form(
        "a sheet a day, named by the day",
        "xls",
        _month(lambda day: f"{day}日", "汇总"),
        {"file": "邮寄_%Y-%m", "sheet": "%-d日"},
    ),
]
CASES = [(form, kind) for form in FORMS for kind in form.kinds.split()]


def _content(form: Form, kind: str) -> bytes:
    (title, rows), *others = form.sheets.items()
    match kind:
        case "csv":
            return csv_of(rows, form.encoding)
        case "xls":
            areas = [CellRange(area) for area in form.merged]
            merges = [(area.min_row - 1, area.max_row - 1, area.min_col - 1, area.max_col - 1) for area in areas]
            return xls(Sheet(title, rows, merges), *[Sheet(title, rows) for title, rows in others])

    def finish(page: Any) -> None:
        merged(*form.merged)(page)
        for title, rows in others:
            added = page.parent.create_sheet(title)
            for row in rows:
                added.append(list(row))

    return xlsx_of(rows, finish, title=title)


def _shown(table: str) -> list[Counted]:
    """The counts of a day as `sample-hall` shows them; an item that isn't there is left blank."""
    rows = re.findall(r"^\s*2025-03-12\s+510000\s+(\S+)\s+(?:(\S+)\s+)?([a-z_]+)\s+(\d+)\s*$", table, re.MULTILINE)
    return [(department, item, measure, int(count)) for department, item, measure, count in rows]


def test_there_are_sixty_and_more_in_every_format() -> None:
    assert len({form.name for form in FORMS}) >= 60
    assert {kind for _, kind in CASES} == {"csv", "xls", "xlsx"}


@pytest.mark.parametrize(("form", "kind"), CASES, ids=[f"{kind}: {form.name}" for form, kind in CASES])
def test_an_ordinary_form_lands(
    tmp_path: Path, form: Form, kind: str, record_property: Callable[[str, object], None]
) -> None:
    hall = local_hall(tmp_path / "hall")
    settings = {"file": "邮寄_%Y-%m-%d", **form.settings}
    pattern = f"{settings['file']}.{kind}"
    hall.put(DAY.strftime(pattern), _content(form, kind))
    header = "column,theirs,ours,valid_from,valid_to,reviewed_by\n"
    (hall.folder / "values.csv").write_text(header + form.table, encoding="utf-8")
    hall.write(**{**settings, "file": pattern, "format": kind})
    told = ask(hall.folder, DAY, {"COLUMNS": "200"})
    record_property("corpus", ["ordinary form", f"{kind}: {form.name}", told.stderr.partition("\n")[2], told.exit_code])
    assert told.exit_code == 0, told.stderr
    assert sorted(_shown(told.stdout)) == sorted(form.counted), told.stdout
