"""The final asset: the statistics section of a month, written only when nothing speaks against it."""

from collections.abc import Iterable

import dagster as dg

from orchestration.dbt_manifest import build_checks
from orchestration.month import Month, open_month, problems_of, refusal
from orchestration.partitions import monthly
from orchestration.settings import Hall
from reports.numbers import read_numbers
from reports.section import Origin, Source, write_section


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
        measures = {metric: number.measures for metric, number in numbers.items()}
        sources = {metric: _sources(month, measured) for metric, measured in measures.items()}
        origin = Origin(month.name, month.hall.code, month.hall.name, month.fingerprint, sources)
        section = write_section(month.release, numbers, origin, state="待核定")
        return dg.MaterializeResult(
            metadata={
                "section": dg.MetadataValue.md(f"## {section.heading}\n\n{section.paragraph}"),
                "folder": dg.MetadataValue.path(month.release),
                "fingerprint": month.fingerprint,
                **{number.metric: number.exact for number in numbers.values()},
            }
        )

    return report_statistics_section


def _sources(month: Month, measures: Iterable[str]) -> list[Source]:
    """The systems that count the measures, with every current extract of the month."""
    return [
        {
            "system": name,
            "system_name": system.title,
            "extracts": [
                {"day": extract.stat_date, "sha256": extract.sha256}
                for (owner, _), extract in month.extracts.items()
                if owner == name
            ],
        }
        for name, system in month.hall.systems.items()
        if set(system.measures) & set(measures)
    ]
