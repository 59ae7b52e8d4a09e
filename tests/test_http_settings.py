"""Settings of HTTP systems: what is wrong is named, and what is secret is shown nowhere."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestration.config.hall import SettingsError, load_hall
from orchestration.runtime.secrets import redact
from orchestration.sources import doubts_of
from orchestration.sources.contract import (
    PermanentFault,
    RequestRefused,
    SourceFault,
)
from tests.http_halls import DAY, TOKEN, answer, hall_folder, page, rows, says, source
from tests.http_pagings import NUMBERED, PAGINGS, SIGNING, by_cursor, numbered
from tests.servers.web import Answering, Reply, dripping, exactly, resetting, web_server


@pytest.mark.parametrize(
    "answering",
    [
        says(Reply(401)),
        says(Reply(302, headers=(("Location", f"https://u:{TOKEN}@sso.example/{TOKEN}/in?ticket={TOKEN}"),))),
        says(page(rows(1, 1), date=TOKEN)),
        says(Reply(body=f'{{"date": "2025-03-12", "{TOKEN}": 1, "{TOKEN}": 2}}'.encode())),
        says(Reply(body=b"{}", headers=(("Content-Type", f"{TOKEN}/json"), ("Content-Encoding", TOKEN)))),
        exactly(f"HTTP/1.1 500 {TOKEN}\r\n\r\n".encode()),
        resetting(),
        dripping(b"", b""),
    ],
    ids=["refused", "redirected", "day", "key", "type", "phrase", "reset", "silent"],
)
def test_no_message_holds_a_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture, answering: Answering) -> None:
    changes = {"url": "${URL}/${TOKEN}/counts", "query": {"key": "${TOKEN}", "date": "{day}"}, "timeout": 2.0}
    with caplog.at_level("INFO"), web_server(answering) as server:
        asked = source(tmp_path, server.url, {**changes, "auth": {"kind": "bearer", "secret": "TOKEN"}})
        with pytest.raises(SourceFault) as caught:
            answer(asked)
    assert server.asked[0].query["key"] == TOKEN
    assert server.asked[0].path == f"/{TOKEN}/counts"
    # What the system itself repeats is taken out where messages leave; see orchestration.runtime.secrets.
    told = [redact(caught.value.problem), caught.value.next_step, caplog.text, repr(vars(asked))]
    assert [text for text in told if TOKEN in text] == []


@pytest.mark.parametrize("changes", [{"query": {"key": "${OWN}"}}, {"url": "http://${HOST}/${OWN}/counts"}])
def test_variables_of_the_question_are_secrets_but_for_its_host(tmp_path: Path, changes: Mapping[str, Any]) -> None:
    own = uuid.uuid4().hex
    with web_server(says(page(rows(1, 1), date=own))) as server:
        host = server.url.removeprefix("http://")
        with pytest.raises(SourceFault) as caught:
            answer(source(tmp_path, server.url, changes, OWN=own, HOST=host))
        assert (
            caught.value.problem == "page 1: date is a text of 32 characters and not the day asked for ('2025-03-12')"
        )
        server.close()
        with pytest.raises(SourceFault) as caught:
            answer(source(tmp_path, server.url, changes, OWN=own, HOST=host))
    assert f"http://{host}/" in redact(caught.value.problem)
    assert own not in caught.value.problem


def test_the_source_of_an_answer_holds_no_secret(tmp_path: Path) -> None:
    with web_server(says(page(rows(1, 1)))) as server:
        changes = {"url": "${URL}/${TOKEN}/{day}?key=${TOKEN}", "query": {"again": "${TOKEN}"}}
        assert answer(source(tmp_path, server.url, changes)).source == f"{server.url}/${{TOKEN}}/2025-03-12"
    assert server.asked[0].query == {"key": TOKEN, "again": TOKEN}


def test_headers_that_cannot_be_parsed_are_logged_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    reply = b"HTTP/1.1 200 OK\r\nno header at all\r\nContent-Length: 2\r\n\r\n{}"
    with caplog.at_level("DEBUG"), web_server(exactly(reply)) as server, pytest.raises(SourceFault):
        answer(source(tmp_path, server.url, {"query": {"key": "${TOKEN}"}}))
    assert TOKEN not in caplog.text


OFFSET = PAGINGS["offset"][0]
WRONG: list[tuple[Mapping[str, Any], str]] = [
    ({"url": "ftp://host/x"}, "url: String should match pattern '^(https?://|"),
    ({"url": "${URL}/{dya}"}, "url: Value error, {dya} isn't known; allowed are {day}, {hall}"),
    ({"url": "${URL}/{day.year}"}, "url: Value error, {day.year} isn't known; allowed are {day}, {hall}"),
    ({"query": {"q": "{"}}, "query.q: Value error, "),
    ({"query": {"q": "{}"}}, "query.q: Value error, {} isn't known; allowed are {day}, {hall}"),
    ({"query": {"page": "1"}, "paging": {**NUMBERED, "pages": "p"}}, "query and paging must give page only once"),
    ({"day": "a..b"}, "day: String should match pattern"),
    (
        {"day_form": "iso"},
        "day_form: Value error, iso is no form of a day; allowed are %Y%m%d and its like, epoch_s, epoch_ms, instant",
    ),
    ({"day_form": "%s000"}, "day_form: Value error, %s depends on the machine's time zone; allowed are %Y%m%d"),
    ({"day_form": "%-s"}, "day_form: Value error, %s depends on the machine's time zone"),
    ({"query": {"date": "{day:%s}"}}, "query.date: Value error, %s depends on the machine's time zone"),
    ({"method": "PUT"}, "method: Input should be 'GET' or 'POST'"),
    ({"method": "post"}, "method: Input should be 'GET' or 'POST'"),
    ({"body": {"day": "{day}"}}, 'body and form need method = "POST"'),
    ({"form": {"day": "{day}"}}, 'body and form need method = "POST"'),
    ({"method": "POST", "body": {}, "form": {}}, "give one of body (sent as JSON) and form (sent as a web form)"),
    ({"method": "POST", "body": "{day}"}, "body: Input should be a valid dictionary"),
    ({"method": "POST", "body": {"a": [{"b": "{dya}"}]}}, "body: Value error, {dya} isn't known; allowed are {day}"),
    ({"method": "POST", "form": {"a": 1}}, "form.a: Input should be a valid string"),
    (
        {"method": "POST", "body": {"page": 1}, "paging": {**NUMBERED, "pages": "p"}},
        "body and paging must give page only once",
    ),
    (
        {"sites": ["510000", "510100"], "constants": {"hall_code": "{hall}", "measure": "online_accepted"}},
        "a constant {hall} needs {hall} in url, query, body or form, where there are several sites",
    ),
    ({"auth": {"kind": "token", "url": "${URL}/token"}}, "auth.token: Field required"),
    (
        {"auth": {"kind": "token", "url": "${URL}/t", "token": "t", "body": {}, "form": {}}},
        "give one of body (sent as JSON) and form",
    ),
    (
        {"auth": {"kind": "token", "url": "${URL}/t", "token": "t", "method": "GET", "body": {}}},
        'body and form need method = "POST"',
    ),
    ({"auth": {"kind": "oauth"}}, "'bearer', 'api_key', 'basic', 'hmac', 'token'"),
    ({"auth": {"kind": "basic", "secret": "S"}}, "auth.user: Field required"),
    ({"auth": {"kind": "api_key", "header": "X Key", "secret": "S"}}, "auth.header: String should match pattern"),
    ({"auth": {**SIGNING, "algorithm": "md5"}}, "auth.algorithm: Input should be 'sha256'"),
    ({"auth": {**SIGNING, "encoding": "raw"}}, "auth.encoding: Input should be 'hex' or 'base64'"),
    (
        {"auth": {**SIGNING, "signs": "{path}{uri}"}},
        "auth.signs: Value error, {uri} isn't known; allowed are {method}, {path}, {query}, {timestamp}",
    ),
    (
        {"paging": {"kind": "token"}},
        "paging: kind isn't known; allowed are 'pages', 'offset', 'cursor', 'link_header'",
    ),
    ({"paging": NUMBERED}, "paging: Value error, give one of pages"),
    ({"paging": {**NUMBERED, "pages": "a", "total": "b"}}, "paging: Value error, give one of pages"),
    ({"paging": {**OFFSET, "per_page": 0}}, "paging.per_page: Input should be greater than or equal to 1"),
    ({"paging": {**OFFSET, "most_pages": 0}}, "paging.most_pages: Input should be greater than or equal to 1"),
    ({"paging": {"kind": "cursor", "cursor": "c"}}, "paging.next: Field required"),
    (
        {"paging": {"kind": "link_header", "next": "n"}},
        "paging.next: Extra inputs are not permitted; allowed are most_pages, parameters_in, kind",
    ),
    (
        {"paging": {**NUMBERED, "pages": "p", "offset": "o"}},
        "paging.offset: Extra inputs are not permitted; allowed are",
    ),
    (
        {"auth": {"kind": "bearer", "token": "T"}},
        "auth.token: Extra inputs are not permitted; allowed are kind, secret",
    ),
    ({"client_certificate": {"pem": "p"}}, "pem: Extra inputs are not permitted; allowed are certificate, key"),
    ({"ca": ""}, "ca: String should have at least 1 character"),
    ({"verify": False}, "verify: Extra inputs are not permitted"),
    ({"client_certificate": {"certificate": "c.pem"}}, "client_certificate.key: Field required"),
    ({"proxy": "socks5://host:1"}, "proxy: String should match pattern '^(http://|"),
    ({"requests_per_second": 0}, "requests_per_second: Input should be greater than 0"),
    ({"max_connections": 65}, "max_connections: Input should be less than or equal to 64"),
    ({"most_bytes": 0}, "most_bytes: Input should be greater than or equal to 1"),
    ({"timeout": 0}, "timeout: Input should be greater than 0"),
    ({"declared": {"visits": "sum"}}, "declared names visits; allowed are online_accepted"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_setting_is_named_with_what_is_allowed(
    tmp_path: Path, changes: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_hall(hall_folder(tmp_path, changes))
    assert "key systems.platform" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"url": "${BASE}"}, "`url` (${BASE}) is no address; allowed are http://… and https://…"),
        ({"url": "https://user:${TOKEN}@host/"}, "`url` names a user; allowed is auth = {"),
        ({"url": "https://host:port/"}, "`url` (https://host:port/) is no address"),
        ({"proxy": "${BASE}"}, "`proxy` (${BASE}) is no proxy's address; allowed is http://host:port"),
        ({"query": {"key": "${ABSENT}"}}, "the environment variable ABSENT isn't set"),
        ({"auth": {"kind": "bearer", "secret": "ABSENT"}}, "the environment variable ABSENT isn't set"),
    ],
)
def test_a_setting_that_the_environment_makes_wrong_is_told_when_the_system_is_asked(
    tmp_path: Path, changes: Mapping[str, Any], message: str
) -> None:
    asked = source(tmp_path, "http://127.0.0.1:1", changes, BASE=f"ldap://{TOKEN}")
    with pytest.raises(RequestRefused) as caught:
        answer(asked)
    assert message in caught.value.problem
    assert TOKEN not in caught.value.problem


def test_more_pages_than_allowed_are_not_asked_for(tmp_path: Path) -> None:
    """At once where page 1 says how many there are, and after so many where it doesn't."""
    paging = {**NUMBERED, "pages": "pages", "most_pages": 2}
    with web_server(lambda asked: numbered(asked, pages=3)) as server:
        with pytest.raises(PermanentFault, match="there are more than 2 pages"):
            answer(source(tmp_path, server.url, {"paging": paging}))
        assert len(server.asked) == 1
        server.answer = by_cursor
        with pytest.raises(PermanentFault, match="there are more than 2 pages"):
            answer(source(tmp_path, server.url, {"paging": {**PAGINGS["cursor"][0], "most_pages": 2}}))
    assert len(server.asked) == 3


def test_what_an_answer_wouldnt_show_is_said_beforehand(tmp_path: Path) -> None:
    """A page that is lost without a declared total, and a question that is posted without a body."""
    posted = {"method": "POST", "paging": {**NUMBERED, "pages": "pages"}}
    doubts = doubts_of(load_hall(hall_folder(tmp_path, posted)), "platform", DAY, {})
    assert [doubt[:30] for doubt in doubts] == ['method = "POST" without body o', "paging, and `declared` gives n"]

    declared = {**posted, "body": {"day": "{day}"}, "declared": {"online_accepted": "sum"}}
    assert doubts_of(load_hall(hall_folder(tmp_path, declared)), "platform", DAY, {}) == []
