"""校核: questions on certified figures, asked, answered and listed."""

from collections.abc import Sequence
from difflib import get_close_matches

from orchestration.certification.certify import current_archive
from orchestration.config.hall import load_own_hall
from orchestration.runtime.audit_log import who
from orchestration.runtime.paths import current_home
from reports.certificates.certificate import Certificate
from reports.certificates.queries import Queries, Query, QueryEntry, QueryError


def ask_question(month: str, metric: str, text: str, *, owner: str, by: str) -> QueryEntry:
    """Open a question on a number of a month's newest certificate.

    Args:
        month: `2025-03`, certified.
        metric: Its code, or its name as printed.
        text: What is asked.
        owner: Who is to answer; whoever prepared the certificate when nobody is named.
        by: Who asks; the system's user when nobody is named.

    Raises:
        QueryError: the month isn't certified, there is no such metric, or a text can't be kept.
    """
    ledger = current_archive().ledger
    entry = ledger.latest(month)
    if entry is None:
        near = _near(month, ledger.months())
        raise QueryError(f"{month!r} isn't a certified month, so there is nothing to ask about{near}")
    certificate = entry.certificate
    return _queries().ask(
        certificate,
        _metric(certificate, metric),
        text,
        owner=owner or certificate.sign_offs[0].name,
        by=by or who(),
    )


def answer_question(question: str, text: str, *, by: str) -> QueryEntry:
    """Answer a question by its id.

    Raises:
        QueryError: there is no such question, or a text can't be kept.
    """
    return _queries().answer(question, text, by=by or who())


def month_of(answer: QueryEntry) -> str:
    """The month of the question that an answer names."""
    return next(each.question.month for each in list_questions(None, only_open=False) if answer in each.answers)


def list_questions(month: str | None, *, only_open: bool) -> tuple[Query, ...]:
    """The questions of a month, or of all; the open ones alone when asked."""
    questions = Queries(current_home().questions)
    return questions.open_in(month) if only_open else questions.of(month)


def _queries() -> Queries:
    """The log, to be added to in hall time."""
    return Queries(current_home().questions, load_own_hall().hall.zone)


def _metric(certificate: Certificate, text: str) -> str:
    named = {number.metric_name: number.metric for number in certificate.numbers}
    metric = named.get(text, text)
    if metric not in certificate.by_metric:
        raise QueryError(f"{certificate.month} has no metric {text!r}{_near(text, [*certificate.by_metric, *named])}")
    return metric


def _near(text: str, names: Sequence[str]) -> str:
    close = get_close_matches(text, names, cutoff=0.5) or names[-12:]
    return f"; did you mean {' or '.join(close)}?" if close else ""
