"""The parts of a month's numbers as cross tables: by department, by day, and what its revisions changed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from reports.certificates.certificate import REASONS, Certificate
from reports.certificates.dossier import Dossier
from reports.certificates.release_text import ordered_metrics
from reports.figures.months import month_title
from reports.figures.numbers import MonthlyNumber
from reports.workbook.sheets import NONE, BookSheet, Cell, SheetTable, Trend, Trends, as_digits, as_printed, trends

# Indicators beside each other on a page that stands upright, and on one that lies on its side.
_UPRIGHT, _ACROSS = 10, 15
_TOTAL = "合计"
_RESTS = "休"
_WEEKDAYS = "一二三四五六日"


def by_department(dossier: Dossier) -> BookSheet:
    """Departments in the order of their table over indicators, with the sums that the numbers are."""
    numbers = _counted(dossier)
    sums = [dossier.traces[number.metric].by_department for number in numbers]
    reporting = {code for each in sums for code in each}
    codes = [
        *(code for code in dossier.departments if code in reporting),
        *sorted(reporting - dossier.departments.keys()),
    ]
    rows: list[tuple[Cell, ...]] = [
        (dossier.departments.get(code, code), *(_digits(each.get(code)) for each in sums)) for code in codes
    ]
    note = f"数为准确数；“0”是报了零，“{NONE}”是没有报这一项。"
    return _cross("按部门", dossier, _summed("部门", numbers, rows), [note])


def by_day(dossier: Dossier) -> BookSheet:
    """Days over indicators: a count, a day of rest, or nothing that was answered."""
    numbers = _counted(dossier)
    days = dossier.certificate.days
    cells = [_days_of(number, dossier) for number in numbers]
    rows: list[tuple[Cell, ...]] = [(_day(day), *(each[str(day)] for each in cells)) for day in days]
    notes = [f"数为准确数；“0”是当天报了零，“{_RESTS}”是当天不对外服务，“{NONE}”是当天没有这一项的数。"]
    if stocks := [number.metric_name for number in numbers if dossier.closing.intersection(number.measures)]:
        notes.append(f"{'、'.join(stocks)}是期末数，只有月末一天的数。")
    return _cross("按日", dossier, _summed("日期", numbers, rows), notes, daily_trends(dossier))


def daily_trends(dossier: Dossier) -> Trends | None:
    """The course of each counted number over the days of the month."""
    days = tuple(dossier.certificate.days)
    courses = (
        Trend(number.metric_name, number.unit, tuple(_count(counts.get(str(day))) for day in days))
        for number in _counted(dossier)
        for counts in (dossier.traces[number.metric].by_day,)
    )
    return trends("各日走势", days, courses, by_month=False)


def rankings(dossier: Dossier) -> BookSheet | None:
    """Who is at which place, by ranking in the report's order; None where the hall ranks nobody."""
    derived = dossier.certificate.foundation.derived
    tables = []
    for name in ordered_metrics(dossier.certificate, derived.rankings):
        metric, members = derived.by_metric[name], derived.rankings[name]
        columns = (metric.metric_name, "名次", f"数值（{metric.display_unit}）" if metric.display_unit else "数值")
        rows: list[tuple[Cell, ...]] = [(each.name, each.place, as_digits(each.printed)) for each in members]
        tables.append(SheetTable(columns, rows or [(NONE, NONE, NONE)]))
    return BookSheet("排名", _heading(dossier, "排名"), tables) if tables else None


def revisions(dossier: Dossier) -> BookSheet:
    """The certificates of the month, and the numbers of each that aren't those of all."""
    certificates = dossier.revisions
    columns = ("版次", "核定时间", "核定人", "原因", "说明", "核定码")
    tables = [SheetTable(columns, [tuple(_revision(each)) for each in certificates], labels=len(columns))]
    changed = [tuple(row) for row in _changed(dossier)]
    if changed:
        versions = (f"第 {each.revision} 版" for each in certificates)
        tables.append(SheetTable(("指标", "单位", *versions), changed, labels=2))
    note = "各版的数都没有变。" if len(certificates) > 1 else "本月没有修订过。"
    notes = () if changed else (note,)
    return BookSheet("修订", _heading(dossier, "核定与修订"), tables, notes)


def _revision(certificate: Certificate) -> Iterator[Cell]:
    yield f"第 {certificate.revision} 版"
    yield f"{certificate.signed_at:%Y-%m-%d %H:%M}"
    yield "、".join(each.name for each in certificate.sign_offs)
    yield REASONS[certificate.reason] if certificate.reason else "首次核定"
    yield certificate.note or NONE
    yield certificate.code


def _changed(dossier: Dossier) -> Iterator[list[Cell]]:
    named = {number.metric: number for number in dossier.numbers}
    for certificate in dossier.revisions:
        named = {**certificate.by_metric, **named} if certificate.by_metric.keys() - named.keys() else named
    for metric, number in named.items():
        past = [certificate.by_metric.get(metric) for certificate in dossier.revisions]
        if len({(each.exact, each.printed, each.display_unit) if each else None for each in past}) > 1:
            cells = (as_printed(each, number.display_unit) if each else NONE for each in past)
            yield [number.metric_name, number.display_unit, *cells]


def _counted(dossier: Dossier) -> list[MonthlyNumber]:
    derived = dossier.certificate.foundation.derived.by_metric
    return [number for number in dossier.numbers if number.metric not in derived]


def _cross(
    title: str, dossier: Dossier, table: SheetTable, notes: Sequence[str], of_days: Trends | None = None
) -> BookSheet:
    width = len(table.columns) - table.labels
    heading, pages = _heading(dossier, f"主要指标{title}"), -(-width // _ACROSS) or 1
    return BookSheet(title, heading, [table], notes, of_days, across=width > _UPRIGHT, pages=pages)


def _summed(first: str, numbers: Sequence[MonthlyNumber], rows: Sequence[Sequence[Cell]]) -> SheetTable:
    """Rows over numbers, and the numbers below them as sums."""
    columns = (first, *(f"{number.metric_name}\n{number.unit}".strip() for number in numbers))
    return SheetTable(columns, [*rows, (_TOTAL, *(as_digits(number.exact_digits) for number in numbers))], totals=1)


def _heading(dossier: Dossier, what: str) -> str:
    return f"{dossier.certificate.site_name} {month_title(dossier.certificate.month)}{what}"


def _days_of(number: MonthlyNumber, dossier: Dossier) -> dict[str, Cell]:
    """By day, the count, or that every system that counts it rested, or that there is no count."""
    foundation, counts = dossier.certificate.foundation, dossier.traces[number.metric].by_day
    states: defaultdict[str, set[str]] = defaultdict(set)
    for extract in foundation.extracts:
        measures = foundation.measures_of(extract.system)
        if not measures or set(measures).intersection(number.measures):
            states[extract.day].add(extract.state)
    return {
        day: _digits(counts[day]) if day in counts else _RESTS if states[day] == {"closed"} else NONE
        for day in map(str, dossier.certificate.days)
    }


def _day(day: date) -> str:
    return f"{day.month} 月 {day.day} 日 周{_WEEKDAYS[day.weekday()]}"


def _digits(count: Decimal | int | None) -> Cell:
    return NONE if count is None else as_digits(str(count))


def _count(count: Decimal | int | None) -> Decimal | None:
    return None if count is None else Decimal(count)
