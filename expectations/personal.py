"""Finds what looks like somebody's number in a frame and masks it before anything else sees it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from expectations.rules import PERSONAL_PATTERNS
from expectations.vocabulary import MASK

if TYPE_CHECKING:
    import pandas as pd

FLAG: Final = "has_personal_pattern"

_GAP: Final = r"[\s\-_/‐‑‒–—―−]"
_NO_DATE: Final = r"(?!(?:19|20)\d\d[\-/_][01]\d[\-/_][0-3]\d(?!\d))"
# What `~`, `^` and `@` stand for in the patterns. A file name or log line often carries an ISO date beside
# other numbers: a number doesn't start with one, and a telephone number doesn't run into one.
# Codes in a list are a comma and a space apart; a comma alone may stand within a number.
_SHORTHAND: Final = {
    "~": f"(?:{_GAP}{{0,3}}|,)",
    "^": f"(?:(?:{_GAP}{{1,3}}|,){_NO_DATE})?",
    "@": _NO_DATE,
}
_PERSONAL: Final = re.compile(
    "|".join(
        f"(?P<{name}>{''.join(_SHORTHAND.get(part, part) for part in re.split(r'([~^@])', pattern))})"
        for name, pattern in PERSONAL_PATTERNS.items()
    )
)
# No number has fewer digits than a landline's but a passport's and a plate's: most texts are clean at first sight.
_CANDIDATE: Final = re.compile(rf"\d(?:(?:{_GAP}|[().,]){{0,5}}\d){{9}}|[A-Z]\d{{7}}|[\u4e00-\u9fff][A-Z]|@")
# A number that is spelt digit by digit; shorter runs are words.
_CHINESE_NUMBER: Final = re.compile("[〇零一二三四五六七八九]{9,}")
_CHINESE_DIGITS: Final = str.maketrans("〇零一二三四五六七八九", "00123456789")
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_FOREIGN_DIGIT: Final = re.compile(r"(?![0-9])\d")
# Whole numbers that are too short to be anybody's.
FEW_DIGITS: Final = range(-(10**10) + 1, 10**10)


def mask_personal(frame: pd.DataFrame) -> pd.DataFrame:
    """Masks what looks like somebody's number or address (rules.toml), in values and in column names.

    Full-width digits, Chinese numerals, invisible characters, and signs between digits don't hide a number. Numbers
    and foreign objects are looked at as the text they would print as. Masking a masked frame changes
    nothing, and keeps its flags.

    Args:
        frame: Any frame; its index is left out.

    Returns:
        A copy of object columns on a fresh index, patterns replaced by "‹masked›", with a last column
        `has_personal_pattern` (bool, one per row; True everywhere when a column name held a pattern).
    """
    import pandas as pd

    names = _masked(list(frame.columns))
    found = [names != list(frame.columns)] * len(frame)
    columns: list[pd.Series] = []
    for position, name in enumerate(names):
        values = frame.iloc[:, position].tolist()
        masked = _masked(values)
        if name == FLAG:
            found = [known or bool(value) for known, value in zip(found, values, strict=True)]
            continue
        if masked is not values:
            pairs = zip(found, masked, values, strict=True)
            found = [known or new is not old for known, new, old in pairs]
        columns.append(pd.Series(masked, dtype=object, name=name))
    columns.append(pd.Series(found, dtype=bool, name=FLAG))
    return pd.concat(columns, axis="columns")


def mask_text(text: str) -> str:
    """The text itself when it holds no personal pattern, else its NFKC form with each one masked."""
    plain = _plain(text)
    if not _CANDIDATE.search(plain):
        return text
    masked = _PERSONAL.sub(_mask_of, plain)
    if masked == plain:
        return text
    return masked if _PERSONAL.sub(_mask_of, masked) == masked else MASK


def _mask_of(found: re.Match[str]) -> str:
    is_number = found.lastgroup != "bank_card" or _has_check_digit(found[0])
    return MASK if is_number else found[0]


def _has_check_digit(number: str) -> bool:
    """Whether the last digit of a number is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in reversed(number) if digit.isdigit()]
    doubled = (digit * 2 - 9 * (digit > 4) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _masked(values: list[Any]) -> list[Any]:
    """The values with personal ones replaced; the very same list when there are none. Codes repeat."""
    if _is_plain(values):
        return values
    distinct = {value for value in values if isinstance(value, str)}
    # One search over all of them spares a search in each: no pattern runs over the NUL between them.
    clean = not _CANDIDATE.search(_plain("\0".join(distinct)))
    texts = {} if clean else {value: mask_text(value) for value in distinct}
    others = {row: _mask_other(value) for row, value in enumerate(values) if not isinstance(value, str)}
    if all(new is old for old, new in texts.items()) and all(others[row] is values[row] for row in others):
        return values
    return [
        (value if texts.get(value, value) == value else texts[value]) if isinstance(value, str) else others[row]
        for row, value in enumerate(values)
    ]


def _is_plain(values: list[Any]) -> bool:
    """Whether all are days or numbers too short to be anybody's, as most columns are."""
    kinds = set(map(type, values))
    return kinds <= {date, NoneType} or (kinds == {int} and min(values) in FEW_DIGITS and max(values) in FEW_DIGITS)


def _mask_other(value: object) -> object:
    if value is None or isinstance(value, (bool, date)) or (isinstance(value, int) and value in FEW_DIGITS):
        return value
    text = _as_printed(value)
    masked = mask_text(text)
    return value if masked is text else masked


def _as_printed(value: object) -> str:
    """A number from a spreadsheet is a float: 13800000000.0 must not hide behind an exponent."""
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _plain(text: str) -> str:
    return text if text.isascii() else _normalised(text)


def _normalised(text: str) -> str:
    """NFKC without invisible characters, digits of every script and Chinese numerals as ASCII ones."""
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    visible = _CHINESE_NUMBER.sub(lambda number: number[0].translate(_CHINESE_DIGITS), visible)
    return _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0])), visible)
