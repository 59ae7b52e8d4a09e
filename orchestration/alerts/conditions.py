"""What deserves an alert, as plain data: one condition, the kinds there are, and what was found at a moment."""

import datetime as dt
from dataclasses import dataclass, field

from orchestration.config.alerts import AlertKind
from orchestration.runtime.secrets import redact
from reports.figures.causes import likeness


@dataclass(frozen=True)
class ConditionKind:
    """How conditions of one kind are told."""

    heading: str  # over its lines in a message, and in the runbook, where it says what to do and what never to do
    lasts: bool = False  # whether it is an outage: told when it begins or its cause changes, and not for each day
    waits: bool = True  # whether it is held during the quiet hours
    ends: bool = True  # whether its end is told; the end of the others is no news, or another alert says it

    @property
    def anchor(self) -> str:
        """Where the runbook speaks of it, as Markdown names a heading."""
        return "orchestration/README.md#alert-" + self.heading.lower().replace(" ", "-")


# In the order in which a message tells them.
KINDS: dict[AlertKind, ConditionKind] = {
    "failure": ConditionKind("failure", waits=False),
    "check_failed": ConditionKind("check failed"),
    "refused": ConditionKind("refused", lasts=True),
    "late": ConditionKind("late", lasts=True),
    "deadline": ConditionKind("deadline", ends=False),
    "revision_pending": ConditionKind("revision pending"),
    "check_warned": ConditionKind("check warned", ends=False),
    "channel": ConditionKind("channel"),
    "certified": ConditionKind("certified", ends=False),
}


@dataclass(frozen=True)
class Condition:
    """One thing that deserves an alert for as long as it is found.

    `subject` and `text` are one readable line; consecutive days of a subject share one, with the text of the last. What
    happened before a channel began isn't told.
    """

    kind: AlertKind
    key: str  # the same for as long as it is the same thing; the first word is the source that finds it
    subject: str
    text: str
    next_step: str  # the command to run; `{days}` stands for the days that are told together
    day: dt.date | None = None  # the day that it is about, if it is about one
    rows: tuple[str, ...] = ()  # what a check found, a line for each row
    happened: dt.datetime | None = None  # for what happens at a moment and isn't a state: when
    system: str = ""  # the hall system that it is about, if it is about one
    check: str = ""  # the check that it is the outcome of, if it is that of one

    @property
    def source(self) -> str:
        """Who finds it."""
        return self.key.partition(" ")[0]

    def is_like(self, other: "Condition") -> bool:
        """Whether it says the same, of its own day."""
        return _likeness(self) == _likeness(other)


def _likeness(condition: Condition) -> tuple[str, ...]:
    text = redact(condition.text)
    cause = likeness(text, condition.day, silent=condition.kind == "late") if condition.day else text
    return condition.kind, condition.subject, cause


class UnsureError(Exception):
    """A source can't say just now; what it found before still holds."""


@dataclass(frozen=True)
class Found:
    """What was found at a moment, by key."""

    conditions: dict[str, Condition] = field(default_factory=dict)
    blind: frozenset[str] = frozenset()  # the sources that couldn't look: what they found before may still be so
