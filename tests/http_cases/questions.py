"""Questions with a body, tokens that are fetched first, days as moments, clocks that differ, and stated zeros."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from tests.corpus import Case
from tests.http_cases.common import MAPPING, RECEIVED, case
from tests.http_cases.pages import BY_TOTAL
from tests.http_halls import DAY, HALL, page, rows, says
from tests.servers.web import Answering, Asked, Reply

# Midnight of the day in the hall: 2025-03-11T16:00:00Z.
MIDNIGHT = 1_741_708_800
DAY_TEXT = DAY.isoformat()


def _good(name: str, answering: Answering, **changes: Any) -> Case:
    return case(name, answering, changes=changes)


# --- a body -----------------------------------------------------------------------------------------------------------


def _posted(asked: Asked) -> dict[str, Any]:
    """The fields of a request's body."""
    if asked.headers.get("Content-Type") == "application/x-www-form-urlencoded":
        return dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
    said: dict[str, Any] = json.loads(asked.body) if asked.body else {}
    return said


def _takes(wanted: Mapping[str, Any], reply: Reply | None = None) -> Answering:
    """An interface that takes POST with exactly that body, and answers 405 and 400 to anything else."""

    def answer(asked: Asked) -> Reply:
        if asked.method != "POST":
            return Reply(405)
        return (reply or page(rows(1, 3))) if _posted(asked) == wanted else Reply(400)

    return answer


def _paged(asked: Asked, place: Callable[[Mapping[str, Any]], Any], **more: Any) -> Reply:
    """One of three pages, of the number that the body holds at a place."""
    number = int(place(_posted(asked) or asked.query))
    return page(rows(number * 3 - 2, number * 3), page=number, pages=3, total=9, **more)


def _cursor_of(asked: Asked) -> Reply:
    after = _posted(asked).get("after", 1)
    if not isinstance(after, int):
        return Reply(400)
    return page(rows(after * 3 - 2, after * 3), next=after + 1 if after < 3 else None)


PAGES = {"page": "page", "size": "size", "per_page": 3, "pages": "pages"}
BODIES = (
    case(
        "an interface that takes POST only, asked by GET",
        _takes({}),
        f"{DAY}: page 1: HTTP 405 Method Not Allowed: the address isn't asked in this way. Next: set `method`",
        '"POST" with `body` or `form`',
    ),
    _good("a JSON body", _takes({"statDate": DAY_TEXT}), method="POST", body={"statDate": "{day}"}),
    _good("a JSON body and a query", _takes({"statDate": DAY_TEXT}), method="POST", body={"statDate": "{day}"}),
    _good(
        "a JSON body of several levels",
        _takes({"data": {"days": ["20250312", "20250312"], "all": True, "n": 7, "hall": "四川"}}),
        method="POST",
        body={"data": {"days": ["{day:%Y%m%d}", "{day:%Y%m%d}"], "all": True, "n": 7, "hall": "四川"}},
    ),
    _good("an empty JSON body", _takes({}), method="POST", body={}),
    _good("POST without a body", _takes({}), method="POST"),
    _good(
        "a web form",
        _takes({"statDate": "20250312", "name": "政务 大厅&"}),
        method="POST",
        form={"statDate": "{day:%Y%m%d}", "name": "政务 大厅&"},
    ),
    _good("a site in the body", _takes({"hall": HALL}), method="POST", body={"hall": "{hall}"}),
    _good("a literal brace in the body", _takes({"q": "{x}"}), method="POST", body={"q": "{{x}}"}),
    _good("an epoch in the body", _takes({"from": MIDNIGHT * 1000}), method="POST", body={"from": "{day:epoch_ms}"}),
    _good("an epoch among words", _takes({"q": f"t>={MIDNIGHT}"}), method="POST", body={"q": "t>={day:epoch_s}"}),
    _good("an instant", _takes({"t": "2025-03-11T16:00:00Z"}), method="POST", body={"t": "{day:instant}"}),
    _good(
        "pages that the body numbers",
        lambda asked: _paged(asked, lambda body: body["page"]),
        method="POST",
        body={"day": "{day}"},
        paging=PAGES,
    ),
    _good(
        "pages that the body numbers at a path",
        lambda asked: _paged(asked, lambda body: body["paging"]["number"]),
        method="POST",
        body={"paging": {"sorted": True}},
        paging={**PAGES, "page": "paging.number", "size": "paging.size"},
    ),
    _good(
        "pages that a form numbers",
        lambda asked: _paged(asked, lambda form: form["page"]),
        method="POST",
        form={"day": "{day}"},
        paging=PAGES,
    ),
    _good(
        "pages that the query numbers beside a body",
        lambda asked: page(rows(int(asked.query["page"]), int(asked.query["page"])), pages=3),
        method="POST",
        body={"day": "{day}"},
        paging={**PAGES, "parameters_in": "query"},
    ),
    _good(
        "a cursor that is a number, in the body",
        _cursor_of,
        method="POST",
        body={"day": "{day}"},
        paging={"kind": "cursor", "cursor": "after", "next": "next"},
    ),
    case(
        "a page of a body that comes twice",
        says(page(rows(1, 3), pages=3)),
        f"{DAY}: page 2 repeats the rows of page 1",
        changes={"method": "POST", "body": {}, "paging": PAGES},
    ),
    case(
        "a body with another day",
        says(page(rows(1, 3), date="2025-03-11")),
        f"{DAY}: page 1: date is '2025-03-11' and not the day asked for ('2025-03-12')",
        changes={"method": "POST", "body": {"day": "{day}"}},
    ),
    case(
        "a body that is refused",
        _takes({"statDate": "20250312"}),
        f"{DAY}: page 1: HTTP 400 Bad Request. Next: hold the question in hall.toml",
        changes={"method": "POST", "body": {"statDate": "{day}"}},
    ),
)

