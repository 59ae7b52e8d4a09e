"""`yuebao`: report, status, pull, demo, dev.

Exit codes, for a scheduler: 0 done; 1 refused, because a day, a check or an answer isn't right; 2 the command or the
settings are wrong.
"""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from orchestration.cli.progress_line import progress_line
from orchestration.home import PROJECT_ROOT, current_home, prepare_environment
from reports.certificate import Reason

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Certified monthly numbers of a government-service hall.",
)
MonthArgument = Annotated[str, typer.Argument(metavar="MONTH", help="a month, as 2025-03")]
DaysArgument = Annotated[str, typer.Argument(metavar="DAYS", help="2025-03-12, 2025-03-01..2025-03-07, or 2025-03")]
_REFUSED = 1
_MISUSED = 2


@app.command()
def report(
    month: MonthArgument,
    *,
    pull_first: Annotated[bool, typer.Option("--pull/--no-pull", help="ask the systems before building")] = True,
) -> None:
    """Pull a month, build and test it, and print the statistics section and where its files lie."""
    from orchestration.cli.reporting import write_report

    with _readable_errors(), progress_line():
        release = write_report(month, pull_first=pull_first)
    typer.echo((release / "section.txt").read_text(encoding="utf-8"))
    typer.echo("Files (state 待核定, to be certified):")
    for path in sorted(release.iterdir()):
        typer.echo(f"  {os.path.relpath(path)}")


@app.command()
def status(month: MonthArgument) -> None:
    """Show which days of a month are in, what is wrong, and what to do about it."""
    from rich.console import Console

    from orchestration.cli.status import LEGEND, calendar_table, verdict
    from orchestration.dbt_manifest import build_checks, ensure_manifest
    from orchestration.month import open_month, problems_of
    from reports.readiness import warnings

    with _readable_errors():
        prepare_environment(current_home())
        ensure_manifest()
        state = open_month(month)
        problems = problems_of(state, build_checks())
        Console(width=max(Console().width, 130)).print(calendar_table(state), LEGEND, "", sep="\n")
        for line in verdict(state, problems, warnings(state.day_states, state.evidence)):
            typer.echo(line)
    raise typer.Exit(_REFUSED if problems else 0)


@app.command()
def pull(
    days: DaysArgument,
    *,
    system: Annotated[list[str] | None, typer.Option(help="one system of the hall; can be repeated")] = None,
    data_docs: Annotated[bool, typer.Option("--data-docs", help="also build Great Expectations' Data Docs")] = False,
) -> None:
    """Ask the hall's systems for days, and land what is good."""
    from orchestration.cli.reporting import pull_days

    with _readable_errors(), progress_line():
        lines = pull_days(days, system, data_docs=data_docs)
    for line in lines:
        typer.echo(line)


@app.command()
def certify(
    month: MonthArgument,
    *,
    preparer: Annotated[str, typer.Option(help="who prepared it (policy manual)")] = "",
    reviewer: Annotated[str, typer.Option(help="who reviewed it 审核 (policy manual)")] = "",
    signer: Annotated[str, typer.Option(help="whose key signs it 签署 (policy manual)")] = "",
) -> None:
    """Certify a month that may be printed: sign its numbers and what they rest on, and release the section."""
    from orchestration.certifying import People
    from orchestration.cli.certificates import certify_now

    with _readable_errors():
        prepare_environment(current_home())
        entry, release = certify_now(month, People(preparer, reviewer, signer))
    typer.echo(f"{entry.certificate.name} 已核定, code {entry.certificate.code}")
    for path in sorted(path for path in release.iterdir() if path.is_file()):
        typer.echo(f"  {os.path.relpath(path)}")


