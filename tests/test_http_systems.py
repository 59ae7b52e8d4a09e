"""Systems asked over HTTP, against a real server: paging, signing in, and the request itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from orchestration.sources.contract import (
    PassingFault,
    Request,
    RequestRefused,
)
from tests.counts import rows_of
from tests.http_halls import DAY, HALL, TOKEN, answer, counts, page, rows, says, source
from tests.http_pagings import LAST, PAGINGS, SIGNING, by_offset
from tests.servers.web import Asked, Reply, web_server


@pytest.mark.parametrize("name", PAGINGS)
def test_every_kind_of_paging_brings_every_row_once(tmp_path: Path, name: str) -> None:
    paging, answering, queries = PAGINGS[name]
    with web_server(answering) as server:
        said = answer(source(tmp_path, server.url, {"paging": paging}))
    assert counts(said) == list(range(1, LAST + 1))
    assert [row["origin"] for row in rows_of(said)][-1] == f"page {len(queries)} row 2"
    assert [asked.query for asked in server.asked] == [{"date": "2025-03-12", **query} for query in queries]


@pytest.mark.parametrize("name", ["pages, by the count of rows", "offset", "cursor", "link_header"])
def test_an_answer_without_rows_is_one_page(tmp_path: Path, name: str) -> None:
    with web_server(says(page([], total=0, page=1, offset=0))) as server:
        assert counts(answer(source(tmp_path, server.url, {"paging": PAGINGS[name][0]}))) == []
    assert len(server.asked) == 1


ENCODED: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode(),
}


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"kind": "bearer", "secret": "TOKEN"}, "Authorization", f"Bearer {TOKEN}"),
        ({"kind": "api_key", "header": "X-Key", "secret": "TOKEN"}, "X-Key", TOKEN),
        (
            {"kind": "basic", "user": "${APP}", "secret": "TOKEN"},
            "Authorization",
            "Basic " + base64.b64encode(f"统计:{TOKEN}".encode()).decode(),
        ),
    ],
)
def test_credentials_are_sent(tmp_path: Path, auth: Mapping[str, str], header: str, value: str) -> None:
    with web_server(says(page(rows(1, 1)))) as server:
        answer(source(tmp_path, server.url, {"auth": auth}, APP="统计"))
    assert server.asked[0].headers[header] == value


@pytest.mark.parametrize("encoding", ENCODED)
def test_every_request_is_signed_anew(tmp_path: Path, encoding: str) -> None:
    def admit(asked: Asked) -> Reply:
        sent = asked.headers
        # Sorted by name: area, date, from, max. The blank and the signs of the area are percent-encoded.
        query = f"area=%E6%88%90%E9%83%BD%20%2B%26~&date=2025-03-12&from={asked.query['from']}&max=3"
        empty = hashlib.sha256(b"").hexdigest()
        signed = f"GET\n/counts\n{query}\napp-1\n{sent['X-Time']}\n{sent['X-Nonce']}\n{empty}"
        digest = hmac.digest(TOKEN.encode(), signed.encode(), "sha256")
        admitted = sent["X-Sign"] == ENCODED[encoding](digest) and sent["X-App"] == "app-1"
        return (by_offset(asked) if len(server.asked) != 2 else Reply(503)) if admitted else Reply(401)

    begun = int(time.time())
    changes = {
        "auth": {**SIGNING, "encoding": encoding, "timestamp_unit": "seconds"},
        "query": {"date": "{day}", "area": "成都 +&~"},
        "paging": PAGINGS["offset"][0],
    }
    with web_server(admit) as server:
        asked = source(tmp_path, server.url, changes, APP="app-1")
        with pytest.raises(PassingFault, match="page 2: HTTP 503"):
            answer(asked)
        assert counts(answer(asked)) == list(range(1, LAST + 1))
    assert len({each.headers["X-Nonce"] for each in server.asked}) == len(server.asked) == 6
    assert all(begun <= int(each.headers["X-Time"]) <= time.time() for each in server.asked)


@pytest.mark.parametrize("value", ["", "two\nlines", " padded-7", "令牌"])
def test_a_secret_that_no_header_takes_is_named_and_not_shown(tmp_path: Path, value: str) -> None:
    asked = source(tmp_path, "http://127.0.0.1:1", {"auth": {"kind": "bearer", "secret": "TOKEN"}}, TOKEN=value)
    with pytest.raises(RequestRefused, match="the secret TOKEN can't stand in a header") as caught:
        answer(asked)
    assert not value or value not in str(caught.value)


def test_no_cookie_is_kept(tmp_path: Path) -> None:
    reply = Reply(body=page(rows(1, 1)).body, headers=(("Set-Cookie", "session=1"),))
    with web_server(says(reply)) as server:
        asked = source(tmp_path, server.url)
        answer(asked)
        answer(asked)
    assert [each.headers.get("Cookie") for each in server.asked] == [None, None]


def test_day_and_hall_are_filled_in_in_the_systems_own_form(tmp_path: Path) -> None:
    changes = {
        "url": "${URL}/{hall}/{day:%Y/%m}/counts",
        "query": {"d": "{day:%Y%m%d}", "filter": "{{{hall}}} {day}"},
        "day_form": "%Y%m%d",
        "day": "d",
    }
    with web_server(says(page(rows(1, 1), d=20250312))) as server:
        asked = source(tmp_path, server.url, changes)
        said = answer(asked)
    assert asked.by_site is True
    assert server.asked[0].path == "/510000/2025%2F03/counts"
    assert server.asked[0].query == {"d": "20250312", "filter": "{510000} 2025-03-12"}
    assert said.source == f"{server.url}/510000/2025%2F03/counts"


def test_one_question_for_many_halls_is_answered_by_hall(tmp_path: Path) -> None:
    lines = [{"hall": hall, "department": "D01", "item": None, "count": 4} for hall in (HALL, "510100", "510100")]
    changes = {
        "sites": [HALL, "510100"],
        "columns": {"hall": "hall_code", "department": "department_code", "item": "item_code", "count": "count"},
        "constants": {"measure": "online_accepted"},
        "declared": {"online_accepted": "sum"},
        "declared_rows": "n",
    }
    with web_server(says(page(lines, sum=12, n="3"))) as server:
        asked = source(tmp_path, server.url, changes)
        said = asked.ask(Request(DAY, (HALL, "510100")))
    assert asked.by_site is False
    assert {hall: len(outcome.counts) for hall, outcome in said.items() if hasattr(outcome, "counts")} == {
        HALL: 1,
        "510100": 2,
    }


def test_halls_that_are_asked_for_on_their_own_answer_on_their_own(tmp_path: Path) -> None:
    changes = {"sites": [HALL, "510100"], "query": {"hall": "{hall}"}, "declared": {"online_accepted": "sum"}}
    with web_server(lambda asked: page(rows(1, 2 if asked.query["hall"] == HALL else 1), sum=3)) as server:
        asked = source(tmp_path, server.url, changes)
        said = [answer(asked, hall=hall) for hall in (HALL, "510100")]
    assert [(counts(each), each.declared) for each in said] == [
        ([1, 2], {"online_accepted": 3}),
        ([1], {"online_accepted": 3}),
    ]
