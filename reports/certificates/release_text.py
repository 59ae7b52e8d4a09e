"""A release's files, made anew from a certificate and from nothing else."""

from collections.abc import Mapping

from reports.certificates.certificate import Certificate, CertifiedSystem, Wording
from reports.figures.section import NumberSource, Origin, Vintage, certified_files
from reports.figures.wording import WordingTemplate

# The files that print the certificate's code, which is known after all others are worded.
CODE_CARRIERS = frozenset({"numbers.json"})


def release_files(certificate: Certificate) -> dict[str, bytes]:
    """The files of a certificate's release, by name.

    Args:
        certificate: With the evidence of form 2; one of form 1 gets systems, wording and notes by `standing_on`.

    Raises:
        EvidenceStoreError: Its evidence can't be read.
        SectionError, WordingError: The numbers can't be worded.
    """
    foundation = certificate.foundation
    vintage = Vintage(certificate.revision, certificate.code, foundation.notes)
    origin = Origin(
        month=certificate.month,
        hall_code=certificate.hall.code,
        hall_name=certificate.hall.name,
        fingerprint=certificate.program.fingerprint,
        sources={
            number.metric: _sources(certificate, foundation.systems, number.measures) for number in certificate.numbers
        },
    )
    return certified_files(certificate.by_metric, origin, vintage, template=template_of(foundation.wording))


def template_of(wording: Wording) -> WordingTemplate:
    """The wording of a certificate's evidence."""
    return WordingTemplate("its certified wording", wording.template, frozenset(wording.constants))


def _sources(
    certificate: Certificate, systems: Mapping[str, CertifiedSystem], measures: tuple[str, ...]
) -> list[NumberSource]:
    """The systems that count the measures, with every extract of the month."""
    return [
        {
            "system": name,
            "system_name": system.title,
            "extracts": [
                {"day": extract.day, "sha256": extract.sha256}
                for extract in certificate.foundation.extracts
                if extract.system == name
            ],
        }
        for name, system in systems.items()
        if set(system.measures) & set(measures)
    ]
