"""What Dagster's history doesn't know of what the files hold: registered as events of no run, and no source is asked.

The history is a view that may be lost or pruned (decision 10). What is registered carries the moment at which it
happened.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import dagster as dg

from expectations.rules import RULES
from orchestration.assets.certified import (
    CERTIFIED_NUMBERS,
    LEDGER_CHECK,
    QUESTIONS_CHECK,
    REVISION_CHECK,
    certificate_metadata,
    ledger_evaluations,
)
from orchestration.assets.landing import NEWEST_DAY, landing_key, newest_day
from orchestration.assets.section import AUTHORS_DESK, SECTION
from orchestration.certification.author_files import are_written
from orchestration.certification.certify import current_archive
from orchestration.checks import SEVERITY, rule_evaluation
from orchestration.config.hall import Hall, load_hall
from orchestration.landing.manifest import Extract, Landing, LandingError
from orchestration.partitions import month_key
from orchestration.runtime.dagster_runs import latest_evaluations, store_events
from orchestration.runtime.paths import Home, current_home
from orchestration.runtime.progress import tell
from orchestration.warehouse.dagster_specs import warehouse_specs
from orchestration.warehouse.month import MONTH_TOTALS_CHECK, Month
from orchestration.warehouse.month_totals import MODEL
from reports.figures.readiness import BuildCheck, BuildEvidence

_DatedCheck = tuple[dt.datetime, dg.AssetCheckEvaluation]
_SENSOR_SECONDS = 300
# A tick has a minute; the next one goes on.
_MOST_IN_A_TICK = 2000


@dataclass(frozen=True)
class Registered:
    """How many materializations and check results were registered."""

    partitions: int
    checks: int

    def __str__(self) -> str:
        if not self.partitions and not self.checks:
            return "Dagster's history knows all that the files hold"
        return f"registered: {self.partitions} partitions, {self.checks} checks"


def sync_dagster(instance: dg.DagsterInstance, *, most: int | None = None) -> Registered:
    """Register what the files hold and Dagster's history doesn't know; a second time there is nothing to do.

    Args:
        instance: Whose history.
        most: How many partitions to register at most; checks follow when none is left. Then, too, the ledger isn't
            proved, which reads every extract.

    Raises:
        LedgerError, SettingsError: the ledger or the hall's settings can't be read.
    """
    hall, home = load_hall().hall, current_home()
    unknown = sorted(
        islice(_unknown_partitions(instance, hall, home), most), key=lambda dated: (dated[0], dated[1].partition or "")
    )
    tell("registering %d partitions", len(unknown))
    partitions = store_events(instance, unknown)
    if most is not None and partitions == most:
        return Registered(partitions, 0)
    return Registered(partitions, store_events(instance, _unknown_checks(instance, hall, home, prove=most is None)))


def build_history_sensor() -> dg.SensorDefinition:
    """The sensor `sync_dagster`. It runs in every environment: it asks no source, and changes nothing but the history.

    A sensor and not the code location's start: the daemon is one, and has a new history before it the moment that it is
    started; a tick that fails is shown, and the next one tries again.
    """

    @dg.sensor(
        name="sync_dagster",
        minimum_interval_seconds=_SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Registers what the files hold and Dagster's history doesn't know, and which newest day is in.",
    )
    def sync(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        return dg.SkipReason(str(sync_dagster(context.instance, most=_MOST_IN_A_TICK)))

    return sync


def _unknown_partitions(
    instance: dg.DagsterInstance, hall: Hall, home: Home
) -> Iterator[tuple[dt.datetime, dg.AssetMaterialization]]:
    landing, known = Landing(home.landing), cache(instance.get_materialized_partitions)
    for system in hall.systems:
        key = landing_key(system)
        for day in landing.days(system):
            if day.isoformat() not in known(key) and (extract := _current(landing, system, day)):
                yield _materialized(extract.landed_at, key, day.isoformat(), _told(extract, landing))
    for moment, key, month, metadata in (*_built(hall, home, known), *_certified(hall, known)):
        yield _materialized(moment, key, month_key(month, hall), metadata)


def _told(extract: Extract, landing: Landing) -> Mapping[str, dg.MetadataValue | str | float]:
    """Where a day lies, and how much it is: the rest is in its manifest entry, and a history has thousands of days."""
    return {
        "state": extract.state,
        "dagster/row_count": extract.row_count,
        "extract": dg.MetadataValue.path(landing.path(extract)),
    }


def _materialized(
    moment: str, key: dg.AssetKey, partition: str, metadata: Mapping[str, dg.MetadataValue | str | float]
) -> tuple[dt.datetime, dg.AssetMaterialization]:
    return dt.datetime.fromisoformat(moment), dg.AssetMaterialization(key, partition=partition, metadata=metadata)


_Month = tuple[str, dg.AssetKey, str, Mapping[str, dg.MetadataValue | str | float]]
_Known = Callable[[dg.AssetKey], set[str]]


def _built(hall: Hall, home: Home, known: _Known) -> Iterator[_Month]:
    """Every model of which a month isn't known, of each month whose newest build passed; no other record is read."""
    for record in _build_records(home):
        month = record.parent.name
        keys = [key for key in warehouse_specs().keys.values() if month_key(month, hall) not in known(key)]
        evidence = _evidence(month, hall, home) if keys else None
        if evidence and evidence.files:
            yield from ((evidence.built_at, key, month, {"run": evidence.run_id}) for key in keys)


