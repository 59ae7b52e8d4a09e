"""Month-on-month and year-on-year rates (环比, 同比), against the number as printed or as revised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from reports.certificates.certificate import Certificate
from reports.figures.flags import redefined
from reports.figures.months import month_title, months_before
from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import rounded
from reports.figures.words import DEFAULT, POINTS

Against = Literal["month_before", "year_before"]
RateBasis = Literal["as_printed", "as_revised"]

_MONTHS: Mapping[Against, int] = {"month_before": 1, "year_before": 12}
WORDS: Mapping[Against, str] = {"month_before": DEFAULT.month_before, "year_before": DEFAULT.year_before}
_BASES: Mapping[RateBasis, str] = {"as_printed": "首次刊印数", "as_revised": "修订后数"}


class RateError(Exception):
    """A rate that must not be printed; the message says why, and `for_authors` says it in Chinese."""

    def __init__(self, message: str, for_authors: str) -> None:
        super().__init__(message)
        self.for_authors = for_authors


@dataclass(frozen=True)
class Rate:
    """How a metric changed, with what it was compared with.

    `percent` is rounded once, from the exact values; its sign is the change's. Of a number that is in per cent itself
    it is the difference, in percentage points. `base` is the number compared with, of `base_month` and `base_revision`.
    """

    against: Against
    basis: RateBasis
    number: MonthlyNumber
    base: MonthlyNumber
    base_month: str
    base_revision: int
    percent: Decimal

    @property
    def text(self) -> str:
        """`环比增长 3.1%`, of a rate `环比上升 0.3 个百分点`; 持平 if nothing is left after rounding."""
        return DEFAULT.change(WORDS[self.against], self.percent, POINTS.get(self.number.unit, "%"))

    @property
    def basis_text(self) -> str:
        """What it was compared with, in words, to stand beside it: `与 2025 年 2 月首次刊印数（0.31 万件）相比`."""
        return f"与 {month_title(self.base_month)}{_BASES[self.basis]}（{self.base.with_unit}）相比"


def base_month(month: str, against: Against) -> str:
    """The month that a rate of a month is against; ValueError if it isn't written YYYY-MM."""
    return months_before(month, _MONTHS[against])


def rate(
    metric: str,
    current: Certificate,
    history: Sequence[Certificate],
    basis: RateBasis,
    *,
    decimals: int = 1,
) -> Rate:
    """Compare a metric of one month with the same metric of the month before, or of the year before.

    Args:
        metric: The metric.
        current: The certificate of the month that is reported.
        history: The certificates of the month compared with, first to latest; it says which of the two rates it is.
        basis: `as_printed` takes the first of them, `as_revised` the latest.
        decimals: How many decimals the percentage has, of a rate at least as many as the rate is printed with; it is
            rounded half up (四舍五入) by its absolute value.

    Raises:
        RateError: There is nothing to compare with, the base is zero, or the definition has changed in between.
    """
    if not history:
        raise RateError(f"{current.month}: {metric} has no certified number to be compared with", DEFAULT.no_base)
    base_certificate = history[0] if basis == "as_printed" else history[-1]
    against = _against(current.month, base_certificate.month)
    where = f"{metric} of {current.month} against {base_certificate.month}"
    number, base = current.by_metric.get(metric), base_certificate.by_metric.get(metric)
    if number is None or base is None:
        raise RateError(f"{where}: it isn't certified in both months", DEFAULT.no_base)
    if metric in current.changes:
        raise RateError(f"{where}: it is a change itself", DEFAULT.not_comparable)
    if redefined(base, number):
        raise RateError(
            f"{where}: the definition changed in between (a break in the series), so they don't compare",
            DEFAULT.redefined_base,
        )
    # A difference of rates is as fine as the rates are printed.
    places = max(decimals, number.display_decimals) if number.unit in POINTS else decimals
    percent = rounded(_change(number, base, where), places)
    return Rate(against, basis, number, base, base_certificate.month, base_certificate.revision, percent)


def _change(number: MonthlyNumber, base: MonthlyNumber, where: str) -> Fraction:
    difference = Fraction(number.exact) - base.exact
    if number.unit in POINTS:
        return difference
    if base.exact <= 0:
        what, words = ("below zero", DEFAULT.negative_base) if base.exact else ("of zero", DEFAULT.zero_base)
        raise RateError(f"{where}: no rate is printed against a base {what}", words)
    return 100 * difference / base.exact


def _against(month: str, base: str) -> Against:
    for against in _MONTHS:
        if base_month(month, against) == base:
            return against
    message = f"{month} is compared with the month or the year before, not with {base}"
    raise RateError(message, "只与上月、上年同月比较")
