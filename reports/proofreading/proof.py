"""Proofreading a text: take its passages apart, read them, apply the rules, and say what was found where."""

from collections.abc import Iterator, Sequence

from reports.proofreading.context import Case, Context
from reports.proofreading.documents import passages_of
from reports.proofreading.findings import Matched, NotChecked, Proof, ProofFinding, Spot
from reports.proofreading.known_numbers import KnownNumbers
from reports.proofreading.numeral_kinds import OTHER_RATIO
from reports.proofreading.parsed import Parser
from reports.proofreading.passages import Passage
from reports.proofreading.periods import in_words
from reports.proofreading.reader import Reader
from reports.proofreading.readings import Reading
from reports.proofreading.rules import PASSAGE_RULES, READING_RULES, TEXT_RULES, Fault, ProofRule, ReadPassage
from reports.proofreading.rules.sums import sums_that_hold

_ROLES = {
    "rate": "的增减幅度",
    "points": "的占比变化",
    "share": "的占比",
    "difference": "的增减数量",
    "trend": "的增减方向",
}
_SUM_HOLDS = "核定数之和"
_EQUAL = "与核定数相同，但没有读准指的是不是它"
_NO_MONTH = "没有核定的月份"


def proofread(text: str | Sequence[Passage], known: KnownNumbers) -> Proof:
    """Match every numeral of an author's text with the certified numbers.

    Args:
        text: Plain text or Markdown, or the passages of a file (`read_document`).
        known: The numbers that the text may print.

    Returns:
        What to put right and what to look at, what agrees, and what certificates don't know. Time and memory are
        linear in the text.
    """
    passages = passages_of(text) if isinstance(text, str) else text
    pieces = _pieces(passages, known)
    findings = sorted(
        dict.fromkeys(_findings(pieces, known)), key=lambda finding: (finding.spot.passage, finding.spot.start)
    )
    faulty = {(finding.spot.passage, finding.spot.start) for finding in findings}
    matched: list[Matched] = []
    not_checked: list[NotChecked] = []
    for piece in pieces:
        added_up = {total.start for total in sums_that_hold(piece)}
        for reading in piece.readings:
            spot = _spot(piece, reading.start, reading.end)
            if (spot.passage, spot.start) in faulty:
                continue
            if what := _agreement(reading, piece.context) or (_SUM_HOLDS if reading.start in added_up else ""):
                matched.append(Matched(spot, what))
            elif reading.numeral is not None:
                not_checked.append(NotChecked(spot, _why_not(reading, piece.context)))
    return Proof(tuple(findings), tuple(matched), tuple(not_checked))


def _pieces(passages: Sequence[Passage], known: KnownNumbers) -> list[ReadPassage]:
    parser = Parser(known)
    reader = Reader(known, parser.labels)
    parsed = list(parser.parse(passages))
    readings = [reader.read(each) for each in parsed]
    context = Context(known, [reading for each in readings for reading in each])
    return [ReadPassage(index, *each, context) for index, each in enumerate(zip(parsed, readings, strict=True))]


def _findings(pieces: Sequence[ReadPassage], known: KnownNumbers) -> Iterator[ProofFinding]:
    of_readings, of_passages, of_texts = (
        [rule for rule in rules if rule.code not in known.usage.off]
        for rules in (READING_RULES, PASSAGE_RULES, TEXT_RULES)
    )
    for piece in pieces:
        for reading in piece.readings:
            case = Case(reading, piece.context)
            first = next((told for rule in of_readings if (told := _judged(rule, case, piece))), None)
            if first is not None:
                yield first
        for rule in of_passages:
            yield from (_finding(rule, fault) for fault in rule.check(piece))
    for rule in of_texts:
        yield from (_finding(rule, fault) for fault in rule.check(pieces))


def _judged(rule: ProofRule, case: Case, piece: ReadPassage) -> ProofFinding | None:
    """What a rule says of a reading: of one that rests on something unknown nothing, but where it needs no more."""
    reading = case.reading
    if reading.role not in rule.roles or not (reading.certain or rule.of_uncertain):
        return None
    values = rule.check(case)
    return None if values is None else _finding(rule, Fault(piece, reading.start, reading.end, values))


def _finding(rule: ProofRule, fault: Fault) -> ProofFinding:
    expected, suggestion = rule.expected.format_map(fault.values), rule.suggestion.format_map(fault.values)
    spot = _spot(fault.piece, fault.start, fault.end, as_written=fault.as_written)
    return ProofFinding(rule.code, rule.name, spot, expected, suggestion, rule.level)


def _spot(piece: ReadPassage, start: int, end: int, *, as_written: bool = False) -> Spot:
    """The spot between two positions of a piece's plain text, or of its text as it is written."""
    passage = piece.parsed.passage
    first, last = (start, end) if as_written else passage.span(start, end)
    text = passage.text
    return Spot(piece.index, first, last, passage.place_of(first), text[first:last], passage.excerpt(first, last))


def _agreement(reading: Reading, context: Context) -> str:
    """What a reading without a fault agrees with; empty if nothing certified or registered speaks of it."""
    if not reading.certain:
        return ""
    if figure := context.known.by_figure.get(reading.figure):
        return f"自有数字：{figure.name}"
    if reading.quoted is not None:
        return f"{in_words(reading.months)}月报里的{reading.quoted.name}" if reading.numeral else ""
    if reading.metric and _is_held(reading, context):
        name = context.known.metrics[reading.metric].metric_name
        return f"{in_words(reading.months)}{name}{_ROLES.get(reading.role, '')}"
    return ""


def _is_held(reading: Reading, context: Context) -> bool:
    """Whether there was a number to hold a reading against."""
    if context.number(reading) is None:
        return False
    if reading.role in {"rate", "difference", "trend"} or (reading.role == "points"):
        return bool(context.bases(reading))
    return reading.role != "share" or bool(context.wholes(reading))


def _why_not(reading: Reading, context: Context) -> str:
    if reading.metric and reading.role == "level":
        number = context.number(reading)
        if number is None:
            return _NO_MONTH
        if not reading.certain and reading.count.plain_digits == number.printed:
            return _EQUAL
    return reading.kind or OTHER_RATIO
