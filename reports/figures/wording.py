"""From numbers to sentences: the wording is a Jinja template, the rules that bind every wording are here."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reports.figures.months import MonthSpan, days_of
from reports.figures.section_text import SectionTable, is_row
from reports.figures.template_rules import BLANK, numeral_in, template_problems
from reports.figures.words import DEFAULT, SectionWords, WordingError

if TYPE_CHECKING:
    from reports.figures.numbers import MonthlyNumber
    from reports.figures.rounding import Exact

_NAMES = ("n", "year", "month", "month_name", "first", "last", "site")
# What Jinja calls a template that comes from a text, in the places of an error.
_TEMPLATE = "<template>"


@dataclass(frozen=True)
class Section:
    """A worded section: a line of heading, a line of paragraph, the metrics that they print, and a table, if any."""

    heading: str
    paragraph: str
    metrics: frozenset[str]
    table: SectionTable | None = None


@dataclass(frozen=True)
class WordingTemplate:
    """A hall's wording: a Jinja text with the heading on one line, a blank line, the paragraph on one line.

    A blank line and a table, in the pipes of Markdown, may follow. It is data and runs in a sandbox. It is given `year`
    and `month` (no leading zero), `month_name`, `first` and `last`, its days, each with `year`, `month`, `month_name`
    and `day`, `site`, the name of the hall or site whose numbers these are, and `n`, in which `n.<metric>` writes a
    number with its unit (see `_Written`). `constants` are literals with numerals that the hall's settings declare, such
    as 12345; every other numeral comes from certified numbers (see `template_rules`). `words` are those that we add.
    """

    name: str
    source: str
    constants: frozenset[str] = frozenset()
    words: SectionWords = DEFAULT

    def __str__(self) -> str:
        return self.name

    @classmethod
    def read(cls, path: Path, constants: Iterable[str] = (), words: SectionWords = DEFAULT) -> WordingTemplate:
        """The wording in a file in UTF-8; WordingError where it can't be read."""
        try:
            return cls(str(path), path.read_text(encoding="utf-8"), frozenset(constants), words)
        except (OSError, UnicodeDecodeError) as error:
            raise WordingError(f"{path}: {error}") from error


def word_section(
    numbers: Mapping[str, MonthlyNumber],
    *,
    month: str,
    template: WordingTemplate,
    site: str = "",
    span: MonthSpan | None = None,
) -> Section:
    """Fill a template with a month's numbers.

    Args:
        numbers: The month's numbers by metric.
        month: `2025-03`.
        template: The hall's wording.
        site: The name of the hall or site, for templates that print it.
        span: The month's days, where it isn't the calendar month.

    Returns:
        The section; the rounding note is its last sentence where printed parts differ from a printed total.

    Raises:
        WordingError: The template asks for what doesn't exist, holds a numeral or computes, isn't of that shape, or
            mixes unit styles.
        ValueError: `month` isn't written YYYY-MM.
    """
    units = frozenset(unit for number in numbers.values() for unit in (number.unit, number.display_unit))
    try:
        problems = _template_problems(template.source, units, template.constants)
    except TemplateSyntaxError as error:
        raise WordingError(f"{template}: line {error.lineno}: {error.message}") from error
    if problems:
        raise WordingError(f"{template}: {'; '.join(problems)}")
    days = span.days if span else days_of(month)
    given = _Given(month, days[0], days[-1], site, template.words)
    used = _Used()
    text = _render(given.values, _Numbers(numbers, template, used), template)
    blank = _render(given.blanked, _Numbers(numbers, template, _Used(), blank=True), template)
    if stray := numeral_in(blank, units=units, constants=template.constants):
        raise WordingError(f"{template}: {stray!r} holds a numeral that no number of the month gave")
    heading, paragraph, table = _parts(text, template)
    in_print = [numbers[metric] for metric in sorted(used.printed)]
    require_one_unit_style(in_print)
    if needs_rounding_note(in_print):
        words = template.words
        paragraph = words.sentences(paragraph, f"{words.rounding_note}{words.sentence_end}")
    return Section(heading, paragraph, frozenset(used.printed | used.exact), table)


@dataclass
class _Used:
    """The metrics that a template writes: as printed, and exactly."""

    printed: set[str] = field(default_factory=set)
    exact: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Given:
    """What templates know beside numbers."""

    month: str
    first: date
    last: date
    site: str
    words: SectionWords

    @property
    def values(self) -> dict[str, object]:
        """By name."""
        year, month = map(int, self.month.split("-"))
        return {
            "year": year,
            "month": month,
            "month_name": self.words.month_name(month),
            "first": _Day.of(self.first, self.words),
            "last": _Day.of(self.last, self.words),
            **({"site": self.site} if self.site else {}),
        }

    @property
    def blanked(self) -> dict[str, object]:
        """The same without their digits, and equal to them in conditions."""
        return {name: _blanked(value) for name, value in self.values.items()}


class _Blank(int):
    """A part of a date that compares as itself, so that the same words are chosen, and prints none of its digits."""

    def __str__(self) -> str:
        return BLANK


@dataclass(frozen=True)
class _Day:
    """A day as templates know it."""

    year: int
    month: int
    day: int
    month_name: str

    @classmethod
    def of(cls, day: date, words: SectionWords) -> _Day:
        return cls(day.year, day.month, day.day, words.month_name(day.month))

    @property
    def blanked(self) -> _Day:
        return _Day(_Blank(self.year), _Blank(self.month), _Blank(self.day), BLANK)


