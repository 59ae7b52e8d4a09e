"""One answer over HTTP, and what it is held against: that the system succeeded, of what time it speaks, its values."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.config.systems.http_api import Success
from orchestration.config.systems.http_template import MOMENTS
from orchestration.sources.http.errors import SystemFailed, fault
from orchestration.sources.http.strict_json import brief, one_line
from orchestration.sources.normal_forms import whole_number

ABSENT = object()


@dataclass(frozen=True)
class Document:
    """What an address answered."""

    body: Any  # its JSON
    where: str  # what messages call it, such as `page 1`
    url: str  # the address that was asked
    link: str  # its header `Link`
    rows: Sequence[Mapping[str, Any]] = ()  # its rows of counts, once they are read

    def find(self, path: str) -> Any:
        """What stands at a dotted path, or `ABSENT`."""
        value = self.body
        for key in path.split("."):
            if not isinstance(value, dict) or key not in value:
                return ABSENT
            value = value[key]
        return value

    def value(self, path: str) -> Any:
        """What stands at a dotted path; PermanentFault where nothing does."""
        value = self.find(path)
        if value is ABSENT:
            raise fault("absent", path=path, where=self.where)
        return value

    def single_value(self, path: str, key: str = "declared") -> Any:
        """The single value at a path, which the setting `key` gives; PermanentFault where none stands there."""
        value = self.value(path)
        if isinstance(value, dict | list | bool):
            raise fault("no_number", where=self.where, path=path, stated=brief(value), key=key)
        return value

    def read_rows(self, path: str, columns: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """The rows at a path, whose `columns` hold single values; PermanentFault where no list of such stands there."""
        rows = self.value(path)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise fault("no_rows", where=self.where, path=path)
        for position, row in enumerate(rows, start=1):
            for name in columns:
                if isinstance(value := row.get(name), dict | list):
                    raise fault("no_single_value", where=self.where, position=position, name=name, stated=brief(value))
        return rows

    def refuse_failure(self, success: Success | None) -> None:
        """Hold the answer against what a success looks like; SystemFailed where the system says that it failed."""
        value = self.find(success.path) if success else None
        # In Python True is 1, and to a system they are two answers.
        if success and (type(value), value) != (type(success.value), success.value):
            stated = "nothing" if value is ABSENT else brief(value)
            reason = self.find(success.reason) if success.reason else ABSENT
            because = "" if reason is ABSENT else f", because of {one_line(reason)}"
            meant = fault(
                "failed", where=self.where, path=success.path, stated=stated, wanted=success.value, because=because
            )
            raise SystemFailed(meant.problem, meant.next_step)

    def refuse_other_day(self, path: str, form: str, day: dt.date, zone: ZoneInfo) -> None:
        """Hold the stated day, written in that form, against the one asked for; PermanentFault for another, or none."""
        if form not in MOMENTS:
            self._refuse_moment(path, day, zone)
            self.refuse_other_period(path, day.strftime(form), "day")
        elif day_of_moment(value := self.value(path), form, zone) != day:
            wanted = f"{day}, by `day_form` = {form}"
            raise fault("other_period", where=self.where, path=path, stated=brief(value), what="day", wanted=wanted)

    def _refuse_moment(self, path: str, day: dt.date, zone: ZoneInfo) -> None:
        """Say which `day_form` would read a moment of the day asked for."""
        value = self.value(path)
        for form in MOMENTS:
            if day_of_moment(value, form, zone) == day:
                raise fault("moment", where=self.where, path=path, stated=brief(value), form=form)

    def refuse_other_period(self, path: str, wanted: str, what: str) -> None:
        """Hold the stated day or month (`what`) against the one asked for; PermanentFault for another one, or none."""
        value = self.value(path)
        if isinstance(value, bool | dict | list) or str(value) != wanted:
            raise fault(
                "other_period", where=self.where, path=path, stated=brief(value), what=what, wanted=repr(wanted)
            )


def day_of_moment(value: Any, form: str, zone: ZoneInfo) -> dt.date | None:
    """The day in a zone of a moment: `epoch_s`, `epoch_ms`, or an `instant` with its offset; None for anything else."""
    try:
        if form == "instant":
            moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
        else:
            number = whole_number(value)
            seconds = number / {"epoch_s": 1, "epoch_ms": 1000}[form] if type(number) is int else None
            moment = None if seconds is None else dt.datetime.fromtimestamp(seconds, zone)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(zone).date() if moment and moment.tzinfo else None
