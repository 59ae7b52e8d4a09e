"""A hall at a moment: which days are due or late, and the dates of a month's report by the working-day calendar."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orchestration.config.catalogue import working_days
from orchestration.config.hall import Hall, load_hall
from orchestration.config.working_days import WorkingDays
from orchestration.config.zone import moment_at
from orchestration.landing.day_status import SystemDay, system_days
from orchestration.runtime.paths import Home, current_home
from reports.certificates.ledger import Ledger
from reports.figures.months import days_between, months_before


@dataclass(frozen=True)
class Deadlines:
    """Until when what has to be done for a month; all lie in the month after it."""

    candidate: dt.date
    certification: dt.date
    edition: dt.date


@dataclass(frozen=True)
class Moment:
    """A hall as it stands at a moment of hall time, which is given so that it can be any.

    Whatever asks the working-day calendar raises CalendarError where it doesn't know the year.
    """

    hall: Hall
    home: Home
    calendar: WorkingDays
    now: dt.datetime

    @property
    def today(self) -> dt.date:
        """The date, in hall time."""
        return self.now.date()

    @property
    def this_month(self) -> str:
        """The month under way."""
        return self.hall.months.name_of(self.today)

    @property
    def ledger(self) -> Ledger:
        """The certificates."""
        return Ledger(self.home.certificates)

    def system_days(self, days: Iterable[dt.date], *, verify_files: bool = False) -> Iterator[SystemDay]:
        """How every system stands on each of the days, by files alone."""
        return system_days(self.hall, self.home, self.calendar, days, verify_files=verify_files)

    def days_back(self, count: int) -> list[dt.date]:
        """As many days up to yesterday, the oldest first, as far as the hall has data."""
        first = max(self.hall.first_day, self.today - dt.timedelta(days=count))
        return days_between(first, self.today - dt.timedelta(days=1))

    @property
    def days_looked_after(self) -> list[dt.date]:
        """The days that are asked for again while they aren't in: from `catch_up_days` ago to yesterday."""
        return self.days_back(self.hall.automation.catch_up_days)

    def months_back(self, count: int) -> list[str]:
        """The last months that are over, the newest first, as far as the hall has data."""
        names = (months_before(self.this_month, back) for back in range(1, count + 1))
        return [name for name in names if name >= self.hall.months.name_of(self.hall.first_day)]

    def due_at(self, system: str, day: dt.date) -> dt.datetime:
        """From when on a day of a system should be in, of all its halls; in UTC, for clocks of halls are changed."""
        return self._next_day(day, max(self.hall.pull_time(system, each) for each in self.hall.sites_of(system)))

    def late_at(self, system: str, day: dt.date) -> dt.datetime:
        """From when on a day that isn't in is late: the hall's hour, and never before it was asked for."""
        return max(self._next_day(day, self.hall.automation.late_at), self.due_at(system, day))

    def is_late(self, system: str, day: dt.date) -> bool:
        """Whether a day of a system that isn't in is late by now."""
        return self.now >= self.late_at(system, day)

    def _next_day(self, day: dt.date, time: dt.time) -> dt.datetime:
        return moment_at(day + dt.timedelta(days=1), time, self.hall.zone).astimezone(dt.UTC)

    def deadlines(self, month: str) -> Deadlines:
        """The dates of one month's report.

        The candidate is built on the first working day after the month, so that it follows 春节, 国庆节 and 调休 weeks.
        An edition's day that is closed moves to the working day before.
        """
        after = self.hall.months.days_of(months_before(month, -1))
        worked = [day for day in after if self.calendar.describe(day).is_working_day]
        settings = self.hall.automation
        last = next((day for day in after if day.day == settings.edition_day), after[-1])
        edition = max((day for day in worked if day <= last), default=worked[0])
        return Deadlines(worked[0], worked[min(settings.certification_deadline, len(worked)) - 1], edition)


def moment(now: dt.datetime | None = None) -> Moment:
    """This installation's hall at a moment, now unless one is given; raises SettingsError if it can't be used."""
    hall = load_hall().hall
    local = (now or dt.datetime.now(dt.UTC)).astimezone(hall.zone)
    return Moment(hall, current_home(), working_days(), local)
