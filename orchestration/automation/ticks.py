"""Whether Dagster's ticks pass as they should: none too old, none in the future, none twice.

Dagster looks for a tick after the last that it stored, whatever the clock says: one that is stamped in the future holds
back every tick until then.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from orchestration.automation.deadlines import Moment
from orchestration.automation.desk import DESK_SENSOR
from orchestration.automation.schedules import schedule_rows
from orchestration.automation.signed_months import SIGNED_MONTHS
from orchestration.config.hall import automations_here

# Clocks of two machines differ by seconds; and a tick that is due is evaluated within a minute or two.
_GRACE = dt.timedelta(minutes=5)
_SENSORS = dt.timedelta(minutes=30)
_LATE = dt.timedelta(hours=1)
_FOR_EVER = dt.timedelta(days=36500)
_HOUR, _DAY, _WEEK = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(days=7)
_RESTART = "`yuebao sync-dagster`, then restart the daemon"


@dataclass(frozen=True)
class TickFault:
    """What is wrong with the ticks of a schedule or sensor, and what to do."""

    name: str
    text: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.name} {self.text}; next: {self.next_step}"


def tick_faults(at: Moment, instance: dg.DagsterInstance) -> list[TickFault]:
    """What is wrong with the ticks of everything that runs by itself in this environment."""
    if instance.schedule_storage is None:  # one in memory, which no daemon knows
        return []
    silences = _longest_silences(at)
    return [
        fault
        for state in instance.all_instigator_state()
        if state.is_running and state.instigator_name in silences
        for fault in _faults(state, instance, at.now, silences[state.instigator_name])
    ]


def forget_future_ticks(instance: dg.DagsterInstance, now: dt.datetime) -> list[str]:
    """Have Dagster forget the ticks of what ticked in the future, so that it goes on when its daemon is restarted.

    Returns:
        The schedules and sensors; what somebody stopped stays stopped.
    """
    ahead = [state for state in instance.all_instigator_state() if state.is_running and _newest(state, instance) > now]
    for state in ahead:
        instance.purge_ticks(state.instigator_origin_id, state.selector_id, before=(now + _FOR_EVER).timestamp())
        instance.delete_instigator_state(state.instigator_origin_id, state.selector_id)
    return [state.instigator_name for state in ahead]


def _longest_silences(at: Moment) -> dict[str, dt.timedelta]:
    """By schedule and sensor, how long nothing may be heard of it."""
    here = automations_here(at.hall)
    rows = {row.name: _period(row.cron) + _LATE for row in schedule_rows(at.hall) if row.automation in here}
    sensors = {"alerts": "alerts", SIGNED_MONTHS: "month_end", DESK_SENSOR: "authors_desk"}
    return rows | {name: _SENSORS for name, automation in sensors.items() if automation in here}


def _period(cron: str) -> dt.timedelta:
    _, hour, _, _, weekday = cron.split()
    if weekday != "*":
        return _WEEK
    return _HOUR if hour == "*" else _DAY


def _faults(state: Any, instance: dg.DagsterInstance, now: dt.datetime, longest: dt.timedelta) -> Iterator[TickFault]:
    newest, name = _newest(state, instance), state.instigator_name
    told = f"{newest.astimezone(now.tzinfo):%Y-%m-%d %H:%M}"
    if newest > now + _GRACE:
        yield TickFault(
            name,
            f"ticked at {told}, which is still to come: the clock ran ahead, and nothing ticks until then",
            f"see that the clock is right, then {_RESTART}",
        )
    elif now - newest > longest:
        yield TickFault(name, f"ticked last at {told}", "look at the daemon and the code location: do both run?")
    times = [tick.timestamp for tick in _ticks(state, instance, 2)]
    if len(times) > len(set(times)):
        yield TickFault(name, f"ticked twice at {told}: two daemons share this history", "end one of them")


def _newest(state: Any, instance: dg.DagsterInstance) -> dt.datetime:
    """The last moment that Dagster stored of a schedule or sensor: of a tick, or of its start."""
    data = state.instigator_data
    names = ("start_timestamp", "last_iteration_timestamp", "last_tick_timestamp", "last_sensor_start_timestamp")
    stored = [getattr(data, name, None) or 0.0 for name in names]
    ticks = [tick.timestamp for tick in _ticks(state, instance, 1)]
    return dt.datetime.fromtimestamp(max([*stored, *ticks]), dt.UTC)


def _ticks(state: Any, instance: dg.DagsterInstance, limit: int) -> Sequence[Any]:
    return instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=limit)
