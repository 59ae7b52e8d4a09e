"""What authors read in place of a check's code (`check_names.toml`)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path


def check_name(code: str) -> str:
    """A rule of days or a check of a month in Chinese; its code where the table hasn't it."""
    return next((names[code] for names in check_names().values() if code in names), code)


@cache
def check_names() -> Mapping[str, Mapping[str, str]]:
    """The table: `day_rules` and `build_checks`, each with names by code."""
    return tomllib.loads(Path(__file__).with_name("check_names.toml").read_text(encoding="utf-8"))
