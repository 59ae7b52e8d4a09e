"""References in authors' texts, `{{ online_accepted }}`: what they may name, and how they are filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from reports.certificates.rates import Against, Rate
from reports.proofreading import OwnFigure
from reports.word.blocks import RichText, Run, plain
from reports.word.month_content import MonthContent

_REFERENCE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_STRAY = re.compile(r"\{\{|\}\}")
_FULL_WIDTH = str.maketrans("｛｝．", "{}.")
_RATES: dict[str, Against] = {"环比": "month_before", "同比": "year_before"}
_MISSING = "〔{}？〕"


@dataclass(frozen=True)
class Filled:
    """A text with its references filled in, where in it they stand, and what is wrong with those that couldn't be."""

    text: RichText
    inserted: tuple[tuple[int, int], ...]
    faults: tuple[str, ...]


class References:
    """What references may name: the month's numbers, by code or name, and the author's figures."""

    def __init__(self, printable: MonthContent, figures: Sequence[OwnFigure]) -> None:
        self._printable = printable
        self._figures = {name: figure for figure in figures for name in (figure.name, figure.code)}
        self._metrics = {
            name: number for number in printable.numbers.values() for name in (number.metric_name, number.metric)
        }

    def fill(self, text: RichText) -> Filled:
        """Fill a text's references; each takes the format of the place where it begins."""
        whole = plain(text).translate(_FULL_WIDTH)
        faults: list[str] = []
        inserted: list[tuple[int, int]] = []
        runs: list[Run] = []
        done = length = 0
        for found in _REFERENCE.finditer(whole):
            kept = list(_slice(text, done, found.start()))
            told, good = self._value(found[1])
            if not good:
                faults.append(told)
                told = _MISSING.format(found[1])
            runs += [*kept, replace(_run_at(text, found.start()), text=told)]
            length += sum(len(run.text) for run in kept)
            if good:
                inserted.append((length, length + len(told)))
            length += len(told)
            done = found.end()
        runs += _slice(text, done, len(whole))
        if _STRAY.search(_REFERENCE.sub("", whole)):
            faults.append("花括号没有成对：引用写成 {{ 代码 }}")
        return Filled(tuple(runs), tuple(inserted), tuple(faults))

    def _value(self, reference: str) -> tuple[str, bool]:
        """What a reference stands for, or what is wrong with it."""
        name, _, what = (part.strip() for part in reference.partition("."))
        if figure := self._figures.get(name):
            return (figure.written, True) if not what else (f"“{name}”是自有数字，后面不能写“.{what}”", False)
        number = self._metrics.get(name)
        if number is None:
            return self._unknown(name), False
        if what in _RATES:
            rate = self._printable.rate(number.metric, _RATES[what])
            if isinstance(rate, Rate):
                return rate.text, True
            return f"“{reference}”没有可印的{what}：没有可比的核定数，或基数为 0，或口径有变", False
        kinds: dict[str, Callable[[], str]] = {
            "": lambda: f"{number.printed} {number.display_unit}",
            "exact": lambda: f"{number.exact} {number.unit}",
        }
        if what not in kinds:
            return f"“{reference}”里的“.{what}”不认识；可用的有 .exact、.环比、.同比", False
        return kinds[what](), True

    def _unknown(self, name: str) -> str:
        known = [*self._metrics, *self._figures]
        near = [*get_close_matches(name, known, n=2, cutoff=0.6)]
        hint = (
            f"，是不是{'或'.join(f'“{self._called(each)}”' for each in near)}？" if near else "；指标代码见主要指标表"
        )
        return f"没有叫“{name}”的数{hint}"

    def _called(self, name: str) -> str:
        number = self._metrics.get(name)
        return f"{number.metric}（{number.metric_name}）" if number else name


def _slice(text: RichText, start: int, end: int) -> Iterator[Run]:
    begun = 0
    for run in text:
        piece = run.text[max(start - begun, 0) : max(end - begun, 0)]
        if piece:
            yield replace(run, text=piece)
        begun += len(run.text)


def _run_at(text: RichText, position: int) -> Run:
    begun = 0
    for run in text:
        begun += len(run.text)
        if position < begun:
            return run
    return text[-1]
