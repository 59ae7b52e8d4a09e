"""What the rules of `rules.toml` look for: by its key, a function that gives the values of its sentences, or None."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, cast

from reports.proofreading.arithmetic import last_place, percent, sign
from reports.proofreading.context import Context
from reports.proofreading.known_numbers import KnownNumber
from reports.proofreading.numerals import Numeral
from reports.proofreading.periods import in_words
from reports.proofreading.readings import Reading
from reports.proofreading.vocabulary import family

Values = dict[str, Any]

_DIRECTIONS = {1: "增长", -1: "下降", 0: "持平"}
# 基本持平 leaves room for less than one per cent.
_NEARLY_LEVEL = Fraction(1, 100)
_MOST_RATE_DECIMALS = 2


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
        """Whether the unit is the display unit; Chinese numerals bring their scale along, a table cell needs none."""
        if self.numeral.chinese:
            return self.reading.unit_text in family(number.unit)
        return self.reading.unit_text == number.display_unit

    def in_family(self, number: KnownNumber) -> bool:
        """Whether the unit is the one that is counted, in any scale."""
        return self.reading.unit_text.lstrip("千百万亿") in family(number.unit)

    def says(self, number: KnownNumber) -> bool:
        """Whether a numeral with the right unit is the printed number, apart from separators."""
        if self.numeral.chinese:
            return self.numeral.amount == number.in_units
        return self.numeral.plain_digits == number.printed

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
        return decimals <= _MOST_RATE_DECIMALS and value == Decimal(percent(ratio, decimals))

    def percent(self, ratio: Fraction) -> str:
        """A ratio as a percentage, in as many decimals as the numeral has."""
        return percent(ratio, min(max(self.numeral.decimals, 1), _MOST_RATE_DECIMALS))

    @property
    def stated_sign(self) -> int:
        """Which way the words and the numeral's sign say that it went."""
        minus = self.reading.numeral is not None and self.numeral.sign < 0
        stated = 1 if self.reading.direction is None else self.reading.direction
        return -stated if minus else stated


def no_certificate(case: Case) -> Values | None:
    """No certified number, or none to compare it with."""
    reading, context = case.reading, case.context
    if not reading.metric:
        return None
    if case.number is None:
        missing = [month for month in reading.months if context.known.current(reading.metric, (month,)) is None]
    elif reading.role in {"rate", "difference", "trend"} and not reading.ratio and not context.bases(reading):
        missing = [month for months in reading.bases for month in months]
    else:
        return None
    which = "、".join(in_words((month,)) for month in dict.fromkeys(missing))
    return {"which": which, "name": context.known.metrics[reading.metric].metric_name}


def own_register(case: Case) -> Values | None:
    """Another figure than the author's register has."""
    figure = case.context.known.by_figure.get(case.reading.figure)
    return None if figure is None or case.numeral.value == figure.value else {"figure": figure}


# Counts.


def approximation(case: Case) -> Values | None:
    """约, 近 or 超 of what isn't."""
    number = case.wrong
    return {"number": number} if number and case.reading.around and not case.approximates(number) else None


def trailing_zero(case: Case) -> Values | None:
    """The right value with zeros at its end."""
    number = case.not_the_digits
    return {"number": number} if number and case.same_value(number) else None


def mixed_units(case: Case) -> Values | None:
    """A right count in the unit that is counted, where the text has others in the display unit."""
    number = case.number
    right = number is not None and case.numeral.amount in {number.exact, number.in_units}
    return mixed_units_of_differences(case) if right else None


def mixed_units_of_differences(case: Case) -> Values | None:
    """A difference in the unit that is counted, where the text has counts in the display unit."""
    number, unit = case.number, case.reading.unit_text
    if number is None or case.numeral.chinese or number.display_divisor <= 1 or unit not in family(number.unit):
        return None
    return {"number": number, "unit": unit} if number.display_unit in case.context.display_units_used else None


