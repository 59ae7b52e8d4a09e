"""The certified numbers that the tests of proofreading hold texts against: five months, March 2025 in two vintages."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from reports.figures.rounding import printed
from reports.figures.written import WrittenValue
from reports.proofreading import CertifiedSection, KnownNumber, KnownNumbers, OwnFigure, Usage

_TABLE = Path(__file__).parents[1] / "orchestration" / "demo" / "hall" / "catalogue" / "proofreading_labels.csv"
NAMES = {
    "items_handled": "办理政务服务事项",
    "online_accepted": "全程网办受理",
    "online_completed": "全程网办办结",
    "comprehensive_window_accepted": "综合窗口受理",
    "department_window_accepted": "部门窗口受理",
    "documents_issued": "窗口出件量",
    "parcels_mailed": "政务大厅现场邮寄量",
    "phone_consultations": "电话咨询",
    "onsite_consultations": "现场咨询服务",
}
with _TABLE.open(encoding="utf-8", newline="") as _file:
    _ROWS = [(row["metric"], row["label"]) for row in csv.DictReader(_file)]
LABELS = {metric: tuple(label for named, label in _ROWS if named == metric) for metric in NAMES}
PARTS = ("online_accepted", "department_window_accepted", "comprehensive_window_accepted")
# In the order of NAMES, without the total.
NAMES_OF_VALUES = {"busiest": "受理前两位部门"}
COUNTS = {
    "2024-03": (49_120, 46_880, 240, 1_610, 2_290, 0, 1_320, 5_515),
    "2025-01": (49_876, 47_990, 187, 1_433, 1_984, 802, 1_102, 4_980),
    "2025-02": (51_034, 48_820, 198, 1_502, 2_150, 931, 1_243, 5_208),
    "2025-03": (54_213, 51_187, 206, 1_594, 2_317, 893, 1_187, 5_515),
}
SUPERSEDED_MARCH = (54_331, 51_187, 206, 1_594, 2_317, 893, 1_178, 5_515)
FIGURES = (
    OwnFigure("heat", "好差评主动评价", Decimal(3271), "条"),
    OwnFigure("satisfaction", "群众满意率", Decimal("99.97"), "%"),
)


def of_month(
    month: str, counts: tuple[int, ...], *, revision: int = 1, superseded: bool = False
) -> tuple[KnownNumber, ...]:
    exact: Mapping[str, int] = dict(zip(list(NAMES)[1:], counts, strict=True))
    total = sum(exact[part] for part in PARTS)
    return tuple(
        _number(metric, count, month, revision=revision, superseded=superseded)
        for metric, count in {"items_handled": total, **exact}.items()
    )


def _number(metric: str, exact: int, month: str, *, revision: int, superseded: bool) -> KnownNumber:
    people = metric.endswith("consultations")
    divisor, decimals = (1, 0) if people else (10_000, 2)
    return KnownNumber(
        metric=metric,
        metric_name=NAMES[metric],
        version="1",
        definition="口径",
        event_counted="受理",
        deduplication_key="编号",
        measures=(metric,),
        labels=LABELS.get(metric, ()),
        exact=exact,
        printed=printed(exact, divisor=divisor, decimals=decimals, rule="half_up"),
        unit="人（次）" if people else "件",
        display_unit="人（次）" if people else "万件",
        display_divisor=divisor,
        display_decimals=decimals,
        rounding="half_up",
        month=month,
        revision=revision,
        superseded=superseded,
        parts=PARTS if metric == "items_handled" else (),
    )


def known(month: str = "2025-03") -> KnownNumbers:
    numbers = [number for name, counts in COUNTS.items() if name != "2025-03" for number in of_month(name, counts)]
    numbers += of_month("2025-03", SUPERSEDED_MARCH, superseded=True)
    numbers += of_month("2025-03", COUNTS["2025-03"], revision=2)
    return KnownNumbers(month, numbers, FIGURES, Usage("四川省政务服务大厅"), [MARCH])


def _section(month: str, marked: str, *rows: tuple[str, ...]) -> CertifiedSection:
    """A section as a template words it, in which {busiest.name|公安厅} is a value."""
    paragraph, values = "", []
    for words, metric, form, text in re.findall(r"([^{]*)(?:[{](\w+)[.](\w*)[|]([^}]*)[}])?", marked):
        paragraph += words
        if metric:
            values.append(
                WrittenValue(
                    len(paragraph), len(paragraph) + len(text), metric, NAMES_OF_VALUES.get(metric, metric), form
                )
            )
        paragraph += text
    return CertifiedSection(month, paragraph, values, rows)


MARCH = _section(
    "2025-03",
    "截至 3 月 31 日，全省政务服务“好差评”好评率 {praised.|98.8%}，比上月{praised_change.direction|上升} "
    "{praised_change.size|0.06 个百分点}，占评价总量的 {praised_share.|96.4‰}；进驻部门受理前列的是"
    "{busiest.name|公安厅}、{busiest.name|民政厅}，分别为 "
    "{busiest.value|3.1 万件}、{busiest.value|1.2 万件}，平均等候 {wait.|6.9 分钟}。",
    ("名次", "事项", "受理"),
    ("1", "取水许可", "1237 件"),
    ("2", "教师资格认定", "845 件"),
)


REFERENCE = (
    "3 月，省本级办理政务服务事项 5.6 万件。各进驻部门（单位）窗口共受理政务服务事项全程网办 5.42 万件，"
    "办结政务服务事项全程网办 5.12 万件；综合窗口受理政务服务事项 0.02 万件，窗口出件量 0.23 万件；"
    "政务大厅现场邮寄量 0.09 万件；为办事企业群众提供电话咨询 1187 人（次）、现场咨询服务 5515 人（次）。"
)
