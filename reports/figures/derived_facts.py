"""Derived metrics and who is ranked by them, read from the facts that were published after the checks passed."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from reports.figures.derived import DerivedMetric, MonthValues, RankedBy, RankedCounts, Rankings, Scope, ranked
from reports.figures.months import first_day
from reports.figures.numbers import FactRow, read_table
from reports.figures.validity import is_valid

_DEFINITIONS, _MEASURES = "dim_derived_metric.parquet", "dim_measure.parquet"
_TEXTS = ("metric_name", "definition", "kind", "rounding", "display_divisor", "display_decimals")
# What an empty column means, by its name: nothing, unless something else is meant here.
_EMPTY: Mapping[str, Any] = {"contained": "no", "basis": "as_printed", "year_begins": 1, "ties": "all", "top": 0}
_ABSENT = ("contained", "days", "against", "basis", "ranked_by", "ties", "unit", "display_unit", "year_begins", "top")
# By who is ranked: the table of counts and its column, and the table of names with its columns.
_COUNTS: Mapping[RankedBy, tuple[str, str]] = {
    "department": ("fct_monthly_counts.parquet", "department_code"),
    "site": ("fct_monthly_counts.parquet", "hall_code"),
    "item": ("fct_monthly_item_counts.parquet", "item_code"),
}
_NAMES: Mapping[RankedBy, tuple[str, str, str]] = {
    "department": ("dim_department.parquet", "department_code", "department_name"),
    "site": ("dim_hall.parquet", "hall_code", "hall_name"),
}


def derived_metric(row: FactRow) -> DerivedMetric:
    """A row of the catalogue's table, in which what a kind doesn't use is None."""
    stated = {name: row[name] if row[name] is not None else _EMPTY.get(name, "") for name in _ABSENT}
    if row["kind"] == "share_of":
        stated["contained"] = "yes"
    return DerivedMetric(
        metric=row["metric"],
        version=str(row["version"]),
        of=row["of_metric"],
        other=row["other_metric"] or "",
        valid_from=str(row["valid_from"])[:7],
        **{name: row[name] for name in _TEXTS},
        **stated,
    )


class DerivedFacts:
    """The definitions that are valid on the first day of a month, and the counts of who is ranked, each read once."""

    def __init__(self, marts: Path, month: str, item_names: Mapping[str, str]) -> None:
        """Of a published folder, which holds the names of all but items.

        Raises:
            NumbersError: The table of definitions can't be read.
            ValueError: The month isn't written YYYY-MM.
        """
        self._marts = marts
        self._first = first_day(month)
        self._item_names = item_names
        columns = ("metric", "version", "of_metric", "other_metric", *_TEXTS, *_ABSENT, "valid_from", "valid_to")
        self.metrics = tuple(
            derived_metric(row)
            for row in read_table(marts / _DEFINITIONS, columns)
            if is_valid(self._first, row["valid_from"], row["valid_to"])
        )

    def rankings(self, current: MonthValues, scope: Scope) -> Rankings:
        """The rankings, by metric.

        Args:
            current: The month's numbers that aren't derived.
            scope: Whose counts are ranked.

        Raises:
            NumbersError: A table can't be read.
        """
        return {
            metric.metric: ranked(metric, self.metrics, current, scope, self._counts[metric.ranked_by])
            for metric in self.metrics
            if metric.ranked_by
        }

    @cached_property
    def _counts(self) -> Mapping[RankedBy, RankedCounts]:
        kinds = {metric.ranked_by for metric in self.metrics if metric.ranked_by}
        scales = {row["measure"]: row["scale"] for row in read_table(self._marts / _MEASURES, ("measure", "scale"))}
        return {by: RankedCounts.of(self._read(by), self._names(by), scales) for by in kinds}

    def _read(self, by: RankedBy) -> Iterator[tuple[str, str, str, int]]:
        file, column = _COUNTS[by]
        columns = ("month_start", "hall_code", column, "measure", "monthly_count")
        for row in read_table(self._marts / file, columns):
            if row["month_start"] == self._first:
                yield row["hall_code"], row[column], row["measure"], row["monthly_count"]

    def _names(self, by: RankedBy) -> Mapping[str, str]:
        if by not in _NAMES:
            return self._item_names
        file, code, name = _NAMES[by]
        return {row[code]: row[name] for row in read_table(self._marts / file, (code, name))}
