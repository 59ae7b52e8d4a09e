"""Finds what is certified: a certificate by month, moment or code, and the numbers that proofreading knows."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from orchestration.certification.certify import current_archive, read_signers
from orchestration.config.catalogue import closing_measures, labels
from orchestration.config.hall import load_hall
from orchestration.runtime.errors import Refused
from reports.certificates.certificate import Certificate
from reports.certificates.ledger import Archive, LedgerEntry
from reports.certificates.release_text import kept_section
from reports.certificates.trace import Contribution, Trace, TraceError, rows_behind, trace
from reports.certificates.verification import Verification, verify, verify_release
from reports.figures.months import first_day
from reports.figures.numbers import MonthlyNumber
from reports.proofreading import RULES, CertifiedSection, KnownNumber, KnownNumbers, OwnFigure, Usage


def find(what: str, revision: int | None, as_of: str = "", site: str = "") -> tuple[Archive, LedgerEntry]:
    """The certificate that a month or a short code stands for.

    Args:
        what: `2025-03`, or the code that a printed page carries.
        revision: Of a month, another revision than the newest.
        as_of: Of a month, the one that was certified at a moment (`2025-05-02`, its end, or with a time).
        site: Of a month, the site by its code; the hall itself when none is named.

    Raises:
        Refused: there is none.
    """
    archive = current_archive()
    try:
        first_day(what)
    except ValueError:
        return archive, _by_code(archive, what)
    below = archive.below(site)
    if as_of:
        entry = archive.ledger.at(what, _moment(as_of), below)
    else:
        entries = archive.ledger.entries(what, below)
        vintages = [vintage for vintage in entries if revision in {None, vintage.certificate.revision}]
        entry = vintages[-1] if vintages else None
    if entry is None:
        which = f"revision {revision}" if revision else f"certificate as of {as_of}" if as_of else "certificate"
        whose, option = (f" of site {below}", f" --site {below}") if below else ("", "")
        raise Refused(f"{what} has no {which}{whose}; `yuebao show {what}{option}` lists what there is")
    return archive, entry


def require_certified_site(archive: Archive, code: str) -> None:
    """Refused where nothing of a site is certified; it says of which something is."""
    if archive.below(code) and not archive.ledger.months(code):
        known = ", ".join(site for site in archive.ledger.histories() if site)
        others = f"these have: {known}" if known else f"this ledger certifies site {archive.hall} only"
        raise Refused(f"site {code} has no certified numbers here; {others}")


def _by_code(archive: Archive, code: str) -> LedgerEntry:
    try:
        entry = archive.ledger.find(code)
    except ValueError as error:
        raise Refused(f"{code!r} is neither a month, such as 2025-03, nor a certificate's code: {error}") from error
    if entry is None:
        raise Refused(f"no certificate in {archive.certificates} has the code {code}")
    return entry


def _moment(text: str) -> dt.datetime:
    zone = load_hall().hall.zone
    try:
        if len(text) == len("2025-05-02"):
            return dt.datetime.combine(dt.date.fromisoformat(text), dt.time.max, zone)
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text!r} is no moment; write 2025-05-02 or 2025-05-02T12:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


class Traced(NamedTuple):
    """A certified number taken apart; its `rows` are read when they are asked for."""

    entry: LedgerEntry
    trace: Trace
    rows: Iterator[Contribution]


def trace_number(what: str, metric: str, revision: int | None, site: str = "") -> Traced:
    """A certified number, down to the rows of its extracts.

    Raises:
        Refused: it isn't certified, or what lies in the landing isn't what was signed.
    """
    archive, entry = find(what, revision, site=site)
    closing = closing_measures()
    try:
        traced = trace(entry.certificate, metric, archive.landing, closing)
        return Traced(entry, traced, rows_behind(entry.certificate, metric, archive.landing, closing))
    except TraceError as error:
        raise Refused(str(error)) from error


def verify_what(what: str | None, signers: Path | None, *, rows: bool) -> Verification:
    """Verify the whole ledger, one month of it, or a release folder that was handed over; `rows` are counted again.

    A release folder held against an auditor's own list of signers needs no installation.
    """
    if signers and what and Path(what).is_dir():
        return verify_release(Path(what), read_signers(signers))
    archive = current_archive()
    if signers:
        archive = replace(archive, signers=read_signers(signers))
    if what and Path(what).is_dir():
        return verify_release(Path(what), archive.signers)
    return verify(archive, month=what, rows=rows, handed_over=True)


def known_numbers(month: str, figures: list[OwnFigure]) -> KnownNumbers:
    """All numbers that certificates know, for proofreading a text about one month.

    Raises:
        Refused: the month isn't certified.
    """
    archive = current_archive()
    if archive.ledger.latest(month) is None:
        raise Refused(f"{month} 还没有核定，没有数可以对照；核定过的月份用 yuebao show 看")
    return ledger_knowledge(archive, month, figures)


def ledger_knowledge(archive: Archive, month: str, figures: Sequence[OwnFigure] = ()) -> KnownNumbers:
    """What a text of a month may print: the numbers of every certificate, the sections of those that stand.

    Raises as `usage`.
    """
    numbers: list[KnownNumber] = []
    sections: list[CertifiedSection] = []
    for entry in archive.ledger.entries():
        certificate = entry.certificate
        superseded = archive.ledger.state(certificate) == "已修订"
        numbers += _numbers_of(certificate, superseded=superseded)
        if (section := kept_section(certificate)) and not superseded:
            rows = section.table.rows if section.table else ()
            sections.append(CertifiedSection(certificate.month, section.paragraph, section.values, rows))
    return KnownNumbers(month, numbers, figures, usage(), sections)


def usage() -> Usage:
    """How the texts of this hall are read.

    Raises:
        Refused: the hall's folder switches off a rule that there isn't.
    """
    hall = load_hall().hall
    codes = {rule.code for rule in RULES}
    if unknown := sorted({*hall.proofreading.off} - codes):
        there_are = ", ".join(sorted(codes))
        raise Refused(f"hall.toml: [proofreading] off names {', '.join(unknown)}, which is no rule; rules: {there_are}")
    return Usage(hall.name, hall.proofreading.names, hall.proofreading.off)


def _numbers_of(certificate: Certificate, *, superseded: bool) -> Iterator[KnownNumber]:
    # How a number changed is read of the numbers themselves.
    numbers = [number for number in certificate.numbers if number.metric not in certificate.changes]
    derived = certificate.foundation.derived.by_metric
    for number in known_of(numbers, certificate.month):
        is_derived = number.metric in derived
        yield replace(number, revision=certificate.revision, superseded=superseded, derived=is_derived)


def known_of(numbers: Iterable[MonthlyNumber], month: str) -> Iterator[KnownNumber]:
    """Numbers of a month as proofreading knows them."""
    names = labels()
    for number in numbers:
        yield KnownNumber(**vars(number), labels=names.get(number.metric, ()), month=month)
