"""Daily counts as a table: what is clean is a column, what isn't is kept as it came, and nothing moves between rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from orchestration.sources.contract import CONTRACT
from orchestration.sources.daily_counts import (
    SCHEMA,
    DailyCounts,
    concatenated,
    daily_counts,
    in_least_units,
    no_counts,
    summed,
)
from tests.counts import counts_of

_ROW: dict[str, Any] = {
    "stat_date": "2025-03-12",
    "hall_code": "510000",
    "department_code": "D01",
    "item_code": None,
    "measure": "online_accepted",
    "count": 5,
}


def _read(*rows: dict[str, Any]) -> DailyCounts:
    columns: dict[str, list[Any]] = {name: [{**_ROW, **row}[name] for row in rows] for name in CONTRACT}
    return daily_counts(columns, "page 1", range(1, len(rows) + 1))


@pytest.mark.parametrize(
    ("column", "came", "is_kept"),
    [
        ("count", "１，２０４", 1204),
        ("count", Decimal("7.00"), 7),
        ("count", None, None),
        ("count", 2**63 - 1, 2**63 - 1),
        ("stat_date", dt.date(2025, 3, 12), "2025-03-12"),
        ("stat_date", dt.datetime(2025, 3, 12, 8, 30, tzinfo=dt.UTC), "2025-03-12"),
        ("hall_code", " ５１０１００ ", "510100"),
        ("item_code", "", ""),
    ],
)
def test_what_has_a_normal_form_is_clean(column: str, came: Any, is_kept: Any) -> None:
    counts = _read({}, {column: came})
    assert counts.table.schema == SCHEMA
    assert list(counts.unclean_rows) == []
    assert list(counts.rows())[1] == {**_ROW, column: is_kept, "origin": "page 1 row 2"}


@pytest.mark.parametrize(
    ("column", "came", "is_kept"),
    [
        ("count", 2**63, 2**63),
        ("count", True, True),
        ("count", 1.5, 1.5),
        ("count", "12.5", "12.5"),
        ("hall_code", 510000, 510000),
        ("item_code", ["a", "b"], ["a", "b"]),
        ("measure", b"online", b"online"),
        ("item_code", "\ud800", b"\xed\xa0\x80"),
    ],
)
def test_what_has_none_is_kept_as_it_came_and_the_others_stay_clean(column: str, came: Any, is_kept: Any) -> None:
    counts = _read({"count": 7}, {column: came}, {"department_code": "D02"})
    assert list(counts.unclean_rows) == [1]
    first, second, third = counts.rows()
    assert (first["count"], third["department_code"]) == (7, "D02")
    assert second == {**_ROW, column: is_kept, "origin": "page 1 row 2"}
    assert type(second[column]) is type(is_kept)


def test_rows_keep_what_is_theirs_in_any_order_and_company() -> None:
    pages = [_read({"count": "x", "item_code": "A"}, {}), _read({"hall_code": "510100", "count": 1.5})]
    together = concatenated([no_counts(), *pages, no_counts()])
    assert [row["count"] for row in together.rows()] == ["x", 5, 1.5]
    turned = together.take(np.array([2, 0]))
    assert [(row["hall_code"], row["item_code"], row["count"]) for row in turned.rows()] == [
        ("510100", None, 1.5),
        ("510000", "A", "x"),
    ]
    assert [row["count"] for row in turned.slice(1, 2).rows()] == ["x"]


def test_each_site_gets_its_own_rows_in_their_order() -> None:
    rows = [{"hall_code": code, "count": number} for number, code in enumerate(["b", "a", "c", "a", None])]
    sites = counts_of([{**_ROW, **row} for row in rows]).of_sites(["a", "b", "d"])
    assert {site: [row["count"] for row in counts.rows()] for site, counts in sites.items()} == {
        "a": [1, 3],
        "b": [0],
        "d": [],
    }
    assert no_counts().of_sites(["a"])["a"] == no_counts()


def test_sums_are_exact_beyond_64_bits_and_leave_out_what_is_no_whole_number() -> None:
    largest = 2**63 - 1
    counts = _read({"count": largest}, {"count": largest}, {"count": "x"}, {"measure": None}, {"measure": "other"})
    assert counts.sums() == {"online_accepted": 2 * largest, "other": 5}
    assert summed(np.array([1, 1]), np.array([-(2**63), -(2**63)]), 3) == [0, -(2**64), 0]
    assert no_counts().sums() == {}


def test_counts_of_a_measure_with_decimals_are_in_its_least_unit() -> None:
    counts = _read({"measure": "fees", "count": 7}, {"measure": "fees", "count": 12.5}, {"count": 1.5}, {})
    mixed = concatenated([counts, _read({"measure": "fees", "count": "0.125", "item_code": 3})])
    rows = list(in_least_units(mixed, {"fees": 2, "others": 3}).rows())
    assert [row["count"] for row in rows] == [700, 1250, 1.5, 5, "0.125"]
    assert rows[-1]["item_code"] == 3
    whole = in_least_units(counts, {"fees": 2}).whole.tolist()
    assert whole == [True, True, False, True]
    assert in_least_units(counts, {"others": 2}) is counts
