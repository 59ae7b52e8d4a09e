"""Months of the past, one after the other, built or certified: only what isn't in is asked for, so that it resumes."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from orchestration.certification.certify import current_archive
from orchestration.certification.monthly_report import Steps, ask_month, build_if_due, create_report, is_emitted
from orchestration.partitions import months_named
from orchestration.runtime.errors import Refused
from orchestration.runtime.progress import tell_stage
from orchestration.warehouse.month import open_month

# By how long the last months took, what is left is reckoned.
_MONTHS_OF_PACE = 12


@dataclass(frozen=True)
class Backfilled:
    """What became of a month: its state in words, how many answers were asked for, and what is wrong with it."""

    month: str
    state: str
    asked: int = 0  # one for each system, day and site
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.month}: {self.state}, {self.asked} answers asked for"


def backfill(text: str, steps: Steps, *, certify: bool) -> Iterator[Backfilled]:
    """Each month of a range (`2023-01..2025-03`, or one month), in order; one that fails doesn't hold the next.

    With `certify` a month is brought to its section; one that has it is left as it is, whatever came in since.

    Raises:
        MonthError, SettingsError: the range isn't one, or the hall can't report on a month of it.
    """
    names = months_named(text)
    for name in names:
        # Before anything is asked: a range that the hall can't report on is a mistake of the command.
        open_month(name)
    seconds: list[float] = []
    for number, name in enumerate(names, start=1):
        tell_stage("%s, month %d of %d%s", name, number, len(names), _left(seconds, len(names) - number + 1))
        if certify and is_emitted(current_archive(), name):
            yield Backfilled(name, "certified before")
            continue
        begun = time.monotonic()
        yield (_certified if certify else _built)(name, steps)
        seconds.append(time.monotonic() - begun)


def _built(name: str, steps: Steps) -> Backfilled:
    asked = ask_month(name, steps, "missing")
    try:
        build_if_due(open_month(name), steps)
    except Refused as refused:
        return Backfilled(name, "NOT in", asked.count, asked.messages or (str(refused),))
    return Backfilled(name, "in and built", asked.count)


def _certified(name: str, steps: Steps) -> Backfilled:
    asked = ask_month(name, steps, "missing")
    try:
        create_report(name, steps, "nothing")
    except Refused as refused:
        return Backfilled(name, "NOT certified", asked.count, asked.messages or (str(refused),))
    return Backfilled(name, "certified", asked.count)


def in_all(months: Sequence[Backfilled]) -> str:
    """How many months are in which state, and which of them have problems."""
    states = Counter(month.state for month in months)
    counts = ", ".join(f"{count} {state}" for state, count in states.items())
    failed = ", ".join(month.month for month in months if month.problems)
    then = f"; mend what is named of {failed}, then run the same again" if failed else ""
    return f"{len(months)} months: {counts}{then}"


def _left(seconds: list[float], months: int) -> str:
    """About how long that many months take; nothing is said before one has been done."""
    if not seconds:
        return ""
    hours, minutes = divmod(math.ceil(median(seconds[-_MONTHS_OF_PACE:]) * months / 60), 60)
    return f", about {f'{hours} h ' if hours else ''}{minutes} min left"
