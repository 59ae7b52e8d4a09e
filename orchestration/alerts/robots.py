"""Group robots of 企业微信, 钉钉 and 飞书 by the address that the chat program shows, be it at the hall's own host.

Apprise has the public hosts built in, and takes HTTP 200 for taken. This is imported with Apprise, where something is
sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from apprise import AppriseAsset, NotifyBase, NotifyType

from orchestration.config.alerts import RobotKind

# What a request carries for its signature: parameters of the address, and members of the message.
_Signature = tuple[dict[str, str], dict[str, str]]


def _unsigned(_secret: str) -> _Signature:
    return {}, {}


def _signed_in_address(secret: str) -> _Signature:
    stamp = str(round(time.time() * 1000))
    return {"timestamp": stamp, "sign": _hmac(secret, f"{stamp}\n{secret}")}, {}


def _signed_in_message(secret: str) -> _Signature:
    stamp = str(round(time.time()))
    return {}, {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{secret}", "")}


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


@dataclass(frozen=True)
class _Form:
    """How a service is told: how many bytes of text it takes, what they are wrapped in, how requests are signed."""

    longest: int
    message: Callable[[str], dict[str, Any]]
    sign: Callable[[str], _Signature]


def _text(text: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": text}}


def _feishu_text(text: str) -> dict[str, Any]:
    return {"msg_type": "text", "content": {"text": text}}


_FORMS: Mapping[RobotKind, _Form] = {
    "wecom": _Form(2048, _text, _unsigned),
    "dingtalk": _Form(19985, _text, _signed_in_address),
    "feishu": _Form(19985, _feishu_text, _signed_in_message),
}
# Where services say how it went, and with which words.
_CODES = {"errcode": "errmsg", "code": "msg"}


class Robot(NotifyBase):  # type: ignore[no-untyped-call]
    """A robot as a service of Apprise, which lends it its time limit and its log."""

    title_maxlen = 0  # the title is the first line

    def __init__(self, kind: RobotKind, address: str, secret: str, asset: AppriseAsset) -> None:
        super().__init__(asset=asset)  # type: ignore[no-untyped-call]
        self._form, self._address, self._secret = _FORMS[kind], address, secret
        self.body_maxlen = self._form.longest

    def url(self, *_args: Any, **_kwargs: Any) -> str:
        """Apprise names services by their URL; this one is a secret."""
        return "robot://"

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **_kwargs: Any) -> bool:  # noqa: ARG002
        """Post the text once; what keeps it from being taken is logged, where Apprise's result has it from."""
        parameters, signature = self._form.sign(self._secret) if self._secret else _unsigned("")
        try:
            answer = requests.post(
                self._address,
                params=parameters,
                json={**signature, **self._form.message(body)},
                timeout=self.request_timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            self.logger.warning("Connection error: %s", error)
            return False
        if refusal := _refusal(answer):
            self.logger.warning(refusal)
        return not refusal


def is_address(url: str) -> bool:
    """Whether a text can be the address of a robot."""
    try:
        split = urlsplit(url)
    except ValueError:
        return False
    return split.scheme in {"https", "http"} and bool(split.hostname)


def _refusal(answer: requests.Response) -> str:
    """Why a message wasn't taken, or an empty text: services answer HTTP 200 to what they refuse."""
    if answer.status_code != requests.codes.ok:
        return f"the robot's host answers HTTP {answer.status_code}"
    try:
        told = answer.json()
    except requests.JSONDecodeError:
        told = None
    for code, words in _CODES.items():
        if isinstance(told, dict) and code in told:
            return "" if told[code] == 0 else f"refused with {code} {told[code]}: {told.get(words, 'without a reason')}"
    return "its answer has neither errcode nor code: is this the address of a robot?"
