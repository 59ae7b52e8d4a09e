"""Rankings of a certificate counted again from its extracts, by SQL that shares nothing with dbt's."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reports.certificates.certificate import Certificate
from reports.certificates.recount import Recounts
from reports.figures.derived import RANKINGS, MonthValues, RankedBy, Rankings, Scope, ranked

_COLUMNS: Mapping[RankedBy, str] = {"department": "department_code", "site": "hall_code", "item": "item_code"}


def recounted_rankings(certificate: Certificate, recounts: Recounts) -> Rankings:
    """The rankings that a certificate's extracts give, by metric.

    Raises:
        RecountError: As `Recounts.of`.
    """
    derived = certificate.foundation.derived
    current = MonthValues(certificate.month, 0, certificate.by_metric, derived.days)
    scope = Scope(certificate.counted_sites, derived.groups)
    found = {}
    for metric in derived.metrics:
        if metric.kind in RANKINGS and metric.ranked_by:
            names = {member.code: member.name for member in derived.rankings[metric.metric]}
            counts = replace(recounts.by(certificate, _COLUMNS[metric.ranked_by]), names=names)
            found[metric.metric] = ranked(metric, derived.metrics, current, scope, counts)
    return found


def ranking_problems(certificate: Certificate, recounts: Recounts) -> Iterator[str]:
    """Which rankings of a certificate aren't those that its extracts give; raises as `recounted_rankings`."""
    certified = certificate.foundation.derived.rankings
    for metric, again in recounted_rankings(certificate, recounts).items():
        if again != certified[metric]:
            yield f"{metric} ranks others, or otherwise, than its extracts do"
