"""What a text says twice: from A to B by so much, and multiples that can't be."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import cast

from reports.proofreading.arithmetic import percent
from reports.proofreading.numerals import POINTS
from reports.proofreading.readings import Reading
from reports.proofreading.rules.table import Fault, ReadPassage, of_passage

_UP = "增加|增长|提高|提升|上升|扩大|增|升|拓展"
_DOWN = "减少|降低|下降|压减|压缩|缩短|缩减|回落|精简|减|降"
_FROM = re.compile(r"(?:由|从)[^，。；：、\d]{0,12}$")
_TO = re.compile(rf"[\u4e00-\u9fff]{{0,4}}?(?:(?P<up>{_UP})|(?P<down>{_DOWN}))(?:了)?(?:到|至|为)")
_BY = re.compile(rf"[\u4e00-\u9fff]{{0,4}}?，(?:同比|环比)?(?:(?P<up>{_UP})|(?P<down>{_DOWN}))(?:了|幅度为|幅度达)?")
_DOUBLED = re.compile(r"[\u4e00-\u9fff]{0,4}，(?P<said>翻了?(?P<times>[一两三])?番)")
# What is counted follows; what is done to it, 5 个增加到, doesn't belong to it.
_UNIT = re.compile(rf"个?(?:(?!{_UP}|{_DOWN})[\u4e00-\u9fff])?")
_TIMES = {None: 1, "一": 1, "两": 2, "三": 3}
# 翻一番 is said of somewhat less and of somewhat more than twice as much.
_LEAST_OF_DOUBLE, _MOST_OF_DOUBLE = Fraction(9, 10), Fraction(5, 4)
_IS_TIMES = re.compile(r"，?(?:是|为|相当于)[^，。；\d]{0,16}")
_OF_BEFORE = re.compile(r"，?(?:是|为|达到?|相当于)(?:原来|之前|改革前|去年同期|上年同期|去年|上年|上月)的")
_AGAINST = re.compile(r"，?[较比](?:\d{1,2}月份?)?[^，。；\d]{0,10}")
_CHANGED = re.compile(rf"(?:{_UP}|{_DOWN})了?")
_FOLD_DOWN = re.compile(
    rf"(?:{_DOWN})(?:了|近|约|超过|逾)*(?P<fold>(?:\d+(?:\.\d+)?|[一两二三四五六七八九十])倍)(?!率)"
)


def _pairs(piece: ReadPassage) -> Iterator[tuple[Reading, Reading, int, Reading | None]]:
    """Each 由 A 增加到 B, which way its verb says that it went, and the next number."""
    counted = [reading for reading in piece.readings if reading.numeral is not None and reading.kind != "日期"]
    for index, (first, second) in enumerate(pairwise(counted)):
        said = _TO.fullmatch(piece.text, first.end, second.start)
        if said is None or not _FROM.search(piece.text, 0, first.start) or first.formerly:
            continue
        if (
            _unit(piece, first) != _unit(piece, second)
            or first.around
            or second.around
            or (first.certain and first.metric)
        ):
            continue
        third = counted[index + 2] if index + 2 < len(counted) else None
        yield first, second, 1 if said["up"] else -1, third


def _unit(piece: ReadPassage, reading: Reading) -> str:
    if reading.count.unit or reading.kind == "倍数":
        return reading.count.unit or "倍"
    return cast("re.Match[str]", _UNIT.match(piece.text, reading.end))[0]


def _end(piece: ReadPassage, reading: Reading) -> int:
    return reading.end if reading.unit_text or reading.kind == "倍数" else reading.end + len(_unit(piece, reading))


@of_passage("增减方向矛盾", "前面的数是 {first}，后面的数是 {second}，与“{verb}”矛盾", "请核对")
def from_to(piece: ReadPassage) -> Iterator[Fault]:
    """由 B 增加到 A, where A is less."""
    for first, second, way, _ in _pairs(piece):
        change = second.count.amount - first.count.amount
        if change * way < 0:
            verb = "增加" if way > 0 else "减少"
            values = {"first": first.count.digits, "second": second.count.digits, "verb": verb}
            yield Fault(piece, second.start, _end(piece, second), values)


@of_passage("增减幅度与文中的数不符", "由 {first} 到 {second}，算出来是 {right}", "请核对", level="ask")
def from_to_change(piece: ReadPassage) -> Iterator[Fault]:
    """A change that the two numbers before it don't give."""
    for first, second, way, third in _pairs(piece):
        change = abs(second.count.amount - first.count.amount)
        values = {"first": first.count.digits, "second": second.count.digits}
        if (second.count.amount - first.count.amount) * way <= 0 or not first.count.amount:
            continue
        ratio = Fraction(change) / Fraction(first.count.amount)
        if doubled := _DOUBLED.match(piece.text, second.end):
            share = (1 + ratio) / 2 ** _TIMES[doubled["times"]]
            if not _LEAST_OF_DOUBLE <= share <= _MOST_OF_DOUBLE:
                yield Fault(piece, *doubled.span("said"), {**values, "right": f"{float(1 + ratio):.2g} 倍"})
        elif (
            third is not None
            and not (way < 0 and _unit(piece, third) == "倍")
            and _BY.fullmatch(piece.text, second.end, third.start)
            and not third.around
        ):
            right = _disagrees(piece, first, third, change, ratio)
            if right:
                yield Fault(piece, third.start, _end(piece, third), {**values, "right": right})


