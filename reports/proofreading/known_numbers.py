"""What a text is held against: certified numbers by month and vintage, and the figures that an author declared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from reports.figures.months import first_day
from reports.figures.numbers import MonthlyNumber, with_exact
from reports.figures.rounding import Exact
from reports.proofreading.periods import in_words
from reports.proofreading.quotations import CertifiedSection

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class KnownNumber(MonthlyNumber):
    """One metric of one month as one certificate has it."""

    labels: tuple[str, ...]  # what texts call it, see `labels.Label`; the metric's name need not be repeated
    month: str  # `2025-03`
    revision: int = 1  # 1 for the first certificate of the month
    superseded: bool = False  # whether a later revision holds in its stead
    derived: bool = False  # whether it is made of others, so that months of it aren't summed

    @property
    def when(self) -> str:
        """Its month, or the months that it is the sum of, in words."""
        first, _, last = self.month.partition("—")
        return in_words((first, last or first))

    @property
    def certified(self) -> str:
        """What a finding says of it."""
        return f"{self.when}{self.metric_name}的核定数为 {self.with_unit}"

    def growth(self, base: KnownNumber) -> Fraction:
        """The rate of change between exact counts; the base isn't zero."""
        return Fraction(self.exact - base.exact) / base.exact

    def share(self, whole: KnownNumber) -> Fraction:
        """The share of exact counts; the whole isn't zero."""
        return Fraction(self.exact) / whole.exact

    def with_exact(self, value: Exact, month: str) -> KnownNumber:
        """The same metric with another value, rounded once by the same rule; for sums over months and differences."""
        return replace(with_exact(self, value), month=month)


def summed(numbers: Sequence[KnownNumber | None]) -> KnownNumber | None:
    """The sum of numbers of one month, rounded as the first; None if one has no certificate, or there is none."""
    present = [number for number in numbers if number is not None]
    if not present or len(present) < len(numbers):
        return None
    return present[0].with_exact(_total(present), present[0].month)


def _total(numbers: Iterable[KnownNumber]) -> Fraction:
    return sum((Fraction(number.exact) for number in numbers), Fraction(0))


@dataclass(frozen=True)
class OwnFigure:
    """A figure that an author answers for: `value` in `unit`, under a name that texts use."""

    code: str
    name: str
    value: Decimal
    unit: str
    parts: tuple[str, ...] = ()  # the codes of the figures that it is the sum of, if it is one

    @property
    def written(self) -> str:
        """The figure as a text prints it."""
        space = "" if self.unit in {"%", "‰"} else " "
        return f"{self.value:f}{space}{self.unit}".rstrip()


@dataclass(frozen=True)
class Usage:
    """How the texts of a hall are read."""

    hall: str = ""  # its name; texts call it 省本级, 省政务大厅 …
    names: Sequence[str] = ()  # what else its texts call it
    off: Collection[str] = ()  # the codes of the rules that it has switched off


# Of a hall that says nothing of it.
PLAIN = Usage()


@dataclass(frozen=True)
class KnownNumbers:
    """Everything that a text of one edition may print; ValueError if two numbers of one metric and month both hold."""

    month: str  # the edition's month, `2025-03`: what a number is about unless the text says another month
    numbers: Sequence[KnownNumber]  # the numbers of every certificate that may be quoted, superseded ones too
    figures: Sequence[OwnFigure] = ()  # the author's registers
    usage: Usage = PLAIN  # how the hall's texts are read
    sections: Sequence[CertifiedSection] = ()  # the certified sections, of each month one
    _current: dict[tuple[str, str], KnownNumber] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first_day(self.month)
        current: dict[tuple[str, str], KnownNumber] = {}
        for number in self.numbers:
            first_day(number.month)
            if number.superseded:
                continue
            if (number.metric, number.month) in current:
                raise ValueError(f"{number.metric} of {number.month} has two numbers, neither of them superseded")
            current[number.metric, number.month] = number
        object.__setattr__(self, "_current", current)

    @cached_property
    def metrics(self) -> dict[str, KnownNumber]:
        """A number of each metric, for its name, units and parts; the edition's month goes before others."""
        others = {number.metric: number for number in self.numbers}
        return others | {number.metric: number for number in self.numbers if number.month == self.month}

    @cached_property
    def by_figure(self) -> dict[str, OwnFigure]:
        """The author's figures by code."""
        return {figure.code: figure for figure in self.figures}

    @cached_property
    def first_month(self) -> str:
        """The first month that is certified."""
        return min((number.month for number in self.numbers), default=self.month)

    @cached_property
    def _by_metric(self) -> dict[str, list[KnownNumber]]:
        return _grouped(self.numbers, lambda number: number.metric)

    @cached_property
    def _superseded(self) -> dict[tuple[str, str], list[KnownNumber]]:
        replaced = [number for number in self.numbers if number.superseded]
        return _grouped(replaced, lambda number: (number.metric, number.month))

    @cached_property
    def by_text(self) -> dict[tuple[str, str, str], list[KnownNumber]]:
        """Numbers by month, printed text and display unit."""
        return _grouped(self.numbers, lambda number: (number.month, number.printed, number.display_unit))

    def current(self, metric: str, months: Sequence[str]) -> KnownNumber | None:
        """The number that holds, of one month or summed over several; None if a month has no certificate."""
        present = [number for month in months if (number := self._current.get((metric, month)))]
        if not present or len(present) < len(months):
            return None
        if len(present) == 1:
            return present[0]
        if present[-1].derived:
            return None
        return present[-1].with_exact(_total(present), f"{months[0]}—{months[-1]}")

    def superseded(self, metric: str, months: Sequence[str]) -> list[KnownNumber]:
        """The numbers of one month that a later revision replaced; none for several months."""
        return self._superseded.get((metric, months[0]), []) if len(months) == 1 else []

    def of_metric(self, metric: str) -> list[KnownNumber]:
        """Every number of a metric, whichever month and vintage."""
        return self._by_metric.get(metric, [])


def _grouped(numbers: Iterable[KnownNumber], key: Callable[[KnownNumber], _Key]) -> dict[_Key, list[KnownNumber]]:
    groups: dict[_Key, list[KnownNumber]] = {}
    for number in numbers:
        groups.setdefault(key(number), []).append(number)
    return groups
