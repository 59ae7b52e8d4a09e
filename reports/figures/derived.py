"""Derived metrics: differences, ratios, means, shares, sums to date, changes and rankings of a month's metrics.

Each is a row of the hall's reviewed table `derived_metrics.csv`. A value is made of sums, never of values that were
divided or rounded before: a ratio to date is the sum of its numerators over the sum of its denominators. Which
certificates the sums of other months come from doesn't belong here; the caller gives them.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, get_args

from reports.figures.flags import redefined
from reports.figures.kinds import in_units
from reports.figures.months import months_before
from reports.figures.numbers import MonthlyNumber, NumbersError, number_of
from reports.figures.rounding import Exact, RoundingRule, printed, whole_if_it_is

DerivedKind = Literal["difference", "ratio", "mean", "share_of", "daily_mean", "to_date", "change", "rank", "top_n"]
Against = Literal["month_before", "year_before"]
Basis = Literal["as_printed", "as_revised"]
RankedBy = Literal["department", "site", "item"]
Role = Literal["plus", "minus", "over", "over_less", "now", "base"]
Reason = Literal["zero_base", "negative_base", "missing_part", "not_certified", "redefined"]

# Why there is no value, for engineers; what is printed of it stands in words.toml.
REASONS: Mapping[Reason, str] = {
    "zero_base": "what it is divided by or compared with is zero in {month}",
    "negative_base": "what it is divided by or compared with is negative in {month}",
    "missing_part": "a part of it isn't counted in {month}",
    "not_certified": "{month} isn't certified",
    "redefined": "a part of it was defined otherwise in {month}",
}
DIVISIONS: frozenset[DerivedKind] = frozenset({"ratio", "mean", "share_of"})
RANKINGS: frozenset[DerivedKind] = frozenset({"rank", "top_n"})
MONTHS_BACK: Mapping[Against, int] = {"month_before": 1, "year_before": 12}
# What of a unit makes one: a ratio's exact value is in its unit, 496/5 for 99.2 %.
_FACTORS: Mapping[str, int] = {"%": 100, "‰": 1000}
_OTHER_SIDE: Mapping[Role, Role] = {"plus": "over", "minus": "over_less"}
_OPPOSITE: Mapping[Role, Role] = {"plus": "minus", "minus": "plus"}


@dataclass(frozen=True)
class DerivedMetric:
    """A row of `derived_metrics.csv`, valid in a month; what a kind doesn't use is empty, or 0.

    Attributes:
        of: the metric that it is made of.
        other: what is taken from it, what it is divided by, or the whole of which it is a share.
        contained: whether what is divided is part of what it is divided by, so that it can't be more.
        days: of which days a daily mean is: `working` or `calendar`.
        year_begins: the number of the month in which the year of a sum to date begins.
        against: what a change is against.
        basis: whether against the number as it was first printed, or as it stands.
        ranked_by: who is ranked: `department`, `site` or `item`.
        top: how many a `top_n` lists.
        ties: `all`: who ties has one place, and all who have the last one are listed; `code`: who ties is in the order
            of codes.
        valid_from: the first month of the definition, `2025-03`; it speaks of none before.
    """

    metric: str
    version: str
    metric_name: str
    definition: str
    kind: DerivedKind
    of: str
    other: str
    contained: Literal["yes", "no"]
    days: Literal["working", "calendar", ""]
    year_begins: int
    against: Against | Literal[""]
    basis: Basis
    ranked_by: RankedBy | Literal[""]
    top: int
    ties: Literal["all", "code"]
    unit: str
    display_unit: str
    display_divisor: int
    display_decimals: int
    rounding: RoundingRule
    valid_from: str

    @property
    def factor(self) -> int:
        """By which a quotient is multiplied to be in its unit."""
        return _FACTORS.get(self.unit, 1)

    @property
    def is_rate(self) -> bool:
        """Whether a change is a rate, and no difference."""
        return self.unit in _FACTORS


@dataclass(frozen=True)
class Term:
    """A sum that a derived value is made of.

    Attributes:
        role: what is done with it: the value is (plus − minus) ÷ (over − over_less), or the change from base to now.
        metric: whose value it is; `working_days` and `calendar_days` are numbers of days.
        month: of which month.
        revision: of that month's certificate; 0 for the month itself.
        value: a fraction in lowest terms, in the metric's unit.
    """

    role: Role
    metric: str
    month: str
    revision: int
    value: str

    @property
    def exact(self) -> Fraction:
        """The value as a number."""
        return Fraction(self.value)


@dataclass(frozen=True)
class RankedMember:
    """A department, site or item at its place, from 1; `exact` is a fraction in the metric's unit."""

    place: int
    code: str
    name: str
    exact: str
    printed: str


