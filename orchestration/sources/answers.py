"""What a source read as its answer: brought to the contract's columns, and divided by site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestration.config.catalogue import Quantities
from orchestration.config.systems import ContractName
from orchestration.sources import normal_forms
from orchestration.sources.contract import CONTRACT, Answer, Outcome, Request, fault
from orchestration.sources.daily_counts import DailyCounts, concatenated, daily_counts, in_least_units

# What stands for the count of a measure in a row of several that has none of it.
NOT_COUNTED = object()


@dataclass(frozen=True)
class LeastUnits:
    """Brings numbers to whole ones of their measure's least unit, by the measures that aren't counted in ones."""

    quantities: Quantities

    def of(self, measures: Sequence[str]) -> Quantities:
        """Those of these measures that aren't counted in ones."""
        return {measure: self.quantities[measure] for measure in measures if measure in self.quantities}

    def scale(self, measure: str) -> int:
        """The decimals of a measure."""
        return self.quantities[measure].scale if measure in self.quantities else 0

    def counts(self, counts: DailyCounts) -> DailyCounts:
        """The counts of a source, as `daily_counts.in_least_units` has them."""
        return in_least_units(counts, {measure: quantity.scale for measure, quantity in self.quantities.items()})

    def totals(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        """A source's own totals by measure, as `normal_forms.in_least_units` has them."""
        return {measure: normal_forms.in_least_units(total, self.scale(measure)) for measure, total in declared.items()}


def divide_answer(
    request: Request, every_site: Sequence[str], counts: DailyCounts, declared: Mapping[str, Any], source: str
) -> dict[str, Outcome]:
    """One answer as the answers of its sites.

    An answer for one site is that site's as it came, whatever its rows say; the suite judges that. One for several is
    divided by the rows' `hall_code`; its declared totals are those of all its rows together, and are held against them
    here. Rows of a site that the system answers for and wasn't asked for are left out.

    Raises:
        SourceFault: a row is of no site that the system answers for, or the declared totals aren't those of the rows.
    """
    divided = counts_by_site(request, every_site, counts)
    if len(every_site) > 1:
        _refuse_other_totals(counts, declared)
        # Where all sites together counted nothing, each did.
        declared = {measure: total for measure, total in declared.items() if total == 0}
    return {site: Answer(request.day, divided[site], declared, source) for site in request.sites}


def counts_by_site(request: Request, every_site: Sequence[str], counts: DailyCounts) -> dict[str, DailyCounts]:
    """The rows of every site that was asked for; SourceFault for a row of no site that the system answers for."""
    if len(every_site) == 1:
        return {request.sites[0]: counts}
    texts, codes = counts.coded("hall_code")
    # One more for rows without a code, which stand at -1.
    known = np.array([text in every_site for text in texts] + [False])
    if len(foreign := np.flatnonzero(~known[codes])):
        (row,) = counts.take(foreign[:1]).rows()
        raise fault("foreign_site", origin=row["origin"])
    return counts.of_sites(request.sites)


def _refuse_other_totals(counts: DailyCounts, declared: Mapping[str, Any]) -> None:
    counted = counts.sums()
    for measure, total in declared.items():
        if counted.get(measure, 0) != total:
            raise fault("other_totals", total=total, measure=measure, counted=counted.get(measure, 0))


def contract_counts(
    rows: Sequence[Mapping[str, Any]],
    place: str,
    lines: Sequence[int],
    columns: Mapping[str, str],
    stated: Mapping[ContractName, str],
) -> DailyCounts:
    """Bring rows to the contract's names, in normal form; what can't be read the suite refuses later.

    Args:
        rows: by their names.
        place: the file or page that they came from.
        lines: the line of each row in it.
        columns: their names to ours, or to measures, whose counts stand side by side.
        stated: by our names, what holds for every row that doesn't say it itself.
    """
    plain = {theirs: ours for theirs, ours in columns.items() if ours in CONTRACT}
    measures = {theirs: ours for theirs, ours in columns.items() if ours not in CONTRACT}
    if not measures:
        values: dict[str, list[Any]] = {name: [stated.get(name)] * len(rows) for name in CONTRACT}
        for theirs, ours in plain.items():
            values[ours] = [row.get(theirs) for row in rows]
        return daily_counts(values, place, lines)
    parts = []
    for theirs, measure in measures.items():
        counted = [(row, line) for row, line in zip(rows, lines, strict=True) if row.get(theirs) is not NOT_COUNTED]
        own_rows, own_lines = [row for row, _ in counted], [line for _, line in counted]
        own_stated = {**stated, "measure": measure}
        parts.append(contract_counts(own_rows, place, own_lines, {**plain, theirs: "count"}, own_stated))
    return concatenated(parts)


def stated_of(day: dt.date, constants: Mapping[ContractName, str]) -> dict[ContractName, str]:
    """What holds for every row: the day asked for, against which the answer was held, and the settings' constants."""
    return {"stat_date": day.isoformat(), **constants}
