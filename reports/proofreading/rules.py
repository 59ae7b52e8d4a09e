"""The rules of proofreading as a table: each judges one reading and says what was expected and what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from reports.proofreading.arithmetic import (
    growth,
    in_units,
    last_place,
    percent,
    share_of_exact,
    share_of_printed,
    sign,
)
from reports.proofreading.context import Context, has_unit, in_base_unit, same_value, says
from reports.proofreading.known_numbers import KnownNumber
from reports.proofreading.periods import in_words
from reports.proofreading.readings import Reading
from reports.proofreading.text_reader import family
from reports.proofreading.vocabulary import Around

_DIRECTIONS = {1: "增长", -1: "下降", 0: "持平"}
# 基本持平 leaves room for less than one per cent.
_NEARLY_LEVEL = Fraction(1, 100)
_MOST_RATE_DECIMALS = 2


@dataclass(frozen=True)
class Fault:
    """What the certificates say, and what to do about it; both are sentences without their full stop."""

    expected: str
    suggestion: str


@dataclass(frozen=True)
class ProofRule:
    """A rule by its code, its name for authors, and the function that judges a reading."""

    code: str
    name: str
    check: Callable[[Reading, Context], Fault | None]


def apply_rules(reading: Reading, context: Context) -> Iterator[tuple[ProofRule, Fault]]:
    """What is wrong with a reading: the first of the rules of value that applies, and every rule of writing."""
    for rule in VALUE_RULES:
        fault = rule.check(reading, context)
        if fault is not None:
            yield rule, fault
            break
    for rule in WRITING_RULES:
        fault = rule.check(reading, context)
        if fault is not None:
            yield rule, fault


def _write(number: KnownNumber) -> str:
    return f"请改为“{number.with_unit}”"


def _certified(number: KnownNumber) -> str:
    return f"{_when(number)}{number.metric_name}的核定数为 {number.with_unit}"


def _when(number: KnownNumber) -> str:
    first, _, last = number.month.partition("—")
    return in_words((first, last or first))


# Counts.


def _no_certificate(reading: Reading, context: Context) -> Fault | None:
    if not reading.metric:
        return None
    if context.number(reading) is None:
        missing = [month for month in reading.months if context.known.current(reading.metric, (month,)) is None]
        return _missing(reading, context, missing)
    if reading.role in {"rate", "difference", "trend"} and not reading.ratio and not context.bases(reading):
        return _missing(reading, context, [month for months in reading.bases for month in months])
    return None


def _missing(reading: Reading, context: Context, months: list[str]) -> Fault:
    name = context.known.metrics[reading.metric].metric_name
    which = "、".join(in_words((month,)) for month in dict.fromkeys(months))
    return Fault(f"没有 {which}{name}的核定数，无从核对", "请删去，或先办理核定，或登记为自有数字")


def _level_is_right(reading: Reading, context: Context) -> bool:
    numeral = reading.numeral
    candidates = [context.number(reading, months) for months in (reading.months, *reading.also)]
    numbers = [number for number in candidates if number is not None]
    if reading.formerly:
        numbers += context.known.superseded(reading.metric, reading.months)
    return numeral is not None and any(has_unit(reading, number) and says(numeral, number) for number in numbers)


def _wrong(reading: Reading, context: Context) -> KnownNumber | None:
    """The number that a count should be, if it isn't."""
    if reading.role != "level" or not reading.metric or _level_is_right(reading, context):
        return None
    return context.number(reading)


def _mixed_units(reading: Reading, context: Context) -> Fault | None:
    if reading.role not in {"level", "difference"} or not reading.metric or reading.numeral is None:
        return None
    number = context.number(reading)
    if number is None or not in_base_unit(reading, number) or number.display_unit not in context.display_units_used:
        return None
    if reading.role == "level" and reading.numeral.amount not in {Decimal(number.exact), in_units(number)}:
        return None
    expected = f"本文{number.unit}数用“{number.display_unit}”，这里用“{reading.unit_text}”，同一类数字只用一种单位"
    if reading.role == "difference":
        return Fault(expected, f"请改用“{number.display_unit}”")
    return Fault(expected, _write(number))


