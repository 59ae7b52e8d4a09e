"""What authors and other programs take of certified numbers."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from orchestration.cli.app import (
    AUTHORS,
    ENGINEERS,
    MonthArgument,
    app,
    end_unless,
    logged,
    print_paths,
    print_wide,
    readable_errors,
)
from orchestration.cli.progress_line import progress_line
from orchestration.runtime.paths import current_home


@app.command(rich_help_panel=AUTHORS)
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
    site: Annotated[str, typer.Option(help="a site below the hall, by code; else the hall itself")] = "",
    vintage: Annotated[
        Literal["printed", "revised"], typer.Option("--as", help="as first printed, or as newest revised")
    ] = "revised",
    form: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help="csv and json are stable")
    ] = "table",
) -> None:
    """Print certified numbers by month, department and site, for people or for other programs."""
    from orchestration.certification.numbers import Selection, numbers_of, rows_as_text
    from orchestration.cli.certificate_views import rows_table

    with logged("numbers", month=month, format=form):
        rows = numbers_of(Selection(metrics or [], month, first, last, department, by == "department", site, vintage))
        if form == "table":
            print_wide(rows_table(rows), width=180)
        else:
            typer.echo(rows_as_text(rows, form), nl=False)


@app.command(rich_help_panel=ENGINEERS)
def semantic_models(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="where the dbt project is to be")],
) -> None:
    """Write a dbt project with MetricFlow's metrics over the certified numbers, for BI tools."""
    from orchestration.certification.author_files import write_semantic_models

    with logged("semantic_models", folder=str(folder)):
        typer.echo("\n".join(str(folder / path) for path in write_semantic_models(folder)))


@app.command(rich_help_panel=AUTHORS)
def edition(
    month: MonthArgument,
    *,
    new: Annotated[bool, typer.Option("--new", help="lay out the edition's folder, to be filled by authors")] = False,
    profile: Annotated[str, typer.Option(help="paper (GB/T 9704) or screen (GB/T 33476.2)")] = "",
    annex: Annotated[bool, typer.Option("--annex", help="with the table of the metrics")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="also a PDF, where LibreOffice is")] = False,
    against: Annotated[
        str, typer.Option(metavar="MONTH|rN", help="also with tracked changes against another month or revision (对照)")
    ] = "",
) -> None:
    """Put the whole edition together from authors' texts: numbered, filled with numbers, checked, set as .docx."""
    from orchestration.certification.edition import make_edition, new_edition
    from orchestration.certification.edition_blackline import write_blackline
    from orchestration.runs import Runs

    with logged("edition", month=month):
        if new:
            print_paths(new_edition(month))
            return
        written = make_edition(month, Runs(current_home()), profile, annex=annex, pdf=pdf)
        typer.echo(written.report)
        print_paths(written.files)
        if against:
            print_paths([write_blackline(month, against, written.files[0])])
        end_unless(written.good)


@app.command(rich_help_panel=AUTHORS)
def facts_of(
    file: Annotated[Path, typer.Argument(metavar="FILE.docx", help="系统生成的 Word，改过的也可以")],
) -> None:
    """列出 Word 文件里每个数的来历：指标、月份、核定码；手工改过的数逐个点名，有就以 1 结束。"""
    from orchestration.certification.edition_facts import facts_of as checked_facts
    from orchestration.certification.edition_facts import facts_report

    with logged("facts_of", file=str(file)):
        facts = checked_facts(file)
        typer.echo(facts_report(file, facts))
        end_unless(not any(fact.altered for fact in facts))


@app.command(rich_help_panel=AUTHORS)
def desk(
    months: Annotated[list[str] | None, typer.Argument(metavar="[MONTH]...", help="all certified ones if none")] = None,
    *,
    site: Annotated[list[str] | None, typer.Option(help="a site below the hall, by code; can be repeated")] = None,
    sites: Annotated[bool, typer.Option("--sites", help="every certified site below the hall")] = False,
) -> None:
    """Write what authors take from certified months: section in Word, workbook, CSV, Parquet, SDMX-CSV, pages (网页).

    It is the hall's own, or that of sites (网点). Of what isn't certified it writes the page alone, which says what is
    missing, and ends with 1.
    """
    from orchestration.certification.author_files import write_author_files

    if site and sites:
        raise typer.BadParameter("--sites is every site: leave --site out")
    with readable_errors():
        with progress_line():
            files, uncertified = write_author_files(months or [], None if sites else site or [""])
        print_paths(files)
        for named in uncertified:
            typer.echo(f"{named} 还没有核定，只有网页，缺什么写在上面", err=True)
        end_unless(not uncertified)
