"""The state of one month: which extracts are current, what a build reads, and what has to have passed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from expectations.rules import RULES
from orchestration.config.catalogue import (
    BALANCES,
    MEASURES,
    TABLES,
    catalogue_folder,
    evidence_version,
    read_table,
    vocabulary,
    working_days,
)
from orchestration.config.hall import Hall, SettingsError, load_hall
from orchestration.config.site_tree import SiteTree, site_tree
from orchestration.config.systems import AnySystem, HttpSystem
from orchestration.config.systems.http_api import MonthTotals
from orchestration.config.working_days import CalendarDay
from orchestration.landing.day_status import SystemDay, system_days
from orchestration.landing.judgement import Judgements
from orchestration.landing.manifest import Extract, Landing, LandingError
from orchestration.partitions import MonthError, reportable_days, today
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import Home, current_home
from orchestration.runtime.program import warehouse_version
from orchestration.warehouse import dbt_manifest
from orchestration.warehouse.boundary import BOUNDARY_CHECK, BoundaryStock, boundary_of
from reports import files
from reports.certificates.certificate import Certificate
from reports.certificates.release import folder_of
from reports.figures.months import MonthSpan
from reports.figures.readiness import BuildEvidence, DayState, EvidenceError, Expected, Problem, assess, remedies
from reports.figures.validity import iso

# The check of a build that isn't dbt's: facts against the totals that systems state of the month (month_totals).
MONTH_TOTALS_CHECK = "month_totals_agree"
# The checks of a build that aren't dbt's, and that a rebuild doesn't run.
OWN_CHECKS = frozenset({MONTH_TOTALS_CHECK, BOUNDARY_CHECK})


@dataclass(frozen=True)
class Month:
    """One month of a hall, as it stands in the landing and in what was published; read once, when first asked.

    With a `vintage` it stands on the extracts of that certificate, and not on those that came later. Sites that are
    `left_out` aren't built, nor those above them; `hall` has no system for them.
    """

    name: str
    days: Sequence[dt.date]
    hall: Hall
    home: Home
    vintage: Certificate | None = None
    left_out: frozenset[str] = frozenset()

    def leaving_out(self, sites: Iterable[str]) -> Month:
        """The month of all other sites."""
        codes = frozenset(sites)
        if not codes:
            return self
        return replace(self, hall=self.hall.without_sites(codes), left_out=self.left_out | codes)

    def reread(self) -> Month:
        """The month as it stands now; what this one has read, it keeps."""
        return replace(self)

    @property
    def span(self) -> MonthSpan | None:
        """Its days from the first to the last, where it isn't the calendar month."""
        return MonthSpan.of(self.name, self.hall.months.days_of(self.name))

    @cached_property
    def calendar(self) -> list[CalendarDay]:
        """The calendar's word on each day."""
        words = working_days()
        return [words.describe(day) for day in self.days]

    @cached_property
    def extracts(self) -> dict[tuple[str, dt.date], Extract]:
        """The current extract of each system and day that is in, whole or damaged; or the vintage's."""
        landing = Landing(self.home.landing)
        if self.vintage:
            certified = self.vintage.foundation.extracts
            return {
                (extract.system, dt.date.fromisoformat(extract.day)): landing.read(Path(extract.entry_path))
                for extract in certified
            }
        return {key: extract for key in self.hall.asked(self.days) if (extract := _current(landing, *key))}

    @cached_property
    def systems(self) -> Mapping[str, AnySystem]:
        """The systems that answer for at least one of its days, by name."""
        return self.hall.systems_in(self.days)

    @property
    def month_totals(self) -> dict[str, tuple[HttpSystem, MonthTotals]]:
        """The systems that state totals of their own of the month, and where: those that answer for all of it.

        What they state is of a calendar month, so that of any other nobody is asked.
        """
        if self.span:
            return {}
        whole = {name for name, system in self.systems.items() if all(map(system.is_valid_on, self.days))}
        return {name: stated for name, stated in self.hall.month_totals.items() if name in whole}

    def checks_of(self, extract: Extract) -> Mapping[str, str]:
        """By rule, how an extract came out under the rules of today; or when it landed, if it wasn't judged since."""
        settings = self.hall.systems[extract.system]
        judged = Judgements(self.home.landing).of(extract, evidence_version(settings), vocabulary(settings))
        return (judged or extract).checks

    @cached_property
    def system_days(self) -> list[SystemDay]:
        """How every system and day stands now, system by system; files are compared with their entries."""
        found = system_days(self.hall, self.home, working_days(), self.days, verify_files=True)
        return sorted(found, key=lambda status: list(self.hall.systems).index(status.system))

    @cached_property
    def day_states(self) -> list[DayState]:
        """The verdict on every system and day, as readiness is judged by."""
        return [day_state(status, self.hall.systems[status.system].title) for status in self.system_days]

    @cached_property
    def boundary(self) -> tuple[BoundaryStock, ...]:
        """What the stocks at its beginning are held against, of each system with stocks that have to balance.

        With a vintage it is what the certificate holds: nothing, in form 1.
        """
        if self.vintage:
            return tuple(self._certified_boundary(self.vintage))
        balanced = {row["stock"] for row in read_table(catalogue_folder(), BALANCES)}
        return tuple(boundary_of(self.hall, self.home, working_days(), self.hall.months.first_day(self.name), balanced))

    def _certified_boundary(self, certificate: Certificate) -> Iterator[BoundaryStock]:
        landing = Landing(self.home.landing)
        for stated in certificate.foundation.boundary:
            extract = landing.read(Path(stated.extract.entry_path)) if stated.extract else None
            before = extract.system if extract else stated.system
            title = self.hall.systems[before].title
            yield BoundaryStock(stated.system, before, title, dt.date.fromisoformat(stated.day), stated.result, extract)

    @cached_property
    def inputs(self) -> dict[str, list[dict[str, Any]]]:
        """What a build of the month reads, one table per Parquet file (see the sources of dbt_project).

        The extracts are those of the month, and of the boundary: these are of a day before it.
        """
        landing = Landing(self.home.landing)
        before = [stock.extract for stock in self.boundary if stock.extract]
        return {
            "extracts": [
                {
                    "system": extract.system,
                    "stat_date": extract.stat_date,
                    "state": extract.state,
                    "path": str(landing.path(extract)),
                    "sha256": extract.sha256,
                    "content_sha256": extract.content_sha256,
                    "row_count": None if self.left_out.intersection(extract.sites) else extract.row_count,
                    "count_sum": self._count_sum(extract),
                    "landed_at": extract.landed_at,
                    "halls": sorted(extract.sites),
                }
                for extract in [*before, *self.extracts.values()]
            ],
            **self.settings_inputs,
        }

    def _count_sum(self, extract: Extract) -> int:
        """The sum that was recorded of an extract, less that of sites that are left out."""
        left_out = (sum(entry.sums.values()) for site, entry in extract.sites.items() if site in self.left_out)
        return extract.count_sum - sum(left_out)

    @cached_property
    def settings_inputs(self) -> dict[str, list[dict[str, Any]]]:
        """The tables of `inputs` that follow from the hall's settings, whatever is in."""
        return {
            "calendar": [
                {"stat_date": str(day.day), "is_working_day": day.is_working_day, "reason": day.reason}
                for day in self.calendar
            ],
            "hall_systems": [
                {
                    "system": name,
                    "system_name": system.title,
                    "hall_code": hall,
                    "opens": system.opens,
                    "valid_from": iso(system.valid_from),
                    "valid_to": iso(system.valid_to),
                }
                for name, system in self._systems_read.items()
                for hall in self.hall.sites_of(name)
            ],
            "site_hierarchy": [
                {"hall_code": site, "counted_hall_code": counted, "is_whole": self.is_whole(site)}
                for site in self.site_tree.sites
                for counted in self.site_tree.counted_in(site)
                if self.left_out.isdisjoint({site, counted})
            ],
            "left_out_sites": [{"hall_code": site} for site in sorted(self.left_out)],
            **self.catalogue,
        }

    @cached_property
    def site_tree(self) -> SiteTree:
        """The hall's sites."""
        return site_tree()

    def is_whole(self, site: str) -> bool:
        """Whether no site is left out that is counted in one."""
        return self.left_out.isdisjoint(self.site_tree.counted_in(site))

    @cached_property
    def _systems_read(self) -> Mapping[str, AnySystem]:
        """The systems whose extracts a build reads: the month's, and those that its stocks are held against."""
        return self.hall.systems_in([*self.days, *(stock.day for stock in self.boundary)])

    @cached_property
    def catalogue(self) -> dict[str, list[dict[str, Any]]]:
        """The hall's reviewed tables, and which system answers which measure."""
        answered = [
            {"system": name, "measure": measure}
            for name, system in self._systems_read.items()
            for measure in system.measures
        ]
        return {**{name: self._reviewed(name) for name in TABLES}, "system_measures": answered}

    def _reviewed(self, table: str) -> list[dict[str, Any]]:
        """The rows of a reviewed table; under the settings of today form 1 has only those of its own metrics."""
        rows = read_table(catalogue_folder(), table)
        if self.vintage is None or self.vintage.form != 1:
            return rows
        return [row for row in rows if "metric" not in row or row["metric"] in self.vintage.by_metric]

    def write_inputs(self) -> Path:
        """Put the inputs where dbt reads them, and return that folder, which holds nothing else."""
        from orchestration.warehouse.inputs import write_tables

        self._require_scales()
        folder = self.home.inputs / self.name
        shutil.rmtree(folder, ignore_errors=True)
        write_tables(folder, self.inputs)
        return folder

    def _require_scales(self) -> None:
        """LandingError where an extract holds a measure in another unit than it has."""
        scales = {row["measure"]: row["scale"] for row in self.catalogue[MEASURES]}
        for (system, day), extract in self.extracts.items():
            if other := extract.other_scales(scales):
                raise LandingError(
                    f"{system} {self.hall.systems[system].title}, {day}: {other}; nothing is built of it. "
                    f"Next: `yuebao pull {day} --system {system}` asks for it again, or restore the scale."
                )

    @cached_property
    def fingerprint(self) -> str:
        """Digest of all that the facts follow from: rows landed, calendar, systems, catalogue, the models' sources.

        And of the boundary: which day it is, and whether it could be compared.
        """
        told = self.settings_inputs
        sites = [told[name] for name in ("hall_systems", "site_hierarchy", "left_out_sites")]
        settings = [self._stated_boundary, told["calendar"], *sites, self.catalogue]
        document = [sorted(self._contents), *settings, warehouse_version()]
        return hashlib.sha256(json.dumps(document, ensure_ascii=False).encode()).hexdigest()

    @property
    def _contents(self) -> list[list[str]]:
        """System, day, state and the rows' digest of each extract that a build reads; a certificate says its own."""
        if self.vintage:
            certified = self.vintage.foundation.all_extracts
            return [[each.system, each.day, each.state, each.content_sha256] for each in certified]
        rows = self.inputs["extracts"]
        return [[row["system"], row["stat_date"], row["state"], row["content_sha256"]] for row in rows]

    @property
    def _stated_boundary(self) -> list[list[str]]:
        stocks = self.vintage.foundation.boundary if self.vintage else self.boundary
        return [[stock.system, str(stock.day), stock.result] for stock in stocks]

    @property
    def whole(self) -> str:
        """The one command for several gaps; empty while the month is under way, when their days are pulled."""
        return f"yuebao report {self.name}" if list(self.days) == self.hall.months.days_of(self.name) else ""

    @property
    def folder(self) -> Path:
        """Everything published of the month."""
        return self.home.published / self.name

    @property
    def facts(self) -> Path:
        """The newest facts that passed their audit, as Parquet."""
        return self.folder / "facts"

    @property
    def draft(self) -> Path:
        """The section as a draft, where one was asked for."""
        return self.draft_of(self.hall.code)

    def draft_of(self, site: str) -> Path:
        """The draft of the hall, or of a site below it."""
        return folder_of(self.home.published, self.name, "" if site == self.hall.code else site) / "draft"

    @property
    def evidence_file(self) -> Path:
        """The evidence of the newest build, whether it passed or not."""
        return self.folder / "build.json"

    @property
    def evidence(self) -> BuildEvidence | None:
        """What the newest build left; None before the first, and where it can't be read: the month is built again."""
        try:
            return self.read_evidence()
        except EvidenceError:
            return None

    def read_evidence(self) -> BuildEvidence | None:
        """As `evidence`; EvidenceError where it can't be read."""
        path = self.evidence_file
        return BuildEvidence.from_json(path.read_bytes().decode("utf-8", "replace")) if path.exists() else None

    def expected(self, build_checks: frozenset[str]) -> Expected:
        """What must be in and have passed before the month is printed; `build_checks` are dbt's."""
        own = OWN_CHECKS if self.month_totals else OWN_CHECKS - {MONTH_TOTALS_CHECK}
        blocks = self.hall.certification.boundary == "block"
        return Expected(
            month=self.name,
            systems={name: system.title for name, system in self.systems.items()},
            asked=frozenset(self.hall.asked(self.hall.months.days_of(self.name))),
            day_rules=frozenset(rule.name for rule in RULES),
            build_checks=build_checks | own,
            fingerprint=self.fingerprint,
            facts=files.digests(self.facts),
            not_compared=tuple(
                day_state(stock.status, stock.title)
                for stock in self.boundary
                if blocks and stock.result == "not_compared" and stock.status
            ),
        )


