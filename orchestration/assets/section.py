"""The final asset: the statistics section of a month, written only when nothing speaks against it."""

import dagster as dg

from orchestration.certifying import origin_of
from orchestration.dbt_manifest import build_checks
from orchestration.month import open_month, problems_of, refusal
from orchestration.partitions import monthly
from orchestration.settings import Hall
from reports.numbers import read_numbers
from reports.section import write_section


def build_section_asset(hall: Hall) -> dg.AssetsDefinition:
    """The asset `report_statistics_section`, one partition per month."""

    @dg.asset(
        deps=["fct_monthly_metrics", "fct_completeness"],
        partitions_def=monthly(hall),
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=1),
        group_name="report",
        kinds={"markdown", "json"},
        owners=["team:report-authors"],
        description="Heading and paragraph of section 一 as printed, and the numbers behind them (.txt, .md, .json).",
    )
    def report_statistics_section(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        month = open_month(context.partition_key[:7])
        problems = problems_of(month, build_checks())
        if problems:
            raise dg.Failure(description=refusal(month.name, problems), allow_retries=False)
        numbers = read_numbers(month.facts, month=month.name, hall_code=month.hall.code)
        section = write_section(month.release, numbers, origin_of(month, numbers), state="待核定")
        return dg.MaterializeResult(
            metadata={
                "section": dg.MetadataValue.md(f"## {section.heading}\n\n{section.paragraph}"),
                "folder": dg.MetadataValue.path(month.release),
                "fingerprint": month.fingerprint,
                **{number.metric: number.exact for number in numbers.values()},
            }
        )

    return report_statistics_section