@app.command()
def revise(
    month: MonthArgument,
    *,
    reason: Annotated[Reason, typer.Option(help="why the certified numbers change")],
    note: Annotated[str, typer.Option(help="what happened, in a sentence")] = "",
    preparer: Annotated[str, typer.Option(help="who prepared it (policy manual)")] = "",
    reviewer: Annotated[str, typer.Option(help="who reviewed it 审核 (policy manual)")] = "",
    signer: Annotated[str, typer.Option(help="whose key signs it 签署 (policy manual)")] = "",
) -> None:
    """Certify a changed month anew, for a reason; what was printed stays, and what it changes is said."""
    from orchestration.certifying import People
    from orchestration.cli.certificates import revise_now

    with _readable_errors():
        prepare_environment(current_home())
        revised = revise_now(month, People(preparer, reviewer, signer), reason, note)
    typer.echo(f"{revised.entry.certificate.name} 已核定, code {revised.entry.certificate.code}")
    typer.echo(f"修订说明：{revised.note or '刊印数无变化。'}")
    for sentence in revised.affected:
        typer.echo(f"受影响的原文：{sentence}")
    typer.echo(f"Files: {os.path.relpath(revised.release)}")


@app.command()
def verify(
    what: Annotated[str | None, typer.Argument(metavar="[MONTH|FOLDER]", help="nothing: the whole ledger")] = None,
    *,
    signers: Annotated[Path | None, typer.Option(exists=True, help="an auditor's own list of signers")] = None,
) -> None:
    """Prove, from files alone, that certificates, extracts and releases are what was signed."""
    from orchestration.cli.certificates import verify_what

    with _readable_errors():
        found = verify_what(what, signers)
    for line in (*found.problems, *(f"not checked: {each}" for each in found.not_checked)):
        typer.echo(str(line))
    word = "sound" if found.sound else f"{len(found.problems)} problems"
    typer.echo(f"{found.certificates} certificates, {found.files_hashed} files: {word}. Newest: {found.newest or '-'}")
    raise typer.Exit(0 if found.sound else _REFUSED)


@app.command()
def proofread(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="an author's text: .docx, .txt or .md")],
    *,
    month: Annotated[str, typer.Option(help="the month that the text is about, as 2025-03")],
    register: Annotated[Path | None, typer.Option(exists=True, help="the author's own figures (.csv, .toml)")] = None,
) -> None:
    """Match every number of a text with the certified ones, and list what is wrong, in Chinese."""
    from orchestration.cli.certificates import known_numbers
    from reports.proofreading import proofread as read_proof
    from reports.proofreading import read_document, read_register

    with _readable_errors():
        known = known_numbers(month, list(read_register(register)) if register else [])
        proof = read_proof(read_document(file), known)
    typer.echo(str(proof))
    raise typer.Exit(0 if proof.clean else _REFUSED)


@app.command()
def demo(
    *,
    month: Annotated[list[str] | None, typer.Option(help="a month to have ready; can be repeated")] = None,
    port: Annotated[int, typer.Option(help="where to listen on loopback")] = 8731,
) -> None:
    """Serve the demo hall's five systems until interrupted, and say how to look at each by hand."""
    import threading

    from orchestration.demo import demo_hall

    with _readable_errors(), demo_hall(current_home().demo, month or ["2025-03"], port) as hall:
        typer.echo(hall.describe())
        typer.echo("\nTo have `yuebao report` ask these instead of its own:")
        for name, value in hall.variables().items():
            typer.echo(f"  export {name}={value}")
        typer.echo("\nCtrl-C ends it.")
        threading.Event().wait()


@app.command()
def dev(*, port: Annotated[int, typer.Option(help="where Dagster's page listens on loopback")] = 3000) -> None:
    """Open Dagster's page on this project, with the runs of the command line in it."""
    from orchestration.dbt_manifest import ensure_manifest
    from orchestration.home import dagster_instance

    with _readable_errors():
        dagster_instance(current_home())
        ensure_manifest()
        program = str(Path(sys.executable).with_name("dg"))
        os.chdir(PROJECT_ROOT)
        os.execv(program, [program, "dev", "--host", "127.0.0.1", "--port", str(port)])


@contextmanager
def _readable_errors() -> Iterator[None]:
    """A user's mistake is one line on standard error, never a traceback."""
    from orchestration.cli.reporting import Refused, user_errors

    try:
        yield
    except Refused as refused:
        _end(str(refused), _REFUSED)
    except KeyboardInterrupt:
        _end("interrupted; what has landed stays, and the same command goes on from there", 130)
    except user_errors() as error:
        _end(f"yuebao: {error}", _MISUSED)


def _end(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def run() -> None:
    """The program's entry."""
    # Imports make a million objects that all stay; with Python's usual threshold a fifth of their time is collecting.
    gc.set_threshold(200_000, 20, 20)
    app()
