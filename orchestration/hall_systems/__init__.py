"""One module per kind of source, all answering the same question: the counts of one day."""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.hall_systems.contract import Source
from orchestration.settings import DropSystem, HallFolder, HttpSystem, SqlSystem


def open_source(hall: HallFolder, name: str, variables: Mapping[str, str]) -> Source:
    """The source of one system, of whichever kind its settings say.

    Raises:
        SettingsError: a variable that the settings need isn't set.
    """
    match hall.hall.systems[name]:
        case HttpSystem() as system:
            from orchestration.hall_systems.http_api import HttpSource

            return HttpSource(system, variables)
        case SqlSystem() as system:
            from orchestration.hall_systems.sql_database import SqlSource

            return SqlSource(system, hall.folder, hall.hall.code, variables)
        case DropSystem() as system:
            from orchestration.hall_systems.drop_folder import DropSource

            return DropSource(system, variables)
