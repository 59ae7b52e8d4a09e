"""The normal form of what a source answered: counts, codes and days, each by the characters that mean the same.

Nothing else is translated: Unicode's own normalisation would make digits of ①, ² and ㊿, and one number of `118①`.
"""

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, Final, TypeGuard

_DIGITS: Final = dict(zip("０１２３４５６７８９", "0123456789", strict=True))
_SPACES: Final = {"\u3000": " ", "\u00a0": " "}
_LETTERS: Final = {
    chr(ord(letter) + 0xFEE0): letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
}
_OF_COUNTS: Final = str.maketrans({**_DIGITS, **_SPACES, "，": ",", "＋": "+", "－": "-", "．": "."})
_OF_CODES: Final = str.maketrans({**_DIGITS, **_SPACES, **_LETTERS, "－": "-", "＿": "_", "．": "."})
_OF_DAYS: Final = str.maketrans(
    {**_DIGITS, **_SPACES, "－": "-", "／": "/", "．": ".", "：": ":", "（": "(", "）": ")", "Ｔ": "T"}
)

# Of these types; 1, 1.0 and True are equal, and aren't alike.
_ALIKE_WHEN_EQUAL: Final = {str, dt.date, type(None)}
_TOO_LARGE: Final = 10**18
_GROUPED: Final = re.compile(r"([+-]?[0-9]{1,3}(?:,[0-9]{3})+)(\.0{1,2})?")
# Databases write 7.00; three decimals may be a thousands group of another country's.
_WHOLE_NUMBER: Final = re.compile(r"([+-]?[0-9]{1,18})(?:\.(?:0{1,2}|0{4,}))?")

# 1,234.50 or 1234.5.
_DECIMALS: Final = re.compile(r"[+-]?(?:[0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})(?:\.(?P<decimals>[0-9]{1,18}))?")

Number = int | Decimal


def normal_column(name: str, values: Sequence[Any]) -> Sequence[Any]:
    """A column of the contract in normal form; each distinct value is brought to it once."""
    types = set(map(type, values))
    if name == "count":
        return values if types == {int} else [whole_number(value) for value in values]
    if not types <= _ALIKE_WHEN_EQUAL:
        return [_code(value) for value in values]
    normal = {value: _code(value) for value in set(values)}
    return [normal[value] for value in values]


def whole_number(value: Any) -> Any:
    """An exact whole number as int, be it written in full width, with thousands commas or as 7.00; else as it came."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < _TOO_LARGE:
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, str):
        text = value.translate(_OF_COUNTS).strip()
        plain = text.replace(",", "") if _GROUPED.fullmatch(text) else text
        number = _WHOLE_NUMBER.fullmatch(plain)
        return int(number[1]) if number else value
    return value


def in_least_units(value: Any, scale: int) -> Any:
    """An exact number of at most `scale` decimals as a whole number of the least unit, 1234 for 12.34 by a scale of 2.

    Zeros behind them are no decimals. Any other number comes back as the text of its decimals, anything else as it
    came; by a scale of 0, as `whole_number` leaves it.
    """
    if not scale or (number := _exact(value, scale)) is None:
        return whole_number(value)
    least = Fraction(number) * 10**scale
    return least.numerator if least.denominator == 1 else f"{number:f}"


def exact_number(value: Any, scale: int) -> Any:
    """An exact number of at most `scale` decimals: int where it is whole, else Decimal; anything else as it came."""
    least = in_least_units(value, scale)
    if type(least) is not int:
        return value
    whole, rest = divmod(least, 10**scale)
    return Decimal(f"{least}e-{scale}") if rest else whole


def is_number(value: Any) -> TypeGuard[Number]:
    """Whether it is one of what `exact_number` reads."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _exact(value: Any, scale: int) -> Decimal | None:
    """An exact number; a float by the shortest decimals that mean it, which is what a form or JSON shows."""
    match value:
        case bool():
            return None
        case int():
            return Decimal(value)
        case float() if isfinite(value):
            return Decimal(repr(value))
        case Decimal() if value.is_finite() and abs(value) < _TOO_LARGE:
            return value
        case str():
            return _written(value, scale)
    return None


def _written(value: str, scale: int) -> Decimal | None:
    text = value.translate(_OF_COUNTS).strip()
    found = _DECIMALS.fullmatch(text)
    # Three decimals may be a thousands group of another country's.
    unclear = found is None or (scale != len("000") and found["decimals"] and len(found["decimals"]) == len("000"))
    return None if unclear else Decimal(text.replace(",", ""))


def _code(value: Any) -> Any:
    """A code or a day of the contract as text; anything else as it came."""
    if isinstance(value, dt.date):
        return dt.date.isoformat(value)  # of a datetime, its day
    return value.translate(_OF_CODES).strip() if isinstance(value, str) else value


def day_text(value: str) -> str:
    """A text that may be a day, in the characters in which days are written."""
    return value.translate(_OF_DAYS).strip()
