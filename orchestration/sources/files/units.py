"""The units that a text names, such as 单位：万件."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.sources.files.forms import UNITS
from orchestration.sources.files.labels import label

PLAIN = frozenset(UNITS["plain"])
_NOUNS, _SCALES = ("|".join(sorted(map(re.escape, UNITS[key]), key=len, reverse=True)) for key in ("nouns", "scales"))
_UNIT = rf"(?:{_SCALES})*(?:{_NOUNS})|(?:{_SCALES})+"
# Of several: 件/人次, 件、次.
_UNITS = re.compile(rf"(?:{_UNIT})(?:[/、和及,]?(?:{_UNIT}))*")
_LABELLED = re.compile(r"(?:^|[\s(（,，;；:：、])(?:计量|数量|统计|数据)?\s*单\s*位\s*[:：(（]?\s*([^\s,，;；:：]+)")
_IN_BRACKETS = re.compile(rf"[(（]\s*((?:{_SCALES})+(?:{_NOUNS})?|人次|(?:{_SCALES})*元)\s*[)）]")
_IN_WORDS = re.compile(rf"以\s*[“\"]?({_UNIT})[”\"]?\s*(?:为\s*(?:计量)?单位|计)")


@dataclass(frozen=True)
class Unit:
    """A unit as a text names it, and each of those that it is made of."""

    text: str
    ones: frozenset[str]


def units_in(line: str) -> Iterator[Unit]:
    """The units that a line of a form names; an organisation (单位) is none."""
    for pattern in (_LABELLED, _IN_BRACKETS, _IN_WORDS):
        for found in pattern.finditer(line):
            said = re.sub(r"[()]", "", label(found[1]))
            if _UNITS.fullmatch(said):
                yield Unit(said, frozenset(re.split(r"[/、和及,]", said)))


def is_of_one(unit: str) -> bool:
    """Whether a count in this unit is the number itself, and no hundreds or thousands."""
    return bool(re.fullmatch(_NOUNS, label(unit)))
