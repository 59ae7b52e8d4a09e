"""The health in ten lines, for the terminal; and where the page lies, if one is asked for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from rich.console import Group
from rich.text import Text

from orchestration.config.hall import load_hall
from orchestration.health import view
from orchestration.health.model import Health
from orchestration.health.snapshot import take_snapshot
from orchestration.health.writing import write_health
from orchestration.runtime.paths import current_home, dagster_instance
from orchestration.warehouse.dbt_manifest import ensure_manifest

_MOST_ACTIONS = 3


def health_now() -> Health:
    """The health of the hall that `YUEBAO_HALL` names, at this moment."""
    home = current_home()
    instance = dagster_instance(home)
    ensure_manifest()
    return take_snapshot(load_hall(), home, instance, dt.datetime.now(dt.UTC))


def write_page(health: Health, file: Path | None) -> tuple[Path, Path]:
    """Write page and metrics, and return where they lie; `file` None is the usual place."""
    return write_health(health, current_home(), file)


def summary(health: Health) -> Group:
    """What the page says, in about ten lines."""
    lines = [
        Text(health.headline, style="bold green" if health.is_well else "bold red"),
        *(Text(f"  {view.brief(each.text)}\n    next: {each.command}") for each in health.actions[:_MOST_ACTIONS]),
        *([Text(f"  and {more} more")] if (more := len(health.actions) - _MOST_ACTIONS) > 0 else []),
        Text("; ".join(f"{month.month} {month.state} {month.came}/{month.answers}" for month in health.months)),
        Text(health.arrivals.verdict),
        Text(
            f"open quarantine items: {len(health.refusals)}; revisions pending: {', '.join(health.pending) or 'none'}"
        ),
        Text("deadlines: " + "; ".join(_deadlines(health)) if health.deadlines else "no deadline is known"),
        Text(f"state folder {view.size(sum(health.bytes_by_part.values()))}, {view.size(health.free_bytes)} free"),
    ]
    return Group(*lines)


def _deadlines(health: Health) -> list[str]:
    coming = sorted((each for each in health.deadlines if not each.done), key=lambda each: each.day)
    return [f"{each.what} of {each.month} {view.days_left(each.days_left)}" for each in coming[:3]]
