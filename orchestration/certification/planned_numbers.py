"""A certified month's numbers as they would be today: its own extracts, counted by today's catalogue."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Self

from orchestration.certification.certify import counted_in, systems_of, wording_of
from orchestration.certification.derived_metrics import DerivedMetrics, defined_in
from orchestration.certification.rebuild import empty_home
from orchestration.certification.settings_evidence import settings_files
from orchestration.config.catalogue import DERIVED, SITES, TABLES, catalogue_folder, item_names, members, read_table
from orchestration.config.hall import HallFolder
from orchestration.config.site_tree import SiteTree, site_tree
from orchestration.config.variables import variables_of as hall_variables
from orchestration.runtime.paths import Home
from orchestration.warehouse.builder import build
from orchestration.warehouse.facts import failures_of, refusal_of_build, variables_of
from orchestration.warehouse.month import Month
from reports.certificates.bases import PastMonths, with_derived
from reports.certificates.canonical import sha256
from reports.certificates.certificate import Boundary, Certificate, CertifiedSystem, Foundation
from reports.certificates.disk import Disk, extract_problems, lines_of
from reports.certificates.ledger import Archive, History
from reports.certificates.rankings import recounted_rankings
from reports.certificates.recount import Recounts
from reports.figures.derived import Derived, DerivedMetric
from reports.figures.derived_facts import derived_metric
from reports.figures.kinds import CLOSING, DISTINCT, of_kinds
from reports.figures.months import first_day
from reports.figures.numbers import (
    FactRow,
    MonthlyNumber,
    NumbersError,
    defined_numbers,
    measures_behind,
    read_numbers,
    valid_definitions,
)
from reports.figures.rounding import Exact
from reports.figures.validity import is_valid


@dataclass(frozen=True)
class PlannedNumbers:
    """What a month would hold; which metrics aren't known, and a line for each thing that keeps them from it."""

    numbers: tuple[MonthlyNumber, ...] = ()
    unknown: frozenset[str] = frozenset()
    obstacles: tuple[str, ...] = ()
    derived: Derived = field(default_factory=Derived)

    @classmethod
    def failed(cls, certificate: Certificate, *obstacles: str) -> Self:
        """Nothing is known of a month."""
        return cls((), frozenset(certificate.by_metric), obstacles)


