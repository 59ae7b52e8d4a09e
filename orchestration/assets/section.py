"""The final asset: the statistics section of a month, emitted only from a certificate that stands up to proof."""

import json

import dagster as dg

from orchestration.assets.certified import CERTIFIED_NUMBERS
from orchestration.certification.certify import archive_of
from orchestration.checks import AUTHORS
from orchestration.config.hall import Hall, load_hall
from orchestration.partitions import monthly
from orchestration.runtime.paths import current_home
from reports.certificates.release import release_of, show_newest
from reports.certificates.verification import verify

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
        month = context.partition_key[:7]
        archive = archive_of(load_hall(), current_home())
        entry = archive.ledger.latest(month)
        if entry is None:
            raise dg.Failure(description=f"{month} isn't certified, so nothing is emitted", allow_retries=False)
        proof = verify(archive, month=month)
        if not proof.sound:
            lines = [f"{month} is certified, but not sound; nothing is emitted:", *map(str, proof.problems)]
            raise dg.Failure(description="\n  ".join(lines), allow_retries=False)
        release = release_of(archive.published, entry.certificate)
        numbers = json.loads((release / "numbers.json").read_bytes())
        return dg.MaterializeResult(
            metadata={
                "section": dg.MetadataValue.md((release / "section.md").read_text(encoding="utf-8")),
                "folder": dg.MetadataValue.path(show_newest(archive.published, entry.certificate)),
                "release": dg.MetadataValue.path(release),
                "fingerprint": numbers["fingerprint"],
                "code": entry.certificate.code,
                "files verified": proof.files_hashed,
            }
        )

    return report_statistics_section