def open_month(name: str) -> Month:
    """A month of this installation's hall; SettingsError or MonthError where the hall can't report on it."""
    hall = load_hall().hall
    month = _of_one_answer(Month(name, reportable_days(name, hall), hall, current_home()))
    if not month.systems:
        raise MonthError(f"{name}: no system answers for a day of it (`valid_from` and `valid_to` in hall.toml)")
    return month


def month_under_way(name: str) -> Month | None:
    """The month of today with its days up to yesterday; None for any other, which `open_month` opens or refuses."""
    hall = load_hall().hall
    now = today(hall)
    if name != hall.months.name_of(now):
        return None
    return _of_one_answer(Month(name, [day for day in hall.months.days_of(name) if day < now], hall, current_home()))


def _of_one_answer(month: Month) -> Month:
    """The month; SettingsError where two systems answer a measure of a site on one of its days."""
    months = month.hall.months
    if mistakes := list(month.hall.answered_twice(months.first_day(month.name), months.last_day(month.name))):
        raise SettingsError("; ".join(mistakes))
    return month


def problems_of(month: Month) -> list[Problem]:
    """Everything that keeps a month from being printed."""
    dbt_manifest.ensure_manifest()
    return assess(month.day_states, month.evidence, month.expected(dbt_manifest.build_checks()))


def a_build_mends(problem: Problem) -> bool:
    """Whether building the month may take the problem away; what isn't in stays away whatever is built."""
    return problem.kind in {"build_missing", "build_stale"} or problem.subject in {
        *dbt_manifest.build_checks(),
        *OWN_CHECKS,
    }


class NotPrintableError(Refused):
    """A month can't be printed; the message has a line for each reason, and each command once."""

    def __init__(self, month: Month, problems: Sequence[Problem]) -> None:
        lines = (line for remedy in remedies(problems, month.whole) for line in remedy.lines)
        super().__init__("\n".join([f"{month.name} can't be printed:", *lines]))
        self.problems = problems


def day_state(status: SystemDay, title: str) -> DayState:
    """The verdict on a system and day, as readiness is judged by."""
    return DayState(
        system=status.system,
        system_name=title,
        day=status.day,
        verdict=status.verdict,
        detail=status.detail,
        checks=status.checks,
    )


def _current(landing: Landing, system: str, day: dt.date) -> Extract | None:
    """The current extract; none where its entry can't be read, of which the verdict on the day speaks."""
    try:
        return landing.current(system, day)
    except LandingError:
        return None
