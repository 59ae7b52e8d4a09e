"""Answers that the system refuses, and connections that break or bring something else."""

from __future__ import annotations

import gzip
from typing import Any

from tests.corpus import Case
from tests.http_cases.common import CHUNKED, GOOD, LOOK, OK, case, length, packed
from tests.http_halls import DAY, says
from tests.servers.web import Answering, Reply, dripping, exactly, resetting

SECRET = "Next: renew the secret named in hall.toml, then pull again."
RECOVER = "Next: wait until the system has recovered, then pull again."
DESCRIPTION = "Next: hold the question in hall.toml against the system's interface description."


def _status(status: int, words: str, *parts: str, headers: tuple[tuple[str, str], ...] = ()) -> Case:
    return case(
        f"status {status}{': ' + parts[-1] if headers else ''}",
        says(Reply(status, GOOD, headers)),
        f"{DAY}: page 1: HTTP {status}{words}",
        *parts,
    )


REFUSED = (
    _status(204, " No Content: the system has no answer for the day. Next: ask the system's keeper whether"),
    _status(404, " Not Found: the system has no answer for the day. Next: ask the system's keeper whether"),
    _status(201, f" Created. {DESCRIPTION}"),
    _status(206, f" Partial Content. {DESCRIPTION}"),
    _status(304, f" Not Modified. {DESCRIPTION}"),
    _status(400, f" Bad Request. {DESCRIPTION}"),
    _status(401, f" Unauthorized: the credentials are refused. {SECRET}"),
    _status(403, f" Forbidden: the credentials are refused. {SECRET}"),
    _status(407, " Proxy Authentication Required: the proxy refuses its credentials. Next: set the proxy's user"),
    _status(408, f" Request Timeout. {RECOVER}"),
    _status(410, f" Gone. {DESCRIPTION}"),
    _status(429, " Too Many Requests. Next: wait until it takes questions again, or lower `requests_per_second`"),
    _status(500, f" Internal Server Error. {RECOVER}"),
    _status(502, f" Bad Gateway. {RECOVER}"),
    _status(503, f" Service Unavailable. {RECOVER}"),
    _status(504, f" Gateway Timeout. {RECOVER}"),
    _status(599, f". {RECOVER}"),
    _status(799, f". {RECOVER}"),
    _status(
        302,
        " Found: the system sends us on to http://sso.example/in, and no redirect is followed",
        "http://sso.example/in",
        headers=(("Location", "http://sso.example/in?from=counts#x"),),
    ),
    _status(
        307,
        " Temporary Redirect: the system sends us on to https://127.0.0.1",
        "https",
        headers=(("Location", "https://user:word@127.0.0.1/counts"),),
    ),
    _status(
        301,
        " Moved Permanently: the system sends us on to an address that is none, and",
        "none",
        headers=(("Location", "http://[::1"),),
    ),
    _status(
        308,
        " Permanent Redirect: the system sends us on to http://a",
        "http://a, and",
        headers=(("Location", "http://a/" + "x" * 5000),),
    ),
)

BROKE_OFF = "broke off in the middle of the answer"
NO_HTTP = "brought what isn't HTTP. Next: look whether `url` names the right port, then pull again."


def _wire(name: str, answering: Answering, words: str, **changes: Any) -> Case:
    return case(
        name, answering, f"{DAY}: page 1: the connection to http://127.0.0.1:", f"/counts {words}", changes=changes
    )


