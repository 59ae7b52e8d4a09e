"""References in authors' texts, `{{ online_accepted }}`: what they may name, and how they are filled in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from reports.certificates.rates import WORDS, Against, Rate
from reports.edition.spacing import NumberSpacing, as_in_sentence
from reports.figures.numbers import MonthlyNumber
from reports.proofreading import OwnFigure
from reports.word.blocks import Chart, Fact, RichText, Run, notes_of, part_of, plain
from reports.word.charts import course
from reports.word.month_content import TO_DATE, MonthContent

_REFERENCE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_STRAY = re.compile(r"\{\{|\}\}")
FULL_WIDTH = str.maketrans("｛｝．", "{}.")  # as authors may type what references are made of
_ALONE = re.compile(r"图\s*[:：]|主要指标表")
_RATES: dict[str, Against] = {word: against for against, word in WORDS.items()}
_MISSING = "〔{}？〕"
OWN = "登记表"  # stands for the code of an author's own figure


@dataclass(frozen=True)
class Filled:
    """A text with its references filled in, where in it they stand, and what is wrong with those that couldn't be."""

    text: RichText
    inserted: tuple[tuple[int, int], ...]
    faults: tuple[str, ...]


class References:
    """What references may name: the month's numbers, by code or name, and the author's figures."""

    def __init__(self, month: MonthContent, figures: Sequence[OwnFigure], spacing: NumberSpacing = "report") -> None:
        self._month = month
        self._spacing = spacing
        self._figures = {name: figure for figure in figures for name in (figure.name, figure.code)}
        self._metrics = {
            name: number for number in month.numbers.values() for name in (number.metric_name, number.metric)
        }

    def fill(self, text: RichText) -> Filled:
        """Fill a text's references; each takes the format of the place where it begins."""
        whole = plain(text).translate(FULL_WIDTH)
        faults: list[str] = []
        inserted: list[tuple[int, int]] = []
        runs: list[Run] = []
        done = 0
        for match in _REFERENCE.finditer(whole):
            runs += part_of(text, done, match.start())
            value = self._value(match[1])
            length = len(plain(tuple(runs)))
            if isinstance(value, str):
                faults.append(value)
                value = Run(_MISSING.format(match[1].replace(":", "：")))
            else:
                if self._spacing == "sentence":
                    value = replace(value, text=as_in_sentence(value.text, whole, *match.span()))
                inserted.append((length, length + len(value.text)))
            typed = part_of(text, *match.span())
            runs += [replace(typed[0], text=value.text, fact=value.fact), *notes_of(typed)]
            done = match.end()
        runs += part_of(text, done)
        if _STRAY.search(_REFERENCE.sub("", whole)):
            faults.append("花括号没有成对：引用写成 {{ 代码 }}")
        return Filled(tuple(runs), tuple(inserted), tuple(faults))

    def chart(self, name: str) -> Chart | str:
        """The chart of a metric; else what is wrong with it."""
        if name in self._figures:
            return f"“{name}”是自有数字，没有各月的数，画不了图"
        number = self._metrics.get(name)
        if number is None:
            return self._unknown(name)
        drawn = course(self._month.past.get(number.metric, {}), self._month.attribution.month)
        return drawn or f"“{name}”画不了图：两年内核定过的月份不到两个"

    def _value(self, reference: str) -> Run | str:
        """What a reference stands for, with which number it is; else what is wrong with it."""
        if _ALONE.match(reference):
            return f"“{reference}”要单独成一段，前后不写别的字"
        name, _, what = (part.strip() for part in reference.partition("."))
        if figure := self._figures.get(name):
            fact = Fact(figure.code, figure.name, self._month.attribution.month, OWN)
            return f"“{name}”是自有数字，后面不能写“.{what}”" if what else Run(figure.written, fact=fact)
        number = self._metrics.get(name)
        return self._unknown(name) if number is None else self._number(reference, number, what)

    def _number(self, reference: str, number: MonthlyNumber, what: str) -> Run | str:
        if what in _RATES:
            rate = self._month.rate(number.metric, _RATES[what])
            if isinstance(rate, Rate):
                return Run(rate.text, fact=self._month.fact(number, what))
            return f"“{reference}”没有可印的{what}：没有可比的核定数，或基数为 0，或口径有变"
        if what == TO_DATE:
            total = self._month.to_date.get(number.metric)
            none = f"“{reference}”没有可印的累计：一月起各月要都已核定、口径不变，而且是可以相加的数"
            return Run(total.with_unit, fact=self._month.fact(number, what)) if total else none
        values = {"": number.with_unit, "exact": number.exact_with_unit}
        if what not in values:
            return f"“{reference}”里的“.{what}”不认识；可用的有 .exact、.环比、.同比、.累计"
        return Run(values[what], fact=self._month.fact(number, what))

    def _unknown(self, name: str) -> str:
        near = get_close_matches(name, [*self._metrics, *self._figures], n=2, cutoff=0.6)
        names = "或".join(f"“{self._called(candidate)}”" for candidate in near)
        return f"没有叫“{name}”的数{f'，是不是{names}？' if near else '；指标代码见主要指标表'}"

    def _called(self, name: str) -> str:
        number = self._metrics.get(name)
        return f"{number.metric}（{number.metric_name}）" if number else name