def _approximation(reading: Reading, context: Context) -> Fault | None:
    number, numeral = _wrong(reading, context), reading.numeral
    if number is None or numeral is None or not reading.around or _approximates(reading, number):
        return None
    return Fault(f"约数不成立，{_certified(number)}", _write(number))


def _approximates(reading: Reading, number: KnownNumber) -> bool:
    numeral = reading.numeral
    if numeral is None or reading.unit_text.lstrip("千百万亿") not in family(number.unit):
        return False
    excess, place = numeral.amount - number.exact, last_place(numeral.value) * numeral.scale
    return _is_near(reading.around, Fraction(excess), Fraction(place))


def _is_near(around: Around, excess: Fraction, place: Fraction) -> bool:
    """Whether a number may be called 近, 超 or 约, being so much more than the real one; `place` is its last digit."""
    match around:
        case "below":
            return 0 <= excess < place
        case "above":
            return excess <= 0
        case _:
            return abs(excess) * 2 <= place


def _not_approximate(reading: Reading, context: Context) -> KnownNumber | None:
    return None if reading.around else _wrong(reading, context)


def _trailing_zero(reading: Reading, context: Context) -> Fault | None:
    number, numeral = _not_approximate(reading, context), reading.numeral
    if number is None or numeral is None or not has_unit(reading, number) or not same_value(numeral, number):
        return None
    return Fault("小数末尾的 0 不写", _write(number))


def _wrong_unit(reading: Reading, context: Context) -> Fault | None:
    number, numeral = _not_approximate(reading, context), reading.numeral
    if number is None or numeral is None or has_unit(reading, number):
        return None
    rounded = abs(numeral.amount - number.exact) < last_place(numeral.value) * numeral.scale
    in_family = reading.unit_text.lstrip("千百万亿") in family(number.unit)
    if not same_value(numeral, number) and numeral.amount != in_units(number) and not (rounded and in_family):
        return None
    written = f"写成了“{reading.unit_text}”" if reading.unit_text else "没有写单位"
    return Fault(f"{number.metric_name}的单位是“{number.display_unit}”，这里{written}", _write(number))


def _stale_vintage(reading: Reading, context: Context) -> Fault | None:
    numeral, number = reading.numeral, _not_approximate(reading, context)
    if numeral is None or number is None:
        return _stale_without_name(reading, context)
    for old in context.known.superseded(reading.metric, reading.months):
        if has_unit(reading, old) and same_value(numeral, old):
            return Fault(
                f"这是第 {old.revision} 版的数，已被第 {number.revision} 版修订；{_certified(number)}", _write(number)
            )
    return None


def _stale_without_name(reading: Reading, context: Context) -> Fault | None:
    numeral = reading.numeral
    if reading.role != "other" or numeral is None or len(numeral.digits) < 3 or reading.formerly:
        return None
    same = [
        number
        for month in reading.months
        for number in context.known.by_text.get((month, numeral.digits, reading.unit_text), [])
    ]
    if not same or not all(number.superseded for number in same):
        return None
    number = context.known.current(same[0].metric, (same[0].month,))
    if number is None or number.printed == numeral.digits:
        return None
    return Fault(f"疑为{number.metric_name}第 {same[0].revision} 版的数，已被修订；{_certified(number)}", "请核对")


def _wrong_rounding(reading: Reading, context: Context) -> Fault | None:
    number, numeral = _not_approximate(reading, context), reading.numeral
    if number is None or numeral is None or not has_unit(reading, number) or numeral.chinese:
        return None
    away = abs(numeral.value * number.display_divisor - number.exact)
    if away >= number.display_divisor * Decimal(1).scaleb(-numeral.decimals):
        return None
    return Fault(
        f"准确数为 {number.exact} {number.unit}，最多保留 {number.display_decimals} 位小数，应为 {number.with_unit}",
        _write(number),
    )


