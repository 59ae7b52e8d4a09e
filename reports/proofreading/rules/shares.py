"""Shares: of certified counts, of counts that stand in the text, and those that can't be."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from reports.proofreading.arithmetic import percent, sign
from reports.proofreading.context import Case
from reports.proofreading.numerals import PERCENT
from reports.proofreading.readings import Reading
from reports.proofreading.rules.table import Fault, ReadPassage, Values, of_passage, of_reading

# What never is more than the whole; a 完成率 may be.
_AT_MOST_A_WHOLE = re.compile(
    r"(?:占比?|比重|满意率|满意度|好评率|按时办结率|办结率|网办率|接通率|覆盖率|合格率|准确率|可办率|回收率|回访率|知晓率|上线率|办理率|满意比例|占[^，。；：\d]{1,14}的)(?:达到|达|为|是|约|[：:])*$"
)
_NOT_A_SHARE = re.compile(r"占(?:年度|全年|年初|上年|去年|计划|目标|原|同期)")
_SHARE_OF_PART = re.compile(
    r"^[^。；！？\d]{0,2}，?(?:占比?|占总[\u4e00-\u9fff]{1,3}的?|占比为|占比达|[\u4e00-\u9fff]{1,5}率)(?:为|达|约)?$"
)


@of_reading("占比错误", ("share",), "{part.metric_name}占{whole.metric_name}的 {right}%", "请改为“{right}%”")
def wrong_share(case: Case) -> Values | None:
    """Another share than the counts give, exact or printed."""
    part, reading, context = case.number, case.reading, case.context
    if part is None:
        return None
    numbers = [context.known.current(metric, reading.months) for metric in context.wholes(reading)]
    wholes = [whole for whole in numbers if whole is not None and whole.exact]
    ratios = [part.share(whole) for whole in wholes]
    # What a reader would reckon, from what is printed.
    ratios += [Fraction(part.in_units) / Fraction(whole.in_units) for whole in wholes if whole.in_units]
    if not ratios or any(map(case.is_percent, ratios)):
        return None
    return {"part": part, "whole": wholes[0], "right": case.percent(part.share(wholes[0]))}


@of_reading(
    "占比错误",
    ("points",),
    "按准确数计算，占比{word} {right} 个百分点",
    "请改为“{word} {right} 个百分点”",
    code="wrong_share",
)
def wrong_share_change(case: Case) -> Values | None:
    """Another change of a share than the exact counts give."""
    return _wrong_points(case, list(_share_moves(case)))


@of_reading(
    "增减幅度错误",
    ("points",),
    "按准确数计算，{number.metric_name}{word} {right} 个百分点",
    "请改为“{word} {right} 个百分点”",
    code="wrong_rate",
)
def wrong_points(case: Case) -> Values | None:
    """Another change of a certified ratio than the exact numbers give."""
    number = case.number
    if number is None or not number.derived:
        return None
    moves = [Fraction(number.exact - base.exact) / 100 for base in case.context.bases(case.reading)]
    wrong = _wrong_points(case, moves)
    return {**wrong, "number": number} if wrong else None


def _wrong_points(case: Case, moves: Sequence[Fraction]) -> Values | None:
    if not moves or any(sign(move) == case.stated_sign and case.is_percent(move) for move in moves):
        return None
    word = {1: "提高", -1: "下降", 0: "持平"}[sign(moves[0])]
    return {"word": word, "right": case.percent(moves[0])}


def _share_moves(case: Case) -> Iterator[Fraction]:
    reading, known = case.reading, case.context.known
    for metric in case.context.wholes(reading):
        for months in reading.bases:
            part, whole, part_then, whole_then = (
                known.current(code, when) for when in (reading.months, months) for code in (reading.metric, metric)
            )
            if part and whole and part_then and whole_then and whole.exact and whole_then.exact:
                yield part.share(whole) - part_then.share(whole_then)


@of_passage("比率超过 100%", "这样的比率不会超过 100%", "请核对")
def share_over_100(piece: ReadPassage) -> Iterator[Fault]:
    """A share of more than the whole."""
    for reading in piece.readings:
        numeral = reading.numeral
        if numeral is None or reading.unit_text != "%" or numeral.value <= 100:
            continue
        before = piece.text[max(0, numeral.start - 16) : numeral.start]
        if _AT_MOST_A_WHOLE.search(before) and not _NOT_A_SHARE.search(before):
            yield Fault(piece, numeral.start, numeral.end, {})


@of_passage("占比与文中的数不符", "{part} ÷ {whole} = {right}%", "请核对占比和两个数", level="ask")
def share_of_parts(piece: ReadPassage) -> Iterator[Fault]:
    """A share that the two counts before it don't give: 参训 86 人，其中线上 50 人，占 62%."""
    counted = [reading for reading in piece.readings if reading.numeral is not None and reading.kind not in _NO_COUNTS]
    for whole, part, share in zip(counted, counted[1:], counted[2:], strict=False):
        over = share.unit_text == "%" and share.count.value > 100
        if (
            share.unit_text != "%"
            or over
            or share.metric
            or part.sentence != whole.sentence
            or share.sentence != part.sentence
        ):
            continue
        said = piece.text[part.end : share.start]
        between = piece.text[whole.end : part.start]
        if (
            not _is_part(whole, part, between)
            or not _SHARE_OF_PART.match(said)
            or share.around
            or part.around
            or whole.around
        ):
            continue
        ratio = Fraction(part.count.amount) / Fraction(whole.count.amount)
        if not _is_about(share.count.value, share.count.decimals, ratio):
            right = percent(ratio, max(share.count.decimals, 1))
            values = {"part": part.count.digits, "whole": whole.count.digits, "right": right}
            yield Fault(piece, share.start, share.end, values)