@dataclass(frozen=True)
class TodaysSettings:
    """The hall's settings as they are, with the archive and state folder that they are planned on."""

    hall: HallFolder
    archive: Archive
    home: Home

    def month(self, name: str, vintage: Certificate | None = None) -> Month:
        """A month of the hall; with a vintage on the certified extracts of the systems that the hall still has."""
        return Month(name, self.hall.hall.months.days_of(name), self.hall.hall, self.home, vintage)

    def on_todays_systems(self, certificate: Certificate) -> Certificate:
        """A certificate without the extracts of systems that the hall has no longer; with today's systems and words.

        Raises:
            SettingsError: its site isn't one any more.
        """
        month, held = self.month(certificate.month), certificate.foundation
        asked = {(system, str(day)) for system, day in self.hall.hall.asked(month.days)}
        return certificate.standing_on(
            replace(
                held,
                extracts=tuple(each for each in held.extracts if (each.system, each.day) in asked),
                boundary=tuple(each for each in held.boundary if self._knows(each)),
                closing=self.closing,
                distinct=tuple(sorted(of_kinds(self._catalogue["measures"], DISTINCT))),
                systems=self._systems_of(month, certificate),
                wording=wording_of(self.hall, self._tree.sites[certificate.site].level if certificate.below else ""),
                sites=counted_in(self._tree, certificate.site, self.hall.hall.code),
            )
        )

    def _systems_of(self, month: Month, certificate: Certificate) -> dict[str, CertifiedSystem]:
        """The month's systems, of a site below the hall those that answer for it."""
        counted, systems = self._tree.counted_in(certificate.site), systems_of(month)
        answering = {name for name in systems if set(counted).intersection(self.hall.hall.sites_of(name))}
        return {name: systems[name] for name in systems if name in answering or not certificate.below}

    @cached_property
    def _tree(self) -> SiteTree:
        return site_tree()

    def _knows(self, boundary: Boundary) -> bool:
        before = boundary.extract.system if boundary.extract else boundary.system
        return {boundary.system, before} <= self.hall.hall.systems.keys()

    def derived_in(self, certificate: Certificate) -> Derived:
        """The derived metrics of a certificate's month and site, by today's definitions; nothing is derived yet."""
        first, month = first_day(certificate.month), self.month(certificate.month)
        rows = (row for row in self._catalogue[DERIVED] if is_valid(first, *_ends(row)))
        return defined_in(month, certificate.site, [derived_metric(row) for row in rows])

    def names_of(self, metric: DerivedMetric) -> Mapping[str, str]:
        """What those are called who are ranked by a metric, by code."""
        if metric.ranked_by == "item":
            return item_names()
        table = {"department": "departments", "site": SITES}.get(metric.ranked_by, "")
        return {code: member.name for code, member in members(table).items()} if table else {}

    def is_counted(self, measure: str, month: str) -> bool:
        """Whether a measure is counted on any day of a month."""
        known = members("measures").get(measure)
        return known is None or any(map(known.is_valid_on, self.hall.hall.months.days_of(month)))

    def changed_files(self, foundation: Foundation) -> list[str]:
        """The hall's files that aren't as they were when a month was certified, by their paths in its folder."""
        then, names = foundation.settings, foundation.settings.keys() | self._files.keys()
        return sorted(name for name in names if then.get(name) != self._files.get(name))

    @cached_property
    def recounts(self) -> Recounts:
        """Counts of certified extracts, once for those that certificates share."""
        return Recounts(self.archive.landing)

    @cached_property
    def disk(self) -> Disk:
        """Hashes of their files, each once."""
        return Disk()

    @cached_property
    def closing(self) -> tuple[str, ...]:
        """The measures of which a month has what its last answered day has."""
        return tuple(sorted(of_kinds(self._catalogue["measures"], *CLOSING)))

    @cached_property
    def _scales(self) -> Mapping[str, int]:
        """The decimals of each measure."""
        return {row["measure"]: row["scale"] for row in self._catalogue["measures"]}

    def with_scales(self, valid: Mapping[str, FactRow]) -> dict[str, FactRow]:
        """A month's definitions with `value_scale`, as `dim_metric` has it."""
        behind = {metric: measures_behind(metric, valid) for metric in valid}
        return {
            metric: {**row, "value_scale": max(self._scales.get(measure, 0) for measure in behind[metric])}
            for metric, row in valid.items()
        }

    def in_other_units(self, measures: Iterable[str], certificate: Certificate) -> Iterator[str]:
        """A line for each measure that the certified answers hold by another scale than it has today."""
        for measure in measures:
            then, now = certificate.foundation.scales.get(measure, 0), self._scales.get(measure, 0)
            if then != now:
                yield (
                    f"the certified answers count {measure} with {then} decimals, and its scale in "
                    f"catalogue/measures.csv is {now}: `yuebao pull {certificate.month}` asks for it again"
                )

    @cached_property
    def definitions(self) -> list[FactRow]:
        """The metric catalogue, as `dim_metric` has it."""
        return list(_definitions(self._catalogue))

    @cached_property
    def _catalogue(self) -> Mapping[str, list[dict[str, Any]]]:
        return {name: read_table(catalogue_folder(), name) for name in TABLES}

    @cached_property
    def _files(self) -> Mapping[str, str]:
        files = settings_files(self.hall, self.archive.signers, hall_variables(self.hall.hall, self.home))
        return {name: sha256(content) for name, content in files.items()}


def planned_numbers(certificate: Certificate, today: TodaysSettings, *, unchanged: bool) -> PlannedNumbers:
    """Count a certificate's extracts by today's definitions, without dbt.

    Args:
        certificate: Of the month.
        today: The settings.
        unchanged: The facts are known to be the same, so that the certified values stand and nothing is counted.

    Raises:
        RecountError: an extract can't be read.
        NumbersError: the catalogue isn't sound.
    """
    month = certificate.month
    valid = today.with_scales(valid_definitions(today.definitions, month))
    if unchanged:
        values = {metric: number.exact for metric, number in certificate.by_metric.items() if metric in valid}
        derived = today.derived_in(certificate).with_rankings(certificate.foundation.derived.rankings)
        return _with_derived(PlannedNumbers(_numbers(valid, values, month)), certificate, today, derived)
    if damaged := extract_problems(certificate, today.archive.landing, today.disk):
        return PlannedNumbers.failed(certificate, *lines_of(damaged))
    then = today.on_todays_systems(certificate)
    counted = today.recounts.of(then)
    if certificate.below:
        answered = {measure for system in then.foundation.systems.values() for measure in system.measures}
        valid = {metric: row for metric, row in valid.items() if answered.issuperset(measures_behind(metric, valid))}
    values, obstacles = dict[str, Exact](), dict[str, None]()
    for metric in valid:
        measures = measures_behind(metric, valid)
        due = [measure for measure in measures if today.is_counted(measure, month)]
        absent = list(_not_counted(due, certificate, then.foundation.systems))
        absent += today.in_other_units(due, certificate)
        obstacles.update(dict.fromkeys(absent))
        if not absent:
            values[metric] = sum(counted.get(measure, 0) for measure in measures)
    counted_ones = _numbers(valid, values, month)
    planned = PlannedNumbers(counted_ones, frozenset(valid.keys() - values.keys()), tuple(obstacles))
    derived = today.derived_in(certificate)
    as_counted = replace(then, numbers=counted_ones).standing_on(replace(then.foundation, derived=derived))
    names = {metric.metric: today.names_of(metric) for metric in derived.metrics}
    rankings = recounted_rankings(as_counted, today.recounts, names)
    return _with_derived(planned, certificate, today, derived.with_rankings(rankings))


