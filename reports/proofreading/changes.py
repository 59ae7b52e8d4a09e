"""The words of change and comparison: 增长, 下降, 持平, 同比, 环比, 占比, and what stands between them and a number."""

from __future__ import annotations

import re

from reports.proofreading.reading import Around

_UP = "增长|增加|上升|提高|提升|升高|上涨|增幅|增速|多|(?<!新)增(?![设派强补添])|升(?!级)|涨"
_DOWN = "下降|减少|降低|回落|下滑|降幅|减幅|少|减(?!免)|降(?![本费])|跌"
_CHANGE = rf"(?P<up>{_UP})|(?P<down>{_DOWN})|(?P<flat>持平)"
_BEFORE_AMOUNT = r"(?:了|约|近|逾|超过?|不足|幅度?|率|分别|仅|达到?|为|[：:（(])*$"
_BASE = r"(?P<year>同比|(?:去年|上年)同[期月])|(?P<month>环比|上个?月)"

CHANGE = re.compile(_CHANGE)
CHANGED_BY = re.compile(rf"(?:{_CHANGE})(?![至到]){_BEFORE_AMOUNT}")
CHANGED_TO = re.compile(rf"(?:{_UP}|{_DOWN})[至到为达]+$|(?:更正|修订|调整|改)为$|[至到达]$")
BASE = re.compile(_BASE)
SHARE = re.compile(r"占比|比重|占(?![用地领])")
RATIO_CHANGED = re.compile(
    r"(?:率|占比|比重|比例|满意度|增速|增幅)(?:同比|环比|[较比](?:上个?月|去年同期|上年同期|\d{1,2}月份?)|[，,均又再])*"
    rf"(?:{_UP}|{_DOWN})(?![至到]){_BEFORE_AMOUNT}"
)
# A change that no number follows in its clause.
TREND = re.compile(
    rf"(?:{_BASE})[^，。；：！？（）\d]{{0,8}}?(?P<change>{_CHANGE})(?![至到])(?P<rest>[^，。；：！？（）]{{0,12}})"
)
FORMERLY = re.compile(r"原为|原刊|原公布|原载|更正前|修订前|此前公布|前期刊印")
# What stands behind a number that is quoted only to be replaced: 由甲数修订为乙数.
REPLACED = re.compile(r"\s*(?:更正|修订|改)为")
TOTAL = re.compile(r"(?:合计|共计|总计|总共|共)[^，。；]{0,12}$")

_AROUND: tuple[tuple[Around, re.Pattern[str]], ...] = (
    ("about", re.compile(r"(?:大约|约)$")),
    ("below", re.compile(r"(?:将近|接近|近|不足|不到)$")),
    ("above", re.compile(r"(?:超过|超|逾|突破)$")),
)


def direction(match: re.Match[str] | None) -> int | None:
    """1, −1 or 0 of a match of a pattern of change; None without one."""
    if match is None:
        return None
    return 1 if match["up"] else -1 if match["down"] else 0


def around(before: str, *, more: bool) -> Around:
    """Whether the words before a number, or 余 after it, make it an approximate one."""
    tail = before[-4:]
    return next((kind for kind, pattern in _AROUND if pattern.search(tail)), "above" if more else "")
