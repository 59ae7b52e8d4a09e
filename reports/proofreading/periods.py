"""Which month a number is about, and which it is compared with: the words of time in a passage."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reports.figures.months import first_day, month_title, months_before
from reports.proofreading.vocabulary import BASE, CHANGE

Months = tuple[str, ...]
PeriodKind = Literal["topic", "sentence", "aside", "once"]

_NUMBERS = {name: value for value, name in enumerate("一二三四五六七八九十", 1)} | {"十一": 11, "十二": 12, "两": 2}
_YEAR = r"\d{4}|去|上|今|本"
_MENTION = re.compile(
    rf"(?<![\d.])(?:(?P<span_year>{_YEAR})年(?P<span_from>\d{{1,2}})月份?[-—–~至到](?P<span_to_year>{_YEAR})年"
    r"(?P<span_to>\d{1,2})月份?(?!\d{1,2}[日号])"
    rf"|(?:(?P<from_year>{_YEAR})年)?(?P<from>\d{{1,2}})月?[-—–~至到](?P<to>\d{{1,2}})月(?!\d{{1,2}}日)"
    rf"|(?:(?P<list_year>{_YEAR})年)?(?P<listed>\d{{1,2}}(?:、\d{{1,2}})+)月份?(?!\d{{1,2}}[日号])"
    rf"|(?:(?P<year>{_YEAR})年)?(?P<month>\d{{1,2}}|十[一二]?|[一二三四五六七八九])月份?(?!\d{{1,2}}[日号]|[上中下]旬|末|底|初)"
    rf"|(?:(?P<first_year>{_YEAR})年)?前(?P<first>[两二三四五六七八九十]|\d{{1,2}})个月"
    rf"|(?:(?P<quarters_year>{_YEAR})年)?前(?P<quarters>[两二三])季度"
    rf"|(?:(?P<quarter_year>{_YEAR})年)?第?(?P<quarter>[一二三四1-4])季度"
    rf"|(?:(?P<half_year>{_YEAR})年)?(?P<half>上|下)半年"
    r"|(?P<to_date>今年以来|年初以来|\d{4}年以来|本年累计|今年累计)"
    r"|(?<![-—–~至到])(?P<whole>\d{4})年(?:全年|度|(?=，)|(?=省|各|政务))"
    r"|(?P<previous>上个?月|上月份)"
    r"|(?P<current>本月|当月)"
    r"|(?P<last_year>(?:去年|上年)同[期月]))",
    re.ASCII,
)
_RELATIVE = {"current": 0, "previous": -1, "last_year": -12}
_COMPARING = re.compile(r"[较比与同由从跟]$")
_CLAUSE_BREAK = "，；：。！？\n,;"
# 1102（1月）: what stands so speaks of the number before it.
_OF_NUMBER_BEFORE = re.compile(r"\d[万亿]?[件人次个户元项条份%]{0,2}(?:（次）|\(次\))?[（(](?:\d{4}年)?$")
_PART_BREAKS = "；。！？\n;"
_LISTED = ("、", "和", "与", "及")
_PARENTHESES = {"（": 1, "(": 1, "）": -1, ")": -1}


@dataclass(frozen=True)
class Mention:
    """A month or a period named in a text, where its words begin and end.

    A `topic` opens a clause and holds until another does; a `sentence` holds until the sentence ends; an `aside` is
    上月 or 去年同期 and holds as long, for counts and not for rates; what is named `once` is compared with or stands in
    brackets, and concerns the next number alone.
    """

    start: int
    end: int
    months: Months
    kind: PeriodKind
    opens: bool = False  # whether a sentence or a part of one begins with it


def year_to_date(months: Months) -> Months:
    """The months of a year up to the first of these."""
    year, month = months[0].split("-")
    return _span(int(year), 1, int(month))


def in_words(months: Months) -> str:
    """2025 年 3 月, 2025 年 1 月至 2025 年 3 月, or 2025 年 1 月、2025 年 3 月."""
    first, last = months[0], months[-1]
    if first == last:
        return month_title(first)
    in_a_row = months_before(first, 1 - len(months)) == last
    return f"{month_title(first)}至 {month_title(last)}" if in_a_row else "、".join(map(month_title, months))


def mentions(text: str, month: str) -> list[Mention]:
    """The months that a plain text names, in order; `month` is the edition's, from which years are understood."""
    named: list[Mention] = []
    depth, read = 0, 0
    for match in _MENTION.finditer(text):
        months = _months(match, month)
        if not months or _is_of_number_before(match, text):
            continue
        depth = max(0, depth + sum(_PARENTHESES.get(character, 0) for character in text[read : match.start()]))
        read = match.start()
        opens = match.start() == 0 or text[match.start() - 1] in _PART_BREAKS
        named.append(Mention(*match.span(), months, _kind(match, text, in_brackets=depth > 0), opens))
    return named


def _is_of_number_before(match: re.Match[str], text: str) -> bool:
    closes = text.startswith(("）", ")"), match.end())
    return closes and _OF_NUMBER_BEFORE.search(text, max(0, match.start() - 20), match.start()) is not None


def joined(mentions: Sequence[Mention], text: str) -> list[Mention]:
    """The mentions with those made one that are listed: 1 月和 2 月, 1 月、2 月."""
    together: list[Mention] = []
    for mention in mentions:
        last = together[-1] if together else None
        if last and text[last.end : mention.start] in _LISTED and "aside" not in {last.kind, mention.kind}:
            together[-1] = replace(last, end=mention.end, months=(*last.months, *mention.months))
        else:
            together.append(mention)
    return together


