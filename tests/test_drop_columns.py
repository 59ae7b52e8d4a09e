"""Drop folders by their columns: reviewed tables of what they are called, and since when."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from orchestration.sources.contract import (
    CONTRACT,
    Request,
    RequestRefused,
)
from tests.drop_asking import CSV, WRITTEN, answer_of, counts_of, fault_of, source_of
from tests.drop_files import Hall, csv_of, local_hall

MAP_HEADER = "theirs,ours,valid_from,valid_to,reviewed_by\n"
MAP = f"""{MAP_HEADER}日期,stat_date,2023-01-01,,王
部门编码,department_code,2023-01-01,2025-03-31,王
部门,department_code,2025-04-01,,李
邮寄件数,count,2023-01-01,,王
"""


def _map(hall: Hall, text: str = MAP) -> str:
    (hall.folder / "map.csv").write_text(text, encoding="utf-8")
    return "map.csv"


def test_columns_are_called_as_the_reviewed_table_says_for_the_day(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of())
    later = dt.date(2025, 4, 1)
    hall.put("邮寄_2025-04-01.csv", csv_of([("日期", "部门", "邮寄件数"), (later, "D05", 3), ("合计", "", 3)]))
    source = source_of(hall, columns=None, column_map=_map(hall))
    assert counts_of(answer_of(source)) == WRITTEN
    assert counts_of(answer_of(source, Request(later, ("510000",)))) == [("D05", 3)]


def test_a_day_that_the_reviewed_table_doesnt_know_is_refused(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    source = source_of(hall, columns=None, column_map=_map(hall))
    fault = fault_of(source, Request(dt.date(2022, 12, 31), ("510000",)))
    assert (type(fault), fault.problem) == (
        RequestRefused,
        f"{hall.folder}/map.csv names no column for count, department_code on 2022-12-31",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            MAP.replace("2025-04-01", "2025-03-31"),
            "map.csv line 4: department_code is also named in line 3, and their days overlap",
        ),
        (
            MAP.replace("2025-04-01", "2025-04-02"),
            "map.csv line 4: department_code is unnamed between 2025-03-31 (line 3) and 2025-04-02",
        ),
        (MAP.replace("邮寄件数,", "日期,"), "map.csv line 5: 日期 is also named in line 2, and their days overlap"),
        (
            MAP.replace(",count,", ",counts,"),
            f"map.csv line 5: ours is 'counts'; allowed are {', '.join(CONTRACT)}, parcels_mailed",
        ),
        (MAP.replace("邮寄件数,count,2023-01-01,,王\n", ""), "map.csv names no column for count"),
        (MAP.replace(",count,", ",measure,"), "map.csv names no column for count"),
        (f"{MAP}x,measure,2023-01-01,,王\n", "map.csv line 6: measure is also one of constants; give it only once"),
        (MAP.replace(",,李", ",2025-03-01,李"), "map.csv line 4: valid_to is before valid_from"),
        (MAP.replace("2025-04-01", "1 April"), "map.csv line 4: '1 April' is no day; allowed is the form 2025-03-12"),
        (MAP.replace(",,李", ",,"), "map.csv line 4: reviewed_by is blank"),
        (MAP.replace("部门,", ","), "map.csv line 4: theirs is blank"),
        (MAP.replace(",,李", ",李"), "map.csv line 4 has 4 values; 5 are expected"),
        (MAP.replace("theirs", "their"), "map.csv line 1 must be theirs,ours,valid_from,valid_to,reviewed_by"),
        (MAP_HEADER, "map.csv has no line below its header"),
        (MAP + '"', "map.csv is no readable table in UTF-8 (Error)"),
    ],
)
def test_a_reviewed_table_that_isnt_clear_is_refused_by_file_and_line(tmp_path: Path, text: str, says: str) -> None:
    hall = local_hall(tmp_path / "hall")
    fault = fault_of(source_of(hall, columns=None, column_map=_map(hall, text)))
    assert (type(fault), fault.problem) == (RequestRefused, f"{hall.folder}/{says}")