ON_THE_WIRE = (
    _wire("reset at once", resetting(), f"was reset. {LOOK}"),
    _wire("reset in a header", resetting(OK + b"Content-Le"), f"was reset. {LOOK}"),
    _wire("reset in the answer", resetting(OK + length(len(GOOD)) + GOOD[:40]), f"was reset. {LOOK}"),
    _wire("closed at once", exactly(), f"was closed without an answer. {LOOK}"),
    _wire("closed in the answer", exactly(OK + length(len(GOOD)) + GOOD[:40]), f"{BROKE_OFF}. {LOOK}"),
    _wire("a length too great", exactly(OK + length(len(GOOD) + 1) + GOOD), f"{BROKE_OFF}. {LOOK}"),
    _wire("a chunk broken off", exactly(CHUNKED + b"ff\r\n" + GOOD[:40]), BROKE_OFF),
    _wire("chunks without an end", exactly(CHUNKED + b"2\r\n{}\r\n"), BROKE_OFF),
    _wire("a chunk whose length is none", exactly(CHUNKED + b"xyz\r\n{}\r\n0\r\n\r\n"), BROKE_OFF),
    _wire("a chunk of negative length", exactly(CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n"), NO_HTTP),
    _wire("no HTTP at all", exactly(b"SSH-2.0-OpenSSH_9.2\r\n"), NO_HTTP),
    _wire("a status that is none", exactly(b"HTTP/1.1 OK\r\n\r\n"), NO_HTTP),
    _wire("a version that is none", exactly(b"HTTP/9.9 200 OK\r\n\r\n{}"), NO_HTTP),
    _wire("a header without end", exactly(OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n{}"), NO_HTTP),
    _wire("101 headers", exactly(OK + b"X: 1\r\n" * 101 + b"\r\n{}"), NO_HTTP),
    _wire(
        "not gzip",
        packed(b"\x1f\x8bnone", "gzip"),
        "brought an answer that can't be unpacked as its Content-Encoding says",
    ),
    _wire(
        "JSON called gzip",
        packed(GOOD, "gzip"),
        "brought an answer that can't be unpacked as its Content-Encoding says",
    ),
    case(
        "half a gzip",
        packed(gzip.compress(GOOD)[:40], "gzip"),
        "page 1: the answer isn't whole JSON (no type, 28 bytes): unterminated string",
    ),
    _wire(
        "a gzip whose sum is wrong",
        packed(gzip.compress(GOOD)[:-8] + bytes(8), "gzip"),
        "brought an answer that can't be unpacked",
    ),
    _wire("nobody listens", says(Reply()), f"was refused. {LOOK}", url="http://127.0.0.1:1/counts"),
    case(
        "no such name",
        says(Reply()),
        "page 1: the connection to http://hall.invalid/counts failed: its name isn't known (DNS). Next: look at `url`",
        changes={"url": "http://hall.invalid/counts"},
    ),
    case(
        "plain HTTP where TLS is asked for",
        says(Reply()),
        "page 1: the connection to https://127.0.0.1:",
        "failed in TLS. Next: look whether `url`",
        changes={"url": "https://127.0.0.1:${PORT}/counts"},
    ),
    case(
        "another length than the body's",
        exactly(OK + length(len(GOOD) - 1) + GOOD),
        "isn't whole JSON (no type",
        "expecting ',' delimiter",
    ),
    _wire("two lengths", exactly(OK + b"Content-Length: 5\r\n" + length(len(GOOD)) + GOOD), NO_HTTP),
    case(
        "early hints only",
        exactly(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        f"{DAY}: page 1: HTTP 103 Early Hints. {DESCRIPTION}",
    ),
    case(
        "another protocol",
        exactly(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
        f"page 1: HTTP 101 Switching Protocols. {DESCRIPTION}",
    ),
    case(
        "never a word",
        dripping(b"", b""),
        f"{DAY}: page 1: no answer within 0.3 s from http://127.0.0.1:",
        "/counts. Next: look whether the system is overloaded, then pull again.",
        changes={"timeout": 0.3},
    ),
    case(
        "a byte now and then",
        dripping(OK + length(10**6), b" "),
        f"{DAY}: page 1: no answer within 0.3 s from",
        changes={"timeout": 0.3},
    ),
    case(
        "a bomb",
        packed(gzip.compress(bytes(10**7)), "gzip"),
        f"{DAY}: page 1: the answer is larger than 100000 bytes. Next: raise `most_bytes` in hall.toml if",
        changes={"most_bytes": 100_000},
    ),
    case(
        "a bomb within a bomb",
        packed(gzip.compress(gzip.compress(bytes(10**8))), "gzip, gzip"),
        "the answer is encoded as 'gzip, gzip', which we didn't ask for",
    ),
    case(
        "too large",
        exactly(OK + b"\r\n" + b" " * 100_001),
        "the answer is larger than 100000 bytes",
        changes={"most_bytes": 100_000},
    ),
    case(
        "brotli",
        packed(GOOD, "br"),
        f"{DAY}: page 1: the answer is encoded as 'br', which we didn't ask for. Next: ask the system's keeper to",
    ),
)
