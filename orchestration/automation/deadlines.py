"""The dates of a month's report, by the working-day calendar: the candidate, the certification, the edition."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from orchestration.config.hall import Hall
from orchestration.config.working_days import WorkingDays
from reports.figures.months import days_of, months_before


@dataclass(frozen=True)
class Deadlines:
    """Until when what has to be done for a month; all lie in the month after it."""

    month: str
    candidate: dt.date
    certification: dt.date
    edition: dt.date


def deadlines_of(month: str, hall: Hall, calendar: WorkingDays) -> Deadlines:
    """The dates of one month.

    The candidate is built on the first working day after the month, so that it follows 春节, 国庆节 and 调休 weeks. An
    edition's day that is closed moves to the working day before.

    Raises:
        CalendarError: the working-day calendar doesn't know the year.
    """
    after = days_of(months_before(month, -1))
    worked = [day for day in after if calendar.describe(day).is_working_day]
    settings = hall.automation
    edition = max((day for day in worked if day.day <= settings.edition_day), default=worked[0])
    return Deadlines(month, worked[0], worked[min(settings.certification_deadline, len(worked)) - 1], edition)


def due_at(hall: Hall, system: str, day: dt.date) -> dt.datetime:
    """From when on a day of a system should be in, of all its halls."""
    latest = max(hall.pull_time(system, each) for each in hall.sites_of(system))
    return dt.datetime.combine(day + dt.timedelta(days=1), latest, ZoneInfo(hall.timezone))


def late_at(hall: Hall, system: str, day: dt.date) -> dt.datetime:
    """From when on a day that isn't in is late: the hall's hour, and never before it was asked for."""
    hour = dt.datetime.combine(day + dt.timedelta(days=1), hall.automation.late_at, ZoneInfo(hall.timezone))
    return max(hour, due_at(hall, system, day))


def days_looked_after(hall: Hall, today: dt.date) -> Iterator[dt.date]:
    """The days that are asked for again while they aren't in: from `catch_up_days` ago to yesterday."""
    first = max(hall.first_day, today - dt.timedelta(days=hall.automation.catch_up_days))
    yield from (first + dt.timedelta(days=offset) for offset in range((today - first).days))
