"""`yuebao`: every command, its options, and how it ends.

Exit codes, for a scheduler: 0 done; 1 refused, because a day, a check or an answer isn't right; 2 the command or the
settings are wrong.
"""

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from orchestration.cli.progress_line import progress_line
from orchestration.event_log import record
from orchestration.home import PROJECT_ROOT, current_home, prepare_environment
from reports.certificate import Reason, Role
from reports.rates import Basis

if TYPE_CHECKING:
    from orchestration.hall_check import Checked

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Certified monthly numbers of a government-service hall.",
)
MonthArgument = Annotated[str, typer.Argument(metavar="MONTH", help="a month, as 2025-03")]
DaysArgument = Annotated[str, typer.Argument(metavar="DAYS", help="2025-03-12, 2025-03-01..2025-03-07, or 2025-03")]
PreparerOption = Annotated[str, typer.Option(help="who prepared it (policy manual)")]
ReviewerOption = Annotated[str, typer.Option(help="who reviewed it 审核 (policy manual)")]
SignerOption = Annotated[str, typer.Option(help="whose key signs it 签署 (policy manual)")]
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="the hall's own folder, which holds its hall.toml")]
RevisionOption = Annotated[int | None, typer.Option(help="a revision of the month other than the newest")]
ByOption = Annotated[str, typer.Option(help="your name; else the system's user")]
_REFUSED = 1
_MISUSED = 2
_CRASHED = 70  # EX_SOFTWARE: our own error, with a traceback


@app.command()
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

    with _logged("report", month=month, draft=draft):
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


@app.command()
def status(month: MonthArgument) -> None:
    """Show which days of a month are in, what is wrong, what to do about it, and whether it is certified."""
    from rich.console import Console

    from orchestration.cli.status import LEGEND, calendar_table, certification_lines, verdict
    from orchestration.dbt_manifest import build_checks, ensure_manifest
    from orchestration.month import open_month, problems_of
    from reports.readiness import warnings

    with _readable_errors():
        prepare_environment(current_home())
        ensure_manifest()
        state = open_month(month)
        problems = problems_of(state, build_checks())
        certified = certification_lines(state, problems)
        Console(width=max(Console().width, 130)).print(calendar_table(state), LEGEND, "", sep="\n")
        for line in (*verdict(state, problems, warnings(state.day_states, state.evidence)), *certified):
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
def backfill(
    months: Annotated[str, typer.Argument(metavar="MONTHS", help="2023-01..2025-03, or one month")],
) -> None:
    """Bring past months in and build them, asking only for what isn't in; interrupted, the same command goes on."""
    from orchestration.cli.backfill import backfill as bring_in

    with _readable_errors():
        failed = 0
        with progress_line():
            for month in bring_in(months):
                failed += bool(month.problems)
                typer.echo(
                    f"{month.month}: {'NOT in' if month.problems else 'in and built'}, {month.asked} answers asked for"
                )
                for problem in month.problems:
                    typer.echo(problem, err=True)
        _end_unless(not failed)


@app.command()
def certify(
    month: MonthArgument, *, preparer: PreparerOption = "", reviewer: ReviewerOption = "", signer: SignerOption = ""
) -> None:
    """Certify a month that may be printed: sign its numbers and what they rest on, and release the section."""
    from orchestration.certifying import People
    from orchestration.cli.certificates import certify_now

    with _logged("certify", month=month), progress_line():
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
    preparer: PreparerOption = "",
    reviewer: ReviewerOption = "",
    signer: SignerOption = "",
) -> None:
    """Certify a changed month anew, for a reason; what was printed stays, and what it changes is said."""
    from orchestration.certifying import People
    from orchestration.cli.certificates import revise_now

    with _logged("revise", month=month, reason=reason), progress_line():
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

    with _logged("verify", what=what or "ledger"):
        found = verify_what(what, signers)
        for line in (*found.problems, *(f"not checked: {each}" for each in found.not_checked)):
            typer.echo(str(line))
        word = "sound" if found.sound else f"{len(found.problems)} problems"
        newest = found.newest or "-"
        typer.echo(f"{found.certificates} certificates, {found.files_hashed} files: {word}. Newest: {newest}")
        _end_unless(found.sound)