def _with_derived(
    planned: PlannedNumbers, certificate: Certificate, today: TodaysSettings, definitions: Derived
) -> PlannedNumbers:
    """What a month would hold, with what today's definitions derive from it; from what isn't known nothing is."""
    history = History(today.archive.ledger.links(site=certificate.below))
    past = PastMonths(history, certificate.place.sequence)
    numbers, derived = with_derived(planned.numbers, definitions, certificate.month, past)
    unknown = set(planned.unknown)
    for metric in derived.metrics:
        if unknown.intersection({metric.of, metric.other}):
            unknown.add(metric.metric)
    return replace(planned, numbers=tuple(numbers), unknown=frozenset(unknown), derived=derived)


def built_numbers(certificate: Certificate, today: TodaysSettings) -> PlannedNumbers:
    """Build a certificate's extracts under today's settings in an empty warehouse, with every test of dbt.

    Raises:
        LandingError, DbtError: it can't be built at all.
    """
    then = today.month(certificate.month, today.on_todays_systems(certificate))
    with empty_home(today.archive.landing) as home:
        facts = home.root / "facts"
        facts.mkdir()
        month = replace(then, home=home)
        if failures := failures_of(build(variables_of(month, facts), ())):
            return PlannedNumbers.failed(certificate, refusal_of_build(month.name, failures))
        try:
            numbers = read_numbers(facts, month=month.name, hall_code=month.hall.code)
        except NumbersError as error:
            return PlannedNumbers.failed(certificate, str(error))
        derived = DerivedMetrics(month, facts).of(certificate.site, numbers)
    return _with_derived(PlannedNumbers(tuple(numbers.values())), certificate, today, derived)


def _ends(row: Mapping[str, Any]) -> tuple[date | None, date | None]:
    first, last = (date.fromisoformat(row[end]) if row[end] else None for end in ("valid_from", "valid_to"))
    return first, last


def _definitions(catalogue: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[FactRow]:
    names: dict[tuple[str, str, int], list[str]] = {}
    for table, column in (("metric_measures", "measure"), ("metric_parts", "part")):
        for row in catalogue[table]:
            names.setdefault((table, row["metric"], row["version"]), []).append(row[column])
    for row in catalogue["metrics"]:
        key = row["metric"], row["version"]
        valid_from, valid_to = _ends(row)
        yield {
            **row,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "measures": names.get(("metric_measures", *key)),
            "parts": names.get(("metric_parts", *key)),
        }


def _not_counted(
    measures: Iterable[str], certificate: Certificate, systems: Mapping[str, CertifiedSystem]
) -> Iterator[str]:
    """A line for each measure that the certified answers don't hold: that it was never asked for is no zero."""
    month, then = certificate.month, certificate.foundation.systems
    for measure in measures:
        counting = [name for name, system in systems.items() if measure in system.measures]
        if not counting:
            yield f"{measure} is counted by no system of hall.toml"
        # Form 1 doesn't say which measures its systems counted.
        for name in counting if certificate.form > 1 else ():
            if name not in then or measure not in then[name].measures:
                yield (
                    f"the certified answers of {name} don't count {measure}, so its value isn't known: "
                    f"`yuebao pull {month} --system {name}` asks for it"
                )


def _numbers(valid: Mapping[str, FactRow], values: Mapping[str, Exact], month: str) -> tuple[MonthlyNumber, ...]:
    known = [row for metric, row in valid.items() if metric in values]
    if not known:
        return ()
    facts = [
        {
            "metric": row["metric"],
            "metric_version": row["version"],
            "exact_value": int(values[row["metric"]] * 10 ** row["value_scale"]),
        }
        for row in known
    ]
    return tuple(defined_numbers(known, facts, month=month, where=f"the metric catalogue for {month}").values())
