"""Ways to spoil what a hall system answers: over HTTP by the request, in files and in the database by the day."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import shutil
import socket
import sqlite3
import struct
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestration.runtime.installation import DEMO_HALL

# They look personal to any pattern, and can't be anybody's: a division never given out, a prefix no carrier holds.
ID_CARD = "519901198503071234"
PHONE = "15412345678"


# --- the hall's settings -------------------------------------------------------------------------------------------


def hall_folder(folder: Path, *changes: tuple[str, str], queries: Mapping[str, str] | None = None) -> Path:
    """A copy of the demo hall's folder with short waits, texts of hall.toml replaced, and queries of its own."""
    shutil.copytree(DEMO_HALL, folder)
    settings = folder / "hall.toml"
    text = re.sub(
        r"\[retries\][^\[]*", "[retries]\nattempts = 3\nfirst_wait = 0.01\nlongest_wait = 2.0\n\n", settings.read_text()
    )
    for old, new in changes:
        assert old in text, f"hall.toml of the demo has no {old!r} any more"
        text = text.replace(old, new)
    settings.write_text(text)
    for name, query in (queries or {}).items():
        (folder / "queries" / name).write_text(query)
    return folder


# --- HTTP ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; `promised` is the Content-Length where it isn't the body's own."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    promised: int | None = None


@dataclass(frozen=True)
class Asked:
    """One request: `attempt` counts from 1 for the same page of the same day."""

    page: int
    attempt: int


HttpFault = Callable[[Asked, Reply], Reply]


