"""校核: authors' questions on certified figures and their answers, a chained log that is only ever added to.

`questions/000001.json`, `000002.json`, …: one file each, written once, each holding the SHA-256 of the file before it
as `previous`. A question is open until an answer names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from filelock import FileLock

from reports.certificates.canonical import canonical_json, sha256
from reports.certificates.certificate import Certificate, hall_time, now
from reports.errors import ReportsError
from reports.files import write_once

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_LOCK = ".lock"
_ASIDE = ".next"
_NAME = re.compile(r"[0-9]{6}\.json", re.ASCII)
_LONGEST = 2_000


class QueryError(ReportsError):
    """A question can't be asked, answered or read; the message says why and what to do."""


class OpenQueriesError(Exception):
    """A month may not be signed while somebody waits for an answer; the message lists the questions."""


class LogError(ReportsError):
    """The log of questions isn't what was written; the message names the file."""


@dataclass(frozen=True)
class QueryEntry:
    """A file of the log.

    A question has an `id`, such as `Q2`, `month`, `metric`, `certificate` (the short code of what it was asked about)
    and `owner`, who is to answer it; an answer has `answers`, the question's id. `at` is in hall time.
    """

    kind: Literal["question", "answer"]
    sequence: int
    previous: str
    at: str
    by: str
    text: str
    id: str = ""
    month: str = ""
    metric: str = ""
    certificate: str = ""
    owner: str = ""
    answers: str = ""


@dataclass(frozen=True)
class Query:
    """A question with its answers, first to latest."""

    asked: QueryEntry
    answers: tuple[QueryEntry, ...]

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered yet."""
        return not self.answers

    def __str__(self) -> str:
        asked = self.asked
        state = "open" if self.is_open else "answered"
        return (
            f"{asked.id} {state}, {asked.month} {asked.metric} ({asked.certificate}), owner {asked.owner}, "
            f"asked {asked.at[:16]} by {asked.by}: {asked.text}"
        )


class Queries:
    """The log in a folder; reading never waits, and one process at a time adds to it.

    Whatever reads raises LogError if a file is absent from the chain, was changed or can't be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, month: str | None = None) -> tuple[Query, ...]:
        """Every question, or a month's, in the order in which they were asked."""
        entries = list(self._entries())
        return tuple(
            Query(entry, tuple(each for each in entries if each.answers == entry.id))
            for entry in entries
            if entry.kind == "question" and month in {None, entry.month}
        )

    def open_in(self, month: str | None = None) -> tuple[Query, ...]:
        """The questions that nobody has answered."""
        return tuple(question for question in self.of(month) if question.is_open)

    def require_none_open(self, month: str) -> None:
        """Refuse a month on which a question is open.

        Raises:
            OpenQueriesError: one is.
        """
        if waiting := self.open_in(month):
            lines = [f"{month} may not be signed while a question is open; answer it first (`yuebao answer`):"]
            raise OpenQueriesError("\n  ".join([*lines, *map(str, waiting)]))

    def ask(self, certificate: Certificate, metric: str, text: str, *, owner: str, by: str) -> QueryEntry:
        """Open a question on a number of a certificate.

        Raises:
            QueryError: A text is empty, too long or holds personal data, or the certificate has no such metric.
        """
        if metric not in certificate.by_metric:
            raise QueryError(f"{certificate.name} has no {metric}; it has {', '.join(certificate.by_metric)}")
        subject = {"month": certificate.month, "metric": metric, "certificate": certificate.code, "owner": owner}
        return self._append("question", text, by, subject)

    def answer(self, question: str, text: str, *, by: str) -> QueryEntry:
        """Answer a question by its id; another answer may follow.

        Raises:
            QueryError: A text is empty, too long or holds personal data, or there is no such question.
        """
        wanted = question.strip().upper()
        known = [each.asked.id for each in self.of()]
        if wanted not in known:
            raise QueryError(f"there is no question {question!r}; there are {', '.join(known) or 'none'}")
        return self._append("answer", text, by, {"answers": wanted})

    def _append(self, kind: Literal["question", "answer"], text: str, by: str, subject: dict[str, str]) -> QueryEntry:
        _require_fit({"the text": text, "--by": by, **({"--owner": subject["owner"]} if "owner" in subject else {})})
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / _LOCK):
            entries = list(self._entries())
            previous = sha256(self._path(len(entries)).read_bytes()) if entries else ""
            if kind == "question":
                subject = {"id": f"Q{1 + sum(each.kind == kind for each in entries)}", **subject}
            entry = QueryEntry(kind, len(entries) + 1, previous, hall_time(now()), by.strip(), text.strip(), **subject)
            write_once(self._path(entry.sequence), canonical_json(asdict(entry)), aside=self.folder / _ASIDE)
        return entry

    def _path(self, sequence: int) -> Path:
        return self.folder / f"{sequence:06d}.json"

    def _entries(self) -> Iterator[QueryEntry]:
        """Every entry in order, each held against the file before it."""
        previous = ""
        for sequence, path in enumerate(_files(self.folder), start=1):
            entry, content = _read(path)
            if path != self._path(sequence) or (entry.sequence, entry.previous) != (sequence, previous):
                raise LogError(
                    f"{path}: it doesn't follow the file before it, so one was changed or taken away; restore "
                    f"{self.folder} from a backup"
                )
            previous = sha256(content)
            yield entry


def _files(folder: Path) -> Sequence[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LogError(f"{folder} can't be read ({error.strerror}), so nobody knows what is open") from error


def _read(path: Path) -> tuple[QueryEntry, bytes]:
    from pydantic import ValidationError

    try:
        content = path.read_bytes()
        entry = _adapter().validate_json(content, strict=True)
    except (OSError, ValidationError) as error:
        raise LogError(f"{path} can't be read as a question or answer; restore it from a backup") from error
    if canonical_json(asdict(entry)) != content:
        raise LogError(f"{path}: its bytes aren't what was written; restore it from a backup")
    return entry, content


def _adapter() -> TypeAdapter[QueryEntry]:
    from pydantic import TypeAdapter

    return TypeAdapter(QueryEntry)


def _require_fit(texts: dict[str, str]) -> None:
    from expectations.personal import mask_text

    for name, text in texts.items():
        if not text.strip():
            raise QueryError(f"{name} is empty")
        if not text.isascii() and text.encode("utf-8", "replace").decode() != text:
            raise QueryError(f"{name} holds characters that aren't text; type it anew")
        if len(text) > _LONGEST:
            raise QueryError(f"{name} has {len(text)} characters; at most {_LONGEST} are kept")
        if mask_text(text) is not text:
            raise QueryError(
                f"{name} holds what looks like an identity-card or telephone number; personal data isn't kept here: "
                "leave it out and say where it can be found"
            )
