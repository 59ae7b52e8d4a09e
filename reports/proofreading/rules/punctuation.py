"""Marks: brackets and quotes that don't close, and half-width marks among Chinese characters."""

import re
from collections.abc import Iterator

from reports.proofreading.rules.table import Fault, ReadPassage, of_passage

_PAIRS = {"）": "（", "》": "《", "”": "“", "〕": "〔", "】": "【", "’": "‘"}
_OPENS = frozenset(_PAIRS.values())
# 1） and a） number an item.
_NUMBERS_AN_ITEM = re.compile(r"(?:^|[；。，：\n])[#>*\s-]*[0-9a-zA-Z一二三四五六七八九十]{1,3}$")
# （一) is told as a bracket of an ordinal.
_HALF_CLOSED = re.compile(r"（[0-9一二三四五六七八九十]{1,3}\)")
_HANZI = "\u4e00-\u9fff"
_HALF_WIDTH = re.compile(
    rf"(?<=[{_HANZI}”》）])[,;:?!](?=[{_HANZI}“《（]|$)"
    rf"|(?<=[{_HANZI}])\((?![一二三四五六七八九十]{{1,3}}\)|次\))[^()（）\n]*[{_HANZI}][^()（）\n]*\)"
)


@of_passage("括号、引号不成对", "“{mark}”没有成对", "请补上另一半，或删去")
def unclosed(piece: ReadPassage) -> Iterator[Fault]:
    """《 without 》, and the like."""
    text, begins = piece.parsed.passage.original, piece.parsed.passage.begins
    opened: list[tuple[str, int]] = []
    for place in range(begins, len(text)):
        mark = text[place]
        if mark in _OPENS and not _HALF_CLOSED.match(text, place):
            opened.append((mark, place))
        elif mark in _PAIRS:
            if opened and opened[-1][0] == _PAIRS[mark]:
                opened.pop()
            elif not _closes_otherwise(text, begins, place, opened):
                yield Fault(piece, place, place + 1, {"mark": mark})
    for mark, place in opened:
        yield Fault(piece, place, place + 1, {"mark": mark})


def _closes_otherwise(text: str, begins: int, place: int, opened: list[tuple[str, int]]) -> bool:
    """Whether a closing mark belongs to the number of an item, or to a bracket of the other width."""
    if text[place] == "）" and _NUMBERS_AN_ITEM.search(text[begins:place]):
        return True
    return text[place] == "）" and text.rfind("(", begins, place) > text.rfind(")", begins, place) and not opened


@of_passage("半角标点", "中文里用全角标点", "请改用全角标点")
def half_width(piece: ReadPassage) -> Iterator[Fault]:
    """推进改革,优化服务."""
    passage = piece.parsed.passage
    for match in _HALF_WIDTH.finditer(passage.original, passage.begins):
        yield Fault(piece, *match.span(), {})
