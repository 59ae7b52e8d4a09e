"""Charts of certified numbers: which months they show, and how Word and LibreOffice draw them (DrawingML)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.figures.flags import redefined
from reports.figures.history import COURSE_MONTHS, as_of
from reports.figures.months import month_title, months_before
from reports.word.blocks import Chart

if TYPE_CHECKING:
    from reports.figures.numbers import MonthlyNumber

MOST_VALUES = 13  # as many as stand beside each other; of more months only some have their value written
_APART = 3


def course(past: Mapping[str, MonthlyNumber], month: str) -> Chart | None:
    """The course of a metric.

    Args:
        past: Its certified numbers by month.
        month: The month up to which it is drawn; at most two years are.

    Returns:
        The chart; None unless there are two months to be compared.
    """
    shown = [each for each in sorted(past) if months_before(month, COURSE_MONTHS) < each <= month]
    if len(shown) < 2:
        return None
    newest = past[shown[-1]]
    lines: list[dict[str, str]] = []
    for before, each in zip([None, *shown], shown, strict=False):
        if before is None or redefined(past[before], past[each]):
            lines.append({})
        if shown_as := as_of(newest, past[each]):
            lines[-1][each] = shown_as.printed
    title = f"{newest.metric_name}（{newest.display_unit}，{month_title(shown[0])}至 {month_title(shown[-1])}）"
    chart = Chart(title, [line for line in lines if line])
    told = (f"{month_title(each)} {past[each].with_unit if each in past else '没有核定数'}" for each in chart.months)
    return replace(chart, description=f"{newest.metric_name}走势。{'；'.join(told)}。")


def labelled(chart: Chart) -> set[str]:
    """The months that have their value written: all, or of many the last, the highest and the lowest, apart."""
    values = {month: Decimal(value) for line in chart.lines for month, value in line.items()}
    if len(chart.months) <= MOST_VALUES:
        return set(values)
    written: list[int] = []
    for month in (max(values), max(values, key=values.__getitem__), min(values, key=values.__getitem__)):
        place = chart.months.index(month)
        if all(abs(place - other) >= _APART for other in written):
            written.append(place)
    return {chart.months[place] for place in written}
