"""TLS and proxies as a hall's settings say, with authorities of our own and a real proxy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestration.sources.contract import (
    PassingFault,
    RequestRefused,
)
from tests.http_halls import answer, counts, page, rows, says, source
from tests.servers.certificates import Authority, server_context
from tests.servers.web import Reply, dripping, forward_proxy, web_server


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
        with pytest.raises(RequestRefused) as caught:
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
        with pytest.raises(RequestRefused, match="or `passphrase` names the wrong secret") as caught:
            answer(source(folder, server.url, changes, PASS="close sesame"))
    assert "sesame" not in str(caught.value)


def test_an_encrypted_key_without_a_passphrase_asks_nobody_at_the_terminal(
    tmp_path: Path, authority: Authority
) -> None:
    authority.issue("ours-client", passphrase="open sesame")
    changes = {"client_certificate": {"certificate": "ours-client.pem", "key": "ours-client.key"}}
    with pytest.raises(RequestRefused, match=r"aren't a PEM certificate and its key"):
        answer(source(tmp_path / "hall", "https://127.0.0.1:1", changes))


@pytest.mark.parametrize("ca", ["absent.pem", "hall.toml", "."])
def test_an_authority_that_is_no_certificate_is_named(tmp_path: Path, ca: str) -> None:
    with pytest.raises(RequestRefused, match=r"`ca`: .* isn't a file of PEM certificates"):
        answer(source(tmp_path, "https://127.0.0.1:1", {"ca": ca}))


@pytest.mark.parametrize("secured", [False, True])
def test_a_proxy_is_used_when_the_settings_say_so(tmp_path: Path, authority: Authority, *, secured: bool) -> None:
    context = server_context(authority.issue("server")) if secured else None
    changes = {"ca": "ours.pem", "proxy": "${PROXY}"}
    with forward_proxy("user:p%w-8chars") as proxy, web_server(says(page(rows(1, 1))), context) as server:
        address = f"http://user:p%25w-8chars@127.0.0.1:{proxy.port}"
        assert counts(answer(source(tmp_path / "hall", server.url, changes, PROXY=address))) == [1]
        wrong = source(tmp_path / "hall", server.url, changes, PROXY=f"http://user:wrong-one@127.0.0.1:{proxy.port}")
        with pytest.raises(RequestRefused, match="407 Proxy Authentication Required") as caught:
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
    assert server.asked[0].headers.get("Authorization") is None


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_answers_byte_by_byte_holds_nobody(tmp_path: Path, scheme: str) -> None:
    # The proxy goes on for ever: only the deadline ends this test.
    with web_server(dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x")) as proxy:
        asked = source(tmp_path, f"{scheme}://127.0.0.1:1", {"proxy": proxy.url, "timeout": 0.5})
        with pytest.raises(PassingFault, match=r"page 1: no answer within 0\.5 s"):
            answer(asked)
    assert len(proxy.asked) == 1


def test_who_does_not_go_on_with_tls_holds_nobody(tmp_path: Path) -> None:
    with web_server(says(Reply())) as server:
        # It waits for the end of a line that TLS never sends.
        asked = source(tmp_path, server.url.replace("http", "https"), {"timeout": 0.5})
        with pytest.raises(PassingFault, match=r"page 1: no answer within 0\.5 s|failed in TLS"):
            answer(asked)
    assert server.asked == []