def _kind(match: re.Match[str], text: str, *, in_brackets: bool) -> PeriodKind:
    before = text[max(0, match.start() - 5) : match.start()]
    period = not (match["month"] or match["previous"] or match["current"] or match["last_year"])
    if in_brackets or (_COMPARING.search(before) and not period):
        return "once"
    if match["previous"] or match["last_year"]:
        return "aside"
    return "topic" if not period and (not before or before[-1] in _CLAUSE_BREAK) else "sentence"


def _months(match: re.Match[str], month: str) -> Months:
    year, number = first_day(month).year, first_day(month).month
    groups = match.groupdict()
    if relative := [by for name, by in _RELATIVE.items() if groups[name]]:
        return (months_before(month, -relative[0]),)
    if groups["to_date"]:
        stated = int(groups["to_date"][:4]) if groups["to_date"][0].isdigit() else year
        return _span(stated, 1, number) if stated == year else ()
    if groups["whole"]:
        return _span(int(groups["whole"]), 1, 12)
    if groups["span_from"]:
        return _from_to(groups, year)
    if listed := groups["listed"]:
        numbers = [int(each) for each in listed.split("、")]
        of = _year(groups["list_year"], year, later=max(numbers) > number)
        return tuple(month for each in numbers for month in _span(of, each, each))
    first, last, stated_year = _period(groups)
    return _span(_year(stated_year, year, later=last > number), first, last)


def _period(groups: dict[str, str | None]) -> tuple[int, int, str | None]:
    if groups["month"]:
        named = _NUMBERS.get(groups["month"]) or int(groups["month"])
        return named, named, groups["year"]
    if groups["from"] and groups["to"]:
        return int(groups["from"]), int(groups["to"]), groups["from_year"]
    if groups["first"]:
        return 1, _NUMBERS.get(groups["first"]) or int(groups["first"]), groups["first_year"]
    if groups["quarters"]:
        return 1, 3 * _NUMBERS[groups["quarters"]], groups["quarters_year"]
    if quarter := groups["quarter"]:
        last = 3 * (_NUMBERS.get(quarter) or int(quarter))
        return last - 2, last, groups["quarter_year"]
    return (1, 6, groups["half_year"]) if groups["half"] == "上" else (7, 12, groups["half_year"])


def _from_to(groups: dict[str, str | None], year: int) -> Months:
    """From a month of one year to a month of another."""
    first = _year(groups["span_year"], year, later=False) * 12 + int(groups["span_from"] or 0) - 1
    last = _year(groups["span_to_year"], year, later=False) * 12 + int(groups["span_to"] or 0) - 1
    return (
        tuple(f"{each // 12:04d}-{each % 12 + 1:02d}" for each in range(first, last + 1)) if last - first < 120 else ()
    )


def _year(stated: str | None, year: int, *, later: bool) -> int:
    if stated is None:
        return year - 1 if later else year
    return {"去": year - 1, "上": year - 1, "今": year, "本": year}.get(stated) or int(stated)


def _span(year: int, first: int, last: int) -> Months:
    if not (1 <= first <= last <= 12 and 1 <= year <= 9999):
        return ()
    return tuple(f"{year:04d}-{month:02d}" for month in range(first, last + 1))


@dataclass
class PeriodsInForce:
    """The months in force while a passage is read from left to right."""

    edition: Months
    topic: Months = ()
    sentence: Months = ()
    aside: Months = ()
    aside_opens: bool = False  # whether a change after it may be its own: 上月，受理…，环比增长…
    once: Mention | None = None
    base: Months = ()

    def meet(self, mention: Mention) -> None:
        """A month or period is named."""
        if mention.opens and mention.kind in {"sentence", "topic"}:
            self.base = ()
        match mention.kind:
            case "once":
                self.once = mention
            case "aside":
                self.aside = self.base = mention.months
                self.aside_opens = mention.opens
            case "sentence":
                self.sentence, self.aside, self.aside_opens, self.once = mention.months, (), False, None
            case "topic":
                self.topic, self.sentence, self.aside, self.once = mention.months, (), (), None
                self.aside_opens = False

    def end_sentence(self) -> None:
        """What held for the sentence holds no longer."""
        self.sentence, self.aside, self.once, self.base = (), (), None, ()
        self.aside_opens = False

    @property
    def months(self) -> Months:
        """What a number is about that no word places elsewhere."""
        return self.sentence or self.topic or self.edition

    def of_count(self, text: str, position: int) -> Months:
        """The months of a count; a month that is named for this one number is used up."""
        once, self.once = self.once, None
        if once is not None:
            self.base = once.months
            if not CHANGE.search(text, once.end, position):
                return once.months
        return self.aside or self.months

    def bases(self, segment: str, start: int) -> tuple[Months, ...]:
        """What a change is compared with: 同比, 环比 or a month, whichever is named last; nothing if none is.

        `start` is where the segment begins in its text.
        """
        once, self.once = self.once, None
        if once is not None:
            self.base = once.months
        comparisons = list(BASE.finditer(segment))
        if comparisons and not (once and once.start > start + comparisons[-1].start()):
            return (self.base_of(comparisons[-1]),)
        return (self.base,) if self.base else ()

    def base_of(self, match: re.Match[str]) -> Months:
        """The months that 同比 or 环比 compares with."""
        by = -12 if match["year"] else -len(self.months)
        return tuple(months_before(month, -by) for month in self.months)

    def any_bases(self) -> tuple[Months, ...]:
        """A month and a year before, for a rate that doesn't say which."""
        return tuple(tuple(months_before(month, -by) for month in self.months) for by in (-len(self.months), -12))
