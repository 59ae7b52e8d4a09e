"""The ordinals of items, 一、（一） 1. （1） ①: read at the beginning of a text, and written by the system."""

import re
from collections.abc import Callable
from dataclasses import dataclass

NUMERALS = "一二三四五六七八九十"


def in_chinese(count: int) -> str:
    """1 to 99 as 一 to 九十九; more in figures, which no edition has."""
    if count > 99:
        return str(count)
    tens, ones = divmod(count, 10)
    lead = "" if not tens else "十" if tens == 1 else f"{NUMERALS[tens - 1]}十"
    return lead + (NUMERALS[ones - 1] if ones else "")


_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_CHINESE = f"[{NUMERALS}]{{1,3}}"
_VALUES = {in_chinese(count): count for count in range(1, 100)} | {
    digit: count for count, digit in enumerate(_CIRCLED, 1)
}


@dataclass(frozen=True)
class _Form:
    """A form of ordinal, called as the first of its kind is written; the forms stand in the order of their depth."""

    first: str
    pattern: re.Pattern[str]
    written: Callable[[int], str]


def _circled(count: int) -> str:
    return _CIRCLED[count - 1] if count <= len(_CIRCLED) else f"（{count}）"


# Neither 一、二类窗口 nor 1.5 万件 nor 3、4 月 begins with an ordinal; 1.3月5日 does.
_FORMS = (
    _Form("一、", re.compile(rf"({_CHINESE})[、.．](?![{NUMERALS}]+[、至类级季])"), lambda n: f"{in_chinese(n)}、"),
    _Form("（一）", re.compile(rf"[（(]\s*({_CHINESE})\s*[）)][、.．]?"), lambda n: f"（{in_chinese(n)}）"),
    _Form("1.", re.compile(r"(\d{1,2})[.、．](?!\d(?!\d?\s*月\s*\d{1,2}\s*日))"), lambda n: f"{n}. "),
    _Form("（1）", re.compile(r"[（(]?\s*(\d{1,2})\s*[）)][、.．]?"), lambda n: f"（{n}）"),
    _Form("①", re.compile(rf"([{_CIRCLED}])[、.．]?"), _circled),
)
_PLACES = {form.first: place for place, form in enumerate(_FORMS)}
_ITEM_FORMS = _FORMS[1:]  # by depth below a section, whose own form is 一、
DEEPEST = len(_ITEM_FORMS) - 1


@dataclass(frozen=True)
class Ordinal:
    """An ordinal as an author or a program gave it; `form` is how the first of its kind is written."""

    form: str
    value: int
    written: str

    @property
    def rank(self) -> float:
        """How deep its form usually stands; one that officials don't use, 1.1 or a., stands deepest."""
        return _PLACES.get(self.form, len(_FORMS) + self.form.count("."))

    def other(self, value: int) -> str:
        """Another ordinal of the same form, as it would be written."""
        place = _PLACES.get(self.form)
        return _FORMS[place].written(value).strip() if place is not None else f"第 {value} 个"


def read_ordinal(text: str) -> tuple[Ordinal, int] | None:
    """The ordinal that a text begins with and where the rest begins; None without an ordinal or a rest."""
    begins = len(text) - len(text.lstrip())
    for form in _FORMS:
        match = form.pattern.match(text, begins)
        if match is None:
            continue
        value = _VALUES.get(match[1]) or (int(match[1]) if match[1].isdecimal() else 0)
        rest = len(text) - len(text[match.end() :].lstrip())
        if value and rest < len(text):
            return Ordinal(form.first, value, match[0]), rest
    return None


def item_number(depth: int, count: int) -> str:
    """The number of an item as the system writes it: （一） at depth 0, then 1. , （1） and ①."""
    return _ITEM_FORMS[min(depth, DEEPEST)].written(count)
