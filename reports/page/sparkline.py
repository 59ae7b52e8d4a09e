"""The past of a number as a line the size of a word: inline SVG that takes its colours from the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from markupsafe import Markup

from reports.figures.flags import redefined
from reports.figures.months import month_title
from reports.figures.numbers import MonthlyNumber

MONTHS = 24
_WIDTH, _HEIGHT, _EDGE = 240, 48, 5


@dataclass(frozen=True)
class Point:
    """A month's certified number; None where the month has none."""

    month: str
    number: MonthlyNumber | None


def sparkline(points: Sequence[Point]) -> Markup:
    """Draw up to 24 months, the last one dotted; the line is broken by a missing month and by another definition.

    The lowest and the highest month touch bottom and top, so that a line shows the course and not the size; sizes stand
    beside it as text.
    """
    places = _places(points)
    lines = Markup("").join(
        Markup('<polyline points="{}"/>').format(" ".join(f"{x:g},{y:g}" for x, y in run))
        if len(run) > 1
        else Markup('<circle cx="{:g}" cy="{:g}" r="1.5"/>').format(*run[0])
        for run in _runs(points, places)
    )
    last = places[len(points) - 1]
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}"><g>{}</g>'
        '<circle class="now" cx="{:g}" cy="{:g}" r="3.5"/></svg>'
    ).format(_WIDTH, _HEIGHT, _in_words(points), lines, *last)


def _places(points: Sequence[Point]) -> dict[int, tuple[float, float]]:
    counts = [Fraction(point.number.exact) for point in points if point.number]
    low, span = min(counts), max(counts) - min(counts)
    step = (_WIDTH - 2 * _EDGE) / max(1, len(points) - 1)
    room = _HEIGHT - 2 * _EDGE
    return {
        place: (
            round(_WIDTH - _EDGE - step * (len(points) - 1 - place), 1),
            round(_HEIGHT - _EDGE - (float(room * (point.number.exact - low) / span) if span else room / 2), 1),
        )
        for place, point in enumerate(points)
        if point.number
    }


def _runs(points: Sequence[Point], places: dict[int, tuple[float, float]]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = []
    before: MonthlyNumber | None = None
    for place, point in enumerate(points):
        if point.number:
            if before is None or redefined(before, point.number):
                runs.append([])
            runs[-1].append(places[place])
        before = point.number
    return runs


def _in_words(points: Sequence[Point]) -> str:
    certified = [(point.month, point.number) for point in points if point.number]
    if len(certified) == 1:
        return "此前没有核定的月份"
    lowest, highest = (pick(certified, key=lambda one: one[1].exact) for pick in (min, max))
    named_points = [(certified[0], ""), (lowest, "最低："), (highest, "最高："), (certified[-1], "本月：")]
    return "走势。" + "；".join(
        f"{word}{month_title(month)} {number.with_unit}" for (month, number), word in named_points
    )
