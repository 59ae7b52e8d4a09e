"""Dagster runs started from the command line: in this process, in the instance that Dagster's page shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from orchestration.assets.certified import CERTIFIED_NUMBERS
from orchestration.assets.landing import landing_key
from orchestration.assets.section import SECTION
from orchestration.automation.schedules import RANGE_END, RANGE_START
from orchestration.certification.certify import Asked
from orchestration.config.hall import load_hall
from orchestration.definitions import defs
from orchestration.jobs import FACTS_JOB, MONTH_JOB, PULL_JOB, REVISIONS_JOB
from orchestration.runtime.paths import Home, dagster_instance
from orchestration.warehouse.dbt_manifest import ensure_manifest

_QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RunOutcome:
    """How a run went: its id in Dagster's page, and one message per failed step."""

    run_id: str
    success: bool
    messages: tuple[str, ...]


class Runs:
    """Starts the jobs of the loaded definitions."""

    def __init__(self, home: Home) -> None:
        self._instance = dagster_instance(home)
        ensure_manifest()
        self._definitions = defs()

    def pull(self, days: Sequence[dt.date], systems: Sequence[str], *, data_docs: bool = False) -> RunOutcome:
        """One run that pulls a range of days (first and last given) of the named systems.

        Dagster leaves checks of other assets out of a run of chosen assets, so that after a pull of some systems
        whether a revision is pending is asked in a run of its own.
        """
        every = set(systems) == set(load_hall().hall.systems)
        outcome = self._run(
            PULL_JOB,
            tags={RANGE_START: days[0].isoformat(), RANGE_END: days[-1].isoformat()},
            run_config={**_QUIET, "resources": {"hall_systems": {"config": {"data_docs": data_docs}}}},
            **({} if every else {"asset_selection": [landing_key(name) for name in systems]}),
        )
        if not every:
            self._run(REVISIONS_JOB, run_config=_QUIET)
        return outcome

    def month(self, month: str, asked: Asked, *, build: bool) -> RunOutcome:
        """One run that brings a month to its certified section, building and testing its facts first if asked to."""
        signing = {"ops": {CERTIFIED_NUMBERS.path[-1]: {"config": _told(asked)}}}
        chosen = {} if build else {"asset_selection": [CERTIFIED_NUMBERS, SECTION]}
        return self._run(MONTH_JOB, partition_key=f"{month}-01", run_config={**_QUIET, **signing}, **chosen)

    def facts(self, month: str) -> RunOutcome:
        """One run that builds and tests a month's facts, and certifies nothing."""
        return self._run(FACTS_JOB, partition_key=f"{month}-01", run_config=_QUIET)

    def _run(self, job: str, **arguments: Any) -> RunOutcome:
        result = self._definitions.resolve_job_def(job).execute_in_process(
            instance=self._instance, raise_on_error=False, **arguments
        )
        failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
        return RunOutcome(result.run_id, result.success, tuple(_message(failure) for failure in failures))


def _told(asked: Asked) -> dict[str, Any]:
    return {"revision": asked.revision, "reason": asked.reason, "note": asked.note, **asdict(asked.people)}


def _message(failure: Any) -> str:
    if failure.user_failure_data and failure.user_failure_data.description:
        return str(failure.user_failure_data.description)
    # Dagster wraps what a step raised; the wrapper's cause is ours, with a message made for the reader.
    error = failure.error.cause or failure.error
    return str(error.message.strip())
