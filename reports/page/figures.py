"""What a page shows of each number: rates, course, departments, days and sources, all of it from the dossier."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.certificates.dossier import Dossier
from reports.certificates.rates import WORDS, Against, Rate, RateBasis
from reports.certificates.release_text import numbers_file, ordered_metrics
from reports.figures.derived import DerivedMetric, RankedMember, Role, Term
from reports.figures.kinds import Count
from reports.figures.months import month_title
from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import exact_text
from reports.page.sparkline import MONTHS, Point, sparkline

_BASES: tuple[RateBasis, ...] = ("as_printed", "as_revised")
_DAYS = {"working_days": "工作日", "calendar_days": "日历天"}
_ROLES: Mapping[Role, str] = {
    "plus": "",
    "minus": "减 ",
    "over": "除以 ",
    "over_less": "除数减 ",
    "now": "",
    "base": "比 ",
}
_AGAINST: tuple[Against, ...] = ("month_before", "year_before")


@dataclass(frozen=True)
class FigureChange:
    """环比 or 同比 in words, with what was compared; or the reason why there is none."""

    word: str
    text: str
    basis: str
    tone: str


@dataclass(frozen=True)
class Figure:
    """One number as the page shows it."""

    number: MonthlyNumber
    in_section: bool  # whether the paragraph prints it
    changes: tuple[FigureChange, ...]
    points: tuple[Point, ...]  # its last 24 months, this one last
    spark: Markup
    systems: tuple[str, ...]  # names of the systems that count it
    parts: tuple[str, ...]  # names of the metrics that it is the sum of
    made_of: tuple[str, ...]  # of a derived number the sums that it is made of
    by_department: tuple[tuple[str, Count], ...]  # its counts by the department's name, largest first
    by_day: Mapping[str, Count]  # its counts by day, `2025-03-12`
    open_days: frozenset[str]  # the days on which a system behind it answered


def figures(dossier: Dossier) -> tuple[Figure, ...]:
    """Every number, in the report's order."""
    rows = {row["metric"]: row for row in released(dossier)["metrics"]}
    return tuple(_figure(dossier, number, rows[number.metric]) for number in dossier.numbers)


@dataclass(frozen=True)
class RankingShown:
    """A ranking as the page shows it."""

    metric: DerivedMetric
    members: tuple[RankedMember, ...]


def rankings(dossier: Dossier) -> tuple[RankingShown, ...]:
    """Every ranking of the month."""
    derived = dossier.certificate.foundation.derived
    ranked = ordered_metrics(dossier.certificate, derived.rankings)
    return tuple(RankingShown(derived.by_metric[metric], derived.rankings[metric]) for metric in ranked)


def without_value(dossier: Dossier) -> dict[str, str]:
    """By the name of each metric that has no value, why."""
    derived = dossier.certificate.foundation.derived
    absent = {name: derived.absent[name] for name in ordered_metrics(dossier.certificate, derived.absent)}
    return {
        derived.by_metric[
            metric
        ].metric_name: f"{dossier.words.reason(str(outcome.reason))}（{month_title(outcome.month)}）"
        for metric, outcome in absent.items()
    }


def released(dossier: Dossier) -> dict[str, Any]:
    """The release's `numbers.json`; that of a site below the hall isn't in its release."""
    certificate = dossier.certificate
    content = numbers_file(certificate) if certificate.below else (dossier.release / "numbers.json").read_bytes()
    document: dict[str, Any] = json.loads(content)
    return document


def system_names(dossier: Dossier) -> dict[str, str]:
    """The names of the systems that count something, by code."""
    sources = (source for row in released(dossier)["metrics"] for source in row["sources"])
    return {source["system"]: source["system_name"] for source in sources}


def _figure(dossier: Dossier, number: MonthlyNumber, row: Mapping[str, Any]) -> Figure:
    points = _points(dossier, number)
    certificate, trace = dossier.certificate, dossier.traces[number.metric]
    behind = {source["system"]: source["system_name"] for source in row["sources"]}
    extracts = [extract for extract in certificate.foundation.extracts if extract.system in behind]
    return Figure(
        number=number,
        in_section=row["in_section"],
        changes=tuple(change for against in _AGAINST for change in _changes(dossier, number.metric, against)),
        points=points,
        spark=sparkline(points),
        systems=tuple(source["system_name"] for source in row["sources"]),
        parts=tuple(certificate.by_metric[part].metric_name for part in number.parts),
        made_of=tuple(_term(dossier, term) for term in trace.terms),
        by_department=tuple(
            (dossier.departments.get(code, code), count) for code, count in trace.by_department.items()
        ),
        by_day=trace.by_day,
        open_days=frozenset(extract.day for extract in extracts if extract.state == "answered"),
    )


def _term(dossier: Dossier, term: Term) -> str:
    """`满意评价数 1234 件`, of another month with its revision."""
    number = dossier.certificate.by_metric.get(term.metric)
    name = number.metric_name if number else _DAYS[term.metric]
    value = exact_text(term.exact)
    amount = dossier.words.amount(value, number.unit if number else "天")
    other = f"（{month_title(term.month)}第 {term.revision} 版）" if term.revision else ""
    return f"{_ROLES[term.role]}{name}{other} {amount}"


def _changes(dossier: Dossier, metric: str, against: Against) -> Iterator[FigureChange]:
    """Against the base as printed, and as revised where that says something else; of a change there is none."""
    if metric in dossier.certificate.changes:
        return
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
