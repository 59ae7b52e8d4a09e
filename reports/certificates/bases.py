"""What a month's numbers take from certificates that stood before: derived numbers, flags, notes on revised months."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reports.certificates.certificate import Base, Foundation
from reports.certificates.ledger import AnyLink, History
from reports.certificates.release_text import words_of
from reports.certificates.revision import edition_notes
from reports.figures.derived import Basis, Derived, MonthValues, derive
from reports.figures.flags import flagged
from reports.figures.months import months_before
from reports.figures.numbers import MonthlyNumber


@dataclass(frozen=True)
class Bases:
    """The flagged numbers, the certificates that they and the notes rest on, in order, the notes, what was derived."""

    numbers: tuple[MonthlyNumber, ...]
    certificates: tuple[Base, ...]
    notes: tuple[str, ...]
    derived: Derived


def bases_at(
    history: History, sequence: int, month: str, numbers: Iterable[MonthlyNumber], foundation: Foundation
) -> Bases:
    """What a month's numbers take from the certificates before a place of the ledger.

    Args:
        history: The ledger's links of the hall, or of the site.
        sequence: The place.
        month: `2025-03`.
        numbers: The month's; those of derived metrics aren't looked at.
        foundation: Its definitions, days and rankings of derived metrics, and the words that notes are in.

    Raises:
        LedgerError: One of them can't be read.
        NumbersError: A derived number can't be.
        ValueError: The month isn't written YYYY-MM.
    """
    own, before = (history.of(name, sequence)[-1:] for name in (month, months_before(month, 1)))

    def values(links: Sequence[AnyLink]) -> Mapping[str, MonthlyNumber]:
        return history.read(links[0]).certificate.by_metric if links else {}

    past = PastMonths(history, sequence)
    every, derived = with_derived(numbers, foundation.derived, month, past)
    notes = edition_notes(history, month, sequence, words_of(foundation.wording))
    links = sorted({*own, *before, *notes.compared, *past.read})
    return Bases(
        numbers=flagged(every, values(own), values(before)),
        certificates=tuple(Base(link.month, link.revision, history.read(link).sha256) for link in links),
        notes=notes.lines,
        derived=derived,
    )


def with_derived(
    numbers: Iterable[MonthlyNumber], derived: Derived, month: str, past: "PastMonths"
) -> tuple[list[MonthlyNumber], Derived]:
    """A month's numbers and those that are derived from them, with what became of each; raises as `bases_at`."""
    counted = {number.metric: number for number in numbers if number.metric not in derived.by_metric}
    if not derived.metrics:
        return list(counted.values()), derived
    current = MonthValues(month, 0, counted, derived.days)
    found, outcomes = derive(derived.metrics, current, past, derived.rankings)
    return [*counted.values(), *found.values()], replace(derived, outcomes=outcomes)


class PastMonths:
    """The numbers of other months as they stood before a place of the ledger; `read` are the links that were."""

    def __init__(self, history: History, sequence: int) -> None:
        self._history = history
        self._sequence = sequence
        self.read: set[AnyLink] = set()

    def __call__(self, month: str, basis: Basis) -> MonthValues | None:
        """A month's numbers as they were first certified, or as they stand; None where it isn't certified.

        Raises:
            LedgerError: Its certificate can't be read.
        """
        links = self._history.of(month, self._sequence)
        if not links:
            return None
        link = links[0] if basis == "as_printed" else links[-1]
        self.read.add(link)
        certificate = self._history.read(link).certificate
        days = {**certificate.foundation.derived.days, "calendar": len(certificate.days)}
        return MonthValues(month, certificate.revision, certificate.by_metric, days)