def wrong_unit(case: Case) -> Values | None:
    """The right number in another unit or in none."""
    number, numeral = case.not_exact, case.numeral
    if number is None or case.has_unit(number):
        return None
    rounded = abs(Fraction(numeral.amount) - number.exact) < last_place(numeral.value) * numeral.scale
    right = case.same_value(number) or numeral.amount == number.in_units or (rounded and case.in_family(number))
    unit = case.reading.unit_text
    return {"number": number, "written": f"写成了“{unit}”" if unit else "没有写单位"} if right else None


def stale_vintage(case: Case) -> Values | None:
    """The number of a revision that no longer holds."""
    if case.not_exact is None:
        return None
    olds = case.context.known.superseded(case.reading.metric, case.reading.months)
    return _first(case.not_exact, "old", (old for old in olds if case.has_unit(old) and case.same_value(old)))


def _first(number: KnownNumber, key: str, found: Iterator[KnownNumber]) -> Values | None:
    first = next(found, None)
    return {"number": number, key: first} if first else None


def stale_without_name(case: Case) -> Values | None:
    """A number that no words name, and that only superseded certificates have."""
    reading, known = case.reading, case.context.known
    digits = case.numeral.digits
    if len(digits) < 3 or reading.formerly:
        return None
    same = [old for month in reading.months for old in known.by_text.get((month, digits, reading.unit_text), [])]
    if not same or not all(number.superseded for number in same):
        return None
    number = known.current(same[0].metric, (same[0].month,))
    return {"number": number, "old": same[0]} if number and number.printed != digits else None


def wrong_rounding(case: Case) -> Values | None:
    """Less than one of the last decimal away from the exact number."""
    number, numeral = case.not_the_digits, case.numeral
    if number is None or numeral.chinese:
        return None
    away = abs(Fraction(numeral.value) * number.display_divisor - number.exact)
    return {"number": number} if away < number.display_divisor * Decimal(1).scaleb(-numeral.decimals) else None


def wrong_month(case: Case) -> Values | None:
    """The metric's number of another month."""
    number = case.not_the_digits
    if number is None:
        return None
    others = case.context.known.of_metric(case.reading.metric)
    return _first(number, "other", (other for other in others if other.month != number.month and case.says(other)))


def wrong_metric(case: Case) -> Values | None:
    """Another metric's number of the month."""
    number, known = case.not_the_digits, case.context.known
    if number is None:
        return None
    others = (known.current(metric, case.reading.months) for metric in known.metrics if metric != case.reading.metric)
    alike = (other for other in others if other and other.display_unit == number.display_unit)
    return _first(number, "other", (other for other in alike if case.says(other)))


def stray_number(case: Case) -> Values | None:
    """Any other count that isn't the certified one."""
    return {"number": case.not_exact} if case.not_exact else None


# Changes.


def zero_base(case: Case) -> Values | None:
    """A rate over zero."""
    bases = [base for _, base in case.changes]
    return None if not bases or any(base.exact for base in bases) else {"base": bases[0]}


def percent_for_points(case: Case) -> Values | None:
    """A change of a ratio in per cent."""
    return {"digits": case.numeral.digits} if case.reading.ratio else None


def points_for_percent(case: Case) -> Values | None:
    """A change of a count in percentage points."""
    return None if case.reading.ratio else {"digits": case.numeral.digits}


def direction(case: Case) -> Values | None:
    """A rise called a fall, and the like."""
    if not case.changes or any(_goes_as_stated(case, now, base) for now, base in case.changes):
        return None
    return {**_change(*case.changes[0], decimals=1), "stated": _DIRECTIONS[case.stated_sign]}


def _change(now: KnownNumber, base: KnownNumber, decimals: int = _MOST_RATE_DECIMALS) -> Values:
    rate = "" if base.exact in {0, now.exact} else f" {percent(now.growth(base), decimals)}%"
    return {"now": now, "base": base, "real": _DIRECTIONS[sign(now.exact - base.exact)], "rate": rate}


