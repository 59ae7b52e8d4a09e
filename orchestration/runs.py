"""Runs the steps of the main job as Dagster jobs: in this process, in the instance that Dagster's page shows."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import dagster as dg

from orchestration.assets.certified import CERTIFIED_NUMBERS
from orchestration.assets.landing import landing_key
from orchestration.assets.section import SECTION
from orchestration.certification.certify import CertificationRequest
from orchestration.certification.monthly_report import RunOutcome
from orchestration.config.hall import load_hall
from orchestration.jobs import FACTS_JOB, MONTH_JOB, PULL_JOB, REVISIONS_JOB
from orchestration.run_records import RANGE_END, RANGE_START, why_failed
from orchestration.runtime.paths import Home, instance_for_runs
from orchestration.warehouse.dbt_manifest import ensure_manifest
from orchestration.warehouse.month import Month

_QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Runs:
    """Starts the jobs of the definitions, which are loaded when the first one starts."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @cached_property
    def _instance(self) -> dg.DagsterInstance:
        return instance_for_runs(self._home)

    @cached_property
    def _definitions(self) -> dg.Definitions:
        from orchestration.definitions import defs

        ensure_manifest()
        return defs()

    def pull(
        self, days: Sequence[dt.date], systems: Sequence[str], *, data_docs: bool = False, more_follows: bool = False
    ) -> RunOutcome:
        """One run that pulls a range of days (first and last given) of the named systems.

        Dagster leaves checks of other assets out of a run of chosen assets, so that after a pull of some systems
        whether a revision is pending is asked in a run of its own, unless another pull follows.
        """
        every = set(systems) == set(load_hall().hall.systems)
        outcome = self._run(
            PULL_JOB,
            tags={RANGE_START: days[0].isoformat(), RANGE_END: days[-1].isoformat()},
            run_config={**_QUIET, "resources": {"hall_systems": {"config": {"data_docs": data_docs}}}},
            **({} if every else {"asset_selection": [landing_key(name) for name in systems]}),
        )
        if not every and not more_follows:
            self._run(REVISIONS_JOB, run_config=_QUIET)
        return outcome

    def build_facts(self, month: Month) -> RunOutcome:
        """One run that builds and tests a month's facts, and certifies nothing."""
        return self._run(FACTS_JOB, partition_key=f"{month.name}-01", run_config=_QUIET)

    def certify(self, month: Month, request: CertificationRequest, *, build: bool) -> RunOutcome:
        """One run that brings a month to its certified section, building and testing its facts first if asked to."""
        signing = {"ops": {CERTIFIED_NUMBERS.path[-1]: {"config": asdict(request)}}}
        selected = {} if build else {"asset_selection": [CERTIFIED_NUMBERS, SECTION]}
        return self._run(MONTH_JOB, partition_key=f"{month.name}-01", run_config={**_QUIET, **signing}, **selected)

    def _run(self, job: str, **arguments: Any) -> RunOutcome:
        result = self._definitions.resolve_job_def(job).execute_in_process(
            instance=self._instance, raise_on_error=False, **arguments
        )
        messages = tuple(why_failed(event) for event in result.all_events if event.is_step_failure)
        return RunOutcome(result.run_id, result.success, messages)
