"""The one adapter from a suite's findings, and from our errors, to Dagster's asset checks and failures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import dagster as dg

from expectations.rules import RULES, Rule
from expectations.volumes import Volume, worst
from orchestration.runtime.guard import explain
from orchestration.warehouse.boundary import BOUNDARY_CHECK
from orchestration.warehouse.dbt_manifest import data_test_owners, ensure_manifest
from orchestration.warehouse.month import MONTH_TOTALS_CHECK

if TYPE_CHECKING:
    from expectations.validation import Finding
    from orchestration.landing.validate_and_land import PullResult

# Owners, as Dagster writes them: whose an asset or a check is.
ENGINEERS = "team:data-engineers"
AUTHORS = "team:report-authors"

# Of the checks that are neither a rule of the suite nor a data test of dbt, which say it themselves.
OWNERS = {
    "newest_day_is_in": ENGINEERS,
    MONTH_TOTALS_CHECK: ENGINEERS,
    BOUNDARY_CHECK: ENGINEERS,
    "ledger_is_sound": ENGINEERS,
    "no_revision_is_pending": AUTHORS,
    "no_question_is_open": AUTHORS,
}

_VOLUME = "volume_is_near_usual"
_VOLUMES_SHOWN = 50
SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


@contextmanager
def failing_on(*errors: type[Exception]) -> Iterator[None]:
    """Errors of ours, and what the machine refuses, as a failure of the step that says so and isn't tried again."""
    try:
        yield
    except errors as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    except Exception as error:
        if not (refused := explain(error)):
            raise
        raise dg.Failure(description=refused, allow_retries=False) from error


def result_of(evaluation: dg.AssetCheckEvaluation) -> dg.AssetCheckResult:
    """How a check stands, as the run that checks it gives it."""
    return dg.AssetCheckResult(
        asset_key=evaluation.asset_key,
        check_name=evaluation.check_name,
        passed=evaluation.passed,
        severity=evaluation.severity,
        metadata=evaluation.metadata,
        description=evaluation.description,
    )


@cache
def check_owners() -> dict[str, str]:
    """Whose each check is, by its name: our own, the suite's rules and dbt's tests; DbtError without a manifest."""
    ensure_manifest()
    return {**OWNERS, **{rule.name: rule.owner for rule in RULES}, **data_test_owners()}


def check_specs(key: dg.AssetKey, rules: Iterable[Rule], owner: str = "") -> list[dg.AssetCheckSpec]:
    """One check per rule, `owner`'s if that is given; a rule of error severity blocks what is downstream in the run."""
    return [
        dg.AssetCheckSpec(
            name=rule.name,
            asset=key,
            description=rule.description,
            blocking=rule.severity == "error",
            metadata={"owner": owner or rule.owner, "next_step": rule.next_step},
        )
        for rule in rules
    ]


def check_results(key: dg.AssetKey, rules: Iterable[Rule], result: PullResult) -> Iterator[dg.AssetCheckResult]:
    """The result of every rule over the days of one pull.

    Days whose answer an extract already holds under the same suite keep their recorded outcome; it is counted, and a
    recorded warning is still a warning. A pull in which no day was judged, now or before, has no results: a check that
    saw nothing must not pass. Dagster has no outcome for a rule that wasn't applicable; the days of it are counted.
    """
    if not any(day.judged or day.extract for day in result.days):
        return
    findings = {finding.rule.name: finding for finding in result.findings}
    for rule in rules:
        yield _result(key, rule, findings.get(rule.name), result)


def _result(key: dg.AssetKey, rule: Rule, finding: Finding | None, result: PullResult) -> dg.AssetCheckResult:
    outcomes = {day.day: day.extract.checks.get(rule.name) for day in result.days if day.extract}
    warned = sorted(day for day, outcome in outcomes.items() if outcome == "warned")
    failing_days = sorted({*warned, *(finding.failing_days if finding else ())})
    judged = sum(day.judged for day in result.days)
    before = sum(day.outcome == "unchanged" for day in result.days)
    metadata: dict[str, dg.MetadataValue | str | int] = {
        "days judged now": judged,
        "days judged before, unchanged": before,
        "days with nothing to compare": list(outcomes.values()).count("not_applicable"),
        "failing values": finding.failing_count if finding else 0,
    }
    if rule.name == _VOLUME and result.volumes:
        metadata["expected volumes"] = _expected(result.volumes)
    if finding and finding.samples:
        metadata["samples"] = dg.MetadataValue.md("\n".join(f"- {sample}" for sample in finding.samples))
    return result_of(rule_evaluation(key, rule, failing_days, metadata))


def rule_evaluation(
    key: dg.AssetKey,
    rule: Rule,
    failing_days: Iterable[dt.date | str],
    metadata: Mapping[str, dg.MetadataValue | str | int],
) -> dg.AssetCheckEvaluation:
    """How a rule stands over days of a system, with the step that is next where some of them fail it."""
    failing = ", ".join(map(str, failing_days))
    return dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=rule.name,
        passed=not failing,
        severity=SEVERITY[rule.severity],
        metadata={**metadata, **({"failing days": failing, "next step": rule.next_step} if failing else {})},
        description=rule.description,
    )


def _expected(judged: Iterable[Volume]) -> dg.MetadataValue:
    """The days judged beside what was expected of them, the least expected first."""
    columns = ("day", "hall", "measure", "counted", "usual", "from", "to", "as expected")
    rows = [
        (
            each.day.isoformat(),
            each.hall,
            each.measure,
            *map(each.in_units, (each.counted, each.usual, *each.band)),
            "no" if each.outside else "yes",
        )
        for each in worst(judged, _VOLUMES_SHOWN)
    ]
    return table_metadata(columns, rows)


def table_metadata(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> dg.MetadataValue:
    """A table as Dagster shows it."""
    records = [dg.TableRecord(dict(zip(columns, row, strict=True))) for row in rows]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns=[dg.TableColumn(name) for name in columns]))