_NO_COUNTS = frozenset({"日期", "序号", "文号", "期号", "时间", "电话", "编号", "比", "范围", "网址", "文件名", "引语"})


def _is_part(whole: Reading, part: Reading, between: str) -> bool:
    alike = whole.unit_text == part.unit_text and whole.unit_text not in PERCENT
    units = (whole.numeral, part.numeral)
    follows = all(numeral is not None and not numeral.unit for numeral in units)
    same = alike and (bool(whole.unit_text) or (follows and whole.count.follows == part.count.follows))
    return same and "其中" in between and whole.count.amount >= part.count.amount > 0


def _is_about(value: Decimal, decimals: int, ratio: Fraction) -> bool:
    return abs(Fraction(value) - ratio * 100) * 2 <= Fraction(Decimal(1).scaleb(-decimals))


@of_passage("占比之和超过 100%", "并列的占比 {items} 加起来是 {sum:f}%", "请核对", level="ask")
def shares_over_whole(piece: ReadPassage) -> Iterator[Fault]:
    """Shares of one list that are more than the whole together."""
    run: list[Reading] = []
    for reading in [*piece.readings, None]:
        if reading is not None and reading.numeral is not None and _continues(piece, run, reading):
            run.append(reading)
            continue
        total = sum((share.count.value for share in run), Decimal(0))
        if len(run) > 1 and total > Decimal("100.5"):
            items = " + ".join(f"{share.count.value:f}%" for share in run)
            yield Fault(piece, run[0].start, run[0].end, {"items": items, "sum": total})
        run = [reading] if reading is not None and _is_listed_share(piece, reading) else []


def _is_listed_share(piece: ReadPassage, reading: Reading) -> bool:
    return reading.unit_text == "%" and piece.text[max(0, reading.start - 2) : reading.start].endswith(("占", "占比"))


def _continues(piece: ReadPassage, run: list[Reading], reading: Reading) -> bool:
    if not run or not _is_listed_share(piece, reading):
        return False
    return re.fullmatch(r"、[^，。；、]{1,12}", piece.text[run[-1].end : reading.start]) is not None
