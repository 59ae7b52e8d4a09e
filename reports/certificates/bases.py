"""What a month's numbers take from certificates that stood before: flags, and notes on revised months."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reports.certificates.certificate import Base
from reports.certificates.ledger import AnyLink, History
from reports.certificates.revision import edition_notes
from reports.figures.flags import flagged
from reports.figures.months import months_before
from reports.figures.numbers import MonthlyNumber
from reports.figures.words import SectionWords


@dataclass(frozen=True)
class Bases:
    """The flagged numbers, the certificates that flags and notes rest on, in order, and the notes."""

    numbers: tuple[MonthlyNumber, ...]
    certificates: tuple[Base, ...]
    notes: tuple[str, ...]


def bases_at(
    history: History, sequence: int, month: str, numbers: Iterable[MonthlyNumber], words: SectionWords
) -> Bases:
    """What a month's numbers take from the certificates before a place of the ledger; notes are in these words.

    Raises:
        LedgerError: One of them can't be read.
        ValueError: The month isn't written YYYY-MM.
    """
    own, before = (history.of(name, sequence)[-1:] for name in (month, months_before(month, 1)))

    def values(links: Sequence[AnyLink]) -> Mapping[str, MonthlyNumber]:
        return history.read(links[0]).certificate.by_metric if links else {}

    notes = edition_notes(history, month, sequence, words)
    links = sorted({*own, *before, *notes.compared})
    return Bases(
        numbers=flagged(numbers, values(own), values(before)),
        certificates=tuple(Base(link.month, link.revision, history.read(link).sha256) for link in links),
        notes=notes.lines,
    )
