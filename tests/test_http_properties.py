"""Whatever a system answers over HTTP: an answer with exact numbers, or a fault that says so in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.sources.contract import Answer, Outcome, Request, Source, SourceFault
from tests.http_halls import DAY, HALL, counts, page, rows, says, source
from tests.servers.web import Reply, WebServer, exactly, web_server

HALLS = (HALL, "510100")
OF_MANY_HALLS = {
    "sites": list(HALLS),
    "columns": {"hall": "hall_code", "department": "department_code", "measure": "measure", "count": "count"},
    "constants": {},
    "declared": {"online_accepted": "sum"},
    "declared_rows": "n",
    "paging": {"page": "page", "size": "size", "per_page": 3, "total": "total", "most_pages": 3},
}
TO_THE_LIMIT = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*HALLS, "1", "2"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
lines = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "hall": st.sampled_from(HALLS) | values,
            "department": st.just("D01") | values,
            "measure": st.just("online_accepted") | values,
            "count": st.integers(0, 9) | values,
        },
    ),
    max_size=4,
)
documents = values | st.fixed_dictionaries(
    {"date": st.just(DAY.isoformat()) | values},
    optional={"rows": lines | values, "total": st.integers(0, 9) | values, "n": values, "sum": values, "page": values},
)


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    with web_server(says(Reply())) as running:
        yield running


@pytest.fixture(scope="module")
def one_hall(server: WebServer, tmp_path_factory: pytest.TempPathFactory) -> Source:
    return source(tmp_path_factory.mktemp("one"), server.url)


@pytest.fixture(scope="module")
def many_halls(server: WebServer, tmp_path_factory: pytest.TempPathFactory) -> Source:
    return source(tmp_path_factory.mktemp("many"), server.url, OF_MANY_HALLS)


def _holds(asked: Source, sites: tuple[str, ...] = (HALL,)) -> None:
    """Every hall has its answer, or there is a fault of one line; any other exception ends the test."""
    said = _outcome(asked, sites)
    if isinstance(said, SourceFault):
        assert f"{said.problem} {said.next_step}".isprintable()
        assert len(said.problem) < 1000
    else:
        assert set(said) == set(sites)
        assert all(isinstance(each, Answer) for each in said.values())


def _outcome(asked: Source, sites: tuple[str, ...]) -> Mapping[str, Outcome] | SourceFault:
    try:
        return asked.ask(Request(DAY, sites))
    except SourceFault as fault:
        return fault


@TO_THE_LIMIT
@given(document=documents)
def test_any_document_is_an_answer_or_a_fault(
    server: WebServer, one_hall: Source, many_halls: Source, document: Any
) -> None:
    server.answer = says(Reply(body=json.dumps(document).encode()))
    _holds(one_hall)
    _holds(many_halls, HALLS)


@TO_THE_LIMIT
@given(content=st.binary(), kind=st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")))
def test_any_bytes_are_an_answer_or_a_fault(server: WebServer, one_hall: Source, content: bytes, kind: str) -> None:
    server.answer = says(Reply(body=content, headers=(("Content-Type", kind),)))
    _holds(one_hall)


@TO_THE_LIMIT
@given(
    begin=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]),
    middle=st.lists(
        st.sampled_from(
            [b"Content-Length: 9\r\n", b"Content-Encoding: gzip\r\n", b"Link: <", b"ETag: ", b"\r\n", b"5\r\n"]
        )
        | st.binary(max_size=20)
    ),
)
def test_any_bytes_on_the_wire_are_an_answer_or_a_fault(
    server: WebServer, one_hall: Source, begin: bytes, middle: list[bytes]
) -> None:
    server.answer = exactly(begin, *middle)
    _holds(one_hall)


@TO_THE_LIMIT
@given(numeral=st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_a_count_is_the_number_that_was_sent_or_no_whole_number(
    server: WebServer, one_hall: Source, numeral: str
) -> None:
    body = page(rows(1, 1)).body.replace(b'"count": 1', b'"count": ' + numeral.encode())
    server.answer = says(Reply(body=body))
    said = _outcome(one_hall, (HALL,))
    if isinstance(said, SourceFault):
        assert "can be kept" in said.problem or "would be rounded" in said.problem
        return
    answer = said[HALL]
    assert isinstance(answer, Answer)
    (count,) = counts(answer)
    whole = Decimal(numeral) == Decimal(numeral).to_integral_value()
    assert isinstance(count, int) is whole
    assert not whole or count == Decimal(numeral)


@TO_THE_LIMIT
@given(
    link=st.text(st.characters(min_codepoint=33, max_codepoint=126)) | st.sampled_from(["<>;rel=next", "<?>;rel=next"])
)
def test_any_link_is_followed_to_its_end_or_refused(server: WebServer, tmp_path: Path, link: str) -> None:
    server.answer = says(Reply(body=page(rows(1, 1)).body, headers=(("Link", f"<{link}>; rel=next"),)))
    _holds(source(tmp_path, server.url, {"paging": {"kind": "link_header"}}))
