"""The reviewed words around a number that say whether it is a metric's, read from `words.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WORDS = Path(__file__).with_name("words.toml")


@dataclass(frozen=True)
class Words:
    """The words of `words.toml`, as patterns where they are searched for.

    Attributes:
        other_scope: A clause that counts something else than the metric it names.
        filler: Words that don't change what is counted, and what separates words.
        unit_variants: Other names of a unit.
    """

    other_scope: re.Pattern[str]
    filler: re.Pattern[str]
    unit_variants: Mapping[str, tuple[str, ...]]


def any_of(words: tuple[str, ...] | list[str]) -> str:
    """A pattern of alternatives, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@cache
def read_words() -> Words:
    """The words; read once in a process."""
    table = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    scope = table["other_scope"]
    return Words(
        other_scope=re.compile(f"{any_of(scope['words'])}|{scope['one_department']}"),
        filler=re.compile(rf"{any_of(table['filler']['words'])}|\d{{4}}年|\d{{1,2}}月|[^\u4e00-\u9fff]"),
        unit_variants={unit: tuple(names) for unit, names in table["unit_variants"].items()},
    )