@dataclass(frozen=True)
class Outcome:
    """What became of a derived metric in a month: what its value is made of, or why it has none.

    Attributes:
        terms: of a number.
        ranking: of a ranking, from the first place.
        reason: why there is no value; empty where there is one.
        month: because of which month there is none.
    """

    terms: tuple[Term, ...] = ()
    ranking: tuple[RankedMember, ...] = ()
    reason: Reason | Literal[""] = ""
    month: str = ""

    @property
    def explanation(self) -> str:
        """Why there is no value, for engineers; empty where there is one."""
        return REASONS[self.reason].format(month=self.month) if self.reason else ""


@dataclass(frozen=True)
class Derived:
    """The derived metrics of a month: their definitions, and what became of each.

    Attributes:
        metrics: the definitions that are valid in the month.
        outcomes: by metric.
        days: how many `working` and `calendar` days the month has.
        groups: by site that is ranked, the sites whose counts it sums up.
    """

    metrics: tuple[DerivedMetric, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    days: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def by_metric(self) -> Mapping[str, DerivedMetric]:
        """The definitions, by metric."""
        return {metric.metric: metric for metric in self.metrics}

    @property
    def rankings(self) -> Mapping[str, tuple[RankedMember, ...]]:
        """The rankings, by metric."""
        ranked = (metric.metric for metric in self.metrics if metric.kind in RANKINGS)
        return {name: self.outcomes[name].ranking if name in self.outcomes else () for name in ranked}

    def with_rankings(self, rankings: Mapping[str, Sequence[RankedMember]]) -> "Derived":
        """The same definitions, of which nothing but rankings has an outcome."""
        return replace(self, outcomes={metric: Outcome(ranking=tuple(its)) for metric, its in rankings.items()})

    @property
    def absent(self) -> Mapping[str, Outcome]:
        """The metrics without a value, and why."""
        return {name: outcome for name, outcome in self.outcomes.items() if outcome.reason}


@dataclass(frozen=True)
class MonthValues:
    """The numbers of a month as a certificate has them, or as they are about to be certified.

    Attributes:
        revision: of the certificate; 0 for the month that is derived.
        numbers: by metric; derived ones aren't looked at.
        days: as `Derived.days`.
    """

    month: str
    revision: int
    numbers: Mapping[str, MonthlyNumber]
    days: Mapping[str, int]


@dataclass(frozen=True)
class Scope:
    """Whose counts a month's numbers sum up.

    Attributes:
        counted: the codes of the sites.
        groups: by site that is ranked among them, the sites whose counts it sums up.
    """

    counted: Sequence[str]
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class RankedCounts:
    """A month's sums of those who are ranked, of every site.

    Attributes:
        by_site: by the code of a site, who is ranked (of sites the site again), the measure and the sum.
        names: what they are called, by code; who isn't among them is called by the code.
        scales: the decimals of measures that have some, whose sums are in least units.
    """

    by_site: Mapping[str, Sequence[tuple[str, str, int]]]
    names: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, rows: Iterable[tuple[str, str, str, int]], names: Mapping[str, str], scales: Mapping[str, int]
    ) -> "RankedCounts":
        """Of rows that begin with the site."""
        by_site: dict[str, list[tuple[str, str, int]]] = {}
        for site, code, measure, count in rows:
            by_site.setdefault(site, []).append((code, measure, count))
        return cls(by_site, names, scales)

    def sums_in(self, scope: Scope, ranked_by: str) -> Mapping[str, Mapping[str, int]]:
        """Of a scope, by who is ranked and measure."""
        groups = scope.groups if ranked_by == "site" else {"": scope.counted}
        sums: dict[str, Counter[str]] = {}
        for group, sites in groups.items():
            for site in sites:
                for code, measure, count in self.by_site.get(site, ()):
                    sums.setdefault(group or code, Counter())[measure] += count
        return sums


