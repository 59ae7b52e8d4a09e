"""What `yuebao connect` says, as messages.toml words it."""

import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from orchestration.runtime.errors import Refused

_TOLD: Mapping[str, Mapping[str, str]] = tomllib.loads(
    Path(__file__).with_name("messages.toml").read_text(encoding="utf-8")
)


def _said(group: str, key: str, /, **details: object) -> str:
    return _TOLD[group][key].format(**details)


evidence, question, names_leave_open = (partial(_said, group) for group in ("evidence", "questions", "names"))


def refused(key: str, /, **details: object) -> Refused:
    """Why samples are looked at no further."""
    return Refused(_said("refused", key, **details))
