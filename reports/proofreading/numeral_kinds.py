"""Numerals that certificates don't know: dates, document numbers, telephone numbers and their like, told apart."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from reports.proofreading.numerals import PERCENT, POINTS, Numeral
from reports.proofreading.vocabulary import read_words

OWN_COUNT = "自有计数"
# In a unit that certified numbers are printed in, but the words don't say which of them it is.
UNNAMED = "未指明指标"
OTHER_RATIO = "其他比率"


@dataclass(frozen=True)
class Claim:
    """A stretch of text whose numerals are of this kind, and aren't counts."""

    start: int
    end: int
    kind: str


def claims(text: str) -> list[Claim]:
    """The stretches of a plain text that hold no counts, in order and without overlaps."""
    taken = bytearray(len(text))
    stretches: list[Claim] = []
    for kind, pattern in read_words().numeral_kinds:
        stretches += _claim(pattern, kind, text, taken)
    return sorted(stretches, key=lambda claim: claim.start)


def _claim(pattern: re.Pattern[str], kind: str, text: str, taken: bytearray) -> Iterator[Claim]:
    for match in pattern.finditer(text):
        start, end = match.span()
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            yield Claim(start, end, kind)


def claimed(numerals: list[Numeral], stretches: list[Claim]) -> Iterator[tuple[Numeral, Claim | None]]:
    """Each numeral with the claim that it begins in, if any; both lists are in order."""
    remaining = iter(stretches)
    claim = next(remaining, None)
    for numeral in numerals:
        while claim is not None and claim.end <= numeral.start:
            claim = next(remaining, None)
        yield numeral, claim if claim is not None and claim.start <= numeral.start else None


def kind_of(numeral: Numeral, text: str, display_units: Collection[str]) -> str:
    """What an author's own numeral is, by its unit or the word after it."""
    if numeral.unit in PERCENT or numeral.unit in POINTS:
        return OTHER_RATIO
    if numeral.unit_text in display_units:
        return UNNAMED
    return next((kind for kind, pattern in read_words().kinds_by_unit if pattern.match(text, numeral.end)), OWN_COUNT)
