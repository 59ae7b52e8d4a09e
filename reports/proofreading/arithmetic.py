"""Rates, shares and differences, from exact whole numbers, written in as many decimals as the author's text has."""

from decimal import Decimal
from fractions import Fraction

from reports.figures.rounding import rounded, without_zeros
from reports.proofreading.known_numbers import KnownNumber


def percent(ratio: Fraction, decimals: int) -> str:
    """A ratio without its sign as a percentage, 四舍五入 to at most so many decimals, trailing zeros dropped."""
    return without_zeros(rounded(abs(ratio) * 100, decimals))


def growth(now: KnownNumber, base: KnownNumber) -> Fraction:
    """The rate of change between exact counts; the base isn't zero."""
    return Fraction(now.exact - base.exact, base.exact)


def share_of_exact(part: KnownNumber, whole: KnownNumber) -> Fraction:
    """The share of exact counts; the whole isn't zero."""
    return Fraction(part.exact, whole.exact)


def share_of_printed(part: KnownNumber, whole: KnownNumber) -> Fraction | None:
    """The share of what is printed, which a reader would reckon; None if the whole is printed as zero."""
    total = in_units(whole)
    return Fraction(in_units(part)) / Fraction(total) if total else None


def in_units(number: KnownNumber) -> Decimal:
    """What is printed, as a count of its unit: 3.27 万件 is 32700 件."""
    return Decimal(number.printed) * number.display_divisor


def sign(value: Fraction | int | Decimal) -> int:
    """1, 0 or −1."""
    return (value > 0) - (value < 0)


def last_place(value: Decimal) -> Decimal:
    """What the last digit is worth that isn't a trailing zero of a whole number: 0.01 of 3.27, 1000 of 6000."""
    exponent = value.normalize().as_tuple().exponent if value else 0
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
