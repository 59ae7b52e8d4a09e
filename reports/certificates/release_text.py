"""A release's files, made anew from a certificate and from nothing else."""

from collections.abc import Collection, Iterable, Mapping

from reports.certificates.certificate import Certificate, CertifiedSystem, Wording
from reports.figures.numbers import MonthlyNumber
from reports.figures.section import NumberExtract, NumberSource, Origin, Vintage, certified_files, certified_texts
from reports.figures.wording import Section, SectionSubject, WordingTemplate, word_section
from reports.figures.words import SectionWords, replaced_words

# The files that print the certificate's code, which is known after all others are worded.
CODE_CARRIERS = frozenset({"numbers.json"})
SECTION_TEXT = "section.txt"


def release_files(certificate: Certificate) -> dict[str, bytes]:
    """The files of a certificate's release, by name; of a site's below the hall its texts, which its candidate names.

    Args:
        certificate: With the evidence of form 2; one of form 1 gets systems, wording and notes by `standing_on`.

    Raises:
        EvidenceStoreError: Its evidence can't be read.
        SectionError, WordingError: The numbers can't be worded.
    """
    foundation = certificate.foundation
    if certificate.below:
        return certified_texts(section_of(certificate), foundation.notes, words_of(foundation.wording))
    return _with_numbers(certificate)


def section_of(certificate: Certificate) -> Section:
    """A certificate's section, and the metrics that it prints; raises as `release_files`."""
    foundation, site = certificate.foundation, certificate.hall.name
    if certificate.below:
        site = foundation.sites[0].name if foundation.sites else ""
    subject, template = SectionSubject(site, certificate.span, foundation.derived), template_of(foundation.wording)
    return word_section(certificate.by_metric, month=certificate.month, template=template, subject=subject)


def kept_section(certificate: Certificate) -> Section | None:
    """A certificate's section; None where its wording isn't kept (form 1). Raises as `release_files`."""
    return section_of(certificate) if certificate.foundation.wording.template else None


def ordered_metrics(certificate: Certificate, metrics: Iterable[str]) -> list[str]:
    """Metrics of a certificate in the report's order; those that it doesn't print come last, of them the derived ones.

    Where its wording isn't kept none is known to be printed. Raises as `release_files`.
    """
    derived, section = certificate.foundation.derived.by_metric, kept_section(certificate)
    by_name = sorted(metrics, key=lambda metric: (metric in derived, metric))
    return section.ordered(by_name) if section else by_name


def ordered_numbers(certificate: Certificate) -> list[MonthlyNumber]:
    """A certificate's numbers in the report's order; raises as `release_files`."""
    numbers = certificate.by_metric
    return [numbers[metric] for metric in ordered_metrics(certificate, numbers)]


def numbers_file(certificate: Certificate) -> bytes:
    """`numbers.json` of a certificate; a site's release is without it. Raises as `release_files`."""
    return _with_numbers(certificate)["numbers.json"]


def _with_numbers(certificate: Certificate) -> dict[str, bytes]:
    foundation = certificate.foundation
    extracts = [(extract.system, extract.day, extract.sha256) for extract in foundation.extracts]
    vintage = Vintage(certificate.revision, certificate.code, foundation.notes)
    origin = Origin(
        month=certificate.month,
        hall_code=certificate.site,
        hall_name=certificate.site_name,
        fingerprint=certificate.program.fingerprint,
        sources={
            number.metric: sources_behind(number.measures, foundation.systems, extracts)
            for number in certificate.numbers
        },
        span=certificate.span,
        derived=foundation.derived,
    )
    return certified_files(certificate.by_metric, origin, vintage, template=template_of(foundation.wording))


def template_of(wording: Wording) -> WordingTemplate:
    """The wording of a certificate's evidence."""
    constants = frozenset(wording.constants)
    return WordingTemplate("its certified wording", wording.template, constants, words_of(wording))


def words_of(wording: Wording) -> SectionWords:
    """The words of a certificate's evidence; WordingError where they can't stand in place of ours."""
    return replaced_words(wording.words or {}, wording.constants)


def sources_behind(
    measures: Collection[str], systems: Mapping[str, CertifiedSystem], extracts: Iterable[tuple[str, str, str]]
) -> list[NumberSource]:
    """The systems that count some measures, each with all of its extracts.

    Args:
        measures: What is counted.
        systems: The hall's systems by name.
        extracts: System, day and SHA-256 of each.
    """
    behind = {name: system for name, system in systems.items() if set(system.measures) & set(measures)}
    found: dict[str, list[NumberExtract]] = {name: [] for name in behind}
    for name, day, sha256 in extracts:
        if name in found:
            found[name].append({"day": day, "sha256": sha256})
    return [{"system": name, "system_name": system.title, "extracts": found[name]} for name, system in behind.items()]
