"""The final asset: the statistics section of a month, emitted only from a certificate that stands up to proof."""

import json

import dagster as dg

from orchestration.assets.certified import CERTIFIED_NUMBERS
from orchestration.certification.monthly_report import emit_section
from orchestration.checks import AUTHORS
from orchestration.config.hall import Hall
from orchestration.partitions import monthly
from orchestration.runtime.errors import Refused

SECTION = dg.AssetKey("report_statistics_section")


def build_section_asset(hall: Hall) -> dg.AssetsDefinition:
    """The asset `report_statistics_section`, one partition per month."""

    @dg.asset(
        key=SECTION,
        deps=[CERTIFIED_NUMBERS],
        partitions_def=monthly(hall),
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=1),
        group_name="report",
        kinds={"markdown", "json"},
        owners=[AUTHORS],
        tags={"layer": "report"},
        description="Heading and paragraph of section 一 as certified, and the numbers behind them (.txt, .md, .json).",
    )
    def report_statistics_section(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        try:
            emission = emit_section(context.partition_key[:7])
        except Refused as refused:
            raise dg.Failure(description=str(refused), allow_retries=False) from refused
        numbers = json.loads((emission.release / "numbers.json").read_bytes())
        return dg.MaterializeResult(
            metadata={
                "section": dg.MetadataValue.md((emission.release / "section.md").read_text(encoding="utf-8")),
                "folder": dg.MetadataValue.path(emission.shown),
                "release": dg.MetadataValue.path(emission.release),
                "fingerprint": numbers["fingerprint"],
                "code": emission.entry.certificate.code,
                "files verified": emission.files_verified,
            }
        )

    return report_statistics_section
