"""A passage taken apart: numerals, labels, times, understood words, and what is left over; whom each piece is about."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from reports.proofreading.known_numbers import KnownNumbers
from reports.proofreading.labels import Labels, LabelWord, between
from reports.proofreading.numeral_kinds import kinds_by_place
from reports.proofreading.numerals import Numeral, Tokenizer
from reports.proofreading.passages import Passage
from reports.proofreading.periods import Mention, joined, mentions
from reports.proofreading.quotations import Quoted, Repeated
from reports.proofreading.vocabulary import any_of, family, hall_names, read_words

# Whom a piece of text is about: the hall, as long as nothing else is said or because it is named; nobody can say; or
# somebody else.
Scope = Literal["default", "own", "unclear", "other"]

_BREAKS = "，；。：！？,;:!?（）()"
_SENTENCE_END = "。！？"
_PART_END = "。！？；"
_LONGEST_HEADING = 40
# By level.
_ORDINALS = [
    re.compile(rf"(?:[-*+•>])*#*{form}")
    for form in (
        r"[一二三四五六七八九十]{1,3}、",
        r"[（(][一二三四五六七八九十]{1,3}[）)]、?",
        r"\d{1,2}[.．、](?!\d)",
        r"[（(]\d{1,2}[)）]",
    )
]
_TABLE_NUMBER = re.compile(r"表\d{1,3}")
_ISSUE = re.compile(r"(?:\d{4}年)?第\d+期")
_NO_WORD = re.compile(r"[^\u4e00-\u9fffA-Za-z0-9]")


@dataclass(frozen=True)
class SentencePart:
    """A piece of a sentence between two marks, or up to the next member of a list of numbers."""

    start: int
    end: int
    sentence: int
    part: int  # of the passage, between semicolons
    residue: str = ""  # what isn't understood, each run of it apart; empty if everything is
    aside: bool = False  # whether it says that another count of the same hall is meant
    named: bool = False  # whether it names the hall
    timed: bool = False  # whether it names a month
    windows: bool = False  # whether it names the windows together
    scope: Scope = "default"  # whom a number of it is about

    @property
    def understood(self) -> bool:
        """Whether each of its words is known."""
        return not (self.residue or self.aside)

    @property
    def is_ours(self) -> bool:
        """Whether it is understood, and about the hall."""
        return self.understood and self.scope in {"default", "own"}


@dataclass(frozen=True)
class Parsed:
    """A passage with what stands in it, in order."""

    passage: Passage
    numerals: Sequence[tuple[Numeral, str]]  # each with its kind; empty for a count
    words: Sequence[LabelWord]  # the words of labels
    times: Sequence[Mention]  # each month that is named, those of a list apart
    items: Sequence[SentencePart]
    known: bytes  # for each character, 1 where it is understood without being a word of a label
    leaves: Scope  # the scope of what follows it
    repeated: Sequence[Repeated] = ()  # what it repeats of certified sections

    @property
    def text(self) -> str:
        """The plain text, lead included."""
        return self.passage.plain

    def repeats(self, position: int) -> bool:
        """Whether a position lies in what is repeated of a certified section."""
        return any(each.start <= position < each.end for each in self.repeated)

    def values_at(self, position: int) -> Iterator[Quoted]:
        """The certified values that belong at a position, of each section that has the words around it."""
        return (value for each in self.repeated for value in each.values if value.start <= position < value.end)

    @cached_property
    def listed_times(self) -> list[Mention]:
        """The times with those of a list together: 1 月和 2 月."""
        return joined(self.times, self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return [item.start for item in self.items]

    def item_at(self, position: int) -> SentencePart:
        """The item in which a position lies."""
        return self.items[max(0, bisect_right(self._starts, position) - 1)]

    def items_between(self, start: int, end: int) -> Sequence[SentencePart]:
        """The items that begin before one position and end after another."""
        first = max(0, bisect_right(self._starts, start) - 1)
        return self.items[first : bisect_right(self._starts, max(start, end - 1))]


class Parser:
    """Takes passages apart; what depends on the known numbers alone is made once."""

    def __init__(self, known: KnownNumbers) -> None:
        words = read_words()
        self.known = known
        self.labels = Labels(known)
        units = {unit for number in known.metrics.values() for unit in family(number.unit)}
        units |= {number.display_unit for number in known.metrics.values() if number.display_unit}
        units |= {figure.unit for figure in known.figures if figure.unit}
        self.tokenizer = Tokenizer(units)
        self.own = frozenset([*hall_names(known.usage.hall), *known.usage.names])
        self.windows = frozenset(words.windows)
        self._windows = re.compile(any_of(self.windows))
        understood = [*words.understood, *words.anybodys_hall, *self.own, *self.windows]
        self._understood = re.compile(any_of(understood))
        self._in_headings = re.compile(any_of([*understood, *words.headings]))

    def parse(self, passages: Sequence[Passage]) -> Iterator[Parsed]:
        """The passages taken apart; a heading says whom the text under it is about."""
        under: Scope = "default"
        depth = len(_ORDINALS)
        own = [section for section in self.known.sections if section.month == self.known.month]
        cells = {at: cell for section in own for at, cell in section.quoted_cells(passages).items()}
        for index, passage in enumerate(passages):
            level = next((level for level, form in enumerate(_ORDINALS) if form.match(passage.plain)), None)
            if level is not None and level <= depth:
                under, depth = "default", len(_ORDINALS)
            parsed = self._parsed(passage, under, cells.get(index))
            yield parsed
            if not passage.lead and is_heading(passage.plain):
                # What a section is called, 重点工作推进情况, is no topic.
                ours = level == 0 and parsed.leaves != "other"
                under, depth = ("default" if ours else parsed.leaves), depth if level is None else level

    def _parsed(self, passage: Passage, under: Scope, cell: Quoted | None) -> Parsed:
        text = passage.plain
        kinds = kinds_by_place(text)
        numerals = [(numeral, kinds[numeral.start]) for numeral in self.tokenizer.find(text)]
        hidden = [match.span() for match in self._windows.finditer(text)]
        words = [word for word in self.labels.words_in(text) if not _is_within(word, hidden)]
        times = mentions(text, self.known.month)
        heading = bool(passage.lead) or is_heading(text)
        repeated = [each for section in self.known.sections for each in section.repeated(text)]
        repeated += [Repeated(cell.start, cell.end, [cell])] if cell else []
        pieces = _Pieces(self, text, numerals, words, times, kinds, repeated, heading=heading)
        known, names = pieces.known_places()
        items, scope = _scoped(list(pieces.items(known, names)), under)
        return Parsed(passage, numerals, words, times, items, bytes(known), scope, repeated)

    def understood_words(self, text: str, *, heading: bool) -> Iterator[re.Match[str]]:
        """The words of a text that say nothing else, in order."""
        return (self._in_headings if heading else self._understood).finditer(text)


def _is_within(word: LabelWord, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= word.start and word.end <= end for start, end in spans)


def is_heading(text: str) -> bool:
    """Whether a passage is the heading of an item, which is numbered and no sentence."""
    begins = text.startswith(("表", "#")) or _ordinal(text) is not None
    return begins and len(text) <= _LONGEST_HEADING and not any(map(text.count, "。；，"))


def _ordinal(text: str) -> re.Match[str] | None:
    """The ordinal with which a text begins."""
    return next((match for form in _ORDINALS if (match := form.match(text))), None)


@dataclass(frozen=True)
class _Pieces:
    """A text about to be cut into items."""

    parser: Parser
    text: str
    numerals: Sequence[tuple[Numeral, str]]
    words: Sequence[LabelWord]
    times: Sequence[Mention]
    kinds: Sequence[str]
    repeated: Sequence[Repeated]
    heading: bool

    def items(self, known: bytearray, names: list[re.Match[str]]) -> Iterator[SentencePart]:
        """The items, without what they take over from each other."""
        start = sentence = part = 0
        for end in [*self._breaks(known), len(self.text)]:
            if end > start:
                yield self._read(SentencePart(start, end, sentence, part), known, names)
            mark = self.text[end : end + 1]
            sentence += mark in _SENTENCE_END and mark != ""
            part += mark in _PART_END and mark != ""
            start = end + 1

    def known_places(self) -> tuple[bytearray, list[re.Match[str]]]:
        """For each character whether it is understood, as a word of no label at least; and the understood words."""
        known = bytearray(len(self.text))
        spans = [match.span() for match in (_ordinal(self.text), _TABLE_NUMBER.match(self.text)) if match]
        spans += [match.span() for match in _ISSUE.finditer(self.text)]
        spans += [(numeral.start - abs(numeral.sign), _after(numeral)) for numeral, kind in self.numerals if not kind]
        spans += [(time.start, time.end) for time in self.times]
        names = list(self.parser.understood_words(self.text, heading=self.heading))
        for start, end in (*spans, *(name.span() for name in names)):
            known[start:end] = b"\1" * (end - start)
        for place in (place for each in self.repeated for place in range(each.start, each.end)):
            known[place] |= self.text[place] not in _BREAKS
        return known, names

    def _breaks(self, known: bytearray) -> Iterator[int]:
        closed = {numeral.end for numeral, kind in self.numerals if not kind}
        within = bytearray(known)
        for word in self.words:
            within[word.start : word.end] = b"\1" * (word.end - word.start)
        for place, character in enumerate(self.text):
            if (character in _BREAKS and not within[place] and not self.kinds[place]) or (
                character == "、" and place in closed
            ):
                yield place

    def _read(self, item: SentencePart, known: bytearray, names: Sequence[re.Match[str]]) -> SentencePart:
        """An item with what it says of hall and time, and with what isn't understood of it."""
        start, end = item.start, item.end
        rest = bytearray(known[start:end])
        for word in between(self.words, start, end):
            rest[word.start - start : word.end - start] = b"\1" * (word.end - word.start)
        if opening := read_words().openings.match(self.text, start, end):
            rest[: opening.end() - start] = b"\1" * (opening.end() - start)
        left = "".join(
            " " if is_known or _NO_WORD.match(character) else character
            for character, is_known in zip(self.text[start:end], rest, strict=True)
        )
        without_asides = read_words().aside.sub(" ", left)
        texts = {name[0] for name in names if start <= name.start() < end}
        return replace(
            item,
            residue=" ".join(without_asides.split()),
            aside=without_asides != left,
            named=not texts.isdisjoint(self.parser.own),
            timed=any(start <= time.start < end for time in self.times),
            windows=not texts.isdisjoint(self.parser.windows),
        )


def _after(numeral: Numeral) -> int:
    """Where a numeral ends, 倍 included."""
    return numeral.end + (not numeral.unit and numeral.follows == "倍")


def _scoped(items: Sequence[SentencePart], under: Scope) -> tuple[list[SentencePart], Scope]:
    """The items with whom each is about.

    What isn't understood holds for what follows it. That the hall is named again ends what was said of others; another
    time or topic ends with its sentence, and where hall and time are named anew.
    """
    words = read_words()
    other, named, doubt, doubted_in, timed_in = under == "other", False, under == "unclear", -1, -1
    scoped: list[SentencePart] = []
    for item in items:
        if item.timed:
            timed_in = item.sentence
        if item.residue:
            others = words.others.search(item.residue) is not None
            other, named = other or others, False
            if not others or words.time_like.search(item.residue):
                doubt, doubted_in = True, item.sentence
        elif item.named:
            other, named = False, True
            doubt = doubt and (doubted_in == item.sentence or timed_in != item.sentence)
        scope: Scope = "other" if other else "unclear" if doubt else "own" if named else "default"
        scoped.append(replace(item, scope=scope))
    return scoped, scoped[-1].scope if scoped else under
