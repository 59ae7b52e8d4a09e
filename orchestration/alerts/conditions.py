"""What deserves an alert, as plain data: one condition, the kinds there are, and what was found at a moment."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from orchestration.config.alerts import AlertKind


@dataclass(frozen=True)
class ConditionKind:
    """How conditions of one kind are told.

    Attributes:
        heading: over its lines in a message, and in the runbook, where it says what to do and what never to do.
        waits: whether it is held during the quiet hours.
        ends: whether its end is told; the end of the others is no news, or another alert says it.
    """

    heading: str
    waits: bool = True
    ends: bool = True

    @property
    def anchor(self) -> str:
        """Where the runbook speaks of it, as Markdown names a heading."""
        return "orchestration/README.md#alert-" + self.heading.lower().replace(" ", "-")


# In the order in which a message tells them.
KINDS: dict[AlertKind, ConditionKind] = {
    "failure": ConditionKind("failure", waits=False),
    "check_failed": ConditionKind("check failed"),
    "refused": ConditionKind("refused"),
    "late": ConditionKind("late"),
    "deadline": ConditionKind("deadline", ends=False),
    "revision_pending": ConditionKind("revision pending"),
    "check_warned": ConditionKind("check warned", ends=False),
    "channel": ConditionKind("channel"),
    "certified": ConditionKind("certified", ends=False),
}


@dataclass(frozen=True)
class Condition:
    """One thing that deserves an alert for as long as it is found.

    Attributes:
        key: the same for as long as it is the same thing; the first word is the source that finds it.
        subject, text: one readable line; consecutive days of a subject share one, with the text of the last.
        next_step: the command to run; `{days}` stands for the days that are told together.
        day: the day that it is about, if it is about one.
        happened: for what happens at a moment and isn't a state: when. What happened before a channel began isn't told.
    """

    kind: AlertKind
    key: str
    subject: str
    text: str
    next_step: str
    day: dt.date | None = None
    happened: dt.datetime | None = None

    @property
    def source(self) -> str:
        """Who finds it."""
        return self.key.partition(" ")[0]


class UnsureError(Exception):
    """A source can't say just now; what it found before still holds."""


@dataclass(frozen=True)
class Found:
    """What was found at a moment, by key.

    `blind` are the sources that couldn't look: what they found before may still be so.
    """

    conditions: dict[str, Condition] = field(default_factory=dict)
    blind: frozenset[str] = frozenset()


Find = Callable[[], Iterable[Condition]]


def find_everywhere(sources: dict[str, Find], mistakes: tuple[type[Exception], ...]) -> Found:
    """Ask every source; one that can't look is itself a failure, and keeps no other from looking.

    Args:
        sources: by the first word of their keys.
        mistakes: the errors whose message says what is wrong and what to do.
    """
    found: dict[str, Condition] = {}
    blind: set[str] = set()
    for name, find in sources.items():
        try:
            found |= {condition.key: condition for condition in find()}
        except UnsureError:
            blind.add(name)
        except mistakes as error:
            blind.add(name)
            blinded = Condition("failure", f"looking {name}", f"alerts on {name}", str(error), "yuebao doctor")
            found[blinded.key] = blinded
    return Found(found, frozenset(blind))
