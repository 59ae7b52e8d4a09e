"""The program `yuebao`: what its commands share, from how they are told to how they end.

Exit codes, for a scheduler: 0 done; 1 refused, because a day, a check or an answer isn't right; 2 the command or the
settings are wrong.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from orchestration.cli.author_language import Language, in_chinese, unchanged
from orchestration.runtime.audit_log import record_access
from orchestration.runtime.errors import Refused, RunGoesOn, UserError
from orchestration.runtime.guard import explain
from orchestration.runtime.installation import current_installation, opening_line
from orchestration.runtime.paths import current_home
from reports.errors import ReportsError

if TYPE_CHECKING:
    from rich.table import Table

    from orchestration.diagnosis import Diagnosis, Verdict

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Certified monthly numbers of a government-service hall.",
)
AuthorMonth = Annotated[str, typer.Argument(metavar="月份", help="如 2025-03")]
AuthorName = Annotated[str, typer.Option(help="您的姓名；不写就用登录名")]
MonthArgument = Annotated[str, typer.Argument(metavar="MONTH", help="a month, as 2025-03")]
DaysArgument = Annotated[str, typer.Argument(metavar="DAYS", help="2025-03-12, 2025-03-01..2025-03-07, or 2025-03")]
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="the hall's own folder, which holds its hall.toml")]
RevisionOption = Annotated[int | None, typer.Option(help="a revision of the month other than the newest")]
SiteOption = Annotated[str, typer.Option(help="a site below the hall, by code; else the hall itself")]
SystemOption = Annotated[list[str] | None, typer.Option(help="one system of the hall; can be repeated")]
MonthOrCodeArgument = Annotated[
    str, typer.Argument(metavar="MONTH|CODE", help="a month, or the code on a printed page")
]
ByOption = Annotated[str, typer.Option(help="your name; else the system's user")]
# For whom a command is, in `--help`.
ENGINEERS, AUTHORS, SET_UP = "For engineers", "For report authors", "Set-up"
REFUSED = 1
_NUMBERS = {"sum", "count", "exact", "准确数"}
_COLOURS: Mapping["Verdict", str] = {"look": typer.colors.YELLOW, "mend": typer.colors.RED}
_MISUSED = 2
_CRASHED = 70  # EX_SOFTWARE: our own error, with a traceback


@contextmanager
def readable_errors(
    hall: Path | None = None, *, announced: bool = True, language: Language = unchanged
) -> Iterator[None]:
    """A user's mistake is one line on standard error, never a traceback; the first line says whose numbers these are.

    That is the hall of a folder, if one is given. Without being announced so a command needs no installation. The
    language is that of engineers, or of authors.
    """
    try:
        if announced:
            typer.echo(language(opening_line(hall)), err=True)
        yield
    except Refused as refused:
        _end(language(str(refused)), REFUSED)
    except RunGoesOn as left:
        _end(_what_became_of(left), 130)
    except KeyboardInterrupt:
        _end(language("interrupted; what has landed stays, and the same command goes on from there"), 130)
    except (UserError, ReportsError) as error:
        _end(f"yuebao: {language(str(error))}", _MISUSED)
    except Exception as error:
        if not (reason := explain(error)):
            raise
        _end(f"yuebao: {language(reason)}", _MISUSED)


@contextmanager
def author_logged(event: str, **details: Any) -> Iterator[None]:
    """As `logged`, for report authors."""
    with logged(event, language=in_chinese, **details):
        yield


@contextmanager
def logged(event: str, *, announced: bool = True, language: Language = unchanged, **details: object) -> Iterator[None]:
    """Readable errors, and a line in the log of who did what with certified numbers, however it ends."""
    code, begun = _CRASHED, False
    try:
        with readable_errors(announced=announced, language=language):
            begun = True
            yield
        code = 0
    except typer.Exit as end:
        code = end.exit_code
        raise
    finally:
        if begun and current_installation().hall:
            record_access(current_home(), event, **details, exit_code=code)


def end_unless(good: bool) -> None:  # noqa: FBT001 - the one thing that it is told
    """End with 1 where something isn't right."""
    if not good:
        raise typer.Exit(REFUSED)


def print_wide(*parts: object, width: int = 130) -> None:
    """Print tables and lines below each other, no narrower than `width` columns even where nobody looks."""
    from rich.console import Console

    Console(width=max(Console().width, width)).print(*parts, sep="\n")


def table(columns: Iterable[str], rows: Iterable[Iterable[object]], *, wrap: bool = True, **form: Any) -> "Table":
    """A table without lines; numbers, which stand in columns of these names, to the right."""
    from rich.table import Table

    made = Table(**{"box": None, "pad_edge": False, **form})
    for title in columns:
        made.add_column(title, justify="right" if title in _NUMBERS else "left", no_wrap=not wrap)
    for row in rows:
        made.add_row(*map(str, row))
    return made


def print_files(folder: Path) -> None:
    """Print where the files of a folder lie."""
    print_paths(sorted(path for path in folder.iterdir() if path.is_file()))


def print_paths(paths: Iterable[Path]) -> None:
    """Print paths, from where the user stands, a line each."""
    for path in paths:
        typer.echo(f"  {os.path.relpath(path)}")


def _what_became_of(left: RunGoesOn) -> str:
    """Ask whether a submitted run is to be stopped, where somebody can answer, and say what became of it."""
    if sys.stdin.isatty() and typer.confirm(f"run {left.run_id} goes on in Dagster; stop it too?", err=True):
        return f"interrupted; run {left.run_id} {'is being stopped' if left.cancel() else 'had ended already'}"
    return f"interrupted; run {left.run_id} goes on in Dagster, whose page can stop it"


def _end(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def print_diagnoses(diagnoses: Iterable["Diagnosis"]) -> "Counter[Verdict]":
    """Print every diagnosis as it is made, and return how many there were of each verdict."""
    verdicts: Counter[Verdict] = Counter()
    for diagnosis in diagnoses:
        first, *more = diagnosis.lines
        typer.secho(first, fg=_COLOURS.get(diagnosis.verdict))
        for line in more:
            typer.echo(line)
        verdicts[diagnosis.verdict] += 1
    return verdicts


def end_by(verdicts: "Counter[Verdict]", what: str, when_good: str) -> None:
    """Say how many diagnoses wait for somebody, and end with 1 if something is to be mended."""
    outcome = [f"{verdicts['mend']} to mend" if verdicts["mend"] else when_good]
    if verdicts["look"]:
        outcome.append(f"{verdicts['look']} to look at")
    typer.echo(f"{what}: {', '.join(outcome)}")
    end_unless(not verdicts["mend"])
