"""Reviewed tables of values and measures side by side, of systems that answer over HTTP."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestration.config.hall import SettingsError
from orchestration.sources.contract import PermanentFault
from orchestration.sources.value_map import ValueMap
from tests.counts import rows_of
from tests.http_halls import answer, source
from tests.servers.web import Reply, web_server

_HEADER = "column,theirs,ours,valid_from,valid_to,reviewed_by\n"
_TABLE = (
    f"{_HEADER}department_code,公安 窗口,D06,2025-01-01,2025-03-12,王\ndepartment_code,公安窗口,D07,2025-03-13,,李\n"
)


def _asked(folder: Path, rows: Sequence[Mapping[str, Any]], **changes: Any) -> list[tuple[Any, ...]]:
    folder.mkdir()
    (folder / "values.csv").write_text(_TABLE, encoding="utf-8")
    body = {"date": "2025-03-12", "rows": rows}
    with web_server(lambda _: Reply(body=json.dumps(body).encode())) as server:
        said = answer(source(folder, server.url, changes))
    return [(row["department_code"], row["item_code"], row["measure"], row["count"]) for row in rows_of(said)]


def test_names_over_http_are_codes_by_the_reviewed_table(tmp_path: Path) -> None:
    rows = [{"department": "公安窗口", "item": "A", "count": 5}, {"department": "D06", "item": "B", "count": 7}]
    assert _asked(tmp_path / "hall", rows, values="values.csv") == [
        ("D06", "A", "online_accepted", 5),
        ("D06", "B", "online_accepted", 7),
    ]


def test_a_name_that_isnt_in_the_table_is_refused_by_row_and_not_repeated(tmp_path: Path) -> None:
    rows = [{"department": "公安窗口", "item": "A", "count": 5}, {"department": "张三", "item": "B", "count": 7}]
    with pytest.raises(PermanentFault) as caught:
        _asked(tmp_path / "hall", rows, values="values.csv")
    assert caught.value.problem == f"page 1 row 2: department isn't in {tmp_path}/hall/values.csv"


def test_measures_over_http_may_stand_side_by_side(tmp_path: Path) -> None:
    rows = [{"department": "D01", "accepted": 5, "completed": 4}, {"department": "D02", "accepted": 7}]
    columns = {"department": "department_code", "accepted": "online_accepted", "completed": "online_completed"}
    changes = {
        "measures": ["online_accepted", "online_completed"],
        "columns": columns,
        "constants": {"hall_code": "510000"},
    }
    # What isn't said isn't zero: the suite refuses the row without a count.
    assert _asked(tmp_path / "hall", rows, **changes) == [
        ("D01", None, "online_accepted", 5),
        ("D02", None, "online_accepted", 7),
        ("D01", None, "online_completed", 4),
        ("D02", None, "online_completed", None),
    ]


def test_a_value_means_what_the_table_says_of_the_day(tmp_path: Path) -> None:
    path = tmp_path / "values.csv"
    path.write_text(_TABLE, encoding="utf-8")
    rows: list[Mapping[str, Any]] = [{"d": "公安窗口"}, {"d": None}]
    columns = {"d": "department_code"}
    meant = [
        ValueMap(path).on(day).bring(rows, columns, "x", [2, 3]) for day in (dt.date(2025, 3, 12), dt.date(2025, 3, 13))
    ]
    assert meant == [[{"d": "D06"}, {"d": None}], [{"d": "D07"}, {"d": None}]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (_TABLE.replace("2025-03-13", "2025-03-12"), "line 3: 公安窗口 is also in line 2, and their days overlap"),
        (
            _TABLE.replace("department_code,公安窗口", "stat_date,公安窗口"),
            "line 3: column is 'stat_date'; allowed are ",
        ),
        (_TABLE.replace(",李", ","), "line 3: reviewed_by is blank"),
        (_HEADER, "has no line below its header"),
    ],
)
def test_a_table_that_isnt_clear_is_refused_by_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "values.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        ValueMap(path)
    assert f"{path} {says}" in str(caught.value)
