"""One answer over HTTP, and what it is held against: that the system succeeded, of what time it speaks, its values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.config.systems.http_api import Success
from orchestration.sources.contract import PassingFault, PermanentFault
from orchestration.sources.http.strict_json import brief

ABSENT = object()


@dataclass(frozen=True)
class Document:
    """What an address answered.

    Attributes:
        body: its JSON.
        where: what messages call it, such as `page 1`.
        url: the address that was asked.
        link: its header `Link`.
        rows: its rows of counts, once they are read.
    """

    body: Any
    where: str
    url: str
    link: str
    rows: Sequence[Mapping[str, Any]] = ()

    def find(self, path: str) -> Any:
        """What stands at a dotted path, or `ABSENT`."""
        value = self.body
        for key in path.split("."):
            if not isinstance(value, dict) or key not in value:
                return ABSENT
            value = value[key]
        return value

    def value(self, path: str) -> Any:
        """What stands at a dotted path.

        Raises:
            PermanentFault: nothing does.
        """
        value = self.find(path)
        if value is ABSENT:
            raise PermanentFault(
                f"the answer has no {path!r} on {self.where}",
                "hold hall.toml against the system's interface description",
            )
        return value

    def single_value(self, path: str, key: str = "declared") -> Any:
        """The single value at a path, which the setting `key` gives.

        Raises:
            PermanentFault: nothing stands there, or no single number.
        """
        value = self.value(path)
        if isinstance(value, dict | list | bool):
            raise PermanentFault(
                f"{self.where}: {path} is {brief(value)} and no number",
                f"hold `{key}` in hall.toml against the system's interface description",
            )
        return value

    def read_rows(self, path: str, columns: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """The rows at a path, whose `columns` hold single values.

        Raises:
            PermanentFault: no list of such rows stands there.
        """
        rows = self.value(path)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise PermanentFault(
                f"{self.where}: {path!r} of the answer isn't a list of rows", "ask the system's keeper what it answers"
            )
        for position, row in enumerate(rows, start=1):
            for name in columns:
                if isinstance(row.get(name), dict | list):
                    raise PermanentFault(
                        f"{self.where} row {position}: {name!r} is {brief(row[name])} and not a single value",
                        "hold `columns` in hall.toml against the system's interface description",
                    )
        return rows

    def refuse_failure(self, success: Success | None) -> None:
        """Hold the answer against what the settings say a success looks like.

        Raises:
            PassingFault: the system says that it failed.
        """
        value = self.find(success.path) if success else None
        # In Python True is 1, and to a system they are two answers.
        if success and (type(value), value) != (type(success.value), success.value):
            stated = "nothing" if value is ABSENT else brief(value)
            reason = self.find(success.reason) if success.reason else ABSENT
            because = "" if reason is ABSENT else f", because of {brief(reason)}"
            raise PassingFault(
                f"{self.where}: the system says that it failed: "
                f"{success.path} is {stated} and not {success.value!r}{because}",
                "look the code up in the system's interface description, then pull again",
            )

    def refuse_other_period(self, path: str, wanted: str, what: str) -> None:
        """Hold the day or month that the answer states against the one asked for; `what` says which it is.

        Raises:
            PermanentFault: it speaks of another one, or of none.
        """
        value = self.value(path)
        if isinstance(value, bool | dict | list) or str(value) != wanted:
            raise PermanentFault(
                f"{self.where}: {path} is {brief(value)} and not the {what} asked for ({wanted!r})",
                "ask the system's keeper; nothing of it was kept",
            )
