"""Sentences and tables of certified sections that a text repeats: which certified value belongs where.

A section is worded by a template of reviewed words and certified values, so that whoever repeats its words can only
mean its values: metrics of every kind, whether or not the words around them are labels.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from reports.figures.written import DIRECTION, NAME, WrittenValue
from reports.proofreading.passages import Passage, plain_text
from reports.proofreading.vocabulary import CHANGE, read_words

_SENTENCE_ENDS, _PART_ENDS, _CLAUSE_ENDS = "。！？", "。！？；", "。！？；，：:"
_ENDS = r"(?=[，。；：！？,;:!?（(]|$)"
_BETWEEN = "[，；。]"
_WORD = r"[^，。；：、（）()]"
_AMOUNT = rf"[-−+]?\d[\d.,]*{_WORD}{{0,8}}?(?:[（(]{_WORD}{{1,4}}[）)])?"
_CHINESE = re.compile("[\u4e00-\u9fff]")
# Fewer characters of its own don't tell a sentence from others.
_TELLING = 4
_SEPARATOR = re.compile(r"(?<=\d),(?=\d{3})")
# Of a table as it is printed, such a part of the cells has to be there for the others to be compared.
_MOST = 0.5


@dataclass(frozen=True)
class Quoted:
    """A value of a certified section and where a text has it, or another in its stead."""

    start: int
    end: int
    month: str
    metric: str  # its code; empty in a table
    name: str  # what findings call it
    certified: str
    written: str  # what the text has
    sure: bool = False  # whether it needs no words around it

    @property
    def agrees(self) -> bool:
        """Whether both are the same, apart from separators and other names of the unit."""
        return _usual(self.written) == _usual(self.certified)


@dataclass(frozen=True)
class Repeated:
    """A stretch of text in the words of a certified section, with the values that belong in it."""

    start: int
    end: int
    values: Sequence[Quoted]


@dataclass(frozen=True)
class CertifiedSection:
    """A certified section: of which month, its paragraph with its values, and the rows of its table, the head first."""

    month: str
    paragraph: str
    values: Sequence[WrittenValue] = ()
    rows: Sequence[Sequence[str]] = ()

    @cached_property
    def _quotable(self) -> "list[_Quotable]":
        return list(_quotables(self))

    def repeated(self, text: str) -> Iterator[Repeated]:
        """Where a plain text repeats sentences, as far as it does."""
        done = 0
        for quotable in self._quotable:
            for match in quotable.matches(text):
                if match.start() >= done:
                    done = match.end()
                    yield Repeated(*match.span(), [self._value(match, *met) for met in quotable.met(match)])

    def _value(self, match: re.Match[str], index: int, value: WrittenValue) -> Quoted:
        certified = self.paragraph[value.start : value.end]
        return Quoted(*match.span(f"v{index}"), self.month, value.metric, value.name, certified, match[f"v{index}"])

    def quoted_cells(self, passages: Sequence[Passage]) -> dict[int, Quoted]:
        """The cells of the section's table among passages, by their index; its lines where a text has it in lines."""
        if not self.rows:
            return {}
        cells = [cell for row in self.rows for cell in row]
        lines = [" ".join(row) for row in self.rows]
        own = [passage.plain[passage.begins :] for passage in passages]
        return self._found(own, passages, cells, len(self.rows[0])) | self._found(own, passages, lines, 1)

    def _found(
        self, own: Sequence[str], passages: Sequence[Passage], printed: Sequence[str], heads: int
    ) -> dict[int, Quoted]:
        plain = [*map(plain_text, printed)]
        for first in range(len(own) - len(printed) + 1):
            here = own[first : first + len(printed)]
            if here[:heads] == plain[:heads]:
                same = [index for index in range(heads, len(printed)) if here[index] == plain[index]]
                if len(same) >= _MOST * (len(printed) - heads):
                    indexes = range(first + heads, first + len(printed))
                    return {index: self._cell(passages[index], printed[index - first], heads) for index in indexes}
        return {}

    def _cell(self, passage: Passage, certified: str, heads: int) -> Quoted:
        first, last, name = passage.begins, len(passage.plain), "表中这一格" if heads > 1 else "表中这一行"
        return Quoted(first, last, self.month, "", name, certified, passage.plain[first:], sure=True)


@dataclass(frozen=True)
class _Quotable:
    """A sentence from one of its parts on; it may be repeated up to any of its clauses."""

    opening: str  # its first words, for which a text is searched before anything else
    pattern: str
    values: Mapping[int, WrittenValue]

    def matches(self, text: str) -> Iterator[re.Match[str]]:
        """Where a text repeats it."""
        return _compiled(self.pattern).finditer(text) if self.opening in text else iter(())

    def met(self, match: re.Match[str]) -> Iterator[tuple[int, WrittenValue]]:
        """The values as far as it is repeated."""
        return ((index, value) for index, value in self.values.items() if match[f"v{index}"] is not None)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _quotables(section: CertifiedSection) -> Iterator[_Quotable]:
    clauses: list[_Clause] = []
    for clause in _clauses(section):
        clauses.append(clause)
        if clause.mark in _SENTENCE_ENDS:
            yield from _from_each_part(clauses)
            clauses = []
    yield from _from_each_part(clauses)


def _from_each_part(clauses: "Sequence[_Clause]") -> Iterator[_Quotable]:
    for first, clause in enumerate(clauses):
        if (first and clauses[first - 1].mark not in _PART_ENDS) or len(_CHINESE.findall(clause.words)) < _TELLING:
            continue
        pattern = ""
        for each in reversed(clauses[first:]):
            rest = f"(?:{_BETWEEN}{pattern})?" if pattern else ""
            pattern = f"{each.pattern}{_ENDS}{rest}"
        values = {index: value for each in clauses[first:] for index, value in each.values.items()}
        yield _Quotable(clause.opening, pattern, values)


@dataclass
class _Clause:
    """Words and values between two marks."""

    pattern: str = ""
    words: str = ""
    opening: str = ""
    mark: str = ""
    values: dict[int, WrittenValue] = field(default_factory=dict)


def _clauses(section: CertifiedSection) -> Iterator[_Clause]:
    """The clauses of a paragraph, each with the mark that ends it."""
    clause, done = _Clause(), 0
    end = WrittenValue(len(section.paragraph), len(section.paragraph), "", "")
    for index, value in enumerate([*section.values, end]):
        for character in plain_text(section.paragraph[done : value.start]):
            if character in _CLAUSE_ENDS:
                clause.mark = character
                yield clause
                clause = _Clause()
            else:
                clause.pattern += re.escape(character)
                clause.words += character
                clause.opening += "" if clause.values else character
        if value is not end:
            clause.pattern += f"(?P<v{index}>{_form(section, value)})"
            clause.values[index] = value
        done = value.end
    if clause.pattern:
        yield clause


def _form(section: CertifiedSection, value: WrittenValue) -> str:
    """How a value may look, right or wrong."""
    if value.form == NAME:
        return rf"{_WORD}{{1,30}}?"
    if value.form != DIRECTION:
        return _AMOUNT
    changed = re.sub(r"\?P<\w+>", "?:", CHANGE.pattern)
    flat = CHANGE.fullmatch(section.paragraph, value.start, value.end)
    return f"(?:{changed})(?:{_AMOUNT})?" if flat and flat["flat"] else f"(?:{changed})"


def _usual(text: str) -> str:
    usual = _SEPARATOR.sub("", plain_text(text))
    for unit, variants in read_words().unit_variants.items():
        for variant in variants:
            usual = re.sub(rf"(?<=[\d万亿]){re.escape(variant)}$", unit, usual)
    return usual
