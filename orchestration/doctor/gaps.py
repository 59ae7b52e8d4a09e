"""Days within a time on which nothing of several is valid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.figures.validity import Valid

_A_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Days from one to another, both in it; None is an open end."""

    valid_from: dt.date | None
    valid_to: dt.date | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Span:
        """The validity of a row of a table, as ISO texts."""
        first, last = (dt.date.fromisoformat(row[end]) if row[end] else None for end in ("valid_from", "valid_to"))
        return cls(first, last)

    def within(self, other: Valid) -> Span:
        """The days that are in another validity too; where there are none, it ends before it begins."""
        firsts = [first for first in (self.valid_from, other.valid_from) if first]
        lasts = [last for last in (self.valid_to, other.valid_to) if last]
        return Span(max(firsts, default=None), min(lasts, default=None))

    def __str__(self) -> str:
        return f"from {self.valid_from} " + (f"to {self.valid_to}" if self.valid_to else "on")


def gaps(valid: Sequence[Valid], span: Span) -> Iterator[Span]:
    """Each time within a span, which has a first day, in which nothing is valid, in order."""
    day = span.valid_from
    for each in sorted(valid, key=lambda one: one.valid_from or dt.date.min):
        if day is None or (span.valid_to and day > span.valid_to):
            return
        if each.valid_from and each.valid_from > day:
            yield Span(day, each.valid_from - _A_DAY).within(Span(None, span.valid_to))
        if each.valid_to is None:
            return
        day = max(day, each.valid_to + _A_DAY)
    if day and not (span.valid_to and day > span.valid_to):
        yield Span(day, span.valid_to)
