"""The working-day calendar: `chinesecalendar` (holidays and 调休), under a reviewed table of overrides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from orchestration.runtime.errors import UserError

# A day, and the system and the site that an override is about, None for all.
OverrideKey = tuple[date, str | None, str | None]

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

    overrides: Mapping[OverrideKey, CalendarDay]

    def describe(self, day: date) -> CalendarDay:
        """The calendar's word on one day; CalendarError for a year that isn't known (the next is in autumn)."""
        return self.overrides.get((day, None, None)) or _public_day(day)

    def opening(self, day: date, system: str, site: str, *, every_day: bool) -> CalendarDay:
        """Whether a system must answer for a site on one day, and why; CalendarError as `describe`.

        The override that names the site holds before the system's, and both before the one of all; without any, it is
        every day, or the calendar's.
        """
        named = ((day, system, site), (day, None, site), (day, system, None), (day, None, None))
        for key in named:
            if key in self.overrides:
                return self.overrides[key]
        return CalendarDay(day, is_working_day=True, reason="每天") if every_day else _public_day(day)


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
