"""Numerals that certificates don't know: dates, document numbers, telephone numbers and their like, told apart."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reports.proofreading.numerals import PERCENT, POINTS, Numeral

_DAY = r"\d{1,2}[日号]"
_TO = r"[-—–~至到、]"
_CHINESE_NUMBER = r"[〇零一二三四五六七八九十]"

# In this order: what a pattern has claimed, a later one leaves alone.
_PATTERNS: tuple[tuple[str, str], ...] = (
    # Only where a passage or a sentence begins can a number with a full stop be the number of an item.
    ("序号", r"(?:^|[。；！？])[#>|+-]*\d{1,2}(?:\.\d{1,2}){0,3}[.、)）](?!\d)"),
    ("网址", r"(?:https?://|www\.)[\x21-\x7e]+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
    ("文件名", r"《[^《》]{1,80}》"),
    ("文号", r"[〔\[［【]\d{4}[〕\]］】](?:第)?\d+号"),
    ("期号", r"(?:总)?第\d+(?:—\d+|-\d+)?期|\d{4}年第\d+期"),
    ("日期", rf"\d{{4}}年度?(?:\d{{1,2}}月(?:份|{_DAY})?)?(?:{_TO}(?:\d{{4}}年)?(?:\d{{1,2}}月)?(?:{_DAY})?)?"),
    ("日期", rf"(?<![\d.])\d{{1,2}}(?:月份?)?{_TO}\d{{1,2}}月份?(?:{_DAY})?"),
    ("日期", rf"\d{{1,2}}月(?:份|{_DAY}(?:{_TO}(?:\d{{1,2}}月)?{_DAY})?)?"),
    ("日期", rf"(?<![\d.])\d{{1,2}}日?{_TO}\d{{1,2}}日|(?<![\d.])\d{{1,2}}日(?!均)"),
    ("日期", r"(?<![\d.])(?:19|20)\d{2}([-./])\d{1,2}\1\d{1,2}(?![\d.])"),
    ("日期", r"(?<![\d.])(?:19|20)\d{2}[-/](?:0[1-9]|1[0-2])(?![\d.])"),
    ("日期", rf"{_CHINESE_NUMBER}{{4}}年(?:{_CHINESE_NUMBER}{{1,3}}月)?(?:{_CHINESE_NUMBER}{{1,3}}日)?|第?[1-4]季度"),
    ("时间", r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?|\d{1,2}[时点](?:\d{1,2}分|半)?(?![\d万个])"),
    ("时间", r"7[×xX*]24(?:小时)?|24小时"),
    (
        "电话",
        r"(?<!\d)(?:\(?0\d{2,3}\)?[-—])\d{7,8}(?:[-—转]\d+)?|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)12345(?=热线|政务|便民|平台|[、，。”])",
    ),
    ("电话", r"(?:分机号?|内线|转|电话[:：]|热线[:：]?|拨打)\d{3,12}"),
    (
        "编号",
        r"(?<!\d)\d{12,}(?!\d)|[A-Za-z][A-Za-z/]{0,9}[ -]?\d+(?:[.-]\d+)*|(?<![\d.])\d{1,9}(?:\.\d{1,9}){0,3}[A-Za-z]+",
    ),
    ("序号", r"第\d+[\u4e00-\u9fff]?|(?<!\d)\d{1,9}号|[（(]\d{1,3}[)）]"),
    ("比", r"(?<!\d)\d{1,9}[:：/]\d+"),
)
_KINDS = tuple((kind, re.compile(pattern, re.ASCII)) for kind, pattern in _PATTERNS)

_BY_UNIT: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("金额", re.compile(r"[万亿百千]*(?:元|块|美元)")),
    ("时长", re.compile(r"(?:个?(?:工作日|小时|月|半天|季度|星期|周)|天|年|分钟|秒|周)")),
    ("倍数", re.compile(r"倍|成(?!立|员|果|功)|番")),
)


OWN_COUNT = "自有计数"
# In a unit that certified numbers are printed in, but the words don't say which of them it is.
UNNAMED = "未指明指标"
OTHER_RATIO = "其他比率"


@dataclass(frozen=True)
class Claim:
    """A stretch of text whose numerals are of this kind, and aren't counts."""

    start: int
    end: int
    kind: str


def claims(text: str) -> list[Claim]:
    """The stretches of a plain text that hold no counts, in order and without overlaps."""
    taken = bytearray(len(text))
    stretches: list[Claim] = []
    for kind, pattern in _KINDS:
        stretches += _claim(pattern, kind, text, taken)
    return sorted(stretches, key=lambda claim: claim.start)


def _claim(pattern: re.Pattern[str], kind: str, text: str, taken: bytearray) -> Iterator[Claim]:
    for match in pattern.finditer(text):
        start, end = match.span()
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            yield Claim(start, end, kind)


def claimed(numerals: list[Numeral], stretches: list[Claim]) -> Iterator[tuple[Numeral, Claim | None]]:
    """Each numeral with the claim that it begins in, if any; both lists are in order."""
    remaining = iter(stretches)
    claim = next(remaining, None)
    for numeral in numerals:
        while claim is not None and claim.end <= numeral.start:
            claim = next(remaining, None)
        yield numeral, claim if claim is not None and claim.start <= numeral.start else None


def kind_of(numeral: Numeral, text: str, display_units: Collection[str]) -> str:
    """What an author's own numeral is, by its unit or the word after it."""
    if numeral.unit in PERCENT or numeral.unit in POINTS:
        return OTHER_RATIO
    if numeral.unit_text in display_units:
        return UNNAMED
    return next((kind for kind, pattern in _BY_UNIT if pattern.match(text, numeral.end)), OWN_COUNT)
