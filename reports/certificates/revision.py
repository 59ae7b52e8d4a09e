"""What a revision changed, in the words that the next edition prints, and which earlier sentences it touches."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.certificates.certificate import Certificate, Reason, reasons_in
from reports.certificates.ledger import AnyLink, History
from reports.certificates.release_text import section_of
from reports.figures.flags import redefined
from reports.figures.numbers import MonthlyNumber
from reports.figures.words import DEFAULT, SectionWords

# A full stop ends a sentence where a space follows; inside a number it doesn't.
_SENTENCE = re.compile(r"(?:[^。！？；.!?\n]|[.!?](?!\s))+(?:[。！？；]|[.!?](?=\s))?")


@dataclass(frozen=True)
class Change:
    """A metric that another certificate of its month states otherwise: its exact value, or its definition.

    `reasons` are those of the revisions that changed it, in order, each once. `told` says whether notes name it: of
    derived numbers, which follow from others, those alone that the month's section prints.
    """

    old: MonthlyNumber
    new: MonthlyNumber
    reasons: tuple[Reason, ...]
    told: bool = True

    @property
    def metric(self) -> str:
        """The metric's code."""
        return self.new.metric

    @property
    def printed(self) -> bool:
        """Whether what is printed changes, value or unit."""
        return self.old.with_unit != self.new.with_unit

    @property
    def breaks_series(self) -> bool:
        """Whether the two values were counted by different definitions."""
        return redefined(self.old, self.new)


