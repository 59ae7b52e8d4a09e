"""The settings of a hall system that is asked by SQL."""

from typing import Literal

from pydantic import Field

from orchestration.config.systems.common import ContractName, System
from orchestration.config.zone import ZoneName


class SqlSystem(System):
    """A system asked by SQL; `counts` and `day_close` are reviewed .sql files beside the settings.

    `timezone` is that of the times which the database keeps, the hall's where it isn't said: `day_start` and `day_end`
    are the hall's day in it. `timeout` is for connecting; `statement_timeout`
    (seconds) for each statement, and is set in the database itself. `max_connections` holds over all threads that ask.
    `constants` are columns that `counts` doesn't select, the same in every row; `{hall}` in one is the site asked for.
    """

    kind: Literal["sql"]
    database: str
    counts: str
    day_close: str
    constants: dict[ContractName, str] = Field(default={})
    timezone: ZoneName | None = None
    statement_timeout: float = Field(default=60.0, ge=0.1, le=3600)
    max_connections: int = Field(default=2, ge=1, le=16)
