"""A metric's numbers over months: sums to date by one rule, and a course in the unit of its newest number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.figures.history import as_of, sum_to_date
from reports.figures.numbers import MonthlyNumber
from reports.word.charts import course
from tests.dossiers import number

MARCH = number("online_accepted", 12_346)
BEFORE: dict[str, MonthlyNumber | None] = {
    "2025-01": number("online_accepted", 12_344),
    "2025-02": number("online_accepted", 12_344),
}


def test_a_sum_to_date_is_rounded_once() -> None:
    total = sum_to_date(MARCH, "2025-03", BEFORE)
    assert isinstance(total, MonthlyNumber)
    assert (total.exact, total.printed, MARCH.printed) == (37_034, "3.7", "1.23")


def test_the_sum_of_january_is_january() -> None:
    assert sum_to_date(MARCH, "2025-01", {}) == MARCH


@pytest.mark.parametrize(
    ("past", "reason"),
    [
        ({"2025-02": MARCH}, "2025 年 1 月没有核定数"),
        ({**BEFORE, "2025-01": None}, "口径有调整，不可直接比较"),
        ({**BEFORE, "2025-01": replace(MARCH, version="2")}, "口径有调整，不可直接比较"),
    ],
)
def test_why_there_is_no_sum_to_date(past: dict[str, MonthlyNumber | None], reason: str) -> None:
    assert sum_to_date(MARCH, "2025-03", past) == reason


def test_a_course_is_in_the_unit_of_today_and_rounded_once() -> None:
    in_cases = replace(MARCH, exact=12_344, printed="12344", display_unit="件", display_divisor=1, display_decimals=0)
    shown = as_of(MARCH, in_cases)
    assert shown
    assert shown.printed == "1.23"
    chart = course({"2025-02": in_cases, "2025-03": MARCH}, "2025-03")
    assert chart
    assert [value for line in chart.lines for value in line.values()] == ["1.23", "1.23"]


def test_a_course_leaves_out_what_counts_in_another_unit() -> None:
    other = replace(MARCH, unit="人次")
    assert as_of(MARCH, other) is None
    chart = course({"2025-01": MARCH, "2025-02": other, "2025-03": MARCH}, "2025-03")
    assert chart
    assert [list(line) for line in chart.lines] == [["2025-01"], ["2025-03"]]