# --- a token that is fetched first ------------------------------------------------------------------------------------

_numbers = count(1)
TOKENS = {"kind": "token", "url": "${URL}/token", "body": {"key": "app"}, "token": "data.token"}


def _with_tokens(takes: Callable[[Asked, str], bool], issued: Callable[[int], Any], lives: int = 100) -> Answering:
    """An interface whose token is taken `lives` times; `issued` is what it answers when it is asked for another."""
    held: dict[str, Any] = {"token": "", "left": 0}

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            number = next(_numbers)
            held.update(token=f"tok-{number:06}", left=lives)
            return Reply(body=json.dumps(issued(number)).encode())
        held["left"] -= 1
        good = held["left"] >= 0 and takes(asked, held["token"])
        if not good:
            return Reply(401)
        number = int(asked.query.get("page", 1))
        return page(rows(number * 3 - 2, number * 3), pages=3)

    return answer


def _bearer(asked: Asked, token: str) -> bool:
    return asked.headers.get("Authorization") == f"Bearer {token}"


def _issued(number: int, **more: Any) -> dict[str, Any]:
    return {"data": {"token": f"tok-{number:06}", **more}}


FETCHED = (
    _good("a token that is fetched first", _with_tokens(_bearer, _issued), auth=TOKENS),
    _good(
        "a token in a header of its own",
        _with_tokens(lambda asked, token: asked.headers.get("X-Token") == token, _issued),
        auth={**TOKENS, "header": "X-Token", "prefix": ""},
    ),
    _good(
        "a token in the query",
        _with_tokens(lambda asked, token: asked.query.get("access_token") == token, _issued),
        auth={**TOKENS, "parameter": "access_token"},
    ),
    _good(
        "a token that ends in the middle",
        _with_tokens(_bearer, _issued, lives=2),
        auth=TOKENS,
        paging=PAGES,
    ),
    _good(
        "a token that holds for no time",
        _with_tokens(_bearer, lambda number: _issued(number, expires=0), lives=1),
        auth={**TOKENS, "expires_in": "data.expires"},
        paging=PAGES,
    ),
    _good(
        "a token for a form",
        _with_tokens(_bearer, _issued),
        auth={
            "kind": "token",
            "url": "${URL}/token",
            "form": {"grant_type": "client_credentials"},
            "token": "data.token",
        },
    ),
    _good(
        "a token by GET",
        _with_tokens(_bearer, _issued),
        auth={"kind": "token", "url": "${URL}/token", "method": "GET", "query": {"key": "app"}, "token": "data.token"},
    ),
    case(
        "a token that is always refused",
        _with_tokens(lambda *_: False, _issued),
        f"{DAY}: page 1: HTTP 401 Unauthorized: the credentials are refused",
        changes={"auth": TOKENS},
    ),
    case(
        "an address of tokens that refuses us",
        lambda _: Reply(401),
        f"{DAY}: the token's page: HTTP 401 Unauthorized: the credentials are refused",
        changes={"auth": TOKENS},
    ),
    case(
        "an address of tokens that is none",
        lambda _: Reply(404),
        f"{DAY}: the token's page: HTTP 404 Not Found",
        changes={"auth": TOKENS},
    ),
    case(
        "no token in the answer",
        _with_tokens(_bearer, lambda _: {"code": 40001}),
        f"{DAY}: the answer has no 'data.token' on the token's page",
        changes={"auth": TOKENS},
    ),
    case(
        "a token that is none",
        _with_tokens(_bearer, lambda _: {"data": {"token": "张三 的"}}),
        f"{DAY}: the token's page: what stands at 'data.token' is no token that a request can hold",
        changes={"auth": TOKENS},
    ),
    case(
        "a token that is a number",
        _with_tokens(_bearer, lambda _: {"data": {"token": 7}}),
        "what stands at 'data.token' is no token",
        changes={"auth": TOKENS},
    ),
    case(
        "a token that holds for words",
        _with_tokens(_bearer, lambda number: _issued(number, expires="两小时")),
        "the token's page: data.expires is no whole number and no number",
        changes={"auth": {**TOKENS, "expires_in": "data.expires"}},
    ),
    case(
        "an answer that isn't JSON for a token",
        lambda _: Reply(body=b"<html>"),
        f"{DAY}: the token's page: the answer isn't whole JSON",
        changes={"auth": TOKENS},
    ),
    case(
        "a token's secret that isn't set",
        says(Reply()),
        "the environment variable APP_SECRET isn't set",
        changes={"auth": {**TOKENS, "body": {"secret": "${APP_SECRET}"}}},
    ),
)