def _disagrees(piece: ReadPassage, first: Reading, third: Reading, change: Decimal, ratio: Fraction) -> str:
    """What a change should be; empty where it is right, or nobody can say."""
    value, unit, decimals = third.count.value, _unit(piece, third), third.count.decimals
    off = Fraction(Decimal(1).scaleb(-decimals)) / 2
    if unit == "%":
        if first.unit_text == "%" and value == change:
            return ""
        return "" if abs(Fraction(value) - ratio * 100) <= off else f"{percent(ratio, max(decimals, 1))}%"
    if unit in POINTS and first.unit_text == "%":
        return "" if value == change else f"{change:f} 个百分点"
    if unit == "倍":
        return "" if abs(Fraction(value) - ratio) <= off else f"{percent(ratio / 100, max(decimals, 1))} 倍"
    if unit == _unit(piece, first):
        return "" if third.count.amount == change else f"{change / third.count.scale:f}"
    return ""


@of_passage(
    "该用百分点", "两个百分数相差用“百分点”，不用“%”", "请核对数值，把“%”改为“个百分点”", code="percent_for_points"
)
def percent_of_two_percents(piece: ReadPassage) -> Iterator[Fault]:
    """由 90.2% 上升到 92.4%，上升 2.2%."""
    for first, second, _, third in _pairs(piece):
        if first.unit_text == "%" and third is not None and third.unit_text == "%" and third.role != "rate":
            change = abs(second.count.value - first.count.value)
            if third.count.value == change and _BY.fullmatch(piece.text, second.end, third.start):
                yield Fault(piece, third.start, third.end, {})


@of_passage("倍数与文中的数不符", "{first} 是 {second} 的 {right} 倍", "请核对", level="ask")
def times_of(piece: ReadPassage) -> Iterator[Fault]:
    """A 件，是 B 件的 3 倍; 由 B 增加到 A，是原来的 3 倍."""
    for first, second, third in _triples(piece):
        if _unit(piece, third) != "倍" or _unit(piece, first) != _unit(piece, second) or third.around:
            continue
        whole, part = second, first
        if _IS_TIMES.fullmatch(piece.text, _end(piece, first), second.start):
            whole, part = first, second
            said = piece.text[_end(piece, second) : third.start] == "的"
        else:
            said = _OF_BEFORE.fullmatch(piece.text, _end(piece, second), third.start) is not None
        if said and part.count.amount:
            ratio = Fraction(whole.count.amount) / Fraction(part.count.amount)
            off = Fraction(Decimal(1).scaleb(-third.count.decimals)) / 2
            if abs(Fraction(third.count.value) - ratio) > off:
                right = percent(ratio / 100, max(third.count.decimals, 1))
                values = {"first": whole.count.digits, "second": part.count.digits, "right": right}
                yield Fault(piece, third.start, _end(piece, third), values)


@of_passage("增减幅度与文中的数不符", "{first} 和 {second} 相差 {right} 个百分点", "请核对", level="ask")
def points_between(piece: ReadPassage) -> Iterator[Fault]:
    """86.7%，较上月的 84.1% 上升 3.6 个百分点."""
    for first, second, third in _triples(piece):
        alike = first.unit_text == second.unit_text == "%" and third.unit_text in POINTS
        said = alike and _AGAINST.fullmatch(piece.text, first.end, second.start)
        if said and _CHANGED.fullmatch(piece.text, second.end, third.start):
            change = abs(first.count.value - second.count.value)
            if third.count.value != change:
                values = {
                    "first": f"{first.count.digits}%",
                    "second": f"{second.count.digits}%",
                    "right": f"{change:f}",
                }
                yield Fault(piece, third.start, third.end, values)


def _triples(piece: ReadPassage) -> Iterator[tuple[Reading, Reading, Reading]]:
    """Each three numbers in a row of one sentence, dates left out."""
    counted = [reading for reading in piece.readings if reading.numeral is not None and reading.kind != "日期"]
    for first, second, third in zip(counted, counted[1:], counted[2:], strict=False):
        if first.sentence == third.sentence:
            yield first, second, third


@of_passage("减少不用倍数", "减少、下降不能用“倍”", "请改用百分数或“几分之几”")
def fold(piece: ReadPassage) -> Iterator[Fault]:
    """下降 1 倍."""
    for match in _FOLD_DOWN.finditer(piece.text):
        yield Fault(piece, *match.span("fold"), {})
