"""A hall system asked over HTTP: JSON, one answer or numbered pages, mapped to the contract by the hall's settings."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from orchestration.hall_systems.contract import (
    BrokenAnswer,
    NothingForDay,
    Outcome,
    PassingFault,
    PermanentFault,
    Question,
    QuestionRefused,
    contract_rows,
    shared_out,
    whole_number,
)
from orchestration.settings import expand, secret
from orchestration.system_settings.http_api import Bearer, HttpSystem

_MOST_PAGES = 10_000


class HttpSource:
    """Asks one HTTP system; safe to share between threads."""

    by_hall = False

    def __init__(self, system: HttpSystem, halls: tuple[str, ...], variables: Mapping[str, str]) -> None:
        self._system = system
        self._halls = halls
        self._url = expand(system.url, variables)
        self._headers = {"Accept": "application/json", **_credentials(system, variables)}
        self._sessions = threading.local()

    def ask(self, question: Question) -> dict[str, Outcome]:
        """See `Source.ask`."""
        day = question.day
        pages = self._pages(day)
        per_page = [_rows(page, self._system.rows) for page in pages]
        _refuse_repeated(per_page)
        rows = [
            (f"page {number} row {position}", row)
            for number, on_page in enumerate(per_page, start=1)
            for position, row in enumerate(on_page, start=1)
        ]
        self._refuse_wrong_row_count(pages[0], len(rows))
        return shared_out(
            question,
            self._halls,
            rows=contract_rows(rows, self._system.columns, self._system.constants, day),
            declared={measure: whole_number(_at(pages[0], path)) for measure, path in self._system.declared.items()},
            source=self._url.replace("{day}", day.isoformat()),
        )

    def _pages(self, day: dt.date) -> list[Any]:
        first = self._page(day, 1)
        if self._system.paging is None:
            return [first]
        count = whole_number(_at(first, self._system.paging.pages))
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MOST_PAGES:
            raise PermanentFault(
                f"page 1 says that there are {count!r} pages", "ask the system's keeper what it answers"
            )
        return [first, *(self._later_page(day, number) for number in range(2, count + 1))]

    def _later_page(self, day: dt.date, number: int) -> Any:
        try:
            return self._page(day, number)
        except NothingForDay as fault:
            raise BrokenAnswer(
                f"page {number} is missing, and page 1 promised it (HTTP 404)",
                "pull again; if it stays so, ask the system's keeper",
            ) from fault

    def _page(self, day: dt.date, number: int) -> Any:
        paging = self._system.paging
        query = {name: value.replace("{day}", day.isoformat()) for name, value in self._system.query.items()}
        if paging:
            query |= {paging.page: str(number), paging.size: str(paging.per_page)}
        page = self._get(self._url.replace("{day}", day.isoformat()), query, f"page {number}")
        _refuse_other(page, self._system.day, day.isoformat(), f"page {number}", "the day asked for")
        if paging:
            _refuse_other(page, paging.this_page, number, f"page {number}", "the page asked for")
        return page

    def _get(self, url: str, query: dict[str, str], where: str) -> Any:
        try:
            # Never redirected: an API key would be sent along, and a login page isn't an answer.
            response = self._session().get(
                url, params=query, headers=self._headers, timeout=self._system.timeout, allow_redirects=False
            )
        except requests.Timeout as error:
            raise PassingFault(
                f"{where}: no answer within {self._system.timeout:g} s from {url}",
                "look whether the system is overloaded, then pull again",
            ) from error
        except requests.RequestException as error:
            raise PassingFault(
                f"{where}: the connection to {url} failed ({type(error).__name__})",
                "look whether the system is up and reachable, then pull again",
            ) from error
        _refuse_status(response, where)
        return _json(response, where)

    def _refuse_wrong_row_count(self, first: Any, rows: int) -> None:
        if self._system.declared_rows is None:
            return
        declared = whole_number(_at(first, self._system.declared_rows))
        if declared != rows:
            raise BrokenAnswer(
                f"the system declares {declared!r} rows and its pages hold {rows}",
                "rows were repeated or are missing: pull again; if it stays so, ask the system's keeper",
            )

    def _session(self) -> requests.Session:
        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
            # The hall's settings say where a system is; a proxy variable of the shell must not reroute it.
            self._sessions.session.trust_env = False
        session: requests.Session = self._sessions.session
        return session


def _credentials(system: HttpSystem, variables: Mapping[str, str]) -> dict[str, str]:
    if system.auth is None:
        return {}
    value = secret(system.auth.secret, variables)
    return {"Authorization": f"Bearer {value}"} if isinstance(system.auth, Bearer) else {system.auth.header: value}


def _refuse_status(response: requests.Response, where: str) -> None:
    status = response.status_code
    if status == 200:
        return
    said = f"{where}: HTTP {status} {response.reason}"
    if status == 404:
        raise NothingForDay(
            f"{said}: the system has no answer for the day",
            "ask the system's keeper whether the day is closed",
        )
    if status in (401, 403):
        raise QuestionRefused(
            f"{said}: the credentials are refused", "renew the secret named in hall.toml, then pull again"
        )
    if status == 429 or status >= 500:
        raise PassingFault(said, "wait until the system has recovered, then pull again", _retry_after(response))
    raise QuestionRefused(said, "hold the question in hall.toml against the system's interface description")


def _retry_after(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _json(response: requests.Response, where: str) -> Any:
    try:
        return json.loads(response.content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        kind = response.headers.get("Content-Type", "no type")
        raise BrokenAnswer(
            f"{where}: the answer isn't whole JSON ({kind}, {len(response.content)} bytes)",
            "pull again; if it stays so, look at the answer with curl",
        ) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _at(page: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(page, dict) or key not in page:
            raise PermanentFault(
                f"the answer has no {path!r}", "hold hall.toml against the system's interface description"
            )
        page = page[key]
    return page


def _rows(page: Any, path: str) -> list[Mapping[str, Any]]:
    rows = _at(page, path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PermanentFault(f"{path!r} of the answer isn't a list of rows", "ask the system's keeper what it answers")
    return rows


def _refuse_repeated(per_page: Sequence[list[Mapping[str, Any]]]) -> None:
    for number, rows in enumerate(per_page, start=1):
        first = per_page.index(rows) + 1
        if rows and first < number:
            raise BrokenAnswer(
                f"page {number} repeats the rows of page {first}",
                "pull again; if it stays so, ask the system's keeper",
            )


def _refuse_other(page: Any, path: str, wanted: object, where: str, meaning: str) -> None:
    got = _at(page, path)
    if got != wanted:
        raise PermanentFault(
            f"{where}: {path} is {got!r} and not {meaning} ({wanted!r})",
            "ask the system's keeper; nothing of it was kept",
        )
