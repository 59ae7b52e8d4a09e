"""What forms say beside their counts, and cells, rows and sheets of which only a setting says what they are."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.drop_cases.making import CSV, XLSX, in_csv, in_xls, in_xlsx, merged
from tests.drop_files import HEADER, ROWS, csv_of, with_cell, xlsx_of
from tests.xls_writer import Sheet, xls

_BELOW_ROWS = len(ROWS) + 1
_ASK_WHICH_DAY = "Next: ask the sender which day it is of; "
_ITEMS = {"日期": "stat_date", "部门编码": "department_code", "事项": "item_code", "邮寄件数": "count"}
_ITEM_HEADER = ("日期", "部门编码", "事项", "邮寄件数")


def _says_day(what: str, row: int = 1) -> str:
    return f"row {row} says {what} outside the table, and 2025-03-12 was asked for. {_ASK_WHICH_DAY}"


def _says_unit(what: str, row: int = 1) -> str:
    return f"row {row} says that its unit is {what}, and counts are expected in "


def _titled(*titles: Any) -> list[Any]:
    return [*[title if isinstance(title, tuple) else (title,) for title in titles], *ROWS]


def _noted(*notes: Any) -> list[Any]:
    return [*ROWS, *[note if isinstance(note, tuple) else (note,) for note in notes]]


# By the text above the table, what is said of it.
_TITLES = {
    "统计日期：2025年3月11日": _says_day("2025-03-11"),
    "政务服务窗口日报（2025-03-11）": _says_day("2025-03-11"),
    "日报 2025.3.11": _says_day("2025-03-11"),
    "日报20250311": _says_day("2025-03-11"),
    "２０２５年３月１１日日报": _says_day("2025-03-11"),
    "二〇二五年三月十一日": _says_day("2025-03-11"),
    "3月11日日报": _says_day("03-11"),
    "三月十一日日报": _says_day("03-11"),
    "2025年2月日报": _says_day("2025-02"),
    "2月份日报": _says_day("month 2"),
    "2025年1-3月累计": _says_day("month 1"),
    "2024年政务服务窗口日报": _says_day("2024"),
    "统计时间：2025年3月11日17时至2025年3月12日17时": _says_day("2025-03-11"),
    "填报单位：某局  2025年3月11日": _says_day("2025-03-11"),
    "填报人：某 2025年3月11日": _says_day("2025-03-11"),
    "打印时间：2025-03-13 统计日期：2025-03-11": _says_day("2025-03-11"),
    "单位：百件": _says_unit("百件"),
    "计量单位：万件": _says_unit("万件"),
    "单 位：千件": _says_unit("千件"),
    "政务服务窗口日报（万件）": _says_unit("万件"),
    "本表以万件为单位": _says_unit("万件"),
    "（单位：百人次）": _says_unit("百人次"),
    "单位：人次": _says_unit("人次"),
    "单位：件/人次": _says_unit("件/人次"),
    "单位：万": _says_unit("万"),
}
_NOTES = {
    "备注：为2025年3月11日数据": _says_day("2025-03-11", _BELOW_ROWS),
    "说明：单位为万件，单位：万件": _says_unit("万件", _BELOW_ROWS),
    "制表：2025-03-13 备注 数据为3月10日": _says_day("03-10", _BELOW_ROWS),
}
# By the text in a cell of counts, how it is told: never by itself.
_NO_COUNTS: dict[Any, str] = {
    "—": "holds a mark for none, which may mean zero or not counted. Next: ask the sender what it means; ",
    "/": "holds a mark for none",
    "－": "holds a mark for none",
    "无": "holds a mark for none",
    "118①": "holds text that is no whole number. Next: look at the cell: ",
    "55²": "holds text that is no whole number",
    "㊿": "holds text that is no whole number",
    "12件": "holds text that is no whole number",
    "约12": "holds text that is no whole number",
    "五": "holds text that is no whole number",
    "3+4": "holds text that is no whole number",
    "1,23": "holds text that is no whole number",
    "(3)": "holds text that is no whole number",
    "5.5": "is 5.5 and no whole number. Next: ask the sender for whole counts; ",
    -3: "is -3: a correction and no count. Next: ask the sender to restate the day that it corrects, ",
    "－3": "is -3: a correction and no count",
    None: "is blank, and blank is not zero. Next: ask the sender for the number; ",
}


def _labelled(*rows: Any) -> list[Any]:
    return [_ITEM_HEADER, ("2025-03-12", "D01", "A1", 5), *rows, ("合计", None, None, 5)]


_SUBTOTALS = {
    "as an item": ("2025-03-12", "D01", "小计", 5),
    "with a space within": ("2025-03-12", "D01", "小 计", 5),
    "with a colon": ("2025-03-12", "D01", "小计：", 5),
    "of a department": ("2025-03-12", "D01小计", None, 5),
    "as a department": ("2025-03-12", "总计", "A1", 5),
    "as a part": ("2025-03-12", "D01", "其中：网办", 3),
    "in the first cell": ("小计", None, None, 5),
}


def _values(text: str) -> Any:
    header = "column,theirs,ours,valid_from,valid_to,reviewed_by\n"
    return lambda hall: (hall.folder / "values.csv").write_text(f"{header}{text}", encoding="utf-8")


def _days(*days: str) -> list[Any]:
    return [HEADER, *[(day, "D01", number) for number, day in enumerate(days, start=1)]]


def _register(name: str, rows: Any, *says: str, **settings: Any) -> Any:
    return in_csv(f"register: {name}", csv_of(rows), *says, rows="of_the_day", **{"total_row": None, **settings})


def _book(*titles: str, hidden: str = "") -> bytes:
    return xls(*[Sheet(title, ROWS, hidden=int(title == hidden)) for title in titles])


_TWO_LEVELS = [
    ("日期", "部门编码", "受理量", None, "办结量", None),
    (None, None, "当日", "累计", "当日", "累计"),
    ("2025-03-12", "D01", 5, 50, 4, 44),
    ("合计", None, 5, 50, 4, 44),
]
_MERGED = merged("A1:A2", "B1:B2", "C1:D1", "E1:F1")


def _path(path: str) -> dict[str, str]:
    return {"日期": "stat_date", "部门编码": "department_code", path: "count"}


CASES = [
    *[in_csv(f"above the table: {text}", csv_of(_titled(text)), f"{CSV} {says}") for text, says in _TITLES.items()],
    *[in_xlsx(f"below the table: {text}", xlsx_of(_noted(text)), f"{XLSX} {says}") for text, says in _NOTES.items()],
    in_xlsx("a title's day in a date cell", xlsx_of(_titled(("日报", dt.date(2025, 3, 11)))), _says_day("2025-03-11")),
    in_xlsx("a title's day in cells", xlsx_of(_titled(("2025", "年", 3, "月", 11, "日"))), _says_day("2025-03-11")),
    in_xlsx("a unit beside its label", xlsx_of(_titled((None, "单位", "百件"))), _says_unit("百件")),
    in_xlsx(
        "a day beside the table", xlsx_of([(*HEADER, None), (*ROWS[1], "3月11日"), *ROWS[2:]]), _says_day("03-11", 2)
    ),
    in_csv("a unit beside the header", csv_of([(*HEADER, "单位：百件"), *ROWS[1:]]), f"{CSV} {_says_unit('百件')}"),
    in_csv("a day beside the header", csv_of([(*HEADER, "日期：3月11日"), *ROWS[1:]]), f"{CSV} {_says_day('03-11')}"),
    in_csv(
        "no day stated",
        csv_of(_titled("日报")),
        f"{CSV} doesn't say 统计日期 outside its table, as `stated.day` in hall.toml has it. Next: ",
        stated={"day": "统计日期"},
    ),
    in_csv(
        "the day stated is left blank",
        csv_of(_titled("统计日期：")),
        f"{CSV} row 1 has no day that can be read beside or below 统计日期. Next: ask the sender to fill it in, ",
        stated={"day": "统计日期"},
    ),
    in_csv(
        "another day under a label of the making",
        csv_of(_titled("填报日期：2025年3月11日")),
        _says_day("2025-03-11"),
        stated={"day": "填报日期"},
    ),
    in_csv(
        "another day below its label",
        csv_of(_titled(("单位", "报送日期"), ("件", "2025-03-11"))),
        _says_day("2025-03-11", 2),
        stated={"day": "报送日期"},
    ),
    in_csv(
        "no unit stated",
        csv_of(_titled("填报单位：某局")),
        f"{CSV} doesn't say that its unit is 件 outside its table, as `stated.unit` in hall.toml has it. Next: ",
        stated={"unit": "件"},
    ),
    in_csv("another unit than stated", csv_of(_titled("单位：件")), _says_unit("件") + "人次", stated={"unit": "人次"}),
    in_csv(
        "a unit of hundreds in the settings",
        csv_of(),
        "key stated.unit: '百件' is no unit of one",
        stated={"unit": "百件"},
    ),
    in_csv(
        "no site stated",
        csv_of(_titled("日报")),
        f"{CSV} doesn't say 填报单位 outside its table, as `stated.site` in hall.toml has it. Next: ",
        stated={"site": "填报单位"},
    ),
    in_csv(
        "another site",
        csv_of(_titled("填报单位：成都市政务服务中心  单位：件")),
        f"{CSV} row 1 names another site beside or below 填报单位 than 四川省政务服务大厅. Next: ",
        stated={"site": "填报单位"},
    ),
    in_csv(
        "a part of the site",
        csv_of(_titled("填报单位：四川省政务服务大厅天府分厅")),
        f"{CSV} row 1 names another site",
        stated={"site": "填报单位"},
    ),
    *[
        in_csv(f"a count: {text}", csv_of(with_cell(2, 3, text)), f"{CSV} cell C2 (邮寄件数) {says}")
        for text, says in _NO_COUNTS.items()
    ],
    in_xlsx(
        "a total: 12件",
        xlsx_of(with_cell(4, 3, "12件")),
        f"{XLSX} cell C4 (邮寄件数) holds text that is no whole number",
    ),
    in_csv(
        "a mark that no setting names",
        csv_of(with_cell(2, 3, "/")),
        f"{CSV} cell C2 (邮寄件数) holds a mark for none",
        none_means={"—": "zero"},
    ),
    in_csv(
        "nothing filled in",
        csv_of([HEADER, ("2025-03-12", "D01", None), ("合计", None, None)]),
        f"{CSV} has no count at all: every cell is blank. Next: the form wasn't filled in: ",
        none_means={"": "zero"},
    ),
    *[
        in_csv(f"a subtotal {name}", csv_of(_labelled(row)), f"{CSV} row 3 is labelled ", "subtotals", columns=_ITEMS)
        for name, row in _SUBTOTALS.items()
    ],
    in_csv("a total without its setting", csv_of(), f"{CSV} row 4 is labelled 合计: it is a total ", total_row=None),
    in_csv(
        "a subtotal that isn't the sum",
        csv_of(_labelled(("2025-03-12", "D01", "小计", 6))),
        f"{CSV} cell D3 is a subtotal of 6, and its rows add up to 5. Next: ask the sender which holds: ",
        columns=_ITEMS,
        subtotals=["小计"],
    ),
    in_csv(
        "the second of two subtotals isn't the sum",
        csv_of(_labelled(("小计", None, None, 5), ("2025-03-12", "D02", "A1", 0), ("小计", None, None, 5))),
        f"{CSV} cell D5 is a subtotal of 5, and its rows add up to 0. ",
        columns=_ITEMS,
        subtotals=["小计"],
    ),
    in_csv("a remark with a number", csv_of(_noted(("数据来源", None, 7))), f"{CSV} row 5", remarks=["数据来源*"]),
    in_csv(
        "a remark that isn't known",
        csv_of(_noted("（节假日轮值窗口不计）")),
        f"{CSV} row 5 stands below the total, has no count, and isn't known as a remark. Next: ",
    ),
    in_csv(
        "a name that isn't in the table of values",
        csv_of(with_cell(2, 2, "某某某")),
        f"{CSV} row 2: 部门编码 isn't in ",
        "values.csv. Next: look at it in the source; add it to the table after review, or ask the system's keeper.",
        values="values.csv",
        last=_values("department_code,公安窗口,D02,2025-01-01,,王\n"),
    ),
    in_csv(
        "a name that isn't valid any more",
        csv_of(with_cell(2, 2, "公安窗口")),
        f"{CSV} row 2: 部门编码 isn't in ",
        values="values.csv",
        last=_values("department_code,公安窗口,D01,2025-01-01,2025-03-11,王\ndepartment_code,x,D02,2025-01-01,,王\n"),
    ),
    in_csv(
        "a name with two meanings",
        csv_of(),
        "values.csv line 3: 公安窗口 is also in line 2, and their days overlap",
        values="values.csv",
        last=_values("department_code,公安窗口,D01,2025-01-01,,王\ndepartment_code,公安 窗口,D02,2025-01-01,,王\n"),
    ),
    in_csv(
        "a table of values for counts",
        csv_of(),
        "values.csv line 2: column is 'count'; allowed are hall_code, department_code, item_code, measure",
        values="values.csv",
        last=_values("count,五,5,2025-01-01,,王\n"),
    ),
    _register("no row of the day", _days("2025-03-11", "2025-03-13"), f"{CSV} has no row of 2025-03-12. Next: "),
    _register(
        "a day that can't be read", _days("2025-03-12", "周三"), f"{CSV} cell A3 (日期) is no day that can be read, "
    ),
    _register("a blank day", _days("2025-03-12", ""), f"{CSV} cell A3 (日期) is no day that can be read, "),
    _register(
        "a total of other rows",
        [*_days("2025-03-11", "2025-03-12"), ("合计", None, 4)],
        f"{CSV} states a total of 4 (邮寄件数), and all of its rows add up to 3. Next: ",
        total_row="合计",
    ),
    _register("another month", [("2025年2月台账",), *_days("2025-03-12")], _says_day("2025-02")),
    in_xls(
        "no sheet of the day",
        _book("3.11", "3.13"),
        "has no sheet 3.12. Next: ask the sender for the day's sheet, ",
        sheet="%-m.%-d",
    ),
    in_xls(
        "the day's sheet is hidden",
        _book("3.11", "3.12", hidden="3.12"),
        "has no visible sheet 3.12 (3.11). ",
        sheet="%-m.%-d",
    ),
    in_xlsx(
        "two levels, the upper named",
        xlsx_of(_TWO_LEVELS, _MERGED),
        "merges its header down to row 2, ",
        "受理量/当日",
        columns=_path("受理量"),
    ),
    in_xlsx(
        "two levels, the lower named",
        xlsx_of(_TWO_LEVELS, _MERGED),
        "more than one column named 当日. ",
        "受理量/当日",
        columns=_path("当日"),
    ),
    in_xlsx(
        "two levels, a path that isn't there",
        xlsx_of(_TWO_LEVELS, _MERGED),
        "has no header row with 日期、部门编码、受理量/本日 ",
        columns=_path("受理量/本日"),
    ),
    in_csv(
        "two levels in text, a path that isn't there",
        csv_of(_TWO_LEVELS),
        "has no header row with ",
        columns=_path("办结量/本日"),
    ),
]
