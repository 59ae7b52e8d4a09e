"""What is news to a channel: what it wasn't told, and what it was told that is over; held in the quiet hours."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from orchestration.alerts.conditions import KINDS, Condition, Found
from orchestration.alerts.file_conditions import TOLD_FOR
from orchestration.alerts.memory import Recollection
from orchestration.config.alerts import Alerts
from orchestration.runtime.secrets import redact
from reports.figures.months import consecutive


@dataclass(frozen=True)
class News:
    """By key, what a channel is to be told: what is new, and what is over; `held` waits for the morning."""

    new: dict[str, Condition]
    over: dict[str, Condition]
    held: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.over)

    @property
    def waiting(self) -> str:
        """How much is held, in words that end a line."""
        return f"; {self.held} held until the quiet hours end" if self.held else ""


def news(
    found: Found, known: Recollection, is_for: Callable[[Condition], bool], *, now: dt.datetime, quiet: bool
) -> News:
    """What a channel is to be told now, of what it is for."""
    lasting = further_days(found, known.told)
    new = {
        key: condition
        for key, condition in found.conditions.items()
        if key not in lasting
        and is_for(condition)
        and _is_new(condition, known)
        and (condition.happened is None or condition.happened >= known.began)
    }
    over = {key: told for key, told in _gone(found, known).items() if _is_worth_telling(told, now)}
    if not quiet:
        return News(new, over)
    urgent = {key: condition for key, condition in new.items() if not KINDS[condition.kind].waits}
    return News(urgent, {}, held=len(new) - len(urgent) + len(over))


def _is_new(condition: Condition, known: Recollection) -> bool:
    """Whether a channel wasn't told it, or was told another kind of it, or of an outage another cause."""
    told = known.told.get(condition.key)
    return told is None or told.kind != condition.kind or (KINDS[condition.kind].lasts and not condition.is_like(told))


def further_days(found: Found, known: Mapping[str, Condition]) -> dict[str, Condition]:
    """The days by which outages that are known have gone on since."""
    ends = {(each.subject, each.day): each for each in known.values() if KINDS[each.kind].lasts and each.day}
    lasting: dict[str, Condition] = {}
    for each in sorted(found.conditions.values(), key=lambda condition: condition.day or dt.date.min):
        if each.day and each.key not in known:
            before = ends.get((each.subject, each.day - dt.timedelta(days=1)))
            if before and each.is_like(before):
                ends[each.subject, each.day] = lasting[each.key] = each
    return lasting


def after(known: Recollection, found: Found, told: News, now: dt.datetime) -> Recollection:
    """What a channel knows once it was told the news, less what is gone without a word."""
    gone = _gone(found, known)
    silent = {key for key, each in gone.items() if not _is_worth_telling(each, now)}
    kept = {key: each for key, each in known.told.items() if key not in told.over and key not in silent}
    learnt = {**further_days(found, known.told), **told.new}
    new = {key: replace(each, text=redact(each.text)) for key, each in learnt.items()}
    return replace(known, told={**kept, **new})


def _gone(found: Found, known: Recollection) -> dict[str, Condition]:
    """What a channel was told that isn't found any more, by a source that could look."""
    gone = {key: told for key, told in known.told.items() if key not in found.conditions | _unended(found, known)}
    return {key: told for key, told in gone.items() if told.source not in found.blind}


def _unended(found: Found, known: Recollection) -> dict[str, Condition]:
    """What a channel was told of outages that go on: their end is told once, and not for each day that came in."""
    going_on = (outage for outage in _outages(known) if any(each.key in found.conditions for each in outage))
    return {each.key: each for outage in going_on for each in outage}


def _outages(known: Recollection) -> list[list[Condition]]:
    lasting = [each for each in known.told.values() if KINDS[each.kind].lasts]
    return consecutive(lasting, lambda each: each.day or dt.date.min, lambda each: (each.kind, each.subject))


def forget(known: Recollection, silent: frozenset[str]) -> Recollection:
    """What a channel knows less what is snoozed, of an outage less all of its days."""
    outages = (outage for outage in _outages(known) if any(each.key in silent for each in outage))
    gone = silent | {each.key for outage in outages for each in outage}
    return replace(known, told={key: each for key, each in known.told.items() if key not in gone})


def _is_worth_telling(told: Condition, now: dt.datetime) -> bool:
    # What happened long ago is no longer found, whether it was mended or not.
    return KINDS[told.kind].ends and (told.happened is None or now - told.happened < TOLD_FOR)


def is_quiet(alerts: Alerts, time: dt.time) -> bool:
    """Whether a time of day lies in the quiet hours, which may go over midnight; none if they begin when they end."""
    begin, end = alerts.quiet_from, alerts.quiet_to
    return begin <= time < end if begin <= end else time >= begin or time < end
