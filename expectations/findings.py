"""Turns verdicts on frames into findings by rule: how many rows, which days, and a few samples to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Final, TypeAlias

from expectations.rules import Clause, FrameName, Rule

if TYPE_CHECKING:
    import pandas as pd

Frames: TypeAlias = "Mapping[FrameName, pd.DataFrame]"

_SAMPLES: Final = 5
_LONGEST: Final = 100
# A row of counts is found again by its file or page, a total by its measure.
_PLACE: Final[Mapping[FrameName, str]] = {"counts": "origin", "totals": "measure"}


@dataclass(frozen=True)
class Verdict:
    """What Great Expectations said about one clause."""

    clause: Clause
    passed: bool  # True only when it was evaluated and holds
    rows: tuple[int, ...] | None = ()  # index labels of the rows at fault; None when the fault isn't one of rows
    problem: str = ""  # what is wrong with the frame as a whole, or why it couldn't be judged


@dataclass(frozen=True)
class Finding:
    """How one rule came out.

    A fault of the `whole_frame` isn't one of single rows of known days (a column is missing, the rule couldn't be
    judged): it holds for every day, be it in the frames or not.
    """

    rule: Rule
    passed: bool  # whether it was judged and holds
    failing_count: int = 0  # rows at fault; a fault of the frame as a whole counts as one
    failing_days: tuple[date, ...] = ()  # asked days at fault, in order; all days of the frames when `whole_frame`
    failing_answers: frozenset[tuple[date, str | None]] = frozenset()  # by day and hall; empty when `whole_frame`
    samples: tuple[str, ...] = ()  # at most five rows at fault, one of each day before a second one; masked
    whole_frame: bool = False

    def fails_on(self, day: date, hall: str | None = None) -> bool:
        """Whether the rule failed on that asked day, of one asked hall or of any."""
        at_fault = day in self.failing_days if hall is None else (day, hall) in self.failing_answers
        return not self.passed and (self.whole_frame or at_fault)


@dataclass(frozen=True)
class _Fault:
    """One row at fault, or the frame as a whole (no row, no day)."""

    verdict: Verdict
    row: int | None = None
    day: date | None = None
    hall: str | None = None


@dataclass(frozen=True, eq=False)
class Faults:
    """Everything that is at fault by one rule, of which answers without end may each ask for their own part."""

    rule: Rule
    _passed: bool  # whether every verdict was; a failed one may name no row
    _frames: Frames  # empty where nothing failed
    _all: Sequence[_Fault]

    def finding(self, day: date | None = None, hall: str | None = None) -> Finding:
        """How the rule came out: of all days and halls, or narrowed to one day, and one hall of it, at fault."""
        if self._passed:
            return Finding(self.rule, passed=True)
        faults = self._all if day is None else self._of(day, hall)
        whole_frame = any(fault.day is None for fault in faults)
        days = _days(self._frames) if whole_frame else {fault.day for fault in faults if fault.day}
        return Finding(
            self.rule,
            passed=False,
            failing_count=len({(fault.verdict.clause.frame, fault.row) for fault in faults}),
            failing_days=tuple(sorted(days)) if day is None else (day,),
            failing_answers=frozenset((fault.day, fault.hall) for fault in faults if fault.day),
            samples=tuple(_sample(fault, self._frames) for fault in _day_by_day(faults)[:_SAMPLES]),
            whole_frame=whole_frame,
        )

    def _of(self, day: date, hall: str | None) -> list[_Fault]:
        own = self._positions.get((day, hall), [])
        return [self._all[position] for position in sorted([*own, *self._positions.get((None, None), ())])]

    @cached_property
    def _positions(self) -> Mapping[tuple[date | None, str | None], Sequence[int]]:
        """Where the faults of a day and hall, of a day and any hall (None), and of the frame as a whole stand."""
        positions: dict[tuple[date | None, str | None], list[int]] = {}
        for position, fault in enumerate(self._all):
            for key in {(fault.day, fault.hall), (fault.day, None)}:
                positions.setdefault(key, []).append(position)
        return positions


def faults_of(rule: Rule, verdicts: Iterable[Verdict], frames: Frames) -> Faults:
    """What the verdicts on a rule say is at fault in the frames."""
    failed = [verdict for verdict in verdicts if verdict.clause.rule == rule.name and not verdict.passed]
    return Faults(
        rule, not failed, frames if failed else {}, [fault for verdict in failed for fault in _faults(verdict, frames)]
    )


def merged(found: Sequence[Sequence[Finding]]) -> tuple[Finding, ...]:
    """The findings of several validations, of other days each, as those of one."""
    return tuple(_together(of_rule) for of_rule in zip(*found, strict=True))


def _together(found: Sequence[Finding]) -> Finding:
    return Finding(
        found[0].rule,
        passed=all(each.passed for each in found),
        failing_count=sum(each.failing_count for each in found),
        failing_days=tuple(sorted({day for each in found for day in each.failing_days})),
        failing_answers=frozenset[tuple[date, str | None]]().union(*(each.failing_answers for each in found)),
        samples=tuple(sample for each in found for sample in each.samples)[:_SAMPLES],
        whole_frame=any(each.whole_frame for each in found),
    )


def _faults(verdict: Verdict, frames: Frames) -> list[_Fault]:
    if verdict.rows is None:
        return [_Fault(verdict)]
    rows = frames[verdict.clause.frame].loc[list(verdict.rows)]
    days = map(_day, rows["asked_date"]) if "asked_date" in rows else repeat(None)
    sites = map(str, rows["asked_hall"]) if "asked_hall" in rows else repeat(None)
    return [_Fault(verdict, row, day, site) for row, day, site in zip(verdict.rows, days, sites, strict=False)]


def _days(frames: Frames) -> set[date]:
    columns = [frame["asked_date"] for frame in frames.values() if "asked_date" in frame]
    return {day for column in columns for day in map(_day, column.unique()) if day}


def _day(asked: object) -> date | None:
    return date.fromisoformat(asked) if isinstance(asked, str) else None


def _day_by_day(faults: Sequence[_Fault]) -> list[_Fault]:
    """The first fault of every day, then the second ones, and so on."""
    before: Counter[date | None] = Counter()
    turns = []
    for fault in faults:
        turns.append(before[fault.day])
        before[fault.day] += 1
    return [fault for _, fault in sorted(zip(turns, faults, strict=True), key=lambda pair: pair[0])]


def _sample(fault: _Fault, frames: Frames) -> str:
    """One line, e.g. "2025-03-12, 邮寄日报_2025-03-12.xlsx row 7: count = '12.5'"."""
    clause = fault.verdict.clause
    if fault.row is None:
        return _one_line(f"{clause.frame}: {fault.verdict.problem}", longest=5 * _LONGEST)
    row = frames[clause.frame].loc[fault.row]
    where = ", ".join(_one_line(row[name]) for name in ("asked_date", _PLACE[clause.frame]) if name in row)
    values = ", ".join(f"{name} = {_one_line(repr(row[name]))}" for name in clause.shows if name in row)
    return f"{where}: {values}"


def _one_line(value: object, longest: int = _LONGEST) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= longest else f"{text[:longest]}…"
