"""Answers kept while a run lasts, so that a system needn't repeat what hasn't changed (ETag, Last-Modified)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """A whole answer: its decoded body, and its headers."""

    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def conditions(self) -> dict[str, str]:
        """The request headers that ask whether it still holds; none when the system gave nothing to ask by."""
        asked = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
        given = {ours: self.headers.get(theirs, "") for ours, theirs in asked.items()}
        return {name: value for name, value in given.items() if value and value.isascii() and value.isprintable()}


class Kept:
    """Answers by address, the latest kept of them, in at most `most_bytes`; safe to share between threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[str, Received] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, url: str) -> Received | None:
        """The answer kept for an address."""
        with self._lock:
            return self._answers.get(url)

    def keep(self, url: str, answer: Received) -> None:
        """Keep an answer in the place of the one before, if the system can be asked whether it still holds."""
        with self._lock:
            if before := self._answers.pop(url, None):
                self._bytes -= len(before.content)
            if answer.conditions():
                self._answers[url] = answer
                self._bytes += len(answer.content)
            while self._bytes > self._most_bytes:
                _, oldest = self._answers.popitem(last=False)
                self._bytes -= len(oldest.content)
