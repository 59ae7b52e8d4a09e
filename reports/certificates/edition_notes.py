"""The revision notes that an edition prints: what has changed of earlier months since the edition before it."""

from __future__ import annotations

from collections.abc import Sequence

from reports.certificates.certificate import Certificate
from reports.certificates.ledger import Ledger, Link
from reports.certificates.revision import compare


def edition_notes(ledger: Ledger, drafted: Certificate) -> tuple[str, ...]:
    """One line of Chinese for each earlier month of which another number stands than was last printed.

    An edition is a month's first certificate. A later revision of the month repeats that edition's notes, so that the
    notes follow from the ledger alone, and the same certificate always has the same ones.

    Args:
        ledger: With every certificate before the one that is drafted.
        drafted: The certificate whose release prints the notes.

    Raises:
        LedgerError: A certificate that is compared can't be read.
    """
    edition = next((link.sequence for link in ledger.links(drafted.month)), drafted.sequence)
    earlier = [link for link in ledger.links() if link.sequence < edition and link.month < drafted.month]
    if not earlier:
        return ()
    months = sorted({link.month for link in earlier})
    printed = min(link.sequence for link in earlier if link.month == months[-1])
    notes = (_note([link for link in earlier if link.month == month], printed) for month in months)
    return tuple(note for note in notes if note)


def _note(revisions: Sequence[Link], printed: int) -> str:
    """What changed from the revision that stood when the last edition was printed to the one that stands."""
    known = max(1, sum(link.sequence <= printed for link in revisions))
    history = [link.read().certificate for link in revisions[known - 1 :]]
    return compare(history).note