@dataclass(frozen=True)
class Comparison:
    """Two vintages of a month: revision `old` as somebody printed it, and revision `new`.

    `added` and `removed` are metrics that only one of them holds.
    """

    month: str
    old: int
    new: int
    changes: tuple[Change, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def note(self) -> str:
        """What the next edition prints, in our own words; empty if no printed number and no definition changed."""
        return self.note_in(DEFAULT)

    def note_in(self, words: SectionWords) -> str:
        """The same in a hall's words, on one line."""
        return words.sentences(*_value_notes(self, words), *_definition_notes(self, words))


@dataclass(frozen=True)
class AffectedSentence:
    """A sentence of an earlier text, and the metrics because of which it no longer holds or has to be read again."""

    source: str
    sentence: str
    metrics: tuple[str, ...]


def compare(history: Sequence[Certificate]) -> Comparison:
    """Compare the first of some certificates of a month with the last.

    Args:
        history: Certificates of one month with no revision left out, from the one that was printed to the one that
            stands; those in between tell the reasons.

    Raises:
        ValueError: They aren't consecutive revisions of one month.
    """
    first, last = history[0], history[-1]
    revisions = [(certificate.month, certificate.revision) for certificate in history]
    if revisions != [(first.month, first.revision + place) for place in range(len(history))]:
        raise ValueError(f"consecutive revisions of one month are compared, not {revisions}")
    old, new, silent = first.by_metric, last.by_metric, _unprinted(first) & _unprinted(last)
    changes = (
        Change(old[metric], new[metric], _reasons(metric, history), metric not in silent)
        for metric in old
        if metric in new
    )
    return Comparison(
        month=first.month,
        old=first.revision,
        new=last.revision,
        changes=tuple(change for change in changes if _differ(change.old, change.new)),
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
    )


def _unprinted(certificate: Certificate) -> frozenset[str]:
    """The derived metrics that a month's section doesn't print."""
    if "derived" not in certificate.evidence:
        return frozenset()
    return frozenset(certificate.foundation.derived.by_metric).difference(section_of(certificate).metrics)


@dataclass(frozen=True)
class EditionNotes:
    """What an edition prints of earlier months: a line each, and the certificates that were compared."""

    lines: tuple[str, ...]
    compared: tuple[AnyLink, ...]


def edition_notes(history: History, month: str, sequence: int, words: SectionWords = DEFAULT) -> EditionNotes:
    """One line for each earlier month of which another number stands than was last printed.

    An edition is a month's first certificate. A later revision of the month repeats that edition's notes, so that the
    notes follow from the ledger alone, and the same certificate always has the same ones.

    Args:
        history: The ledger; what stands before the sequence counts.
        month: The month whose release prints the notes.
        sequence: The place of its certificate.
        words: Those that it is written in.

    Raises:
        LedgerError: A certificate that is compared can't be read.
    """
    own = history.of(month, sequence)
    edition = own[0].sequence if own else sequence
    earlier = [before for before in history.months(edition) if before < month]
    if not earlier:
        return EditionNotes((), ())
    printed = history.of(earlier[-1], edition)[0].sequence
    since = {link.month for link in history.certificates if printed < link.sequence < edition}
    compared = [_since(history.of(before, edition), printed) for before in earlier if before in since]
    lines = (compare([history.read(link).certificate for link in links]).note_in(words) for links in compared)
    return EditionNotes(tuple(filter(None, lines)), tuple(link for links in compared for link in links))


def _since(revisions: Sequence[AnyLink], printed: int) -> Sequence[AnyLink]:
    """From the revision that stood when the last edition was printed to the one that stands."""
    return revisions[max(0, sum(link.sequence <= printed for link in revisions) - 1) :]


def affected_sentences(
    comparison: Comparison, texts: Mapping[str, str], words: SectionWords = DEFAULT
) -> list[AffectedSentence]:
    """Find the sentences that a comparison touches in texts that were printed before.

    A sentence is touched if it writes a changed number as it was printed, or names a changed metric beside a rate. A
    number that another metric happens to share is listed too: somebody has to look, and nothing is changed by itself.

    Args:
        comparison: Its changes.
        texts: Texts about that month, by the name under which they are to be found again.
        words: Those of the hall, in which they write numbers and rates.
    """
    affected = []
    for source, text in texts.items():
        for sentence in sentences(text):
            metrics = tuple(change.metric for change in comparison.changes if _touches(change, sentence, words))
            if metrics:
                affected.append(AffectedSentence(source, sentence, metrics))
    return affected


def sentences(text: str) -> list[str]:
    """The sentences of a text in order, each with the mark that ends it."""
    return [piece.strip() for piece in _SENTENCE.findall(text)]


def _touches(change: Change, sentence: str, words: SectionWords) -> bool:
    old = change.old
    forms = {words.digits(old.printed, separator) for separator in ("", words.thousands, words.grouped)}
    figure = rf"(?<![\d.])(?:{'|'.join(map(re.escape, sorted(forms)))})\s*{re.escape(old.display_unit)}"
    stated = change.printed and re.search(figure, sentence)
    rates = "|".join(map(re.escape, _rate_words(words)))
    return bool(stated or (change.new.metric_name in sentence and re.search(rates, sentence)))


def _rate_words(words: SectionWords) -> Iterator[str]:
    """What a sentence holds that states a change or a share."""
    yield from ("%", "％", "百分点")
    for known in (DEFAULT, words):
        yield from (known.month_before, known.year_before, known.grown, known.fallen, known.unchanged, known.points)


def _differ(old: MonthlyNumber, new: MonthlyNumber) -> bool:
    return old.exact != new.exact or old.with_unit != new.with_unit or redefined(old, new)


def _reasons(metric: str, history: Sequence[Certificate]) -> tuple[Reason, ...]:
    reasons: dict[Reason, None] = {}
    for before, after in pairwise(history):
        old, new = before.by_metric.get(metric), after.by_metric.get(metric)
        if after.reason and old != new and not (old and new and not _differ(old, new)):
            reasons[after.reason] = None
    return tuple(reasons)


def _value_notes(comparison: Comparison, words: SectionWords) -> list[str]:
    """One sentence for each set of reasons."""
    clauses_by_reasons: dict[tuple[Reason, ...], list[str]] = {}
    for change in comparison.changes:
        if change.printed and change.told:
            old, new = (words.amount(number.printed, number.display_unit) for number in (change.old, change.new))
            clause = words.revised_number.format(metric=change.new.metric_name, old=old, new=new)
            clauses_by_reasons.setdefault(change.reasons, []).append(clause)
    return [
        words.revised_numbers.format(
            month=words.month(comparison.month),
            numbers=words.clause_separator.join(clauses),
            reasons=words.list_separator.join(reasons_in(words)[reason] for reason in reasons),
        )
        for reasons, clauses in clauses_by_reasons.items()
    ]


def _definition_notes(comparison: Comparison, words: SectionWords) -> list[str]:
    names = [change.new.metric_name for change in comparison.changes if change.breaks_series and change.told]
    if not names:
        return []
    month, metrics = words.month(comparison.month), words.list_separator.join(names)
    return [words.revised_definitions.format(month=month, metrics=metrics)]
