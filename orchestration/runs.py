"""Runs the steps of the main job as Dagster jobs: in the code location where Dagster's daemon runs, and else here."""

import datetime as dt
import gc
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import dagster as dg

from orchestration.assets.certified import CERTIFIED_NUMBERS
from orchestration.assets.landing import landing_key
from orchestration.assets.section import SECTION
from orchestration.assets.sites import CERTIFIED_SITES
from orchestration.certification.certify import CertificationRequest
from orchestration.certification.monthly_report import RunOutcome
from orchestration.certification.sites import SiteRequests
from orchestration.config.hall import load_hall, load_own_hall
from orchestration.jobs import DESK_JOB, FACTS_JOB, MONTH_JOB, PULL_JOB, SITES_JOB
from orchestration.partitions import month_key
from orchestration.run_records import PARTITION, RANGE_END, RANGE_START, why_failed
from orchestration.runtime.dagster_runs import (
    JobRun,
    cancel,
    end_killed_runs,
    execute_here,
    queue_is_served,
    require_run,
    submit,
)
from orchestration.runtime.errors import RunGoesOn
from orchestration.runtime.installation import current_installation
from orchestration.runtime.paths import Home, instance_for_runs
from orchestration.runtime.progress import tell, tell_item
from orchestration.warehouse.dbt_manifest import ensure_manifest
from orchestration.warehouse.month import Month

_QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_SECONDS_BETWEEN_LOOKS = 0.5
_FAILURES = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}