class FaultyApp:
    """The demo's HTTP systems, spoiled by system and day; counts what it was asked.

    Attributes:
        faults: what spoils the answers, by (system, day).
        asked: requests by (system, day, page).
        elsewhere: paths asked that belong to no system.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.faults: dict[tuple[str, str], HttpFault] = {}
        self.asked: Counter[tuple[str, str, int]] = Counter()
        self.elsewhere: list[str] = []

    def attempts(self, system: str, day: str) -> int:
        """How often the most asked page of a day was asked for."""
        return max((count for key, count in self.asked.items() if key[:2] == (system, day)), default=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        question = _question(scope)
        if question is None:
            self.elsewhere.append(scope["path"])
            return await _send(Reply(200, b"{}"), send)
        self.asked[question] += 1
        system, day, page = question
        asked = Asked(page, self.asked[question])
        reply = await _reply_of(self._app, scope, receive)
        fault = self.faults.get((system, day))
        return await _send(fault(asked, reply) if fault else reply, send)


_BY_DAY = {"/desks/api/consultations": "enquiry_desks", "/queue/api/days": "queue"}


def _question(scope: Scope) -> tuple[str, str, int] | None:
    path, query = scope["path"], scope["query_string"].decode()
    place, _, day = path.rpartition("/")
    if place in _BY_DAY:
        return _BY_DAY[place], day, 1
    if path == "/platform/v1/ratings":
        return "rating", query.removeprefix("date="), 1
    if path == "/platform/v1/month-totals":
        return "month_totals", query.removeprefix("month="), 1
    found = re.search(r"date=([\d-]+).*page=(\d+)", query)
    return ("online_platform", found[1], int(found[2])) if found else None


async def _reply_of(app: ASGIApp, scope: Scope, receive: Receive) -> Reply:
    said: list[Message] = []

    async def keep(message: Message) -> None:
        said.append(message)

    await app(scope, receive, keep)
    body = b"".join(message.get("body", b"") for message in said)
    return Reply(said[0]["status"], body)


async def _send(reply: Reply, send: Send) -> None:
    length = len(reply.body) if reply.promised is None else reply.promised
    headers = [("content-type", reply.kind), ("content-length", str(length)), *reply.headers]
    encoded = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": reply.body})


def status(code: int, *headers: tuple[str, str]) -> HttpFault:
    """Always that status."""
    return lambda _asked, _reply: Reply(code, b'{"code": 1}', headers=headers)


def once(fault: HttpFault) -> HttpFault:
    """Only the first attempt is spoiled."""
    return lambda asked, reply: fault(asked, reply) if asked.attempt == 1 else reply


def on_page(number: int, fault: HttpFault) -> HttpFault:
    """Only that page is spoiled."""
    return lambda asked, reply: fault(asked, reply) if asked.page == number else reply


def body(content: bytes, kind: str = "application/json") -> HttpFault:
    """A body of its own under status 200."""
    return lambda _asked, _reply: Reply(200, content, kind)


def half(_asked: Asked, reply: Reply) -> Reply:
    """The first half of the body, as if it were the whole."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def cut_off(_asked: Asked, reply: Reply) -> Reply:
    """The connection ends before the promised length."""
    return replace(reply, body=reply.body[: len(reply.body) // 2], promised=len(reply.body))


def document(change: Callable[[Any], None]) -> HttpFault:
    """The JSON document, changed."""

    def fault(_asked: Asked, reply: Reply) -> Reply:
        said = json.loads(reply.body)
        change(said)
        return replace(reply, body=json.dumps(said, ensure_ascii=False).encode())

    return fault


def first_answer_again() -> HttpFault:
    """Every page says what the first one said, to the number."""
    kept: dict[str, Reply] = {}
    return lambda _asked, reply: kept.setdefault("first", reply)


def first_rows_again() -> HttpFault:
    """Every page has a right number and the first page's rows."""
    kept: dict[str, Any] = {}

    def change(said: Any) -> None:
        said["data"]["rows"] = kept.setdefault("rows", said["data"]["rows"])

    return document(change)


class Throttled:
    """429 with Retry-After, renewed for who asks earlier than told, by the server's own clock."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._open_at: float | None = None

    def __call__(self, _asked: Asked, reply: Reply) -> Reply:
        now = time.monotonic()
        if self._open_at is not None and now >= self._open_at:
            return reply
        self._open_at = now + self._seconds
        return Reply(429, b"{}", headers=(("Retry-After", str(self._seconds)),))


class Silent:
    """An app that never answers; counts what it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        self.asked += 1
        while (await receive())["type"] != "http.disconnect":
            pass


class Turnstile:
    """Holds requests until `wanted` are in, and each a little longer; `peak` is the most that were in at once."""

    def __init__(self, app: ASGIApp, wanted: int) -> None:
        self._app = app
        self._wanted = wanted
        self._inside = 0
        self._full = asyncio.Event()
        self.peak = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._inside += 1
        self.peak = max(self.peak, self._inside)
        if self._inside == self._wanted:
            self._full.set()
        await asyncio.wait_for(self._full.wait(), timeout=30)
        await asyncio.sleep(0.1)
        self._inside -= 1
        await self._app(scope, receive, send)


@contextmanager
def resetting() -> Iterator[tuple[str, Counter[str]]]:
    """A server that reads a request and resets the connection; yields its URL and a count of requests."""
    seen: Counter[str] = Counter()
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    if connection.recv(65536):
                        seen["requests"] += 1
                    # Lingering for no time makes close() send RST.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", seen
        # Wakes accept(), which closing alone doesn't.
        listening.shutdown(socket.SHUT_RDWR)


def nobody_listens() -> str:
    """A loopback URL on which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


# --- files ---------------------------------------------------------------------------------------------------------

FileFault = Callable[[Path], object]


def remove(path: Path) -> None:
    """No file."""
    path.unlink()


def holding(content: bytes) -> FileFault:
    """A file with other bytes."""
    return lambda path: path.write_bytes(content)


def doubled(suffix: str) -> FileFault:
    """A second file beside the first, its name ending otherwise."""
    return lambda path: shutil.copy(path, path.with_stem(path.stem + suffix))


def renamed(suffix: str) -> FileFault:
    """The same file under a longer name."""
    return lambda path: path.rename(path.with_stem(path.stem + suffix))


def sheet(change: Callable[[Worksheet], None]) -> FileFault:
    """The workbook's sheet, changed: row 1 is the title, row 2 the headers, the last one 合计."""

    def fault(path: Path) -> None:
        book = openpyxl.load_workbook(path)
        change(book.worksheets[0])
        book.save(path)

    return fault


def part(pattern: bytes, replacement: bytes) -> FileFault:
    """The first sheet's XML inside the .xlsx, changed by a regular expression that has to match."""

    def fault(path: Path) -> None:
        with zipfile.ZipFile(path) as old:
            parts = {name: old.read(name) for name in old.namelist()}
        name = "xl/worksheets/sheet1.xml"
        parts[name], found = re.subn(pattern, replacement, parts[name], count=1, flags=re.DOTALL)
        assert found
        path.write_bytes(archive(parts))

    return fault


def archive(parts: Mapping[str, bytes]) -> bytes:
    """A zip file of these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return content.getvalue()


def lines(change: Callable[[list[list[str]]], object], encoding: str = "gbk") -> FileFault:
    """The GBK table's lines, changed: the first holds the headers, the last 合计; written in `encoding`."""

    def fault(path: Path) -> None:
        with path.open(encoding="gbk", newline="") as file:
            table = list(csv.reader(file))
        change(table)
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows(table)

    return fault


# --- the database --------------------------------------------------------------------------------------------------


def sql(*statements: str) -> Callable[[Path, str], None]:
    """The database changed by statements in which `:day` is the day, `:from` and `:to` its first and last second."""

    def fault(path: Path, day: str) -> None:
        with closing(sqlite3.connect(path)) as database, database:
            for statement in statements:
                database.execute(statement, {"day": day, "from": f"{day} 00:00:00", "to": f"{day} 23:59:59"})

    return fault


# --- a process to kill ---------------------------------------------------------------------------------------------


def pull_landing_assets(first: str, last: str) -> None:
    """Pull a range of days through the landing assets alone: the pull as it is, without the time that dbt needs."""
    import dagster as dg

    from orchestration.assets.landing import build_landing_assets
    from orchestration.config.hall import load_hall
    from orchestration.resources import HallSystems

    dg.materialize(
        build_landing_assets(load_hall().hall),
        resources={"hall_systems": HallSystems()},
        tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
    )


if __name__ == "__main__":
    pull_landing_assets(*sys.argv[1:])
