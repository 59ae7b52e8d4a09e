"""A hall system asked over HTTP: JSON, one answer or pages of it, mapped to the contract by the hall's settings."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from orchestration.config.systems import HttpSystem
from orchestration.sources.answers import contract_counts, divide_answer, stated_of
from orchestration.sources.contract import Outcome, Request
from orchestration.sources.daily_counts import DailyCounts, concatenated
from orchestration.sources.http.client import Client, Target
from orchestration.sources.http.document import Document
from orchestration.sources.http.paging import all_pages, refuse_other_count
from orchestration.sources.http.request import HttpRequest
from orchestration.sources.normal_forms import whole_number
from orchestration.sources.value_map import value_map


class HttpSource:
    """Asks one HTTP system; safe to share between threads. SettingsError where its settings can't be used."""

    def __init__(self, system: HttpSystem, folder: Path, sites: tuple[str, ...], variables: Mapping[str, str]) -> None:
        self.by_site = system.names_site
        self._system = system
        self._sites = sites
        self._request = HttpRequest(system.url, system.query, variables)
        self._client = Client(system, folder, variables)
        self._values_on = value_map(folder, system.values)

    def ask(self, request: Request) -> dict[str, Outcome]:
        """See `Source.ask`."""
        system = self._system
        target = self._request.target({"day": request.day, "hall": request.sites[0]})
        pages = all_pages(system.paging, target, lambda number, page: self._page(page, request.day, number))
        first = pages[0]
        counts = concatenated([self._counts(page, request.day) for page in pages])
        if system.declared_rows is not None:
            refuse_other_count(sum(len(page.rows) for page in pages), first.single_value(system.declared_rows))
        return divide_answer(
            request,
            request.sites if self.by_site else self._sites,
            counts,
            declared={measure: whole_number(first.single_value(path)) for measure, path in system.declared.items()},
            source=target.shown_url,
        )

    def _counts(self, page: Document, day: dt.date) -> DailyCounts:
        stated = stated_of(day, self._system.constants)
        columns, lines = self._system.columns, range(1, len(page.rows) + 1)
        rows = self._values_on(day).bring(page.rows, columns, page.where, lines)
        return contract_counts(rows, page.where, lines, columns, stated)

    def _page(self, target: Target, day: dt.date, number: int) -> Document:
        system = self._system
        document = self._client.get(target, f"page {number}")
        document.refuse_failure(system.success)
        document.refuse_other_period(system.day, day.strftime(system.day_form), "day")
        return replace(document, rows=document.read_rows(system.rows, system.columns))
