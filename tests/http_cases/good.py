"""Answers that look odd and are good."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

from tests.corpus import Case
from tests.http_cases.common import CHUNKED, GOOD, OK, altered, case, length, packed
from tests.http_cases.pages import BY_CURSOR, paged, third
from tests.http_halls import page, rows, says
from tests.servers.web import Answering, Reply, exactly


def _good(name: str, answering: Answering, **changes: Any) -> Case:
    return case(name, answering, changes=changes)


GOOD_IN_SPITE = (
    _good("a byte-order mark", says(Reply(body=b"\xef\xbb\xbf" + GOOD))),
    _good("gzip", packed(gzip.compress(GOOD), "gzip")),
    _good("deflate", packed(zlib.compress(GOOD), "deflate")),
    _good("no length, ended by the connection's end", exactly(OK + b"\r\n" + GOOD)),
    _good(
        "chunks",
        exactly(
            CHUNKED,
            *(f"{len(GOOD[i : i + 7]):x};x=y\r\n".encode() + GOOD[i : i + 7] + b"\r\n" for i in range(0, len(GOOD), 7)),
            b"0\r\nX-Sum: 1\r\n\r\n",
        ),
    ),
    _good("100 Continue first", exactly(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + length(len(GOOD)) + GOOD)),
    _good("HTTP/1.0", exactly(b"HTTP/1.0 200 OK\r\n\r\n" + GOOD)),
    _good("a header in Chinese", exactly(OK + "X-Name: 四川\r\n\r\n".encode() + GOOD)),
    _good("text/plain", says(Reply(body=GOOD, headers=(("Content-Type", "text/plain; charset=UTF8"),)))),
    _good("a type that is none", says(Reply(body=GOOD, headers=(("Content-Type", ";;;"),)))),
    _good("blanks around it", says(Reply(body=b"\r\n " + GOOD + b"\n\n"))),
    _good("a whole number written otherwise", says(Reply(body=altered(b'"count": 1', b'"count": 0.1e1')))),
    _good("a surrogate pair, escaped", says(Reply(body=altered(b"D01-001", b"D01-\\ud83d\\ude00"))), item_codes=".+"),
    _good("more than was asked for", says(page(rows(1, 3), more={"deep": [[[{"a": None}]]]}))),
    _good("64 lists", says(Reply(body=altered(b'{"date"', b'{"more": ' + b"[" * 62 + b"]" * 62 + b', "date"')))),
    _good("a day that is a number", says(page(rows(1, 3), date=20250312)), day_form="%Y%m%d"),
    _good(
        "a count of pages as text, and no this_page",
        lambda asked: third(int(asked.query["page"]), pages="3"),
        paging={"page": "page", "size": "size", "per_page": 3, "pages": "pages"},
    ),
    paged("an empty cursor", BY_CURSOR, lambda number: third(number, next="" if number == 3 else number + 1)),
    paged("a cursor of null", BY_CURSOR, lambda number: third(number, next=None if number == 3 else str(number + 1))),
    paged(
        "an empty page on the way",
        BY_CURSOR,
        lambda number: page(rows(number, number) if number != 2 else [], next=None if number == 3 else number + 1),
    ),
    _good("a length that is none", exactly(OK + length("three") + GOOD)),
)
