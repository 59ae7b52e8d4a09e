"""Asks many systems for many days and sites at once: a bounded pool, and retries with back-off for what can pass."""

import datetime as dt
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from orchestration.config.hall import Retries
from orchestration.sources.contract import Outcome, PassingFault, Request, Source, SourceFault, fault

T = TypeVar("T")
SitesOf = Callable[[str, dt.date], tuple[str, ...]]


def ask_with_retries(source: Source, request: Request, retries: Retries) -> Mapping[str, Outcome]:
    """The outcome of every site of the request: its answer, or the fault that was left after the last attempt."""
    outcome = with_retries(lambda: source.ask(request), retries)
    return dict.fromkeys(request.sites, outcome) if isinstance(outcome, SourceFault) else outcome


def with_retries(ask: Callable[[], T], retries: Retries) -> T | SourceFault:
    """What `ask` returns, called again while a fault may pass; or the fault that was left after the last attempt."""
    attempts = Retrying(
        stop=stop_after_attempt(retries.attempts),
        wait=_wait(retries),
        retry=retry_if_exception_type(PassingFault),
        reraise=True,
    )
    try:
        return attempts(ask)
    except SourceFault as left:
        return left
    except Exception as error:  # noqa: BLE001 - an answer that nobody foresaw mustn't hold the other days
        place = traceback.extract_tb(error.__traceback__)[-1]
        file = Path(place.filename).name
        return fault("unforeseen", error=type(error).__name__, file=file, line=place.lineno)


def _wait(retries: Retries) -> Callable[[RetryCallState], float]:
    growing = wait_exponential_jitter(
        multiplier=retries.first_wait, max=retries.longest_wait, jitter=retries.first_wait
    )

    def wait(state: RetryCallState) -> float:
        left = state.outcome.exception() if state.outcome else None
        retry_after = left.retry_after if isinstance(left, SourceFault) else None
        return min(max(growing(state), retry_after or 0.0), retries.longest_wait)

    return wait


class Requests:
    """The requests of one run, over systems, days and sites, asked in the background by at most `at_once` threads."""

    def __init__(self, retries: Retries, at_once: int) -> None:
        self._retries = retries
        self._pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="asking")
        self._pending: dict[tuple[str, dt.date], list[Future[tuple[Mapping[str, Outcome], float]]]] = {}
        self._seconds: dict[tuple[str, dt.date], float] = {}

    def is_pending(self, system: str, day: dt.date) -> bool:
        """Whether a request is under way or answered, and its outcome not yet fetched."""
        return (system, day) in self._pending

    def ask(self, sources: Mapping[str, Source], days: Sequence[dt.date], sites_of: SitesOf) -> None:
        """Begin to ask for the sites that `sites_of` names by system and day; what is pending isn't asked again."""
        for day in days:
            for name, source in sources.items():
                if (name, day) not in self._pending:
                    sites = sites_of(name, day)
                    groups: list[tuple[str, ...]] = [(site,) for site in sites] if source.by_site else [sites]
                    self._pending[name, day] = [
                        self._pool.submit(self._ask, source, Request(day, group)) for group in groups
                    ]

    def outcomes(self, system: str, days: Sequence[dt.date]) -> Iterator[tuple[dt.date, Mapping[str, Outcome]]]:
        """The outcomes of one system by site, in the order of days, waiting for each."""
        for day in days:
            replies = [pending.result() for pending in self._pending.pop((system, day))]
            self._seconds[system, day] = sum(seconds for _, seconds in replies)
            yield day, {site: outcome for outcomes, _ in replies for site, outcome in outcomes.items()}

    def seconds(self, system: str, day: dt.date) -> float:
        """How long the system took to answer for a day whose outcomes were fetched, over all its requests.

        Retries and their waits are in it; the wait for a free thread isn't.
        """
        return self._seconds[system, day]

    def close(self) -> None:
        """Ask nothing more; what is under way is let end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self, source: Source, request: Request) -> tuple[Mapping[str, Outcome], float]:
        """The outcomes of one request by site, and how many seconds they took."""
        begin = time.monotonic()
        outcomes = ask_with_retries(source, request, self._retries)
        return outcomes, time.monotonic() - begin
