"""Months that nobody certified, and what an edition says of its own month: heading, number and date."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from reports.figures.months import first_day, month_title, months_before
from reports.proofreading.days import NUMBER, YEAR, number_of, year_of
from reports.proofreading.periods import Mention
from reports.proofreading.readings import Reading
from reports.proofreading.rules.table import Fault, ReadPassage, of_text

_HEADING = re.compile(
    r"#*(?:[一二三四五六七八九十]{1,3}、)?[\u4e00-\u9fff]{0,14}?(?P<month>(\d{4})年(\d{1,2})月)份?"
    r"(?:[\u4e00-\u9fff]{0,12}运行情况(?:月报)?|[\u4e00-\u9fff]{0,8}月报)(?:[（(][^（）()]*[）)])?"
)
# A heading of our own business that names a month alone.
_MONTH_ALONE = re.compile(
    r"#*(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)])(?P<month>(\d{1,2})月)份?(?:全厅|大厅|窗口|省本级)?"
    r"(?:办件|受理|办理|出件|咨询|运行|总体运行|业务|数据)情况"
)
_NUMBER = re.compile(r"[（(]?(?:\d{4}年)?(?P<number>第(\d{1,3})期)[)）]?(?:[（(]总第\d+期[)）])?")
_DATE = re.compile(rf"(?P<date>({YEAR})年({NUMBER})月({NUMBER})日)$")
_MASTHEAD = 6
_LONGEST_LINE = 40
# A month may end some days early, and is printed within a quarter of a year.
_BEFORE_ITS_END, _LATEST = timedelta(days=7), timedelta(days=100)


@of_text(
    "月份没有核定",
    "没有 {months}的核定数，{count} 处数字无从核对{same}",
    "月份是否写错？写得不错的，请先办理核定，或由作者自己负责",
    level="ask",
)
def no_certificate(pieces: Sequence[ReadPassage]) -> Iterator[Fault]:
    """Counts of a month without certificate: asked about once, where the month is named."""
    asked: dict[str, list[tuple[ReadPassage, Reading]]] = {}
    for piece in pieces:
        for reading in piece.readings:
            known = piece.context.known
            if reading.certain and reading.metric and reading.role == "level" and len(reading.months) == 1:
                month = reading.months[0]
                if not known.metrics[reading.metric].derived and not piece.context.is_certified(month):
                    asked.setdefault(month, []).append((piece, reading))
    for month, found in asked.items():
        piece, first = found[0]
        known = piece.context.known
        same = sum(_is_of(each, reading, known.month) for each, reading in found)
        if month < known.first_month and not same:
            continue
        hint = f"；其中 {same} 处与 {month_title(known.month)}的核定数相同" if same else ""
        time = _named_at(piece, first)
        start, end = (time.start, time.end) if time else (first.start, first.end)
        yield Fault(piece, start, end, {"months": month_title(month), "count": len(found), "same": hint})


def _is_of(piece: ReadPassage, reading: Reading, month: str) -> bool:
    number = piece.context.number(reading, (month,))
    return number is not None and reading.count.plain_digits == number.printed


def _named_at(piece: ReadPassage, reading: Reading) -> Mention | None:
    named = [time for time in piece.parsed.listed_times if time.months == reading.months and time.start < reading.start]
    return max(named, key=lambda time: time.start, default=None)


@of_text(
    "标题月份",
    "标题写的是 {written}，核对的是 {month}的稿子",
    "月份是否写错？",
    level="ask",
)
def heading_month(pieces: Sequence[ReadPassage]) -> Iterator[Fault]:
    """A heading that names another month than the edition's."""
    for piece in pieces:
        match = _HEADING.fullmatch(piece.text)
        if match and not _is_month(match[2], match[3], piece.context.known.month):
            values = {"written": f"{match[2]} 年 {match[3]} 月", "month": month_title(piece.context.known.month)}
            yield Fault(piece, *match.span("month"), values)
        alone, month = _MONTH_ALONE.match(piece.text), piece.context.known.month
        if alone and int(alone[2]) != first_day(month).month:
            values = {"written": f"{alone[2]} 月", "month": month_title(month)}
            yield Fault(piece, *alone.span("month"), values)


def _is_month(year: str, month: str, of: str) -> bool:
    return (int(year), int(month)) == (first_day(of).year, first_day(of).month)


@of_text("期号", "{month}的月报一般是第 {number} 期", "请核对期号和月份", level="ask")
def issue_number(pieces: Sequence[ReadPassage]) -> Iterator[Fault]:
    """An issue whose number isn't its month's."""
    for piece in pieces[:_MASTHEAD]:
        match = _NUMBER.fullmatch(piece.text)
        month = piece.context.known.month
        if match and int(match[2]) != first_day(month).month:
            values = {"month": month_title(month), "number": first_day(month).month}
            yield Fault(piece, *match.span("number"), values)


@of_text("印发日期", "{month}的月报不会在这一天印发", "请核对日期和月份", level="ask")
def issue_date(pieces: Sequence[ReadPassage]) -> Iterator[Fault]:
    """An issue that is dated before its month ends, or long after."""
    head = pieces[:_MASTHEAD]
    if not any(_NUMBER.fullmatch(piece.text) for piece in head):
        return
    for piece in head:
        match = _DATE.search(piece.text) if len(piece.text) <= _LONGEST_LINE else None
        if match and not _may_be_issued(piece.context.known.month, *match.groups()[1:]):
            yield Fault(piece, *match.span("date"), {"month": month_title(piece.context.known.month)})


def _may_be_issued(month: str, year: str, number: str, day: str) -> bool:
    try:
        issued = date(year_of(year), number_of(number), number_of(day))
    except ValueError:
        return True
    after = first_day(months_before(month, -1))
    return after - _BEFORE_ITS_END <= issued <= after + _LATEST
