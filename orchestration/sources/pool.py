"""Asking many systems for many days and halls at once: a bounded pool, and retries with back-off for what can pass."""

from __future__ import annotations

import datetime as dt
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from orchestration.config.hall import Retries
from orchestration.sources.contract import Outcome, PassingFault, PermanentFault, Request, Source, SourceFault

Said = TypeVar("Said")
SitesOf = Callable[[str, dt.date], tuple[str, ...]]


def ask_patiently(source: Source, question: Request, retries: Retries) -> Mapping[str, Outcome]:
    """The answer of every hall of the question, or the fault that was left after the last attempt."""
    answer = patiently(lambda: source.ask(question), retries)
    return dict.fromkeys(question.sites, answer) if isinstance(answer, SourceFault) else answer


def patiently(ask: Callable[[], Said], retries: Retries) -> Said | SourceFault:
    """What a system says, asked again while a fault may pass; or the fault that was left after the last attempt."""
    again = Retrying(
        stop=stop_after_attempt(retries.attempts),
        wait=_waiting(retries),
        retry=retry_if_exception_type(PassingFault),
        reraise=True,
    )
    try:
        return again(ask)
    except SourceFault as fault:
        return fault
    except Exception as error:  # noqa: BLE001 - an answer that nobody foresaw mustn't hold the other days
        return PermanentFault(
            f"the answer couldn't be read ({type(error).__name__} at {_place(error)})",
            "keep the answer and report it: Yuebao doesn't foresee it",
        )


def _place(error: Exception) -> str:
    # The error's own text isn't shown: it may repeat what the system answered.
    innermost = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(innermost.filename).name} line {innermost.lineno}"


def _waiting(retries: Retries) -> Callable[[RetryCallState], float]:
    growing = wait_exponential_jitter(
        multiplier=retries.first_wait, max=retries.longest_wait, jitter=retries.first_wait
    )

    def wait(state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        asked_for = fault.retry_after if isinstance(fault, PassingFault) else None
        return min(max(growing(state), asked_for or 0.0), retries.longest_wait)

    return wait


class Requests:
    """The questions of one run, over systems, days and halls, asked in the background by at most `at_once` threads."""

    def __init__(self, retries: Retries, at_once: int) -> None:
        self._retries = retries
        self._pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="asking")
        self._asked: dict[tuple[str, dt.date], list[Future[_Reply]]] = {}
        self._seconds: dict[tuple[str, dt.date], float] = {}

    def was_asked(self, system: str, day: dt.date) -> bool:
        """Whether a question is under way or answered, and its outcome not yet fetched."""
        return (system, day) in self._asked

    def ask(self, sources: Mapping[str, Source], days: Sequence[dt.date], sites_of: SitesOf) -> None:
        """Begin to ask for the halls that `halls_of` names by system and day; what was asked isn't asked again."""
        for day in days:
            for name, source in sources.items():
                if (name, day) not in self._asked:
                    self._asked[name, day] = [
                        self._pool.submit(_timed, source, question, self._retries)
                        for question in _questions(source, day, sites_of(name, day))
                    ]

    def outcomes(self, system: str, days: Sequence[dt.date]) -> Iterator[tuple[dt.date, Mapping[str, Outcome]]]:
        """The outcomes of one system by hall, in the order of days, waiting for each."""
        for day in days:
            replies = [asked.result() for asked in self._asked.pop((system, day))]
            self._seconds[system, day] = sum(reply.seconds for reply in replies)
            yield day, {hall: outcome for reply in replies for hall, outcome in reply.outcomes.items()}

    def seconds(self, system: str, day: dt.date) -> float:
        """How long the system took to answer for a day whose outcomes were fetched, over all its questions.

        Retries and their waits are in it; the wait for a free thread isn't.
        """
        return self._seconds[system, day]

    def close(self) -> None:
        """Ask nothing more; what is under way is let end."""
        self._pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True)
class _Reply:
    """The outcomes of one question by hall, and how long they took."""

    outcomes: Mapping[str, Outcome]
    seconds: float


def _timed(source: Source, question: Request, retries: Retries) -> _Reply:
    begin = time.monotonic()
    outcomes = ask_patiently(source, question, retries)
    return _Reply(outcomes, time.monotonic() - begin)


def _questions(source: Source, day: dt.date, sites: tuple[str, ...]) -> list[Request]:
    return [Request(day, (hall,)) for hall in sites] if source.by_site else [Request(day, sites)]
