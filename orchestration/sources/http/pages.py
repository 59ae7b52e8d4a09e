"""Every page of an answer, asked for one after the other: none missing, none twice, no more than allowed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from orchestration.config.systems.http_paging import AnyPaging
from orchestration.sources.contract import BrokenAnswer, NothingForDay
from orchestration.sources.http.paging import AGAIN, ResponsePage, Step, Walk, refuse_many, walk


def all_pages(paging: AnyPaging | None, ask: Callable[[int, Step], ResponsePage]) -> list[ResponsePage]:
    """Every page of an answer, in order.

    Args:
        paging: how the answer is divided, if it is.
        ask: asks for the page of that number.

    Raises:
        BrokenAnswer: a page is missing, was repeated, or pages contradict each other.
        PermanentFault: there are more pages than the settings allow, or what says how many can't be read.
        SourceFault: whatever `ask` raises.
    """
    if paging is None:
        return [ask(1, Step())]
    steps, pages, seen = walk(paging), list[ResponsePage](), dict[str, int]()
    step: Step | None = next(steps)
    while step is not None:
        page = _promised(ask, len(pages) + 1, step)
        pages.append(page)
        step = _following(steps, page)
        _refuse_repeated(page, seen)
        refuse_many(len(pages) + (step is not None), paging)
    return pages


def _promised(ask: Callable[[int, Step], ResponsePage], number: int, step: Step) -> ResponsePage:
    try:
        return ask(number, step)
    except NothingForDay as fault:
        if number == 1:
            raise
        raise BrokenAnswer(
            f"page {number} is missing, and page {number - 1} promised it ({fault.problem})", AGAIN
        ) from None


def _following(steps: Walk, page: ResponsePage) -> Step | None:
    try:
        return steps.send(page)
    except StopIteration:
        return None


def _refuse_repeated(page: ResponsePage, seen: dict[str, int]) -> None:
    content = hashlib.sha256(json.dumps(page.rows, sort_keys=True).encode()).hexdigest()
    first = seen.setdefault(content, page.number)
    if page.rows and first < page.number:
        raise BrokenAnswer(f"{page.name} repeats the rows of page {first}", AGAIN)