@app.command()
def show(
    what: Annotated[str, typer.Argument(metavar="MONTH|CODE", help="a month, or the code on a printed page")],
    *,
    revision: RevisionOption = None,
    as_of: Annotated[str, typer.Option(help="what was certified at a moment: 2025-05-02 or 2025-05-02T12:00")] = "",
    rates: Annotated[Basis | None, typer.Option(help="also 环比 and 同比, against which vintage")] = None,
) -> None:
    """Show what is, or was, certified: the numbers, who signed them, and every revision of the month."""
    from rich.console import Console

    from orchestration.cli.vintages import find, history_lines, numbers_table

    with _logged("show", what=what, as_of=as_of):
        archive, entry = find(what, revision, as_of)
        certificate = entry.certificate
        table = numbers_table(archive, certificate, rates)
        state = archive.ledger.state(certificate)
        typer.echo(f"{certificate.month} r{certificate.revision} {state}, code {certificate.code}: {entry.path}")
        Console(width=max(Console().width, 160)).print(table)
        for line in history_lines(archive, certificate.month):
            typer.echo(line)


@app.command()
def trace(
    what: Annotated[str, typer.Argument(metavar="MONTH|CODE", help="a month, or the code on a printed page")],
    metric: Annotated[str, typer.Argument(help="a metric, as online_accepted")],
    *,
    revision: RevisionOption = None,
    rows: Annotated[Path | None, typer.Option("--csv", help="also write every row behind it")] = None,
) -> None:
    """Take a certified number apart: its definition, and the departments, days and extracts that add up to it."""
    from rich.console import Console

    from orchestration.cli.vintages import department_table, extract_table, trace_number, write_rows

    with _logged("trace", what=what, metric=metric):
        entry, traced = trace_number(what, metric, revision)
        number, certificate = traced.number, entry.certificate
        typer.echo(f"{number.metric_name} {number.printed} {number.display_unit}, exactly {number.exact} {number.unit}")
        typer.echo(f"口径（第 {number.version} 版）：{number.definition}")
        typer.echo(f"measures {', '.join(number.measures)}; {certificate.name}, code {certificate.code}\n")
        console = Console(width=max(Console().width, 130))
        console.print(department_table(traced), "", extract_table(traced), sep="\n")
        if rows:
            write_rows(traced, rows)
            typer.echo(f"every row: {os.path.relpath(rows)}")


@app.command()
def rebuild(month: MonthArgument, *, revision: RevisionOption = None) -> None:
    """Recompute a certified month from its extracts alone, in an empty warehouse, and compare it to the byte."""
    from orchestration.cli.vintages import rebuild_now

    with _logged("rebuild", month=month, revision=revision):
        rebuilt = rebuild_now(month, revision)
        certificate = rebuilt.entry.certificate
        for line in rebuilt.differences:
            typer.echo(line)
        word = "not reproduced" if rebuilt.differences else "reproduced to the byte"
        typer.echo(f"{certificate.month} r{certificate.revision} is {word}; equal: {', '.join(rebuilt.equal) or '-'}")
        _end_unless(not rebuilt.differences)


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

    with _logged("proofread", file=file.name, month=month):
        known = known_numbers(month, list(read_register(register)) if register else [])
        proof = read_proof(read_document(file), known)
        typer.echo(str(proof))
        _end_unless(proof.clean)


@app.command()
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
    hall: Annotated[str, typer.Option(help="a hall's code; only the hall that prints has certified numbers")] = "",
    vintage: Annotated[
        Literal["printed", "revised"], typer.Option("--as", help="as first printed, or as newest revised")
    ] = "revised",
    form: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help="csv and json are stable")
    ] = "table",
) -> None:
    """Print certified numbers by month, department and hall, for people or for other programs."""
    from rich.console import Console

    from orchestration.cli.numbers import Wanted, numbers_of, table_of, written

    with _logged("numbers", month=month, format=form):
        wanted = Wanted(metrics or [], month, first, last, department, by == "department", hall, vintage)
        rows = numbers_of(wanted)
        if form == "table":
            Console(width=max(Console().width, 180)).print(table_of(rows))
        else:
            typer.echo(written(rows, form), nl=False)


