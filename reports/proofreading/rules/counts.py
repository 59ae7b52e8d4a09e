"""Counts that aren't the certified ones."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from reports.proofreading.arithmetic import last_place
from reports.proofreading.context import Case
from reports.proofreading.known_numbers import KnownNumber
from reports.proofreading.rules.table import Values, of_reading

_LEVEL = ("level",)
_INSTEAD = "请改为“{number.with_unit}”"
_COUNT_INSTEAD = "请改为“{right}”"
# No superseded number with fewer digits is known by them alone.
_TELLING_DIGITS = 3


@of_reading(
    "与自有数字登记不符",
    _LEVEL,
    "自有数字登记“{figure.name}”为 {figure.written}",
    "请改为“{figure.written}”，或更正登记",
)
def own_register(case: Case) -> Values | None:
    """Another figure than the author's register has."""
    figure = case.context.known.by_figure.get(case.reading.figure)
    return None if figure is None or case.numeral.value == figure.value else {"figure": figure}


@of_reading(
    "与自有数字登记不符",
    _LEVEL,
    "自有数字登记“{figure.name}”为 {figure.written}，两位数字像是写反了",
    "请核对",
    code="own_register",
    level="ask",
    of_uncertain=True,
)
def own_register_turned(case: Case) -> Values | None:
    """A figure of the author's register with two digits turned, whoever it is said to be of."""
    figure = case.context.known.by_figure.get(case.reading.figure)
    turned = figure and not case.reading.certain and _are_turned(case.numeral.plain_digits, f"{figure.value:f}")
    return {"figure": figure} if turned else None


def _are_turned(written: str, right: str) -> bool:
    if len(written) != len(right) or len(right) < _TELLING_DIGITS:
        return False
    differ = [place for place, (one, other) in enumerate(zip(written, right, strict=True)) if one != other]
    if len(differ) != 2 or differ[1] - differ[0] != 1:
        return False
    return written[differ[0]] == right[differ[1]] and written[differ[1]] == right[differ[0]]


@of_reading("汉字数字", _LEVEL, "统计数字用阿拉伯数字", _COUNT_INSTEAD)
def chinese_numeral(case: Case) -> Values | None:
    """A certified number in Chinese numerals."""
    number = case.number
    if number is None or not case.numeral.chinese or case.reading.around:
        return None
    if case.numeral.amount == number.exact:
        return {"number": number, "right": case.in_its_unit(number)}
    return {"number": number, "right": number.with_unit} if case.numeral.amount == number.in_units else None


@of_reading("约数不成立", _LEVEL, "约数不成立，{number.certified}", _INSTEAD)
def approximation(case: Case) -> Values | None:
    """约, 近 or 超 of what isn't."""
    number = case.wrong
    return {"number": number} if number and case.reading.around and not case.approximates(number) else None


@of_reading("小数末尾多写 0", _LEVEL, "最多保留 {number.display_decimals} 位小数，末尾的 0 不写", _INSTEAD)
def trailing_zero(case: Case) -> Values | None:
    """The right value with zeros at its end, more than it has decimals."""
    number = case.not_the_digits
    return {"number": number} if number and case.same_value(number) else None


@of_reading(
    "单位不统一",
    _LEVEL,
    "本文{number.unit}数用“{number.display_unit}”，这里用“{unit}”，同一类数字只用一种单位",
    "月报写作“{number.with_unit}”",
    level="ask",
)
def mixed_units(case: Case) -> Values | None:
    """A right count in the unit that is counted, where the text has others in the display unit; small ones may be."""
    number = case.number
    if number is None or case.wrong is not None or not case.is_counted(number) or number.exact < number.display_divisor:
        return None
    used = number.display_unit in case.context.display_units_used
    return {"number": number, "unit": case.reading.unit_text} if used else None