def _certified(hall: Hall, known: _Known) -> Iterator[_Month]:
    """What each month's newest certificate stands for and isn't known: itself, its section, what authors take of it."""
    archive = current_archive()
    newest = {link.month: link for link in archive.ledger.links()}
    for month, link in sorted(newest.items()):
        there = {
            CERTIFIED_NUMBERS: True,
            SECTION: (archive.published / month / "current").exists(),
            AUTHORS_DESK: are_written(archive, link),
        }
        if keys := [key for key, is_there in there.items() if is_there and month_key(month, hall) not in known(key)]:
            entry = link.read()
            code = {"code": entry.certificate.code}
            for key in keys:
                told = certificate_metadata(entry) if key == CERTIFIED_NUMBERS else code
                yield entry.certificate.place.at, key, month, told


def _evidence(month: str, hall: Hall, home: Home) -> BuildEvidence | None:
    return Month(month, hall.months.days_of(month), hall, home).evidence


def _build_records(home: Home) -> list[Path]:
    return sorted(home.published.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]/build.json"))


def _current(landing: Landing, system: str, day: dt.date) -> Extract | None:
    """The current extract; none where its entry can't be read, of which the verdict on the day speaks."""
    try:
        return landing.current(system, day)
    except LandingError:
        return None


def _unknown_checks(instance: dg.DagsterInstance, hall: Hall, home: Home, *, prove: bool) -> list[_DatedCheck]:
    """The results of checks of which the history knows none, and of newest days of which it knows another."""
    found = {dated[1].asset_check_key: dated for dated in _evaluations(instance, hall, home)}
    now = dt.datetime.now(dt.UTC)
    ledger = (REVISION_CHECK, QUESTIONS_CHECK, *((LEDGER_CHECK,) if prove else ()))
    latest = latest_evaluations(instance, [*found, *ledger])
    unknown = [dated for key, dated in found.items() if _is_news(dated[1], latest.get(key))]
    unknown += [(now, told) for told in ledger_evaluations(*(key for key in ledger if key not in latest))]
    return unknown


def _is_news(told: dg.AssetCheckEvaluation, before: dg.AssetCheckEvaluation | None) -> bool:
    if before is None or told.check_name != NEWEST_DAY:
        return before is None
    return (told.passed, told.metadata["day"]) != (before.passed, before.metadata.get("day"))


def _evaluations(instance: dg.DagsterInstance, hall: Hall, home: Home) -> Iterator[_DatedCheck]:
    landing = Landing(home.landing)
    rules = {name: [dg.AssetCheckKey(landing_key(name), rule.name) for rule in RULES] for name in hall.systems}
    known = latest_evaluations(instance, [key for keys in rules.values() for key in keys])
    for system, keys in rules.items():
        # Every day's entry is read for it, and the sensor comes every five minutes.
        if not all(known.get(key) for key in keys):
            extracts = [each for day in landing.days(system) if (each := _current(landing, system, day))]
            yield from _of_last_pull(landing_key(system), extracts)
        yield dt.datetime.now(dt.UTC), newest_day(landing_key(system), hall)
    newest = max(_build_records(home), key=lambda record: record.stat().st_mtime_ns, default=None)
    if newest and (evidence := _evidence(newest.parent.name, hall, home)):
        yield from _of_build(evidence)


def _of_last_pull(key: dg.AssetKey, extracts: list[Extract]) -> Iterator[_DatedCheck]:
    """Each rule over the days that the last pull landed, as their manifest entries have it."""
    last = max(extracts, key=lambda extract: extract.landed_at, default=None)
    if last is None:
        return
    pulled = [extract for extract in extracts if extract.run_id == last.run_id]
    for rule in RULES:
        outcomes = {extract.stat_date: extract.checks.get(rule.name) for extract in pulled}
        failing = [day for day, outcome in outcomes.items() if outcome in {"warned", "failed"}]
        metadata = {
            "days judged before, unchanged": len(pulled),
            "days with nothing to compare": list(outcomes.values()).count("not_applicable"),
        }
        yield dt.datetime.fromisoformat(last.landed_at), rule_evaluation(key, rule, failing, metadata)


def _of_build(evidence: BuildEvidence) -> Iterator[_DatedCheck]:
    """Each check of a build that ran; what had nothing to judge is no result."""
    keys = [spec.key for spec in warehouse_specs().checks]
    keys.append(dg.AssetCheckKey(dg.AssetKey(MODEL), MONTH_TOTALS_CHECK))
    by_name: dict[str, list[dg.AssetCheckKey]] = {}
    for key in keys:
        by_name.setdefault(key.name, []).append(key)
    for check in evidence.checks:
        if check.status not in {"skipped", "not_applicable"}:
            for key in by_name.get(check.name, ()):
                yield dt.datetime.fromisoformat(evidence.built_at), _evaluation(key, check)


def _evaluation(key: dg.AssetCheckKey, check: BuildCheck) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=check.status == "pass",
        severity=SEVERITY[check.severity],
        metadata={"failing rows": check.failures or 0},
        description=check.message,
    )
