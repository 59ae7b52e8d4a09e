"""Rules that look at several numbers at once: 合计 and 其中, and the note on rounding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from reports.proofreading.context import Context
from reports.proofreading.known_numbers import KnownNumber, summed
from reports.proofreading.numeral_kinds import OWN_COUNT, UNNAMED
from reports.proofreading.numerals import PERCENT, POINTS
from reports.proofreading.readings import Reading
from reports.proofreading.rules import WHOLE_RULES, Fault


@dataclass(frozen=True)
class Sum:
    """Numbers of one part of a sentence that are said to add up to another, `total`."""

    total: Reading
    addends: tuple[Reading, ...]
    complete: bool


def sums(part: Sequence[Reading]) -> Iterator[Sum]:
    """The sums that a part of a sentence announces: numbers and then 合计, or a total and then 其中 with its parts."""
    counts = [reading for reading in part if _is_count(reading)]
    first = next((index for index, reading in enumerate(counts) if reading.among), len(counts))
    if 0 < first < len(counts):
        total = counts[first - 1]
        alike = tuple(reading for reading in counts[first:] if reading.unit_text == total.unit_text)
        if alike:
            yield Sum(total, alike, complete=False)
    addends: dict[tuple[str, bool], list[Reading]] = {}
    for reading in counts:
        before = addends.setdefault((reading.unit_text, reading.among), [])
        if reading.total and not reading.metric and len(before) > 1:
            yield Sum(reading, tuple(before), complete=True)
            before.clear()
        else:
            before.append(reading)


def _is_count(reading: Reading) -> bool:
    named_or_own = reading.role == "level" or (reading.role == "other" and reading.kind in {OWN_COUNT, UNNAMED})
    return named_or_own and reading.numeral is not None and reading.unit_text not in (*PERCENT, *POINTS)


def check_sums(readings: Sequence[Reading], context: Context) -> Iterator[tuple[Reading, Fault | None]]:
    """The sums that a passage announces with what is wrong; nothing if certified numbers do add up to the total."""
    for _, part in groupby(readings, key=lambda reading: reading.part):
        for sum_ in sums(list(part)):
            fault = _check(sum_, context)
            if fault is not None or all(reading.metric for reading in sum_.addends):
                yield sum_.total, fault


def _check(sum_: Sum, context: Context) -> Fault | None:
    total, addends = sum_.total.numeral, [reading.numeral for reading in sum_.addends if reading.numeral]
    if total is None or sum_.total.metric:
        return None
    written = sum((numeral.value for numeral in addends), Decimal(0))
    if written == total.value or _exact(sum_, context) == total.value:
        return None
    certified = all(reading.metric for reading in sum_.addends) and len(addends) > 1 and sum_.total.total
    if not sum_.complete and not certified and written < total.value:
        return None
    items = " + ".join(f"{numeral.value:f}" for numeral in addends)
    right = f"{written:f} {sum_.total.unit_text}".rstrip()
    values = {"items": items, "written": written, "total": total.value, "right": right}
    return WHOLE_RULES["wrong_sum"].fault(values)


def _exact(sum_: Sum, context: Context) -> Decimal | None:
    total = summed([context.number(reading) for reading in sum_.addends])
    return Decimal(total.printed) if total else None


def wants_note(readings: Sequence[Reading], context: Context) -> Reading | None:
    """The printed total that its printed parts don't add up to, all of them standing in the text; None if none."""
    printed: dict[tuple[str, str], tuple[KnownNumber, Reading]] = {}
    for reading in readings:
        number = context.number(reading) if reading.role == "level" and reading.metric and not reading.joint else None
        if number is not None:
            printed.setdefault((number.metric, number.month), (number, reading))
    for number, reading in printed.values():
        parts = [printed.get((part, number.month)) for part in number.parts]
        present = [part[0] for part in parts if part is not None]
        if number.parts and len(present) == len(parts) and number.in_units != sum(part.in_units for part in present):
            return reading
    return None
