"""The one decimal routine: an exact number becomes the number that is printed.

Nothing else in Yuebao rounds: no float and no engine's `round()` touches a printed number.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Literal

RoundingRule = Literal["half_up", "half_even"]
# An exact value: whole where it can be, so that a count is an `int` and 271/50 a fraction.
Exact = int | Fraction

_RULES = ("half_up", "half_even")
# Seconds or minutes in a minute, an hour and a day, hours in a day.
_OF_TIME = frozenset({60, 3600, 86_400, 1440, 24})
_TIMES = "of a duration 60, 3600, 86400, 1440 or 24"


def exact_text(exact: Exact) -> str:
    """An exact value in digits: its decimals where they end, such as 12.5, else the fraction, such as 1/3."""
    rest, decimals = Fraction(exact).denominator, 0
    for prime in (2, 5):
        times = 0
        while rest % prime == 0:
            rest, times = rest // prime, times + 1
        decimals = max(decimals, times)
    if rest != 1 or not decimals:
        return str(exact)
    return format(rounded(Fraction(exact), decimals), "f")


def printed(exact: Exact, *, divisor: int, decimals: int, rule: RoundingRule) -> str:
    """Write an exact value in its display unit, rounded once.

    Args:
        exact: The value in its own unit, a whole number or a fraction.
        divisor: How many of the unit make one display unit: 10000 for 万, 60 for minutes of seconds.
        decimals: The most decimals that are printed; trailing zeros are dropped.
        rule: `half_up` (四舍五入) or `half_even` (GB/T 8170, a half goes to the even neighbour).

    Returns:
        Plain digits with at most one point, after a - where it is negative: no exponent or thousands separator.

    Raises:
        TypeError: The value is neither an `int` nor a `Fraction`, or another number not an `int` (a `bool` is none).
        ValueError: A negative number of decimals, a divisor that isn't one, or an unknown rule.
    """
    if not isinstance(exact, Fraction):
        _require_whole("exact", exact)
    for name, number in (("divisor", divisor), ("decimals", decimals)):
        _require_whole(name, number)
        if number < 0:
            raise ValueError(f"{name} must not be negative, got {number}")
    if rule not in _RULES:
        raise ValueError(f"rounding rule must be one of {', '.join(_RULES)}, got {rule!r}")
    if not is_divisor(divisor):
        raise ValueError(f"divisor must be a power of ten, or {_TIMES}, got {divisor}")
    return without_zeros(rounded(Fraction(exact, divisor), decimals, rule))


def is_divisor(number: int) -> bool:
    """Whether so many of a unit may make a display unit: a power of ten, or what makes a minute, an hour or a day."""
    return number in _OF_TIME or number == 10 ** (len(str(number)) - 1)


def whole_if_it_is(value: Exact) -> Exact:
    """A whole number as an `int`, any other value as the fraction that it is."""
    return value.numerator if value.denominator == 1 else value


def rounded(value: Fraction, decimals: int, rule: RoundingRule = "half_up") -> Decimal:
    """Round an exact number once, by its absolute value, to exactly so many decimals; a zero has no sign."""
    whole, rest = divmod(abs(value.numerator) * 10**decimals, value.denominator)
    twice = 2 * rest - value.denominator
    whole += twice > 0 or (twice == 0 and (rule == "half_up" or whole % 2 == 1))
    return Decimal((int(value < 0 and whole > 0), tuple(map(int, str(whole))), -decimals))


def without_zeros(value: Decimal) -> str:
    """Plain digits, the trailing zeros of decimals dropped."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _require_whole(name: str, number: object) -> None:
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{name} must be an int, got {type(number).__name__} {number!r}")
