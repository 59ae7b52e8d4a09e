"""A hall with one HTTP system, for tests: its settings as a table that tests change, and what the system answers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.config.hall import load_hall
from orchestration.sources import open_source
from orchestration.sources.contract import Answer, Request, Source
from tests.counts import rows_of
from tests.servers.web import Answering, Asked, Reply

DAY = dt.date(2025, 3, 12)
HALL = "510000"
TOKEN = "tok-3f9c2a77d1"
SYSTEM: Mapping[str, Any] = {
    "kind": "http_api",
    "title": "平台",
    "opens": "every_day",
    "measures": ["online_accepted"],
    "url": "${URL}/counts",
    "query": {"date": "{day}"},
    "day": "date",
    "rows": "rows",
    "columns": {"department": "department_code", "item": "item_code", "count": "count"},
    "constants": {"hall_code": HALL, "measure": "online_accepted"},
    "timeout": 5.0,
}
_HALL = """
code = "510000"
name = "大厅"
first_day = 2023-01-01
wording = "wording.txt.j2"
[certification]
policy = "automatic"
signers = "signers.toml"
key = "service.pem"
passphrase = "PASSPHRASE"
[systems.platform]
"""


def hall_folder(folder: Path, changes: Mapping[str, Any] | None = None) -> Path:
    """A hall's folder whose one system has those settings changed; None takes a key out."""
    system = {key: value for key, value in {**SYSTEM, **(changes or {})}.items() if value is not None}
    # JSON's strings, numbers and lists are TOML's too.
    lines = [f"{key} = {toml(value)}" for key, value in system.items()]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hall.toml").write_text(_HALL + "\n".join(lines), encoding="utf-8")
    return folder


def toml(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def source(folder: Path, url: str, changes: Mapping[str, Any] | None = None, **variables: str) -> Source:
    """The system of such a hall, at that base address."""
    hall = load_hall(hall_folder(folder, changes))
    return open_source(hall, "platform", {"URL": url, "TOKEN": TOKEN, **variables})


def answer(asked: Source, day: dt.date = DAY, hall: str = HALL) -> Answer:
    """Its answer for one hall; a fault is raised."""
    said = asked.ask(Request(day, (hall,)))[hall]
    assert isinstance(said, Answer)
    return said


def rows(first: int, last: int) -> list[dict[str, Any]]:
    """Rows whose counts are their numbers."""
    return [{"department": "D01", "item": f"D01-{number:03}", "count": number} for number in range(first, last + 1)]


def counts(said: Answer) -> list[Any]:
    """The counts of an answer, in its order."""
    return [row["count"] for row in rows_of(said)]


def page(lines: Sequence[Mapping[str, Any]], **more: Any) -> Reply:
    """One page of the day."""
    return Reply(body=json.dumps({"date": DAY.isoformat(), **more, "rows": list(lines)}).encode())


def says(reply: Reply) -> Answering:
    """Always the same."""

    def same(_asked: Asked) -> Reply:
        return reply

    return same