# Gives a month's values as they were first certified, or as they stand; None where it isn't certified.
Past = Callable[[str, Basis], MonthValues | None]
Rankings = Mapping[str, tuple[RankedMember, ...]]


class NoValueError(NumbersError):
    """A metric has no value in a month."""

    def __init__(self, reason: Reason, month: str) -> None:
        super().__init__(REASONS[reason].format(month=month))
        self.outcome = Outcome(reason=reason, month=month)


def derive(
    metrics: Sequence[DerivedMetric], current: MonthValues, past: Past, rankings: Rankings
) -> tuple[dict[str, MonthlyNumber], dict[str, Outcome]]:
    """The derived numbers of a month, and what became of every derived metric.

    Args:
        metrics: The definitions that are valid in the month.
        current: The month's other numbers.
        past: The numbers of other months.
        rankings: By metric, from `ranked`.

    Raises:
        NumbersError: A part is larger than its whole, a definition rests on itself, or a value can't be printed.
    """
    evaluator = _Evaluator(metrics, current, past)
    numbers, outcomes = dict[str, MonthlyNumber](), dict[str, Outcome]()
    for metric in sorted(metrics, key=lambda each: each.metric):
        if metric.kind in RANKINGS:
            outcomes[metric.metric] = Outcome(ranking=tuple(rankings.get(metric.metric, ())))
            continue
        try:
            terms = evaluator.terms_of(metric)
            numbers[metric.metric] = _number(metric, value_of(metric, terms), evaluator.leaves(metric.metric))
            outcomes[metric.metric] = Outcome(terms)
        except NoValueError as error:
            outcomes[metric.metric] = error.outcome
    return numbers, outcomes


def value_of(metric: DerivedMetric, terms: Sequence[Term]) -> Exact:
    """The value that terms make, in the metric's unit.

    Raises:
        NumbersError: A part is larger than its whole.
    """
    sums = _sums_of(terms)
    if metric.kind == "change":
        return whole_if_it_is(_change(metric, sums["now"], sums["base"]))
    above = sums["plus"] - sums["minus"]
    if not any(term.role in {"over", "over_less"} for term in terms):
        return whole_if_it_is(above * metric.factor)
    below = sums["over"] - sums["over_less"]
    if below <= 0:
        raise NoValueError("negative_base" if below else "zero_base", terms[-1].month)
    if metric.contained == "yes" and above > below:
        raise NumbersError(
            f"{metric.metric}: {above} of {below} in {terms[-1].month}, though {metric.of} is said to be a part of "
            f"{metric.other}; look at both in `yuebao trace`, or take `contained` away in derived_metrics.csv"
        )
    return whole_if_it_is(above / below * metric.factor)


def _sums_of(terms: Iterable[Term]) -> Mapping[Role, Fraction]:
    sums: dict[Role, Fraction] = dict.fromkeys(get_args(Role), Fraction(0))
    for term in terms:
        sums[term.role] += term.exact
    return sums


