"""What keeps the derived metrics of a hall from having a value, told before a month is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from orchestration.config.catalogue import DERIVED
from orchestration.doctor.gaps import Span, gaps
from reports.figures.derived import DIVISIONS, RANKINGS, DerivedKind
from reports.figures.kinds import CLOSING, DISTINCT, of_kinds

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]

_WHERE = f"catalogue/{DERIVED}.csv"
# By kind, the kinds of derived metrics that it may be made of, beside metrics that are made of measures.
_QUOTIENTS: frozenset[DerivedKind] = DIVISIONS | {"daily_mean"}
_MADE_OF: Mapping[DerivedKind, frozenset[DerivedKind]] = {
    "difference": frozenset(),
    **dict.fromkeys(DIVISIONS, frozenset[DerivedKind]({"difference", "to_date"})),
    "daily_mean": frozenset({"difference"}),
    "to_date": frozenset({"difference", *_QUOTIENTS}),
    "change": frozenset({"difference", "to_date", *_QUOTIENTS}),
    **dict.fromkeys(RANKINGS, frozenset[DerivedKind]({"difference", *DIVISIONS})),
}
# Kinds that add up days or months, which nobody may do with what stood at a day's end.
_SUMMING: frozenset[DerivedKind] = frozenset({"to_date", "daily_mean"})
_RATES = frozenset({"%", "‰"})
_POINTS: Mapping[str, str] = {"%": "百分点", "‰": "千分点"}


def derived_problems(tables: Tables) -> Iterator[str]:
    """One line for each thing that is wrong, with what to do next."""
    metrics = _Metrics(tables)
    for row in tables[DERIVED]:
        for problem in metrics.problems_of(row):
            yield f"{_WHERE}: {row['metric']} version {row['version']} {problem}"
    yield from _overlapping(tables[DERIVED])


class _Metrics:
    """Every metric of the catalogue, in its versions."""

    def __init__(self, tables: Tables) -> None:
        self._counted = _by_metric(tables["metrics"])
        self._derived = _by_metric(tables[DERIVED])
        self._stocks, self._distinct = (_of_kind(tables, *kinds) for kinds in (CLOSING, (DISTINCT,)))

    def problems_of(self, row: Row) -> Iterator[str]:
        """What is wrong with a row, each without its name."""
        if row["metric"] in self._counted:
            yield "has the name of a metric of metrics.csv; next: give it another"
        for operand in filter(None, (row["of_metric"], row["other_metric"])):
            if operand not in self._counted and operand not in self._derived:
                yield f"is made of {operand}, which no table of metrics has; next: add it to metrics.csv, or mend it"
                return
            yield from self._operand_problems(row, operand)
        if self._rests_on_itself(row["metric"], ()):
            yield "rests on itself; next: mend of_metric or other_metric"
            return
        yield from self._unit_problems(row)

    def _operand_problems(self, row: Row, operand: str) -> Iterator[str]:
        kind, versions = row["kind"], [*self._counted.get(operand, ()), *self._derived.get(operand, ())]
        for other in self._derived.get(operand, ()):
            if other["kind"] not in _MADE_OF[kind]:
                yield f"is a {kind} of {operand}, a {other['kind']}, of which there is none; next: name another metric"
        if kind in _SUMMING and operand in self._stocks:
            yield f"sums {operand} over days or months, a stock or a distinct number: these aren't added up"
        if kind in RANKINGS and operand in self._distinct:
            yield f"ranks by {operand}, a distinct number, which is of a whole site; next: rank by another metric"
        for gap in gaps([Span.of(version) for version in versions], Span.of(row)):
            yield f"is made of {operand}, which has no definition {gap}; next: mend valid_from and valid_to of either"

    def _unit_problems(self, row: Row) -> Iterator[str]:
        kind, unit = row["kind"], row["unit"] or ""
        of_metric = row["of_metric"]
        of = [*self._derived.get(of_metric, ()), *self._counted.get(of_metric, ())][0]["unit"] or ""
        allowed = {_POINTS.get(of, of), *_RATES} if kind == "change" else {of}
        if kind not in DIVISIONS and unit not in allowed:
            yield f"is in {unit or 'no unit'}, and a {kind} of {of_metric} is in {' or '.join(sorted(allowed))}"

    def _rests_on_itself(self, metric: str, above: tuple[str, ...]) -> bool:
        if metric in above:
            return True
        operands = (row[name] for row in self._derived.get(metric, ()) for name in ("of_metric", "other_metric"))
        return any(self._rests_on_itself(operand, (*above, metric)) for operand in operands if operand)


def _by_metric(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["metric"], []).append(row)
    return found


def _of_kind(tables: Tables, *kinds: str) -> frozenset[str]:
    """The metrics that are made of measures of some kinds."""
    measures = of_kinds(tables["measures"], *kinds)
    direct = {row["metric"] for row in tables["metric_measures"] if row["measure"] in measures}
    return frozenset(direct | {row["metric"] for row in tables["metric_parts"] if row["part"] in direct})


def _overlapping(rows: Iterable[Row]) -> Iterator[str]:
    """Versions of one metric that are valid at once."""
    for metric, versions in _by_metric(rows).items():
        for one, next_one in pairwise(sorted(versions, key=lambda row: str(row["valid_from"]))):
            if not one["valid_to"] or str(one["valid_to"]) >= str(next_one["valid_from"]):
                yield (
                    f"{_WHERE}: versions {one['version']} and {next_one['version']} of {metric} are valid at once; "
                    "next: end the earlier one by valid_to"
                )
