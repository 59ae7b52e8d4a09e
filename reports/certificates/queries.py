"""校核: authors' queries on certified figures and their answers, as a chain of files `questions/000001.json`, ….

A query is open until an answer names it.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from reports.certificates.canonical import canonical_json, read_canonical, sha256
from reports.certificates.certificate import Certificate, hall_time, now
from reports.certificates.chain import Chain
from reports.errors import ReportsError

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
    """A query: the question as it was asked, and its answers, first to latest."""

    question: QueryEntry
    answers: tuple[QueryEntry, ...]

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered yet."""
        return not self.answers

    def __str__(self) -> str:
        question = self.question
        state = "open" if self.is_open else "answered"
        return (
            f"{question.id} {state}, {question.month} {question.metric} ({question.certificate}), "
            f"owner {question.owner}, asked {question.at[:16]} by {question.by}: {question.text}"
        )


class Queries(Chain):
    """The log of queries in a folder.

    Whatever reads raises LogError if a file is absent from the chain, was changed or can't be read.
    """

    NAME = re.compile(r"[0-9]{6}\.json", re.ASCII)

    def of(self, month: str | None = None) -> tuple[Query, ...]:
        """Every query, or a month's, in the order in which they were asked."""
        entries = list(self._entries())
        return tuple(
            Query(entry, tuple(answer for answer in entries if answer.answers == entry.id))
            for entry in entries
            if entry.kind == "question" and month in {None, entry.month}
        )

    def open_in(self, month: str | None = None) -> tuple[Query, ...]:
        """The queries that nobody has answered."""
        return tuple(query for query in self.of(month) if query.is_open)

    def require_none_open(self, month: str) -> None:
        """Refuse a month on which a query is open.

        Raises:
            OpenQueriesError: One is.
        """
        if waiting := self.open_in(month):
            lines = [f"{month} may not be signed while a question is open; answer it first (`yuebao answer`):"]
            raise OpenQueriesError("\n  ".join([*lines, *map(str, waiting)]))

    def ask(self, certificate: Certificate, metric: str, text: str, *, owner: str, by: str) -> QueryEntry:
        """Open a query on a number of a certificate.

        Raises:
            QueryError: A text is empty, too long or holds personal data, or the certificate has no such metric.
        """
        if metric not in certificate.by_metric:
            raise QueryError(f"{certificate.name} has no {metric}; it has {', '.join(certificate.by_metric)}")
        subject = {"month": certificate.month, "metric": metric, "certificate": certificate.code, "owner": owner}
        return self._append("question", text, by, subject)

    def answer(self, query: str, text: str, *, by: str) -> QueryEntry:
        """Answer a query by its id; another answer may follow.

        Raises:
            QueryError: A text is empty, too long or holds personal data, or there is no such query.
        """
        query_id = query.strip().upper()
        ids = [existing.question.id for existing in self.of()]
        if query_id not in ids:
            raise QueryError(f"there is no question {query!r}; there are {', '.join(ids) or 'none'}")
        return self._append("answer", text, by, {"answers": query_id})

    def _append(self, kind: Literal["question", "answer"], text: str, by: str, subject: dict[str, str]) -> QueryEntry:
        _require_fit({"the text": text, "--by": by, **({"--owner": subject["owner"]} if "owner" in subject else {})})
        with self.writing():
            entries = list(self._entries())
            previous = sha256(_content(entries[-1])) if entries else ""
            if kind == "question":
                subject = {"id": f"Q{1 + sum(entry.kind == kind for entry in entries)}", **subject}
            entry = QueryEntry(kind, len(entries) + 1, previous, hall_time(now()), by.strip(), text.strip(), **subject)
            self.add(_name(entry.sequence), _content(entry))
        return entry

    def _entries(self) -> Iterator[QueryEntry]:
        """Every entry in order, each held against the file before it."""
        previous = ""
        for sequence, path in enumerate(self._existing_files(), start=1):
            entry = _read(path)
            if path.name != _name(sequence) or (entry.sequence, entry.previous) != (sequence, previous):
                raise LogError(
                    f"{path}: it doesn't follow the file before it, so one was changed or taken away; restore "
                    f"{self.folder} from a backup"
                )
            previous = sha256(_content(entry))
            yield entry

    def _existing_files(self) -> list[Path]:
        try:
            return self.files()
        except OSError as error:
            raise LogError(f"{self.folder} can't be read ({error.strerror}), so nobody knows what is open") from error


def _name(sequence: int) -> str:
    return f"{sequence:06d}.json"


def _content(entry: QueryEntry) -> bytes:
    return canonical_json(asdict(entry))


def _read(path: Path) -> QueryEntry:
    try:
        return read_canonical(QueryEntry, path.read_bytes(), _content)
    except (OSError, ValueError) as error:
        raise LogError(f"{path} can't be read as a question or answer; restore it from a backup") from error


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
