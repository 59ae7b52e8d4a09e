"""The count of a month's extracts: of one site, all days of a flow, the last answered day of a stock."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.certificates.recount import (
    AnsweredExtract,
    RecountError,
    counted_rows,
    recount,
    recount_problems,
    summed_rows,
)

Rows = Sequence[tuple[str, str, int]]


def answered(folder: Path, system: str, day: str, rows: Rows) -> AnsweredExtract:
    """A day's file of rows: site, measure, count."""
    sites, measures, counts = zip(*rows, strict=True)
    path = folder / f"{system} {day}.parquet"
    pq.write_table(pa.table({"hall_code": sites, "measure": measures, "count": counts}), path)
    return AnsweredExtract(system, day, path, sites=sorted(set(sites)))


def of(site: str, extracts: Sequence[AnsweredExtract], closing: Collection[str] = ()) -> dict[str, int]:
    """What one site has of each measure."""
    return {measure: total for (its, measure), total in recount(extracts, closing=closing).items() if its == site}


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
    assert of("510000", extracts, closing={"open", "pending"}) == {
        "open": 9,
        "issued": 3,
        "pending": 3,
        "accepted": 2**63,
    }
    assert of("510100", extracts) == {"open": 90}
    assert of("510199", extracts) == {}


def test_a_stock_that_systems_answer_in_turn_is_of_the_last_of_them(tmp_path: Path) -> None:
    """Of the site; also when the last has no row of it left, but says that it counts it."""
    before = answered(tmp_path, "before", "2025-03-14", [("510000", "open", 7), ("510000", "pending", 3)])
    after = replace(
        answered(tmp_path, "after", "2025-03-31", [("510000", "open", 5), ("510100", "open", 50)]),
        measures=("open", "pending"),
    )
    elsewhere = replace(answered(tmp_path, "there", "2025-03-31", [("510199", "open", 1)]), measures=("open",))
    earlier = [before, elsewhere]
    assert of("510000", [*earlier, after], closing={"open", "pending"}) == {"open": 5}
    assert of("510000", earlier, closing={"open", "pending"}) == {"open": 7, "pending": 3}


def test_a_stock_is_of_the_last_day_on_which_its_own_site_is_in(tmp_path: Path) -> None:
    """One site is closed on the last day, and another is open and has none left."""
    first = [("510000", "open", 7), ("510100", "open", 5), ("510300", "open", 2)]
    before = replace(answered(tmp_path, "window", "2025-03-30", first), measures=("open",))
    last = replace(
        answered(tmp_path, "window", "2025-03-31", [("510000", "open", 8)]),
        measures=("open",),
        sites=("510000", "510300"),
    )
    assert recount([before, last], closing={"open"}) == {("510000", "open"): 8, ("510100", "open"): 5}


@pytest.mark.parametrize("sites", [(), ("510100",)])
def test_sums_are_those_of_the_rows_that_count(tmp_path: Path, sites: Sequence[str]) -> None:
    """By every column: of flows of all days, of a stock of the last answer of its site alone."""
    keys = ("path", "hall_code", "department_code", "item_code", "measure")
    extracts = []
    for day in ("2025-03-29", "2025-03-30", "2025-03-31"):
        in_on_the_day = ("510000",) if day.endswith("31") else ("510000", "510100")
        rows = [
            {
                "hall_code": site,
                "department_code": department,
                "item_code": item,
                "measure": measure,
                "count": 2**number,
            }
            for number, (site, department, item, measure) in enumerate(
                (site, department, item, measure)
                for site in in_on_the_day
                for department in ("D01", "D02")
                for item in ("I1", None)
                for measure in ("accepted", "open")
            )
        ]
        path = tmp_path / f"{day}.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path)
        extracts.append(AnsweredExtract("window", day, path, ("accepted", "open"), in_on_the_day))
    rows_that_count = f'select {", ".join(keys)}, "count" from counted'
    one_by_one = list(counted_rows(rows_that_count, extracts, {"open"}, sites))
    for column in keys:
        expected = Counter[tuple[str, str]]()
        for *values, count in one_by_one:
            row = dict(zip(keys, values, strict=True))
            expected[row[column], row["measure"]] += count
        asked = f'select {column}, measure, sum("count") from counted group by all'
        summed = {
            (value, measure): total for value, measure, total in summed_rows(asked, [column], extracts, {"open"}, sites)
        }
        assert summed == expected
    stocks = {(row[0], row[1]) for row in one_by_one if row[4] == "open"}
    last = {"510000": extracts[2], "510100": extracts[1]}
    assert stocks == {(str(extract.path), site) for site, extract in last.items() if site in (sites or last)}


def test_no_extract_counts_nothing() -> None:
    assert recount([], closing=()) == {}


@pytest.mark.parametrize("content", [None, b"PAR1", b""])
def test_a_file_that_cannot_be_counted_is_named(extracts: list[AnsweredExtract], content: bytes | None) -> None:
    path = extracts[1].path
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecountError, match=r"the extracts can't be counted again: .*window 2025-03-30\.parquet"):
        recount(extracts, closing=())


def test_what_differs_is_told_by_metric() -> None:
    numbers = {"handled": (7, ["online", "window"]), "mailed": (1, ["mailed"]), "issued": (0, ["issued"])}
    assert recount_problems(numbers, {"online": 3, "window": 4, "mailed": 2}) == [
        "mailed is 1 in the published facts, and its extracts add up to 2"
    ]
