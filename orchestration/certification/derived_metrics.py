"""The derived metrics of a month and site, as far as its own facts give them: definitions, days and rankings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestration.config.catalogue import item_names
from orchestration.warehouse.month import Month
from reports.certificates.bases import PastMonths, with_derived
from reports.certificates.ledger import History, Ledger
from reports.figures.derived import Derived, DerivedMetric, MonthValues, Scope
from reports.figures.derived_facts import DerivedFacts
from reports.figures.numbers import MonthlyNumber


class DerivedMetrics:
    """Derived metrics of a month that was built; what several sites share is read once."""

    def __init__(self, month: Month, marts: Path | None = None) -> None:
        """Of the month's published facts, or of those in another folder; NumbersError where they can't be read."""
        self._month = month
        self._facts = DerivedFacts(marts or month.facts, month.name, item_names())

    def of(self, site: str, numbers: Mapping[str, MonthlyNumber]) -> Derived:
        """Those of the hall or of a site, by its other numbers; what rests on other months is without an outcome.

        Raises:
            NumbersError: a table of the facts can't be read.
        """
        defined = defined_in(self._month, site, self._facts.metrics)
        current = MonthValues(self._month.name, 0, numbers, defined.days)
        scope = Scope(self._month.site_tree.counted_in(site), defined.groups)
        return defined.with_rankings(self._facts.rankings(current, scope))


def defined_in(month: Month, site: str, metrics: Sequence[DerivedMetric]) -> Derived:
    """Definitions with the days of a month, and the sites below the hall or a site that are ranked by one of them."""
    if not metrics:
        return Derived()
    tree = month.site_tree
    below = [code for code in tree.counted_in(site) if tree.sites[code].parent == site]
    ranks_sites = any(metric.ranked_by == "site" for metric in metrics)
    days = {"calendar": len(month.days), "working": sum(day.is_working_day for day in month.calendar)}
    groups = {code: tree.counted_in(code) for code in below} if ranks_sites else {}
    return Derived(tuple(metrics), {}, days, groups)


def draft_numbers(
    month: Month, site: str, counted: Mapping[str, MonthlyNumber]
) -> tuple[dict[str, MonthlyNumber], Derived]:
    """The numbers of a month that nobody has certified, with those that are derived by the certificates that stand.

    Raises:
        LedgerError: a certificate can't be read.
        NumbersError: a number can't be derived.
    """
    ledger = Ledger(month.home.certificates)
    history = History(ledger.links(site="" if site == month.hall.code else site))
    past = PastMonths(history, ledger.next_place("").sequence)
    numbers, derived = with_derived(counted.values(), DerivedMetrics(month).of(site, counted), month.name, past)
    return {number.metric: number for number in numbers}, derived
