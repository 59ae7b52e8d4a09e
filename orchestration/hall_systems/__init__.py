"""One module per kind of source, all answering the same question: the counts of one day."""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.hall_systems.contract import Outcome, Question, QuestionRefused, Source
from orchestration.settings import HallFolder, SettingsError
from orchestration.system_settings import DropSystem, HttpSystem, SqlSystem


class _Unopened:
    """A system whose settings don't suffice to ask it: every day says so, and the other systems are asked."""

    by_hall = False

    def __init__(self, problem: str) -> None:
        self._problem = problem

    def ask(self, _question: Question) -> Mapping[str, Outcome]:
        raise QuestionRefused(self._problem, "set what is named, then pull again")


def open_source(hall: HallFolder, name: str, variables: Mapping[str, str]) -> Source:
    """The source of one system, of whichever kind its settings say; what can't be opened says why when it is asked."""
    try:
        return _open(hall, name, variables)
    except (SettingsError, OSError) as error:
        return _Unopened(str(error))


def _open(hall: HallFolder, name: str, variables: Mapping[str, str]) -> Source:
    match hall.hall.systems[name]:
        case HttpSystem() as system:
            from orchestration.hall_systems.http_api import HttpSource

            return HttpSource(system, hall.folder, hall.hall.halls_of(name), variables)
        case SqlSystem() as system:
            from orchestration.hall_systems.sql_database import SqlSource

            return SqlSource(system, hall.folder, hall.hall.halls_of(name), variables)
        case DropSystem() as system:
            from orchestration.hall_systems.drop_folder import DropSource

            return DropSource(system, hall.folder, hall.hall.halls_of(name), variables)
