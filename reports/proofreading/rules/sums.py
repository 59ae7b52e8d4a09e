"""Totals and parts that stand in one sentence, and the note on rounding."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from reports.figures.words import DEFAULT
from reports.proofreading.known_numbers import KnownNumber, summed
from reports.proofreading.numerals import PERCENT, POINTS
from reports.proofreading.readings import Reading
from reports.proofreading.rules.table import Fault, ReadPassage, of_passage, of_text

_NOTE = re.compile(r"因四舍五入[^。]{0,30}差异")
# How a list of parts is announced after its total.
_AMONG = re.compile(r"[\u4e00-\u9fff]{0,12}[，,；:：（(]{0,2}其中[:：，,]?")
_CONSISTS = re.compile(r"[\u4e00-\u9fff]{0,4}[，,](?:包括|包含|分别是|分为|由)[:：]?")
_IN_BRACKETS = re.compile(r"[\u4e00-\u9fff]{0,4}[（(]")
_NAME = r"[^，。；：、！？（）()\d]{1,14}"
_NEXT = re.compile(rf"(?P<mark>[、，]|和|及|以及|与)(?P<name>{_NAME})")
_FIRST = re.compile(rf"(?P<name>{_NAME})")
_TOTAL = re.compile(
    r"[\u4e00-\u9fff]{0,2}[，,、]?(?:[两三四五](?:批|项|类|者|期|次|场))?(?:合计|共计|总计|总共|共)(?:为|有|达)?"
)
# What begins so isn't one more part.
_NO_PART = re.compile(
    r"涉及|覆盖|惠及|配备|完成|投资|共|合计|占|同比|环比|较|比|发现|整改|检查|惠民|总|累计|平均|已(?!整改|办结)|居|排"
)
# What is missing from a list that looks like a whole one is less than this part of its total.
_NEARLY_ALL = 9
# Parts of which one thing may be several.
_OVERLAPPING = re.compile(r"党员|女|少数民族|硕士|本科|以上")
# What is added to or taken from something that was there before.
_MOVES = re.compile(r"新增|增设|撤并|撤|停用|转|退出|更换|调整|减少|原有|现有|新进|撤销|取消|发现")
# What is taken away isn't added.
_LESS = re.compile(r"减少|下降|回落|降低|少")
# Lists that name everything there is, if each of their parts says one of a line.
_COMPLETE = [
    re.compile(pattern)
    for pattern in (
        "新开工|续建|竣工|在建",
        "新建|续建|改建|扩建|改扩建",
        "线上|线下|网上|窗口|现场",
        "男|女",
        "省级|市级|县级|省直|市直",
        "已|未|正在|待|在办|办结",
        "满意|不满意",
        "上午|下午",
        "工作时间",
        "城镇|农村",
        "国有|民营|外资",
        "等奖",
        "优秀|良好|合格",
        "个人|企业|法人",
        "第[一二三四五]批",
        "其他|其余",
    )
]


@dataclass(frozen=True)
class _List:
    """Numbers of one unit that are listed beside their total."""

    total: Reading
    parts: tuple[Reading, ...]
    names: tuple[str, ...]
    exact: bool  # whether they are said to be all there is

    @property
    def written(self) -> Decimal:
        """What they add up to as they are written."""
        return sum((part.count.value for part in self.parts), Decimal(0))

    @property
    def nearly_all(self) -> bool:
        """Whether so little is left that one of the numbers is rather wrong than one more part left out."""
        values = [part.count.value for part in self.parts]
        missing = self.total.count.value - self.written
        return len(values) > 1 and missing < min(values) and missing * _NEARLY_ALL <= self.total.count.value

    @property
    def values(self) -> dict[str, object]:
        """What sentences say of them."""
        items = " + ".join(f"{part.count.value:f}" for part in self.parts)
        return {"items": items, "written": self.written, "total": self.total.count.value}


@of_passage("合计不符", "分项相加 {items} = {written:f}，与 {total:f} 不符", "请核对总数和分项", level="ask")
def wrong_sum(piece: ReadPassage) -> Iterator[Fault]:
    """A total that its parts don't make."""
    for each in _lists(piece):
        if each.total.metric or each.total.figure or _certified_sum(piece, each) is not None:
            continue
        short = each.written < each.total.count.value and (each.exact or each.nearly_all)
        if each.written > each.total.count.value or short:
            yield Fault(piece, each.total.start, _after_unit(piece, each.total), each.values)


