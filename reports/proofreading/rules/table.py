"""The table of rules: a function becomes a rule by being marked with its code, its name and its sentences."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict, TypeVar, Unpack

from reports.proofreading.context import Case, Context
from reports.proofreading.findings import Level
from reports.proofreading.parsed import Parsed
from reports.proofreading.readings import Reading

# What fills a rule's sentences.
Values = Mapping[str, Any]


@dataclass(frozen=True)
class ReadPassage:
    """A passage taken apart and read."""

    index: int
    parsed: Parsed
    readings: Sequence[Reading]
    context: Context

    @property
    def text(self) -> str:
        """The plain text."""
        return self.parsed.text


@dataclass(frozen=True)
class Fault:
    """What a rule finds between two positions of a piece's plain text, and the values of its sentences."""

    piece: ReadPassage
    start: int
    end: int
    values: Values
    as_written: bool = False  # whether the positions are of the passage's text, and not of its plain text


_Check = TypeVar("_Check", bound=Callable[..., Any])
OfReading = Callable[[Case], Values | None]
OfPassage = Callable[[ReadPassage], Iterator[Fault]]
OfText = Callable[[Sequence[ReadPassage]], Iterator[Fault]]


@dataclass(frozen=True)
class ProofRule:
    """A rule: what findings call it, its sentences without their full stop, and the function that looks for it."""

    name: str
    expected: str
    suggestion: str
    roles: Sequence[str] = ()
    code: str = ""  # that of its function, if it has none of its own
    level: Level = "fix"
    of_uncertain: bool = False  # whether it also judges readings that rest on something that isn't understood
    check: Callable[..., Any] = repr


# The first of the rules of a reading that applies is told; of the others every one.
READING_RULES: list[ProofRule] = []
PASSAGE_RULES: list[ProofRule] = []
TEXT_RULES: list[ProofRule] = []


class How(TypedDict, total=False):
    """Where a rule isn't called as its function is; its level, if it only asks; whether it judges what is uncertain."""

    code: str
    level: Level
    of_uncertain: bool


def of_reading(
    name: str, roles: Sequence[str], expected: str, suggestion: str, **how: Unpack[How]
) -> Callable[[OfReading], OfReading]:
    """Mark a function that judges one reading."""
    return _marking(READING_RULES, ProofRule(name, expected, suggestion, roles, **how))


def of_passage(name: str, expected: str, suggestion: str, **how: Unpack[How]) -> Callable[[OfPassage], OfPassage]:
    """Mark a function that looks through one passage."""
    return _marking(PASSAGE_RULES, ProofRule(name, expected, suggestion, **how))


def of_text(name: str, expected: str, suggestion: str, **how: Unpack[How]) -> Callable[[OfText], OfText]:
    """Mark a function that looks through the whole text."""
    return _marking(TEXT_RULES, ProofRule(name, expected, suggestion, **how))


def _marking(table: list[ProofRule], row: ProofRule) -> Callable[[_Check], _Check]:
    def mark(check: _Check) -> _Check:
        table.append(replace(row, code=row.code or check.__name__, check=check))
        return check

    return mark