@app.command()
def semantic_models(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="where the dbt project is to be")],
) -> None:
    """Write a dbt project with MetricFlow's metrics over the certified numbers, for BI tools."""
    from orchestration.cli.semantic import write_semantic_models

    with _logged("semantic_models", folder=str(folder)):
        typer.echo("\n".join(str(folder / path) for path in write_semantic_models(folder)))


@app.command()
def new_hall(folder: FolderArgument) -> None:
    """Begin a hall's own folder: settings, queries, reviewed tables and wording, to be edited."""
    from orchestration.cli.halls import make_hall

    with _readable_errors():
        for path in make_hall(folder):
            typer.echo(f"  {os.path.relpath(path)}")
        typer.echo(f"Edit these (README.md says how), then: yuebao check-hall {folder}")


@app.command()
def new_key(
    folder: FolderArgument,
    name: Annotated[str, typer.Argument(help="whose key it is")],
    *,
    role: Annotated[Role, typer.Option(help="what its owner signs as")] = "service",
) -> None:
    """Make the signing key that a hall's settings name, and list its owner among the signers."""
    from orchestration.cli.halls import make_key

    with _readable_errors():
        for line in make_key(folder, name, role):
            typer.echo(line)


@app.command()
def check_hall(
    folder: FolderArgument,
    *,
    day: Annotated[str, typer.Option(help="the day to ask for; else the newest one that is open")] = "",
) -> None:
    """Test every table, key, connection, mapping and credential of a hall, land nothing, and say what to fix."""
    from orchestration.cli.halls import checks_of

    with _readable_errors():
        _print_checks(checks_of(folder, day), str(folder), "ready")


@app.command()
def doctor() -> None:
    """Say whether machine, state folder, settings and ledger are well; ask no system, change nothing."""
    from orchestration.cli.halls import examination

    with _readable_errors():
        _print_checks(examination(), "doctor", "all well")


def _print_checks(checks: Iterable["Checked"], what: str, when_good: str) -> None:
    bad = 0
    for checked in checks:
        typer.echo(f"{'ok ' if checked.good else 'BAD'} {checked.subject}: {checked.found}")
        bad += not checked.good
    typer.echo(f"{what}: {f'{bad} to mend' if bad else when_good}")
    _end_unless(not bad)


