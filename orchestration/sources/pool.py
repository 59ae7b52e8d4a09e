"""Asks many systems for many days and sites at once: a bounded pool, and retries with back-off for what can pass."""

import datetime as dt
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from orchestration.config.hall import Retries
from orchestration.sources.contract import Answer, Outcome, PassingFault, Request, Source, SourceFault, fault

# Of one system, beyond what is under way; a row takes about 50 bytes.
_MOST_ROWS_HELD = 500_000

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


@dataclass(frozen=True, eq=False)
class _Pending:
    """A request that was put, and what will come of it: the outcomes by site, and how many seconds they took."""

    system: str
    source: Source
    request: Request
    future: Future[tuple[Mapping[str, Outcome], float]] = field(default_factory=Future)


class Requests:
    """The requests of one run, over systems, days and sites, asked in the background by at most `at_once` threads.

    A system whose answers nobody has fetched isn't asked for more than memory should hold of it.
    """

    def __init__(self, retries: Retries, at_once: int) -> None:
        self._retries = retries
        self._pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="asking")
        self._pending: dict[tuple[str, dt.date], list[_Pending]] = {}
        self._seconds: dict[tuple[str, dt.date], float] = {}
        self._lock = Lock()
        self._rows_held: Counter[str] = Counter()
        self._fetching: dict[str, dt.date] = {}
        self._postponed: list[_Pending] = []

    def is_pending(self, system: str, day: dt.date) -> bool:
        """Whether a request is under way or answered, and its outcome not yet fetched."""
        return (system, day) in self._pending

    def ask(self, sources: Mapping[str, Source], days: Sequence[dt.date], sites_of: SitesOf) -> None:
        """Begin to ask for the sites that `sites_of` names by system and day, where it names any.

        What is pending isn't asked again.
        """
        for day in days:
            for name, source in sources.items():
                if (name, day) not in self._pending and (sites := sites_of(name, day)):
                    groups: list[tuple[str, ...]] = [(site,) for site in sites] if source.by_site else [sites]
                    self._pending[name, day] = [_Pending(name, source, Request(day, group)) for group in groups]
                    self._submit(self._pending[name, day])

    def outcomes(self, system: str, days: Sequence[dt.date]) -> Iterator[tuple[dt.date, Mapping[str, Outcome]]]:
        """The outcomes of one system by site, in the order of days, waiting for each."""
        for day in days:
            self._fetching[system] = day
            self._resume()
            replies = [pending.future.result() for pending in self._pending.pop((system, day))]
            self._seconds[system, day] = sum(seconds for _, seconds in replies)
            outcomes = {site: outcome for outcomes, _ in replies for site, outcome in outcomes.items()}
            with self._lock:
                self._rows_held[system] -= _rows_of(outcomes)
            yield day, outcomes

    def seconds(self, system: str, day: dt.date) -> float:
        """How long the system took to answer for a day whose outcomes were fetched, over all its requests.

        Retries and their waits are in it; the wait for a free thread isn't.
        """
        return self._seconds[system, day]

    def close(self) -> None:
        """Ask nothing more; what is under way is let end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, requests: Iterable[_Pending]) -> None:
        for pending in requests:
            self._pool.submit(self._ask, pending)

    def _resume(self) -> None:
        with self._lock:
            resumed = [pending for pending in self._postponed if self._may_ask(pending)]
            self._postponed = [pending for pending in self._postponed if pending not in resumed]
        self._submit(resumed)

    def _may_ask(self, pending: _Pending) -> bool:
        """Whether there is room for the answer, or somebody waits for it."""
        waited_for = pending.request.day == self._fetching.get(pending.system)
        return waited_for or self._rows_held[pending.system] < _MOST_ROWS_HELD

    def _ask(self, pending: _Pending) -> None:
        with self._lock:
            if not self._may_ask(pending):
                self._postponed.append(pending)
                return
        begin = time.monotonic()
        try:
            outcomes = ask_with_retries(pending.source, pending.request, self._retries)
            with self._lock:
                self._rows_held[pending.system] += _rows_of(outcomes)
        except BaseException as error:
            # Whoever waits for it has to hear of it.
            pending.future.set_exception(error)
            raise
        pending.future.set_result((outcomes, time.monotonic() - begin))


def _rows_of(outcomes: Mapping[str, Outcome]) -> int:
    return sum(len(outcome.counts) for outcome in outcomes.values() if isinstance(outcome, Answer))
