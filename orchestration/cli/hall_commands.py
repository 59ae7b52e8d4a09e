"""A hall's own folder, and the demo hall and Dagster's page to try things on."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from orchestration.cli.app import (
    SET_UP,
    FolderArgument,
    SystemOption,
    app,
    end_by,
    end_unless,
    print_diagnoses,
    print_paths,
    print_wide,
    readable_errors,
)
from orchestration.runtime.installation import DEMO, DEMO_HALL
from orchestration.runtime.paths import PROJECT_ROOT, current_home
from reports.certificates.certificate import SignRole


@app.command(rich_help_panel=SET_UP)
def new_hall(folder: FolderArgument) -> None:
    """Begin a hall's own folder: settings, queries, reviewed tables and wording, to be edited."""
    from orchestration.cli.hall_views import make_hall

    with readable_errors(announced=False):
        print_paths(make_hall(folder))
        typer.echo(f"Edit these (README.md says how), then: yuebao check-hall {folder}")


@app.command(rich_help_panel=SET_UP)
def new_key(
    folder: FolderArgument,
    name: Annotated[str, typer.Argument(help="whose key it is")],
    *,
    role: Annotated[SignRole, typer.Option(help="what its owner signs as")] = "service",
) -> None:
    """Make the signing key that a hall's settings name, and list its owner among the signers."""
    from orchestration.cli.hall_views import make_key

    with readable_errors(folder):
        for line in make_key(folder, name, role):
            typer.echo(line)


@app.command(rich_help_panel=SET_UP)
def check_hall(
    folder: FolderArgument,
    *,
    day: Annotated[str, typer.Option(help="the day to ask for; else the newest one that is open")] = "",
) -> None:
    """Test every table, key, connection, mapping and credential of a hall, land nothing, and say what to fix."""
    from orchestration.cli.hall_views import checks_of

    with readable_errors(folder):
        end_by(print_diagnoses(checks_of(folder, day)), str(folder), "ready")


@app.command(rich_help_panel=SET_UP)
def sample_hall(
    folder: FolderArgument,
    day: Annotated[str, typer.Argument(help="a day, as 2025-03-12")],
    *,
    system: SystemOption = None,
) -> None:
    """Show a day as it would land, and land nothing."""
    from orchestration.cli.hall_views import sample_table, samples_of

    with readable_errors(folder):
        refused: list[str] = []
        for sampled in samples_of(folder, day, system or []):
            refused += sampled.result.messages
            if sampled.result.extract:
                print_wide(sample_table(sampled))
        for message in refused:
            typer.echo(message, err=True)
        end_unless(not refused)


@app.command(rich_help_panel=SET_UP)
def connect(
    folder: FolderArgument,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="samples of one system's files, or a saved answer")
    ],
    *,
    system: Annotated[str, typer.Option(help="what the system is to be called in the settings")] = "new_system",
    measure: Annotated[list[str] | None, typer.Option(help="a measure that it counts; can be repeated")] = None,
    opens: Annotated[Literal["every_day", "working_days"] | None, typer.Option(help="when it must answer")] = None,
) -> None:
    """Propose a system's settings from samples of what it answers, with the evidence, and questions for the rest."""
    from orchestration.cli.hall_views import connection_of

    with readable_errors(folder):
        connected = connection_of(folder, files, system, measure or [], opens or "")
        print_paths([connected.settings, *connected.tables])
        for question in connected.questions:
            typer.echo(f"open: {question}")
        if connected.questions:
            typer.echo(f"Answer these there, then put its text into {folder / 'hall.toml'}.")
        else:
            typer.echo(f"Review it, then: yuebao check-hall {folder} --day {connected.days[-1]}")


@app.command(rich_help_panel=SET_UP)
def contract(
    folder: FolderArgument,
    systems: Annotated[
        list[str] | None, typer.Argument(metavar="[SYSTEM]…", help="the hall's systems; else all")
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="the folder to write into")] = Path("contracts"),
) -> None:
    """Write the data contract of each system (Open Data Contract Standard), to hand to its keeper."""
    from orchestration.cli.hall_views import contracts_of

    with readable_errors(folder):
        print_paths(contracts_of(folder, systems, out))


@app.command(rich_help_panel=SET_UP)
def demo(
    *,
    month: Annotated[list[str] | None, typer.Option(help="a month to have ready; can be repeated")] = None,
    port: Annotated[int, typer.Option(help="where to listen on loopback")] = 8731,
) -> None:
    """Serve the demo hall's systems until interrupted, and say how to look at each by hand."""
    import threading

    from orchestration.demo import demo_hall

    with readable_errors(DEMO_HALL), demo_hall(current_home().demo, month or ["2025-03"], port) as hall:
        typer.echo(hall.describe())
        typer.echo("\nTo have `yuebao report` ask these instead of its own:")
        for name, value in {"YUEBAO_HALL": DEMO, **hall.variables()}.items():
            typer.echo(f"  export {name}={value}")
        typer.echo("\nCtrl-C ends it.")
        threading.Event().wait()


@app.command(rich_help_panel=SET_UP)
def dev(*, port: Annotated[int, typer.Option(help="where Dagster's page listens on loopback")] = 3000) -> None:
    """Open Dagster's page on this project, with the runs of the command line in it."""
    from orchestration.runtime.paths import dagster_instance
    from orchestration.warehouse.dbt_manifest import ensure_manifest

    with readable_errors():
        dagster_instance(current_home())
        ensure_manifest()
        program = str(Path(sys.executable).with_name("dg"))
        os.chdir(PROJECT_ROOT)
        os.execv(program, [program, "dev", "--host", "127.0.0.1", "--port", str(port)])