def _blanked(value: object) -> object:
    match value:
        case _Day():
            return value.blanked
        case int():
            return _Blank(value)
        case _:
            return BLANK


@lru_cache(maxsize=16)
def _template_problems(source: str, units: frozenset[str], constants: frozenset[str]) -> list[str]:
    return template_problems(source, names=_NAMES, units=units, constants=constants)


@lru_cache(maxsize=16)
def _compiled(source: str) -> Template:
    # Plain text is written here, so nothing is escaped as HTML would be.
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False).from_string(source)


def _render(month: Mapping[str, object], numbers: _Numbers, template: WordingTemplate) -> str:
    try:
        return _compiled(template.source).render({**month, "n": numbers})
    except (TemplateError, WordingError) as error:
        raise WordingError(f"{template}: {_place(error)}{error}") from error


def _place(error: Exception) -> str:
    """On which line of its template an error was met, or an empty text."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _TEMPLATE]
    return f"line {lines[-1]}: " if lines else ""


def require_one_unit_style(numbers: Collection[MonthlyNumber]) -> None:
    """Raise WordingError where an edition prints one unit in two styles, such as 件 beside 万件."""
    styles: dict[str, dict[str, str]] = {}
    for number in numbers:
        styles.setdefault(number.unit, {}).setdefault(number.display_unit, number.metric)
    for unit, style in styles.items():
        if len(style) > 1:
            uses = ", ".join(f"{display_unit} ({metric})" for display_unit, metric in style.items())
            raise WordingError(f"one edition writes {unit} in one style, but this one mixes {uses}")


def needs_rounding_note(numbers: Collection[MonthlyNumber]) -> bool:
    """Whether some total and all of its parts are among these printed numbers, and differ as printed."""
    values = {number.metric: number.in_units for number in numbers}
    return any(
        values[number.metric] != sum(values[part] for part in number.parts)
        for number in numbers
        if number.parts and values.keys() >= set(number.parts)
    )


def _parts(text: str, template: WordingTemplate) -> tuple[str, str, SectionTable | None]:
    end = template.words.sentence_end
    match text.strip("\n").split("\n"):
        case [heading, "", paragraph] if heading.strip() and paragraph.endswith(end):
            return heading, paragraph, None
        case [heading, "", paragraph, "", *rows] if heading.strip() and paragraph.endswith(end) and _is_table(rows):
            return heading, paragraph, _table(rows, template)
        case lines:
            raise WordingError(
                f"{template} must give a heading, a blank line and a paragraph on one line that ends in {end}, and may "
                f"give another blank line and a table; it gave {len(lines)} lines: {lines}"
            )


def _is_table(rows: Collection[str]) -> bool:
    return bool(rows) and all(map(is_row, rows))


def _table(rows: list[str], template: WordingTemplate) -> SectionTable:
    try:
        return SectionTable.read(rows)
    except ValueError as error:
        raise WordingError(f"{template}: {error}") from error


class _Numbers:
    """What a template knows as `n`: numbers by metric, without a public name that a metric could clash with."""

    def __init__(
        self, numbers: Mapping[str, MonthlyNumber], template: WordingTemplate, used: _Used, *, blank: bool = False
    ) -> None:
        self._numbers = numbers
        self._words = template.words
        self._used = used
        self._blank = blank

    def __getitem__(self, metric: str) -> _Written:
        if metric not in self._numbers:
            raise WordingError(f"it prints {metric}, which this month's numbers don't hold")
        return _Written(self._numbers[metric], self._words, self._used, blank=self._blank)


class _Written:
    """A number as a template writes it, with its unit or in one of the forms below; what is written is noted as used.

    A blank one writes no digit of its own, and is otherwise the same.
    """

    def __init__(self, number: MonthlyNumber, words: SectionWords, used: _Used, *, blank: bool) -> None:
        self._number = number
        self._words = words
        self._used = used
        self._blank = blank

    def __str__(self) -> str:
        return self._words.amount(self._printed(), self._number.display_unit)

    def __getitem__(self, form: str) -> str:
        raise WordingError(
            f"{self._number.metric} has no form {form}: .number, .unit, .exact and .grouped print, .value is compared"
        )

    @property
    def number(self) -> str:
        """The digits alone."""
        return self._words.digits(self._printed())

    @property
    def unit(self) -> str:
        """The unit alone."""
        return self._unless_blank(self._number.display_unit)

    @property
    def grouped(self) -> str:
        """The number with separators between its thousands, and its unit."""
        return self._words.amount(self._printed(), self._number.display_unit, self._words.grouped)

    @property
    def exact(self) -> str:
        """The exact number and the unit that it is counted in."""
        self._used.exact.add(self._number.metric)
        return self._words.amount(self._unless_blank(self._number.exact_digits), self._number.unit)

    @property
    def value(self) -> Exact:
        """The exact number, which conditions compare."""
        return self._number.exact

    def _printed(self) -> str:
        self._used.printed.add(self._number.metric)
        return self._unless_blank(self._number.printed)

    def _unless_blank(self, certified: str) -> str:
        return BLANK if self._blank else certified
