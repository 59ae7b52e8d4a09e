"""Alerts over the wire: what each service is sent, what a dead one does, and that no token gets out."""

from __future__ import annotations

import base64
import hmac
import json
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from pydantic import ValidationError

from orchestration.alerts.messages import Message
from orchestration.alerts.sending import ChannelError, Sender
from orchestration.config.alerts import Channel, RobotKind
from orchestration.config.hall import load_hall
from orchestration.runtime.paths import PROJECT_ROOT
from tests.servers.certificates import Authority, server_context
from tests.servers.smtp import smtp_server
from tests.servers.web import Asked, Reply, WebServer, forward_proxy, web_server

NEW_HALL = PROJECT_ROOT / "orchestration" / "new_hall"
CANARY = "canary0token0that0nobody0may0see"
TEXT = Message(
    "Yuebao 四川省政务服务大厅: 1 new", "LATE\n- courier 邮寄: 2025-03-12 not in <b>& more\n  next: yuebao pull"
)


def _sender(url: str) -> Sender:
    return Sender(Channel(url="CHANNEL_URL"), {"CHANNEL_URL": url})


def _robot_sender(robot: RobotKind, url: str, secret: str = "") -> Sender:
    channel = Channel(url="CHANNEL_URL", robot=robot, secret="CHANNEL_SECRET" if secret else "")
    return Sender(channel, {"CHANNEL_URL": url, "CHANNEL_SECRET": secret})


def _taken(_asked: Asked) -> Reply:
    return Reply(200, b'{"errcode": 0, "errmsg": "ok", "code": 0}')


# --- what arrives --------------------------------------------------------------------------------------------------


def test_a_webhook_is_sent_title_and_text() -> None:
    with web_server(_taken) as server:
        _sender(f"json://127.0.0.1:{server.port}/{CANARY}").send(TEXT)
        (asked,) = server.asked
    told = json.loads(asked.body)
    assert (asked.path, told["title"], told["message"]) == (f"/{CANARY}", TEXT.title, TEXT.body)
    assert (told["type"], told["attachments"]) == ("warning", [])


def test_an_e_mail_arrives_whole() -> None:
    with smtp_server(CANARY) as server:
        sender = _sender(f"mailto://yuebao:{CANARY}@127.0.0.1:{server.port}?from=yuebao@hall.test&to=ops@hall.test")
        sender.send(TEXT)
        (mail,) = server.messages
    assert (mail["Subject"], mail["To"]) == (TEXT.title, "ops@hall.test")
    text = mail.get_body(("plain",))
    assert text
    assert TEXT.body.splitlines() == [line.rstrip() for line in text.get_content().splitlines()]
    assert "http" not in mail.as_string().replace("http-equiv", "")


def test_a_mail_server_that_refuses_the_password_is_a_fault() -> None:
    with smtp_server("another") as server, pytest.raises(ChannelError) as told:
        _sender(f"mailto://yuebao:{CANARY}@127.0.0.1:{server.port}?from=y@hall.test&to=o@hall.test").send(TEXT)
    assert CANARY not in str(told.value)
    assert server.messages == []


Text = Callable[[Mapping[str, Any]], str]
# Each service by its own request: host, path, and where the text lies in what it is sent.
SERVICES: dict[str, tuple[str, str, str, Text]] = {
    "wecombot": (
        "wecombot://{token}",
        "qyapi.weixin.qq.com",
        "/cgi-bin/webhook/send",
        lambda sent: sent["text"]["content"],
    ),
    "dingtalk": ("dingtalk://{token}", "oapi.dingtalk.com", "/robot/send", lambda sent: sent["text"]["content"]),
    "feishu": (
        "feishu://{token}",
        "open.feishu.cn",
        "/open-apis/bot/v2/hook/{token}/",
        lambda sent: sent["content"]["text"],
    ),
    "lark": (
        "lark://{token}",
        "open.larksuite.com",
        "/open-apis/bot/v2/hook/{token}",
        lambda sent: sent["content"]["text"],
    ),
}


@contextmanager
def _robot(service: str, answer: bytes, folder: Path) -> Iterator[WebServer]:
    """A server that vouches for a service's own host; a proxy leads the service's own request to it, over TLS."""
    authority = Authority(folder)
    context = server_context(authority.issue("robot", host=SERVICES[service][1]))
    answered = web_server(lambda _asked: Reply(200, answer), context)
    with answered as server, forward_proxy(leads_to=server.port) as proxy, pytest.MonkeyPatch.context() as patched:
        patched.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        patched.setenv("REQUESTS_CA_BUNDLE", str(authority.path))
        yield server


@pytest.mark.parametrize("service", SERVICES)
def test_a_chat_robot_is_sent_title_and_text_at_its_own_host(service: str, tmp_path: Path) -> None:
    url, host, path, text_of = SERVICES[service]
    with _robot(service, b'{"errcode": 0, "code": 0}', tmp_path) as server:
        _sender(url.format(token=CANARY)).send(TEXT)
        (asked,) = server.asked
    assert (asked.headers["Host"], asked.path) == (host, path.format(token=CANARY))
    assert text_of(json.loads(asked.body)).splitlines() == [TEXT.title, *TEXT.body.splitlines()]


