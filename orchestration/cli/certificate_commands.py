"""Certified numbers: signed, revised, proved, shown, traced, rebuilt, asked about."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from orchestration.cli.app import (
    AUTHORS,
    ENGINEERS,
    AuthorMonth,
    AuthorName,
    ByOption,
    MonthArgument,
    MonthOrCodeArgument,
    RevisionOption,
    SiteOption,
    app,
    author_logged,
    end_unless,
    logged,
    print_files,
    print_wide,
    readable_errors,
)
from orchestration.cli.author_language import AuthorCommand
from orchestration.cli.progress_line import progress_line
from orchestration.runtime.paths import current_home
from reports.certificates.certificate import Reason, SignRole
from reports.certificates.rates import RateBasis


@app.command(rich_help_panel=ENGINEERS)
def certify(month: MonthArgument) -> None:
    """Certify a month that may be printed; where people sign (policy `manual`), draw up what they sign."""
    from orchestration.certification.monthly_report import certify_month
    from orchestration.cli.handing_over import hand_over
    from orchestration.runs import Runs

    with logged("certify", month=month):
        with progress_line():
            entry, release = certify_month(month, Runs(current_home()))
        typer.echo(f"{entry.certificate.name} 已核定, code {entry.certificate.code}")
        print_files(release)
        hand_over(entry.certificate)


@app.command(rich_help_panel=AUTHORS)
def sign(
    what: Annotated[str, typer.Argument(metavar="MONTH|FILE", help="a month that waits, or a request to sign")],
    *,
    role: Annotated[SignRole | None, typer.Option("--as", help="in which role")] = None,
    key: Annotated[Path | None, typer.Option(help="your private key (.pem); else the one that hall.toml names")] = None,
    request: Annotated[Path | None, typer.Option(help="write a request, to be signed at another machine")] = None,
    answer: Annotated[Path | None, typer.Option(help="the signature that was made there: written, or taken in")] = None,
    sites: Annotated[bool, typer.Option("--sites", help="what waits of the month's sites, and not the hall's")] = False,
) -> None:
    """Sign a month as one of the people who have to (policy `manual`); the last signature certifies it."""
    from orchestration.cli.signing_views import Signing, sign_month, sign_request

    if Path(what).is_file():
        with readable_errors(announced=False):
            typer.echo(sign_request(Path(what), role, key, answer))
        return
    with logged("sign", month=what, role=role or "", sites=sites):
        for line in sign_month(Signing(what, sites, role, key, request, answer)):
            typer.echo(line)


@app.command(rich_help_panel=ENGINEERS)
def revise(
    month: MonthArgument,
    *,
    reason: Annotated[Reason, typer.Option(help="why the certified numbers change")],
    note: Annotated[str, typer.Option(help="what happened, in a sentence")] = "",
    site: Annotated[list[str] | None, typer.Option(help="a site, with those above it; can be repeated")] = None,
) -> None:
    """Certify a changed month anew, for a reason; what was printed stays, and what it changes is said."""
    if site:
        _revise_sites(month, site, reason, note)
        return
    from orchestration.certification.monthly_report import revise_month
    from orchestration.cli.handing_over import hand_over
    from orchestration.runs import Runs

    with logged("revise", month=month, reason=reason):
        with progress_line():
            revision = revise_month(month, Runs(current_home()), reason, note)
        certificate = revision.entry.certificate
        typer.echo(f"{certificate.name} 已核定, code {certificate.code}")
        typer.echo(f"修订说明：{revision.note or '刊印数无变化。'}")
        for sentence in revision.affected:
            typer.echo(f"受影响的原文：{sentence}")
        typer.echo(f"Files: {os.path.relpath(revision.release)}")
        hand_over(certificate)


def _revise_sites(month: str, sites: list[str], reason: Reason, note: str) -> None:
    from orchestration.certification.site_reports import revise_sites
    from orchestration.runs import Runs

    with logged("revise", month=month, sites=sites, reason=reason), progress_line():
        revisions = revise_sites(month, Runs(current_home()), sites, reason, note)
    for revision in revisions:
        certificate = revision.certificate
        typer.echo(f"{certificate.name} 已核定, code {certificate.code}, {os.path.relpath(revision.release)}")
        typer.echo(f"修订说明：{revision.note or '刊印数无变化。'}")


@app.command(rich_help_panel=ENGINEERS)
def verify(
    what: Annotated[str | None, typer.Argument(metavar="[MONTH|FOLDER]", help="nothing: the whole ledger")] = None,
    *,
    signers: Annotated[Path | None, typer.Option(exists=True, help="an auditor's own list of signers")] = None,
    recount: Annotated[bool, typer.Option("--recount", help="also count the rows of every extract again")] = False,
) -> None:
    """Prove, from files alone, that certificates, extracts and releases are what was signed."""
    from orchestration.certification.lookup import verify_what
    from reports.certificates.disk import lines_of

    stands_alone = bool(signers and what and Path(what).is_dir())
    with logged("verify", announced=not stands_alone, what=what or "ledger"):
        proof = verify_what(what, signers, rows=recount)
        for line in (*lines_of(proof.problems), *proof.excused):
            typer.echo(line)
        for unseen in proof.not_checked:
            typer.echo(f"not checked: {unseen}")
        verdict = "sound" if proof.sound else f"{len(proof.problems)} problems"
        newest = proof.newest or "-"
        typer.echo(f"{proof.certificates} certificates, {proof.files_hashed} files: {verdict}. Newest: {newest}")
        end_unless(proof.sound)


@app.command(rich_help_panel=ENGINEERS)
def excuse_clock(
    certificate: Annotated[str, typer.Argument(help="its file in the ledger, as 000003-2025-03-r1.json")],
    *,
    note: Annotated[str, typer.Option(help="what was wrong with the clock")],
    by: ByOption = "",
) -> None:
    """Say of a certificate that the clock was wrong when it was made; nothing is taken away, and `verify` tells it."""
    from orchestration.certification.excuse_clock import excuse_clock as excuse

    with logged("excuse-clock", certificate=certificate, note=note):
        for line in excuse(certificate, note, by=by):
            typer.echo(line)


@app.command(rich_help_panel=AUTHORS)
def show(
    what: MonthOrCodeArgument,
    *,
    revision: RevisionOption = None,
    site: SiteOption = "",
    as_of: Annotated[str, typer.Option(help="what was certified at a moment: 2025-05-02 or 2025-05-02T12:00")] = "",
    rates: Annotated[RateBasis | None, typer.Option(help="also 环比 and 同比, against which vintage")] = None,
) -> None:
    """Show what is, or was, certified: the numbers, who signed them, and every revision of the month."""
    from orchestration.certification.lookup import find
    from orchestration.cli.certificate_views import history_lines, numbers_table, vintage_of

    with logged("show", what=what, as_of=as_of, site=site):
        archive, entry = find(what, revision, as_of, site)
        certificate = entry.certificate
        table = numbers_table(archive, certificate, rates)
        state = archive.ledger.state(certificate)
        typer.echo(f"{vintage_of(certificate)} {state}, code {certificate.code}: {entry.path}")
        print_wide(table, width=200)
        for line in history_lines(archive, certificate.month, certificate.below):
            typer.echo(line)


@app.command(rich_help_panel=ENGINEERS)
def trace(
    what: MonthOrCodeArgument,
    metric: Annotated[str, typer.Argument(help="a metric, as online_accepted")],
    *,
    revision: RevisionOption = None,
    site: SiteOption = "",
    rows: Annotated[Path | None, typer.Option("--csv", help="also write every row behind it")] = None,
) -> None:
    """Take a certified number apart: its definition, and the departments, days and extracts that add up to it."""
    from orchestration.certification.lookup import trace_number
    from orchestration.cli.certificate_views import traced_tables, write_rows

    with logged("trace", what=what, metric=metric, site=site):
        entry, traced, behind = trace_number(what, metric, revision, site)
        number, certificate = traced.number, entry.certificate
        typer.echo(f"{number.metric_name} {number.with_unit}, exactly {number.exact_with_unit}")
        typer.echo(f"口径（第 {number.version} 版）：{number.definition}")
        typer.echo(f"measures {', '.join(number.measures)}; {certificate.name}, code {certificate.code}\n")
        print_wide(*traced_tables(traced, certificate))
        if rows:
            write_rows(behind, rows)
            typer.echo(f"every row: {os.path.relpath(rows)}")


@app.command(rich_help_panel=ENGINEERS)
def rebuild(month: MonthArgument, *, revision: RevisionOption = None, site: SiteOption = "") -> None:
    """Recompute a certified month from its extracts alone, in an empty warehouse, and compare it to the byte."""
    from orchestration.certification.rebuild import rebuild as rebuild_month
    from orchestration.cli.certificate_views import vintage_of

    with logged("rebuild", month=month, revision=revision, site=site):
        rebuilt = rebuild_month(month, revision, site)
        certificate = rebuilt.entry.certificate
        for line in rebuilt.differences:
            typer.echo(line)
        word = "not reproduced" if rebuilt.differences else "reproduced to the byte"
        typer.echo(f"{vintage_of(certificate)} is {word}; equal: {', '.join(rebuilt.equal) or '-'}")
        end_unless(not rebuilt.differences)


@app.command(rich_help_panel=ENGINEERS)
def plan(
    months: Annotated[
        str | None, typer.Argument(metavar="[MONTHS]", help="2023-01..2025-03, one month, or all")
    ] = None,
    *,
    build: Annotated[
        bool, typer.Option("--build", help="also build by dbt in an empty warehouse: seconds each")
    ] = False,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="for people, or for a program")] = "text",
) -> None:
    """Say what today's tables, wording, models and code would change in certified and built months; writes nothing.

    Of sites those are told whose numbers or sentences would differ, and the others counted.

    Ends with 0 where nothing would differ, with 1 where something would or can't be known.
    """
    from orchestration.certification.plan import plan as plan_months
    from orchestration.cli.plan_views import is_told, plan_document, plan_lines, plan_total

    with readable_errors():
        plans = []
        for month in plan_months(months, build=build):
            plans.append(month)
            if form == "text" and is_told(month):
                typer.echo("\n".join(plan_lines(month)))
        typer.echo(plan_document(plans) if form == "json" else plan_total(plans))
        end_unless(not any(month.differs for month in plans))


@app.command(rich_help_panel=AUTHORS, cls=AuthorCommand)
def proofread(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            metavar="稿子",
            help=".docx、.txt、.md；装有 LibreOffice 时也收 .wps、.doc、.odt",
        ),
    ],
    *,
    month: Annotated[str, typer.Option(help="稿子说的是哪个月，如 2025-03")],
    register: Annotated[
        Path | None, typer.Option(exists=True, help="作者自己的数的登记表（.csv、.xlsx、.toml）")
    ] = None,
    comments: Annotated[Path | None, typer.Option(help="另写一份 .docx，把每处问题写成批注", dir_okay=False)] = None,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="逐个列出未核对的数")] = False,
) -> None:
    """把稿子里的每个数和核定数对照，列出须改的和请核的。"""
    from tempfile import TemporaryDirectory

    from orchestration.certification.lookup import known_numbers
    from reports.proofreading import proofread as read_proof
    from reports.proofreading import read_document, read_register
    from reports.word.comments import require_copy, write_comments
    from reports.word.foreign import as_docx

    with (
        author_logged("proofread", file=file.name, month=month),
        TemporaryDirectory(prefix="yuebao-proofread-") as folder,
    ):
        if comments:
            require_copy(file, comments)
        certified = known_numbers(month, list(read_register(register)) if register else [])
        document = as_docx(file, Path(folder))
        passages = read_document(document)
        proof = read_proof(passages, certified)
        typer.echo(f"{proof}\n{proof.unchecked_list}" if unchecked else str(proof))
        if comments:
            write_comments(document, comments, passages, proof.findings)
            typer.echo(f"批注写在 {comments}")
        end_unless(proof.clean)


@app.command(rich_help_panel=AUTHORS, cls=AuthorCommand)
def question(
    month: AuthorMonth,
    metric: Annotated[str, typer.Argument(metavar="指标", help="指标的名称或代码，如 全程网办受理")],
    text: Annotated[str, typer.Argument(metavar="问题", help="问什么，放在引号里")],
    *,
    owner: Annotated[str, typer.Option(help="由谁答复；不写就是编制核定书的人")] = "",
    by: AuthorName = "",
) -> None:
    """对核定数提出疑问（校核），答复以前一直显示在网页上。"""
    from orchestration.certification.questions import ask_question
    from orchestration.cli.handing_over import refresh_pages

    with author_logged("question", month=month, metric=metric):
        query = ask_question(month, metric, text, owner=owner, by=by)
        typer.echo(
            f"{query.id} 已登记：{query.month} {query.metric}，核定码 {query.certificate}，由 {query.owner} 答复"
        )
        refresh_pages(query.month)


@app.command(rich_help_panel=AUTHORS, cls=AuthorCommand)
def answer(
    question_id: Annotated[str, typer.Argument(metavar="编号", help="问题的编号，如 Q7")],
    text: Annotated[str, typer.Argument(metavar="答复", help="怎么答复，放在引号里")],
    *,
    by: AuthorName = "",
) -> None:
    """答复对核定数的疑问。"""
    from orchestration.certification.questions import answer_question, month_of
    from orchestration.cli.handing_over import refresh_pages

    with author_logged("answer", question=question_id):
        given = answer_question(question_id, text, by=by)
        typer.echo(f"{given.answers} 已答复")
        refresh_pages(month_of(given))


@app.command(rich_help_panel=AUTHORS)
def questions(
    month: Annotated[str | None, typer.Argument(metavar="[MONTH]", help="a month, or every one")] = None,
    *,
    only_open: Annotated[bool, typer.Option("--open", help="those that nobody has answered")] = False,
) -> None:
    """List questions on certified figures and their answers."""
    from orchestration.certification.questions import list_questions

    with readable_errors():
        for query in list_questions(month, only_open=only_open):
            typer.echo(str(query))
            for given in query.answers:
                typer.echo(f"  answered {given.at[:16]} by {given.by}: {given.text}")
