"""Answers that are no JSON, or JSON that isn't the contract's."""

from __future__ import annotations

import json
from typing import Any

from tests.corpus import Case
from tests.http_cases.common import AGAIN, GOOD, KEEPER, MAPPING, RECEIVED, altered, body
from tests.http_halls import DAY, rows


def _not_json(name: str, content: bytes, why: str, kind: str = "application/json") -> Case:
    shown = kind.partition(";")[0] or "no type"
    said = f"{DAY}: page 1: the answer isn't whole JSON ({shown}, {len(content)} bytes): {why}. {AGAIN}"
    return body(name, content, said, kind=kind)


UTF8 = "isn't UTF-8 (GBK?), and JSON is UTF-8 (RFC 8259)"

NOT_JSON = (
    _not_json("empty", b"", "it is empty"),
    _not_json("nothing but blanks", b" \r\n\t", "it is empty"),
    _not_json("nothing but a byte-order mark", b"\xef\xbb\xbf", "it is empty"),
    _not_json(
        "a page to log in",
        b"<!DOCTYPE html><title>login</title>",
        "it is a web page or XML, perhaps the page to log in",
        "text/html; charset=utf-8",
    ),
    _not_json(
        "a page to log in, called JSON", b"\n <html></html>", "it is a web page or XML, perhaps the page to log in"
    ),
    _not_json(
        "XML", b"<?xml version='1.0'?><rows/>", "it is a web page or XML, perhaps the page to log in", "application/xml"
    ),
    _not_json(
        "a page in GBK",
        "<html>请登录".encode("gbk"),
        "it is a web page or XML, perhaps the page to log in",
        "text/html;charset=gbk",
    ),
    _not_json("words", "系统维护中".encode(), "expecting value at line 1 column 1", "text/plain"),
    _not_json("half of it", GOOD[: len(GOOD) // 2], "unterminated string starting at line 1 column 88"),
    _not_json("all but the last brace", GOOD[:-1], f"expecting ',' delimiter at line 1 column {len(GOOD)}"),
    _not_json("something after it", GOOD + b"\n<!-- 3 ms -->", "extra data at line 2 column 1"),
    _not_json("two documents", GOOD + GOOD, f"extra data at line 1 column {len(GOOD) + 1}"),
    _not_json("a callback's name", b"jsonp(" + GOOD + b")", "expecting value at line 1 column 1"),
    _not_json("single quotes", b"{'date': 1}", "expecting property name enclosed in double quotes at line 1 column 2"),
    # Versions of Python word it differently.
    body(
        "a comma at the end",
        b'{"date": 1,}',
        "page 1: the answer isn't whole JSON (application/json, 12 bytes): ",
        AGAIN,
    ),
    _not_json("a comment", b"// rows\n{}", "expecting value at line 1 column 1"),
    _not_json("a line break in a text", b'{"date": "2025\n"}', "invalid control character at line 1 column 15"),
    _not_json("GBK", '{"名": 1}'.encode("gbk"), f"byte 3 {UTF8}"),
    _not_json(
        "GBK, declared", GOOD, "it is declared as 'gbk', and JSON is UTF-8 (RFC 8259)", "application/json; charset=GBK"
    ),
    _not_json(
        "a wrong charset declared",
        GOOD,
        "it is declared as 'iso-8859-1', and JSON is UTF-8 (RFC 8259)",
        "application/json;charset=ISO-8859-1",
    ),
    _not_json(
        "a charset that is none",
        GOOD,
        "it is declared as 'utf-9', and JSON is UTF-8 (RFC 8259)",
        "application/json; charset=utf-9",
    ),
    _not_json("UTF-16", GOOD.decode().encode("utf-16"), f"byte 1 {UTF8}"),
    _not_json(
        "UTF-16 without a mark",
        GOOD.decode().encode("utf-16-le"),
        "expecting property name enclosed in double quotes at line 1 column 2",
    ),
    _not_json("a byte that is none", altered(b"D01-001", b"D01-\xc3(1"), f"byte 68 {UTF8}"),
    _not_json("an overlong slash", b'{"a": "\xc0\xaf"}', f"byte 8 {UTF8}"),
    _not_json("a surrogate in bytes", b'{"a": "\xed\xa0\x80"}', f"byte 8 {UTF8}"),
    _not_json("half a surrogate pair", altered(b"D01-001", b"D01\\ud83d"), "it holds half a surrogate pair"),
    _not_json("half a surrogate pair as a key", b'{"\\uDE00": 1}', "it holds half a surrogate pair"),
    _not_json("a key twice", b'{"date": "2025-03-12", "date": "2025-03-11"}', "an object holds the key 'date' twice"),
    _not_json(
        "a key twice, spelt otherwise", b'{"rows": [], "ro\\u0077s": []}', "an object holds the key 'rows' twice"
    ),
    _not_json(
        "a count twice", altered(b'"count": 1', b'"count": 1, "count": 7'), "an object holds the key 'count' twice"
    ),
    _not_json("NaN", altered(b'"count": 1', b'"count": NaN'), "NaN is no number"),
    _not_json("Infinity", altered(b'"count": 1', b'"count": Infinity'), "Infinity is no number"),
    _not_json("-Infinity", altered(b'"count": 1', b'"count": -Infinity'), "-Infinity is no number"),
    _not_json("1e999", altered(b'"count": 1', b'"count": 1e999'), "'1e999' is beyond the numbers that can be kept"),
    _not_json("1e-999", altered(b'"count": 1', b'"count": 1e-999'), "'1e-999' is beyond the numbers that can be kept"),
    _not_json(
        "an exponent without end",
        b"1e" + b"9" * 60,
        f"{'1e' + '9' * 54 + '…'!r}".replace("…'", "…") + " is beyond the numbers that can be kept",
    ),
    _not_json("4000 digits", altered(b'"count": 1', b'"count": ' + b"9" * 4000), "a number has 4000 digits"),
    _not_json("5000 digits", b"9" * 5000, "a number has 5000 digits"),
    _not_json(
        "all but a whole number",
        altered(b'"count": 1', b'"count": 11.99999999999999999999'),
        "'11.99999999999999999999' would be rounded to a whole number",
    ),
    _not_json("a number that begins with zero", b'{"count": 012}', "expecting ',' delimiter at line 1 column 12"),
    _not_json("lists without a floor", b"[" * 200_000, "it is nested too deeply"),
    _not_json("objects without a floor", b'{"a":' * 100_000, "it is nested too deeply"),
    _not_json("65 lists", b"[" * 65 + b"]" * 65, "it is nested too deeply"),
    _not_json("no type, and nothing", b"", "it is empty", kind=""),
)


def _said(name: str, document: Any, *parts: str, **changes: Any) -> Case:
    return body(name, json.dumps(document).encode(), f"{DAY}: {parts[0]}", *parts[1:], **changes)


def _reply(**more: Any) -> dict[str, Any]:
    return {"date": DAY.isoformat(), "rows": rows(1, 3), **more}


OTHER_DAY = "and not the day asked for ('2025-03-12')"
TOTALS = {"declared": {"online_accepted": "sum"}}
NOT_THE_CONTRACT = (
    _said("null", None, "the answer has no 'date' on page 1", MAPPING),
    _said("a number", 7, "the answer has no 'date' on page 1", MAPPING),
    _said("a list", [GOOD.decode()], "the answer has no 'date' on page 1", MAPPING),
    _said("an error under 200", {"code": 401, "msg": "token expired"}, "the answer has no 'date' on page 1", MAPPING),
    _said("no rows", {"date": "2025-03-12"}, "the answer has no 'rows' on page 1", MAPPING),
    _said("rows null", _reply(rows=None), "page 1: 'rows' of the answer isn't a list of rows", KEEPER),
    _said(
        "rows an object", _reply(rows={"1": rows(1, 1)}), "page 1: 'rows' of the answer isn't a list of rows", KEEPER
    ),
    _said("rows of text", _reply(rows=["D01,1"]), "page 1: 'rows' of the answer isn't a list of rows", KEEPER),
    _said(
        "a row within a list", _reply(rows=[rows(1, 1)]), "page 1: 'rows' of the answer isn't a list of rows", KEEPER
    ),
    _said("another day", _reply(date="2025-03-11"), f"page 1: date is '2025-03-11' {OTHER_DAY}", RECEIVED),
    _said("another form of the day", _reply(date="12.03.2025"), f"page 1: date is '12.03.2025' {OTHER_DAY}", RECEIVED),
    _said("no day", _reply(date=None), f"page 1: date is None {OTHER_DAY}", RECEIVED),
    _said(
        "a day without end", _reply(date="2" * 9000), f"page 1: date is a text of 9000 characters {OTHER_DAY}", RECEIVED
    ),
    _said(
        "a day over two lines",
        _reply(date="2025\n\u202e"),
        f"page 1: date is a text of 6 characters {OTHER_DAY}",
        RECEIVED,
    ),
    _said("a day that is an object", _reply(date={"y": 2025}), f"page 1: date is an object {OTHER_DAY}", RECEIVED),
    _said("a day that is true", _reply(date=True), f"page 1: date is True {OTHER_DAY}", RECEIVED),
    _said(
        "a count that is a list",
        _reply(rows=[{"department": "D01", "count": [1]}]),
        "page 1 row 1: 'count' is a list and not a single value",
        "Next: hold `columns` in hall.toml",
    ),
    _said(
        "a department that is an object",
        _reply(rows=[*rows(1, 1), {"department": {"code": "D01"}}]),
        "page 1 row 2: 'department' is an object and not a single value",
    ),
    _said(
        "a total that is an object",
        _reply(sum={"n": 6}),
        "page 1: sum is an object and no number",
        "Next: hold `declared` in hall.toml",
        **TOTALS,
    ),
    _said("no total", _reply(), "the answer has no 'sum' on page 1", MAPPING, **TOTALS),
    _said("another count of rows", _reply(n=4), "the system declares 4 rows and its pages hold 3", declared_rows="n"),
    _said(
        "a count of rows that is true",
        _reply(rows=rows(1, 1), n=True),
        "page 1: n is True and no number",
        declared_rows="n",
    ),
    _said(
        "a count of rows in words",
        _reply(n="三"),
        "the system declares a text of 1 characters rows and its pages hold 3",
        declared_rows="n",
    ),
)


def _failed(name: str, said: dict[str, Any], wanted: object, *parts: str) -> Case:
    success = {"path": "code", "value": wanted, "reason": "msg"}
    looked_up = "Next: look the code up in the system's interface description, then pull again."
    content = json.dumps({**json.loads(GOOD), **said}).encode()
    return body(name, content, *parts, *((looked_up,) if parts else ()), success=success)


SAYS_THAT_IT_FAILED = (
    _failed("a success that is one", {"code": 0}, 0),
    _failed(
        "an error code under 200",
        {"code": 40101, "msg": "token expired"},
        0,
        "page 1: the system says that it failed: code is 40101 and not 0, because of 'token expired'.",
    ),
    _failed("an error without a word", {"code": "E1"}, "S", "it failed: code is 'E1' and not 'S'."),
    _failed("a success that says nothing of it", {}, 0, "it failed: code is nothing and not 0."),
    _failed("true where 1 is success", {"code": True}, 1, "it failed: code is True and not 1."),
    _failed("an object where a code was agreed", {"code": {"a": 1}}, 0, "it failed: code is an object and not 0."),
)
