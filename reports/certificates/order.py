"""The order of a ledger: whether its links follow each other, in sequence, by hash and in time, and are signed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from reports.certificates.certificate import Certificate
from reports.certificates.disk import Discrepancy
from reports.certificates.ledger import Archive, History, Ledger, LedgerEntry, LedgerError, Link
from reports.certificates.signers import Signer, authenticity_problems


@dataclass(frozen=True)
class JudgedLinks:
    """Links, judged: what is wrong, and the entries whose own words can be relied on."""

    problems: list[Discrepancy]
    trusted: dict[Link, LedgerEntry]


def judge_ledger(archive: Archive, history: History) -> JudgedLinks:
    """Judge a whole ledger by itself; an empty one is sound."""
    chain = judge_links(history, archive.signers, first=1, excused=archive.ledger.excused)
    return JudgedLinks([*strangers(archive.ledger), *chain.problems, *_of_other_halls(archive, chain)], chain.trusted)


def judge_links(
    history: History, signers: Sequence[Signer], *, first: int | None, excused: AbstractSet[str] = frozenset()
) -> JudgedLinks:
    """Judge links in order.

    Args:
        history: The links.
        signers: Who may sign.
        first: The sequence that they must begin at; None for anywhere.
        excused: SHA-256 of files whose time is known to be wrong.
    """
    problems: list[Discrepancy] = []
    trusted: dict[Link, LedgerEntry] = {}
    revisions: Counter[tuple[str, bool]] = Counter()
    before: LedgerEntry | None = None
    expected = first
    known: dict[int, str] = {}
    for link in history.chain:
        revisions[link.month, link.is_batch] += 1
        number = revisions[link.month, link.is_batch]
        problems += _order_problems(link, expected, number if first else None)
        entry, faults = _read_link(link, history, signers)
        if entry:
            problems += _own_place_problems(link, entry.certificate)
            problems += follow_problems(entry, before if link.sequence == expected else None, excused)
            problems += _head_problems(entry, known)
            known[link.sequence] = entry.sha256
        if entry and not faults:
            trusted[link] = entry
        problems += faults
        before, expected = entry, link.sequence + 1
    return JudgedLinks(problems, trusted)


def strangers(ledger: Ledger) -> list[Discrepancy]:
    """What lies among certificates or evidence and is neither."""
    return [
        *(Discrepancy(path, "it is no certificate, and has no place in the ledger") for path in ledger.strangers()),
        *(Discrepancy(path, "it is no document of evidence") for path in ledger.store.strangers()),
    ]


def follow_problems(entry: LedgerEntry, before: LedgerEntry | None, excused: AbstractSet[str]) -> Iterator[Discrepancy]:
    """Why an entry doesn't follow the one before it; nothing is known where that one can't be read."""
    if before is None:
        return
    certificate = entry.certificate
    if certificate.place.previous != before.sha256:
        yield Discrepancy(entry.path, f"the chain is broken: it doesn't follow {before.path.name} as that file is now")
    if certificate.recorded_at < before.certificate.recorded_at and excused.isdisjoint({entry.sha256, before.sha256}):
        yield Discrepancy(
            entry.path,
            f"it was signed before {before.path.name}, which it follows: the clock was wrong. If everything else is "
            "sound, `yuebao excuse-clock` puts that on record",
        )


def _read_link(link: Link, history: History, signers: Sequence[Signer]) -> tuple[LedgerEntry | None, list[Discrepancy]]:
    try:
        entry = history.read(link)
    except LedgerError as error:
        return None, [Discrepancy(link.path, str(error.__cause__))]
    return entry, [Discrepancy(link.path, message) for message in authenticity_problems(entry.envelope, signers)]


def _order_problems(link: Link, expected: int | None, revision: int | None) -> Iterator[Discrepancy]:
    if expected is not None and link.sequence > expected:
        absent = str(expected) if link.sequence == expected + 1 else f"{expected} to {link.sequence - 1}"
        yield Discrepancy(link.path, f"the chain has a gap before it: certificate {absent} was dropped")
    if expected is not None and link.sequence < expected:
        yield Discrepancy(link.path, f"the chain has more than one certificate {link.sequence}: one was duplicated")
    if revision is not None and link.revision != revision:
        yield Discrepancy(
            link.path, f"as {_what(link)} number {revision} of {link.month} it should be revision {revision}"
        )


def _what(link: Link) -> str:
    return "batch of sites" if link.is_batch else "certificate"


def _own_place_problems(link: Link, certificate: Certificate) -> Iterator[Discrepancy]:
    inside = (certificate.place.sequence, certificate.month, certificate.revision), certificate.is_batch
    if inside != (link[:3], link.is_batch) or certificate.below:
        yield Discrepancy(link.path, f"it was moved or copied here: inside it is {certificate.name}")


def _head_problems(entry: LedgerEntry, known: dict[int, str]) -> Iterator[Discrepancy]:
    """Whether the ledger still holds what its signers saw; a certificate of form 1 signs the one before it itself."""
    head = entry.certificate.head
    if head is None:
        return
    if head.sequence >= entry.certificate.place.sequence or known.get(head.sequence, head.sha256) != head.sha256:
        yield Discrepancy(entry.path, f"its signers saw another certificate {head.sequence} than the ledger holds now")


def _of_other_halls(archive: Archive, chain: JudgedLinks) -> Iterator[Discrepancy]:
    first = next(iter(chain.trusted.values()), None)
    hall = archive.hall or (first.certificate.hall.code if first else "")
    for entry in chain.trusted.values():
        if entry.certificate.hall.code != hall:
            yield Discrepancy(
                entry.path, f"it is of hall {entry.certificate.hall.code}, and this is the ledger of hall {hall}"
            )
