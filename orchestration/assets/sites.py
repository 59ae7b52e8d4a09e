"""Certified sites: the certificates of a month's sites below the hall, as an asset."""

from collections.abc import Iterator
from typing import Literal

import dagster as dg
from pydantic import Field

from orchestration.certification.certify import CERTIFICATE_ERRORS, current_archive
from orchestration.certification.settings_evidence import settings_for
from orchestration.certification.sites import SiteRequests, certify_sites
from orchestration.checks import ENGINEERS, failing_on
from orchestration.config.hall import Hall
from orchestration.partitions import monthly_asset
from orchestration.resources import RunMonths
from orchestration.runtime.errors import UserError
from orchestration.warehouse.month import NotPrintableError

CERTIFIED_SITES = dg.AssetKey("certified_sites")


class SiteRequestsConfig(dg.Config):
    """Which revision of which site to make, by its code, and why it changes."""

    revisions: dict[str, int] = Field(default={})
    reason: Literal["", "late_data", "source_correction", "definition_change", "our_error"] = ""
    note: str = ""


def build_sites_asset(hall: Hall) -> dg.AssetsDefinition:
    """The asset `certified_sites`, one partition per month; it fails closed, and under `manual` waits for people."""

    @monthly_asset(
        *(hall, CERTIFIED_SITES, "sites", ENGINEERS),
        deps=["fct_monthly_counts", "fct_monthly_metrics", "fct_completeness"],
        kinds={"json"},
        description="The certificates of the hall's sites, signed and chained together, a batch at a time.",
        output_required=False,
    )
    def certified_sites(
        context: dg.AssetExecutionContext, config: SiteRequestsConfig, months: RunMonths
    ) -> Iterator[dg.MaterializeResult[None]]:
        month = months.of_partition(context.partition_key)
        requests = SiteRequests(config.revisions, config.reason, config.note)
        errors = (UserError, *CERTIFICATE_ERRORS, NotPrintableError)
        with failing_on(*errors), settings_for(current_archive(), month.name, config.reason) as settings:
            entry = certify_sites(month, settings, requests)
        if entry is None:
            context.log.info(f"no site of {month.name} was certified: all were already, or they wait for `yuebao sign`")
            return
        yield dg.MaterializeResult(
            metadata={
                "batch": dg.MetadataValue.path(entry.path),
                "code": entry.certificate.code,
                "sites": len(config.revisions),
                "left out": len(month.left_out),
            }
        )

    return certified_sites
