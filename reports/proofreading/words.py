"""The reviewed words that bind a number to a metric, read from `words.toml`."""

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
        labels: What texts call each metric.
        other_scope: A clause that counts something else than the metric it names.
        filler: Words that don't change what is counted, and what separates words.
        unit_variants: Other names of a unit.
    """

    labels: Mapping[str, tuple[str, ...]]
    other_scope: re.Pattern[str]
    filler: re.Pattern[str]
    unit_variants: Mapping[str, tuple[str, ...]]


def labels_of(metric: str) -> tuple[str, ...]:
    """The reviewed labels of a metric; none for a metric that the table doesn't know."""
    return read_words().labels.get(metric, ())


def any_of(words: tuple[str, ...] | list[str]) -> str:
    """A pattern of alternatives, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@cache
def read_words() -> Words:
    """The words; read once in a process."""
    table = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    scope = table["other_scope"]
    return Words(
        labels={metric: tuple(labels) for metric, labels in table["labels"].items()},
        other_scope=re.compile(f"{any_of(scope['words'])}|{scope['one_department']}"),
        filler=re.compile(rf"{any_of(table['filler']['words'])}|\d{{4}}年|\d{{1,2}}月|[^\u4e00-\u9fff]"),
        unit_variants={unit: tuple(names) for unit, names in table["unit_variants"].items()},
    )
