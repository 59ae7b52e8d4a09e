"""What a rule may look at beside the one reading that it judges: the known numbers, and the units of the whole text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reports.proofreading.known_numbers import KnownNumber, KnownNumbers, summed
from reports.proofreading.periods import Months
from reports.proofreading.readings import Reading


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
