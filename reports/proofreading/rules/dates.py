"""Days that don't exist, weekdays that aren't theirs, and ranges that end before they begin."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from reports.figures.months import first_day
from reports.proofreading.days import BEGINS, NUMBER, YEAR, number_of, year_of
from reports.proofreading.rules.table import Fault, ReadPassage, of_passage

_DAY = re.compile(rf"(?:(?P<year>{YEAR})年)?{BEGINS}(?P<month>{NUMBER})月(?:(?P<day>{NUMBER})[日号])?")
_RANGE = re.compile(
    rf"(?:(?P<year>{YEAR})年)?{BEGINS}(?P<month>{NUMBER})月(?P<day>{NUMBER})日?[至到—–~-]"
    rf"(?:(?P<to_year>{YEAR})年)?(?:(?P<to_month>{NUMBER})月)?(?P<to_day>{NUMBER})日"
)
_WEEKDAY = re.compile(
    rf"(?:(?P<year>{YEAR})年)?{BEGINS}(?P<month>{NUMBER})月(?P<day>{NUMBER})日(?:[（(，]|[\u4e00-\u9fff]{{2,8}}[（(])?"
    r"(?P<weekday>(?:星期|周|礼拜)(?P<name>[一二三四五六日天]))(?!期|边)"
)
_PART_OF_MONTH = re.compile(r"(?<![\d.])(?P<month>\d{1,2})月(?:[上中下]旬|底|初|末|份)")
_TIME = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?![\d:])|时(?!间|段|许|长)(?:(?P<minutes>\d{1,2})分)?)"
)
_BEFORE_A_TIME = re.compile(r"(?:[于至在到日午晚早（）—–~-]|时间:?)$")
_TIMES = re.compile(r"(?<![\d:.])(?P<from>\d{1,2}:[0-5]\d)[—–~～至到-](?P<to>\d{1,2}:[0-5]\d)(?![\d:])")
_OF_THE_MORNING = re.compile(r"(?:上午|早上|凌晨)$")
_WEEKDAYS = "一二三四五六日"
_LEAP_YEAR = 2024
_MONTHS, _HOURS, _MINUTES = 12, 24, 60
_HALF_A_YEAR = 6
_AFTERNOON, _EVENING = 13, 18
# A range over the turn of the year begins late in it and ends early.
_LATE, _EARLY = 10, 3


def _year(match: re.Match[str], piece: ReadPassage) -> int | None:
    """The year of a day: the one that is written, or the edition's where it can be no other; None if it may be."""
    if match["year"]:
        return year_of(match["year"])
    of = first_day(piece.context.known.month)
    return of.year if abs(number_of(match["month"]) - of.month) < _HALF_A_YEAR else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@of_passage("没有这一天", "日历上没有这一天", "请核对日期")
def no_such_date(piece: ReadPassage) -> Iterator[Fault]:
    """2 月 30 日, 13 月 5 日."""
    for match in _DAY.finditer(piece.text):
        month, day = number_of(match["month"]), number_of(match["day"] or "1")
        if not (match["year"] or match["day"]):
            continue
        exists = (
            1 <= month <= _MONTHS and 1 <= day <= monthrange(year_of(match["year"] or str(_LEAP_YEAR)) or 1, month)[1]
        )
        if not exists:
            yield Fault(piece, *match.span(), {})
    for match in _PART_OF_MONTH.finditer(piece.text):
        if number_of(match["month"]) > _MONTHS:
            yield Fault(piece, *match.span(), {})
    for match in _RANGE.finditer(piece.text):
        month, day = number_of(match["to_month"] or match["month"]), number_of(match["to_day"])
        year = match["to_year"] or match["year"]
        # A last day with a month of its own has been looked at, but for the year that stands before the first day.
        looked_at = match["to_month"] and not (
            match["year"] and not match["to_year"] and _is_day(_LEAP_YEAR, month, day)
        )
        if not looked_at and not _is_day(year_of(year) if year else _LEAP_YEAR, month, day):
            yield Fault(piece, *match.span(), {})


def _is_day(year: int, month: int, day: int) -> bool:
    return _day(year, month, day) is not None


@of_passage("没有这个时刻", "一天里没有这个时刻", "请核对时间")
def no_such_time(piece: ReadPassage) -> Iterator[Fault]:
    """25:30, 8:75."""
    for match in _TIME.finditer(piece.text):
        minute = int(match["minute"] or match["minutes"] or 0)
        minutes = int(match["hour"]) * _MINUTES + minute
        impossible = minute >= _MINUTES or minutes > _HOURS * _MINUTES
        if _OF_THE_MORNING.search(piece.text, 0, match.start()):
            impossible = impossible or int(match["hour"]) >= _AFTERNOON
        if impossible and _BEFORE_A_TIME.search(piece.text, 0, match.start()):
            yield Fault(piece, *match.span(), {})


@of_passage("起止时间颠倒", "结束的时间早于开始的时间", "请核对起止时间", level="ask")
def time_range(piece: ReadPassage) -> Iterator[Fault]:
    """13:30—11:30; what begins in the evening may end in the morning."""
    for match in _TIMES.finditer(piece.text):
        begins, ends = (tuple(map(int, match[end].split(":"))) for end in ("from", "to"))
        if ends < begins < (_EVENING, 0):
            yield Fault(piece, *match.span(), {})


@of_passage("日期与星期不符", "{day.year} 年 {day.month} 月 {day.day} 日是星期{right}", "请核对日期和星期", level="ask")
def weekday(piece: ReadPassage) -> Iterator[Fault]:
    """A day that is another day of the week."""
    for match in _WEEKDAY.finditer(piece.text):
        year = _year(match, piece)
        day = year and _day(year, number_of(match["month"]), number_of(match["day"]))
        if day and _WEEKDAYS[day.weekday()] != match["name"].replace("天", "日"):
            yield Fault(piece, *match.span("weekday"), {"day": day, "right": _WEEKDAYS[day.weekday()]})


@of_passage("起止日期颠倒", "结束的日期早于开始的日期", "请核对起止日期", level="ask")
def date_range(piece: ReadPassage) -> Iterator[Fault]:
    """3 月 14 日至 10 日."""
    for match in _RANGE.finditer(piece.text):
        month = number_of(match["month"])
        to_month = number_of(match["to_month"] or match["month"])
        years = (year_of(match["year"] or "0"), year_of(match["to_year"] or match["year"] or "0"))
        over_new_year = not match["to_year"] and month >= _LATE and to_month <= _EARLY
        begins, ends = (years[0], month, number_of(match["day"])), (years[1], to_month, number_of(match["to_day"]))
        if ends < begins and not over_new_year:
            yield Fault(piece, *match.span(), {})
