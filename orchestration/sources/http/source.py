"""A hall system asked over HTTP: JSON, one answer or pages of it, mapped to the contract by the hall's settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.config.systems import HttpSystem
from orchestration.sources.contract import (
    Outcome,
    PermanentFault,
    Request,
    contract_rows,
    divide_answer,
    whole_number,
)
from orchestration.sources.http.client import Client, Target
from orchestration.sources.http.paging import ResponsePage, all_pages, refuse_other_count
from orchestration.sources.http.request import HttpRequest
from orchestration.sources.http.response_validation import refuse_failure, refuse_other_period, single_value
from orchestration.sources.http.strict_json import brief, value_at


class HttpSource:
    """Asks one HTTP system; safe to share between threads.

    Raises:
        SettingsError: a variable, a certificate or an address of the settings can't be used.
    """

    def __init__(self, system: HttpSystem, folder: Path, sites: tuple[str, ...], variables: Mapping[str, str]) -> None:
        self.by_site = system.names_site
        self._system = system
        self._sites = sites
        self._request = HttpRequest(system.url, system.query, variables)
        self._client = Client(system, folder, variables)

    def ask(self, request: Request) -> dict[str, Outcome]:
        """See `Source.ask`."""
        system = self._system
        target = self._request.target({"day": request.day, "hall": request.sites[0]})
        pages = all_pages(system.paging, target, lambda number, page: self._page(page, request.day, number))
        first = pages[0]
        rows = [
            (f"{page.name} row {position}", row) for page in pages for position, row in enumerate(page.rows, start=1)
        ]
        if system.declared_rows is not None:
            refuse_other_count(len(rows), single_value(first.body, system.declared_rows, first.name))
        return divide_answer(
            request,
            request.sites if self.by_site else self._sites,
            rows=contract_rows(rows, system.columns, system.constants, request.day),
            declared={
                measure: whole_number(single_value(first.body, path, first.name))
                for measure, path in system.declared.items()
            },
            source=target.shown,
        )

    def _page(self, target: Target, day: dt.date, number: int) -> ResponsePage:
        system, where = self._system, f"page {number}"
        document = self._client.get(target, where)
        refuse_failure(document.body, system.success, where)
        refuse_other_period(document.body, system.day, day.strftime(system.day_form), where, what="day")
        rows = _rows(document.body, system.rows, system.columns, where)
        return ResponsePage(number, document.body, rows, document.url, document.link)


def _rows(body: Any, path: str, columns: Mapping[str, str], where: str) -> list[Mapping[str, Any]]:
    rows = value_at(body, path, where)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PermanentFault(
            f"{where}: {path!r} of the answer isn't a list of rows", "ask the system's keeper what it answers"
        )
    for position, row in enumerate(rows, start=1):
        for name in columns:
            if isinstance(row.get(name), dict | list):
                raise PermanentFault(
                    f"{where} row {position}: {name!r} is {brief(row[name])} and not a single value",
                    "hold `columns` in hall.toml against the system's interface description",
                )
    return rows
