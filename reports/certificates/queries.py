"""校核: authors' queries on certified figures and their answers, as a chain of files `questions/000001.json`, ….

A query is open until an answer names it.
"""

from dataclasses import dataclass
from typing import Literal

from reports.certificates.certificate import Certificate
from reports.certificates.chain import Log, LogEntry
from reports.errors import ReportsError

_LONGEST = 2_000


class QueryError(ReportsError):
    """A question can't be asked, answered or read; the message says why and what to do."""


class OpenQueriesError(Exception):
    """A month may not be signed while somebody waits for an answer; the message lists the questions."""


@dataclass(frozen=True)
class QueryEntry(LogEntry):
    """A file of the log.

    A question has an `id`, such as `Q2`, `month`, `metric`, `certificate` (the short code of what it was asked about)
    and `owner`, who is to answer it; an answer has `answers`, the question's id. `at` is in hall time.
    """

    kind: Literal["question", "answer"]
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


class Queries(Log[QueryEntry]):
    """The log of queries in a folder."""

    KIND = QueryEntry

    def of(self, month: str | None = None) -> tuple[Query, ...]:
        """Every query, or a month's, in the order in which they were asked."""
        entries = list(self.read_entries())
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

        def entry(before: list[QueryEntry], sequence: int, previous: str) -> QueryEntry:
            asked = 1 + sum(one.kind == kind for one in before)
            given = subject if kind == "answer" else {"id": f"Q{asked}", **subject}
            return QueryEntry(sequence, previous, self.moment(), kind, by.strip(), text.strip(), **given)

        return self.append_entry(entry)


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