@of_passage("合计不符", "分项相加 {items} = {written:f}，与 {total:f} 不符", "请改为“{right}”", code="wrong_sum")
def wrong_certified_sum(piece: ReadPassage) -> Iterator[Fault]:
    """A total of certified numbers that they don't make, as printed or exact."""
    for each in _lists(piece):
        right = None if each.total.metric or each.total.figure else _certified_sum(piece, each)
        if right is not None and each.total.count.value not in {each.written, Decimal(right.printed)}:
            values = {**each.values, "right": f"{each.written:f} {each.total.unit_text}"}
            yield Fault(piece, each.total.start, each.total.end, values)


def sums_that_hold(piece: ReadPassage) -> Iterator[Reading]:
    """The totals of certified numbers that are right."""
    for each in _lists(piece):
        right = None if each.total.metric else _certified_sum(piece, each)
        if right is not None and each.total.count.value in {each.written, Decimal(right.printed)}:
            yield each.total


def _certified_sum(piece: ReadPassage, each: _List) -> KnownNumber | None:
    """The sum of certified parts in their units, if they are said to be all."""
    same = all(part.certain and part.metric and part.role == "level" and not part.around for part in each.parts)
    if not same or not each.exact or not each.total.total:
        return None
    numbers = [piece.context.number(part) for part in each.parts]
    printed = all(
        number and part.count.plain_digits == number.printed for number, part in zip(numbers, each.parts, strict=True)
    )
    return summed(numbers) if printed and len({part.months for part in each.parts}) == 1 else None


def _unit(reading: Reading) -> str:
    return reading.unit_text or reading.count.follows


def _after_unit(piece: ReadPassage, reading: Reading) -> int:
    return reading.end if reading.unit_text else min(reading.end + 1, len(piece.text))


def _lists(piece: ReadPassage) -> Iterator[_List]:
    counts = [reading for reading in piece.readings if _is_count(reading)]
    for index in range(len(counts)):
        if found := _parts_after(piece, counts, index):
            yield found
        if found := _parts_before(piece, counts, index):
            yield found


def _is_count(reading: Reading) -> bool:
    numeral = reading.numeral
    if numeral is None or reading.role not in {"level", "other"} or reading.unit_text in (*PERCENT, *POINTS):
        return False
    return (reading.role == "level" or reading.kind.startswith(("作者", "没有说明", "金额", "时长"))) and bool(
        _unit(reading).strip("，。；、：（）")
    )


def _parts_after(piece: ReadPassage, counts: Sequence[Reading], index: int) -> _List | None:
    """A total, then its parts: 18 项，其中甲 12 项、乙 6 项; 包括甲、乙; （甲、乙）."""
    total, rest = counts[index], counts[index + 1 :]
    if not rest:
        return None
    said = piece.text[total.end : rest[0].start]
    for announced in (_AMONG, _CONSISTS, _IN_BRACKETS):
        match = announced.match(said)
        if match and _FIRST.fullmatch(said, match.end()):
            parts, names = _enumerated(piece, rest, said[match.end() :])
            return _judged(piece, total, parts, names, announced)
    return None


def _judged(
    piece: ReadPassage, total: Reading, parts: list[Reading], names: list[str], announced: re.Pattern[str]
) -> _List | None:
    if len(parts) < 2 or any(_unit(part) != _unit(total) or part.around for part in [*parts, total]):
        return None
    if any(_LESS.search(name) for name in names):
        return None
    complete = _is_complete(names)
    if not complete and any(_OVERLAPPING.search(name) for name in names):
        return None
    ends = piece.text[_after_unit(piece, parts[-1]) :]
    if announced is _IN_BRACKETS:
        exact = bool(re.match(r"[\u4e00-\u9fff]?[）)]", ends))
        if not exact:
            return None
    else:
        exact = announced is _CONSISTS and not ends.startswith("等")
    certified = all(part.metric for part in parts) and total.total
    return _List(total, tuple(parts), tuple(names), exact or complete or certified)


