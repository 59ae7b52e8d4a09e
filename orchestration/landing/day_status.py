"""How one system and day stands: what is in, what is absent, what was refused; by files alone, without judging them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from orchestration.config.hall import Hall
from orchestration.config.working_days import WorkingDays
from orchestration.landing.manifest import Extract, Landing, LandingError
from orchestration.landing.quarantine import Quarantine, Refusal
from orchestration.runtime.paths import Home
from reports.figures.readiness import DayStatus

# Colour is never the only mark: the same signs in the terminal and on the health page.
SIGNS: Mapping[DayStatus, str] = {"answered": "■", "closed": "·", "missing": "?", "quarantined": "!", "damaged": "x"}


@dataclass(frozen=True)
class SystemDay:
    """One system and day.

    Attributes:
        expected: whether the calendar has the system open.
        halls: the codes of the halls that the system answers for.
        refusals: by hall, the newest refusal that no good answer has followed.
        fault: why the manifest entry can't be read, else empty.
    """

    system: str
    day: dt.date
    expected: bool
    sites: tuple[str, ...]
    extract: Extract | None
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    fault: str = ""

    @property
    def absent(self) -> tuple[str, ...]:
        """The halls that aren't in."""
        return tuple(hall for hall in self.sites if not self.extract or hall not in self.extract.sites)

    @property
    def doubted(self) -> tuple[str, ...]:
        """The halls whose newest answer was refused: it casts doubt on an earlier good one, as silence doesn't."""
        return tuple(hall for hall, refusal in self.refusals.items() if refusal.answered)

    @property
    def state(self) -> DayStatus:
        """The state of the whole day; whether the file is what was landed isn't looked at."""
        if self.fault:
            return "damaged"
        if self.doubted:
            return "quarantined"
        return self.extract.state if self.extract and not self.absent else "missing"

    @property
    def is_in(self) -> bool:
        """Whether every hall is in, and none in doubt."""
        return self.state in {"answered", "closed"}

    @property
    def detail(self) -> str:
        """Why the day isn't in, as far as it is known."""
        if self.state == "quarantined":
            return " ".join(self.refusals[hall].reason for hall in self.doubted)
        if self.state == "missing":
            known = " ".join(self.refusals[hall].reason for hall in self.absent if hall in self.refusals)
            return known or (f"halls {', '.join(self.absent)}" if self.extract else "")
        return self.fault

    @property
    def refused_at(self) -> dt.datetime | None:
        """When it was last asked for in vain, or None."""
        return max((dt.datetime.fromisoformat(each.refused_at) for each in self.refusals.values()), default=None)


def standings(hall: Hall, home: Home, calendar: WorkingDays, days: Iterable[dt.date]) -> Iterator[SystemDay]:
    """Every system on each of the days, day by day.

    Raises:
        CalendarError: the working-day calendar doesn't know a day's year.
    """
    landing, quarantine = Landing(home.landing), Quarantine(home.quarantine)
    for day in days:
        works = calendar.describe(day).is_working_day
        for system, settings in hall.systems.items():
            extract, fault = _current(landing, system, day)
            yield SystemDay(
                system=system,
                day=day,
                expected=works or settings.opens == "every_day",
                sites=hall.sites_of(system),
                extract=extract,
                refusals=quarantine.open_refusals(system, day),
                fault=fault,
            )


def _current(landing: Landing, system: str, day: dt.date) -> tuple[Extract | None, str]:
    try:
        return landing.current(system, day), ""
    except LandingError as error:
        return None, str(error)
