"""The engineers' house: is everything well, who is told, what is kept."""

import os
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.app import app, end_unless, print_checks, readable_errors
from orchestration.cli.progress_line import progress_line


@app.command(rich_help_panel="Operations")
def doctor() -> None:
    """Say whether machine, state folder, settings and ledger are well; ask no system, change nothing."""
    from orchestration.cli.halls import examination

    with readable_errors():
        print_checks(examination(), "doctor", "all well")


@app.command(rich_help_panel="Operations")
def health(
    file: Annotated[Path | None, typer.Argument(help="where the page is to lie, if not in the state folder")] = None,
    *,
    html: Annotated[bool, typer.Option("--html", help="also write the page, and Prometheus metrics")] = False,
) -> None:
    """Say whether this month is on its way and what to do if not: exit code 1 when something waits for a person."""
    from rich.console import Console

    from orchestration.cli.health import health_now, summary, write_page

    with readable_errors():
        found = health_now()
        Console(width=max(Console().width, 130)).print(summary(found))
        if html or file:
            for path in write_page(found, file):
                typer.echo(f"written: {os.path.relpath(path)}")
        end_unless(found.is_well)


@app.command(rich_help_panel="Operations")
def alerts(
    *,
    send: Annotated[bool, typer.Option("--send", help="tell every channel what is news to it")] = False,
    test: Annotated[str, typer.Option(metavar="CHANNEL", help="send a test message through one channel")] = "",
) -> None:
    """Show what deserves an alert now and what each channel would be told of it; nothing is sent unless asked."""
    from orchestration.cli.alerts import sent, shown, tried_out

    with readable_errors():
        for line in [tried_out(test)] if test else sent() if send else shown():
            typer.echo(line)


@app.command(rich_help_panel="Operations")
def retention(
    *,
    keep_days: Annotated[int | None, typer.Option(min=1, help="else as the hall's settings say")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say how many")] = False,
) -> None:
    """Delete old runs from Dagster's history; no number, extract or certificate is in it."""
    from orchestration.cli.retention import forget

    with readable_errors():
        with progress_line():
            said = forget(keep_days, dry_run=dry_run)
        typer.echo(said)
