"""What the commands about 校核 do: ask about a certified figure, answer, list."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from orchestration.certifying import archive_of
from orchestration.event_log import who
from orchestration.home import current_home
from orchestration.settings import load_hall
from reports.certificate import Certificate
from reports.questions import Entry, Question, QuestionError, Questions


def ask_question(month: str, metric: str, text: str, *, owner: str, by: str) -> Entry:
    """Open a question on a number of a month's newest certificate.

    Args:
        month: `2025-03`, certified.
        metric: Its code, or its name as printed.
        text: What is asked.
        owner: Who is to answer; whoever prepared the certificate when nobody is named.
        by: Who asks; the system's user when nobody is named.

    Raises:
        QuestionError: the month isn't certified, there is no such metric, or a text can't be kept.
    """
    ledger = archive_of(load_hall(), current_home()).ledger
    entry = ledger.latest(month)
    if entry is None:
        certified = sorted({link.month for link in ledger.links()})
        raise QuestionError(
            f"{month!r} isn't a certified month, so there is nothing to ask about{_near(month, certified)}"
        )
    certificate = entry.certificate
    return Questions(current_home().questions).ask(
        certificate,
        _metric(certificate, metric),
        text,
        owner=owner or certificate.sign_offs[0].name,
        by=by or who(),
    )


def answer_question(question: str, text: str, *, by: str) -> Entry:
    """Answer a question by its id.

    Raises:
        QuestionError: there is no such question, or a text can't be kept.
    """
    return Questions(current_home().questions).answer(question, text, by=by or who())


def list_questions(month: str | None, *, only_open: bool) -> tuple[Question, ...]:
    """The questions of a month, or of all; the open ones alone when asked."""
    questions = Questions(current_home().questions)
    return questions.open_in(month) if only_open else questions.of(month)


def _metric(certificate: Certificate, text: str) -> str:
    named = {number.metric_name: number.metric for number in certificate.numbers}
    metric = named.get(text, text)
    if metric not in certificate.by_metric:
        raise QuestionError(
            f"{certificate.month} has no metric {text!r}{_near(text, [*certificate.by_metric, *named])}"
        )
    return metric


def _near(text: str, known: Iterable[str]) -> str:
    known = list(known)
    close = get_close_matches(text, known, cutoff=0.5) or known[-12:]
    return f"; did you mean {' or '.join(close)}?" if close else ""