@app.command()
def retention(
    *,
    keep_days: Annotated[int | None, typer.Option(min=1, help="else as the hall's settings say")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say how many")] = False,
) -> None:
    """Delete old runs from Dagster's history; no number, extract or certificate is in it."""
    from orchestration.cli.retention import forget

    with _readable_errors():
        with progress_line():
            said = forget(keep_days, dry_run=dry_run)
        typer.echo(said)


@app.command()
def sample_hall(
    folder: FolderArgument,
    day: Annotated[str, typer.Argument(help="a day, as 2025-03-12")],
    *,
    system: Annotated[list[str] | None, typer.Option(help="one system of the hall; can be repeated")] = None,
) -> None:
    """Show a day as it would land, and land nothing."""
    from rich.console import Console

    from orchestration.cli.halls import sample_table, samples_of

    with _readable_errors():
        refused: list[str] = []
        for sampled in samples_of(folder, day, system or []):
            refused += sampled.result.messages
            if sampled.result.extract:
                Console(width=max(Console().width, 130)).print(sample_table(sampled))
        for message in refused:
            typer.echo(message, err=True)
        _end_unless(not refused)


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


@app.command()
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

    with _logged("edition", month=month):
        if new:
            for path in new_edition(month):
                typer.echo(f"  {os.path.relpath(path)}")
            return
        written = make_edition(month, profile, annex=annex, pdf=pdf)
        typer.echo(written.report)
        for path in written.files:
            typer.echo(f"  {os.path.relpath(path)}")
        _end_unless(written.good)


@app.command()
def alerts(
    *,
    send: Annotated[bool, typer.Option("--send", help="tell every channel what is news to it")] = False,
    test: Annotated[str, typer.Option(metavar="CHANNEL", help="send a test message through one channel")] = "",
) -> None:
    """Show what deserves an alert now and what each channel would be told of it; nothing is sent unless asked."""
    from orchestration.cli.alerts import sent, shown, tried_out

    with _readable_errors():
        for line in [tried_out(test)] if test else sent() if send else shown():
            typer.echo(line)


@app.command()
def health(
    file: Annotated[Path | None, typer.Argument(help="where the page is to lie, if not in the state folder")] = None,
    *,
    html: Annotated[bool, typer.Option("--html", help="also write the page, and Prometheus metrics")] = False,
) -> None:
    """Say whether this month is on its way and what to do if not: exit code 1 when something waits for a person."""
    from rich.console import Console

    from orchestration.cli.health import health_now, summary, write_page

    with _readable_errors():
        found = health_now()
        Console(width=max(Console().width, 130)).print(summary(found))
        if html or file:
            for path in write_page(found, file):
                typer.echo(f"written: {os.path.relpath(path)}")
        _end_unless(found.is_well)


@app.command()
def page(
    months: Annotated[list[str] | None, typer.Argument(metavar="[MONTH]...", help="all certified ones if none")] = None,
) -> None:
    """Write the pages that authors read (网页): one per month and an index, each one file that needs nothing else."""
    from orchestration.cli.reporting import Refused
    from orchestration.pages import PageError, write_pages

    with _readable_errors():
        try:
            written = write_pages(months or ())
        except PageError as error:
            raise Refused(str(error)) from error
        for path in written:
            typer.echo(os.path.relpath(path))


@app.command()
def question(
    month: MonthArgument,
    metric: Annotated[str, typer.Argument(help="a metric, as online_accepted or 全程网办受理")],
    text: Annotated[str, typer.Argument(help="what is asked")],
    *,
    owner: Annotated[str, typer.Option(help="who is to answer; else whoever prepared the certificate")] = "",
    by: ByOption = "",
) -> None:
    """Ask about a certified figure (校核): it shows on the page until somebody answers."""
    from orchestration.cli.questions import ask_question

    with _logged("question", month=month, metric=metric):
        asked = ask_question(month, metric, text, owner=owner, by=by)
    typer.echo(f"{asked.id} is open: {asked.month} {asked.metric}, code {asked.certificate}, owner {asked.owner}")


@app.command()
def answer(
    question_id: Annotated[str, typer.Argument(metavar="ID", help="a question, as Q7")],
    text: Annotated[str, typer.Argument(help="the answer")],
    *,
    by: ByOption = "",
) -> None:
    """Answer a question on a certified figure."""
    from orchestration.cli.questions import answer_question

    with _logged("answer", question=question_id):
        given = answer_question(question_id, text, by=by)
    typer.echo(f"{given.answers} is answered")


@app.command()
def questions(
    month: Annotated[str | None, typer.Argument(metavar="[MONTH]", help="a month, or every one")] = None,
    *,
    only_open: Annotated[bool, typer.Option("--open", help="those that nobody has answered")] = False,
) -> None:
    """List questions on certified figures and their answers."""
    from orchestration.cli.questions import list_questions

    with _readable_errors():
        for each in list_questions(month, only_open=only_open):
            typer.echo(str(each))
            for given in each.answers:
                typer.echo(f"  answered {given.at[:16]} by {given.by}: {given.text}")


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


@contextmanager
def _logged(event: str, **details: object) -> Iterator[None]:
    """Readable errors, and a line in the log of who did what with certified numbers, however it ends."""
    code = _CRASHED
    try:
        with _readable_errors():
            yield
        code = 0
    except typer.Exit as end:
        code = end.exit_code
        raise
    finally:
        record(current_home(), event, **details, exit_code=code)


def _end_unless(good: bool) -> None:  # noqa: FBT001 - the one thing that it is told
    if not good:
        raise typer.Exit(_REFUSED)


def _end(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def run() -> None:
    """The program's entry."""
    # Imports make a million objects that all stay; with Python's usual threshold a fifth of their time is collecting.
    gc.set_threshold(200_000, 20, 20)
    app()
