"""What authors take of a certified month, written by itself after the month's own lines are printed.

A month is certified by then, and its section printed: what goes wrong here is a warning, in one line with the command
that does it again.
"""

import os
from collections.abc import Iterable

import typer

from orchestration.certification.author_files import are_written, files_of, refresh_page
from orchestration.certification.certify import current_archive
from orchestration.cli.app import print_paths
from orchestration.cli.progress_line import progress_line
from orchestration.runtime.guard import explain
from orchestration.runtime.paths import current_home
from reports.certificates.certificate import Certificate

# `off` leaves it to `yuebao desk`, or to what runs by itself.
VARIABLE = "YUEBAO_DESK"


def hand_over(certificate: Certificate) -> None:
    """Have page, Word and workbook of a certificate of the hall written unless they are, and print where they lie."""
    if _are_there(certificate):
        typer.echo("For authors:")
        print_paths(files_of(current_archive(), certificate))


def hand_over_months(months: Iterable[str]) -> None:
    """The same of the newest certificates of many months; where it all lies isn't printed."""
    ledger = current_archive().ledger
    for month in months:
        if entry := ledger.latest(month):
            _are_there(entry.certificate)


def refresh_pages(month: str) -> None:
    """Write a month's page anew, where authors see what they just asked or answered."""
    if os.environ.get(VARIABLE) == "off":
        return
    try:
        refresh_page(month)
    except Exception as error:  # noqa: BLE001 - whatever it is, the question or the answer is kept
        reason = " ".join((explain(error) or str(error)).split())
        warning = f"已经登记，但是网页没有更新：{reason}；请数据人员运行 yuebao desk {month}"
        typer.secho(warning, fg=typer.colors.YELLOW, err=True)


def _are_there(certificate: Certificate) -> bool:
    """Whether it is all written, now or before; a warning says why it isn't."""
    if os.environ.get(VARIABLE) == "off":
        return False
    reason = "" if are_written(current_archive(), certificate) else _why_not_written(certificate.month)
    if reason:
        told = " ".join(reason.split())
        warning = f"{certificate.name} stands, but what authors take of it isn't written: {told}"
        typer.secho(f"{warning}; next: yuebao desk {certificate.month}", fg=typer.colors.YELLOW, err=True)
    return not reason


def _why_not_written(month: str) -> str:
    """Write it, and return why that failed, if it did."""
    from orchestration.runs import Runs  # imports Dagster, which questions do without

    try:
        with progress_line():
            outcome = Runs(current_home()).write_author_files(month)
    except Exception as error:  # noqa: BLE001 - whatever it is, the month is certified and printed
        return explain(error) or f"{type(error).__name__}: {error}"
    return "; ".join(outcome.messages)