# --- days as moments --------------------------------------------------------------------------------------------------


def _dated(name: str, date: Any, form: str, *parts: str) -> Case:
    return case(name, says(page(rows(1, 3), date=date)), *parts, changes={"day_form": form})


def _other(name: str, date: Any, /, form: str) -> Case:
    return _dated(
        name,
        date,
        form,
        f"{DAY}: page 1: date is ",
        f"and not the day asked for (2025-03-12, by `day_form` = {form})",
        RECEIVED,
    )


def _row_moments(form: str, moment: Any) -> dict[str, Any]:
    lines = [{**row, "at": moment} for row in rows(1, 3)]
    columns = {"at": "stat_date", "department": "department_code", "item": "item_code", "count": "count"}
    return {"answering": says(page(lines, date=moment)), "columns": columns, "day_form": form}


MOMENTS = (
    _dated("a day as epoch milliseconds", MIDNIGHT * 1000, "epoch_ms"),
    _dated("a day as epoch milliseconds, as text", str(MIDNIGHT * 1000), "epoch_ms"),
    _dated("a day as epoch seconds", MIDNIGHT, "epoch_s"),
    _dated("a day as the epoch of its last second", MIDNIGHT + 86_399, "epoch_s"),
    _dated("a day as a UTC instant", "2025-03-11T16:00:00Z", "instant"),
    _dated("a day as a UTC instant with milliseconds", "2025-03-11T16:00:00.000Z", "instant"),
    _dated("a day as an instant of the hall", "2025-03-12T00:00:00+08:00", "instant"),
    _dated("a day as an instant of another zone", "2025-03-11T09:00:00-07:00", "instant"),
    _good("rows with epochs", **_row_moments("epoch_ms", MIDNIGHT * 1000)),
    _good("rows with instants", **_row_moments("instant", "2025-03-11T16:00:00Z")),
    _dated(
        "an epoch, and no form agreed",
        MIDNIGHT * 1000,
        "%Y-%m-%d",
        f'{DAY}: page 1: date is {MIDNIGHT * 1000}, a moment of the day asked for. Next: set `day_form` = "epoch_ms"',
    ),
    _dated(
        "an instant, and no form agreed",
        "2025-03-11T16:00:00Z",
        "%Y-%m-%d",
        'a moment of the day asked for. Next: set `day_form` = "instant"',
    ),
    _other("the epoch of the second before the day", MIDNIGHT - 1, "epoch_s"),
    _other("the epoch of the day after", (MIDNIGHT + 86_400) * 1000, "epoch_ms"),
    _other("seconds where milliseconds were agreed", MIDNIGHT, "epoch_ms"),
    _other("milliseconds where seconds were agreed", MIDNIGHT * 1000, "epoch_s"),
    _other("an instant of the day before", "2025-03-11T15:59:59Z", "instant"),
    _other("an instant without its offset", "2025-03-12T00:00:00", "instant"),
    _other("a day where an instant was agreed", "2025-03-12", "instant"),
    _other("an epoch beyond all years", 10**17, "epoch_s"),
    _other("an epoch that is true", True, "epoch_s"),  # noqa: FBT003
    _other("an epoch with a fraction", MIDNIGHT + 0.5, "epoch_s"),
    _other("no epoch", None, "epoch_ms"),
    _other("an epoch in words", "三月十二日", "epoch_ms"),
    case(
        "rows of another day's epoch",
        says(page([{**rows(1, 1)[0], "at": MIDNIGHT - 1}], date=MIDNIGHT)),
        "stat_date_is_the_day_asked",
        changes={
            "columns": {"at": "stat_date", "department": "department_code", "item": "item_code", "count": "count"},
            "day_form": "epoch_s",
        },
    ),
)

