"""From numbers to sentences: the wording is a Jinja template, the rules that bind every wording are here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reports.figures.months import MonthSpan, days_of
from reports.figures.template_rules import BLANK, numeral_in, template_problems

if TYPE_CHECKING:
    from reports.figures.numbers import MonthlyNumber

# The words are the reference's; they say why printed parts don't add up, and that nobody bent them.
ROUNDING_NOTE = "部分数据因四舍五入，分项合计与总计略有差异，未作机械调整"


_NAMES = ("n", "year", "month", "first", "last", "site")


class WordingError(Exception):
    """The template can't be filled, or what came out breaks a rule of wording; the message says where."""


@dataclass(frozen=True)
class Section:
    """A worded section: one line of heading, one line of paragraph, and the metrics that they print."""

    heading: str
    paragraph: str
    metrics: frozenset[str]


@dataclass(frozen=True)
class WordingTemplate:
    """A hall's wording: a Jinja text with the heading on one line, a blank line, the paragraph on one line.

    It is data and runs in a sandbox. It is given `year` and `month` (no leading zero), `first` and `last`, its days,
    each with `year`, `month` and `day`, `site`, the name of the hall or site whose numbers these are, and `n`, in which
    `n.<metric>` writes the printed number, a half-width space and the unit. `constants` are literals with numerals that
    the hall's settings declare, such as 12345; every other numeral comes from certified numbers (see `template_rules`).
    """

    name: str
    source: str
    constants: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def read(cls, path: Path, constants: Iterable[str] = ()) -> WordingTemplate:
        """The wording in a file in UTF-8; WordingError where it can't be read."""
        try:
            return cls(str(path), path.read_text(encoding="utf-8"), frozenset(constants))
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
    except TemplateError as error:
        raise WordingError(f"{template}: {error}") from error
    if problems:
        raise WordingError(f"{template}: {'; '.join(problems)}")
    used: set[str] = set()
    days = span.days if span else days_of(month)
    dates = {"first": _Day.of(days[0]), "last": _Day.of(days[-1])}
    year, number = map(int, month.split("-"))
    named = {"site": site} if site else {}
    text = _render({"year": year, "month": number, **dates, **named}, _Numbers(numbers, template, used), template)
    blanked = {metric: replace(number, printed=BLANK) for metric, number in numbers.items()}
    blank_dates = {name: day.blanked for name, day in dates.items()}
    blank_month = {"year": _Blank(year), "month": _Blank(number), **blank_dates, **dict.fromkeys(named, BLANK)}
    blank = _render(blank_month, _Numbers(blanked, template, set()), template)
    if stray := numeral_in(blank, units=units, constants=template.constants):
        raise WordingError(f"{template}: {stray!r} holds a numeral that no number of the month gave")
    heading, paragraph = _two_lines(text, template)
    in_print = [numbers[metric] for metric in sorted(used)]
    require_one_unit_style(in_print)
    if needs_rounding_note(in_print):
        paragraph += f"{ROUNDING_NOTE}。"
    return Section(heading, paragraph, frozenset(used))


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

    @classmethod
    def of(cls, day: date) -> _Day:
        return cls(day.year, day.month, day.day)

    @property
    def blanked(self) -> _Day:
        return _Day(_Blank(self.year), _Blank(self.month), _Blank(self.day))


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
    except TemplateError as error:
        raise WordingError(f"{template}: {error}") from error


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


def _two_lines(text: str, template: WordingTemplate) -> tuple[str, str]:
    match text.strip("\n").split("\n"):
        case [heading, "", paragraph] if heading.strip() and paragraph.endswith("。"):
            return heading, paragraph
        case lines:
            raise WordingError(
                f"{template} must give a heading, a blank line and a paragraph on one line that ends in 。; "
                f"it gave {len(lines)} lines: {lines}"
            )


class _Numbers:
    """What a template knows as `n`: numbers by metric, without a public name that a metric could clash with."""

    def __init__(self, numbers: Mapping[str, MonthlyNumber], template: WordingTemplate, used: set[str]) -> None:
        self._numbers = numbers
        self._template = template
        self._used = used

    def __getitem__(self, metric: str) -> _Written:
        if metric not in self._numbers:
            raise WordingError(f"{self._template} prints {metric}, which this month's numbers don't hold")
        return _Written(self._numbers[metric], self._used)


class _Written:
    """A number that notes its metric when it is turned into text, however the template does that."""

    def __init__(self, number: MonthlyNumber, used: set[str]) -> None:
        self._number = number
        self._used = used

    def __str__(self) -> str:
        self._used.add(self._number.metric)
        return self._number.with_unit
