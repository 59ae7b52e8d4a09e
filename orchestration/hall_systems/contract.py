"""What every kind of source answers: the daily counts of one day, or a fault that says what went wrong and what to do.

The contract of daily counts (design, "Words"): one row per stat_date, hall_code, department_code, item_code (or null)
and measure.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, get_args

from orchestration.system_settings import ContractName

CONTRACT: tuple[str, ...] = get_args(ContractName)
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,18}")


class SourceFault(Exception):
    """A question that got no usable answer.

    Args:
        problem: what happened, with file, page or row where one is known.
        next_step: what an engineer does about it.

    Attributes:
        answered: whether the system said something (that can't be used), or nothing at all.
    """

    answered = True

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.next_step = next_step


class PassingFault(SourceFault):
    """A fault that may pass by itself: worth asking again, after `retry_after` seconds where the source says so."""

    answered = False

    def __init__(self, problem: str, next_step: str, retry_after: float | None = None) -> None:
        super().__init__(problem, next_step)
        self.retry_after = retry_after


class BrokenAnswer(PassingFault):
    """An answer that arrived damaged: it may be whole the next time."""

    answered = True


class PermanentFault(SourceFault):
    """A fault that asking again can't mend."""


class QuestionRefused(SourceFault):
    """The system takes no question from us as things stand: nothing is said of the day, and asking again is no use."""

    answered = False


class NothingForDay(SourceFault):
    """The source is well and has no answer for the day: right on a closed day, missing on any other."""

    answered = False


@dataclass(frozen=True)
class Answer:
    """What one hall system said of one day.

    Attributes:
        asked_date: the day asked for.
        rows: one mapping per row with the contract's keys, and `origin` (file or page, and row) for messages.
        declared: the totals by measure that the source itself states, to be held against the rows.
        source: where it came from, without secrets.
    """

    asked_date: dt.date
    rows: tuple[Mapping[str, Any], ...]
    declared: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""


class Source(Protocol):
    """One hall system, whatever its kind."""

    def ask(self, day: dt.date) -> Answer:
        """The counts of one day.

        Raises:
            SourceFault: there is no usable answer; its kind says whether to ask again.
        """


def contract_rows(
    rows: Iterable[tuple[str, Mapping[str, Any]]],
    columns: Mapping[str, str],
    constants: Mapping[ContractName, str],
    asked_date: dt.date,
) -> tuple[Mapping[str, Any], ...]:
    """Bring (origin, row) pairs to the contract's names, in normal form; what can't be read the suite refuses later.

    A source that doesn't repeat the day in each row has stated it once, and `asked_date` was held against that.
    """
    blank = {"stat_date": asked_date.isoformat(), "item_code": None, **constants}
    return tuple(
        {
            **blank,
            **{ours: _normal(ours, row.get(theirs)) for theirs, ours in columns.items()},
            "origin": origin,
        }
        for origin, row in rows
    )


def whole_number(value: Any) -> Any:
    """An exact whole number as int (full-width digits and thousands commas included); anything else as it came."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        plain = text.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", text) else text
        return int(plain) if _WHOLE_NUMBER.fullmatch(plain) else text
    return value


def _normal(name: str, value: Any) -> Any:
    if name == "count":
        return whole_number(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        return unicodedata.normalize("NFKC", value).strip()
    return value
