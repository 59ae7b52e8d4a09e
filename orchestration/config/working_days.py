"""The working-day calendar: `chinesecalendar` (holidays and 调休), under a reviewed table of overrides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from orchestration.runtime.errors import UserError

_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


class CalendarError(UserError):
    """No working-day calendar is known for a year, or the override table can't be read."""


@dataclass(frozen=True)
class CalendarDay:
    """Whether a day is worked, and why (in Chinese, as authors read it)."""

    day: date
    is_working_day: bool
    reason: str


@dataclass(frozen=True)
class WorkingDays:
    """Answers whether a day is worked; an override wins over the public calendar."""

    overrides: Mapping[date, CalendarDay]

    def describe(self, day: date) -> CalendarDay:
        """The calendar's word on one day; CalendarError for a year that isn't known (the next is in autumn)."""
        return self.overrides.get(day) or _public_day(day)


# The library looks through all its years for each day.
@cache
def _public_day(day: date) -> CalendarDay:
    import chinese_calendar

    try:
        day_off, holiday = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError as error:
        raise CalendarError(
            f"no working-day calendar for {day.year}: update the package `chinesecalendar`, "
            "or wait until the State Council has published the year"
        ) from error
    weekday = _WEEKDAYS[day.weekday()]
    if day_off:
        name = chinese_calendar.Holiday(holiday).chinese if holiday else weekday
        return CalendarDay(day, is_working_day=False, reason=name)
    return CalendarDay(day, is_working_day=True, reason="调休上班" if day.weekday() >= 5 else weekday)
