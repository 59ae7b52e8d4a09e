"""Time zones: which names there are, where a day begins in one, and when a time of day is.

Names are those of the IANA database as `tzdata` has them, so that every machine allows the same ones; a name that a
machine's own database lacks is read from `tzdata`.
"""

import datetime as dt
from bisect import bisect_left
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator


def _known(name: str) -> str:
    names = _names()
    if name not in names:
        cities = {zone.rpartition("/")[2].lower(): zone for zone in sorted(names)}
        near = [cities[city] for city in get_close_matches(name.rpartition("/")[2].lower(), cities, cutoff=0.7)]
        close = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(
            f"{name!r} is no time zone; allowed are the names of the IANA database, such as Asia/Shanghai, "
            f"America/New_York or UTC{close}"
        )
    return name


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


ZoneName = Annotated[str, AfterValidator(_known)]


def moment_at(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """When a clock in the zone first shows this time of this day, or a later one where clocks skip it."""
    wanted = dt.datetime.combine(day, time)
    earlier, later = sorted(wanted.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    if dt.datetime.fromtimestamp(earlier, zone).replace(tzinfo=None) == wanted:
        return dt.datetime.fromtimestamp(earlier, zone)
    # Skipped: clocks are put forward between these two moments.
    seconds = range(int(earlier), int(later) + 1)
    first = bisect_left(
        seconds, wanted, key=lambda second: dt.datetime.fromtimestamp(second, zone).replace(tzinfo=None)
    )
    return dt.datetime.fromtimestamp(seconds[first], zone)


def beginning(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The first moment of a day: midnight, or what follows it where clocks skip midnight.

    A day is from its beginning to the next day's, which is 23 or 25 hours where clocks are changed on it.
    """
    return moment_at(day, dt.time(), zone)


def offset_text(zone: ZoneInfo, days: tuple[dt.date, dt.date]) -> str:
    """The zone's only offset from UTC within a range of days, as `+08:00`; an empty text where it has several."""
    first, last = days
    months = range((last - first).days // 28 + 1)
    offsets = {beginning(first + dt.timedelta(days=28 * month), zone).isoformat()[-6:] for month in months}
    return offsets.pop() if len(offsets) == 1 else ""
