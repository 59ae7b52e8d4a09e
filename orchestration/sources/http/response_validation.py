"""What every answer over HTTP is held against: that the system succeeded, of what time it speaks, single values."""

from __future__ import annotations

from typing import Any

from orchestration.config.systems.http_api import Success
from orchestration.sources.contract import PassingFault, PermanentFault
from orchestration.sources.http.strict_json import ABSENT, brief, find_value, value_at


def refuse_failure(body: Any, success: Success | None, where: str) -> None:
    """Hold an answer against what the settings say a success looks like.

    Raises:
        PassingFault: the system says that it failed.
    """
    if success is None:
        return
    value = find_value(body, success.path)
    # In Python True is 1, and to a system they are two answers.
    if (type(value), value) != (type(success.value), success.value):
        stated = "nothing" if value is ABSENT else brief(value)
        reason = find_value(body, success.reason) if success.reason else ABSENT
        because = "" if reason is ABSENT else f", because of {brief(reason)}"
        raise PassingFault(
            f"{where}: the system says that it failed: {success.path} is {stated} and not {success.value!r}{because}",
            "look the code up in the system's interface description, then pull again",
        )


def refuse_other_period(body: Any, path: str, wanted: str, where: str, *, what: str) -> None:
    """Hold the day or month that an answer states against the one asked for; `what` says which it is.

    Raises:
        PermanentFault: it speaks of another one, or of none.
    """
    value = value_at(body, path, where)
    if isinstance(value, bool | dict | list) or str(value) != wanted:
        raise PermanentFault(
            f"{where}: {path} is {brief(value)} and not the {what} asked for ({wanted!r})",
            "ask the system's keeper; nothing of it was kept",
        )


def single_value(body: Any, path: str, where: str, key: str = "declared") -> Any:
    """The single value at a path, which the setting `key` gives.

    Raises:
        PermanentFault: nothing stands there, or no single number.
    """
    value = value_at(body, path, where)
    if isinstance(value, dict | list | bool):
        raise PermanentFault(
            f"{where}: {path} is {brief(value)} and no number",
            f"hold `{key}` in hall.toml against the system's interface description",
        )
    return value
