"""What a rule may look at beside the one reading that it judges, and how a reading stands to certified numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import cast

from reports.proofreading.arithmetic import last_place, percent
from reports.proofreading.known_numbers import KnownNumber, KnownNumbers, summed
from reports.proofreading.numerals import Numeral
from reports.proofreading.periods import Months
from reports.proofreading.readings import Reading
from reports.proofreading.vocabulary import family

MOST_RATE_DECIMALS = 2


@dataclass(frozen=True)
class Context:
    """The known numbers and every reading of a text."""

    known: KnownNumbers
    readings: Sequence[Reading]

    def number(self, reading: Reading, months: Months | None = None) -> KnownNumber | None:
        """The number that holds for a reading's metrics, in its own months or in others; None without certificate."""
        asked = reading.months if months is None else months
        first = self.known.current(reading.metric, asked) if reading.metric else None
        if first is None or not reading.joint:
            return first
        numbers = [first, *(self.known.current(subject.code, asked) for subject in reading.joint)]
        name = "、".join(number.metric_name for number in numbers if number) + "合计"
        total = summed(numbers)
        return total and replace(total, metric_name=name)

    def bases(self, reading: Reading) -> list[KnownNumber]:
        """The numbers that a change may be compared with, those that have certificates."""
        return [base for months in reading.bases if (base := self.number(reading, months))]

    def wholes(self, reading: Reading) -> list[str]:
        """The metrics that a share may be of: the one that the words name, or the totals that it is a part of."""
        if reading.whole:
            return [reading.whole]
        return [total.metric for total in self.known.metrics.values() if reading.metric in total.parts]

    def is_certified(self, month: str) -> bool:
        """Whether anything is certified of a month."""
        return month in self.months

    @cached_property
    def months(self) -> frozenset[str]:
        """The months that are certified."""
        return frozenset(number.month for number in self.known.numbers)

    @cached_property
    def display_units_used(self) -> frozenset[str]:
        """The display units in which the text writes certified numbers."""
        return frozenset(
            reading.unit_text
            for reading in self.readings
            if reading.metric
            and reading.role in {"level", "difference"}
            and reading.unit_text == self.known.metrics[reading.metric].display_unit
        )


@dataclass(frozen=True)
class Case:
    """A reading with what it is held against."""

    reading: Reading
    context: Context

    @property
    def numeral(self) -> Numeral:
        """The numeral, which every reading but a trend has."""
        return cast("Numeral", self.reading.numeral)

    @cached_property
    def number(self) -> KnownNumber | None:
        """The certified number that the reading is about."""
        return self.context.number(self.reading)

    @cached_property
    def wrong(self) -> KnownNumber | None:
        """The number that a count should be, if it isn't."""
        reading = self.reading
        candidates = [self.context.number(reading, months) for months in (reading.months, *reading.also)]
        numbers = [number for number in candidates if number is not None]
        if reading.formerly:
            numbers += self.context.known.superseded(reading.metric, reading.months)
        return None if any(self.has_unit(number) and self.says(number) for number in numbers) else self.number

    @property
    def not_exact(self) -> KnownNumber | None:
        """The number that a count should be exactly, if it isn't."""
        return None if self.reading.around else self.wrong

    @property
    def not_the_digits(self) -> KnownNumber | None:
        """The same, of a count in the right unit."""
        return self.not_exact if self.not_exact and self.has_unit(self.not_exact) else None

    @cached_property
    def changes(self) -> list[tuple[KnownNumber, KnownNumber]]:
        """The number and each base that it may be compared with."""
        if self.number is None or self.reading.ratio:
            return []
        return [(self.number, base) for base in self.context.bases(self.reading)]

    # How the numeral stands to a number.

    def has_unit(self, number: KnownNumber) -> bool:
        """Whether the unit is the display unit or the counted one; Chinese numerals bring their scale along."""
        if self.numeral.chinese:
            return self.reading.unit_text in family(number.unit)
        bare = self.reading.in_table and not self.reading.unit_text
        return bare or self.reading.unit_text in family(number.display_unit) or self.is_counted(number)

    def is_counted(self, number: KnownNumber) -> bool:
        """Whether the numeral is a count in the unit that is counted, where another is printed: 12345 件 for 1.23 万件.

        A number that is far off is one of the printed ones without its 万.
        """
        amount = self.numeral.amount
        units = {*family(number.unit), *([""] if self.reading.in_table else [])}
        unit = number.display_divisor > 1 and self.reading.unit_text in units
        return unit and not self.numeral.chinese and amount % 1 == 0 and number.exact <= 2 * amount <= 4 * number.exact

    def in_its_unit(self, number: KnownNumber) -> str:
        """A number in the unit that the text uses, if it is one of its own."""
        if self.reading.unit_text in family(number.unit) and number.display_divisor > 1 and number.whole is not None:
            return f"{number.whole} {self.reading.unit_text}"
        return number.with_unit

    def instead_of_count(self, number: KnownNumber) -> str:
        """What is to stand in place of a count."""
        return self.in_its_unit(number) if self.is_counted(number) else number.with_unit

    def in_family(self, number: KnownNumber) -> bool:
        """Whether the unit is the one that is counted, in any scale."""
        return self.reading.unit_text.lstrip("千百万亿") in family(number.unit)

    def says(self, number: KnownNumber) -> bool:
        """Whether a numeral with the right unit is the printed number, with no more decimals, or the exact count."""
        if self.is_counted(number):
            return self.numeral.amount == number.exact
        return self.numeral.decimals <= number.display_decimals and self.same_value(number)

    def same_value(self, number: KnownNumber) -> bool:
        """Whether the digits have the printed value, whatever the unit and trailing zeros."""
        return self.numeral.value == Decimal(number.printed)

    def approximates(self, number: KnownNumber) -> bool:
        """Whether the number may be called so, 近, 超 or 约."""
        numeral = self.numeral
        place = last_place(numeral.value) * numeral.scale
        return self.in_family(number) and self._is_near(Fraction(numeral.amount) - number.exact, place)

    def _is_near(self, excess: Fraction, place: Decimal) -> bool:
        """Whether 近, 超 or 约 allows for being so much more than the real number; `place` is the last digit's."""
        match self.reading.around:
            case "below":
                return 0 <= excess < place
            case "above":
                return excess <= 0
            case _:
                return abs(excess) * 2 <= Fraction(place)

    def is_percent(self, ratio: Fraction) -> bool:
        """Whether the numeral is a ratio as a percentage, in as many decimals as it has."""
        value, decimals = self.numeral.value, self.numeral.decimals
        if self.reading.around and self._is_near(Fraction(value) - abs(ratio) * 100, last_place(value)):
            return True
        return decimals <= MOST_RATE_DECIMALS and value == Decimal(percent(ratio, decimals))

    def percent(self, ratio: Fraction) -> str:
        """A ratio as a percentage, in as many decimals as the numeral has."""
        return percent(ratio, min(max(self.numeral.decimals, 1), MOST_RATE_DECIMALS))

    @property
    def stated_sign(self) -> int:
        """Which way the words and the numeral's sign say that it went."""
        minus = self.reading.numeral is not None and self.numeral.sign < 0
        stated = 1 if self.reading.direction is None else self.reading.direction
        return -stated if minus else stated
