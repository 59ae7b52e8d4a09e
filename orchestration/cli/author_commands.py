"""What authors and other programs take of certified numbers."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from orchestration.cli.app import MonthArgument, app, end_unless, logged, readable_errors
from orchestration.cli.progress_line import progress_line


@app.command(rich_help_panel="For authors and other programs")
def numbers(
    metrics: Annotated[list[str] | None, typer.Argument(metavar="[METRIC]...", help="default: every metric")] = None,
    *,
    month: Annotated[str, typer.Option(help="one month, as 2025-03; default: all that are certified")] = "",
    first: Annotated[str, typer.Option("--from", help="the first month")] = "",
    last: Annotated[str, typer.Option("--to", help="the last month")] = "",
    department: Annotated[str, typer.Option(help="what one department adds, by its code")] = "",
    by: Annotated[Literal["hall", "department"], typer.Option(help="the hall's number, or each department's part")] = (
        "hall"
    ),
    site: Annotated[str, typer.Option(help="a site's code; only the site that prints has certified numbers")] = "",
    vintage: Annotated[
        Literal["printed", "revised"], typer.Option("--as", help="as first printed, or as newest revised")
    ] = "revised",
    form: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help="csv and json are stable")
    ] = "table",
) -> None:
    """Print certified numbers by month, department and site, for people or for other programs."""
    from rich.console import Console

    from orchestration.cli.numbers import Wanted, numbers_of, table_of, written

    with logged("numbers", month=month, format=form):
        wanted = Wanted(metrics or [], month, first, last, department, by == "department", site, vintage)
        rows = numbers_of(wanted)
        if form == "table":
            Console(width=max(Console().width, 180)).print(table_of(rows))
        else:
            typer.echo(written(rows, form), nl=False)


@app.command(rich_help_panel="For authors and other programs")
def semantic_models(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="where the dbt project is to be")],
) -> None:
    """Write a dbt project with MetricFlow's metrics over the certified numbers, for BI tools."""
    from orchestration.cli.semantic import write_semantic_models

    with logged("semantic_models", folder=str(folder)):
        typer.echo("\n".join(str(folder / path) for path in write_semantic_models(folder)))


@app.command(rich_help_panel="For authors and other programs")
def edition(
    month: MonthArgument,
    *,
    new: Annotated[bool, typer.Option("--new", help="lay out the edition's folder, to be filled by authors")] = False,
    profile: Annotated[str, typer.Option(help="paper (GB/T 9704) or screen (GB/T 33476.2)")] = "",
    annex: Annotated[bool, typer.Option("--annex", help="with the table of the metrics")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="also a PDF, where LibreOffice is")] = False,
) -> None:
    """Put the whole edition together from authors' texts: numbered, filled with numbers, checked, set as .docx."""
    from orchestration.cli.edition import make_edition, new_edition

    with logged("edition", month=month):
        if new:
            for path in new_edition(month):
                typer.echo(f"  {os.path.relpath(path)}")
            return
        written = make_edition(month, profile, annex=annex, pdf=pdf)
        typer.echo(written.report)
        for path in written.files:
            typer.echo(f"  {os.path.relpath(path)}")
        end_unless(written.good)


@app.command(rich_help_panel="For authors and other programs")
def page(
    months: Annotated[list[str] | None, typer.Argument(metavar="[MONTH]...", help="all certified ones if none")] = None,
) -> None:
    """Write the pages that authors read (网页): one per month and an index, each one file that needs nothing else."""
    from orchestration.certification.pages import write_pages

    with readable_errors():
        for path in write_pages(months or ()):
            typer.echo(os.path.relpath(path))


@app.command(rich_help_panel="For authors and other programs")
def desk(month: MonthArgument) -> None:
    """Write what authors take from a certified month: section in Word, workbook, CSV, Parquet, SDMX-CSV, the page."""
    from orchestration.certification.author_files import lay_desk

    with readable_errors(), progress_line():
        written = lay_desk(month)
    for path in written:
        typer.echo(os.path.relpath(path))
