"""The resources of a run: the hall's systems, asked in the background, and the month, each opened once."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import dagster as dg
from pydantic import Field, PrivateAttr

from orchestration.config.catalogue import working_days
from orchestration.config.hall import HallFolder, load_hall, load_own_hall
from orchestration.config.variables import reachable
from orchestration.landing.asking import is_asked_again
from orchestration.landing.day_status import SystemDays, verified
from orchestration.landing.validator import VALIDATOR
from orchestration.partitions import month_of_key
from orchestration.run_records import from_failure, systems_asked
from orchestration.runtime.paths import current_home
from orchestration.sources import open_source
from orchestration.sources.contract import Outcome
from orchestration.sources.pool import Requests
from orchestration.warehouse.month import Month, open_month


class HallSystems(dg.ConfigurableResource["HallSystems"]):
    """The hall's systems. All systems of a run are asked at once, whichever step comes first.

    `data_docs` has each asset also build Great Expectations' Data Docs of what it judged. `only_missing` leaves out the
    days that are in and await no correction; a run that is executed again from failure leaves them out always. `sites`
    are the codes of the only sites to ask for, where some are asked later in the night; all when none is named.
    """

    data_docs: bool = False
    only_missing: bool = False
    sites: list[str] = Field(default=[])
    _hall: HallFolder = PrivateAttr()
    _requests: Requests = PrivateAttr()
    _in_run: tuple[str, ...] = PrivateAttr()
    _leaves_out: bool = PrivateAttr()
    _begun: set[str] = PrivateAttr(default_factory=set)
    _asked: set[str] = PrivateAttr(default_factory=set)
    _open: ExitStack = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["HallSystems"]:
        """Open for one run, and close whatever the run opened."""
        self._hall = load_hall()
        self._in_run = systems_asked(context.run, self._hall.hall)
        self._leaves_out = self.only_missing or bool(context.run and from_failure(context.run))
        self._begun, self._asked = set(), set()
        with ExitStack() as stack:
            self._open = stack
            self._requests = Requests(self._hall.hall.retries, self._hall.hall.at_once)
            stack.callback(self._requests.close)
            yield self

    @property
    def hall(self) -> HallFolder:
        """The hall's settings."""
        return self._hall

    def begin(self, system: str) -> bool:
        """Note that a system's turn has come; whether it is the last of the run, which checks what all have landed."""
        self._begun.add(system)
        return self._begun.issuperset(self._in_run)

    def outcomes(self, system: str, days: Sequence[dt.date]) -> Iterator[tuple[dt.date, Mapping[str, Outcome]]]:
        """What one system answered for each of the days that it was asked for, by site.

        The first call also begins to ask the run's other systems.
        """
        if system not in self._asked:
            variables = self._open.enter_context(reachable(self._hall.hall, current_home(), days))
            names = self._in_run if system in self._in_run else (system,)
            valid = self._hall.hall.systems_in(days)
            sources = {name: open_source(self._hall, name, variables) for name in names if name in valid}
            self._requests.ask(
                sources, days, partial(self._sites_to_ask, SystemDays(self._hall.hall, current_home(), working_days()))
            )
            self._asked.update(names)
        return self._requests.outcomes(system, [day for day in days if self._requests.is_pending(system, day)])

    def seconds(self, system: str, day: dt.date) -> float:
        """How long the system took to answer for a day, once its outcome is fetched."""
        return self._requests.seconds(system, day)

    def _sites_to_ask(self, statuses: SystemDays, system: str, day: dt.date) -> tuple[str, ...]:
        hall = statuses.hall
        if not hall.systems[system].is_valid_on(day):
            return ()
        status = statuses.of(system, day)
        if self._leaves_out and not is_asked_again(hall, verified(statuses.home, status), hall.now()):
            return ()
        if not status.is_in:
            VALIDATOR.start()
        lacking = status.sites_to_ask
        chosen = tuple(self.sites)
        return tuple(site for site in lacking if site in chosen) or chosen or lacking


class RunMonths(dg.ConfigurableResource["RunMonths"]):
    """The months of a run, each opened once: what is certified is what was built.

    `left_out` are the codes of the sites that aren't built, because days of them aren't in.
    """

    left_out: list[str] = Field(default=[])
    _opened: dict[str, Month] = PrivateAttr(default_factory=dict)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002 - Dagster's signature
        """Forget what an earlier run has read."""
        self._opened = {}

    def of_partition(self, key: str) -> Month:
        """The month of a partition."""
        name = month_of_key(key, load_own_hall().hall)
        if name not in self._opened:
            self._opened[name] = open_month(name).leaving_out(self.left_out)
        return self._opened[name]
