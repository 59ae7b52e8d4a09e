"""What the page's proofread box is given: the month's numbers and the words of `reports.proofreading`, as plain data.

The box is a light version of `reports.proofreading`, for a first look in the browser: it judges counts of the month
and leaves rates, sums, shares, other months and numbers in Chinese characters alone.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from reports.certificates.certificate import Certificate
from reports.figures.months import first_day
from reports.figures.numbers import MonthlyNumber
from reports.proofreading import reading_words


def proof_data(revisions: Sequence[Certificate], labels: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """The numbers that a text is held against, and how to read it.

    Args:
        revisions: The month's certificates, first to newest; the newest counts, earlier values are told apart.
        labels: What texts call each metric, besides its name (see `ProofreadingLabel` of the catalogue).
    """
    words, newest = reading_words(), revisions[-1]
    first = first_day(newest.month)
    return {
        "year": first.year,
        "month": first.month,
        "numbers": [_number(number, revisions, labels) for number in newest.counted_numbers],
        "units": words["units"],
        "patterns": {name: _in_browser(pattern) for name, pattern in words["patterns"].items()},
    }


def _number(
    number: MonthlyNumber, revisions: Sequence[Certificate], labels: Mapping[str, Collection[str]]
) -> dict[str, Any]:
    return {
        "name": number.metric_name,
        "labels": [label.split() for label in (number.metric_name, *labels.get(number.metric, ()))],
        "printed": number.printed,
        "display_unit": number.display_unit,
        "decimals": number.display_decimals,
        "exact": number.exact_digits,
        "unit": number.unit,
        "earlier": list(dict.fromkeys(_earlier(number, revisions))),
    }


def _earlier(number: MonthlyNumber, revisions: Sequence[Certificate]) -> Iterator[str]:
    for certificate in revisions[:-1]:
        before = certificate.by_metric.get(number.metric)
        if before and (before.printed, before.display_unit) != (number.printed, number.display_unit):
            yield before.printed


def _in_browser(pattern: str) -> str:
    """A pattern as JavaScript writes it; only the names of groups differ in those that are used here."""
    return pattern.replace("(?P<", "(?<")
