"""Gathers the health of a hall from its state files, and how long runs took from Dagster's history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from orchestration.alerts.notification import find_conditions
from orchestration.alerts.snoozes import Snooze, read_snoozes
from orchestration.automation.deadlines import Moment
from orchestration.automation.ticks import tick_faults
from orchestration.certification.pending_revision import pending_revisions
from orchestration.config.catalogue import catalogue_folder, read_table
from orchestration.config.working_days import CalendarError
from orchestration.health.days import WINDOW, cells_of, suites_of
from orchestration.health.model import Health
from orchestration.health.months import month_health, months_looked_at, next_deadlines
from orchestration.health.runs import job_histories
from orchestration.health.timeliness import Arrivals, arrivals_of
from orchestration.health.verdict import actions_of, headline
from orchestration.landing.manifest import LandingError
from orchestration.landing.quarantine import Quarantine
from orchestration.runtime.guard import explain, free_room, size_of
from reports.certificates.ledger import LedgerError

if TYPE_CHECKING:
    from dagster import DagsterInstance

_Found = TypeVar("_Found")


def take_snapshot(at: Moment, instance: DagsterInstance, fault: str = "") -> Health:
    """Everything that the health page says, as of a moment; what can't be looked at is said, and holds nothing else.

    `fault` says why the instance isn't the installation's, if it isn't.
    """
    hall, home, ledger = at.hall, at.home, at.ledger
    faults = [fault] if fault else []
    months = tuple(month for name in months_looked_at(at) for month in _kept(faults, partial(month_health, name, at)))
    cells = _kept(faults, lambda: cells_of(at, at.days_back(WINDOW)))
    arrivals = Arrivals(_kept(faults, lambda: arrivals_of(at)))
    pending = _kept(faults, lambda: pending_revisions(ledger, home))
    deadlines = _kept(faults, lambda: next_deadlines(months[:2], at))
    jobs = _kept(faults, lambda: job_histories(instance, at.now))
    faults += _kept(faults, lambda: map(str, tick_faults(at, instance)))
    refusals = Quarantine(home.quarantine).all_open()
    snoozed = _snoozed(at, instance)
    looked_at = {month.month for month in months}
    others = [each for each in refusals if hall.months.name_of(dt.date.fromisoformat(each.stat_date)) not in looked_at]
    actions = tuple(actions_of(months, pending, others, list(dict.fromkeys(faults)), snoozed))
    return Health(
        now=at.now,
        hall=hall.name,
        site_names={row["hall_code"]: row["hall_name"] for row in read_table(catalogue_folder(), "sites")},
        system_names={name: system.title for name, system in hall.systems.items()},
        headline=headline(months),
        actions=actions,
        months=months,
        deadlines=deadlines,
        cells=cells,
        arrivals=arrivals,
        refusals=tuple(refusals),
        suites=suites_of(cells),
        jobs=jobs,
        snoozed=snoozed,
        certified_months=len(ledger.months()),
        pending=tuple(each.title for each in pending),
        bytes_by_part={part.name: size_of(part) for part in sorted(home.root.glob("*"))},
        free_bytes=free_room(home.root),
    )


def _snoozed(at: Moment, instance: DagsterInstance) -> dict[str, Snooze]:
    """By key, what would deserve an alert and is snoozed; it is looked for only where something may be."""
    snoozes = read_snoozes(at.home)
    return snoozes.asleep(find_conditions(at, instance), at.today) if snoozes.active(at.today) else {}


def _kept(faults: list[str], look: Callable[[], Iterable[_Found]]) -> tuple[_Found, ...]:
    try:
        return tuple(look())
    except (CalendarError, LandingError, LedgerError) as error:
        faults.append(str(error))
    except Exception as error:
        if not (refused := explain(error)):
            raise
        faults.append(refused)
    return ()
