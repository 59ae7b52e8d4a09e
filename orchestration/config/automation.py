"""What a hall's settings say of time: when systems are asked, which dates a month has, what runs in which environment.

The demo hall's `hall.toml` shows each of them in use.
"""

import datetime as dt
from typing import Literal, get_args

from pydantic import Field

from orchestration.config.systems.common import Strict

AutomationName = Literal[
    "nightly_pull", "catch_up", "month_end", "authors_desk", "verify_ledger", "health_page", "retention", "alerts"
]
AUTOMATIONS: tuple[AutomationName, ...] = get_args(AutomationName)
DEVELOPMENT = "development"
# On a developer's machine nothing runs by itself.
ENVIRONMENTS: dict[str, tuple[AutomationName, ...]] = {"production": AUTOMATIONS, DEVELOPMENT: ()}


class Automation(Strict):
    """Times are hall time; working days are those of the hall's calendar, in the month after the one reported on."""

    pull_at: dt.time = dt.time(2, 30)  # when yesterday is asked for, of systems that name no time of their own
    late_at: dt.time = Field(default=dt.time(9, 0), ge=dt.time(0, 1))  # by when yesterday has to be in
    catch_up_days: int = Field(default=400, ge=1)  # how far back a day that isn't in is asked for again
    month_end_at: dt.time = dt.time(6, 0)  # from when on, from the first working day, a month is built and certified
    certification_deadline: int = Field(default=5, ge=1, le=20)  # the working day by which a month is certified
    edition_day: int = Field(default=24, ge=1, le=28)  # when the edition appears; the working day before, if closed
    keep_runs_days: int = Field(default=180, ge=1)  # how long Dagster's runs and events are kept