def quotient(metric: DerivedMetric, terms: Sequence[Term]) -> tuple[int, int]:
    """Two whole numbers whose quotient a value is: of ratios and means their sums, which add up over months."""
    sums = _sums_of(terms)
    below = sums["over"] - sums["over_less"]
    if metric.kind == "change" or not below:
        exact = Fraction(value_of(metric, terms))
        return exact.numerator, exact.denominator
    above = (sums["plus"] - sums["minus"]) * metric.factor
    scale = math.lcm(above.denominator, below.denominator)
    return int(above * scale), int(below * scale)


def _change(metric: DerivedMetric, now: Fraction, base: Fraction) -> Fraction:
    return (now - base) / base * metric.factor if metric.is_rate else now - base


def ranked(
    metric: DerivedMetric,
    metrics: Sequence[DerivedMetric],
    current: MonthValues,
    scope: Scope,
    counts: RankedCounts,
) -> tuple[RankedMember, ...]:
    """Who is ranked, in order of their values, largest first; those without a value are left out.

    Args:
        metric: By which they are ranked.
        metrics: All that are valid in the month.
        current: The month's numbers.
        scope: Whose counts.
        counts: The counts.

    Raises:
        NumbersError: As `derive`.
    """
    leaves = _Evaluator(metrics, current, _no_month).leaves(metric.of)
    found = {
        code: _of_member(metric, metrics, current, {leaf.metric: _sum_of(leaf, sums, counts.scales) for leaf in leaves})
        for code, sums in counts.sums_in(scope, metric.ranked_by).items()
    }
    values = {code: value for code, value in found.items() if value is not None}
    in_order = sorted(values, key=lambda code: (-values[code], code))
    places = _places([values[code] for code in in_order], together=metric.ties == "all")
    last = metric.top if metric.kind == "top_n" else len(places)
    return tuple(
        RankedMember(place, code, counts.names.get(code, code), str(values[code]), _printed(metric, values[code]))
        for place, code in zip(places, in_order, strict=True)
        if place <= last
    )


def _sum_of(number: MonthlyNumber, sums: Mapping[str, int], scales: Mapping[str, int]) -> MonthlyNumber:
    counts = (Fraction(in_units(sums.get(name, 0), scales.get(name, 0))) for name in number.measures)
    return replace(number, exact=whole_if_it_is(sum(counts, Fraction(0))))


def _of_member(
    metric: DerivedMetric,
    metrics: Sequence[DerivedMetric],
    current: MonthValues,
    numbers: Mapping[str, MonthlyNumber],
) -> Exact | None:
    try:
        return _Evaluator(metrics, replace(current, numbers=numbers), _no_month).value(metric.of, current.month)
    except NoValueError:
        return None


def _no_month(_month: str, _basis: Basis) -> None:
    """Who is ranked is by a value of the month alone."""


def _places(values: Sequence[Exact], *, together: bool) -> list[int]:
    places: list[int] = []
    for number, value in enumerate(values):
        ties = together and number > 0 and value == values[number - 1]
        places.append(places[-1] if ties else number + 1)
    return places


