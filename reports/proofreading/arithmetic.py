"""Percentages, signs and last places: what is reckoned with exact numbers and with numerals alike."""

from decimal import Decimal
from fractions import Fraction

from reports.figures.rounding import rounded, without_zeros


def percent(ratio: Fraction, decimals: int) -> str:
    """A ratio without its sign as a percentage, 四舍五入 to at most so many decimals, trailing zeros dropped."""
    return without_zeros(rounded(abs(ratio) * 100, decimals))


def sign(value: Fraction | int | Decimal) -> int:
    """1, 0 or −1."""
    return (value > 0) - (value < 0)


def last_place(value: Decimal) -> Decimal:
    """What the last digit is worth that isn't a trailing zero of a whole number: 0.01 of 3.27, 1000 of 6000."""
    exponent = value.normalize().as_tuple().exponent if value else 0
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
