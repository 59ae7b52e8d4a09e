"""One way of asking any hall system for the counts of one day: a source answers with rows or with a fault.

What the counts are worth isn't decided here, nothing is landed, and Dagster isn't known.

May import `config`, `runtime`.
"""

import datetime as dt
from collections.abc import Mapping

from orchestration.config.hall import HallFolder, SettingsError
from orchestration.config.systems import DropSystem, HttpSystem, SqlSystem
from orchestration.sources.contract import Outcome, Request, RequestRefused, Source


class _UnusableSource:
    """A system whose settings don't suffice to ask it: every day says so, and the other systems are asked."""

    by_site = False

    def __init__(self, problem: str) -> None:
        self._problem = problem

    def ask(self, _request: Request) -> Mapping[str, Outcome]:
        raise RequestRefused(self._problem, "set what is named, then pull again")


def doubts_of(hall: HallFolder, name: str, day: dt.date, variables: Mapping[str, str]) -> list[str]:
    """What an answer of one system wouldn't show though it lands; a database is asked, and SourceFault says why not."""
    match hall.hall.systems[name]:
        case HttpSystem() as system:
            return list(system.doubts())
        case SqlSystem() as system:
            from orchestration.sources.sql.source import SqlSource

            sites = hall.hall.sites_of(name)
            source = SqlSource(system, hall.folder, sites, variables, hall.hall.zone)
            return list(source.doubts(Request(day, sites[:1] if source.by_site else sites)))
    return []


def open_source(hall: HallFolder, name: str, variables: Mapping[str, str]) -> Source:
    """The source of one system, of whichever kind its settings say; what can't be opened says why when it is asked."""
    sites = hall.hall.sites_of(name)
    try:
        match hall.hall.systems[name]:
            case HttpSystem() as system:
                from orchestration.sources.http.source import HttpSource

                return HttpSource(system, hall.folder, sites, variables, hall.hall.zone)
            case SqlSystem() as system:
                from orchestration.sources.sql.source import SqlSource

                return SqlSource(system, hall.folder, sites, variables, hall.hall.zone)
            case DropSystem() as system:
                from orchestration.sources.files.source import DropSource

                return DropSource(system, hall.folder, sites, variables, hall.hall.zone)
    except (SettingsError, OSError) as error:
        return _UnusableSource(str(error))
