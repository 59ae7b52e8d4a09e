"""Rankings of a certificate counted again from its extracts, by SQL that shares nothing with dbt's."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reports.certificates.certificate import Certificate
from reports.certificates.recount import RANKED_COLUMNS, Recounts
from reports.figures.derived import RANKINGS, MonthValues, Rankings, Scope, ranked


def recounted_rankings(
    certificate: Certificate, recounts: Recounts, names: Mapping[str, Mapping[str, str]]
) -> Rankings:
    """The rankings that a certificate's extracts give, by metric.

    Args:
        certificate: With the definitions, days and groups of sites of its derived metrics.
        recounts: Counts its extracts.
        names: By metric, what those who are ranked are called, by code.

    Raises:
        RecountError: As `Recounts.of`.
    """
    derived = certificate.foundation.derived
    current = MonthValues(certificate.month, 0, certificate.by_metric, derived.days)
    scope = Scope(certificate.counted_sites, derived.groups)
    found = {}
    for metric in derived.metrics:
        if metric.kind in RANKINGS and metric.ranked_by:
            sums = recounts.by(certificate, RANKED_COLUMNS[metric.ranked_by])
            counts = replace(sums, names=names.get(metric.metric, {}))
            found[metric.metric] = ranked(metric, derived.metrics, current, scope, counts)
    return found


def ranking_problems(certificate: Certificate, recounts: Recounts) -> Iterator[str]:
    """Which rankings of a certificate aren't those that its extracts give; raises as `recounted_rankings`."""
    certified = certificate.foundation.derived.rankings
    names = {metric: {member.code: member.name for member in ranking} for metric, ranking in certified.items()}
    for metric, again in recounted_rankings(certificate, recounts, names).items():
        if again != certified[metric]:
            yield f"{metric} ranks others, or otherwise, than its extracts do"
