"""Holds subtotals against their rows: those between one and the next of its kind, above each or below each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestration.sources.normal_forms import Number


@dataclass(frozen=True)
class Step:
    """A row of a table, from the top: its number, its count, and which kind of subtotal it is, if it is one."""

    number: int
    count: Number
    kind: int | None = None


@dataclass(frozen=True)
class OtherSubtotal:
    """A subtotal that isn't the sum of its rows."""

    number: int
    stated: Number
    counted: Number


def other_subtotal(steps: Sequence[Step]) -> OtherSubtotal | None:
    """The first subtotal that isn't the sum of its rows, or None where each is."""
    for kind in sorted({step.kind for step in steps if step.kind is not None}):
        own = [step for step in steps if step.kind in {None, kind}]
        others = list(_others(own))
        if others and any(_others(own[::-1])):
            return others[0]
    return None


def _others(steps: Sequence[Step]) -> Iterator[OtherSubtotal]:
    """The subtotals that aren't the sum of the rows which come before them and after the last one."""
    counted: Number = 0
    for step in steps:
        if step.kind is None:
            counted += step.count
            continue
        if counted != step.count:
            yield OtherSubtotal(step.number, step.count, counted)
        counted = 0
