"""Report authors are spoken to in Chinese: help, mistakes in what they typed, and what rooms of engineers say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

if TYPE_CHECKING:
    from rich.panel import Panel

_TABLE = Path(__file__).with_name("author_messages.toml")
_ENGLISH = re.compile(r"[A-Za-z']+(?: [A-Za-z']+){2}")
_USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]
_MISUSED = 2


def in_chinese(message: str) -> str:
    """A message for report authors; English that isn't known is handed on to the engineers as it is."""
    for said, told in _messages():
        if match := said.fullmatch(message):
            return told.format(**match.groupdict())
    return f"请把下面的话转给数据人员：{message}" if _ENGLISH.search(message) else message


def unchanged(message: str) -> str:
    """A message for engineers."""
    return message


Language = Callable[[str], str]


@cache
def _messages() -> list[tuple[re.Pattern[str], str]]:
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return [(re.compile(each["said"], re.DOTALL), each["told"]) for each in table["message"]]


class AuthorCommand(TyperCommand):
    """A command whose help, and what is wrong with how it was typed, is Chinese."""

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """As Typer does; what was typed wrongly ends with 2."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except _USAGE_ERROR as error:
            said = str(getattr(error, "format_message", error.__str__)())
            typer.echo(f"{in_chinese(said)}；用法见 yuebao {info_name} --help", err=True)
            raise typer.Exit(_MISUSED) from error

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - Rich measures the terminal itself
        """As Typer does, but for its own English words."""
        from rich.console import Console
        from rich.padding import Padding

        arguments = [each for each in self.get_params(ctx) if isinstance(each, TyperArgument)]
        options = [each for each in self.get_params(ctx) if isinstance(each, TyperOption) and not each.hidden]
        typed = " ".join([f"yuebao {ctx.info_name}", *(each.display_name_raw for each in arguments), "[选项]"])
        console = Console(markup=False, highlight=False)
        for text in (f"用法：{typed}", *(self.help or "").split("\n\n")):
            console.print(Padding(" ".join(text.split()), (1, 1, 0, 1)))
        for title, parameters in (("要写的", arguments), ("选项", options)):
            if parameters:
                console.print(_panel(title, [_row(each, ctx) for each in parameters]))


def _panel(title: str, rows: Sequence[Sequence[str]]) -> Panel:
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*map(Text, row))
    return Panel(table, title=title, title_align="left")


def _row(parameter: Any, ctx: Any) -> tuple[str, str]:
    """How it is typed, and what it is for."""
    if parameter.name == "help":
        return "--help", "显示这段说明"
    kind = parameter.metavar or parameter.display_type(ctx=ctx)
    values = kind if parameter.metavar or "|" in kind else ""  # <str> and <bool> say nothing
    typed = parameter.display_name_raw if isinstance(parameter, TyperArgument) else f"{parameter.opts[0]} {values}"
    told = parameter.help or ""
    return typed, f"{told}；不写就是 {parameter.default}" if parameter.default else told
