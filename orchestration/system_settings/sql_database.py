"""The settings of a hall system that is asked by SQL."""

from __future__ import annotations

from typing import Literal

from orchestration.system_settings.common import System


class SqlSystem(System):
    """A system asked by SQL; `counts` and `day_close` are reviewed .sql files beside the settings."""

    kind: Literal["sql"]
    database: str
    counts: str
    day_close: str
