"""The one decimal routine: an exact number becomes the number that is printed.

Nothing else in Yuebao rounds: no float and no engine's `round()` touches a printed number.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Literal

RoundingRule = Literal["half_up", "half_even"]

_RULES = ("half_up", "half_even")


def printed(exact: int, *, divisor: int, decimals: int, rule: RoundingRule) -> str:
    """Write an exact count in its display unit, rounded once.

    Args:
        exact: The count in its own unit, zero or more.
        divisor: How many of the unit make one display unit; a power of ten (10000 for 万).
        decimals: The most decimals that are printed; trailing zeros are dropped.
        rule: `half_up` (四舍五入) or `half_even` (GB/T 8170, a half goes to the even neighbour).

    Returns:
        Plain digits with at most one point: no sign, exponent or thousands separator.

    Raises:
        TypeError: A number is not an `int` (a `bool` is none).
        ValueError: A negative number, a divisor that is no power of ten, or an unknown rule.
    """
    for name, number in (("exact", exact), ("divisor", divisor), ("decimals", decimals)):
        _require_count(name, number)
    if rule not in _RULES:
        raise ValueError(f"rounding rule must be one of {', '.join(_RULES)}, got {rule!r}")
    if divisor != 10 ** (len(str(divisor)) - 1):
        raise ValueError(f"divisor must be a power of ten, got {divisor}")
    return without_zeros(rounded(Fraction(exact, divisor), decimals, rule))


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


def _require_count(name: str, number: object) -> None:
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{name} must be an int, got {type(number).__name__} {number!r}")
    if number < 0:
        raise ValueError(f"{name} must not be negative, got {number}")
