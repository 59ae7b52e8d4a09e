"""When a month's answers had all come, late corrections included: the triangle, and on which day to certify."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import Literal
from zoneinfo import ZoneInfo

from orchestration.automation.deadlines import Moment
from orchestration.landing.manifest import Extract, Landing

MONTHS_BACK = 13
# What first came later than this was brought in afterwards, and says nothing of when it would have come.
BACKFILLED_AFTER = 45
# A month that ended less than this ago may still be corrected.
SETTLED_AFTER = 31

ArrivalBasis = Literal["judged", "young", "incomplete", "backfilled"]


@dataclass(frozen=True)
class Arrival:
    """On which day one answer first came, and on which what now stands; day 1 follows the month's last day."""

    first: int
    final: int
    corrected: bool


@dataclass(frozen=True)
class MonthArrival:
    """When the answers of one month came."""

    month: str
    answers: int  # how many the month has, one for each system and day
    arrivals: tuple[Arrival, ...]  # those that came; of all sites, where the system answers for many
    age: int  # today, counted as the days of `arrivals` are

    @cached_property
    def _finals(self) -> list[int]:
        return sorted(each.final for each in self.arrivals)

    def share(self, day: int) -> float:
        """The share of all answers, between 0 and 1, whose final content had come by the end of a day."""
        return bisect_right(self._finals, day) / self.answers

    @property
    def last(self) -> int | None:
        """The day by which everything had come, or None while something is missing."""
        return self._finals[-1] if len(self.arrivals) == self.answers else None

    @property
    def corrected(self) -> int:
        """How many answers came again with other content."""
        return sum(each.corrected for each in self.arrivals)

    @property
    def basis(self) -> ArrivalBasis:
        """What the month is good for: a `young` one may still be corrected, and can only make the day later."""
        afterwards = sum(each.first > BACKFILLED_AFTER for each in self.arrivals)
        if 2 * afterwards > len(self.arrivals):
            return "backfilled"
        if self.last is None:
            return "incomplete"
        return "judged" if self.age > SETTLED_AFTER else "young"


@dataclass(frozen=True)
class Arrivals:
    """The last months that are over, the oldest first."""

    months: tuple[MonthArrival, ...]

    def named(self, basis: ArrivalBasis) -> list[str]:
        """The months of one kind."""
        return [each.month for each in self.months if each.basis == basis]

    @property
    def safe_day(self) -> int | None:
        """The first day by which every one of these months had all its content; None with no month to judge by."""
        if not self.named("judged"):
            return None
        return max(each.last for each in self.months if each.basis in {"judged", "young"} and each.last is not None)

    @property
    def verdict(self) -> str:
        """What can be said of the day, and by which months."""
        judged = self.named("judged")
        if self.safe_day is None:
            return (
                "Nothing can be said yet of the day from which it is safe to certify: no month that ended more than "
                f"{SETTLED_AFTER} days ago is complete and came in as it went."
            )
        by = f"{len(judged)} month{'s' if len(judged) > 1 else ''}"
        return f"Safe to certify on day {self.safe_day}: by then all content of {by} had come ({', '.join(judged)})."

    @property
    def left_out(self) -> list[str]:
        """Which months it isn't said by, and why."""
        reasons: dict[ArrivalBasis, str] = {
            "young": "ended too short a while ago, and can only make the day later",
            "incomplete": "incomplete",
            "backfilled": f"brought in afterwards, mostly more than {BACKFILLED_AFTER} days after the end",
        }
        return [f"{', '.join(self.named(basis))}: {why}" for basis, why in reasons.items() if self.named(basis)]


def arrivals_of(at: Moment) -> Iterator[MonthArrival]:
    """The last months that are over, the oldest first, as far as the hall has data; LandingError for a bad entry."""
    hall, landing, zone = at.hall, Landing(at.home.landing), at.hall.zone
    for name in reversed(at.months_back(MONTHS_BACK)):
        days = hall.months.days_of(name)
        asked = list(hall.asked(days))
        if not asked:
            continue
        histories = ((landing.history(system, day), hall.sites_of(system)) for system, day in asked)
        yield MonthArrival(
            month=name,
            answers=len(asked),
            arrivals=tuple(_arrivals(histories, days[-1], zone)),
            age=(at.today - days[-1]).days,
        )


def _arrivals(
    histories: Iterable[tuple[Sequence[Extract], tuple[str, ...]]], last_day: dt.date, zone: ZoneInfo
) -> Iterator[Arrival]:
    for history, sites in histories:
        if history and all(site in history[-1].sites for site in sites):
            yield arrival(history, last_day, zone)


def arrival(history: Sequence[Extract], last_day: dt.date, zone: ZoneInfo) -> Arrival:
    """When an answer came, by its extracts, the oldest first.

    The same content judged by another suite is no correction, and neither is another site's answer that was added.
    """
    newest = history[-1]
    standing = list(takewhile(lambda each: _content(each) == _content(newest), reversed(history)))
    return Arrival(
        first=_day(history[0], last_day, zone),
        final=_day(standing[-1], last_day, zone),
        corrected=any(_contradicts(each, newest) for each in history),
    )


def _content(extract: Extract) -> tuple[str, str]:
    return extract.state, extract.content_sha256


def _contradicts(before: Extract, newest: Extract) -> bool:
    return before.state != newest.state or any(
        site in newest.sites and entry.content_sha256 != newest.sites[site].content_sha256
        for site, entry in before.sites.items()
    )


def _day(extract: Extract, last_day: dt.date, zone: ZoneInfo) -> int:
    """What came before the month's end counts as the end, day 0."""
    return max(0, (dt.datetime.fromisoformat(extract.landed_at).astimezone(zone).date() - last_day).days)