class Runs:
    """Starts the jobs of the definitions, which are loaded when the first one starts."""

    def __init__(self, home: Home, *, are_kept: bool = True) -> None:
        """Nothing is started yet.

        Args:
            home: The state folder.
            are_kept: Whether Dagster's history gets each event of the runs that are executed here. Of many months
                `register` tells it what came of them, which is a small part of it.
        """
        self._home = home
        self._are_kept = are_kept
        self._has_news = False

    @cached_property
    def _instance(self) -> dg.DagsterInstance:
        instance = instance_for_runs(self._home)
        for run in end_killed_runs(instance):
            tell("run %s (%s) of an earlier command was killed; it is marked as failed now", run.run_id, run.job_name)
        return instance

    @cached_property
    def _definitions(self) -> dg.Definitions:
        from orchestration.definitions import defs

        ensure_manifest()
        return defs()

    def pull(self, days: Sequence[dt.date], systems: Sequence[str], *, data_docs: bool = False) -> RunOutcome:
        """One run that pulls a range of days (first and last given) of the named systems."""
        every = set(systems) == set(load_hall().hall.systems)
        return self._run(
            PULL_JOB,
            {RANGE_START: days[0].isoformat(), RANGE_END: days[-1].isoformat()},
            {"resources": {"hall_systems": {"config": {"data_docs": data_docs}}}},
            () if every else [landing_key(name) for name in systems],
        )

    def build_facts(self, month: Month) -> RunOutcome:
        """One run that builds and tests a month's facts, and certifies nothing."""
        return self._run(FACTS_JOB, _of(month), _part(month))

    def certify_sites(self, month: Month, requests: SiteRequests, *, build: bool) -> RunOutcome:
        """One run that certifies sites of a month, building and testing the facts of its part first if asked to."""
        config = {"ops": {CERTIFIED_SITES.path[-1]: {"config": asdict(requests)}}, **_part(month)}
        return self._run(SITES_JOB, _of(month), config, () if build else [CERTIFIED_SITES])

    def certify(self, month: Month, request: CertificationRequest, *, build: bool) -> RunOutcome:
        """One run that brings a month to its certified section, building and testing its facts first if asked to."""
        signing = {"ops": {CERTIFIED_NUMBERS.path[-1]: {"config": asdict(request)}}}
        return self._run(MONTH_JOB, _of(month), signing, () if build else [CERTIFIED_NUMBERS, SECTION])

    def write_author_files(self, month: str) -> RunOutcome:
        """One run that writes what authors take from a certified month."""
        return self._run(DESK_JOB, {PARTITION: month_key(month, load_own_hall().hall)}, {})

    def register(self) -> None:
        """Have Dagster's history know what runs that aren't kept have landed and built."""
        from orchestration.automation.history import sync_dagster

        if self._has_news:
            sync_dagster(self._instance, most=sys.maxsize)

    def _run(
        self, name: str, tags: Mapping[str, str], config: Mapping[str, Any], selection: Collection[dg.AssetKey] = ()
    ) -> RunOutcome:
        wanted = JobRun(self._definitions.resolve_job_def(name), tags, config, selection)
        if self._is_served():
            run = self._follow(submit(self._instance, wanted).run_id)
            if run.status != dg.DagsterRunStatus.CANCELED or self._is_served():
                return self._outcome(run)
            tell("Dagster's daemon is gone; %s runs here", name)
        wanted = replace(wanted, config={**config, **_QUIET})
        if self._are_kept:
            return self._outcome(execute_here(self._instance, wanted))
        self._has_news = True
        with dg.DagsterInstance.ephemeral() as instance:
            outcome = self._outcome(execute_here(instance, wanted), instance)
        # Events in memory refer to each other, and the program collects such seldom (cli/main.py).
        gc.collect()
        return outcome

    def _is_served(self) -> bool:
        """Whether the code location runs what is submitted, and under the settings that this command works with."""
        of_certificate = current_installation().hall != current_installation(own=True).hall
        return not of_certificate and queue_is_served(self._instance)

    def _follow(self, run_id: str) -> dg.DagsterRun:
        """Tell of a submitted run until it ends; one that nobody takes from the queue any more is taken back.

        Raises:
            RunGoesOn: somebody interrupts the command.
        """
        cursor: str | None = None
        try:
            tell("run %s is submitted to Dagster's queue", run_id)
            while True:
                run = require_run(self._instance, run_id)
                cursor = self._tell_news(run_id, cursor)
                if run.is_finished:
                    return run
                if run.status == dg.DagsterRunStatus.QUEUED and not queue_is_served(self._instance):
                    cancel(self._instance, run_id)
                time.sleep(_SECONDS_BETWEEN_LOOKS)
        except KeyboardInterrupt:
            raise RunGoesOn(run_id, lambda: cancel(self._instance, run_id)) from None

    def _tell_news(self, run_id: str, cursor: str | None) -> str | None:
        news = self._instance.get_records_for_run(run_id, cursor, of_type=set(_NEWS))
        for record in news.records:
            event = record.event_log_entry.get_dagster_event()
            if event.event_type == dg.DagsterEventType.STEP_START:
                tell("%s", event.step_key)
            else:
                key, partition = event.asset_key, event.partition
                tell_item("%s %s is in", key.to_user_string() if key else "", partition or "")
        return news.cursor if news.records else cursor

    def _outcome(self, run: dg.DagsterRun, instance: dg.DagsterInstance | None = None) -> RunOutcome:
        good = run.status == dg.DagsterRunStatus.SUCCESS
        return RunOutcome(run.run_id, good, () if good else tuple(_reasons(run, instance or self._instance)))


def _reasons(run: dg.DagsterRun, instance: dg.DagsterInstance) -> Iterator[str]:
    """What each step that failed says; where none did, how the run ended."""
    failures = [entry.get_dagster_event() for entry in instance.all_logs(run.run_id, of_type=_FAILURES)]
    steps = [why_failed(event) for event in failures if event.is_step_failure]
    how = f"run {run.run_id} ended as {run.status.value.lower()}"
    yield from steps or [": ".join([how, *(event.message for event in failures if event.message)])]


_NEWS = (dg.DagsterEventType.STEP_START, dg.DagsterEventType.ASSET_MATERIALIZATION)


def _part(month: Month) -> dict[str, Any]:
    """Which sites a run leaves out of a month."""
    return {"resources": {"months": {"config": {"left_out": sorted(month.left_out)}}}}


def _of(month: Month) -> dict[str, str]:
    return {PARTITION: month_key(month.name, load_own_hall().hall)}