def _wrong_month(reading: Reading, context: Context) -> Fault | None:
    number, numeral = _not_approximate(reading, context), reading.numeral
    if number is None or numeral is None or not has_unit(reading, number):
        return None
    for other in context.known.of_metric(reading.metric):
        if other.month != number.month and says(numeral, other):
            return Fault(f"这是 {_when(other)}的数，{_certified(number)}", _write(number))
    return None


def _wrong_metric(reading: Reading, context: Context) -> Fault | None:
    number, numeral = _not_approximate(reading, context), reading.numeral
    if number is None or numeral is None or not has_unit(reading, number):
        return None
    for metric in context.known.metrics:
        other = context.known.current(metric, reading.months)
        if other is None or metric == reading.metric or other.display_unit != number.display_unit:
            continue
        if says(numeral, other):
            return Fault(f"这是{other.metric_name}的数，{_certified(number)}", _write(number))
    return None


def _stray(reading: Reading, context: Context) -> Fault | None:
    number = _not_approximate(reading, context)
    if number is None:
        return None
    return Fault(f"核定书中没有这个数，{_certified(number)}", _write(number))


def _register(reading: Reading, context: Context) -> Fault | None:
    figure, numeral = context.known.by_figure.get(reading.figure), reading.numeral
    if figure is None or numeral is None or reading.role != "level" or numeral.value == figure.value:
        return None
    return Fault(f"自有数字登记“{figure.name}”为 {figure.written}", f"请改为“{figure.written}”，或更正登记")


# Changes.


def _zero_base(reading: Reading, context: Context) -> Fault | None:
    if reading.role != "rate" or not reading.metric or reading.ratio:
        return None
    bases = context.bases(reading)
    if not bases or any(base.exact for base in bases):
        return None
    return Fault(
        f"{_when(bases[0])}{bases[0].metric_name}为 0，以 0 为基数不能计算增长率", "请删去百分比，改写增加的数量"
    )


def _points_wanted(reading: Reading, _: Context) -> Fault | None:
    if reading.role != "rate" or not reading.ratio or reading.numeral is None:
        return None
    return Fault("比率的增减用“百分点”，不用“%”", f"请核对数值并改为“{reading.numeral.digits} 个百分点”")


def _percent_wanted(reading: Reading, _: Context) -> Fault | None:
    if reading.role != "points" or reading.ratio or reading.numeral is None:
        return None
    return Fault("数量的增减用“%”，不用“百分点”", f"请核对数值并改为“{reading.numeral.digits}%”")


def _changes(reading: Reading, context: Context) -> list[tuple[KnownNumber, KnownNumber]]:
    """The number and each base that it may be compared with."""
    now = context.number(reading) if reading.metric and not reading.ratio else None
    if now is None or reading.role not in {"rate", "difference", "trend"}:
        return []
    return [(now, base) for base in context.bases(reading)]


def _stated_sign(reading: Reading) -> int:
    minus = reading.numeral is not None and reading.numeral.sign < 0
    stated = 1 if reading.direction is None else reading.direction
    return -stated if minus else stated


def _direction(reading: Reading, context: Context) -> Fault | None:
    changes = _changes(reading, context)
    if not changes or any(_goes_as_stated(reading, now, base) for now, base in changes):
        return None
    now, base = changes[0]
    real = _DIRECTIONS[sign(now.exact - base.exact)]
    stated = _DIRECTIONS[_stated_sign(reading)]
    return Fault(
        f"{now.metric_name}的核定数，{_when(base)}为 {base.with_unit}，{_when(now)}为 {now.with_unit}，"
        f"实为{real}，不是{stated}",
        f"请改为“{real}{_rate_text(now, base, 1)}”",
    )


def _goes_as_stated(reading: Reading, now: KnownNumber, base: KnownNumber) -> bool:
    stated = _stated_sign(reading)
    if reading.numeral is not None and reading.numeral.sign < 0 and reading.direction is not None:
        return False
    if stated:
        return sign(now.exact - base.exact) == stated
    nearly = reading.around == "about" and base.exact > 0 and abs(growth(now, base)) < _NEARLY_LEVEL
    return now.printed == base.printed or nearly


