"""What somebody knows of and wants left until a day: one JSON file in the state folder, changed under the alerts' lock.

What is snoozed is told to nobody, nor its end. It comes back by itself on its day, and before that where its cause or
its kind changes. Where the file can't be read, nothing is snoozed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.alerts.conditions import Condition, Found
from orchestration.alerts.kept import read_kept, write_kept
from orchestration.alerts.memory import exclusive
from orchestration.alerts.news import further_days
from orchestration.automation.deadlines import Moment
from orchestration.runtime.errors import UserError
from orchestration.runtime.paths import Home
from orchestration.runtime.secrets import redact
from reports.figures.months import counted_spans

LONGEST = dt.timedelta(days=31)
_DAMAGED = "{path} can't be read ({error}), so nothing is snoozed; the next `yuebao snooze` puts it aside"


class SnoozeError(UserError):
    """Something can't be snoozed, or isn't; the message says what may be."""


@dataclass(frozen=True)
class Snooze:
    """What one person wants left, why, and until which day, on which it comes back."""

    by: str
    since: dt.datetime
    until: dt.date
    because: str
    conditions: Mapping[str, Condition]  # by key, as they were found

    def __str__(self) -> str:
        days = [each.day for each in self.conditions.values() if each.day]
        subjects = ", ".join(dict.fromkeys(each.subject for each in self.conditions.values()))
        what = f"{subjects} {counted_spans(sorted(set(days)))}" if days else subjects
        return f"{what}: {self.words}: {self.because}"

    @property
    def words(self) -> str:
        """By whom and until when."""
        return f"snoozed by {self.by} until {self.until}"

    def covers(self, found: Found) -> dict[str, Condition]:
        """What is found and says what was snoozed; of an outage its further days too."""
        same = {
            key: each
            for key, each in found.conditions.items()
            if key in self.conditions and each.is_like(self.conditions[key])
        }
        return {**same, **further_days(found, self.conditions)}

    def kept_up(self, found: Found) -> Snooze:
        """The same with an outage's further days, and without what has changed since."""
        covered = self.covers(found)
        still = {key: each for key, each in self.conditions.items() if key in covered or key not in found.conditions}
        return self.with_conditions({**still, **covered})

    def with_conditions(self, conditions: Mapping[str, Condition]) -> Snooze:
        """The same of other conditions, no secret in them."""
        return replace(
            self, conditions={key: replace(each, text=redact(each.text)) for key, each in conditions.items()}
        )


@dataclass(frozen=True)
class Snoozes:
    """All of them; `doubt` says why there are none, if the file can't be read."""

    listed: tuple[Snooze, ...] = ()
    doubt: str = ""

    def asleep(self, found: Found, today: dt.date) -> dict[str, Snooze]:
        """By key, what is found and is told to nobody today."""
        return {key: snooze for snooze in self.active(today) for key in snooze.covers(found)}

    def silent(self, found: Found, today: dt.date) -> frozenset[str]:
        """The keys of what channels are to forget, so that its end is no news and its coming back is."""
        ended = {
            key
            for snooze in self.listed
            for key in snooze.conditions
            if today >= snooze.until or key not in found.conditions
        }
        return frozenset(ended | self.asleep(found, today).keys())

    def kept_up(self, found: Found, today: dt.date) -> Snoozes:
        """Those that go on, as they stand now."""
        going_on = (snooze.kept_up(found) for snooze in self.active(today))
        return replace(self, listed=tuple(snooze for snooze in going_on if snooze.conditions))

    def without(self, keys: frozenset[str]) -> Snoozes:
        """All but these conditions."""
        left = (
            replace(each, conditions={key: one for key, one in each.conditions.items() if key not in keys})
            for each in self.listed
        )
        return replace(self, listed=tuple(each for each in left if each.conditions))

    def active(self, today: dt.date) -> list[Snooze]:
        """Those whose day is still to come."""
        return [snooze for snooze in self.listed if today < snooze.until]


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: a subject, system, check or key as `yuebao alerts` has it, until a day, and why."""

    what: str
    until: dt.date
    because: str
    by: str


def snooze(at: Moment, found: Found, wish: Wish) -> Snooze:
    """Snooze everything of a name that is found now.

    Raises:
        SnoozeError: the day is none of the next 31, a name or a reason is missing, or nothing of this name is found.
        AlertsBusyError: an evaluation doesn't end.
    """
    _require_fit(wish, at.today)
    conditions = _named(wish.what, found.conditions)
    if not conditions:
        raise SnoozeError(
            f"nothing that deserves an alert is called {wish.what!r}; there is: {_names(found.conditions)}"
        )
    made = Snooze(wish.by, at.now, wish.until, _one_line(wish.because), {}).with_conditions(conditions)
    with exclusive(at.home):
        before = read_snoozes(at.home)
        others = before.without(frozenset(conditions))
        write_snoozes(at.home, replace(others, listed=(*others.listed, made)))
    return made


def end_snooze(at: Moment, what: str) -> tuple[Snooze, ...]:
    """End what was snoozed under a name, and return it; raises as `snooze` does."""
    with exclusive(at.home):
        before = read_snoozes(at.home)
        every = {key: each for one in before.listed for key, each in one.conditions.items()}
        keys = frozenset(_named(what, every))
        if not keys:
            raise SnoozeError(f"nothing is snoozed that is called {what!r}; there is: {_names(every)}")
        write_snoozes(at.home, before.without(keys))
    return tuple(one for one in before.listed if keys & one.conditions.keys())


def read_snoozes(home: Home) -> Snoozes:
    """What is snoozed."""
    from pydantic import TypeAdapter

    listed, doubt = read_kept(_path(home), TypeAdapter(tuple[Snooze, ...]), _DAMAGED)
    return Snoozes(listed or (), doubt)


def write_snoozes(home: Home, snoozes: Snoozes) -> None:
    """Write what is snoozed."""
    from pydantic import TypeAdapter

    write_kept(_path(home), TypeAdapter(tuple[Snooze, ...]), snoozes.listed, doubted=bool(snoozes.doubt))


def _path(home: Home) -> Path:
    return home.alerts / "snoozed.json"


def _require_fit(wish: Wish, today: dt.date) -> None:
    if not today < wish.until <= today + LONGEST:
        raise SnoozeError(
            f"--until {wish.until}: it can be left until a day from {today + dt.timedelta(days=1)} to {today + LONGEST}"
        )
    for option, text in (("--because", wish.because), ("--by", wish.by)):
        if not text.strip():
            raise SnoozeError(f'{option} is empty; whoever meets it wants to know, e.g. {option} "..."')


def _named(what: str, conditions: Mapping[str, Condition]) -> dict[str, Condition]:
    return {
        key: each
        for key, each in conditions.items()
        if what.strip() in {key, each.subject, each.system, each.check} - {""}
    }


def _names(conditions: Mapping[str, Condition]) -> str:
    return ", ".join(dict.fromkeys(each.system or each.subject for each in conditions.values())) or "nothing"


def _one_line(text: str) -> str:
    return redact(" ".join(text.split()))
