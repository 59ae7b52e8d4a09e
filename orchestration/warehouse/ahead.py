"""Starts what a report will need, before anything else is imported for it."""

from contextlib import suppress

from orchestration.config.hall import load_hall
from orchestration.landing.manifest import Landing
from orchestration.landing.validator import VALIDATOR
from orchestration.runtime.paths import current_home
from orchestration.warehouse.builder import BUILDER


def start_workers(month: str) -> None:
    """Start the workers for what isn't in or built of a month, by the names of its files alone.

    A text that names no month is left to whoever opens it.

    Raises:
        SettingsError: as `load_hall` does.
    """
    home, hall = current_home(), load_hall().hall
    landing = Landing(home.landing)
    with suppress(ValueError):
        is_in = all(landing.newest_sequence(system, day) for system, day in hall.asked(hall.months.days_of(month)))
        if not is_in:
            VALIDATOR.start()
        if not is_in or not (home.published / month).exists():
            BUILDER.start()
