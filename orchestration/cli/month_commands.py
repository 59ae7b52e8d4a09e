"""A month's way: pulled, built, printed, and how it stands."""

import os
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.app import REFUSED, DaysArgument, MonthArgument, app, end_unless, logged, readable_errors
from orchestration.cli.progress_line import progress_line
from orchestration.runtime.paths import current_home, prepare_environment


@app.command(rich_help_panel="The month")
def report(
    month: MonthArgument,
    *,
    pull_first: Annotated[bool, typer.Option("--pull/--no-pull", help="ask the systems before building")] = True,
    draft: Annotated[
        bool, typer.Option("--draft", help="write a draft that nobody has certified, marked 草稿")
    ] = False,
) -> None:
    """Pull a month, build and test it, have it certified, and print the statistics section and where its files lie."""
    from orchestration.cli.reporting import write_draft, write_report

    with logged("report", month=month, draft=draft):
        with progress_line():
            if draft:
                _print_section(write_draft(month, pull_first=pull_first), "草稿: not certified, not to be printed")
                return
            written = write_report(month, pull_first=pull_first)
        certificate = written.certificate
        _print_section(written.release, f"已核定, revision {certificate.revision}, code {certificate.code}")
        if written.pending:
            typer.echo(f"\n{written.pending}", err=True)


def _print_section(folder: Path, state: str) -> None:
    typer.echo((folder / "section.txt").read_text(encoding="utf-8"))
    typer.echo(f"Files ({state}):")
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        typer.echo(f"  {os.path.relpath(path)}")


@app.command(rich_help_panel="The month")
def status(month: MonthArgument) -> None:
    """Show which days of a month are in, what is wrong, what to do about it, and whether it is certified."""
    from rich.console import Console

    from orchestration.cli.status import LEGEND, calendar_table, certification_lines, verdict
    from orchestration.warehouse.dbt_manifest import ensure_manifest
    from orchestration.warehouse.month import open_month, problems_of
    from reports.figures.readiness import warnings

    with readable_errors():
        prepare_environment(current_home())
        ensure_manifest()
        state = open_month(month)
        problems = problems_of(state)
        certified = certification_lines(state, problems)
        Console(width=max(Console().width, 130)).print(calendar_table(state), LEGEND, "", sep="\n")
        for line in (*verdict(state, problems, warnings(state.day_states, state.evidence)), *certified):
            typer.echo(line)
    raise typer.Exit(REFUSED if problems else 0)


@app.command(rich_help_panel="The month")
def pull(
    days: DaysArgument,
    *,
    system: Annotated[list[str] | None, typer.Option(help="one system of the hall; can be repeated")] = None,
    data_docs: Annotated[bool, typer.Option("--data-docs", help="also build Great Expectations' Data Docs")] = False,
) -> None:
    """Ask the hall's systems for days, and land what is good."""
    from orchestration.cli.reporting import pull_days

    with readable_errors(), progress_line():
        lines = pull_days(days, system, data_docs=data_docs)
    for line in lines:
        typer.echo(line)


@app.command(rich_help_panel="The month")
def backfill(
    months: Annotated[str, typer.Argument(metavar="MONTHS", help="2023-01..2025-03, or one month")],
) -> None:
    """Bring past months in and build them, asking only for what isn't in; interrupted, the same command goes on."""
    from orchestration.cli.backfill import backfill as bring_in

    with readable_errors():
        failed = 0
        with progress_line():
            for month in bring_in(months):
                failed += bool(month.problems)
                typer.echo(
                    f"{month.month}: {'NOT in' if month.problems else 'in and built'}, {month.asked} answers asked for"
                )
                for problem in month.problems:
                    typer.echo(problem, err=True)
        end_unless(not failed)
