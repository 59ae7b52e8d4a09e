"""The one decimal routine: an exact integer becomes the number that is printed.

Nothing else in Yuebao rounds: no float and no engine's `round()` touches a printed number.
"""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Literal

RoundingRule = Literal["half_up", "half_even"]

_ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def printed(exact: int, *, divisor: int, decimals: int, rule: RoundingRule) -> str:
    """Write an exact count in its display unit, rounded once.

    Args:
        exact: The count in its own unit, zero or more.
        divisor: How many of the unit make one display unit; a power of ten (10000 for 万), so that the
            division is exact and the rounding happens once.
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
    if rule not in _ROUNDINGS:
        raise ValueError(f"rounding rule must be one of {', '.join(_ROUNDINGS)}, got {rule!r}")
    shift = len(str(divisor)) - 1
    if divisor != 10**shift:
        raise ValueError(f"divisor must be a power of ten, got {divisor}")

    digits = tuple(int(digit) for digit in str(exact))
    context = Context(prec=len(digits) + decimals + 1, rounding=_ROUNDINGS[rule])
    value = Decimal((0, digits, -shift)).quantize(Decimal((0, (1,), -decimals)), context=context)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _require_count(name: str, number: object) -> None:
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{name} must be an int, got {type(number).__name__} {number!r}")
    if number < 0:
        raise ValueError(f"{name} must not be negative, got {number}")
