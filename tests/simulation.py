"""Days of a hall under Dagster's schedules with a moved clock: ticks are evaluated and their runs made, in order.

What the daemon does is done here as it does it: after a downtime the newest tick of each schedule alone, and no second
run for a run key. The runs are real, in this process, on the history of a state folder.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import dagster as dg
import time_machine

from orchestration.automation.schedules import schedule_rows
from orchestration.config.hall import load_hall
from orchestration.definitions import defs
from orchestration.run_records import days_asked
from orchestration.runtime.paths import current_home, dagster_instance

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Simulation:
    """A hall's time.

    Attributes:
        events: what happens at moments, before the ticks of the same moment.
        down: when the daemon doesn't run, from and to.
        after_each_hour: called after the ticks of every hour that the daemon runs.
        skipped: why ticks started nothing, by schedule.
    """

    events: Mapping[dt.datetime, Callable[[], object]] = field(default_factory=dict)
    down: tuple[tuple[dt.datetime, dt.datetime], ...] = ()
    after_each_hour: Callable[[dt.datetime], object] = lambda _: None
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.instance = dagster_instance(current_home())
        self.definitions = defs()
        self._run_keys: set[str] = set()
        self._missed: list[tuple[dt.datetime, str]] = []

    def run(self, first: dt.datetime, last: dt.datetime) -> None:
        """Let the time pass."""
        happenings = dict(self.events)
        for moment, schedules in _ticks(first, last):
            for when in sorted(when for when in happenings if when <= moment):
                with time_machine.travel(when, tick=True):
                    happenings.pop(when)()
            if any(begin <= moment < end for begin, end in self.down):
                self._missed += [(moment, name) for name in schedules]
                continue
            with time_machine.travel(moment, tick=True):
                for tick, name in self._due(moment, schedules):
                    self._tick(tick, name)
                if moment.minute == _LAST_MINUTE:
                    self.after_each_hour(moment)

    def run_tick(self, name: str, moment: dt.datetime) -> None:
        """Let one schedule tick at a moment, and make the runs that it asks for."""
        with time_machine.travel(moment, tick=True):
            self._tick(moment, name)

    def _due(self, moment: dt.datetime, schedules: list[str]) -> list[tuple[dt.datetime, str]]:
        """The ticks of now, after the newest of each schedule that was missed."""
        missed, self._missed = self._missed, []
        by_schedule: dict[str, list[tuple[dt.datetime, str]]] = {}
        for tick, name in missed:
            by_schedule.setdefault(name, []).append((tick, name))
        late = [ticks[-1] for ticks in by_schedule.values()]
        return [*sorted(late), *((moment, name) for name in schedules)]

    def _tick(self, tick: dt.datetime, name: str) -> None:
        schedule = self.definitions.resolve_schedule_def(name)
        try:
            data = schedule.evaluate_tick(self._context(tick, None))
        except dg.DagsterInvariantViolationError:
            # Most ticks ask for no run history, and Dagster opens one for each tick that is given one.
            data = schedule.evaluate_tick(self._context(tick, self.instance))
        if data.skip_message:
            self.skipped[name, data.skip_message] += 1
        for request in data.run_requests or ():
            if request.run_key not in self._run_keys:
                self._run_keys.add(request.run_key or "")
                self._launch(schedule.job_name, request)

    def _context(self, tick: dt.datetime, instance: dg.DagsterInstance | None) -> dg.ScheduleEvaluationContext:
        repository = self.definitions.get_repository_def()
        return dg.build_schedule_context(instance, scheduled_execution_time=tick, repository_def=repository)

    def _launch(self, job: str, request: dg.RunRequest) -> None:
        self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            run_config={**_QUIET, **request.run_config},
            tags=dict(request.tags),
            partition_key=request.partition_key,
            asset_selection=list(request.asset_selection) if request.asset_selection else None,
            raise_on_error=False,
        )

    def asked(self) -> Counter[tuple[str, str]]:
        """How often each system and day was asked for, by the runs that were made."""
        counted: Counter[tuple[str, str]] = Counter()
        for record in self.instance.get_run_records(dg.RunsFilter(job_name="pull")):
            run = record.dagster_run
            chosen = [key.path[-1] for key in run.asset_selection or ()] or list(load_hall().hall.systems)
            counted.update((system, day.isoformat()) for system in chosen for day in days_asked(run))
        return counted


def _ticks(first: dt.datetime, last: dt.datetime) -> Iterator[tuple[dt.datetime, list[str]]]:
    """Every moment at which something ticks, with the names of the schedules."""
    crons = {row.name: row.cron.split() for row in schedule_rows(load_hall().hall)}
    moment = first
    while moment < last:
        names = [name for name, cron in crons.items() if _matches(cron, moment)]
        if names or moment.minute == _LAST_MINUTE:
            yield moment, names
        moment += dt.timedelta(minutes=1)


def _matches(cron: list[str], moment: dt.datetime) -> bool:
    minute, hour, day, month, weekday = cron
    assert (day, month) == ("*", "*")
    return (
        int(minute) == moment.minute and _within(hour, moment.hour) and weekday in {"*", str(moment.isoweekday() % 7)}
    )


def _within(field: str, value: int) -> bool:
    """Whether a field of a cron line, `*` or numbers, holds a value."""
    return field == "*" or str(value) in field.split(",")


_LAST_MINUTE = 59