def _goes_as_stated(case: Case, now: KnownNumber, base: KnownNumber) -> bool:
    reading = case.reading
    if reading.numeral is not None and reading.numeral.sign < 0 and reading.direction is not None:
        return False
    if stated := case.stated_sign:
        return sign(now.exact - base.exact) == stated
    nearly = reading.around == "about" and base.exact > 0 and abs(now.growth(base)) < _NEARLY_LEVEL
    return now.printed == base.printed or nearly


def wrong_rate(case: Case) -> Values | None:
    """Another rate than the exact counts give."""
    rates = [(now, base, now.growth(base)) for now, base in case.changes if base.exact]
    if not rates or any(case.is_percent(rate) for _, _, rate in rates):
        return None
    now, base, rate = rates[0]
    return {**_change(now, base), "right": case.percent(rate)}


def stale_rate(case: Case) -> Values | None:
    """The rate that superseded counts would give."""
    values, reading, known = wrong_rate(case), case.reading, case.context.known
    if values is None:
        return None
    now = values["now"]
    olds = [(old, now, old) for months in reading.bases for old in known.superseded(reading.metric, months)]
    before = known.superseded(reading.metric, reading.months)
    olds += [(base, old, old) for old in before for base in case.context.bases(reading)]
    stale = next((old for base, then, old in olds if base.exact and case.is_percent(then.growth(base))), None)
    return {**values, "old": stale} if stale else None


def wrong_difference(case: Case) -> Values | None:
    """Another difference than the counts give, exact or printed."""
    if not case.changes or any(_is_difference(case, now, base) for now, base in case.changes):
        return None
    now, base = case.changes[0]
    return {**_change(now, base), "number": _difference(now, base)}


def _difference(now: KnownNumber, base: KnownNumber) -> KnownNumber:
    return now.with_exact(abs(Fraction(now.exact) - base.exact), now.month)


def _is_difference(case: Case, now: KnownNumber, base: KnownNumber) -> bool:
    change, amount = _difference(now, base), case.numeral.amount
    if case.reading.around:
        return case.approximates(change)
    if case.has_unit(change):
        return case.same_value(change) or amount == abs(now.in_units - base.in_units)
    return case.reading.unit_text in family(now.unit) and amount == change.exact


# Shares.


def wrong_share(case: Case) -> Values | None:
    """Another share than the counts give, exact or printed."""
    part, reading, context = case.number, case.reading, case.context
    if part is None:
        return None
    numbers = [context.known.current(metric, reading.months) for metric in context.wholes(reading)]
    wholes = [whole for whole in numbers if whole is not None and whole.exact]
    ratios = [part.share(whole) for whole in wholes]
    # What a reader would reckon, from what is printed.
    ratios += [Fraction(part.in_units) / Fraction(whole.in_units) for whole in wholes if whole.in_units]
    if not ratios or any(map(case.is_percent, ratios)):
        return None
    return {"part": part, "whole": wholes[0], "right": case.percent(part.share(wholes[0]))}


def wrong_share_change(case: Case) -> Values | None:
    """Another change of a share than the exact counts give."""
    moves = list(_share_moves(case))
    if not moves or any(sign(move) == case.stated_sign and case.is_percent(move) for move in moves):
        return None
    word = {1: "提高", -1: "下降", 0: "持平"}[sign(moves[0])]
    return {"word": word, "right": case.percent(moves[0])}


def _share_moves(case: Case) -> Iterator[Fraction]:
    reading, known = case.reading, case.context.known
    for metric in case.context.wholes(reading):
        for months in reading.bases:
            part, whole, part_then, whole_then = (
                known.current(code, when) for when in (reading.months, months) for code in (reading.metric, metric)
            )
            if part and whole and part_then and whole_then and whole.exact and whole_then.exact:
                yield part.share(whole) - part_then.share(whole_then)


# Writing.


def thousands_separator(case: Case) -> Values | None:
    """Commas in a number."""
    return {"plain": case.numeral.plain_digits} if case.numeral.has_separators else None
