"""The first sheet of a month: each indicator beside the month and the year before, and its sum to date."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from reports.certificates.dossier import Dossier
from reports.certificates.rates import WORDS, Against, Rate, base_month
from reports.certificates.release_text import ordered_metrics
from reports.figures.flags import redefined
from reports.figures.history import DOES_NOT_ADD_UP, as_of
from reports.figures.months import first_day, month_title, months_between
from reports.figures.numbers import MonthlyNumber
from reports.figures.words import DEFAULT, POINTS
from reports.workbook.sheets import NONE, BookSheet, Cell, SheetTable, Trend, Trends, as_change, as_printed, trends

_BASES: dict[Against, str] = {"month_before": "上月", "year_before": "去年同月"}
_TO_DATE = "累计"
_COLUMNS = ("指标", "单位", "本月", "上月", WORDS["month_before"], "去年同月", WORDS["year_before"], _TO_DATE)


def overview(dossier: Dossier) -> BookSheet:
    """The month's indicators in the report's order, and what there is to say of them."""
    heading = f"{dossier.certificate.site_name} {month_title(dossier.certificate.month)}主要指标"
    of_month = _Overview(dossier)
    rows = [tuple(of_month.row(metric)) for metric in of_month.metrics]
    return BookSheet(
        "主要指标", heading, [SheetTable(_COLUMNS, rows, labels=2)], tuple(of_month.notes()), monthly_trends(dossier)
    )


class _Overview:
    """The rows of the first sheet, and why some of their cells have no number."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._certificate = dossier.certificate
        self._derived = dossier.certificate.foundation.derived
        self._missing: dict[Against, str] = {}  # months that aren't certified
        self._reasons: defaultdict[str, list[str]] = defaultdict(list)  # what has no number, by the reason
        self._has_totals = False
        self.metrics = ordered_metrics(self._certificate, [*self._certificate.by_metric, *self._derived.absent])

    def row(self, metric: str) -> Iterator[Cell]:
        number = self._certificate.by_metric.get(metric)
        if number is None:
            absent = self._derived.by_metric[metric]
            self._reasons[self._dossier.without_value(metric)].append(absent.metric_name)
            yield from (absent.metric_name, absent.display_unit, *([NONE] * (len(_COLUMNS) - 2)))
            return
        changes = metric in self._certificate.changes
        unit = number.display_unit
        yield number.metric_name
        yield unit
        yield _value(number, unit, is_change=changes)
        for against in WORDS:
            yield from self._compared(number, against, is_change=changes)
        yield self._to_date(number)

    def notes(self) -> Iterator[str]:
        """What has no number and why, how the others were made, and what is said of revised months."""
        if self._missing:
            columns = "、".join(f"{_BASES[against]}、{WORDS[against]}" for against in self._missing)
            yield f"{'、'.join(self._missing.values())}没有核定数：{columns}没有可比的数，记“{NONE}”。"
        for reason, names in self._reasons.items():
            yield f"{'、'.join(dict.fromkeys(names))}：{reason}，记“{NONE}”。"
        if compared := [_BASES[each] for each in WORDS if each not in self._missing]:
            yield f"{'、'.join(compared)}为首次刊印数；增减按准确数计算。"
        if self._has_totals:
            yield f"{_TO_DATE}为 1 月至本月准确数之和；期末数、比率等不能相加，记“{DOES_NOT_ADD_UP}”。"
        if len(self._dossier.history) == 0:
            yield "有两个月的核定数以后，下面有走势图。"
        yield from self._revised()
        yield from self._dossier.printed.notes

    def _compared(self, number: MonthlyNumber, against: Against, *, is_change: bool) -> tuple[Cell, Cell]:
        month = base_month(self._certificate.month, against)
        certified = self._dossier.history.get(month, ())
        base = certified[0].by_metric.get(number.metric) if certified else None
        before: Cell = NONE
        if base:
            before = (
                as_change(Decimal(base.printed), base.display_unit)
                if is_change
                else as_printed(base, number.display_unit)
            )
        rate = self._dossier.rate(number.metric, against)
        if isinstance(rate, Rate):
            unit = POINTS.get(number.unit, "%")
            return before, as_change(rate.percent, DEFAULT.points if unit == POINTS["%"] else unit)
        if not certified:
            self._missing[against] = month_title(month)
        elif not is_change:
            self._reasons[rate].append(f"{number.metric_name}{WORDS[against]}")
        return before, NONE

    def _to_date(self, number: MonthlyNumber) -> Cell:
        total = self._dossier.to_date(number.metric)
        if isinstance(total, MonthlyNumber):
            self._has_totals = True
            return as_printed(total, number.display_unit)
        if total == DOES_NOT_ADD_UP:
            return total
        names = self._reasons[total]
        if _TO_DATE not in names:
            names.append(_TO_DATE if total.endswith("没有核定数") else f"{number.metric_name}{_TO_DATE}")
        return NONE

    def _revised(self) -> Iterator[str]:
        for against in WORDS:
            month = base_month(self._certificate.month, against)
            certified = self._dossier.history.get(month, ())
            for number in self._dossier.numbers if len(certified) > 1 else ():
                first, last = (each.by_metric.get(number.metric) for each in (certified[0], certified[-1]))
                if first and last and first.exact != last.exact:
                    name = f"{number.metric_name} {month_title(month)}"
                    yield f"{name}首次刊印 {first.with_unit}，后来修订为 {last.with_unit}。"


def _value(number: MonthlyNumber, unit: str, *, is_change: bool) -> Cell:
    return as_change(Decimal(number.printed), unit) if is_change else as_printed(number, unit)


def monthly_trends(dossier: Dossier) -> Trends | None:
    """The course of each number over its certified months, as they stand, up to this one."""
    history = {month: entries[-1].by_metric for month, entries in dossier.history.items()}
    history[dossier.certificate.month] = dossier.certificate.by_metric
    months = months_between(min(history), dossier.certificate.month)
    courses = (
        _course(number, [history.get(month, {}).get(number.metric) for month in months]) for number in dossier.numbers
    )
    return trends("各月走势", tuple(map(first_day, months)), courses, by_month=True)


def _course(number: MonthlyNumber, past: Sequence[MonthlyNumber | None]) -> Trend:
    """The course of a number in its display unit of today."""
    shown = (as_of(number, each) if each else None for each in past)
    values = tuple(Decimal(each.printed) if each else None for each in shown)
    known = [(place, each) for place, each in enumerate(past) if each]
    breaks = (place for (_, one), (place, other) in pairwise(known) if redefined(one, other))
    return Trend(number.metric_name, number.display_unit, values, frozenset(breaks))
