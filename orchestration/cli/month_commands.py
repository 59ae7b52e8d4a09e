"""A month's way: pulled, built, printed, and how it stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.app import (
    ENGINEERS,
    DaysArgument,
    MonthArgument,
    SystemOption,
    app,
    end_by,
    end_unless,
    logged,
    print_diagnoses,
    print_files,
    print_wide,
    readable_errors,
)
from orchestration.cli.progress_line import progress_line
from orchestration.runtime.paths import current_home

if TYPE_CHECKING:
    from orchestration.certification.monthly_report import AskedAnswers, Asking, Steps

_A_DRAFT = "草稿: not certified, not to be printed"


@app.command(rich_help_panel=ENGINEERS)
def report(
    month: MonthArgument,
    *,
    pull_first: Annotated[bool, typer.Option("--pull/--no-pull", help="ask before building for what isn't in")] = True,
    pull_all: Annotated[bool, typer.Option("--pull-all", help="ask again for every day, for corrections")] = False,
    draft: Annotated[
        bool, typer.Option("--draft", help="write a draft that nobody has certified, marked 草稿")
    ] = False,
    site: Annotated[list[str] | None, typer.Option(help="a site below the hall, by code; can be repeated")] = None,
    every_site: Annotated[bool, typer.Option("--all", help="every site below the hall, then the hall itself")] = False,
) -> None:
    """Ask for what isn't in of a month, build, test and certify it, and print the section and where its files lie.

    Then page, Word and workbook are written, as by `yuebao desk`.

    Of sites: those of which every day is in are certified, and what the others lack is said.
    """
    asking: Asking = "all" if pull_all else "missing" if pull_first else "nothing"
    if site or every_site:
        if draft:
            raise typer.BadParameter("a draft is of the hall itself: leave --site and --all out")
        _report_sites(month, asking, site or [])
        if not every_site:
            return
        asking = "nothing"
    from orchestration.warehouse.ahead import start_workers

    with logged("report", month=month, draft=draft):
        start_workers(month)
        from orchestration.certification.monthly_report import create_draft, create_report
        from orchestration.cli.handing_over import hand_over
        from orchestration.runs import Runs

        steps = Runs(current_home())
        with progress_line(), _drafting_those_in(month, steps):
            if draft:
                drafted = create_draft(month, steps, asking)
                _print_section(drafted.folder, _A_DRAFT, drafted.asked)
                return
            report = create_report(month, steps, asking)
        certificate = report.certificate
        _print_section(
            report.release, f"已核定, revision {certificate.revision}, code {certificate.code}", report.asked
        )
        if report.pending:
            typer.echo(f"\n{report.pending}", err=True)
        hand_over(certificate, outdated=bool(report.pending))


@contextmanager
def _drafting_those_in(month: str, steps: "Steps") -> Iterator[None]:
    """Where the hall waits for sites below it and its settings ask for a draft of the others: print that too."""
    from orchestration.certification.site_reports import draft_of_those_in
    from orchestration.warehouse.month import NotPrintableError

    try:
        yield
    except NotPrintableError:
        if folder := draft_of_those_in(month, steps):
            _print_section(folder, _A_DRAFT, None)
        raise


def _report_sites(month: str, asking: "Asking", sites: list[str]) -> None:
    """Ends with 1 where one of the sites isn't certified."""
    from orchestration.certification.site_reports import report_sites
    from orchestration.cli.handing_over import hand_over_sites
    from orchestration.cli.site_views import site_lines
    from orchestration.runs import Runs

    with logged("report", month=month, sites=sites or "all"):
        with progress_line():
            reports = report_sites(month, Runs(current_home()), asking, sites)
        if reports.asked:
            typer.echo(f"{reports.asked}.", err=True)
        certified = [report for report in reports.reports if report.certificate]
        if len(sites) == 1 and certified and certified[0].release:
            typer.echo((certified[0].release / "section.txt").read_text(encoding="utf-8"))
        for line in site_lines(reports):
            typer.echo(line)
        if named := [report.site for report in certified if report.site in sites]:
            hand_over_sites(month, named)
        end_unless(len(certified) == len(reports.reports))


def _print_section(folder: Path, state: str, asked: "AskedAnswers | None") -> None:
    if asked:
        typer.echo(f"{asked}.", err=True)
    typer.echo((folder / "section.txt").read_text(encoding="utf-8"))
    typer.echo(f"Files ({state}):")
    print_files(folder)