@pytest.mark.parametrize(
    ("service", "is_noticed"), [("feishu", True), ("lark", True), ("wecombot", False), ("dingtalk", False)]
)
def test_a_robot_that_refuses_with_http_200_is_noticed_where_apprise_looks_for_it(
    service: str, tmp_path: Path, *, is_noticed: bool
) -> None:
    """Where Apprise doesn't look, the runbook says so; should it begin to, the runbook is to be shortened."""
    noticed = pytest.raises(ChannelError, match="rejected") if is_noticed else nullcontext()
    with (
        _robot(service, b'{"errcode": 93000, "errmsg": "invalid", "code": 19001, "msg": "invalid"}', tmp_path),
        noticed,
    ):
        _sender(SERVICES[service][0].format(token=CANARY)).send(TEXT)


# --- robots at the hall's own host ---------------------------------------------------------------------------------

ROBOTS: dict[RobotKind, str] = {
    "wecom": f"/cgi-bin/webhook/send?key={CANARY}",
    "dingtalk": f"/robot/send?access_token={CANARY}",
    "feishu": f"/open-apis/bot/v2/hook/{CANARY}",
}
SECRET = f"SEC{CANARY}"


def _told(asked: Asked) -> str:
    sent = json.loads(asked.body)
    return str(sent["content"]["text"] if "msg_type" in sent else sent["text"]["content"])


@pytest.mark.parametrize("robot", ROBOTS)
def test_a_robot_at_the_halls_own_host_is_sent_title_and_text(robot: RobotKind) -> None:
    with web_server(_taken) as server:
        _robot_sender(robot, server.url + ROBOTS[robot]).send(TEXT)
        (asked,) = server.asked
    assert asked.method == "POST"
    assert f"{asked.path}?{urlencode(asked.query)}".removesuffix("?") == ROBOTS[robot]
    assert _told(asked).splitlines() == [TEXT.title, *TEXT.body.splitlines()]


def _signature(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), "sha256").digest()).decode()


def test_dingtalk_has_its_address_signed() -> None:
    with web_server(_taken) as server:
        _robot_sender("dingtalk", server.url + ROBOTS["dingtalk"], SECRET).send(TEXT)
        (asked,) = server.asked
    stamp = asked.query["timestamp"]
    assert len(stamp) == 13
    assert asked.query == {
        "access_token": CANARY,
        "timestamp": stamp,
        "sign": _signature(SECRET, f"{stamp}\n{SECRET}"),
    }


def test_feishu_has_its_message_signed() -> None:
    with web_server(_taken) as server:
        _robot_sender("feishu", server.url + ROBOTS["feishu"], SECRET).send(TEXT)
        (asked,) = server.asked
    sent = json.loads(asked.body)
    assert len(sent["timestamp"]) == 10
    assert sent["sign"] == _signature(f"{sent['timestamp']}\n{SECRET}", "")


