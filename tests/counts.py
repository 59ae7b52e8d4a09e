"""Daily counts from rows as a test writes them, and back."""

from collections.abc import Iterable, Mapping
from typing import Any

from orchestration.sources.contract import CONTRACT, Answer, Outcome
from orchestration.sources.daily_counts import DailyCounts, concatenated, daily_counts


def counts_of(rows: Iterable[Mapping[str, Any]]) -> DailyCounts:
    """Rows by the contract's names, with their `origin`, as a source reads them."""
    return concatenated(
        [
            daily_counts({name: [row.get(name)] for name in CONTRACT}, row.get("origin", "a test"), [None])
            for row in rows
        ]
    )


def rows_of(outcome: Outcome) -> list[dict[str, Any]]:
    """The rows of an answer, with their `origin`."""
    assert isinstance(outcome, Answer)
    return list(outcome.counts.rows())
