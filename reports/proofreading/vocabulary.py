"""The words around a number: those of `words.toml`, and those of change and comparison, 增长, 同比, 占比."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Around = Literal["", "about", "below", "above"]

_WORDS = Path(__file__).with_name("words.toml")
_UP = "翻了?[一两三]?番|增长|增加|上升|提高|提升|升高|上涨|增幅|增速|多|(?<!新)增(?![设派强补添])|升(?!级)|涨"
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
    r"(?:(?:满意|好评|办结|网办|覆盖|接通|合格|达标|到位|完成|受理)率|占比|比重|比例|满意度|增速|增幅)(?:同比|环比|[较比](?:上个?月|去年同期|上年同期|\d{1,2}月份?)|[，,均又再])*"
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
_LEVELS = "省市州县区"
_LEVEL_IN_NAME = re.compile(rf"([{_LEVELS}])[^{_LEVELS}]*(?:政务|行政|服务|大厅|中心)")
_NOT_WORDS = r"[^\u4e00-\u9fffA-Za-z0-9]"


@dataclass(frozen=True)
class Words:
    """The words of `words.toml`, as patterns where they are searched for."""

    grammar: Sequence[str]  # what may stand beside half a label: 全程网办受理…，办结
    grammar_only: re.Pattern[str]  # nothing but such words and times
    understood: Sequence[str]  # every word that says nothing else
    headings: Sequence[str]
    openings: re.Pattern[str]
    aside: re.Pattern[str]  # another count of the same hall
    own_hall: Sequence[str]  # names of the hall, with {level}
    anybodys_hall: Sequence[str]
    windows: Sequence[str]
    others: re.Pattern[str]  # a word that somebody else is called by
    time_like: re.Pattern[str]  # a word that another time is called by
    unit_variants: Mapping[str, tuple[str, ...]]  # other names of a unit
    # what numerals are that certificates don't know, and how such a stretch of text looks
    numeral_kinds: Sequence[tuple[str, re.Pattern[str]]]
    kinds_by_unit: Sequence[tuple[str, re.Pattern[str]]]  # the same by the word after a numeral
    other_scope_in_browser: re.Pattern[str]


def any_of(words: Iterable[str]) -> str:
    """A pattern of alternatives, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@cache
def read_words() -> Words:
    """The words; read once in a process."""
    table = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    understood = table["understood"]
    return Words(
        grammar=understood["grammar"],
        grammar_only=re.compile(rf"(?:{any_of(understood['grammar'])}|{_NOT_WORDS})*"),
        understood=[word for key, words in understood.items() if key not in {"headings", "openings"} for word in words],
        headings=understood["headings"],
        openings=re.compile(any_of(understood["openings"])),
        aside=re.compile(any_of(table["aside"]["words"])),
        own_hall=table["hall"]["own"],
        anybodys_hall=table["hall"]["anybodys"],
        windows=table["hall"]["windows"],
        others=re.compile(any_of(table["others"]["endings"])),
        time_like=re.compile(any_of(table["others"]["times"])),
        unit_variants={unit: tuple(names) for unit, names in table["unit_variants"].items()},
        numeral_kinds=[(row["kind"], re.compile(row["pattern"], re.ASCII)) for row in table["numeral_kinds"]],
        kinds_by_unit=[(kind, re.compile(pattern)) for kind, pattern in table["kinds_by_unit"].items()],
        other_scope_in_browser=re.compile(any_of(table["in_browser"]["other_scope"])),
    )


def hall_names(hall: str) -> list[str]:
    """What a hall is called in its own texts: its whole name, and 省本级 or 市本级 by its level; 省 without a name."""
    found = _LEVEL_IN_NAME.search(hall)
    levels = [found[1], hall[: found.end(1)]] if found else ["省"]
    return [
        *([hall] if hall else []),
        *(name.format(level=level) for level in levels for name in read_words().own_hall),
    ]


def family(unit: str) -> frozenset[str]:
    """A unit and what else it is called."""
    return frozenset({unit, *read_words().unit_variants.get(unit, ())})


def reading_words() -> dict[str, Any]:
    """The words by which counts are read, for readers elsewhere: `units`, other names by unit, and `patterns`."""
    words = read_words()
    filler = any_of([*words.understood, *words.windows, *words.anybodys_hall, *hall_names("")])
    return {
        "units": {unit: list(names) for unit, names in sorted(words.unit_variants.items())},
        "patterns": {
            "other_scope": words.other_scope_in_browser.pattern,
            "filler": rf"{filler}|\d{{4}}年|\d{{1,2}}月份?|本月|{_NOT_WORDS}",
            "changed_by": CHANGED_BY.pattern,
            "changed_to": CHANGED_TO.pattern,
            "formerly": FORMERLY.pattern,
        },
    }


def direction(match: re.Match[str] | None) -> int | None:
    """1, −1 or 0 of a match of a pattern of change; None without one."""
    if match is None:
        return None
    return 1 if match["up"] else -1 if match["down"] else 0


def around(before: str, *, more: bool) -> Around:
    """Whether the words before a number, or 余 after it, make it an approximate one."""
    tail = before[-4:]
    return next((kind for kind, pattern in _AROUND if pattern.search(tail)), "above" if more else "")