REFUSALS: dict[str, tuple[Reply, str]] = {
    "wecom's": (
        Reply(body=b'{"errcode": 93000, "errmsg": "no such member"}'),
        "errcode 93000: no such member",
    ),
    "feishu's": (Reply(body=b'{"code": 19021, "msg": "sign match fail"}'), "code 19021: sign match fail"),
    "no reason": (Reply(body=b'{"errcode": 310000}'), "errcode 310000: without a reason"),
    "no code": (Reply(body=b'{"ok": true}'), "neither errcode nor code"),
    "no object": (Reply(body=b"[]"), "neither errcode nor code"),
    "a page": (Reply(body=b"<html>log in</html>"), "neither errcode nor code"),
    "another address": (Reply(302, headers=(("Location", "http://127.0.0.1:1/"),)), "HTTP 302"),
    "an error": (Reply(502), "HTTP 502"),
    "its own address": (Reply(body=f'{{"errcode": 1, "errmsg": "no {CANARY}"}}'.encode()), "errcode 1: no "),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_a_robot_refuses_is_not_taken_and_says_why_without_the_token(refusal: str) -> None:
    reply, says = REFUSALS[refusal]
    with web_server(lambda _asked: reply) as server, pytest.raises(ChannelError, match=says) as told:
        _robot_sender("dingtalk", server.url + ROBOTS["dingtalk"], SECRET).send(TEXT)
    assert len(server.asked) == 1
    assert CANARY not in str(told.value)


def test_a_robot_whose_host_is_away_is_a_fault_without_the_token() -> None:
    with web_server(_taken) as server:
        url = server.url
    with pytest.raises(ChannelError, match="Connection error") as told:
        _robot_sender("dingtalk", url + ROBOTS["dingtalk"], SECRET).send(TEXT)
    assert CANARY not in str(told.value)


def test_an_address_of_a_robot_that_is_none_names_the_variable_and_never_the_value() -> None:
    for url in ("", f"wecombot://{CANARY}", f"//{CANARY}", f"https://[{CANARY}"):
        with pytest.raises(ChannelError, match="CHANNEL_URL holds no address of a robot") as told:
            _robot_sender("wecom", url)
        assert CANARY not in str(told.value)


def test_a_secret_is_for_robots_that_sign() -> None:
    with pytest.raises(ValidationError, match="only a channel with robot"):
        Channel(url="CHANNEL_URL", robot="wecom", secret="CHANNEL_SECRET")


# --- what doesn't --------------------------------------------------------------------------------------------------


@pytest.fixture
def hanging() -> Iterator[Callable[[Asked], Callable[[Any], object]]]:
    """An answer that never comes, until the test is over."""
    over = threading.Event()
    yield lambda _asked: lambda _connection: over.wait(30)
    over.set()


FAULTS: dict[str, tuple[Reply, str]] = {
    "an error of the server": (Reply(500), r"Internal server error., error=500"),
    "another address": (Reply(302, headers=(("Location", "http://127.0.0.1:1/elsewhere"),)), r"error=302"),
    "no permission": (Reply(403), r"Unauthorized|Forbidden|403"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_server_refuses_is_a_fault_in_one_line_without_the_token(fault: str) -> None:
    reply, says = FAULTS[fault]
    with web_server(lambda _asked: reply) as server, pytest.raises(ChannelError, match=says) as told:
        _sender(f"json://127.0.0.1:{server.port}/{CANARY}").send(TEXT)
    assert len(server.asked) == 1
    assert CANARY not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_closed_port_is_a_fault() -> None:
    with web_server(_taken) as server:
        port = server.port
    with pytest.raises(ChannelError, match="Connection error"):
        _sender(f"json://127.0.0.1:{port}/{CANARY}").send(TEXT)


def test_a_server_that_hangs_is_given_up(hanging: Any) -> None:
    with web_server(hanging) as server, pytest.raises(ChannelError):
        _sender(f"json://127.0.0.1:{server.port}/{CANARY}?rto=0.2").send(TEXT)


def test_a_server_that_drips_is_given_up_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.alerts.sending._PATIENCE", 0.3)

    def drip(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"x")
            time.sleep(0.05)

    with web_server(lambda _asked: drip) as server, pytest.raises(ChannelError, match="did not finish"):
        _sender(f"json://127.0.0.1:{server.port}/{CANARY}").send(TEXT)


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", f"wecombot://{CANARY}!!", f"dingtalk://bad%20{CANARY}", f"nosuch://{CANARY}", f"json://[{CANARY}"],
)
def test_a_url_that_is_none_names_the_variable_and_never_the_value(url: str) -> None:
    with pytest.raises(ChannelError, match="CHANNEL_URL holds no URL that Apprise can use") as told:
        _sender(url)
    assert CANARY not in str(told.value)


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ChannelError, match="the environment variable CHANNEL_URL isn't set"):
        Sender(Channel(url="CHANNEL_URL"), {})


# --- what nobody may see -------------------------------------------------------------------------------------------


def test_no_token_is_logged_however_loud_the_logs_are(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    file = logging.FileHandler(tmp_path / "all.log")
    root = logging.getLogger()
    before = root.level
    root.addHandler(file)
    root.setLevel(1)
    try:
        with web_server(lambda _asked: Reply(500)) as server:
            for url in (
                f"json://user:{CANARY}@127.0.0.1:{server.port}/{CANARY}?+X-Key={CANARY}",
                f"dingtalk://bad%20{CANARY}",
            ):
                with pytest.raises(ChannelError):
                    _sender(url).send(TEXT)
    finally:
        root.setLevel(before)
        root.removeHandler(file)
        file.close()
    captured = capfd.readouterr()
    assert CANARY not in captured.out + captured.err + caplog.text + (tmp_path / "all.log").read_text()


# --- a new hall's example ------------------------------------------------------------------------------------------


def test_the_examples_of_a_new_hall_are_settings_and_urls_that_can_be_used(tmp_path: Path) -> None:
    shutil.copytree(NEW_HALL, tmp_path / "hall")
    settings = tmp_path / "hall" / "hall.toml"
    own, _, examples = settings.read_text().partition("# Who is told of what")
    _, *lines = examples.splitlines()
    shown = [line.removeprefix("# ") for line in lines]
    settings.write_text(own + "\n".join(line for line in shown if re.match(r"\[|\w+ = ", line)))
    alerts = load_hall(tmp_path / "hall").hall.alerts
    urls = re.findall(r"\b\w+://[^\s,;)]+", examples)
    assert set(alerts.channels) == {"wecom", "dingtalk", "feishu", "mail", "webhook"}
    assert [urlsplit(url).scheme for url in urls] == ["https", "https", "https", "mailtos", "jsons"]
    for channel, url in zip(alerts.channels.values(), urls, strict=True):
        assert Sender(channel, {channel.url: url, channel.secret: "SECRET"}).longest > 1000
