"""What is emitted of a certified month: the statistics section, and then the authors' desk with all its files."""

import json

import dagster as dg

from orchestration.assets.certified import CERTIFIED_NUMBERS
from orchestration.certification.monthly_report import emit_section
from orchestration.checks import AUTHORS, failing_on
from orchestration.config.hall import Hall
from orchestration.partitions import month_of_key, monthly_asset
from orchestration.runtime.errors import Refused, UserError
from reports.certificates.ledger import LedgerError

SECTION = dg.AssetKey("report_statistics_section")
AUTHORS_DESK = dg.AssetKey("authors_desk")


def build_section_asset(hall: Hall) -> dg.AssetsDefinition:
    """The asset `report_statistics_section`, emitted only from a certificate that stands up to proof."""

    @monthly_asset(
        *(hall, SECTION, "report", AUTHORS),
        deps=[CERTIFIED_NUMBERS],
        kinds={"markdown", "json"},
        description="Heading and paragraph of section 一 as certified, and the numbers behind them (.txt, .md, .json).",
    )
    def report_statistics_section(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with failing_on(Refused, UserError):
            emission = emit_section(month_of_key(context.partition_key, hall))
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


def build_desk_asset(hall: Hall) -> dg.AssetsDefinition:
    """The asset `authors_desk`: documents, workbook and page, made from a certificate and from nothing else."""

    @monthly_asset(
        *(hall, AUTHORS_DESK, "desk", AUTHORS),
        deps=[SECTION],
        kinds={"word", "excel", "html"},
        description="Section 一 in Word, the workbook, CSV, Parquet and SDMX-CSV, and the authors' page.",
    )
    def authors_desk(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from orchestration.certification.author_files import write_author_files

        month = month_of_key(context.partition_key, hall)
        with failing_on(Refused, UserError, LedgerError):
            files, uncertified = write_author_files([month])
            if uncertified:
                raise Refused(f"{month} isn't certified, so authors get nothing but a page that says what is missing")
        return dg.MaterializeResult(
            metadata={
                "files": len(files),
                "bytes": sum(path.stat().st_size for path in files),
                **{path.name: dg.MetadataValue.path(path) for path in files},
            }
        )

    return authors_desk