def _rate_text(now: KnownNumber, base: KnownNumber, decimals: int) -> str:
    if base.exact in {0, now.exact}:
        return ""
    return f" {percent(growth(now, base), decimals)}%"


def _wrong_rate(reading: Reading, context: Context) -> Fault | None:
    numeral = reading.numeral
    changes = [(now, base) for now, base in _changes(reading, context) if base.exact]
    if reading.role != "rate" or numeral is None or not changes:
        return None
    if any(_is_percent(numeral.value, numeral.decimals, growth(now, base), reading) for now, base in changes):
        return None
    now, base = changes[0]
    if old := _from_superseded(reading, context, now):
        return Fault(f"这是按已被修订的数算的（{old}），{_reckoned(now, base)}", _write_rate(reading, now, base))
    return Fault(_reckoned(now, base), _write_rate(reading, now, base))


def _reckoned(now: KnownNumber, base: KnownNumber) -> str:
    word = _DIRECTIONS[sign(now.exact - base.exact)]
    return f"按准确数计算，{now.metric_name}与 {_when(base)}相比{word}{_rate_text(now, base, _MOST_RATE_DECIMALS)}"


def _write_rate(reading: Reading, now: KnownNumber, base: KnownNumber) -> str:
    decimals = reading.numeral.decimals if reading.numeral else 1
    return f"请改为“{percent(growth(now, base), min(max(decimals, 1), _MOST_RATE_DECIMALS))}%”"


def _is_percent(value: Decimal, decimals: int, ratio: Fraction, reading: Reading) -> bool:
    if reading.around and _is_near(reading.around, Fraction(value) - abs(ratio) * 100, Fraction(last_place(value))):
        return True
    return decimals <= _MOST_RATE_DECIMALS and value == Decimal(percent(ratio, decimals))


def _from_superseded(reading: Reading, context: Context, now: KnownNumber) -> str:
    numeral, known = reading.numeral, context.known
    olds = [(now, old) for months in reading.bases for old in known.superseded(reading.metric, months)]
    olds += [(old, base) for old in known.superseded(reading.metric, reading.months) for base in context.bases(reading)]
    for then, base in olds:
        if numeral and base.exact and _is_percent(numeral.value, numeral.decimals, growth(then, base), reading):
            old = base if then is now else then
            return f"{_when(old)}第 {old.revision} 版 {old.with_unit}"
    return ""


def _stale_rate(reading: Reading, context: Context) -> Fault | None:
    now = context.number(reading) if reading.role == "rate" and reading.metric and not reading.ratio else None
    if now is None or not _from_superseded(reading, context, now):
        return None
    return _wrong_rate(reading, context)


def _wrong_difference(reading: Reading, context: Context) -> Fault | None:
    numeral, changes = reading.numeral, _changes(reading, context)
    if reading.role != "difference" or numeral is None or not changes:
        return None
    if any(_is_difference(reading, now, base) for now, base in changes):
        return None
    now, base = changes[0]
    change = now.with_exact(abs(now.exact - base.exact), now.month)
    return Fault(
        f"{now.metric_name}与 {_when(base)}相比{_DIRECTIONS[sign(now.exact - base.exact)]} {change.with_unit}",
        _write(change),
    )


def _is_difference(reading: Reading, now: KnownNumber, base: KnownNumber) -> bool:
    numeral = reading.numeral
    change = now.with_exact(abs(now.exact - base.exact), now.month)
    if numeral is None:
        return False
    if reading.around:
        return _approximates(reading, change)
    if has_unit(reading, change):
        return same_value(numeral, change) or numeral.amount == abs(in_units(now) - in_units(base))
    return reading.unit_text in family(now.unit) and numeral.amount == change.exact


# Shares.


