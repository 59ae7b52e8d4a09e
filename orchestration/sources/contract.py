"""What every kind of source answers: the daily counts of one day, or a fault that says what went wrong and what to do.

The contract of daily counts (design, "Words"): one row per stat_date, hall_code, department_code, item_code (or null)
and measure.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, get_args

from orchestration.config.systems import ContractName

CONTRACT: tuple[str, ...] = get_args(ContractName)
_TOO_LARGE = 10**18
# Of these types; 1, 1.0 and True are equal, and aren't alike.
_ALIKE_WHEN_EQUAL = {str, dt.date, type(None)}
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


class RequestRefused(SourceFault):
    """The system takes no question from us as things stand: nothing is said of the day, and asking again is no use."""

    answered = False


class NothingForDay(SourceFault):
    """The source is well and has no answer for the day: right on a closed day, missing on any other."""

    answered = False


@dataclass(frozen=True)
class Request:
    """What a hall system is asked at once: one day, of one hall or of several."""

    day: dt.date
    sites: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What one hall system said of one day of one hall.

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


Outcome = Answer | SourceFault


class Source(Protocol):
    """One hall system, whatever its kind.

    Attributes:
        by_hall: whether its questions name a hall, so that every hall is asked for on its own.
    """

    by_site: bool

    def ask(self, question: Request) -> Mapping[str, Outcome]:
        """The counts of one day by hall, with an answer or a fault for every hall of the question.

        Raises:
            SourceFault: there is no usable answer for any hall; its kind says whether to ask again.
        """


def shared_out(
    question: Request,
    every_site: Sequence[str],
    rows: tuple[Mapping[str, Any], ...],
    declared: Mapping[str, Any],
    source: str,
) -> dict[str, Outcome]:
    """One answer as the answers of its halls.

    An answer for one hall is that hall's as it came, whatever its rows say; the suite judges that. One for several is
    divided by the rows' `hall_code`; its declared totals are those of all its rows together, and are held against them
    here. Rows of a hall that the system answers for and wasn't asked for are left out.

    Raises:
        SourceFault: a row is of no hall that the system answers for, or the declared totals aren't those of the rows.
    """
    divided = rows_by_site(question, every_site, rows)
    if len(every_site) == 1:
        return {question.sites[0]: Answer(question.day, rows, declared, source)}
    _refuse_other_totals(rows, declared)
    return {hall: Answer(question.day, divided[hall], {}, source) for hall in question.sites}


def rows_by_site(
    question: Request, every_site: Sequence[str], rows: tuple[Mapping[str, Any], ...]
) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """The rows of every hall that was asked, as `shared_out` divides them.

    Raises:
        SourceFault: a row is of no hall that the system answers for.
    """
    if len(every_site) == 1:
        return {question.sites[0]: rows}
    divided: dict[Any, list[Mapping[str, Any]]] = {hall: [] for hall in every_site}
    for row in rows:
        try:
            divided[row["hall_code"]].append(row)
        except (KeyError, TypeError):
            raise foreign_site(row["origin"], row["hall_code"]) from None
    return {hall: tuple(divided[hall]) for hall in question.sites}


def foreign_site(origin: str, hall: object) -> SourceFault:
    """The fault of an answer that speaks of a hall which the system isn't set to answer for."""
    return PermanentFault(
        f"{origin} is of hall {hall!r}, which the system isn't set to answer for",
        "correct the code at the source, or add the hall to the system's `sites` after review",
    )


def _refuse_other_totals(rows: Iterable[Mapping[str, Any]], declared: Mapping[str, Any]) -> None:
    counted = dict.fromkeys(declared, 0)
    for row in rows:
        if row["measure"] in counted:
            # What isn't a whole number is left to the suite, which says so by row.
            counted[row["measure"]] += row["count"] if type(row["count"]) is int else 0
    for measure, total in declared.items():
        if counted[measure] != total:
            raise BrokenAnswer(
                f"the system declares {total!r} {measure} and its rows add up to {counted[measure]}",
                "rows were repeated or are missing: pull again; if it stays so, ask the system's keeper",
            )


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


def normal_column(name: str, values: Sequence[Any]) -> Sequence[Any]:
    """A column of the contract in normal form; each distinct value is brought to it once."""
    kinds = set(map(type, values))
    if name == "count":
        return values if kinds == {int} else [whole_number(value) for value in values]
    if not kinds <= _ALIKE_WHEN_EQUAL:
        return [_normal(name, value) for value in values]
    normal = {value: _normal(name, value) for value in set(values)}
    return [normal[value] for value in values]


def whole_number(value: Any) -> Any:
    """An exact whole number as int (full-width digits and thousands commas included); anything else as it came."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < _TOO_LARGE:
        return int(value) if value == value.to_integral_value() else value
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
