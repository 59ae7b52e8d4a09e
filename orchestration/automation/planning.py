"""What is to be asked for, or built, at a moment: plain decisions from settings and files, without Dagster.

Nothing is pulled twice without cause: a cause is the night after the day, the hall's window for late corrections, or a
day that isn't in.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from orchestration.automation.deadlines import Moment
from orchestration.config.hall import Hall
from orchestration.landing.asking import LONGEST_DOWNTIME, awaits_correction, gaps
from orchestration.landing.day_status import SystemDay

# A run holds its answers until all are judged: a year is asked for in pieces.
MOST_DAYS_AT_ONCE = 100
_PATIENCE = dt.timedelta(days=1)
_OFTEN, _SELDOM = dt.timedelta(minutes=50), dt.timedelta(hours=23)
_GRACE = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class Pull:
    """One run: consecutive days of some systems; of `sites` alone, where they are named."""

    days: tuple[dt.date, ...]
    systems: tuple[str, ...]
    cause: str  # why it is asked, for the run's tags
    sites: tuple[str, ...] = ()


def pull_times(hall: Hall) -> list[dt.time]:
    """The times of day at which something is asked for."""
    return sorted({hall.pull_time(system, code) for system in hall.systems for code in hall.sites_of(system)})


def nightly(at: Moment, time: dt.time, statuses: Iterable[SystemDay]) -> list[Pull]:
    """What to ask for at one of the hall's times: yesterday, and each system's window, of the days it answers for.

    Of the days whose `statuses` are given, what is in and has no window isn't asked for again; and what wasn't answered
    since its window closed is, because nothing was asked that night.
    """
    hall, statuses = at.hall, list(statuses)
    yesterday = at.today - dt.timedelta(days=1)
    already_in = {status.system for status in statuses if status.day == yesterday and status.is_in}
    asked: dict[tuple[tuple[dt.date, ...], tuple[str, ...]], list[str]] = {}
    for system, settings in hall.systems.items():
        days = tuple(filter(settings.is_valid_on, at.days_back(settings.repull_days + 1)))
        sites = tuple(code for code in hall.sites_of(system) if hall.pull_time(system, code) == time)
        if days and sites and (settings.repull_days or system not in already_in):
            only = sites if settings.pull_at_of_sites else ()
            asked.setdefault((days, only), []).append(system)
    missed = [(day.day, day.system) for day in statuses if _is_last(hall, day.system, time) and _was_missed(at, day)]
    return [
        *(Pull(days, tuple(systems), "nightly", sites) for (days, sites), systems in asked.items()),
        *(Pull(tuple(days), systems, "correction") for days, systems in gaps(missed)),
    ]


def days_of_windows(at: Moment) -> list[dt.date]:
    """The days of which `nightly` has to know how they stand, the oldest first."""
    windows = [system.repull_days for system in at.hall.systems.values()]
    return at.days_back(max(windows) + 1 + LONGEST_DOWNTIME if any(windows) else 1)


def _is_last(hall: Hall, system: str, time: dt.time) -> bool:
    """Whether no site of a system is asked later in the night."""
    return time == max(hall.pull_time(system, code) for code in hall.sites_of(system))


def _was_missed(at: Moment, status: SystemDay) -> bool:
    """Whether a day's window for corrections has closed without an answer in its last night."""
    window = at.hall.systems[status.system].repull_days
    last_night = status.day + dt.timedelta(days=window + 1)
    return last_night < at.today and awaits_correction(at.hall, status, at.now)


def catch_up(at: Moment, statuses: Iterable[SystemDay]) -> list[Pull]:
    """What isn't in though it should be, of days that stand so: every hour on the first day, once a day afterwards."""
    overdue = [status for status in statuses if not status.is_in and _is_due_again(at, status)]
    return [
        Pull(tuple(days[start : start + MOST_DAYS_AT_ONCE]), systems, "catch_up")
        for days, systems in gaps((status.day, status.system) for status in overdue)
        for start in range(0, len(days), MOST_DAYS_AT_ONCE)
    ]


def _is_due_again(at: Moment, status: SystemDay) -> bool:
    now, due, refused_at = at.now, at.due_at(status.system, status.day), status.refused_at
    # What is stamped in the future was refused while the clock ran ahead: nobody knows when.
    if refused_at is None or refused_at > now:
        return now >= due + _GRACE
    return now - refused_at >= (_OFTEN if now - due < _PATIENCE else _SELDOM)


def without_those_under_way(pulls: Iterable[Pull], asked: Mapping[str, set[dt.date]]) -> list[Pull]:
    """What of the pulls isn't being asked just now, by the days that runs in progress ask of each system."""
    return [left for pull in pulls for left in _less(pull, asked)]


def _less(pull: Pull, asked: Mapping[str, set[dt.date]]) -> Iterator[Pull]:
    free = [(day, system) for day in pull.days for system in pull.systems if day not in asked.get(system, set())]
    for days, systems in gaps(free):
        yield replace(pull, days=tuple(days), systems=systems)