@of_reading("单位错误", _LEVEL, "{number.metric_name}的单位是“{number.display_unit}”，这里{written}", _INSTEAD)
def wrong_unit(case: Case) -> Values | None:
    """The right number in another unit or in none."""
    number, numeral = case.not_exact, case.numeral
    if number is None or case.has_unit(number):
        return None
    rounded = abs(Fraction(numeral.amount) - number.exact) < last_place(numeral.value) * numeral.scale
    right = numeral.amount == number.exact or case.same_value(number) or (rounded and case.in_family(number))
    unit = case.reading.unit_text
    return {"number": number, "written": f"写成了“{unit}”" if unit else "没有写单位"} if right else None


@of_reading(
    "已修订的旧数",
    _LEVEL,
    "这是第 {old.revision} 版的数，已被第 {number.revision} 版修订；{number.certified}",
    _COUNT_INSTEAD,
)
def stale_vintage(case: Case) -> Values | None:
    """The number of a revision that no longer holds."""
    if case.not_exact is None:
        return None
    olds = case.context.known.superseded(case.reading.metric, case.reading.months)
    same = (old for old in olds if case.has_unit(old) and (case.says(old) or case.same_value(old)))
    return _first(case, case.not_exact, "old", same)


def _first(case: Case, number: KnownNumber, key: str, found: Iterator[KnownNumber]) -> Values | None:
    first = next(found, None)
    return {"number": number, key: first, "right": case.instead_of_count(number)} if first else None


@of_reading(
    "已修订的旧数",
    ("other",),
    "疑为{number.metric_name}第 {old.revision} 版的数，已被修订；{number.certified}",
    "请核对",
    code="stale_vintage",
    level="ask",
    of_uncertain=True,
)
def stale_without_name(case: Case) -> Values | None:
    """A number that no words name, and that only superseded certificates have."""
    reading, known = case.reading, case.context.known
    digits = case.numeral.digits
    if len(digits) < _TELLING_DIGITS or reading.formerly or reading.scope == "other":
        return None
    same = [old for month in reading.months for old in known.by_text.get((month, digits, reading.unit_text), [])]
    if not same or not all(number.superseded for number in same):
        return None
    number = known.current(same[0].metric, (same[0].month,))
    return {"number": number, "old": same[0]} if number and number.printed != digits else None


@of_reading(
    "取舍错误",
    _LEVEL,
    "准确数为 {number.exact} {number.unit}，最多保留 {number.display_decimals} 位小数，应为 {number.with_unit}",
    _INSTEAD,
)
def wrong_rounding(case: Case) -> Values | None:
    """Less than one of the last decimal away from the exact number."""
    number, numeral = case.not_the_digits, case.numeral
    if number is None or numeral.chinese or case.is_counted(number):
        return None
    away = abs(Fraction(numeral.value) * number.display_divisor - number.exact)
    return {"number": number} if away < number.display_divisor * Decimal(1).scaleb(-numeral.decimals) else None


@of_reading("月份错位", _LEVEL, "这是 {other.when}的数，{number.certified}", _COUNT_INSTEAD)
def wrong_month(case: Case) -> Values | None:
    """The metric's number of another month."""
    number = case.not_the_digits
    if number is None:
        return None
    others = case.context.known.of_metric(case.reading.metric)
    return _first(
        case, number, "other", (other for other in others if other.month != number.month and case.says(other))
    )


@of_reading("指标错位", _LEVEL, "这是{other.metric_name}的数，{number.certified}", _COUNT_INSTEAD)
def wrong_metric(case: Case) -> Values | None:
    """Another metric's number of the month."""
    number, known = case.not_the_digits, case.context.known
    if number is None:
        return None
    others = (known.current(metric, case.reading.months) for metric in known.metrics if metric != case.reading.metric)
    alike = (other for other in others if other and other.display_unit == number.display_unit)
    return _first(case, number, "other", (other for other in alike if case.says(other)))


@of_reading("与核定数不符", _LEVEL, "核定书中没有这个数，{number.certified}", _COUNT_INSTEAD)
def stray_number(case: Case) -> Values | None:
    """Any other count that isn't the certified one."""
    number = case.not_exact
    return {"number": number, "right": case.instead_of_count(number)} if number else None
