"""Systems that page and sign, for tests: the settings of each kind, and what such a system answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.http_halls import DAY, page, rows
from tests.servers.web import Asked, Reply

SIZE = 3
LAST = 8  # three pages: 3, 3 and 2 rows


def numbered(asked: Asked, **more: Any) -> Reply:
    number = int(asked.query["page"])
    return page(rows(number * SIZE - SIZE + 1, min(number * SIZE, LAST)), page=number, **more)


def by_offset(asked: Asked) -> Reply:
    begin = int(asked.query["from"])
    # Two at a time, whatever is asked for: a system may send less than asked.
    return page(rows(begin + 1, min(begin + 2, LAST)), total=LAST, offset=begin)


def by_cursor(asked: Asked) -> Reply:
    begin = int(asked.query.get("after", "k0").removeprefix("k"))
    end = min(begin + SIZE, LAST)
    following = {"next": f"k{end}"} if end < LAST else {}
    return page(rows(begin + 1, end), paging=following)


def by_link(asked: Asked) -> Reply:
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
        lambda asked: numbered(asked, pages=3),
        [{"page": str(number), "size": "3"} for number in (1, 2, 3)],
    ),
    "pages, by the count of rows": (
        {**NUMBERED, "kind": "pages", "total": "total"},
        lambda asked: numbered(asked, total=LAST),
        [{"page": str(number), "size": "3"} for number in (1, 2, 3)],
    ),
    "offset": (
        {"kind": "offset", "offset": "from", "limit": "max", "per_page": 3, "total": "total", "this_offset": "offset"},
        by_offset,
        [{"from": str(begin), "max": "3"} for begin in (0, 2, 4, 6)],
    ),
    "cursor": (
        {"kind": "cursor", "cursor": "after", "next": "paging.next"},
        by_cursor,
        [{}, {"after": "k3"}, {"after": "k6"}],
    ),
    "link_header": ({"kind": "link_header"}, by_link, [{}, {"begin": "3"}, {"begin": "6"}]),
}


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
