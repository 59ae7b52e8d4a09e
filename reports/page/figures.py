"""What a page shows of each number: rates, course, departments, days and sources, all of it from the dossier."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.certificates.dossier import Dossier
from reports.certificates.rates import WORDS, Against, Rate, RateBasis
from reports.certificates.release_text import numbers_file, ordered_metrics
from reports.figures.derived import DerivedMetric, RankedMember, Role, Term
from reports.figures.history import COURSE_MONTHS
from reports.figures.kinds import Count
from reports.figures.months import month_title, months_before
from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import exact_text
from reports.page.trend import Point

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
    """环比 or 同比 in words, with what was compared; or, in the tone `none`, the reason why there is none."""

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
    points: tuple[Point, ...]  # a calendar's months from its first of the last 24 on, this one last
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


def without_value(dossier: Dossier) -> dict[str, list[str]]:
    """By the reason why metrics have no value, their names, each with the month that it is about."""
    derived = dossier.certificate.foundation.derived
    absent = {name: derived.absent[name] for name in ordered_metrics(dossier.certificate, derived.absent)}
    reasons: dict[str, list[str]] = {}
    for metric, outcome in absent.items():
        named = f"{derived.by_metric[metric].metric_name}（{month_title(outcome.month)}）"
        reasons.setdefault(dossier.words.reason(str(outcome.reason)), []).append(named)
    return reasons


def shared_absences(shown: Sequence[Figure]) -> dict[FigureChange, list[str]]:
    """What several numbers lack for one reason, which is said once: by what each of them lacks, their names."""
    lacking: dict[FigureChange, list[str]] = {}
    for figure in shown:
        for change in figure.changes:
            if change.tone == "none":
                lacking.setdefault(change, []).append(figure.number.metric_name)
    return {change: names for change, names in lacking.items() if len(names) > 1}


def notes(shown: Sequence[Figure]) -> list[str]:
    """What is said once of all numbers: the changes that several lack, and where courses are broken or not there."""
    compared = [figure.number.metric_name for figure in shown if figure.changes]
    words: dict[tuple[str, str], list[str]] = {}
    for change, names in shared_absences(shown).items():
        whose = "各数" if names == compared else "、".join(names)
        words.setdefault((whose, change.text), []).append(change.word)
    said = [f"{whose}都没有{'、'.join(each)}：{reason}。" for (whose, reason), each in words.items()]
    longest = max((figure.points for figure in shown), key=len, default=())
    if len(longest) == 1:
        return [*said, "还没有走势：这以前没有核定的月份。"]
    certified = {point.month for figure in shown for point in figure.points if point.number}
    missing = [point.month for point in longest if point.month not in certified]
    gaps = "、".join(map(month_title, missing))
    return [*said, f"走势断开的月份没有核定数：{gaps}。"] if gaps else said


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
    certificate, trace = dossier.certificate, dossier.traces[number.metric]
    behind = {source["system"]: source["system_name"] for source in row["sources"]}
    extracts = [extract for extract in certificate.foundation.extracts if extract.system in behind]
    return Figure(
        number=number,
        in_section=row["in_section"],
        changes=tuple(change for against in _AGAINST for change in _changes(dossier, number.metric, against)),
        points=_points(dossier, number),
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
            yield FigureChange(WORDS[against], rate, "", "none")


def _tone(rate: Rate) -> str:
    return "up" if rate.percent > 0 else "down" if rate.percent < 0 else "same"


def _points(dossier: Dossier, number: MonthlyNumber) -> tuple[Point, ...]:
    """The months of a calendar up to this one, from the first on that has the number."""
    this = dossier.certificate.month
    months = [months_before(this, back) for back in reversed(range(1, COURSE_MONTHS))]
    past = [Point(month, _newest(dossier, month, number.metric)) for month in months]
    begins = next((place for place, point in enumerate(past) if point.number), len(past))
    return (*past[begins:], Point(this, number))


def _newest(dossier: Dossier, month: str, metric: str) -> MonthlyNumber | None:
    entries = dossier.history.get(month)
    return entries[-1].by_metric.get(metric) if entries else None
