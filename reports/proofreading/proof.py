"""Proofreading a text: read its passages, judge every reading, and say what was found where."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.figures.words import DEFAULT
from reports.proofreading.context import Context
from reports.proofreading.documents import passages_of
from reports.proofreading.findings import Matched, NotChecked, Proof, ProofFinding, Spot
from reports.proofreading.known_numbers import KnownNumbers
from reports.proofreading.numeral_kinds import OTHER_RATIO
from reports.proofreading.passages import Passage
from reports.proofreading.periods import in_words
from reports.proofreading.readings import Reading
from reports.proofreading.rules import WHOLE_RULES, Fault, apply_rules
from reports.proofreading.sums import check_sums, wants_note
from reports.proofreading.text_reader import TextReader

_NOTE = re.compile(r"因四舍五入[^。]{0,30}差异")
_ROLES = {
    "rate": "的增减幅度",
    "points": "的占比变化",
    "share": "的占比",
    "difference": "的增减数量",
    "trend": "的增减方向",
}
_KINDS_OF_ANY_WIDTH = frozenset({"序号", "编号", "网址", "文件名", "电话"})
_FULL_WIDTH = re.compile("[０-９．％]")

_SUM_HOLDS = "核定数之和"


def proofread(text: str | Sequence[Passage], known: KnownNumbers) -> Proof:
    """Match every numeral of an author's text with the certified numbers.

    Args:
        text: Plain text or Markdown, or the passages of a file (`read_document`).
        known: The numbers that the text may print.

    Returns:
        What to put right, what agrees, and what certificates don't know. Time and memory are linear in the text.
    """
    passages = passages_of(text) if isinstance(text, str) else text
    reader = TextReader(known)
    read = [_Read(index, passage, reader.read(passage)) for index, passage in enumerate(passages)]
    context = Context(known, [reading for piece in read for reading in piece.readings])
    findings = [finding for piece in read for finding in piece.findings(context)]
    findings += _note(read, context)
    faulty = {(finding.spot.passage, finding.spot.start) for finding in findings}
    matched, not_checked = [], []
    for piece in read:
        added_up = {total.start for total, _ in piece.sums(context)}
        for reading in piece.readings:
            spot = piece.spot(reading.start, reading.end)
            if (spot.passage, spot.start) in faulty:
                continue
            if what := _agreement(reading, context) or (_SUM_HOLDS if reading.start in added_up else ""):
                matched.append(Matched(spot, what))
            elif reading.numeral is not None:
                not_checked.append(NotChecked(spot, reading.kind or OTHER_RATIO))
    findings.sort(key=lambda finding: (finding.spot.passage, finding.spot.start))
    return Proof(tuple(findings), tuple(matched), tuple(not_checked))


@dataclass(frozen=True)
class _Read:
    """A passage with its readings."""

    index: int
    passage: Passage
    readings: Sequence[Reading]

    def spot(self, start: int, end: int) -> Spot:
        """The spot of a piece of the passage's plain text."""
        first, last = self.passage.span(start, end)
        text = self.passage.text
        return Spot(
            self.index, first, last, self.passage.place_of(first), text[first:last], self.passage.excerpt(first, last)
        )

    def findings(self, context: Context) -> Iterator[ProofFinding]:
        """What the rules find in this passage."""
        for reading in self.readings:
            yield from (self.finding(reading, fault) for fault in apply_rules(reading, context))
            if width := self._full_width(reading):
                yield self.finding(reading, width)
        yield from (self.finding(total, wrong) for total, wrong in self.sums(context) if wrong is not None)

    def sums(self, context: Context) -> list[tuple[Reading, Fault | None]]:
        """The sums that the passage announces."""
        return list(check_sums(self.readings, context))

    def finding(self, at: Reading | re.Match[str], fault: Fault) -> ProofFinding:
        """A fault of a reading or of other words, as a finding."""
        spot = self.spot(at.start, at.end) if isinstance(at, Reading) else self.spot(*at.span())
        return ProofFinding(fault.rule.code, fault.rule.name, spot, fault.expected, fault.suggestion)

    def _full_width(self, reading: Reading) -> Fault | None:
        written = self.passage.original[reading.start : reading.end]
        if reading.numeral is None or reading.kind in _KINDS_OF_ANY_WIDTH or not _FULL_WIDTH.search(written):
            return None
        return WHOLE_RULES["full_width"].fault({"plain": self.passage.plain[reading.start : reading.end]})


def _note(read: Sequence[_Read], context: Context) -> Iterator[ProofFinding]:
    """The note on rounding stands where printed parts differ from a printed total, and only there."""
    notes = [(piece, match) for piece in read if (match := _NOTE.search(piece.passage.plain, piece.passage.begins))]
    for piece in read:
        wanting = wants_note(piece.readings, context)
        if wanting is not None:
            if not notes:
                yield piece.finding(wanting, WHOLE_RULES["note_missing"].fault({"note": DEFAULT.rounding_note}))
            return
    for piece, match in notes:
        yield piece.finding(match, WHOLE_RULES["note_unwanted"].fault({}))


def _agreement(reading: Reading, context: Context) -> str:
    """What a reading without a fault agrees with; empty if nothing certified or registered speaks of it."""
    if figure := context.known.by_figure.get(reading.figure):
        return f"自有数字：{figure.name}"
    if reading.metric and (reading.role != "share" or context.wholes(reading)):
        name = context.known.metrics[reading.metric].metric_name
        return f"{in_words(reading.months)}{name}{_ROLES.get(reading.role, '')}"
    return ""
