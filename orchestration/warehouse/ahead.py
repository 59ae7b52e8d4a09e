"""Starts what a report will need, before anything else is imported for it."""

from contextlib import suppress

from orchestration.config.hall import load_hall
from orchestration.landing.manifest import Landing
from orchestration.landing.validator import VALIDATOR
from orchestration.runtime.paths import current_home
from reports.figures.months import days_of


def start_workers(month: str) -> None:
    """Start the worker for what isn't in of a month, by the names of its files alone.

    A text that names no month is left to whoever opens it.

    Raises:
        SettingsError: as `load_hall` does.
    """
    landing, systems = Landing(current_home().landing), load_hall().hall.systems
    with suppress(ValueError):
        if not all(landing.newest_sequence(system, day) for day in days_of(month) for system in systems):
            VALIDATOR.start()
