"""From numbers to sentences: the wording is a Jinja template, the rules that bind every wording are here."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reports.figures.derived import Derived, DerivedMetric
from reports.figures.months import MonthSpan, days_of
from reports.figures.section_text import SectionTable, is_row
from reports.figures.template_rules import BLANK, numeral_in, template_problems
from reports.figures.words import DEFAULT, SectionWords, WordingError
from reports.figures.written import Numbers, Used, WrittenValue, unmarked

if TYPE_CHECKING:
    from reports.figures.numbers import MonthlyNumber

_NAMES = ("n", "year", "month", "month_name", "first", "last", "site")
# What Jinja calls a template that comes from a text, in the places of an error.
_TEMPLATE = "<template>"


@dataclass(frozen=True)
class SectionSubject:
    """What a section is about, beside its month.

    Attributes:
        site: the name of the hall or site, for templates that print it.
        span: the month's days, where it isn't the calendar month.
        derived: what became of the metrics that are made of others.
    """

    site: str = ""
    span: MonthSpan | None = None
    derived: Derived = field(default_factory=Derived)


_THE_MONTH = SectionSubject()


@dataclass(frozen=True)
class Section:
    """A worded section: a line of heading, a line of paragraph, the metrics in print order, and a table, if any.

    `values` are those of the paragraph, in order.
    """

    heading: str
    paragraph: str
    metrics: tuple[str, ...]
    table: SectionTable | None = None
    values: tuple[WrittenValue, ...] = ()

    def ordered(self, metrics: Iterable[str]) -> list[str]:
        """Metrics in the report's order: those that it prints as it prints them, then the others as they come."""
        place = {metric: place for place, metric in enumerate(self.metrics)}
        return sorted(metrics, key=lambda metric: place.get(metric, len(place)))


@dataclass(frozen=True)
class WordingTemplate:
    """A hall's wording: a Jinja text with the heading on one line, a blank line, the paragraph on one line.

    A blank line and a table, in the pipes of Markdown, may follow. It is data and runs in a sandbox. It is given `year`
    and `month` (no leading zero), `month_name`, `first` and `last`, its days, each with `year`, `month`, `month_name`
    and `day`, `site`, the name of the hall or site whose numbers these are, and `n`, in which `n.<metric>` writes a
    number with its unit (see `written`). `constants` are literals with numerals that the hall's settings declare, such
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
    subject: SectionSubject = _THE_MONTH,
) -> Section:
    """Fill a template with a month's numbers.

    Args:
        numbers: The month's numbers by metric.
        month: `2025-03`.
        template: The hall's wording.
        subject: What it is about beside them.

    Returns:
        The section; the rounding note is its last sentence where printed parts differ from a printed total, or the
        printed shares of all of a whole from 100.

    Raises:
        WordingError: The template asks for what doesn't exist, holds a numeral or computes, isn't of that shape, or
            mixes unit styles.
        ValueError: `month` isn't written YYYY-MM.
    """
    derived, span = subject.derived, subject.span
    formed: list[MonthlyNumber | DerivedMetric] = [*numbers.values(), *derived.metrics]
    units = frozenset(unit for one in formed for unit in (one.unit, one.display_unit) if unit)
    try:
        problems = _template_problems(template.source, units, template.constants)
    except TemplateSyntaxError as error:
        raise WordingError(f"{template}: line {error.lineno}: {error.message}") from error
    if problems:
        raise WordingError(f"{template}: {'; '.join(problems)}")
    days = span.days if span else days_of(month)
    given = _Given(month, days[0], days[-1], subject.site, template.words)
    used = Used()
    text = _render(given.values, Numbers(numbers, derived, template.words, used), template)
    blank = _render(given.blanked, Numbers(numbers, derived, template.words, Used(), blank=True), template)
    if stray := numeral_in(blank, units=units, constants=template.constants):
        raise WordingError(f"{template}: {stray!r} holds a numeral that no number of the month gave")
    heading, marked, table = _parts(text, template)
    paragraph, values = unmarked(marked)
    in_print = [numbers[metric] for metric in sorted(used.printed) if metric in numbers]
    require_one_unit_style(in_print)
    if needs_rounding_note(in_print) or shares_need_rounding_note(in_print, derived):
        words = template.words
        paragraph = words.sentences(paragraph, f"{words.rounding_note}{words.sentence_end}")
    return Section(heading, paragraph, tuple(used.written), table, values)


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


def _render(month: Mapping[str, object], numbers: Numbers, template: WordingTemplate) -> str:
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


def shares_need_rounding_note(numbers: Collection[MonthlyNumber], derived: Derived) -> bool:
    """Whether printed shares are all of their whole, and don't add up to it as printed."""
    shares: dict[tuple[str, int], list[MonthlyNumber]] = {}
    for number in numbers:
        kind = derived.by_metric.get(number.metric)
        if kind and kind.kind == "share_of":
            shares.setdefault((kind.other, kind.factor), []).append(number)
    return any(
        sum(Fraction(number.exact) for number in its) == whole and sum(number.in_units for number in its) != whole
        for (_, whole), its in shares.items()
    )


def _parts(text: str, template: WordingTemplate) -> tuple[str, str, SectionTable | None]:
    end = template.words.sentence_end
    match text.strip("\n").split("\n"):
        case [heading, "", paragraph] if heading.strip() and paragraph.endswith(end):
            return _plain(heading), paragraph, None
        case [heading, "", paragraph, "", *rows] if heading.strip() and paragraph.endswith(end) and _is_table(rows):
            return _plain(heading), paragraph, _table([*map(_plain, rows)], template)
        case lines:
            raise WordingError(
                f"{template} must give a heading, a blank line and a paragraph on one line that ends in {end}, and may "
                f"give another blank line and a table; it gave {len(lines)} lines: {[*map(_plain, lines)]}"
            )


def _plain(marked: str) -> str:
    return unmarked(marked)[0]


def _is_table(rows: Collection[str]) -> bool:
    return bool(rows) and all(map(is_row, rows))


def _table(rows: list[str], template: WordingTemplate) -> SectionTable:
    try:
        return SectionTable.read(rows)
    except ValueError as error:
        raise WordingError(f"{template}: {error}") from error
