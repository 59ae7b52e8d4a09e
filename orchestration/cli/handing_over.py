"""What authors take of a certified month, written by itself after the month's own lines are printed.

A month is certified by then, and its section printed: what goes wrong here is a warning, in one line with the command
that does it again.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import typer

from orchestration.certification.author_files import are_written, files_of, refresh_page, write_author_files
from orchestration.certification.certify import current_archive
from orchestration.cli.app import print_paths
from orchestration.cli.progress_line import progress_line
from orchestration.runtime.errors import Refused, UserError
from orchestration.runtime.guard import explain
from orchestration.runtime.paths import current_home
from reports.certificates.certificate import Certificate
from reports.errors import ReportsError

# `off` leaves it to `yuebao desk`, or to what runs by itself.
VARIABLE = "YUEBAO_DESK"


def hand_over(certificate: Certificate, *, outdated: bool = False) -> None:
    """Have page, Word and workbook of a certificate of the hall written unless they are, and print where they lie.

    Args:
        certificate: The newest of its month.
        outdated: Whether the month changed since, which its page has to say.
    """
    if _is_off():
        return
    month = certificate.month
    is_written = are_written(current_archive(), certificate)
    step = (lambda: refresh_page(month)) if is_written else (lambda: _write(month))
    if (is_written and not outdated) or _done(step, certificate.name, month):
        typer.echo("For authors:")
        print_paths(files_of(current_archive(), certificate))


def hand_over_sites(month: str, sites: Sequence[str]) -> None:
    """The same of sites below the hall, by code, which are certified."""
    files: list[Path] = []
    if not _is_off() and _done(lambda: files.extend(write_author_files([month], sites).files), month, month, sites):
        typer.echo("For authors:")
        print_paths(files)


def hand_over_months(months: Iterable[str]) -> None:
    """The same of the newest certificates of many months; where it all lies isn't printed."""
    archive = current_archive()
    for month in () if _is_off() else months:
        entry = archive.ledger.latest(month)
        if entry and not are_written(archive, entry.certificate):
            _done(partial(_write, month), entry.certificate.name, month)


def refresh_pages(month: str) -> None:
    """Write a month's page anew, where authors see what they just asked or answered."""
    if _is_off():
        return
    if reason := _why_not(lambda: refresh_page(month)):
        warning = f"已经登记，但是网页没有更新：{reason}；请数据人员运行 yuebao desk {month}"
        typer.secho(warning, fg=typer.colors.YELLOW, err=True)


def _is_off() -> bool:
    return os.environ.get(VARIABLE) == "off"


def _write(month: str) -> None:
    from orchestration.runs import Runs  # imports Dagster, which questions do without

    outcome = Runs(current_home()).write_author_files(month)
    if outcome.messages:
        raise Refused("; ".join(outcome.messages))


def _done(step: Callable[[], object], name: str, month: str, sites: Sequence[str] = ()) -> bool:
    """Take a step, and whether it was done; a warning says why not."""
    with progress_line():
        reason = _why_not(step)
    if reason:
        again = " ".join([f"yuebao desk {month}", *(f"--site {site}" for site in sites)])
        warning = f"{name} stands, but what authors take of it isn't written: {reason}; next: {again}"
        typer.secho(warning, fg=typer.colors.YELLOW, err=True)
    return not reason


def _why_not(step: Callable[[], object]) -> str:
    """Take a step; in one line why it failed, if it did."""
    try:
        step()
    except Exception as error:  # noqa: BLE001 - whatever it is, what came before it stands
        told = explain(error) or (str(error) if isinstance(error, Refused | UserError | ReportsError) else "")
        return " ".join((told or f"{type(error).__name__}: {error}").split())
    return ""
