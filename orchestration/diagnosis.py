"""What was found of one thing that was looked at, in the form in which every command tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

# `look`: it may stay so and deserves a look; `mend`: somebody has to do something.
Verdict = Literal["ok", "look", "mend"]
_SIGNS: Mapping[Verdict, str] = {"ok": "ok", "look": "WARN", "mend": "BAD"}
_INDENT = "     "


@dataclass(frozen=True)
class Diagnosis:
    """What it is about, one line of what was found, its rows if any, and what to do: a command, if one does it."""

    subject: str
    verdict: Verdict
    message: str
    next_step: str = ""
    rows: tuple[str, ...] = ()

    @classmethod
    def of(cls, subject: str, verdict: Verdict, text: str) -> Diagnosis:
        """A diagnosis of an error's text: rows are its further lines, and `; next: ` begins what to do."""
        first, *rows = text.splitlines() or [""]
        message, _, next_step = first.partition("; next: ")
        return cls(subject, verdict, message, next_step, tuple(rows))

    @property
    def lines(self) -> list[str]:
        """As a terminal shows it."""
        next_step = [f"next: {self.next_step}"] if self.next_step else []
        first = f"{_SIGNS[self.verdict]:<4} {': '.join(filter(None, [self.subject, self.message]))}"
        return [first, *(f"{_INDENT}{line}" for line in (*self.rows, *next_step))]


def with_one_step(verdict: Verdict, found: Iterable[tuple[str, tuple[str, ...]]], next_step: str) -> list[Diagnosis]:
    """Messages that name their subject themselves, each with its rows; what to do stands under the last."""
    *others, last = [Diagnosis("", verdict, message, rows=rows) for message, rows in found]
    return [*others, replace(last, next_step=next_step)]
