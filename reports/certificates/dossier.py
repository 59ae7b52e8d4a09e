"""One certified month with all that authors are shown of it: the certificate, its revisions, its past, its parts.

Every numeral that a document, workbook or page prints comes from here, and so from a certificate.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from reports.certificates.certificate import Certificate, CertifiedHall
from reports.certificates.disk import Disk
from reports.certificates.ledger import Archive, CertificateState
from reports.certificates.rates import Against, Rate, RateBasis, RateError, base_month, rate
from reports.certificates.release import release_of
from reports.certificates.release_text import kept_section, ordered_numbers, words_of
from reports.certificates.trace import Trace, traces
from reports.figures.history import COURSE_MONTHS, DOES_NOT_ADD_UP, sum_to_date
from reports.figures.months import month_title, months_before
from reports.figures.numbers import MonthlyNumber
from reports.figures.section import SECTION_MARKDOWN
from reports.figures.section_text import PrintedSection
from reports.figures.words import SectionWords
from reports.figures.written import WrittenValue


@dataclass(frozen=True)
class Dossier:
    """A certificate and what stands around it.

    Attributes:
        certificate: the vintage that is shown.
        state: whether it stands or was revised.
        revisions: every certificate of the month, first to newest.
        history: by month, the certificates of each of the 24 months before that has one, oldest month first.
        release: the folder of its signed files.
        departments: names by code.
        traces: by metric, what adds up to the number.
        above: the sites above its own, the hall first; none of the hall's own.
        closing: the measures that are stocks, whose days and months don't add up.
    """

    certificate: Certificate
    state: CertificateState
    revisions: tuple[Certificate, ...]
    history: Mapping[str, tuple[Certificate, ...]]
    release: Path
    departments: Mapping[str, str]
    traces: Mapping[str, Trace]
    above: tuple[CertifiedHall, ...] = ()
    closing: frozenset[str] = frozenset()

    @property
    def words(self) -> SectionWords:
        """The words in which its section is written."""
        return words_of(self.certificate.foundation.wording)

    @cached_property
    def numbers(self) -> tuple[MonthlyNumber, ...]:
        """Its numbers in the report's order, which every list of them has."""
        return tuple(ordered_numbers(self.certificate))

    @cached_property
    def printed(self) -> PrintedSection:
        """Section 一 by its parts, as released; ValueError where the text isn't a section's."""
        return PrintedSection.read((self.release / SECTION_MARKDOWN).read_text(encoding="utf-8"))

    @cached_property
    def values(self) -> tuple[WrittenValue, ...]:
        """The values of section 一's paragraph; none where its wording isn't kept, or is worded otherwise today."""
        worded = kept_section(self.certificate)
        return worded.values if worded and worded.paragraph == self.printed.paragraph else ()

    @cached_property
    def section(self) -> str:
        """Heading, paragraph and notes of section 一, as released."""
        return (self.release / "section.txt").read_text(encoding="utf-8")

    def rate(self, metric: str, against: Against, basis: RateBasis = "as_printed") -> Rate | str:
        """环比 or 同比 of a metric, or in Chinese why none may be printed."""
        month = base_month(self.certificate.month, against)
        try:
            return rate(metric, self.certificate, self.history.get(month, ()), basis)
        except RateError as error:
            return error.for_authors

    def to_date(self, metric: str) -> MonthlyNumber | str:
        """The sum of a metric from January on, as its months stand, or in Chinese why there is none.

        Where the hall defines such a sum, it is that one. Nothing else that is made of others adds up, nor do stocks.
        """
        derived, numbers = self.certificate.foundation.derived, self.certificate.by_metric
        for own in derived.metrics:
            if own.kind == "to_date" and metric in {own.metric, own.of}:
                return numbers.get(own.metric) or self.without_value(own.metric)
        number = numbers[metric]
        if metric in derived.by_metric or self.closing.intersection(number.measures):
            return DOES_NOT_ADD_UP
        past = {month: certificates[-1].by_metric.get(metric) for month, certificates in self.history.items()}
        return sum_to_date(number, self.certificate.month, past)

    def without_value(self, metric: str) -> str:
        """Why a derived metric has no value, in the section's words, and because of which month."""
        outcome = self.certificate.foundation.derived.absent[metric]
        return f"{self.words.reason(str(outcome.reason))}（{month_title(outcome.month)}）"


def open_dossier(
    archive: Archive,
    certificate: Certificate,
    departments: Mapping[str, str],
    closing: Collection[str],
    disk: Disk | None = None,
) -> Dossier:
    """Gather a month.

    Args:
        archive: Where certificates, extracts and releases lie.
        certificate: Which month and vintage, of this archive's ledger.
        departments: Names by code.
        closing: The measures that are stocks (see `reports.certificates.trace`).
        disk: Knows the hashes of the files that it has read already.

    Raises:
        LedgerError: a certificate can't be read.
        TraceError: an extract isn't what was signed, or rows don't add up to their number.
    """
    ledger, below = archive.ledger, certificate.below
    before = [months_before(certificate.month, back) for back in reversed(range(1, COURSE_MONTHS + 1))]
    return Dossier(
        certificate=certificate,
        state=ledger.state(certificate),
        revisions=tuple(entry.certificate for entry in ledger.entries(certificate.month, below)),
        history={
            month: tuple(entry.certificate for entry in entries)
            for month in before
            if (entries := ledger.entries(month, below))
        },
        release=release_of(archive.published, certificate),
        departments=departments,
        traces=traces(certificate, archive.landing, closing, disk=disk),
        closing=frozenset(closing if certificate.form == 1 else certificate.foundation.closing),
    )
