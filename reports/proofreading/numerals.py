"""Finding numerals: digits of either width, separators, 万 and 亿, percentages, and Chinese numerals of quantities."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from reports.proofreading.vocabulary import any_of

PERCENT = ("%", "‰")
POINTS = ("个百分点", "百分点")
_SCALES = {"亿": 10**8, "千万": 10**7, "百万": 10**6, "万": 10**4, "千": 10**3, "百": 10**2, "": 1}
_DIGITS = r"\d{1,3}(?:[,，]\d{3}){1,6}(?![\d,，])(?:\.\d+)?|\d+(?:\.\d+)?"
_CHINESE_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE_SCALES = {"十": 10, "百": 100, "千": 1000}
_CHINESE = "[零〇一二三四五六七八九十百千万亿两点]"
_AROUND_MORE = "余多"
# No count has more digits; what has is a code, and isn't reckoned with.
_LONGEST = 24


@dataclass(frozen=True)
class Numeral:
    """A number as a text writes it."""

    start: int  # its first character in the plain text, without a sign
    end: int  # after its unit
    digits: str  # the number alone, 3.27 or 1,234
    value: Decimal  # what the digits say, before the scale
    scale: int  # 10000 for 万
    unit: str  # the name after the scale, 件; empty if no known unit follows
    unit_text: str  # scale and unit, 万件
    sign: int = 0  # −1 if a minus stands before it, 1 if a plus does, else 0
    more: bool = False  # whether 余 or 多 follows the digits or the scale
    chinese: bool = False  # whether it is written in Chinese numerals
    follows: str = ""  # the character after it; empty at the end

    @property
    def amount(self) -> Decimal:
        """The number in its unscaled unit."""
        return self.value * self.scale

    @property
    def decimals(self) -> int:
        """How many decimals are written."""
        return len(self.digits.replace("点", ".").partition(".")[2])

    @property
    def plain_digits(self) -> str:
        """The digits without what separates thousands."""
        return _plain(self.digits)

    @property
    def has_separators(self) -> bool:
        """Whether thousands are separated."""
        return self.digits != self.plain_digits

    @property
    def is_bare(self) -> bool:
        """Whether no unit follows, and no word that could be one."""
        return not self.unit and not ("\u4e00" <= self.follows <= "\u9fff")


class Tokenizer:
    """Finds numerals with these units; one pass, linear in the length of the text."""

    def __init__(self, units: Collection[str]) -> None:
        unit = any_of([*units, *PERCENT, *POINTS])
        scale = any_of([scale for scale in _SCALES if scale])
        self._arabic = re.compile(
            rf"(?P<percent_of>百分之)?(?P<sign>(?<![\d%）)A-Za-z])[-−+])?(?P<digits>{_DIGITS})"
            rf"(?:(?P<more>[{_AROUND_MORE}])?(?![百千]分点)(?P<scale>{scale})(?P<rest>\d{{1,4}}(?![\d.万亿]))?)?"
            rf"(?P<more_too>[{_AROUND_MORE}])?(?P<unit>{unit})?",
            re.ASCII,
        )
        # One character alone is rather a word, 一件事; two and a unit are plainly a quantity.
        self._chinese = re.compile(
            rf"(?P<percent_of>百分之)(?P<part>{_CHINESE}{{1,20}})|(?P<digits>{_CHINESE}{{2,20}})(?P<unit>{unit})"
        )

    def find(self, text: str) -> list[Numeral]:
        """The numerals of a plain text, in order."""
        arabic = (_arabic_numeral(match, text) for match in self._arabic.finditer(text))
        return sorted([*arabic, *self._chinese_numerals(text)], key=lambda numeral: numeral.start)

    def _chinese_numerals(self, text: str) -> Iterator[Numeral]:
        for match in self._chinese.finditer(text):
            digits = match["part"] or match["digits"]
            value = chinese_value(digits)
            if value is None:
                continue
            yield Numeral(
                start=match.start(),
                end=match.end(),
                digits=digits,
                value=value,
                scale=1,
                unit=match["unit"] or "%",
                unit_text=match["unit"] or "%",
                chinese=True,
                follows=text[match.end() : match.end() + 1],
            )


def _plain(digits: str) -> str:
    return digits.replace(",", "").replace("，", "")


def _arabic_numeral(match: re.Match[str], text: str) -> Numeral:
    digits, end = match["digits"], match.end()
    value = Decimal(_plain(digits)[:_LONGEST])
    scale_text, unit = match["scale"] or "", match["unit"] or ""
    scale = _SCALES[scale_text]
    if match["rest"]:
        value, scale, scale_text = value * scale + int(match["rest"]), 1, ""
    # 3 千米 is a length, not three thousand of something.
    if scale_text in {"千", "百"} and not unit:
        end, scale_text, scale = match.end("digits"), "", 1
    if match["percent_of"]:
        unit = "%"
    return Numeral(
        start=match.start("digits"),
        end=end,
        digits=digits,
        value=value,
        scale=scale,
        unit=unit,
        unit_text=scale_text + unit,
        sign={"-": -1, "−": -1, "+": 1}.get(match["sign"] or "", 0),
        more=bool(match["more"] or match["more_too"]),
        follows=text[end : end + 1],
    )


def chinese_value(digits: str) -> Decimal | None:
    """The value of a Chinese numeral such as 五万四千二百一十三 or 五点四二万; None if it isn't one."""
    value = Decimal(0)
    rest = digits
    for name, scale in (("亿", 10**8), ("万", 10**4)):
        before, scale_name, after = rest.rpartition(name)
        if scale_name:
            head = _below_ten_thousand(before)
            if head is None:
                return None
            value, rest = value + head * scale, after
    tail = _below_ten_thousand(rest) if rest else Decimal(0)
    return None if tail is None else value + tail


def _below_ten_thousand(digits: str) -> Decimal | None:
    whole, point, decimals = digits.partition("点")
    total, digit = 0, None
    for character in whole:
        if character in _CHINESE_SCALES:
            total += (1 if digit is None else digit) * _CHINESE_SCALES[character]
            digit = None
        elif character in _CHINESE_DIGITS and not digit:
            digit = _CHINESE_DIGITS[character]
        else:
            return None
    if not whole or (point and not decimals) or any(character not in _CHINESE_DIGITS for character in decimals):
        return None
    fraction = "".join(str(_CHINESE_DIGITS[character]) for character in decimals)
    return Decimal(f"{total + (digit or 0)}.{fraction or '0'}")