def _wrong_share(reading: Reading, context: Context) -> Fault | None:
    part, numeral = context.number(reading) if reading.role == "share" else None, reading.numeral
    if part is None or numeral is None:
        return None
    numbers = [context.known.current(metric, reading.months) for metric in context.wholes(reading)]
    wholes = [whole for whole in numbers if whole is not None and whole.exact]
    ratios = [(share_of_exact(part, whole), share_of_printed(part, whole)) for whole in wholes]
    if not ratios or any(
        _is_percent(numeral.value, numeral.decimals, ratio, reading)
        for pair in ratios
        for ratio in pair
        if ratio is not None
    ):
        return None
    right = percent(ratios[0][0], min(max(numeral.decimals, 1), _MOST_RATE_DECIMALS))
    return Fault(f"{part.metric_name}占{wholes[0].metric_name}的 {right}%", f"请改为“{right}%”")


def _wrong_share_change(reading: Reading, context: Context) -> Fault | None:
    numeral = reading.numeral
    if reading.role != "points" or not reading.ratio or not reading.metric or numeral is None:
        return None
    moves = list(_share_moves(reading, context))
    if not moves:
        return None
    if any(
        sign(move) == _stated_sign(reading) and _is_percent(numeral.value, numeral.decimals, move, reading)
        for move in moves
    ):
        return None
    right = percent(moves[0], min(max(numeral.decimals, 1), _MOST_RATE_DECIMALS))
    word = {1: "提高", -1: "下降", 0: "持平"}[sign(moves[0])]
    return Fault(f"按准确数计算，占比{word} {right} 个百分点", f"请改为“{word} {right} 个百分点”")


def _share_moves(reading: Reading, context: Context) -> Iterator[Fraction]:
    known = context.known
    for metric in context.wholes(reading):
        for months in reading.bases:
            numbers = [
                known.current(code, when) for when in (reading.months, months) for code in (reading.metric, metric)
            ]
            part, whole, part_then, whole_then = numbers
            if part and whole and part_then and whole_then and whole.exact and whole_then.exact:
                yield share_of_exact(part, whole) - share_of_exact(part_then, whole_then)


# Writing.


def _separators(reading: Reading, _: Context) -> Fault | None:
    numeral = reading.numeral
    if numeral is None or reading.role == "other" or not numeral.has_separators:
        return None
    plain = numeral.digits.replace(",", "").replace("，", "")
    return Fault("数字不加千分位分隔符", f"请改为“{plain}”")


VALUE_RULES: tuple[ProofRule, ...] = (
    ProofRule("no_certificate", "没有核定数", _no_certificate),
    ProofRule("own_register", "与自有数字登记不符", _register),
    ProofRule("approximation", "约数不成立", _approximation),
    ProofRule("trailing_zero", "小数末尾多写 0", _trailing_zero),
    ProofRule("mixed_units", "单位不统一", _mixed_units),
    ProofRule("wrong_unit", "单位错误", _wrong_unit),
    ProofRule("stale_vintage", "已修订的旧数", _stale_vintage),
    ProofRule("wrong_rounding", "取舍错误", _wrong_rounding),
    ProofRule("wrong_month", "月份错位", _wrong_month),
    ProofRule("wrong_metric", "指标错位", _wrong_metric),
    ProofRule("stray_number", "无据数字", _stray),
    ProofRule("zero_base", "以 0 为基数", _zero_base),
    ProofRule("percent_for_points", "该用百分点", _points_wanted),
    ProofRule("points_for_percent", "该用百分号", _percent_wanted),
    ProofRule("direction", "增减方向错误", _direction),
    ProofRule("stale_vintage", "已修订的旧数", _stale_rate),
    ProofRule("wrong_rate", "增减幅度错误", _wrong_rate),
    ProofRule("wrong_difference", "增减数量错误", _wrong_difference),
    ProofRule("wrong_share", "占比错误", _wrong_share),
    ProofRule("wrong_share", "占比错误", _wrong_share_change),
)
WRITING_RULES: tuple[ProofRule, ...] = (ProofRule("thousands_separator", "千分位分隔符", _separators),)
