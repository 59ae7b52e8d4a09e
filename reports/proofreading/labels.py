"""Which metric or own figure the words before a number speak of."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from reports.proofreading.known_numbers import KnownNumbers
from reports.proofreading.vocabulary import any_of


@dataclass(frozen=True)
class Subject:
    """What a number counts: a metric, or a figure of the author's by its code."""

    code: str
    own: bool = False


@dataclass(frozen=True)
class Label:
    """Words that name a subject together, in any order, unless a word of `without` stands among them."""

    subject: Subject
    words: tuple[str, ...]
    without: tuple[str, ...]

    def naming(self, words: Iterable[LabelWord]) -> Naming:
        """That these of its words name the subject."""
        here = list(words)
        start, end = min(word.start for word in here), max(word.end for word in here)
        return Naming(self.subject, start, end, sum(len(word.word) for word in here), tuple(here))


@dataclass(frozen=True)
class LabelWord:
    """A word of a label, where it stands."""

    start: int
    end: int
    word: str


@dataclass(frozen=True)
class Naming:
    """A subject that a stretch of text names, and where the last word of the name ends."""

    subject: Subject
    start: int
    end: int
    weight: int  # how much text it takes to say it: the more, the surer
    words: tuple[LabelWord, ...] = ()  # the words that say it


class Labels:
    """The labels of everything known; finding their words is one pass over a text."""

    def __init__(self, known: KnownNumbers) -> None:
        self.labels = tuple(dict.fromkeys(_labels(known)))
        words = tuple({word for label in self.labels for word in (*label.words, *label.without)})
        first = "".join({re.escape(word[0]) for word in words})
        self._pattern = re.compile(f"(?=[{first}])(?=({any_of(words)}))") if words else re.compile("(?!)")
        # A longer word that is found hides the shorter ones that it begins with.
        self._within = {word: [part for part in words if word.startswith(part)] for word in words}

    def words_in(self, text: str) -> list[LabelWord]:
        """Every word of every label, in order."""
        return [
            LabelWord(match.start(), match.start() + len(part), part)
            for match in self._pattern.finditer(text)
            for part in self._within[match[1]]
        ]

    def named(self, words: Iterable[LabelWord]) -> list[Naming]:
        """The subjects whose labels are whole among these words, the last occurrence of each word counting."""
        last = {word.word: word for word in words}
        return [
            label.naming(last[word] for word in label.words)
            for label in (self.labels if last else ())
            if all(word in last for word in label.words) and not any(word in last for word in label.without)
        ]

    def completed(self, words: Iterable[LabelWord], earlier: Collection[str]) -> list[Naming]:
        """The subjects whose labels begin in earlier words and end among these: 全程网办受理…，办结."""
        last = {word.word: word for word in words}
        namings = []
        for label in self.labels:
            here = [last[word] for word in label.words if word in last]
            others = [word for word in label.words if word not in last]
            if here and others and all(word in earlier for word in others):
                namings.append(label.naming(here))
        return namings


def between(words: Sequence[LabelWord], start: int, end: int) -> Sequence[LabelWord]:
    """The words that lie whole between two positions."""
    first = bisect_left(words, start, key=lambda word: word.start)
    last = bisect_left(words, end, key=lambda word: word.start)
    return [word for word in words[first:last] if word.end <= end]


def _labels(known: KnownNumbers) -> Iterable[Label]:
    for number in known.numbers:
        for text in (number.metric_name, *number.labels):
            yield _label(Subject(number.metric), text)
    for figure in known.figures:
        yield _label(Subject(figure.code, own=True), "".join(figure.name.split()))


def _label(subject: Subject, text: str) -> Label:
    words = text.split()
    return Label(
        subject,
        tuple(word for word in words if not word.startswith("-")),
        tuple(word.removeprefix("-") for word in words if word.startswith("-")),
    )
