"""The health page as an asset, so that Dagster's page shows when it was made last and where it lies."""

import dagster as dg

from orchestration.automation.deadlines import moment
from orchestration.checks import ENGINEERS, failing_on
from orchestration.health.page import write_health
from orchestration.health.snapshot import take_snapshot
from orchestration.runtime.errors import UserError
from orchestration.runtime.paths import current_home

HEALTH_PAGE = dg.AssetKey("health_page")


def build_health_asset() -> dg.AssetsDefinition:
    """The asset `health_page`; it fails only where nothing can be said at all, and never for what it says."""

    @dg.asset(
        key=HEALTH_PAGE,
        group_name="health",
        kinds={"html"},
        owners=[ENGINEERS],
        tags={"layer": "health"},
        description="Whether this month is on its way, and what to do if not: a page (.html) and Prometheus metrics.",
    )
    def health_page(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with failing_on(UserError):
            health = take_snapshot(moment(), context.instance)
            page, metrics = write_health(health, current_home())
        return dg.MaterializeResult(
            metadata={
                "headline": health.headline,
                "page": dg.MetadataValue.path(page),
                "metrics": dg.MetadataValue.path(metrics),
                "things to do": len(health.actions),
                "open quarantine items": len(health.refusals),
                "revisions pending": len(health.pending),
                "certified months": health.certified_months,
            }
        )

    return health_page
