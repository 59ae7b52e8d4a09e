"""Answers that arrive whole, and whose numbers the suite refuses."""

from __future__ import annotations

import json
from typing import Any

from tests.corpus import Case
from tests.http_cases.common import body
from tests.http_halls import DAY, HALL, rows


def _row(name: str, values: dict[str, Any], *parts: str) -> Case:
    return _judged(name, [*rows(1, 2), {**rows(3, 3)[0], **values}], *parts)


def _judged(
    name: str, lines: list[dict[str, Any]], *parts: str, more: dict[str, Any] | None = None, **changes: Any
) -> Case:
    said = {"date": DAY.isoformat(), "rows": lines, **(more or {})}
    where = (f"hall {HALL}, {DAY}: ",) if parts else ()
    return body(name, json.dumps(said, ensure_ascii=False).encode(), *where, *parts, **changes)


NEGATIVE = "non_negative_integer"
TOTAL = {"declared": {"online_accepted": "sum"}}
JUDGED = (
    _row("a negative count", {"count": -3}, NEGATIVE, "page 1 row 3: count = -3"),
    _row("half a count", {"count": 2.5}, NEGATIVE, "page 1 row 3: count = 2.5"),
    _row("a count in words", {"count": "三"}, NEGATIVE, "page 1 row 3: count = '‹withheld 1›'"),
    _row("a count of null", {"count": None}, NEGATIVE, "page 1 row 3: count = None"),
    _row("a count that is true", {"count": True}, NEGATIVE, "page 1 row 3: count = True"),
    _row("a count in other digits", {"count": "0x3"}, NEGATIVE, "page 1 row 3: count = '‹withheld 1›'"),
    _row("a count with an exponent, as text", {"count": "3e0"}, NEGATIVE, "page 1 row 3: count = '3e0'"),
    _row("a count beyond all bounds", {"count": 10**30}, NEGATIVE, "page 1 row 3"),
    _row("a count of 100 digits", {"count": 10**99}, NEGATIVE, "page 1 row 3"),
    _row("an unknown department", {"department": "D99"}, "department_is_known", "page 1 row 3", "'‹withheld 1›'"),
    _row("no department", {"department": ""}, "text_columns_hold_text", "page 1 row 3"),
    _row("a department that is a number", {"department": 1}, "text_columns_hold_text", "page 1 row 3"),
    _row("a person's number", {"item": "519901198503071234"}, "no_personal_patterns", "page 1 row 3"),
    _row("a row twice", rows(2, 2)[0], "key_is_unique", "page 1 row 3"),
    _judged("no rows on an open day", [], "no rows, and missing is not zero"),
    _judged("another total", rows(1, 3), "declared_total_equals_sum", "declared = 7", more={"sum": 7}, **TOTAL),
    _judged("a total of null", rows(1, 3), "total of online_accepted blank", more={"sum": None}, **TOTAL),
    _judged("a total that is true", rows(1, 1), "page 1: sum is True and no number", more={"sum": True}, **TOTAL),
    _judged("a total in words", rows(1, 3), "declared", more={"sum": "六"}, **TOTAL),
    _row("full-width digits", {"count": "１，２０４"}),
    _row("a count of nought", {"count": 0}),
    _row("a whole number with a point", {"count": 3.0}),
    _judged("a total as text", rows(1, 3), more={"sum": " 6 "}, **TOTAL),
)
