"""The count of a month's extracts: of one site, all days of a flow, the last answered day of a stock."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.certificates.recount import AnsweredExtract, RecountError, recount, recount_problems

Rows = Sequence[tuple[str, str, int]]


def answered(folder: Path, system: str, day: str, rows: Rows) -> AnsweredExtract:
    """A day's file of rows: site, measure, count."""
    sites, measures, counts = zip(*rows, strict=True)
    path = folder / f"{system} {day}.parquet"
    pq.write_table(pa.table({"hall_code": sites, "measure": measures, "count": counts}), path)
    return AnsweredExtract(system, day, path)


@pytest.fixture
def extracts(tmp_path: Path) -> list[AnsweredExtract]:
    """Two systems, of which one answers for two sites and last on the 30th; both have an `open` stock."""
    return [
        answered(tmp_path, "window", "2025-03-29", [("510000", "open", 7), ("510000", "issued", 1)]),
        answered(
            tmp_path,
            "window",
            "2025-03-30",
            [("510000", "open", 5), ("510000", "open", 4), ("510100", "open", 90), ("510000", "issued", 2)],
        ),
        answered(tmp_path, "platform", "2025-03-31", [("510000", "pending", 3), ("510000", "accepted", 2**62)]),
        answered(tmp_path, "platform", "2025-03-30", [("510000", "pending", 8), ("510000", "accepted", 2**62)]),
    ]


def test_a_flow_sums_all_days_and_a_stock_is_of_its_systems_last_answered_day(
    extracts: list[AnsweredExtract],
) -> None:
    assert recount(extracts, site="510000", closing={"open", "pending"}) == {
        "open": 9,
        "issued": 3,
        "pending": 3,
        "accepted": 2**63,
    }
    assert recount(extracts, site="510100", closing=()) == {"open": 90}
    assert recount(extracts, site="510199", closing=()) == {}


def test_a_stock_that_systems_answer_in_turn_is_of_the_last_of_them(tmp_path: Path) -> None:
    """Of the site; also when the last has no row of it left, but says that it counts it."""
    before = answered(tmp_path, "before", "2025-03-14", [("510000", "open", 7), ("510000", "pending", 3)])
    after = replace(
        answered(tmp_path, "after", "2025-03-31", [("510000", "open", 5), ("510100", "open", 50)]),
        measures=("open", "pending"),
    )
    elsewhere = replace(answered(tmp_path, "there", "2025-03-31", [("510199", "open", 1)]), measures=("open",))
    earlier = [before, elsewhere]
    assert recount([*earlier, after], site="510000", closing={"open", "pending"}) == {"open": 5}
    assert recount(earlier, site="510000", closing={"open", "pending"}) == {"open": 7, "pending": 3}


def test_no_extract_counts_nothing() -> None:
    assert recount([], site="510000", closing=()) == {}


@pytest.mark.parametrize("content", [None, b"PAR1", b""])
def test_a_file_that_cannot_be_counted_is_named(extracts: list[AnsweredExtract], content: bytes | None) -> None:
    path = extracts[1].path
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecountError, match=r"the extracts can't be counted again: .*window 2025-03-30\.parquet"):
        recount(extracts, site="510000", closing=())


def test_what_differs_is_told_by_metric() -> None:
    numbers = {"handled": (7, ["online", "window"]), "mailed": (1, ["mailed"]), "issued": (0, ["issued"])}
    assert recount_problems(numbers, {"online": 3, "window": 4, "mailed": 2}) == [
        "mailed is 1 in the published facts, and its extracts add up to 2"
    ]