@app.command(rich_help_panel=ENGINEERS)
def status(
    month: MonthArgument,
    *,
    checks: Annotated[bool, typer.Option("--checks", help="also what each rule said of each day")] = False,
    sites: Annotated[bool, typer.Option("--sites", help="also which sites aren't in, the worst first")] = False,
) -> None:
    """Show which days of a month are in, what is wrong, what to do about it, and whether it is certified.

    Of the month under way: what is in and what is late so far, and a draft (草稿) of its counts up to yesterday. Ends
    with 0 if the month can be printed, or nothing of it is late so far, and else with 1.
    """
    from orchestration.certification.certify import current_archive
    from orchestration.certification.settings_evidence import settings_for
    from orchestration.cli.month_views import (
        CALENDAR_WIDTH,
        LEGEND,
        OUTCOMES_LEGEND,
        calendar_table,
        certification_lines,
        checks_table,
        diagnoses,
        draft_table,
        sites_line,
        sites_table,
        so_far,
        verdict,
    )
    from orchestration.warehouse.month import month_under_way, open_month, problems_of
    from reports.figures.readiness import warnings

    with readable_errors(), settings_for(current_archive(), month) as hall:
        under_way = month_under_way(month)
        state = under_way or open_month(month)
        if checks:
            print_wide(checks_table(state), OUTCOMES_LEGEND, "", width=CALENDAR_WIDTH)
        if sites:
            print_wide(sites_table(state), "", sites_line(state), "", width=CALENDAR_WIDTH)
        if under_way:
            came, late = so_far(under_way)
            print_wide(calendar_table(under_way), LEGEND, "", came, width=CALENDAR_WIDTH)
            verdicts = print_diagnoses(diagnoses(under_way, late, ()))
            if under_way.days:
                counted = f"counts of the days that are in, up to {under_way.days[-1]}"
                typer.echo(f"\n草稿: {counted}; not certified, not to be printed")
                print_wide(draft_table(under_way))
            end_by(verdicts, month, "nothing is late")
            return
        problems = problems_of(state)
        certified = list(certification_lines(state, hall, problems))
        print_wide(calendar_table(state), LEGEND, "", verdict(state, problems), width=CALENDAR_WIDTH)
        verdicts = print_diagnoses(diagnoses(state, problems, warnings(state.day_states, state.evidence)))
        for line in certified:
            typer.echo(line)
        end_by(verdicts, month, "nothing to mend")


@app.command(rich_help_panel=ENGINEERS)
def pull(
    days: DaysArgument,
    *,
    system: SystemOption = None,
    data_docs: Annotated[bool, typer.Option("--data-docs", help="also build Great Expectations' Data Docs")] = False,
) -> None:
    """Ask the hall's systems for days, and land what is good."""
    from orchestration.certification.monthly_report import docs_of, pull_days
    from orchestration.config.hall import load_hall
    from orchestration.partitions import pullable_days
    from orchestration.runs import Runs

    with readable_errors():
        hall, home = load_hall().hall, current_home()
        dates = pullable_days(days, hall)
        systems = hall.systems_named(system) if system else tuple(hall.systems_in(dates))
        hall.require_asked(systems, dates)
        with progress_line():
            outcome = pull_days(dates, systems, Runs(home), data_docs=data_docs)
        typer.echo(f"{len(dates)} day{'s' if len(dates) > 1 else ''} of {', '.join(systems)} are in.")
        for name in systems:
            if not all(map(hall.systems[name].is_valid_on, dates)):
                typer.echo(f"{hall.validity_of(name)}: it wasn't asked for the others.")
        if data_docs:
            typer.echo("\n".join(docs_of(outcome)))


@app.command(rich_help_panel=ENGINEERS)
def backfill(
    months: Annotated[str, typer.Argument(metavar="MONTHS", help="2023-01..2025-03, or one month")],
    *,
    certify: Annotated[
        bool, typer.Option("--certify", help="also certify each month that isn't yet, and emit its section")
    ] = False,
) -> None:
    """Bring past months in and build them, asking only for what isn't in; interrupted, the same command goes on.

    Without a daemon Dagster's page shows the partitions afterwards, and no run for each of them.
    """
    from orchestration.automation.backfill import backfill as bring_in
    from orchestration.automation.backfill import in_all
    from orchestration.cli.handing_over import hand_over_months
    from orchestration.runs import Runs

    with readable_errors():
        done = []
        runs = Runs(current_home(), are_kept=False)
        with progress_line():
            try:
                for month in bring_in(months, runs, certify=certify):
                    done.append(month)
                    typer.echo(str(month))
                    for problem in month.problems:
                        typer.echo(problem, err=True)
            finally:
                runs.register()
        if certify:
            hand_over_months(month.month for month in done if not month.problems)
        if len(done) > 1:
            typer.echo(in_all(done))
        end_unless(not any(month.problems for month in done))