def _is_complete(names: Sequence[str]) -> bool:
    """Whether parts of these names are all there are."""
    rest = any("其他" in name or "其余" in name for name in names)
    return rest or any(all(line.search(name) for name in names) for line in _COMPLETE)


def _enumerated(piece: ReadPassage, rest: Sequence[Reading], first: str) -> tuple[list[Reading], list[str]]:
    """The readings of a list up to where its enumeration ends, with their names."""
    parts, names, mark = [rest[0]], [first], ""
    for before, reading in pairwise(rest):
        match = _NEXT.fullmatch(piece.text, _after_unit(piece, before), reading.start)
        ends = match is None or _NO_PART.match(match["name"]) or _unit(reading) != _unit(rest[0])
        if match is None or ends or (mark == "、" and match["mark"] == "，"):
            break
        mark = mark or match["mark"]
        parts.append(reading)
        names.append(match["name"])
    return parts, names


def _parts_before(piece: ReadPassage, counts: Sequence[Reading], index: int) -> _List | None:
    """Parts, then their total: 甲 3 批，乙 4 批，合计 7 批."""
    total = counts[index]
    parts: list[Reading] = []
    names: list[str] = []
    following = total
    for reading in reversed(counts[:index]):
        said = piece.text[_after_unit(piece, reading) : following.start]
        match = _TOTAL.fullmatch(said) if following is total else _NEXT.fullmatch(said)
        alike = _unit(reading) == _unit(total) and reading.sentence == total.sentence and not reading.around
        if match is None or not alike or (reading.total and not reading.metric):
            break
        if following is not total:
            names.insert(0, match["name"])
        parts.insert(0, reading)
        following = reading
    if len(parts) < 2 or total.around:
        return None
    begins = max(piece.text.rfind(mark, 0, parts[0].start) for mark in "，。；：、") + 1
    names.insert(0, piece.text[begins : parts[0].start])
    if any(_MOVES.search(name) or _OVERLAPPING.search(name) for name in names):
        return None
    return _List(total, tuple(parts), tuple(names), exact=True)


# The note on rounding.


@of_text(
    "四舍五入说明",
    "分项合计与总计因四舍五入略有差异，全文没有说明",
    "请在段末加“{note}。”，不要改动数字",
    code="rounding_note",
)
def note_missing(pieces: Sequence[ReadPassage]) -> Iterator[Fault]:
    """No note where printed parts differ from a printed total."""
    wanting = next(((piece, total) for piece in pieces if (total := _wants_note(piece))), None)
    if wanting and not any(_NOTE.search(piece.text) for piece in pieces):
        yield Fault(wanting[0], wanting[1].start, wanting[1].end, {"note": DEFAULT.rounding_note})


@of_text(
    "四舍五入说明",
    "文中分项合计与总计没有差异，不需要四舍五入的说明",
    "请删去这句说明",
    code="rounding_note",
)
def note_unwanted(pieces: Sequence[ReadPassage]) -> Iterator[Fault]:
    """A note where nothing differs."""
    if any(_wants_note(piece) for piece in pieces):
        return
    for piece in pieces:
        if match := _NOTE.search(piece.text, piece.parsed.passage.begins):
            yield Fault(piece, *match.span(), {})


def _wants_note(piece: ReadPassage) -> Reading | None:
    """The printed total that its printed parts don't add up to, all of them standing in the text; None if none."""
    printed: dict[tuple[str, str], tuple[KnownNumber, Reading]] = {}
    for reading in piece.readings:
        single = reading.certain and reading.role == "level" and reading.metric and not reading.joint
        number = piece.context.number(reading) if single else None
        if number is not None:
            printed.setdefault((number.metric, number.month), (number, reading))
    for number, reading in printed.values():
        parts = [printed.get((part, number.month)) for part in number.parts]
        present = [part[0] for part in parts if part is not None]
        if number.parts and len(present) == len(parts) and number.in_units != sum(part.in_units for part in present):
            return reading
    return None
