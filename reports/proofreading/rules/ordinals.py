"""The numbers of headings and items: 一、（一） 1. （1） and 一是 …, in a row and in one form."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from reports.proofreading.numerals import chinese_value
from reports.proofreading.parsed import is_heading
from reports.proofreading.rules.table import Fault, ReadPassage, of_passage, of_text

_CHINESE = "[一二三四五六七八九十]"
# By level. 一、二等奖 begins no item.
_FORMS = (
    re.compile(rf"#*\s*(?P<ordinal>(?P<number>{_CHINESE}{{1,3}})、)(?!{_CHINESE})"),
    re.compile(rf"#*(?P<ordinal>(?P<open>[（(])(?P<number>{_CHINESE}{{1,3}})(?P<close>[）)]))"),
    re.compile(r"#*(?P<ordinal>(?P<number>\d{1,2})[.．、])(?!\d)"),
    re.compile(r"#*(?P<ordinal>(?P<open>[（(])(?P<number>\d{1,2})(?P<close>[）)]))"),
)
_LISTS_BEGIN_AT = 2  # from this level on a list may begin anew without a heading
_EXAMPLES = ("一、", "（一）", "1.", "（1）")
# 一是, 一要; 第一，; （一）; ① and 1. in a row within a passage.
_INLINE = [
    re.compile(rf"(?:^|(?<=[。；：，:;,]))(?P<ordinal>{form})")
    for form in (
        rf"(?P<number>{_CHINESE})是",
        rf"(?P<number>{_CHINESE})要",
        rf"第(?P<number>{_CHINESE})[，、]",
        rf"[（(](?P<number>{_CHINESE}{{1,2}})[）)]",
        r"(?P<number>[①-⑳])",
        r"(?P<number>\d{1,2})[.．、](?!\d)",
        r"[（(](?P<number>\d{1,2})[）)]",
    )
]


def _ordinals(pieces: Sequence[ReadPassage]) -> Iterator[tuple[ReadPassage, int, re.Match[str]]]:
    for piece in pieces:
        if piece.parsed.passage.lead or piece.parsed.passage.place.table:
            continue
        for level, form in enumerate(_FORMS):
            if match := form.match(piece.parsed.passage.original):
                yield piece, level, match
                break


def _value(number: str) -> int:
    if len(number) == 1 and not "一" <= number <= "龥":
        return int(unicodedata.numeric(number))
    return int(number) if number.isdecimal() else int(chinese_value(number) or 0)


@of_text("序号", "前一个序号是 {before}，这里应接着往下", "请核对序号", level="ask")
def ordinal(pieces: Sequence[ReadPassage]) -> Iterator[Fault]:
    """An ordinal that comes twice, or after a gap."""
    last: dict[int, tuple[int, str]] = {}
    for piece, level, match in _ordinals(pieces):
        number = _value(match["number"])
        before, written = last.get(level, (number - 1, ""))
        last = {higher: seen for higher, seen in last.items() if higher < level}
        last[level] = (number, match["ordinal"])
        anew = number == 1 and level >= _LISTS_BEGIN_AT
        if number != before + 1 and not anew:
            yield Fault(piece, *match.span("ordinal"), {"before": written})


@of_text("序号的层次", "别处“{above}”下面一层用“{next}”，这里用了“{this}”", "请核对层次", level="ask")
def ordinal_levels(pieces: Sequence[ReadPassage]) -> Iterator[Fault]:
    """1. right below 一、 where elsewhere （一） is: headings alone, whose first shows how they are numbered."""
    headings = [each for each in _ordinals(pieces) if is_heading(each[0].text)]
    parents: list[int] = []
    below: list[tuple[int | None, ReadPassage, int, re.Match[str]]] = []
    for piece, level, match in headings:
        parents = [parent for parent in parents if parent < level]
        below.append((parents[-1] if parents else None, piece, level, match))
        parents.append(level)
    used = {(parent, level) for parent, _, level, _ in below}
    for parent, piece, level, match in below:
        if parent is not None and level > parent + 1 and (parent, parent + 1) in used and _value(match["number"]) == 1:
            values = {"above": _EXAMPLES[parent], "next": _EXAMPLES[parent + 1], "this": _EXAMPLES[level]}
            yield Fault(piece, *match.span("ordinal"), values)


@of_text("序号的括号", "序号的括号全角、半角混用", "请统一用全角括号", level="ask")
def ordinal_brackets(pieces: Sequence[ReadPassage]) -> Iterator[Fault]:
    """(二） or (二) beside （一）."""
    found = [(piece, match) for piece, level, match in _ordinals(pieces) if level % 2]
    pairs = {match["open"] + match["close"] for _, match in found}
    for piece, match in found:
        if match["open"] + match["close"] != "（）" and (len(pairs) > 1 or match["open"] + match["close"] != "()"):
            yield Fault(piece, *match.span("ordinal"), {})


@of_passage("序号", "前面是“{before}”，这里应接着往下", "请核对序号", level="ask")
def ordinal_inline(piece: ReadPassage) -> Iterator[Fault]:
    """一是…；二是…；四是…, and other forms within one passage."""
    for form in _INLINE:
        expected, written = {0}, ""
        for match in form.finditer(piece.text):
            number = _value(match["number"])
            if number == 1 or number in expected:
                expected = {number + 1}
            elif expected != {0}:
                yield Fault(piece, *match.span("ordinal"), {"before": written})
                # It may be this number that is wrong, or those before it.
                expected = {number + 1, *(right + 1 for right in expected)}
            written = match["ordinal"]
