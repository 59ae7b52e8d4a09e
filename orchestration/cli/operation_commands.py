"""The engineers' house: is everything well, who is told, what is kept."""

import datetime as dt
import os
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.app import (
    ENGINEERS,
    ByOption,
    MonthArgument,
    app,
    end_by,
    print_diagnoses,
    readable_errors,
)
from orchestration.cli.progress_line import progress_line
from orchestration.runtime.paths import current_home, dagster_instance, readable_history


@app.command(rich_help_panel=ENGINEERS)
def doctor() -> None:
    """Say whether machine, state folder, settings and ledger are well; ask no system, change nothing."""
    from orchestration.config.hall import load_hall
    from orchestration.doctor.machine import examine

    with readable_errors():
        end_by(print_diagnoses(examine(load_hall(), current_home())), "doctor", "all well")


@app.command(rich_help_panel=ENGINEERS)
def health(
    file: Annotated[Path | None, typer.Argument(help="where the page is to lie, if not in the state folder")] = None,
    *,
    html: Annotated[bool, typer.Option("--html", help="also write the page, and Prometheus metrics")] = False,
) -> None:
    """Say whether this month is on its way and what to do if not: exit code 1 when something waits for a person."""
    from orchestration.automation.deadlines import moment
    from orchestration.cli.operation_views import actions_told, facts_of
    from orchestration.health.page import write_health
    from orchestration.health.snapshot import take_snapshot
    from orchestration.warehouse.dbt_manifest import ensure_manifest

    with readable_errors():
        home = current_home()
        ensure_manifest()
        with readable_history(home) as (instance, fault):
            state = take_snapshot(moment(), instance, fault)
        if fault:
            typer.echo(fault, err=True)
        typer.secho(state.headline, bold=True)
        verdicts = print_diagnoses(actions_told(state))
        for line in facts_of(state):
            typer.echo(line)
        if html or file:
            for path in write_health(state, home, file):
                typer.echo(f"written: {os.path.relpath(path)}")
        end_by(verdicts, "health", "nothing waits for a person")


@app.command(rich_help_panel=ENGINEERS)
def alerts(
    *,
    send: Annotated[bool, typer.Option("--send", help="tell every channel what is news to it")] = False,
    test: Annotated[str, typer.Option(metavar="CHANNEL", help="send a test message through one channel")] = "",
) -> None:
    """Show what deserves an alert now and what each channel would be told of it; nothing is sent unless asked."""
    from orchestration.cli.operation_views import alert_lines, send_alerts, try_channel

    with readable_errors():
        for line in [try_channel(test)] if test else send_alerts() if send else alert_lines():
            typer.echo(line)


@app.command(rich_help_panel=ENGINEERS)
def snooze(
    what: Annotated[
        str, typer.Argument(metavar="[WHAT]", help="a system, a check, or a line of `yuebao alerts` up to its colon")
    ] = "",
    *,
    until: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day it comes back on")] = None,
    because: Annotated[str, typer.Option(help="why it may wait")] = "",
    by: ByOption = "",
    end: Annotated[bool, typer.Option("--end", help="tell of it again from now on")] = False,
) -> None:
    """Leave what deserves an alert until a day, at most 31 days away; without WHAT, list what is left."""
    from orchestration.cli.operation_views import end_snoozed, snooze_until, snoozed_lines

    with readable_errors():
        if not what:
            lines = snoozed_lines()
        elif end:
            lines = end_snoozed(what)
        else:
            lines = snooze_until(what, until.date() if until else None, because, by)
        typer.echo("\n".join(lines))


@app.command(rich_help_panel=ENGINEERS)
def retention(
    *,
    keep_days: Annotated[int | None, typer.Option(min=1, help="else as the hall's settings say")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say how many")] = False,
) -> None:
    """Delete old runs from Dagster's history; no number, extract or certificate is in it."""
    from orchestration.automation.retention import delete_outgrown

    with readable_errors():
        with progress_line(), dagster_instance(current_home()) as instance:
            outcome = delete_outgrown(instance, keep_days, dry_run=dry_run)
        typer.echo(outcome)


@app.command(rich_help_panel=ENGINEERS)
def sync_dagster() -> None:
    """Have Dagster's page show what the files hold, and ticks go on after a wrong clock; change no number."""
    from orchestration.automation.history import sync_dagster as register
    from orchestration.automation.ticks import forget_future_ticks
    from orchestration.warehouse.dbt_manifest import ensure_manifest

    with readable_errors():
        ensure_manifest()
        with progress_line(), dagster_instance(current_home()) as instance:
            ahead = forget_future_ticks(instance, dt.datetime.now(dt.UTC))
            registered = register(instance)
        typer.echo(registered)
        if ahead:
            typer.echo(f"forgotten: ticks in the future of {', '.join(ahead)}; next: restart the daemon")


@app.command(rich_help_panel=ENGINEERS)
def dbt_inputs(month: MonthArgument) -> None:
    """Write what dbt reads of a month, and print the option that dbt by hand takes (dbt_project/README.md)."""
    from orchestration.runtime.guard import locked
    from orchestration.warehouse.dbt_manifest import ensure_manifest
    from orchestration.warehouse.month import open_month

    with readable_errors():
        ensure_manifest()
        opened = open_month(month)
        with locked(opened.home.warehouse_lock):
            inputs = opened.write_inputs()
        days = f", first_day: {opened.span.first}, last_day: {opened.span.last}" if opened.span else ""
        typer.echo(f"--vars '{{month: {month}{days}, inputs: {inputs}}}'")
