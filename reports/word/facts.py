"""Which number a printed number is: carried by a content control in the file, and read back from it."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reports.docx_files import W, notes_in, open_docx, readable, texts_of
from reports.figures.numbers import MonthlyNumber
from reports.figures.written import WrittenValue
from reports.word.blocks import Fact, RichText, Run

_LONGEST_TAG = 64  # Word takes no longer one
_PARTS = 4
_CLAUSE = re.compile(r"[，。；：！？、（(]")


@dataclass(frozen=True)
class FoundFact:
    """A number found in a file: what it says it is, without a name where a word processor dropped that; what is written
    there, and whether that is as printed.
    """

    fact: Fact
    text: str
    as_printed: bool


def tag_of(fact: Fact, text: str) -> str:
    """What a content control carries: metric, month, code, and a digest of what was printed."""
    return "|".join((fact.what, fact.month, fact.code, _digest(text)))[:_LONGEST_TAG]


def facts_in(path: Path) -> list[FoundFact]:
    """The numbers that a .docx carries, in order; DocumentError if it can't be opened, or is damaged."""
    document = open_docx(path)
    with readable(path.name):
        roots = [document.element.body, *notes_in(document.part)]
        return [found for root in roots for control in root.iter(f"{W}sdt") if (found := _found(control))]


def _found(control: Any) -> FoundFact | None:
    parts = _tag_in(control).split("|")
    if len(parts) != _PARTS:
        return None
    what, month, code, digest = parts
    text = "".join(text for text, _ in texts_of(control.find(f"{W}sdtContent")))
    metric, _, form = what.partition(".")
    alias = control.find(f"{W}sdtPr/{W}alias")
    name = "" if alias is None else alias.get(f"{W}val", "")
    return FoundFact(Fact(metric, name, month, code, form), text, _digest(text).startswith(digest))


def _tag_in(control: Any) -> str:
    """The tag of a control, or what LibreOffice left of it: the name of its placeholder."""
    tags = (control.find(f"{W}sdtPr/{W}{path}") for path in ("tag", f"placeholder/{W}docPart"))
    return next((tag.get(f"{W}val", "") for tag in tags if tag is not None), "")


def _digest(text: str) -> str:
    """Of a text without its spaces, which a sentence may have or not."""
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:8]


def with_values(text: str, values: Sequence[WrittenValue], of: Fact) -> RichText:
    """A text that a template worded, each value in it with which it is."""
    runs, done = [], 0
    for value in values:
        fact = replace(of, metric=value.metric, name=value.name, form=value.form)
        runs += [Run(text[done : value.start]), Run(text[value.start : value.end], fact=fact)]
        done = value.end
    return tuple(run for run in (*runs, Run(text[done:])) if run.text)


def with_facts(text: str, numbers: Mapping[str, MonthlyNumber], month: str, code: str) -> RichText:
    """A text that was made of a month's numbers, each with which it is; where several are written alike, the one that
    is called by the words before it.
    """
    written: dict[str, list[tuple[MonthlyNumber, str]]] = {}
    for number in numbers.values():
        written.setdefault(number.with_unit, []).append((number, ""))
        if number.exact_with_unit != number.with_unit:
            written.setdefault(number.exact_with_unit, []).append((number, "exact"))
    if not any(each in text for each in written):
        return (Run(text),)
    longest = sorted(map(re.escape, written), key=len, reverse=True)
    pattern = re.compile(rf"(?<![\d.])(?:{'|'.join(longest)})")
    return tuple(_runs(text, pattern, written, Fact("", "", month, code)))


def _runs(
    text: str, pattern: re.Pattern[str], written: Mapping[str, list[tuple[MonthlyNumber, str]]], of: Fact
) -> Iterator[Run]:
    done = 0
    for match in pattern.finditer(text):
        if match.start() > done:
            yield Run(text[done : match.start()])
        before = _CLAUSE.split(text[done : match.start()])[-1]
        number, form = max(written[match[0]], key=lambda each: _alike(each[0].metric_name, before))
        yield Run(match[0], fact=replace(of, metric=number.metric, name=number.metric_name, form=form))
        done = match.end()
    if done < len(text):
        yield Run(text[done:])


def _alike(name: str, words: str) -> int:
    """How many neighbouring characters of a name stand in the words."""
    return sum(name[place : place + 2] in words for place in range(len(name) - 1))
