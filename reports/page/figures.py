"""What a page shows of each number: rates, course, departments, days and sources, all of it from the dossier."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from reports.certificates.dossier import Dossier
from reports.certificates.rates import WORDS, Against, Rate, RateBasis
from reports.figures.months import days_of
from reports.figures.numbers import MonthlyNumber
from reports.page.sparkline import MONTHS, Point, sparkline

_BASES: tuple[RateBasis, ...] = ("as_printed", "as_revised")
_AGAINST: tuple[Against, ...] = ("month_before", "year_before")
_LEVELS = 5


@dataclass(frozen=True)
class FigureChange:
    """环比 or 同比 in words, with what was compared; or the reason why there is none."""

    word: str
    text: str
    basis: str
    tone: str


@dataclass(frozen=True)
class Bar:
    """What a department adds; `length` is its bar's, of 100."""

    rank: int
    name: str
    count: int
    length: float


@dataclass(frozen=True)
class Day:
    """A day of the calendar: its count, or that every system behind the number was closed; `level` is its shade."""

    day: date
    is_open: bool
    count: int
    level: int


@dataclass(frozen=True)
class Figure:
    """One number as the page shows it.

    Attributes:
        in_section: whether the paragraph prints it.
        points: its last 24 months, this one last.
        weeks: Monday to Sunday, with None outside the month.
        systems: names of the systems that count it.
    """

    number: MonthlyNumber
    in_section: bool
    changes: tuple[FigureChange, ...]
    points: tuple[Point, ...]
    spark: Markup
    bars: tuple[Bar, ...]
    weeks: tuple[tuple[Day | None, ...], ...]
    systems: tuple[str, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class SystemFigures:
    """A system behind the month: its days in and closed, and its extracts."""

    name: str
    answered: int
    closed: int
    extracts: tuple[tuple[str, str], ...]


def figures(dossier: Dossier) -> tuple[Figure, ...]:
    """Every number, those of the paragraph first and in its order."""
    rows = {row["metric"]: row for row in released(dossier)["metrics"]}
    order = in_print_order(dossier.certificate.numbers, dossier.section)
    return tuple(_figure(dossier, number, rows[number.metric]) for number in order)


def in_print_order(numbers: Sequence[MonthlyNumber], section: str) -> list[MonthlyNumber]:
    """Numbers in the order in which a section prints them; those that it doesn't print come last."""

    def place(number: MonthlyNumber) -> tuple[int, str]:
        position = section.find(number.with_unit)
        return position if position >= 0 else len(section), number.metric

    return sorted(numbers, key=place)


def released(dossier: Dossier) -> dict[str, Any]:
    """The release's `numbers.json`."""
    document: dict[str, Any] = json.loads((dossier.release / "numbers.json").read_bytes())
    return document


def systems(dossier: Dossier) -> tuple[SystemFigures, ...]:
    """The systems whose extracts the certificate rests on."""
    names = {
        source["system"]: source["system_name"] for row in released(dossier)["metrics"] for source in row["sources"]
    }
    extracts = dossier.certificate.foundation.extracts
    return tuple(
        SystemFigures(
            name=names.get(code, code),
            answered=sum(extract.system == code and extract.state == "answered" for extract in extracts),
            closed=sum(extract.system == code and extract.state == "closed" for extract in extracts),
            extracts=tuple((extract.day, extract.sha256) for extract in extracts if extract.system == code),
        )
        for code in sorted({extract.system for extract in extracts})
    )


def _figure(dossier: Dossier, number: MonthlyNumber, row: Mapping[str, Any]) -> Figure:
    points = _points(dossier, number)
    names = dossier.certificate.by_metric
    return Figure(
        number=number,
        in_section=row["in_section"],
        changes=tuple(change for against in _AGAINST for change in _changes(dossier, number.metric, against)),
        points=points,
        spark=sparkline(points),
        bars=_bars(dossier, number.metric),
        weeks=_weeks(dossier, number.metric, {source["system"] for source in row["sources"]}),
        systems=tuple(source["system_name"] for source in row["sources"]),
        parts=tuple(names[part].metric_name for part in number.parts),
    )


def _changes(dossier: Dossier, metric: str, against: Against) -> Iterator[FigureChange]:
    """Against the base as printed, and as revised where that says something else."""
    seen = set()
    for basis in _BASES:
        rate = dossier.rate(metric, against, basis)
        text = rate.text if isinstance(rate, Rate) else rate
        if text in seen:
            continue
        seen.add(text)
        if isinstance(rate, Rate):
            yield FigureChange(WORDS[against], text.removeprefix(WORDS[against]), rate.basis_text, _tone(rate))
        else:
            yield FigureChange(WORDS[against], f"无（{rate}）", "", "none")


def _tone(rate: Rate) -> str:
    return "up" if rate.percent > 0 else "down" if rate.percent < 0 else "same"


def _points(dossier: Dossier, number: MonthlyNumber) -> tuple[Point, ...]:
    past = [Point(month, entries[-1].by_metric.get(number.metric)) for month, entries in dossier.history.items()]
    certified = [place for place, point in enumerate(past) if point.number]
    recent = past[certified[0] :] if certified else []
    return (*recent[1 - MONTHS :], Point(dossier.certificate.month, number))


def _bars(dossier: Dossier, metric: str) -> tuple[Bar, ...]:
    sums = dossier.traces[metric].by_department
    most = max(sums.values(), default=0) or 1
    return tuple(
        Bar(rank, dossier.departments.get(code, code), count, round(100 * count / most, 1))
        for rank, (code, count) in enumerate(sums.items(), start=1)
    )


def _weeks(dossier: Dossier, metric: str, behind: set[str]) -> tuple[tuple[Day | None, ...], ...]:
    counts = dossier.traces[metric].by_day
    most = max(counts.values(), default=0) or 1
    open_days = {
        extract.day
        for extract in dossier.certificate.foundation.extracts
        if extract.system in behind and extract.state == "answered"
    }
    days = [_day(day, counts, most, open_days) for day in days_of(dossier.certificate.month)]
    cells: list[Day | None] = [*[None] * days[0].day.weekday(), *days]
    cells += [None] * (-len(cells) % 7)
    return tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7))


def _day(day: date, counts: Mapping[str, int], most: int, open_days: set[str]) -> Day:
    count = counts.get(str(day), 0)
    return Day(day, str(day) in open_days, count, -(-_LEVELS * count // most))


def rows_of_past(points: Sequence[Point]) -> list[Point]:
    """The months that have a number, newest first, as the table beside a line lists them."""
    return [point for point in reversed(points) if point.number]
