"""Numerals that certificates don't know: dates, document numbers, telephone numbers and their like, told apart."""

from collections.abc import Collection

from reports.proofreading.numerals import PERCENT, POINTS, Numeral
from reports.proofreading.vocabulary import read_words

OWN_COUNT = "作者自己的数"
# In a unit that certified numbers are printed in, but the words don't say which of them it is.
UNNAMED = "没有说明是哪项指标"
OTHER_RATIO = "其他比率"


def kinds_by_place(text: str) -> list[str]:
    """For each character of a plain text, of which kind a numeral is that begins there; empty where it is a count."""
    kinds = [""] * len(text)
    for kind, pattern in read_words().numeral_kinds:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(kinds[start:end]):
                kinds[start:end] = [kind] * (end - start)
    return kinds


def kind_of(numeral: Numeral, text: str, display_units: Collection[str]) -> str:
    """What an author's own numeral is, by its unit or the word after it."""
    if numeral.unit in PERCENT or numeral.unit in POINTS:
        return OTHER_RATIO
    if numeral.unit_text in display_units:
        return UNNAMED
    return next((kind for kind, pattern in read_words().kinds_by_unit if pattern.match(text, numeral.end)), OWN_COUNT)