# --- clocks, constants, stated zeros ----------------------------------------------------------------------------------

SIGNED = {
    "kind": "hmac",
    "key": "app",
    "secret": "PORT",
    "key_header": "X-App",
    "timestamp_header": "X-Timestamp",
    "nonce_header": "X-Nonce",
    "signature_header": "X-Sign",
    "signs": "{method}{path}{timestamp}{nonce}{body_sha256}",
}


def _refused_at(status: int, seconds: float) -> Answering:
    """Refused by a system whose clock differs by so many seconds."""

    def answer(_asked: Asked) -> Callable[[Any], None]:
        date = email.utils.formatdate(time.time() + seconds, usegmt=True)

        def send(connection: Any) -> None:
            connection.sendall(f"HTTP/1.1 {status} No\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode())

        return send

    return answer


REFUSED = "the signature is refused, and the clocks differ by"
CLOCKS = (
    case(
        "a clock ten minutes ahead",
        _refused_at(401, 600),
        f"{DAY}: page 1: HTTP 401 Unauthorized: {REFUSED} ",
        "s: the system's is ahead of ours. Next: set this machine's clock right (NTP)",
        changes={"auth": SIGNED},
    ),
    case(
        "a clock an hour behind",
        _refused_at(403, -3600),
        f"{DAY}: page 1: HTTP 403 Forbidden: {REFUSED} ",
        "s: the system's is behind ours.",
        changes={"auth": SIGNED},
    ),
    case(
        "a signature that is wrong, and clocks that agree",
        _refused_at(401, 5),
        f"{DAY}: page 1: HTTP 401 Unauthorized: the credentials are refused. Next: renew the secret",
        changes={"auth": SIGNED},
    ),
    case(
        "a clock that differs, and a request without a signature",
        _refused_at(401, 600),
        f"{DAY}: page 1: HTTP 401 Unauthorized: the credentials are refused. Next: renew the secret",
    ),
)

NOUGHT = says(page([], total=0, page=1))
BY_ROWS = {"declared_rows": "total"}
CONSTANTS = (
    _good(
        "the site asked for as a constant",
        says(page(rows(1, 3))),
        query={"hall": "{hall}"},
        constants={"hall_code": "{hall}", "measure": "online_accepted"},
    ),
    _good(
        "the one site as a constant",
        says(page(rows(1, 3))),
        constants={"hall_code": "{hall}", "measure": "online_accepted"},
    ),
)
ZEROS = (
    _good("a stated count of no rows", NOUGHT, **BY_ROWS),
    _good("a stated count of no rows, of all pages", NOUGHT, paging=BY_TOTAL["paging"]),
    case(
        "no rows, and nothing that states them",
        NOUGHT,
        "no rows, and missing is not zero",
    ),
    case(
        "no rows, and a null total of them",
        says(page([], total=None)),
        "the system declares None rows and its pages hold 0",
        changes=BY_ROWS,
    ),
    case(
        "no rows, and a total of some",
        says(page([], total=3)),
        "the system declares 3 rows and its pages hold 0",
        changes=BY_ROWS,
    ),
    case(
        "a total of no rows, and rows that are null",
        says(Reply(body=json.dumps({"date": DAY_TEXT, "total": 0, "rows": None}).encode())),
        "page 1: 'rows' of the answer isn't a list of rows",
        changes=BY_ROWS,
    ),
    case(
        "a total of no rows, and no rows at all",
        says(Reply(body=json.dumps({"date": DAY_TEXT, "total": 0}).encode())),
        "the answer has no 'rows' on page 1",
        MAPPING,
        changes=BY_ROWS,
    ),
)
QUESTIONS = (*BODIES, *FETCHED, *MOMENTS, *CLOCKS, *CONSTANTS, *ZEROS)
