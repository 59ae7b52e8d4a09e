"""Ticks that are too old, in the future or twice: found and named, and forgotten where they hold everything back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)

from orchestration.automation.deadlines import Moment
from orchestration.automation.ticks import forget_future_ticks, tick_faults
from orchestration.config.hall import load_hall
from orchestration.config.working_days import WorkingDays
from orchestration.runtime.paths import Home, dagster_instance
from tests.moments import at

NOW = at("2025-03-13T12:00")
_ORIGIN = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("yuebao"), "__repository__")


@pytest.fixture
def instance(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("YUEBAO_ENVIRONMENT", "production")
    with dagster_instance(home) as made:
        yield made


def _schedule(name: str, instance: dg.DagsterInstance, *ticks: str) -> InstigatorState:
    """A schedule as the daemon stores it, with ticks at moments of hall time."""
    origin = RemoteInstigatorOrigin(_ORIGIN, name)
    data = ScheduleInstigatorData("47 * * * *", start_timestamp=at("2025-03-01T00:00").timestamp())
    state = instance.add_instigator_state(
        InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.DECLARED_IN_CODE, data)
    )
    for moment in ticks:
        instance.create_tick(
            TickData(
                state.instigator_origin_id,
                name,
                InstigatorType.SCHEDULE,
                TickStatus.SKIPPED,
                at(moment).timestamp(),
                selector_id=state.selector_id,
            )
        )
    return state


def _faults(home: Home, instance: dg.DagsterInstance) -> list[str]:
    return [str(fault) for fault in tick_faults(Moment(load_hall().hall, home, WorkingDays({}), NOW), instance)]


@pytest.mark.parametrize(
    ("ticks", "says"),
    [
        (("2025-03-13T11:47",), ""),
        (("2025-03-13T09:47",), "catch_up ticked last at 2025-03-13 09:47; next: look at the daemon"),
        (("2025-03-15T11:47",), "catch_up ticked at 2025-03-15 11:47, which is still to come: the clock ran ahead"),
        (("2025-03-13T11:47", "2025-03-13T11:47"), "ticked twice at 2025-03-13 11:47: two daemons share this history"),
    ],
)
def test_what_is_wrong_with_ticks_is_named(
    ticks: tuple[str, ...], says: str, home: Home, instance: dg.DagsterInstance
) -> None:
    _schedule("catch_up", instance, *ticks)
    found = _faults(home, instance)
    assert (len(found), says in "".join(found)) == (1 if says else 0, True)


def test_what_ticked_in_the_future_is_forgotten_and_nothing_else(home: Home, instance: dg.DagsterInstance) -> None:
    ahead = _schedule("catch_up", instance, "2025-03-15T11:47")
    good = _schedule("month_end", instance, "2025-03-13T11:17")
    assert forget_future_ticks(instance, NOW) == ["catch_up"]
    assert instance.get_ticks(ahead.instigator_origin_id, ahead.selector_id) == []
    assert len(instance.get_ticks(good.instigator_origin_id, good.selector_id)) == 1
    assert [state.instigator_name for state in instance.all_instigator_state()] == ["month_end"]
    assert _faults(home, instance) == []


def test_a_history_in_memory_has_no_ticks(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as memory:
        assert _faults(home, memory) == []


def test_a_weekly_schedule_may_be_silent_for_a_week(home: Home, instance: dg.DagsterInstance) -> None:
    _schedule("retention", instance, (NOW - dt.timedelta(days=6)).strftime("%Y-%m-%dT%H:%M"))
    assert _faults(home, instance) == []
