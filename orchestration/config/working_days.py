"""The working-day calendar: `chinesecalendar` (holidays and 调休), under a reviewed table of overrides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from orchestration.runtime.errors import UserError
from reports.figures.validity import Valid, is_valid

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
    """Answers whether a day is worked; an override wins over the public calendar, and the end of a site over both.

    `sites` are those that begin or end, by code.
    """

    overrides: Mapping[OverrideKey, CalendarDay]
    sites: Mapping[str, Valid] = field(default_factory=dict)

    def describe(self, day: date) -> CalendarDay:
        """The calendar's word on one day; CalendarError for a year that isn't known (the next is in autumn)."""
        return self.overrides.get((day, None, None)) or _public_day(day)

    def opening(self, day: date, system: str, site: str, *, every_day: bool) -> CalendarDay:
        """Whether a system must answer for a site on one day, and why; CalendarError as `describe`.

        On a day that a site isn't valid nobody must answer for it. The override that names the site holds before the
        system's, and both before the one of all; without any, it is every day, or the calendar's.
        """
        ends = self.sites.get(site)
        if ends and not is_valid(day, ends.valid_from, ends.valid_to):
            return CalendarDay(day, is_working_day=False, reason="网点未启用或已停用")
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
