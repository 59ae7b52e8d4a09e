"""The words that we add to a section and its notes: `words.toml`, and what a hall's own file replaces of it."""

import re
import string
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from reports.figures.months import first_day
from reports.figures.template_rules import BLANK, numeral_in

# A replaced word, or several.
Replacement = str | tuple[str, ...]

_SPACES = ("", " ", "\u00a0", "\u2009", "\u202f")
_SEPARATORS = (",", "'", "’", *_SPACES[1:])
# What may stand inside a printed number, lest it become another one.
_ALLOWED: Mapping[str, Collection[str]] = {
    "unit_space": _SPACES,
    "sentence_space": _SPACES,
    "thousands": ("", *_SEPARATORS),
    "grouped": _SEPARATORS,
    "minus": ("-", "−"),
}
_MONTH_NAMES = "month_names"
# The unit of a change of what is itself in per cent or per mille.
POINTS: Mapping[str, str] = {"%": "百分点", "‰": "千分点"}
# Placeholders of a word that may stand in place of others.
_INSTEAD: Mapping[str, Mapping[str, str]] = {"month_title": {"month_name": "month"}}


class WordingError(Exception):
    """A template can't be filled, words can't be used, or what came out breaks a rule of wording; it says where."""


@dataclass(frozen=True)
class SectionWords:
    """The words of a hall, as `words.toml` explains them."""

    unit_space: str
    units_without_space: tuple[str, ...]
    thousands: str
    grouped: str
    minus: str
    sentence_end: str
    sentence_space: str
    clause_separator: str
    list_separator: str
    list_last: str
    month_title: str
    month_names: tuple[str, ...]
    rounding_note: str
    draft: str
    draft_banner: str
    draft_note: str
    sites_left_out: str
    revision_note: str
    revised_number: str
    revised_numbers: str
    revised_definitions: str
    late_data: str
    source_correction: str
    definition_change: str
    our_error: str
    month_before: str
    year_before: str
    grown: str
    fallen: str
    changed: str
    unchanged: str
    not_changed: str
    risen_points: str
    fallen_points: str
    points: str
    not_comparable: str
    no_base: str
    redefined_base: str
    zero_base: str
    negative_base: str
    not_certified: str
    increased: str
    decreased: str

    @property
    def replaced(self) -> dict[str, Replacement]:
        """The words that aren't ours, by name."""
        return {name: word for name, word in vars(self).items() if word != getattr(DEFAULT, name)}

    def digits(self, printed: str, separator: str | None = None) -> str:
        """A printed number, `-1234.5`, with the hall's sign and between its thousands `separator`, else the hall's."""
        between = self.thousands if separator is None else separator
        whole, point, rest = printed.removeprefix("-").partition(".")
        grouped = re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", between, whole)
        return f"{self.minus if printed.startswith('-') else ''}{grouped}{point}{rest}"

    def amount(self, printed: str, unit: str, separator: str | None = None) -> str:
        """A printed number with its unit, if it has one, as every text of the hall writes it."""
        space = "" if not unit or unit in self.units_without_space else self.unit_space
        return f"{self.digits(printed, separator)}{space}{unit}"

    def sentences(self, *sentences: str) -> str:
        """Whole sentences in a row."""
        return self.sentence_space.join(filter(None, sentences))

    def listed(self, items: Sequence[str]) -> str:
        """`A、B和C`."""
        *most, last = items
        return f"{self.list_separator.join(most)}{self.list_last}{last}" if most else last

    def change(self, against: str, size: Decimal, unit: str = "%") -> str:
        """How a number changed against the month or the year before, `环比增长 3.1%`; 持平 where nothing is left."""
        if not size:
            return self.not_changed.format(against=against, unchanged=self.unchanged)
        amount = self.amount(str(abs(size)), self.points if unit == POINTS["%"] else unit)
        return self.changed.format(
            against=against, direction=self.direction(1 if size > 0 else -1, unit), amount=amount
        )

    def direction(self, sign: int, unit: str) -> str:
        """What a change of a unit is called that goes up, 1, or down, -1, or neither."""
        if unit in self.units_without_space:
            up, down = self.grown, self.fallen
        elif unit in POINTS.values():
            up, down = self.risen_points, self.fallen_points
        else:
            up, down = self.increased, self.decreased
        return {0: self.unchanged, 1: up, -1: down}[sign]

    def reason(self, name: str) -> str:
        """Why a derived number has no value, by the name of `reports.figures.derived.Reason`."""
        reasons = {
            "zero_base": self.zero_base,
            "negative_base": self.negative_base,
            "missing_part": self.no_base,
            "not_certified": self.not_certified,
            "redefined": self.redefined_base,
        }
        return reasons[name]

    def month(self, month: str) -> str:
        """The month, `2025-03`, as it is printed; ValueError where it isn't written YYYY-MM."""
        day = first_day(month)
        return self.month_title.format(year=day.year, month=day.month, month_name=self.month_name(day.month))

    def month_name(self, month: int) -> str:
        """The name of a month of the year, 1 to 12."""
        return self.month_names[month - 1]


