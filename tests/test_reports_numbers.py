"""Numbers from published Parquet files, with the demo hall's catalogue; whatever isn't there is named."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.figures.months import days_of, first_day
from reports.figures.numbers import MonthlyNumber, NumbersError, read_numbers

CATALOGUE = Path(__file__).parents[1] / "orchestration" / "demo" / "hall" / "catalogue"
HALL = "510000"
EXACT = {
    "items_handled": 56_013,
    "online_accepted": 54_213,
    "online_completed": 51_187,
    "comprehensive_window_accepted": 206,
    "documents_issued": 2_317,
    "parcels_mailed": 893,
    "phone_consultations": 1_187,
    "onsite_consultations": 5_515,
    "department_window_accepted": 1_594,
    "ratings_all": 6_722,
    "ratings_content": 6_641,
    "queue_calls": 2_846,
    "waiting_seconds": 1_175_988,
}
Row = dict[str, Any]


def table(name: str) -> list[dict[str, str]]:
    with (CATALOGUE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def catalogue() -> list[Row]:
    measures, parts = table("metric_measures.csv"), table("metric_parts.csv")
    return [
        {
            **row,
            "version": int(row["version"]),
            "display_divisor": int(row["display_divisor"]),
            "display_decimals": int(row["display_decimals"]),
            "valid_from": date.fromisoformat(row["valid_from"]),
            "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            "measures": "+".join(one["measure"] for one in measures if one["metric"] == row["metric"]),
            "parts": "+".join(one["part"] for one in parts if one["metric"] == row["metric"]),
        }
        for row in table("metrics.csv")
    ]


def facts(month: date = date(2025, 3, 1), hall: str = HALL) -> list[Row]:
    return [
        {"month_start": month, "hall_code": hall, "metric": metric, "metric_version": 1, "exact_value": exact}
        for metric, exact in EXACT.items()
    ]


FACT_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("month_start", pa.date32()),
    pa.field("hall_code", pa.string()),
    pa.field("metric", pa.string()),
    pa.field("metric_version", pa.int64()),
    pa.field("exact_value", pa.int64()),
]
FACT_SCHEMA = pa.schema(FACT_FIELDS)


def publish(folder: Path, fact_rows: list[Row], metric_rows: list[Row]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(fact_rows, schema=FACT_SCHEMA), folder / "fct_monthly_metrics.parquet")
    pq.write_table(pa.Table.from_pylist(metric_rows), folder / "dim_metric.parquet")
    return folder


def read(folder: Path) -> dict[str, MonthlyNumber]:
    return read_numbers(folder, month="2025-03", hall_code=HALL)


def test_reads_every_metric_with_its_definition(tmp_path: Path) -> None:
    strangers = [*facts(date(2025, 2, 1)), *facts(hall="510100")]
    numbers = read(publish(tmp_path, [*strangers, *facts()], catalogue()))
    assert [(metric, number.exact) for metric, number in numbers.items()] == sorted(EXACT.items())
    assert numbers["items_handled"].with_unit == "5.6 万件"
    assert numbers["items_handled"].exact_with_unit == "56013 件"
    assert numbers["items_handled"].in_units == 56_000
    assert (numbers["items_handled"].display_divisor, numbers["items_handled"].display_decimals) == (10_000, 2)
    assert numbers["items_handled"].parts == (
        "comprehensive_window_accepted",
        "department_window_accepted",
        "online_accepted",
    )
    assert numbers["items_handled"].measures == numbers["items_handled"].parts
    assert numbers["phone_consultations"].printed == "1187"
    assert numbers["phone_consultations"].measures == ("phone_consultations",)
    assert all(number.definition and number.version == "1" for number in numbers.values())


def test_lists_and_joined_texts_say_the_same(tmp_path: Path) -> None:
    joined = catalogue()
    lists = [
        {**row, **{key: row[key].split("+") if row[key] else [] for key in ("measures", "parts")}} for row in joined
    ]
    assert read(publish(tmp_path / "a", facts(), joined)) == read(publish(tmp_path / "b", facts(), lists))


def test_the_definition_of_the_month_is_taken(tmp_path: Path) -> None:
    metrics = catalogue()
    old = next(row for row in metrics if row["metric"] == "documents_issued")
    new = {**old, "version": 2, "valid_from": date(2025, 4, 1), "rounding": "half_even"}
    old["valid_to"] = date(2025, 3, 31)
    later = [{**row, "metric_version": 1 + (row["metric"] == "documents_issued")} for row in facts(date(2025, 4, 1))]
    folder = publish(tmp_path, [*facts(), *later], [*metrics, new])
    march = read(folder)["documents_issued"]
    april = read_numbers(folder, month="2025-04", hall_code=HALL)["documents_issued"]
    assert (march.version, march.rounding) == ("1", "half_up")
    assert (april.version, april.rounding) == ("2", "half_even")


def test_a_definition_holds_on_its_last_day(tmp_path: Path) -> None:
    metrics = [{**row, "valid_to": date(2025, 3, 1)} for row in catalogue()]
    assert read(publish(tmp_path, facts(), metrics)).keys() == EXACT.keys()


@pytest.mark.parametrize("metric", EXACT)
def test_an_absent_metric_is_named(tmp_path: Path, metric: str) -> None:
    rows = [row for row in facts() if row["metric"] != metric]
    with pytest.raises(NumbersError, match=rf"no value for {metric}; missing is not zero"):
        read(publish(tmp_path, rows, catalogue()))


@pytest.mark.parametrize("metric", EXACT)
def test_a_null_is_named(tmp_path: Path, metric: str) -> None:
    rows = [{**row, "exact_value": None} if row["metric"] == metric else row for row in facts()]
    with pytest.raises(NumbersError, match=rf"the value of {metric} is null"):
        read(publish(tmp_path, rows, catalogue()))


def changed(metric: str, /, **values: object) -> list[Row]:
    return [{**row, **values} if row["metric"] == metric else row for row in facts()]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            changed("parcels_mailed", exact_value=-1),
            "parcels_mailed is -1; a count isn't negative",
        ),
        (changed("parcels_mailed", metric_version=2), "parcels_mailed was computed by version 2"),
        (changed("parcels_mailed", metric="smoke_signals"), "doesn't know smoke_signals"),
        (
            [{**row, "metric": f"no_{row['metric']}"} for row in facts()[:2]],
            "know no_items_handled, no_online_accepted",
        ),
        (changed("items_handled", exact_value=1), "= 56013, but items_handled is 1"),
        ([*facts(), facts()[0]], "more than one row for items_handled"),
        ([], "no value for comprehensive_window_accepted, department_window_accepted"),
    ],
)
def test_unsound_facts_are_refused(tmp_path: Path, rows: list[Row], message: str) -> None:
    with pytest.raises(NumbersError, match=message):
        read(publish(tmp_path, rows, catalogue()))


@pytest.mark.parametrize(
    ("metric", "values", "message"),
    [
        ("parcels_mailed", {"measures": ""}, "parcels_mailed has neither a measure nor parts"),
        ("parcels_mailed", {"unit": "", "definition": None}, "parcels_mailed has no definition, unit"),
        ("parcels_mailed", {"rounding": "down"}, "parcels_mailed can't be printed: rounding rule"),
        ("parcels_mailed", {"metric": "online_accepted"}, "more than one row for online_accepted"),
        ("items_handled", {"parts": "online_accepted+ghost"}, "items_handled has the part ghost, which has no value"),
    ],
)
def test_an_unsound_catalogue_is_refused(tmp_path: Path, metric: str, values: Row, message: str) -> None:
    rows = [{**row, **values} if row["metric"] == metric else row for row in catalogue()]
    with pytest.raises(NumbersError, match=message):
        read(publish(tmp_path, facts(), rows))


def test_a_catalogue_without_valid_metrics_is_refused(tmp_path: Path) -> None:
    folder = publish(tmp_path, facts(), catalogue())
    with pytest.raises(NumbersError, match="no metric is valid on 2022-12-01"):
        read_numbers(folder, month="2022-12", hall_code=HALL)


@pytest.mark.parametrize("name", ["fct_monthly_metrics.parquet", "dim_metric.parquet"])
def test_an_absent_or_broken_file_is_named(tmp_path: Path, name: str) -> None:
    folder = publish(tmp_path, facts(), catalogue())
    (folder / name).write_bytes(b"PAR1")
    with pytest.raises(NumbersError, match=f"{name} can't be read as Parquet"):
        read(folder)
    (folder / name).unlink()
    with pytest.raises(NumbersError, match=f"{name} can't be read as Parquet"):
        read(folder)


def test_an_absent_column_is_named(tmp_path: Path) -> None:
    rows = catalogue()
    for row in rows:
        del row["parts"]
    with pytest.raises(NumbersError, match=r"dim_metric\.parquet has no column parts"):
        read(publish(tmp_path, facts(), rows))


def test_a_value_of_another_type_is_refused(tmp_path: Path) -> None:
    folder = publish(tmp_path, facts(), catalogue())
    path = folder / "fct_monthly_metrics.parquet"
    table = pq.read_table(path)
    position = table.column_names.index("exact_value")
    pq.write_table(table.set_column(position, "exact_value", table["exact_value"].cast(pa.float64())), path)
    with pytest.raises(NumbersError, match=r"can't be printed: exact must be an int, got float"):
        read(folder)


@pytest.mark.parametrize(
    "month", ["2025-3", "2025-13", "2025-00", "202503", "2025-03-01", "２０２５-03", "", "2025-03\n"]
)
def test_a_month_is_written_one_way(month: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        first_day(month)


def test_months_have_their_days() -> None:
    assert [len(days_of(f"2024-{month:02}")) for month in range(1, 13)] == [
        31,
        29,
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ]
    assert len(days_of("2025-02")) == 28
    assert days_of("2024-12")[-1] == date(2024, 12, 31)
