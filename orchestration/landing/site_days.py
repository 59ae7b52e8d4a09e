"""How sites stand on days, over all systems that answer for them: which aren't in, the worst first.

Status, health, alerts and the certification of sites read it here.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from orchestration.landing.day_status import SystemDay
from reports.figures.day_verdict import VERDICTS, DayVerdict, worst

_NAMED = 3


@dataclass(frozen=True)
class SiteDays:
    """One site: on each day the worst verdict of its systems, and by system the days that keep it from being in."""

    site: str
    verdicts: dict[dt.date, DayVerdict] = field(default_factory=dict)
    lacking: dict[str, list[dt.date]] = field(default_factory=dict)

    @property
    def missed(self) -> int:
        """On how many days it isn't in."""
        return len({day for days in self.lacking.values() for day in days})

    def add(self, system: str, day: dt.date, verdict: DayVerdict) -> None:
        """Take up one system's verdict."""
        self.verdicts[day] = worst([verdict, self.verdicts.get(day, verdict)])
        if not VERDICTS[verdict].is_in:
            self.lacking.setdefault(system, []).append(day)


@dataclass(frozen=True)
class SiteMatrix:
    """Sites over days, by the site's code."""

    sites: Mapping[str, SiteDays] = field(default_factory=dict)

    @classmethod
    def of(cls, statuses: Iterable[SystemDay], is_late: Callable[[str, dt.date], bool] | None = None) -> Self:
        """Of days of systems; with `is_late`, by system and day, what is missing and isn't late is left out."""
        sites: dict[str, SiteDays] = {}
        for status in statuses:
            late = is_late is None or is_late(status.system, status.day)
            for site, verdict in status.verdicts.items():
                its = sites.setdefault(site, SiteDays(site))
                if late or verdict != "missing":
                    its.add(status.system, status.day, verdict)
        return cls(sites)

    @cached_property
    def lacking(self) -> list[SiteDays]:
        """The sites that aren't in on some day, those with the most such days first."""
        return sorted((each for each in self.sites.values() if each.lacking), key=lambda each: -each.missed)

    @property
    def has_several(self) -> bool:
        """Whether there is more than one site, so that it matters which."""
        return len(self.sites) > 1

    @property
    def whole(self) -> int:
        """How many sites are in on every day."""
        return len(self.sites) - len(self.lacking)


def named(sites: Sequence[object], most: int = _NAMED) -> str:
    """The first of some sites, and how many more there are."""
    more = f" and {len(sites) - most} more" if len(sites) > most else ""
    return ", ".join(map(str, sites[:most])) + more
