"""What cases of every part of the HTTP corpus are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.corpus import Case
from tests.http_halls import page, rows, says
from tests.servers.web import Answering, Reply

AGAIN = "Next: pull again; if it stays so, look at the answer with curl."
KEEPER = "Next: ask the system's keeper what it answers."
RECEIVED = "Next: ask the system's keeper; nothing of it was kept."
MAPPING = "Next: hold hall.toml against the system's interface description."
CONTRADICTED = "Next: pull again; if it stays so, ask the system's keeper."
LOOK = "Next: look whether the system is up and reachable, then pull again."
GOOD = page(rows(1, 3)).body


@dataclass(frozen=True)
class Spoilt:
    """What the system says, and how its settings differ from the plain ones."""

    answering: Answering
    changes: Mapping[str, Any] = field(default_factory=dict)


def case(name: str, answering: Answering, *parts: str, changes: Mapping[str, Any] | None = None) -> Case:
    return Case(name, Spoilt(answering, changes or {}), parts)


def body(name: str, content: bytes, *parts: str, kind: str = "application/json", **changes: Any) -> Case:
    return case(name, says(Reply(body=content, headers=(("Content-Type", kind),))), *parts, changes=changes)


def altered(old: bytes, new: bytes) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def packed(content: bytes, encoding: str) -> Answering:
    return says(Reply(body=content, headers=(("Content-Encoding", encoding),)))


OK = b"HTTP/1.1 200 OK\r\n"


def length(length: object) -> bytes:
    return f"Content-Length: {length}\r\n\r\n".encode()


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
