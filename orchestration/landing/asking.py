"""What is asked for again: what isn't in, and what may still be corrected. Plain decisions, without Dagster.

The night, `report`, `backfill` and what is re-executed from failure decide by these rules alone (decision 26).
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from orchestration.config.hall import Hall
from orchestration.landing.day_status import SystemDay
from reports.figures.months import consecutive

# After a downtime of that many days, windows for corrections that closed meanwhile are made up.
LONGEST_DOWNTIME = 31


def is_asked_again(hall: Hall, status: SystemDay, now: dt.datetime) -> bool:
    """Whether a system is asked for a day again: it isn't in, or may have been corrected; `now` is in hall time."""
    return not status.is_in or awaits_correction(hall, status, now)


def awaits_correction(hall: Hall, status: SystemDay, now: dt.datetime) -> bool:
    """Whether a day that is in wasn't answered since the newest night in which its window for corrections asks."""
    window = hall.systems[status.system].repull_days
    last_night = status.day + dt.timedelta(days=window + 1)
    if not window or not status.is_in or now.date() - last_night > dt.timedelta(days=LONGEST_DOWNTIME):
        return False
    answered = status.answered_at
    # What is stamped in the future was answered while the clock ran ahead: nobody knows when.
    if answered is None or answered > now:
        return True
    return answered.astimezone(now.tzinfo).date() < min(last_night, now.date())


def gaps(absent: Iterable[tuple[dt.date, str]]) -> list[tuple[Sequence[dt.date], tuple[str, ...]]]:
    """Days and systems in as few questions as there are: consecutive days with the same systems."""
    systems: dict[dt.date, tuple[str, ...]] = {}
    for day, system in absent:
        systems[day] = (*systems.get(day, ()), system)
    groups = consecutive(systems, lambda day: day, systems.__getitem__)
    return [(days, systems[days[0]]) for days in sorted(groups)]
