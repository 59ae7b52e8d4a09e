"""How busy the demo hall's days are: working days, days off, 调休 and the weeks around 春节."""

from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Literal

import chinese_calendar

from reports.figures import months

Rhythm = Literal["acceptance", "completion", "telephone", "counter"]
DayKind = Literal["working", "weekend", "holiday", "spring_festival"]

FIRST_DAY = date(2023, 1, 1)
_SHANGHAI = timezone(timedelta(hours=8))

# How busy a kind of day is, in hundredths of an ordinary working day.
_BUSY: dict[Rhythm, dict[DayKind, int]] = {
    "acceptance": {"working": 100, "weekend": 18, "holiday": 9, "spring_festival": 4},
    "completion": {"working": 100, "weekend": 7, "holiday": 3, "spring_festival": 1},
    "telephone": {"working": 100, "weekend": 22, "holiday": 12, "spring_festival": 6},
    "counter": {"working": 100, "weekend": 0, "holiday": 0, "spring_festival": 0},
}
# Hundredths by weekday, Monday first; a worked Saturday or Sunday is a 调休 day, and a slow one.
_WEEKDAY = (112, 106, 102, 98, 90, 78, 82)
# Hundredths while the festival nears (seven days) and while offices fill again (four days).
_BEFORE_FESTIVAL, _AFTER_FESTIVAL = 66, 78
_FESTIVAL_MONTHS = (1, 2, 3)


def today_in_shanghai() -> date:
    """Today's date at the hall; a fixed offset, because China keeps no summer time and a machine may lack tzdata."""
    return datetime.now(_SHANGHAI).date()


def month_of(day: date) -> str:
    """The month of a day, as `2025-03`."""
    return f"{day:%Y-%m}"


def days_of(month: str) -> tuple[date, ...]:
    """Every day of a month such as `2025-03`; ValueError if it isn't one, or lies before the demo's first one."""
    try:
        days = tuple(months.days_of(month))
    except ValueError:
        raise ValueError(f"{month!r} is not a month; write it like 2025-03") from None
    if days[0] < FIRST_DAY:
        raise ValueError(f"the demo hall begins in {month_of(FIRST_DAY)}; it has nothing for {month}")
    return days


def is_over(day: date, today: date) -> bool:
    """Whether the demo hall has a finished day to answer for."""
    return FIRST_DAY <= day < today


@cache
def day_kind(day: date) -> DayKind:
    """The kind of a day by the public calendar, 调休 included; NotImplementedError for a year that it doesn't know."""
    if chinese_calendar.is_workday(day):
        return "working"
    if _is_spring_festival(day):
        return "spring_festival"
    return "holiday" if chinese_calendar.get_holiday_detail(day)[1] else "weekend"


def is_working_day(day: date) -> bool:
    """Whether the hall's counters are open."""
    return day_kind(day) == "working"


@cache
def busyness(day: date, rhythm: Rhythm) -> int:
    """How busy a day is, in ten-thousandths of an ordinary working day."""
    percent = _BUSY[rhythm][day_kind(day)] * _near_festival(day) // 100
    return percent * (_WEEKDAY[day.weekday()] if is_working_day(day) else 100)


def _near_festival(day: date) -> int:
    if day.month not in _FESTIVAL_MONTHS or not is_working_day(day):
        return 100
    if any(_is_spring_festival(day + timedelta(days=ahead)) for ahead in range(1, 8)):
        return _BEFORE_FESTIVAL
    if day > FIRST_DAY and any(_is_spring_festival(day - timedelta(days=back)) for back in range(1, 5)):
        return _AFTER_FESTIVAL
    return 100


@cache
def _is_spring_festival(day: date) -> bool:
    off, name = chinese_calendar.get_holiday_detail(day)
    return bool(off and name == chinese_calendar.Holiday.spring_festival.value)