def _default_words() -> SectionWords:
    document = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    return SectionWords(**{name: _frozen(word) for name, word in document.items()})


def _frozen(word: Any) -> Any:
    return tuple(word) if isinstance(word, list) else word


DEFAULT = _default_words()


def read_words(path: Path, constants: Collection[str] = ()) -> SectionWords:
    """The words of a hall whose own file is at `path`.

    Args:
        path: A TOML file in UTF-8 that holds some of the keys of `words.toml`.
        constants: Literals with numerals that the hall's settings declare.

    Raises:
        WordingError: It can't be read, or a word may not be replaced so; each problem with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WordingError(f"{path}: {error}") from error
    replaced = {name: _frozen(word) for name, word in document.items()}
    if problems := [f"line {_line_of(name, text)}: {problem}" for name, problem in _problems(replaced, constants)]:
        raise WordingError(f"{path}: {'; '.join(problems)}")
    return replace(DEFAULT, **replaced)


def replaced_words(replaced: Mapping[str, Replacement], constants: Collection[str] = ()) -> SectionWords:
    """Our words with those of a certificate's evidence in their place; WordingError where they can't stand there."""
    return _replaced(tuple(sorted(replaced.items())), frozenset(constants))


@cache
def _replaced(replaced: tuple[tuple[str, Replacement], ...], constants: frozenset[str]) -> SectionWords:
    words: dict[str, Any] = dict(replaced)
    if problems := [problem for _, problem in _problems(words, constants)]:
        raise WordingError(f"its certified words: {'; '.join(problems)}")
    return replace(DEFAULT, **words)


def _line_of(name: str, text: str) -> int:
    """The line on which a key stands; the first where it is written in an unusual way."""
    written = re.compile(rf"""\s*\[*\s*["']?{re.escape(name)}["']?\s*[]=.]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if written.match(line)), 1)


def _problems(replaced: Mapping[str, Any], constants: Collection[str]) -> Iterator[tuple[str, str]]:
    """What keeps words from standing in place of ours, each with its key."""
    ours = {field.name: getattr(DEFAULT, field.name) for field in fields(SectionWords)}
    for name, word in replaced.items():
        if name not in ours:
            yield name, f"there is no word {name}; reports/figures/words.toml lists those that there are"
        elif problem := _problem(name, word, ours[name], constants):
            yield name, f"{name} {problem}"


def _problem(name: str, word: Any, ours: Replacement, constants: Collection[str]) -> str:
    """What is wrong with a word, or an empty text."""
    if isinstance(ours, tuple):
        if not isinstance(word, tuple) or not all(isinstance(each, str) and _is_line(each) for each in word):
            return "is a list of texts on one line each"
        return "is twelve names" if name == _MONTH_NAMES and len(word) != len(ours) else ""
    if not isinstance(word, str):
        return f"is a text, not {word!r}"
    if name in _ALLOWED:
        return "" if word in _ALLOWED[name] else f"is one of {', '.join(map(repr, _ALLOWED[name]))}, not {word!r}"
    if not _is_line(word):
        return "is a text on one line, and not empty"
    return _placeholder_problem(name, word, ours) or _numeral_problem(word, constants)


def _is_line(word: str) -> bool:
    """Whether a word may begin a line, where a `|` would begin a row of a table."""
    return bool(word.strip()) and word.splitlines() == [word] and not word.lstrip().startswith("|")


def _placeholder_problem(name: str, word: str, ours: str) -> str:
    wanted, found, instead = _placeholders(ours), _placeholders(word), _INSTEAD.get(name, {})
    if found is not None and {instead.get(each, each) for each in found} == wanted:
        return ""
    return f"holds {', '.join(f'{{{each}}}' for each in sorted(wanted or ())) or 'nothing in braces'}, not {word!r}"


def _placeholders(word: str) -> set[str] | None:
    """The names in braces; None where something else stands in them."""
    try:
        parts = [part for part in string.Formatter().parse(word) if part[1] is not None]
    except ValueError:
        return None
    return None if any(form or conversion for _, _, form, conversion in parts) else {str(part[1]) for part in parts}


def _numeral_problem(word: str, constants: Collection[str]) -> str:
    """Numbers come from certificates alone."""
    numeral = numeral_in(re.sub(r"\{\w*\}", BLANK, word), units=(), constants=constants)
    return f"holds a numeral that no certificate vouches for: {numeral!r}" if numeral else ""
