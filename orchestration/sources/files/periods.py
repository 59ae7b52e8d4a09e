"""The days, months and years that a text names, without those on which a form was made."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.sources.files.forms import DATES

# Full-width signs to those of ASCII; nothing else is normalised, since ① and ² would become digits.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_NUMERALS = {sign: str(digit) for digit, signs in enumerate(("〇零○", *"一二三四五六七八九")) for sign in signs}
_SIGN = f"[{''.join(_NUMERALS)}十]"
# 统一月报 holds no month.
_CHINESE = re.compile(rf"(?:(?<=年){_SIGN}+(?=月)|{_SIGN}+(?=\s*(?:[年日号]|月份|月\s*{_SIGN}+\s*[日号])))")
_PERIOD = re.compile(
    r"""(?x) (?<!\d) (?:
    (?P<year_1>(?:19|20)\d\d) \s*年\s* (?P<month_1>\d{1,2}) \s*月\s* (?P<day_1>\d{1,2}) (?!\d) \s*[日号]?
    | (?P<year_2>(?:19|20)\d\d) \s*(?P<mark>[-/.])\s* (?P<month_2>\d{1,2}) \s*(?P=mark)\s* (?P<day_2>\d{1,2}) (?!\d)
    | (?P<year_3>(?:19|20)\d\d) (?P<month_3>0[1-9]|1[0-2]) (?P<day_3>0[1-9]|[12]\d|3[01]) (?!\d)
    | (?P<year_4>(?:19|20)\d\d) \s*年\s* (?P<month_4>\d{1,2}) \s*月份? (?!\d)
    | (?P<year_5>(?:19|20)\d\d) [-/] (?P<month_5>0[1-9]|1[0-2]) (?![-/.\d])
    | (?P<from_month>\d{1,2}) \s*月?\s* [-—–~至到] \s* (?P<to_month>\d{1,2}) \s*月 (?!\s*\d)
    | (?P<month_6>\d{1,2}) \s*月\s* (?P<day_6>\d{1,2}) \s*[日号]
    | (?P<month_7>\d{1,2}) \s*月 (?:份 | (?!\s*\d))
    | (?P<year_8>(?:19|20)\d\d) \s*年
    )"""
)
_PARTS = ("year", "month", "day")
_MADE, _DATE, _PERSON = ("|".join(map(re.escape, DATES[key])) for key in ("made", "date", "person"))
_DATE_LABEL = re.compile(rf"(?:{_MADE})+(?:{_DATE}|{_PERSON})*")
_DATED_AFTER = re.compile(rf"\s*(?:{_MADE}|{'|'.join(map(re.escape, DATES['other']))})")
# The label right before a date, and that of the name or the like which stands between them.
_RIGHT_BEFORE = re.compile(r"([^\s:,;。()、|]*)\s*:?\s*$")
_BEFORE_NAME = re.compile(r"([^\s:,;。()、|]+)\s*:[^:]*$")


@dataclass(frozen=True)
class StatedPeriod:
    """A day, month or year as a text names it: what it leaves out is None. `begins` says that the text begins so."""

    year: int | None
    month: int | None
    day: int | None
    begins: bool

    def __str__(self) -> str:
        parts = [str(self.year or ""), *(f"{part:02}" if part else "" for part in (self.month, self.day))]
        return "-".join(filter(None, parts)) if self.year or self.day else f"month {self.month}"


def periods_in(line: str, *, below: bool) -> Iterator[StatedPeriod]:
    """The periods that a line of a form names; `below` says that it stands below the table, where people sign."""
    text = _CHINESE.sub(lambda found: _number(found[0]), line.translate(_PLAIN))
    end, made = 0, False
    for found in _PERIOD.finditer(text):
        before, end = text[end : found.start()], found.end()
        if not re.fullmatch(r"\s*(?:[-—–~至到]|\d{1,2}:\d\d(?::\d\d)?|\s)+", before):
            made = _is_label_of_made(before, below=below)
        if not made and not _DATED_AFTER.match(text, end):
            yield from _periods(found)


def _is_label_of_made(before: str, *, below: bool) -> bool:
    directly, named = _RIGHT_BEFORE.search(before), _BEFORE_NAME.search(before)
    labels = [found[1] for found in (directly, named if below else None) if found]
    return any(map(_DATE_LABEL.fullmatch, labels))


def _periods(found: re.Match[str]) -> Iterator[StatedPeriod]:
    said = {key: value for key, value in found.groupdict().items() if value}
    year, month, day = (
        next((int(value) for key, value in said.items() if key.startswith(part)), None) for part in _PARTS
    )
    span = [int(said[key]) for key in ("from_month", "to_month") if key in said]
    for each in span or (month,):
        yield StatedPeriod(year, each, day, begins=not found.start())


def _number(numeral: str) -> str:
    """A Chinese numeral in digits: 二〇二五, 十二, 二十."""
    tens, ten, ones = numeral.partition("十")
    digits = "".join(_NUMERALS.get(sign, "") for sign in (tens or "一") + (ones or "〇" if ten else ""))
    return digits if ten else "".join(_NUMERALS[sign] for sign in numeral)
