"""Report authors are spoken to in Chinese: help, mistakes in what they typed, and what rooms of engineers say."""

import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

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

    def get_params(self, ctx: Any) -> list[Any]:
        """Arguments and options under Chinese headings."""
        parameters = super().get_params(ctx)
        for each in parameters:
            if isinstance(each, TyperArgument):
                each.rich_help_panel = "要写的"
            elif isinstance(each, TyperOption):
                each.rich_help_panel = "选项"
                if each.name == "help":
                    each.help = "显示这段说明"
        return parameters
