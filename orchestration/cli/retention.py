"""`yuebao retention`: what would go or has gone of Dagster's run history."""

from __future__ import annotations

import datetime as dt

from orchestration.automation.retention import delete, outgrown
from orchestration.config.hall import load_hall
from orchestration.runtime.paths import current_home, dagster_instance


def forget(keep_days: int | None, *, dry_run: bool) -> str:
    """Delete the runs that ended longer ago than that, or than the hall keeps them; a dry run only says how many.

    Raises:
        SettingsError: the hall's settings can't be used.
    """
    keep = dt.timedelta(days=keep_days or load_hall().hall.automation.keep_runs_days)
    with dagster_instance(current_home()) as instance:
        runs = outgrown(instance, dt.datetime.now(dt.UTC) - keep)
        if dry_run:
            return f"{len(runs.to_delete)} runs would be deleted, {len(runs.to_keep)} kept; without --dry-run they are"
        delete(instance, runs)
        return str(runs)
