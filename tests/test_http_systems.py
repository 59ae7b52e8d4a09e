"""Systems asked over HTTP, against real servers: paging, signing in, TLS, proxies, and the source's protection."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from orchestration.hall_systems.contract import (
    BrokenAnswer,
    PassingFault,
    PermanentFault,
    Question,
    QuestionRefused,
    SourceFault,
)
from orchestration.hall_systems.http_faults import retry_after
from orchestration.settings import SettingsError, load_hall
from tests.http_halls import DAY, HALL, TOKEN, answer, counts, hall_folder, page, rows, says, source
from tests.servers.certificates import Authority, server_context
from tests.servers.web import Answering, Asked, Reply, dripping, exactly, forward_proxy, resetting, web_server

SIZE = 3
LAST = 8  # three pages: 3, 3 and 2 rows


def _numbered(asked: Asked, **more: Any) -> Reply:
    number = int(asked.query["page"])
    return page(rows(number * SIZE - SIZE + 1, min(number * SIZE, LAST)), page=number, **more)


def _by_offset(asked: Asked) -> Reply:
    begin = int(asked.query["from"])
    # Two at a time, whatever is asked for: a system may send less than asked.
    return page(rows(begin + 1, min(begin + 2, LAST)), total=LAST, offset=begin)


def _by_cursor(asked: Asked) -> Reply:
    begin = int(asked.query.get("after", "k0").removeprefix("k"))
    end = min(begin + SIZE, LAST)
    following = {"next": f"k{end}"} if end < LAST else {}
    return page(rows(begin + 1, end), paging=following)


def _by_link(asked: Asked) -> Reply:
    begin = int(asked.query.get("begin", "0"))
    end = min(begin + SIZE, LAST)
    links = '<https://elsewhere/>; rel="help"'
    if end < LAST:
        links += f', </counts?date={DAY}&begin={end}>; rel="next prefetch"'
    return Reply(body=page(rows(begin + 1, end)).body, headers=(("Link", links),))


NUMBERED = {"page": "page", "size": "size", "per_page": SIZE, "this_page": "page"}
PAGINGS: Mapping[str, tuple[Mapping[str, Any], Callable[[Asked], Reply], list[Mapping[str, str]]]] = {
    "pages, by default": (
        {**NUMBERED, "pages": "pages"},
        lambda asked: _numbered(asked, pages=3),
        [{"page": str(number), "size": "3"} for number in (1, 2, 3)],
    ),
    "pages, by the count of rows": (
        {**NUMBERED, "kind": "pages", "total": "total"},
        lambda asked: _numbered(asked, total=LAST),
        [{"page": str(number), "size": "3"} for number in (1, 2, 3)],
    ),
    "offset": (
        {"kind": "offset", "offset": "from", "limit": "max", "per_page": 3, "total": "total", "this_offset": "offset"},
        _by_offset,
        [{"from": str(begin), "max": "3"} for begin in (0, 2, 4, 6)],
    ),
    "cursor": (
        {"kind": "cursor", "cursor": "after", "next": "paging.next"},
        _by_cursor,
        [{}, {"after": "k3"}, {"after": "k6"}],
    ),
    "link_header": ({"kind": "link_header"}, _by_link, [{}, {"begin": "3"}, {"begin": "6"}]),
}


@pytest.mark.parametrize("name", PAGINGS)
def test_every_kind_of_paging_brings_every_row_once(tmp_path: Path, name: str) -> None:
    paging, answering, queries = PAGINGS[name]
    with web_server(answering) as server:
        said = answer(source(tmp_path, server.url, {"paging": paging}))
    assert counts(said) == list(range(1, LAST + 1))
    assert [row["origin"] for row in said.rows][-1] == f"page {len(queries)} row 2"
    assert [asked.query for asked in server.asked] == [{"date": "2025-03-12", **query} for query in queries]


@pytest.mark.parametrize("name", ["pages, by the count of rows", "offset", "cursor", "link_header"])
def test_an_answer_without_rows_is_one_page(tmp_path: Path, name: str) -> None:
    with web_server(says(page([], total=0, page=1, offset=0))) as server:
        assert counts(answer(source(tmp_path, server.url, {"paging": PAGINGS[name][0]}))) == []
    assert len(server.asked) == 1


# --- who asks ------------------------------------------------------------------------------------------------------

SIGNING = {
    "kind": "hmac",
    "key": "${APP}",
    "secret": "TOKEN",
    "key_header": "X-App",
    "timestamp_header": "X-Time",
    "nonce_header": "X-Nonce",
    "signature_header": "X-Sign",
    "signs": "{method}\n{path}\n{query}\n{key}\n{timestamp}\n{nonce}\n{body_sha256}",
}
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
        return (_by_offset(asked) if len(server.asked) != 2 else Reply(503)) if admitted else Reply(401)

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
    with pytest.raises(QuestionRefused, match="the secret TOKEN can't stand in a header") as caught:
        answer(asked)
    assert not value or value not in str(caught.value)


def test_no_cookie_is_kept(tmp_path: Path) -> None:
    reply = Reply(body=page(rows(1, 1)).body, headers=(("Set-Cookie", "session=1"),))
    with web_server(says(reply)) as server:
        asked = source(tmp_path, server.url)
        answer(asked)
        answer(asked)
    assert [each.headers["Cookie"] for each in server.asked] == [None, None]


# --- which question ------------------------------------------------------------------------------------------------


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
    assert asked.by_hall is True
    assert server.asked[0].path == "/510000/2025%2F03/counts"
    assert server.asked[0].query == {"d": "20250312", "filter": "{510000} 2025-03-12"}
    assert said.source == f"{server.url}/510000/2025%2F03/counts"


def test_one_question_for_many_halls_is_answered_by_hall(tmp_path: Path) -> None:
    lines = [{"hall": hall, "department": "D01", "item": None, "count": 4} for hall in (HALL, "510100", "510100")]
    changes = {
        "halls": [HALL, "510100"],
        "columns": {"hall": "hall_code", "department": "department_code", "item": "item_code", "count": "count"},
        "constants": {"measure": "online_accepted"},
        "declared": {"online_accepted": "sum"},
        "declared_rows": "n",
    }
    with web_server(says(page(lines, sum=12, n="3"))) as server:
        asked = source(tmp_path, server.url, changes)
        said = asked.ask(Question(DAY, (HALL, "510100")))
    assert asked.by_hall is False
    assert {hall: len(outcome.rows) for hall, outcome in said.items() if hasattr(outcome, "rows")} == {
        HALL: 1,
        "510100": 2,
    }


def test_halls_that_are_asked_for_on_their_own_answer_on_their_own(tmp_path: Path) -> None:
    changes = {"halls": [HALL, "510100"], "query": {"hall": "{hall}"}, "declared": {"online_accepted": "sum"}}
    with web_server(lambda asked: page(rows(1, 2 if asked.query["hall"] == HALL else 1), sum=3)) as server:
        asked = source(tmp_path, server.url, changes)
        said = [answer(asked, hall=hall) for hall in (HALL, "510100")]
    assert [(counts(each), each.declared) for each in said] == [
        ([1, 2], {"online_accepted": 3}),
        ([1], {"online_accepted": 3}),
    ]


# --- TLS and proxies -----------------------------------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    (tmp_path / "hall").mkdir()
    return Authority(tmp_path / "hall", "ours")


def test_the_halls_own_authority_is_trusted(tmp_path: Path, authority: Authority) -> None:
    with web_server(says(page(rows(1, 2))), server_context(authority.issue("server"))) as server:
        for ca, variables in (("ours.pem", {}), ("${CA}", {"CA": str(authority.path)})):
            assert counts(answer(source(tmp_path / "hall", server.url, {"ca": ca}, **variables))) == [1, 2]


@pytest.mark.parametrize(
    ("ca", "issued", "says_so"),
    [
        (None, {}, "is of an authority that we don't trust"),
        ("theirs.pem", {}, "is of an authority that we don't trust"),
        ("ours.pem", {"ends": dt.timedelta(minutes=-1)}, "has expired"),
        ("ours.pem", {"begins": dt.timedelta(minutes=30)}, "isn't valid yet"),
        ("ours.pem", {"host": "platform.example"}, "is of another host"),
        ("ours.pem", {"host": "127.0.0.2"}, "is of another host"),
    ],
)
def test_a_certificate_that_proves_nothing_is_refused(
    tmp_path: Path, authority: Authority, ca: str | None, issued: Mapping[str, Any], says_so: str
) -> None:
    Authority(tmp_path / "hall", "theirs")
    with web_server(says(page(rows(1, 1))), server_context(authority.issue("server", **issued))) as server:
        asked = source(tmp_path / "hall", server.url, {"ca": ca})
        with pytest.raises(QuestionRefused) as caught:
            answer(asked)
    assert str(caught.value) == f"page 1: the certificate of {server.url}/counts {says_so}"
    assert server.asked == []


def test_our_certificate_is_shown_with_an_encrypted_key(tmp_path: Path, authority: Authority) -> None:
    authority.issue("ours-client", passphrase="open sesame")
    changes = {
        "ca": "ours.pem",
        "client_certificate": {"certificate": "ours-client.pem", "key": "ours-client.key", "passphrase": "PASS"},
    }
    folder = tmp_path / "hall"
    with web_server(says(page(rows(1, 1))), server_context(authority.issue("server"), asks_for=authority)) as server:
        assert counts(answer(source(folder, server.url, changes, PASS="open sesame"))) == [1]
        with pytest.raises(PassingFault, match=r"page 1: the connection to .* failed in TLS|was reset|was closed"):
            answer(source(folder, server.url, {"ca": "ours.pem"}))
        with pytest.raises(QuestionRefused, match="or `passphrase` names the wrong secret") as caught:
            answer(source(folder, server.url, changes, PASS="close sesame"))
    assert "sesame" not in str(caught.value)


def test_an_encrypted_key_without_a_passphrase_asks_nobody_at_the_terminal(
    tmp_path: Path, authority: Authority
) -> None:
    authority.issue("ours-client", passphrase="open sesame")
    changes = {"client_certificate": {"certificate": "ours-client.pem", "key": "ours-client.key"}}
    with pytest.raises(QuestionRefused, match=r"aren't a PEM certificate and its key"):
        answer(source(tmp_path / "hall", "https://127.0.0.1:1", changes))


@pytest.mark.parametrize("ca", ["absent.pem", "hall.toml", "."])
def test_an_authority_that_is_no_certificate_is_named(tmp_path: Path, ca: str) -> None:
    with pytest.raises(QuestionRefused, match=r"`ca`: .* isn't a file of PEM certificates"):
        answer(source(tmp_path, "https://127.0.0.1:1", {"ca": ca}))


@pytest.mark.parametrize("secured", [False, True])
def test_a_proxy_is_used_when_the_settings_say_so(tmp_path: Path, authority: Authority, *, secured: bool) -> None:
    context = server_context(authority.issue("server")) if secured else None
    changes = {"ca": "ours.pem", "proxy": "${PROXY}"}
    with forward_proxy("user:p%w-8chars") as proxy, web_server(says(page(rows(1, 1))), context) as server:
        address = f"http://user:p%25w-8chars@127.0.0.1:{proxy.port}"
        assert counts(answer(source(tmp_path / "hall", server.url, changes, PROXY=address))) == [1]
        wrong = source(tmp_path / "hall", server.url, changes, PROXY=f"http://user:wrong-one@127.0.0.1:{proxy.port}")
        with pytest.raises(QuestionRefused, match="407 Proxy Authentication Required") as caught:
            answer(wrong)
    assert "wrong-one" not in str(caught.value) + caught.value.next_step
    way = f"CONNECT 127.0.0.1:{server.port}" if secured else f"GET {server.url}/counts?date=2025-03-12"
    assert set(proxy.asked) == {way}


@pytest.mark.parametrize("secured", [False, True])
def test_a_system_that_the_proxy_does_not_reach_may_be_reached_later(
    tmp_path: Path, authority: Authority, *, secured: bool
) -> None:
    url = "https://127.0.0.1:1" if secured else "http://127.0.0.1:1"
    with forward_proxy() as proxy:
        asked = source(tmp_path / "hall", url, {"proxy": f"http://127.0.0.1:{proxy.port}"})
        with pytest.raises(PassingFault, match="502 Bad Gateway"):
            answer(asked)
    with pytest.raises(PassingFault, match="failed at the proxy"):
        answer(asked)


def test_the_environments_proxies_and_passwords_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with web_server(says(page(rows(1, 1)))) as server:
        answer(source(tmp_path, server.url))
    assert server.asked[0].headers["Authorization"] is None


# --- the source's protection ---------------------------------------------------------------------------------------

DAYS = [DAY + dt.timedelta(days=offset) for offset in range(24)]


def _of_its_day(asked: Asked) -> Reply:
    return Reply(body=json.dumps({"date": asked.query["date"], "rows": rows(1, 1)}).encode())


def test_all_threads_together_keep_the_pace(tmp_path: Path) -> None:
    rate = 40
    with web_server(_of_its_day) as server, ThreadPoolExecutor(8) as pool:
        asked = source(tmp_path, server.url, {"requests_per_second": rate, "max_connections": 8})
        begun = time.monotonic()
        list(pool.map(lambda day: answer(asked, day), DAYS))
    arrived = sorted(each.at - begun for each in server.asked)
    assert len(arrived) == len(DAYS)
    # The limiter counts in whole milliseconds.
    assert [number for number, at in enumerate(arrived) if at < number / rate - 0.002] == []


def test_connections_are_never_more_than_allowed(tmp_path: Path) -> None:
    two_are_in = threading.Barrier(2, timeout=30)

    def when_two_are_in(asked: Asked) -> Reply:
        two_are_in.wait()
        return _of_its_day(asked)

    with web_server(when_two_are_in) as server, ThreadPoolExecutor(8) as pool:
        asked = source(tmp_path, server.url, {"max_connections": 2})
        list(pool.map(lambda day: answer(asked, day), DAYS))
    assert len(server.asked) == len(DAYS)
    assert server.peak == 2


@pytest.mark.parametrize(
    ("validator", "condition"),
    [(("ETag", '"v1"'), "If-None-Match"), (("Last-Modified", "Wed, 12 Mar 2025 10:00:00 GMT"), "If-Modified-Since")],
)
def test_what_has_not_changed_is_not_sent_again(tmp_path: Path, validator: tuple[str, str], condition: str) -> None:
    def conditional(asked: Asked) -> Reply:
        if asked.headers[condition] == validator[1]:
            return Reply(304)
        reply = _by_link(asked)
        return Reply(body=reply.body, headers=(*reply.headers, validator))

    with web_server(conditional) as server:
        asked = source(tmp_path, server.url, {"paging": {"kind": "link_header"}})
        first, second = answer(asked), answer(asked)
    assert first == second
    assert counts(first) == list(range(1, LAST + 1))
    assert [each.headers[condition] for each in server.asked] == [None] * 3 + [validator[1]] * 3


def test_what_has_changed_is_taken_and_kept_in_its_place(tmp_path: Path) -> None:
    def growing(asked: Asked) -> Reply:
        number = len(server.asked)
        return Reply(body=page(rows(1, number)).body, headers=(("ETag", f'"{number}"'),))

    with web_server(growing) as server:
        asked = source(tmp_path, server.url)
        assert [len(answer(asked).rows) for _ in range(3)] == [1, 2, 3]
    assert [each.headers["If-None-Match"] for each in server.asked] == [None, '"1"', '"2"']


def test_an_answer_that_was_refused_is_not_asked_after(tmp_path: Path) -> None:
    with web_server(says(Reply(body=b"{", headers=(("ETag", '"1"'),)))) as server:
        asked = source(tmp_path, server.url)
        for _ in range(2):
            with pytest.raises(BrokenAnswer):
                answer(asked)
    assert [each.headers["If-None-Match"] for each in server.asked] == [None, None]


def test_no_more_is_kept_than_one_answer_may_hold(tmp_path: Path) -> None:
    def tagged(asked: Asked) -> Reply:
        return Reply(body=_of_its_day(asked).body, headers=(("ETag", '"1"'),))

    size = len(tagged(Asked("", {"date": "2025-03-12"}, {})).body)
    with web_server(tagged) as server:
        asked = source(tmp_path, server.url, {"most_bytes": 2 * size})
        for day in (DAYS[0], DAYS[1], DAYS[0], DAYS[2], DAYS[0], DAYS[1]):
            answer(asked, day)
    # The third day took the place of the second, which was used longest ago.
    assert [each.headers["If-None-Match"] for each in server.asked] == [None, None, '"1"', None, '"1"', None]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("Retry-After", "7"),), 7.0),
        ((("Retry-After", "Wed, 12 Mar 2025 10:00:30 GMT"), ("Date", "Wed, 12 Mar 2025 10:00:00 GMT")), 30.0),
        ((("Retry-After", "Wed, 12 Mar 2025 09:00:00 GMT"), ("Date", "Wed, 12 Mar 2025 10:00:00 GMT")), 0.0),
        ((("Retry-After", "soon"),), None),
        ((), None),
    ],
)
def test_a_system_says_when_to_ask_again(
    tmp_path: Path, status: int, headers: tuple[tuple[str, str], ...], seconds: float | None
) -> None:
    # http.server adds a Date of its own, so that the test's comes last and must be sent raw.
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    reply = f"HTTP/1.1 {status} Slow\r\n{lines}Content-Length: 0\r\n\r\n".encode()
    with web_server(exactly(reply)) as server, pytest.raises(PassingFault, match=f"page 1: HTTP {status}") as caught:
        answer(source(tmp_path, server.url))
    assert caught.value.retry_after == seconds


def test_a_moment_without_the_servers_clock_is_held_against_ours() -> None:
    then = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    waiting = retry_after(then.strftime("%a, %d %b %Y %H:%M:%S GMT"), "")
    assert waiting is not None
    assert 0 < waiting <= 3600
    assert retry_after("-1", "") is retry_after("²", "") is retry_after("1e3", "") is None


@pytest.mark.parametrize(
    "answering",
    [
        dripping(b"", b""),
        dripping(b"", b"H"),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b" "),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    ],
    ids=["nothing", "status", "1xx", "header", "length", "to the end", "chunks", "chunk's extension"],
)
@pytest.mark.parametrize("secured", [False, True])
def test_who_answers_byte_by_byte_holds_nobody(
    tmp_path: Path, authority: Authority, answering: Answering, *, secured: bool
) -> None:
    context = server_context(authority.issue("server")) if secured else None
    # The server goes on for ever: only the deadline ends this test.
    with web_server(answering, context) as server:
        asked = source(tmp_path / "hall", server.url, {"timeout": 0.5, "ca": "ours.pem"})
        with pytest.raises(PassingFault) as caught:
            answer(asked)
    assert str(caught.value) == f"page 1: no answer within 0.5 s from {server.url}/counts"


def test_a_network_cut_between_two_pages_passes(tmp_path: Path) -> None:
    def cut_after_the_first(asked: Asked) -> Reply:
        if len(server.asked) == 1:
            server.cut()
        return _numbered(asked, pages=3)

    with web_server(cut_after_the_first) as server:
        asked = source(tmp_path, server.url, {"paging": {**NUMBERED, "pages": "pages"}})
        with pytest.raises(PassingFault) as caught:
            answer(asked)
        assert str(caught.value) == f"page 2: the connection to {server.url}/counts was refused"
        assert caught.value.answered is False
        server.restore()
        assert counts(answer(asked)) == list(range(1, LAST + 1))
    assert [each.query["page"] for each in server.asked] == ["1", "1", "2", "3"]


# --- secrets -------------------------------------------------------------------------------------------------------


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
    changes = {"url": "${URL}/${TOKEN}/counts", "query": {"key": "${TOKEN}", "date": "{day}"}, "timeout": 0.5}
    with caplog.at_level("INFO"), web_server(answering) as server:
        asked = source(tmp_path, server.url, {**changes, "auth": {"kind": "bearer", "secret": "TOKEN"}})
        with pytest.raises(SourceFault) as caught:
            answer(asked)
    assert server.asked[0].query["key"] == TOKEN
    assert server.asked[0].path == f"/{TOKEN}/counts"
    told = [str(caught.value), repr(caught.value), caught.value.problem, caught.value.next_step, caplog.text]
    assert [text for text in [*told, repr(vars(asked))] if TOKEN in text] == []


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


# --- settings ------------------------------------------------------------------------------------------------------

OFFSET = PAGINGS["offset"][0]
WRONG: list[tuple[Mapping[str, Any], str]] = [
    ({"url": "ftp://host/x"}, "url: String should match pattern '^(https?://|"),
    ({"url": "${URL}/{dya}"}, "url: Value error, {dya} isn't known; allowed are {day}, {hall}"),
    ({"url": "${URL}/{day.year}"}, "url: Value error, {day.year} isn't known; allowed are {day}, {hall}"),
    ({"query": {"q": "{"}}, "query.q: Value error, "),
    ({"query": {"q": "{}"}}, "query.q: Value error, {} isn't known; allowed are {day}, {hall}"),
    ({"query": {"page": "1"}, "paging": {**NUMBERED, "pages": "p"}}, "query and paging must give page only once"),
    ({"day": "a..b"}, "day: String should match pattern"),
    ({"day_form": "iso"}, "day_form: String should match pattern '%'"),
    ({"auth": {"kind": "token"}}, "'bearer', 'api_key', 'basic', 'hmac'"),
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
    ({"paging": {"kind": "link_header", "next": "n"}}, "paging.next: Extra inputs are not permitted"),
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
    with pytest.raises(QuestionRefused) as caught:
        answer(asked)
    assert message in caught.value.problem
    assert TOKEN not in caught.value.problem


def test_more_pages_than_allowed_are_not_asked_for(tmp_path: Path) -> None:
    """At once where page 1 says how many there are, and after so many where it doesn't."""
    paging = {**NUMBERED, "pages": "pages", "most_pages": 2}
    with web_server(lambda asked: _numbered(asked, pages=3)) as server:
        with pytest.raises(PermanentFault, match="there are more than 2 pages"):
            answer(source(tmp_path, server.url, {"paging": paging}))
        assert len(server.asked) == 1
        server.answer = _by_cursor
        with pytest.raises(PermanentFault, match="there are more than 2 pages"):
            answer(source(tmp_path, server.url, {"paging": {**PAGINGS["cursor"][0], "most_pages": 2}}))
    assert len(server.asked) == 3