class _Evaluator:
    """Finds the sums that a derived metric is made of."""

    def __init__(self, metrics: Sequence[DerivedMetric], current: MonthValues, past: Past) -> None:
        self._metrics = {metric.metric: metric for metric in metrics}
        self._current = current
        self._past = past

    def terms_of(self, metric: DerivedMetric) -> tuple[Term, ...]:
        """What the value of the month is made of."""
        month = self._current.month
        if metric.kind != "change":
            return tuple(self._terms(metric.metric, month, "as_revised", ()))
        basis, against = metric.basis, metric.against or "month_before"
        before = months_before(month, MONTHS_BACK[against])
        base = self.value(metric.of, before, basis)
        if metric.is_rate and base <= 0:
            raise NoValueError("negative_base" if base else "zero_base", before)
        now, revision = self.value(metric.of, month), self._values(before, basis).revision
        return (
            Term("now", metric.of, month, 0, str(now)),
            Term("base", metric.of, before, revision, str(base)),
        )

    def value(self, metric: str, month: str, basis: Basis = "as_revised") -> Exact:
        """The value of a metric in a month, in its unit."""
        terms = list(self._terms(metric, month, basis, ()))
        derived = self._metrics.get(metric)
        return value_of(derived, terms) if derived else whole_if_it_is(terms[0].exact)

    def leaves(self, metric: str, above: tuple[str, ...] = ()) -> list[MonthlyNumber]:
        """The numbers that a metric rests on and that aren't derived."""
        derived = self._metrics.get(metric)
        if derived is None:
            return [self._current.numbers[metric]] if metric in self._current.numbers else []
        path = _below(metric, above)
        return [number for name in (derived.of, derived.other) if name for number in self.leaves(name, path)]

    def _terms(self, metric: str, month: str, basis: Basis, above: tuple[str, ...]) -> Iterator[Term]:
        derived = self._metrics.get(metric)
        if derived is None:
            yield self._leaf(metric, month, basis)
            return
        path = _below(metric, above)
        if month < derived.valid_from:
            raise NoValueError("redefined", month)
        if derived.kind == "to_date":
            for each in months_to_date(month, derived.year_begins):
                yield from self._terms(derived.of, each, basis, path)
            return
        yield from self._terms(derived.of, month, basis, path)
        if derived.kind == "daily_mean":
            yield self._days(f"{derived.days}_days", derived.days, month, basis)
        elif derived.other:
            roles = _OPPOSITE if derived.kind == "difference" else _OTHER_SIDE
            for term in self._terms(derived.other, month, basis, path):
                if term.role not in roles:
                    raise NumbersError(
                        f"derived_metrics.csv: {metric} takes {derived.other}, which is a quotient itself"
                    )
                yield replace(term, role=roles[term.role])

    def _leaf(self, metric: str, month: str, basis: Basis) -> Term:
        values = self._values(month, basis)
        number, now = values.numbers.get(metric), self._current.numbers.get(metric)
        if number is None or now is None:
            raise NoValueError("missing_part", month)
        if values.revision and redefined(number, now):
            raise NoValueError("redefined", month)
        return Term("plus", metric, month, values.revision, str(number.exact))

    def _days(self, name: str, days: str, month: str, basis: Basis) -> Term:
        values = self._values(month, basis)
        if days not in values.days:
            raise NoValueError("missing_part", month)
        return Term("over", name, month, values.revision, str(values.days[days]))

    def _values(self, month: str, basis: Basis) -> MonthValues:
        if month == self._current.month:
            return self._current
        values = self._past(month, basis)
        if values is None:
            raise NoValueError("not_certified", month)
        return values


def _below(metric: str, above: tuple[str, ...]) -> tuple[str, ...]:
    """The metrics that led to one, itself last."""
    if metric in above:
        raise NumbersError(f"derived_metrics.csv: {' of '.join([*above, metric])} rests on itself")
    return (*above, metric)


def months_to_date(month: str, year_begins: int) -> list[str]:
    """The months from the beginning of a year to a month, both included."""
    count = (int(month[5:]) - year_begins) % 12
    return [months_before(month, back) for back in range(count, -1, -1)]


def _number(metric: DerivedMetric, exact: Exact, leaves: Sequence[MonthlyNumber]) -> MonthlyNumber:
    definition: dict[str, Any] = asdict(metric)
    definition |= {name: getattr(leaves[0], name) for name in ("event_counted", "deduplication_key")}
    measures = tuple(sorted({measure for leaf in leaves for measure in leaf.measures}))
    try:
        return number_of(definition, exact, measures, ())
    except (TypeError, ValueError) as error:
        raise NumbersError(f"{metric.metric} can't be printed: {error}") from error


def _printed(metric: DerivedMetric, exact: Exact) -> str:
    return printed(exact, divisor=metric.display_divisor, decimals=metric.display_decimals, rule=metric.rounding)
