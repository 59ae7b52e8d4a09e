"""Reads an answer's JSON with certainty: UTF-8, each key once, numbers exact, nothing before or after."""

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from email.message import Message
from typing import Any

from orchestration.sources.http.errors import fault

_MOST_DIGITS = 100
_DEEPEST = 64
_TYPE = re.compile(r"[\w.+-]{1,40}/[\w.+-]{1,40}", re.ASCII)


def read_json(content: bytes, content_type: str, where: str) -> Any:
    """The document of an answer, whole numbers as int, others as float or Decimal; BrokenAnswer if it is none."""
    declared = Message()
    declared["Content-Type"] = content_type
    try:
        _refuse_web_page(content)
        _refuse_charset(declared.get_content_charset())
        return _document(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        kind = content_type.partition(";")[0].strip()
        sent = f"{kind if _TYPE.fullmatch(kind) else 'no type'}, {len(content)} bytes"
        raise fault("no_json", where=where, sent=sent, reason=_reason(error)) from None


def _refuse_web_page(content: bytes) -> None:
    begin = content.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if not begin:
        raise ValueError("it is empty")
    if begin == b"<":
        raise ValueError("it is a web page or XML, perhaps the page to log in")


def _refuse_charset(charset: str | None) -> None:
    try:
        is_utf8 = charset is None or codecs.lookup(charset).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        is_utf8 = False
    if not is_utf8:
        raise ValueError(f"it is declared as {one_line(charset)}, and JSON is UTF-8 (RFC 8259)")


def _document(text: str) -> Any:
    document = json.loads(
        text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_decimal, parse_int=_whole
    )
    _refuse_deep(document)
    if "\\u" in text:
        # An escape can make half a surrogate pair, which is no text and can't be written to any file.
        json.dumps(document, ensure_ascii=False).encode()
    return document


def _reason(error: ValueError | RecursionError) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg.lower().removesuffix(' at')} at line {error.lineno} column {error.colno}"
        case UnicodeDecodeError():
            return f"byte {error.start + 1} isn't UTF-8 (GBK?), and JSON is UTF-8 (RFC 8259)"
        case UnicodeEncodeError():
            return "it holds half a surrogate pair"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return str(error)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        ((doubled, _times),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"an object holds the key {brief(doubled)} twice")
    return values


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a number has {len(text)} digits")
    return int(text)


def _decimal(text: str) -> int | float | Decimal:
    try:
        exact = Decimal(text) if len(text) <= _MOST_DIGITS else None
    except InvalidOperation:
        exact = None
    if exact is None or abs(exact.adjusted()) > _MOST_DIGITS:
        raise ValueError(f"{one_line(text)} is beyond the numbers that can be kept")
    if exact == exact.to_integral_value():
        return int(exact)
    if float(exact).is_integer():
        raise ValueError(f"{one_line(text)} would be rounded to a whole number")
    return float(exact) if Decimal(repr(float(exact))) == exact else exact


# What a number, a day or a code of a system looks like.
_SHOWN = re.compile(r"[0-9.,:+/TZ \-]{1,40}|[A-Za-z]{0,8}[_-]?[0-9]{0,6}")
_LONGEST = 60


def _refuse_deep(document: Any) -> None:
    level = [document]
    for _ in range(_DEEPEST):
        level = [child for value in level for child in _children(value)]
        if not level:
            return
    raise RecursionError


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def brief(value: Any) -> str:
    """A value as a message may show it: numbers, days and short codes; any other text may be anybody's name."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str() if not _SHOWN.fullmatch(value):
            return f"a text of {len(value)} characters"
    return one_line(value)


def one_line(value: Any) -> str:
    """A value on one line, and not without end."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}…"
