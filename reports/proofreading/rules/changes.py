"""Changes of certified counts: rates, differences, directions, multiples."""

from fractions import Fraction

from reports.proofreading.arithmetic import percent, sign
from reports.proofreading.context import MOST_RATE_DECIMALS, Case
from reports.proofreading.known_numbers import KnownNumber
from reports.proofreading.rules.table import Values, of_reading
from reports.proofreading.vocabulary import family

_DIRECTIONS = {1: "增长", -1: "下降", 0: "持平"}
# 基本持平 leaves room for less than one per cent.
_NEARLY_LEVEL = Fraction(1, 100)
_AS_RECKONED = "按准确数计算，{now.metric_name}与 {base.when}相比{real}{rate}"


@of_reading(
    "以 0 为基数",
    ("rate",),
    "{base.when}{base.metric_name}为 0，以 0 为基数不能计算增长率",
    "请删去百分比，改写增加的数量",
)
def zero_base(case: Case) -> Values | None:
    """A rate over zero."""
    bases = [base for _, base in case.changes]
    return None if not bases or any(base.exact for base in bases) else {"base": bases[0]}


@of_reading("该用百分点", ("rate",), "比率的增减用“百分点”，不用“%”", "请核对数值，把“%”改为“个百分点”")
def percent_for_points(case: Case) -> Values | None:
    """A change of a ratio in per cent."""
    return {"digits": case.numeral.digits} if case.reading.ratio else None


@of_reading("该用百分号", ("points",), "数量的增减用“%”，不用“百分点”", "请核对数值，把“个百分点”改为“%”")
def points_for_percent(case: Case) -> Values | None:
    """A change of a count in percentage points."""
    return None if case.reading.ratio else {"digits": case.numeral.digits}


@of_reading("倍数不符", ("fold", "trend"), _AS_RECKONED, "请核对“倍”“番”", level="ask")
def fold_of_metric(case: Case) -> Values | None:
    """增长 2 倍 or 翻番 of what didn't grow so much."""
    changes = [(now, base) for now, base in case.changes if base.exact]
    stated = Fraction(case.numeral.value) if case.reading.numeral is not None else Fraction(case.reading.doubled)
    if not changes or not stated or any(_grew(now, base, stated) for now, base in changes):
        return None
    return _change(*changes[0])


def _grew(now: KnownNumber, base: KnownNumber, stated: Fraction) -> bool:
    return abs(now.growth(base) - stated) * 4 <= max(stated, Fraction(1))


@of_reading(
    "增减方向错误",
    ("rate", "difference", "trend"),
    "{now.metric_name}的核定数，{base.when}为 {base.with_unit}，{now.when}为 {now.with_unit}，实为{real}，不是{stated}",
    "请改为“{real}{rate}”",
)
def direction(case: Case) -> Values | None:
    """A rise called a fall, and the like."""
    if not case.changes or any(_goes_as_stated(case, now, base) for now, base in case.changes):
        return None
    now, base = case.changes[0]
    values = {**_change(now, base, decimals=1), "stated": _DIRECTIONS[case.stated_sign]}
    if case.reading.role != "difference" or now.exact == base.exact:
        return values
    by = {1: "增加", -1: "减少"}[sign(now.exact - base.exact)]
    return {**values, "real": by, "rate": f" {case.in_its_unit(_difference(now, base))}"}


def _change(now: KnownNumber, base: KnownNumber, decimals: int = MOST_RATE_DECIMALS) -> Values:
    rate = "" if base.exact in {0, now.exact} else f" {percent(now.growth(base), decimals)}%"
    return {"now": now, "base": base, "real": _DIRECTIONS[sign(now.exact - base.exact)], "rate": rate}


def _goes_as_stated(case: Case, now: KnownNumber, base: KnownNumber) -> bool:
    reading = case.reading
    if reading.numeral is not None and reading.numeral.sign < 0 and reading.direction is not None:
        return False
    if stated := case.stated_sign:
        return sign(now.exact - base.exact) == stated
    nearly = reading.around == "about" and base.exact > 0 and abs(now.growth(base)) < _NEARLY_LEVEL
    return now.printed == base.printed or nearly


@of_reading(
    "已修订的旧数",
    ("rate",),
    "这是按已被修订的数算的（{old.when}第 {old.revision} 版 {old.with_unit}），"
    "按准确数计算，{now.metric_name}与 {base.when}相比{real}{rate}",
    "请改为“{right}%”",
    code="stale_vintage",
)
def stale_rate(case: Case) -> Values | None:
    """The rate that superseded counts would give."""
    values, reading, known = wrong_rate(case), case.reading, case.context.known
    if values is None:
        return None
    now = values["now"]
    olds = [(old, now, old) for months in reading.bases for old in known.superseded(reading.metric, months)]
    before = known.superseded(reading.metric, reading.months)
    olds += [(base, old, old) for old in before for base in case.context.bases(reading)]
    stale = next((old for base, then, old in olds if base.exact and case.is_percent(then.growth(base))), None)
    return {**values, "old": stale} if stale else None


@of_reading("增减幅度错误", ("rate",), _AS_RECKONED, "请改为“{right}%”")
def wrong_rate(case: Case) -> Values | None:
    """Another rate than the exact counts give."""
    rates = [(now, base, now.growth(base)) for now, base in case.changes if base.exact]
    if not rates or any(case.is_percent(rate) for _, _, rate in rates):
        return None
    now, base, rate = rates[0]
    return {**_change(now, base), "right": case.percent(rate)}


@of_reading(
    "增减数量错误",
    ("difference",),
    "{number.metric_name}与 {base.when}相比{real} {right}",
    "请改为“{right}”",
)
def wrong_difference(case: Case) -> Values | None:
    """Another difference than the counts give, exact or printed."""
    if not case.changes or any(_is_difference(case, now, base) for now, base in case.changes):
        return None
    now, base = case.changes[0]
    difference = _difference(now, base)
    return {**_change(now, base), "number": difference, "right": case.in_its_unit(difference)}


def _difference(now: KnownNumber, base: KnownNumber) -> KnownNumber:
    return now.with_exact(abs(Fraction(now.exact) - base.exact), now.month)


def _is_difference(case: Case, now: KnownNumber, base: KnownNumber) -> bool:
    change, amount = _difference(now, base), case.numeral.amount
    if case.reading.unit_text in family(now.unit) and amount == change.exact:
        return True
    if case.reading.around:
        return case.approximates(change)
    if case.has_unit(change):
        return case.same_value(change) or amount == abs(now.in_units - base.in_units)
    return False
