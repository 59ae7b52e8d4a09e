"""The course of a number over months as inline SVG on a calendar axis; it takes its colours from the page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from markupsafe import Markup

from reports.figures.flags import redefined
from reports.figures.months import month_title
from reports.figures.numbers import MonthlyNumber

# Of a year's name from the names of the first and the last month, which stand at the ends of the axis.
_ROOM = 84


@dataclass(frozen=True)
class Point:
    """A month's certified number; None where the month has none."""

    month: str
    number: MonthlyNumber | None


@dataclass(frozen=True)
class _Frame:
    """A drawing's size, and between which heights its values lie."""

    width: int
    height: int
    edge: int
    high: int
    low: int


_TREND, _SPARK = _Frame(300, 112, 5, 20, 76), _Frame(120, 20, 3, 3, 17)


def trend(points: Sequence[Point]) -> Markup:
    """Draw months at their place in the calendar, with the lowest and the highest value and the years.

    The line is broken by a month without a number and by another definition. Of a single number there is no course: the
    drawing is empty.
    """
    if len(_certified(points)) < 2:
        return Markup()
    line = _line(points, _TREND)
    return Markup('<svg class="trend" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>').format(
        _TREND.width, _TREND.height, _in_words(points), _scale(points), _calendar(points), line
    )


def sparkline(points: Sequence[Point]) -> Markup:
    """The same line alone, the size of a word."""
    if len(_certified(points)) < 2:
        return Markup()
    line = _line(points, _SPARK)
    return Markup('<svg class="spark" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        _SPARK.width, _SPARK.height, line
    )


def extremes(points: Sequence[Point]) -> tuple[Point, Point]:
    """The months of the lowest and of the highest value, the earliest of equal ones."""
    lowest, highest = (pick(_certified(points), key=_exact) for pick in (min, max))
    return lowest, highest


def _certified(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if point.number]


def _exact(point: Point) -> Fraction:
    return Fraction(point.number.exact) if point.number else Fraction()


def _x(place: int, count: int, frame: _Frame) -> float:
    return round(frame.edge + (frame.width - 2 * frame.edge) * place / max(1, count - 1), 1)


def _places(points: Sequence[Point], frame: _Frame) -> dict[int, tuple[float, float]]:
    low, high = map(_exact, extremes(points))
    room, span = frame.low - frame.high, high - low
    return {
        place: (
            _x(place, len(points), frame),
            round(frame.low - (float(room * (_exact(point) - low) / span) if span else room / 2), 1),
        )
        for place, point in enumerate(points)
        if point.number
    }


def _line(points: Sequence[Point], frame: _Frame) -> Markup:
    """The runs of months that follow each other, a run of one as a dot; the last month has a larger one."""
    places = _places(points, frame)
    runs = Markup("").join(
        Markup('<polyline points="{}"/>').format(" ".join(f"{x:g},{y:g}" for x, y in run))
        if len(run) > 1
        else Markup('<circle cx="{:g}" cy="{:g}" r="{:g}"/>').format(*run[0], frame.edge / 2)
        for run in _runs(points, places)
    )
    now = Markup('<circle class="now" cx="{:g}" cy="{:g}" r="{:g}"/>').format(
        *places[len(points) - 1], frame.edge / 1.5
    )
    return Markup("<g>{}</g>{}").format(runs, now)


def _runs(points: Sequence[Point], places: Mapping[int, tuple[float, float]]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = []
    before: MonthlyNumber | None = None
    for place, point in enumerate(points):
        if point.number:
            if before is None or redefined(before, point.number):
                runs.append([])
            runs[-1].append(places[place])
        before = point.number
    return runs


def _scale(points: Sequence[Point]) -> Markup:
    """The heights of the lowest and the highest value, with what they are; of equal ones their one height."""
    high, low = _TREND.high, _TREND.low
    texts = tuple(_extremes_in_words(points))
    middle = (high + low) // 2
    heights = [(low, low + 13), (high, high - 6)] if len(texts) > 1 else [(middle, middle - 6)]
    return Markup("").join(
        Markup('<path d="M0 {}H{}"/><text x="0" y="{}">{}</text>').format(height, _TREND.width, baseline, text)
        for (height, baseline), text in zip(heights, texts, strict=True)
    )


def _extremes_in_words(points: Sequence[Point]) -> Iterator[str]:
    """`最低 4.1 万件（2024 年 2 月）` and the highest; exactly where both are printed alike."""
    lowest, highest = extremes(points)
    if _exact(lowest) == _exact(highest) and lowest.number:
        yield f"都是 {lowest.number.with_unit}"
        return
    alike = len({each.number.with_unit for each in (lowest, highest) if each.number}) == 1
    for word, each in (("最低", lowest), ("最高", highest)):
        if each.number:
            amount = each.number.exact_with_unit if alike else each.number.with_unit
            yield f"{word} {amount}（{month_title(each.month)}）"


def _calendar(points: Sequence[Point]) -> Markup:
    """The first and the last month, and each January with its year where there is room."""
    baseline, end = _TREND.height - 3, _TREND.width
    names = Markup('<text x="0" y="{}">{}</text><text class="end" x="{}" y="{}">{}</text>').format(
        baseline, month_title(points[0].month), end, baseline, month_title(points[-1].month)
    )
    years = Markup("")
    for place, point in enumerate(points):
        x = _x(place, len(points), _TREND)
        if point.month.endswith("-01"):
            years += Markup('<path d="M{:g} {}V{}"/>').format(x, _TREND.high, _TREND.low)
            if _ROOM < x < end - _ROOM:
                years += Markup('<text class="year" x="{:g}" y="{}">{} 年</text>').format(x, baseline, point.month[:4])
    return names + years


def _in_words(points: Sequence[Point]) -> str:
    """The course for who doesn't see it: the first month, the lowest, the highest, this one, and what isn't there."""
    certified = _certified(points)
    named = [("", certified[0]), *zip(("最低：", "最高："), extremes(points), strict=True), ("本月：", certified[-1])]
    told = [f"{word}{month_title(each.month)} {each.number.with_unit}" for word, each in named if each.number]
    gaps = "、".join(month_title(point.month) for point in points if not point.number)
    return "走势。" + "；".join([*told, *([f"没有核定数：{gaps}"] if gaps else [])])
