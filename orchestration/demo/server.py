"""The demo hall's HTTP interfaces, and the way any small web app is served on loopback for a while."""

import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from functools import lru_cache, partial
from typing import Any, TypeVar, cast

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from orchestration.demo.days import days_of, is_over, month_of, today_in_shanghai
from orchestration.demo.world import (
    HALL_CODE,
    OnlineRow,
    QueueDay,
    RatedDay,
    counts,
    online,
    online_rows,
    queue,
    ratings,
)

T = TypeVar("T")

_LARGEST_PAGE = 500
_USUAL_PAGE = 200
_SECONDS_TO_FINISH = 1
_ONLINE_MEASURES = ("online_accepted", "online_completed", "online_open")


def demo_app(platform_bearer: str, desks_key: str) -> Starlette:
    """The integrated platform, its ratings, the enquiry desks and the queue in one app.

    A day is answered for once it is over; the desks and the queue have none of a day off. The ratings take the
    platform's token, and the queue the desks' key.
    """

    async def daily_counts(request: Request) -> Response:
        _admit(request.headers.get("Authorization"), f"Bearer {platform_bearer}", "令牌缺失或无效")
        day = _day(request.query_params.get("date", ""))
        page = _number(request, "page", usual=1, largest=None)
        size = _number(request, "page_size", usual=_USUAL_PAGE, largest=_LARGEST_PAGE)
        if not is_over(day, today_in_shanghai()):
            raise HTTPException(404, f"{day} 无日报数")
        return Response(_platform_page(day, page, size), media_type="application/json")

    async def month_totals(request: Request) -> Response:
        _admit(request.headers.get("Authorization"), f"Bearer {platform_bearer}", "令牌缺失或无效")
        days = _days(request.query_params.get("month", ""))
        if not is_over(days[-1], today_in_shanghai()):
            raise HTTPException(404, f"{days[0]:%Y-%m} 无月报数")
        return Response(_platform_month(days), media_type="application/json")

    async def rated(request: Request) -> Response:
        _admit(request.headers.get("Authorization"), f"Bearer {platform_bearer}", "令牌缺失或无效")
        day, departments = _answered(request.query_params.get("date", ""), ratings, "评价数")
        return JSONResponse(_by_department(day, departments))

    async def queued(request: Request) -> Response:
        _admit(request.headers.get("X-API-Key"), desks_key, "密钥缺失或无效")
        day, departments = _answered(request.path_params["day"], queue, "叫号记录")
        return JSONResponse(_by_department(day, departments))

    async def consultations(request: Request) -> Response:
        _admit(request.headers.get("X-API-Key"), desks_key, "密钥缺失或无效")
        day, numbers = _answered(request.path_params["day"], partial(counts, "onsite_consultations"), "咨询记录")
        desks = [{"department": code, "consultations": count} for code, count in numbers.items()]
        return JSONResponse(
            {"stat_date": day.isoformat(), "hall": HALL_CODE, "sum": sum(numbers.values()), "desks": desks}
        )

    return Starlette(
        routes=[
            Route("/platform/v1/daily-counts", daily_counts),
            Route("/platform/v1/month-totals", month_totals),
            Route("/platform/v1/ratings", rated),
            Route("/queue/api/days/{day}", queued),
            Route("/desks/api/consultations/{day}", consultations),
        ],
        exception_handlers={HTTPException: _refusal},
    )


@contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve an app on 127.0.0.1 from a daemon thread and yield its base URL; OSError where the port is taken.

    The socket listens before the thread starts, so that the first request waits in the queue instead of failing.
    """
    with closing(socket.create_server(("127.0.0.1", port), backlog=512)) as listening:
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            log_level="warning",
            timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), name="demo-server", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@lru_cache(maxsize=256)
def _platform_page(day: date, page: int, size: int) -> bytes:
    rows = online_rows(day)
    pages = -(-len(rows) // size)
    if page > pages:
        raise HTTPException(400, f"page 超出范围：共 {pages} 页")
    totals = {measure: sum(row.number for row in rows if row.measure == measure) for measure in _ONLINE_MEASURES}
    data = {
        "date": day.isoformat(),
        "page": page,
        "page_size": size,
        "pages": pages,
        "totals": {"rows": len(rows), **totals},
        "rows": [_line(row) for row in rows[(page - 1) * size : page * size]],
    }
    return json.dumps({"code": 0, "message": "成功", "data": data}, ensure_ascii=False).encode()


@lru_cache(maxsize=64)
def _platform_month(days: tuple[date, ...]) -> bytes:
    """Flows only: a stock has no total over a month."""
    departments = [numbers for day in days for numbers in online(day).values()]
    totals = {
        "online_accepted": sum(numbers.accepted for numbers in departments),
        "online_completed": sum(numbers.completed for numbers in departments),
    }
    data = {"month": month_of(days[0]), "totals": totals}
    return json.dumps({"code": 0, "message": "成功", "data": data}, ensure_ascii=False).encode()


def _answered(text: str, numbers_of: Callable[[date], Mapping[str, T]], what: str) -> tuple[date, Mapping[str, T]]:
    """A day and its numbers by department; 404 where it isn't over, or has none."""
    day = _day(text)
    numbers = numbers_of(day) if is_over(day, today_in_shanghai()) else {}
    if not numbers:
        raise HTTPException(404, f"{day} 无{what}")
    return day, numbers


def _by_department(day: date, departments: Mapping[str, RatedDay | QueueDay]) -> dict[str, Any]:
    """A day with a column for each measure, and its totals."""
    lines = [{"department": code, **numbers._asdict()} for code, numbers in departments.items()]
    totals = {name: sum(line[name] for line in lines) for name in lines[0] if name != "department"}
    return {"date": day.isoformat(), "totals": totals, "departments": lines}


def _line(row: OnlineRow) -> dict[str, str | int | None]:
    return {
        "hall": HALL_CODE,
        "department": row.department,
        "item": row.item,
        "measure": row.measure,
        "count": row.number,
    }


def _admit(given: str | None, expected: str, refusal: str) -> None:
    if not secrets.compare_digest((given or "").encode(), expected.encode()):
        raise HTTPException(401, refusal)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise HTTPException(400, "日期须写作 YYYY-MM-DD") from None
    if day.isoformat() != text:
        raise HTTPException(400, "日期须写作 YYYY-MM-DD")
    return day


def _days(text: str) -> tuple[date, ...]:
    try:
        return days_of(text)
    except ValueError:
        raise HTTPException(400, "月份须写作 YYYY-MM") from None


def _number(request: Request, name: str, usual: int, largest: int | None) -> int:
    text = request.query_params.get(name, str(usual))
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 1 or (largest is not None and number > largest):
        raise HTTPException(400, f"{name} 须为正整数" + (f"，且不大于 {largest}" if largest else ""))
    return number


async def _refusal(_request: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    return JSONResponse({"code": refused.status_code, "message": refused.detail, "data": None}, refused.status_code)
