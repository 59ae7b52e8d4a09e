"""What authors and other programs take of certified numbers."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from orchestration.cli.app import (
    AUTHORS,
    ENGINEERS,
    AuthorMonth,
    app,
    author_logged,
    end_unless,
    logged,
    print_paths,
    print_wide,
    readable_errors,
)
from orchestration.cli.author_language import AuthorCommand, in_chinese
from orchestration.cli.progress_line import progress_line
from orchestration.runtime.errors import UserError
from orchestration.runtime.paths import current_home


@app.command(rich_help_panel=AUTHORS, cls=AuthorCommand)
def numbers(
    metrics: Annotated[
        list[str] | None, typer.Argument(metavar="[指标]...", help="指标代码，可以写几个；不写就是全部")
    ] = None,
    *,
    month: Annotated[str, typer.Option(help="一个月，如 2025-03；不写就是全部已核定的月份")] = "",
    first: Annotated[str, typer.Option("--from", help="从哪个月起")] = "",
    last: Annotated[str, typer.Option("--to", help="到哪个月止")] = "",
    department: Annotated[str, typer.Option(help="只看一个部门，写部门代码")] = "",
    by: Annotated[Literal["hall", "department"], typer.Option(help="hall 全厅的数，department 各部门的数")] = ("hall"),
    site: Annotated[str, typer.Option(help="下属网点的代码；不写就是全厅")] = "",
    vintage: Annotated[
        Literal["printed", "revised"], typer.Option("--as", help="printed 首次刊印的，revised 最新修订的")
    ] = "revised",
    form: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help="table 给人看，csv、json 给别的程序用")
    ] = "table",
) -> None:
    """列出核定数，可以选月份、部门、网点。"""
    from orchestration.certification.numbers import Selection, numbers_of, rows_as_text
    from orchestration.cli.certificate_views import rows_table

    with author_logged("numbers", month=month, format=form):
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


@app.command(rich_help_panel=AUTHORS, cls=AuthorCommand)
def edition(
    month: AuthorMonth,
    *,
    new: Annotated[bool, typer.Option("--new", help="建好放稿件的文件夹")] = False,
    profile: Annotated[
        str, typer.Option(help="版式：paper 纸质公文（GB/T 9704），screen 电子显示（GB/T 33476.2）")
    ] = "",
    annex: Annotated[bool, typer.Option("--annex", help="附主要指标表")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="另出 PDF（要装有 LibreOffice）")] = False,
    against: Annotated[str, typer.Option(metavar="月份|rN", help="另出一份和某月或某版的修订对照")] = "",
) -> None:
    """把稿件排成整期月报：编序号，填核定数，核对文稿，出 Word。"""
    from orchestration.certification.edition import make_edition, new_edition
    from orchestration.certification.edition_blackline import write_blackline
    from orchestration.runs import Runs

    with author_logged("edition", month=month):
        if new:
            print_paths(new_edition(month))
            return
        written = make_edition(month, Runs(current_home()), profile, annex=annex, pdf=pdf)
        typer.echo(written.report)
        print_paths(written.files)
        if against:
            print_paths([write_blackline(month, against, written.files[0])])
        end_unless(written.good)


@app.command(rich_help_panel=AUTHORS, cls=AuthorCommand)
def facts_of(
    file: Annotated[Path, typer.Argument(metavar="文件.docx", help="系统生成的 Word，改过的也可以")],
) -> None:
    """列出 Word 文件里每个数的来历：指标、月份、核定码；手工改过的数逐个点名，有就以 1 结束。"""
    from orchestration.certification.edition_facts import facts_of as checked_facts
    from orchestration.certification.edition_facts import facts_report

    with author_logged("facts_of", file=str(file)):
        facts = checked_facts(file)
        typer.echo(facts_report(file, facts))
        end_unless(not any(fact.altered for fact in facts))


@app.command(rich_help_panel=AUTHORS, cls=AuthorCommand)
def desk(
    months: Annotated[
        list[str] | None, typer.Argument(metavar="[月份]...", help="如 2025-03，可以写几个；不写就是全部已核定的")
    ] = None,
    *,
    site: Annotated[list[str] | None, typer.Option(help="下属网点的代码，可以写几个 --site")] = None,
    sites: Annotated[bool, typer.Option("--sites", help="全部已核定的网点")] = False,
) -> None:
    """重新生成已核定月份的 Word、工作簿、数据文件和网页。

    不写网点就是全厅的。还没有核定的只有网页，写明缺什么，并以 1 结束。
    """
    from orchestration.certification.author_files import write_author_files

    with readable_errors(language=in_chinese):
        if site and sites:
            raise UserError("--sites 是全部网点，不要再写 --site")
        with progress_line():
            files, uncertified = write_author_files(months or [], None if sites else site or [""])
        print_paths(files)
        for named in uncertified:
            typer.echo(f"{named} 还没有核定，只有网页，缺什么写在上面", err=True)
        end_unless(not uncertified)
