"""The authors' desk as an asset: documents, workbook and page of a certified month, with where they lie."""

import dagster as dg

from orchestration.assets.section import SECTION
from orchestration.checks import AUTHORS
from orchestration.config.hall import Hall
from orchestration.partitions import monthly
from orchestration.runtime.errors import Refused
from reports.certificates.ledger import LedgerError

AUTHORS_DESK = dg.AssetKey("authors_desk")


def build_desk_asset(hall: Hall) -> dg.AssetsDefinition:
    """The asset `authors_desk`, one partition per month; it is made from a certificate and from nothing else."""

    @dg.asset(
        key=AUTHORS_DESK,
        deps=[SECTION],
        partitions_def=monthly(hall),
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=1),
        group_name="desk",
        kinds={"word", "excel", "html"},
        owners=[AUTHORS],
        tags={"layer": "desk"},
        description="Section 一 in Word, the workbook, CSV, Parquet and SDMX-CSV, and the authors' page.",
    )
    def authors_desk(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from orchestration.certification.author_files import write_author_files

        try:
            written = write_author_files(context.partition_key[:7])
        except (Refused, LedgerError) as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        return dg.MaterializeResult(
            metadata={
                "files": len(written),
                "bytes": sum(path.stat().st_size for path in written),
                **{path.name: dg.MetadataValue.path(path) for path in written},
            }
        )

    return authors_desk
