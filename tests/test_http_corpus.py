"""The corpus of bad answers over HTTP: bytes, JSON, pages and connections, each with its exact message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.corpus import Case, judge
from tests.http_cases import CASES
from tests.http_cases.common import Spoilt
from tests.http_halls import DAY, hall_folder, says
from tests.servers.web import Reply, WebServer, web_server


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    with web_server(says(Reply())) as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=str)
def test_corpus(case: Case, server: WebServer, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    spoilt: Spoilt = case.spoil
    server.answer = spoilt.answering
    variables = {"URL": server.url, "PORT": str(server.port)}
    judge(case, "http_api", hall_folder(tmp_path, spoilt.changes), DAY, variables, record_property)


def test_the_names_of_the_corpus_are_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60
