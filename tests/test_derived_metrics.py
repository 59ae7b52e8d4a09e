"""Ratios, means, shares, differences, sums to date, changes and rankings, from rows of data to sealed numbers."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path

import pytest

from reports.figures.months import days_of
from tests.derived_halls import ROWS, Counts, derive, derived, drop_months, exact, report
from tests.small_halls import SmallHall


def _begun(place: Path) -> SmallHall:
    hall = SmallHall.begun(place)
    # What departments have open is of no interest here.
    (hall.folder / "catalogue" / "stock_balances.csv").write_text("stock,measure,sign\n", encoding="utf-8")
    return hall


@pytest.fixture
def hall(tmp_path: Path) -> SmallHall:
    return _begun(tmp_path)


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallHall, dict[str, Counts]]:
    """A hall with every kind whose first three months are certified, and what was counted; who changes it copies it."""
    hall = _begun(tmp_path_factory.mktemp("certified"))
    derive(hall)
    sums = drop_months(hall, "2025-01", "2025-02", "2025-03")
    for month in sums:
        report(hall, month)
    return hall, sums


def test_every_kind_is_counted_from_sums_certified_and_verified(certified: tuple[SmallHall, dict[str, Counts]]) -> None:
    hall, sums = certified
    total = {
        month: {name: its["D1", name] + its["D2", name] for name in ("accepted", "completed")}
        for month, its in sums.items()
    }
    rate = {
        month: Fraction(100 * (its["accepted"] - its["completed"]), its["accepted"]) for month, its in total.items()
    }
    march, february = total["2025-03"], total["2025-02"]
    accepted, completed = (sum(its[name] for its in total.values()) for name in ("accepted", "completed"))
    found = exact(hall, "2025-03")
    assert {metric: found[metric] for metric in ROWS if metric in found} == {
        "completion_rate": rate["2025-03"],
        "accepted_less": march["accepted"] - march["completed"],
        "completed_each": Fraction(march["completed"], march["accepted"]),
        "completed_share": Fraction(1000 * march["completed"], march["accepted"]),
        "accepted_daily": Fraction(march["accepted"], 21),
        "accepted_to_date": accepted,
        "completion_to_date": Fraction(100 * (accepted - completed), accepted),
        "accepted_growth": Fraction(100 * (march["accepted"] - february["accepted"]), february["accepted"]),
        "rate_change": rate["2025-03"] - rate["2025-02"],
    }
    told = derived(hall, "2025-03")
    assert told["open_yearly"] == {
        "metric": "open_yearly",
        "name": "open_yearly",
        "kind": "change",
        "without_value": "not_certified",
        "because_of": "2024-03",
    }
    (first,) = told["busiest"]["ranking"]
    assert (first["code"], first["name"], Fraction(first["exact"])) == (
        "D1",
        "市场科",
        Fraction(sums["2025-03"]["D1", "accepted"]),
    )
    shares = {
        code: Fraction(1000 * sums["2025-03"][code, "completed"], sums["2025-03"][code, "accepted"])
        for code in ("D1", "D2")
    }
    assert [(row["place"], row["code"], Fraction(row["exact"])) for row in told["by_rate"]["ranking"]] == [
        (place, code, shares[code])
        for place, code in enumerate(sorted(shares, key=lambda code: -shares[code]), start=1)
    ]
    assert told["accepted_to_date"]["made_of"] == [
        {
            "role": "plus",
            "metric": "accepted",
            "month": month,
            "revision": revision,
            "value": str(total[month]["accepted"]),
        }
        for month, revision in (("2025-01", 1), ("2025-02", 1), ("2025-03", 0))
    ]
    proof = hall.run("verify", "--recount")
    assert proof.exit_code == 0, proof.output
    rebuilt = hall.run("rebuild", "2025-03")
    assert rebuilt.exit_code == 0, rebuilt.output


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"a": "ratio,accepted,lost,,,,,,,,,%"}, "a version 1 is made of lost, which no table of metrics has"),
        ({"accepted": "ratio,completed,open,,,,,,,,,%"}, "accepted version 1 has the name of a metric of metrics.csv"),
        ({"a": "to_date,b,,,,,,,,,,件", "b": "to_date,a,,,,,,,,,,件"}, "a version 1 rests on itself"),
        (
            {"a": "ratio,completed,accepted,,,,,,,,,%", "b": "ratio,a,accepted,,,,,,,,,%"},
            "b version 1 is a ratio of a, a ratio, of which there is none",
        ),
        ({"a": "to_date,open,,,,,,,,,,件"}, "a version 1 sums open over days or months, a stock or a distinct number"),
        (
            {"a": "daily_mean,accepted,,,working,,,,,,,人"},
            "a version 1 is in 人, and a daily_mean of accepted is in 件",
        ),
        ({"a": "change,accepted,,,,,year_before,,,,,百分点"}, "in 百分点, and a change of accepted is in % or ‰ or 件"),
        ({"a": "ratio,accepted,,,,,,,,,,%"}, "line 2: Value error, a ratio needs other_metric"),
        ({"a": "mean,accepted,open,,working,,,,,,,件"}, "line 2: Value error, a mean takes no days"),
        ({"a": "top_n,accepted,,,,,,,department,,,件"}, "line 2: Value error, a top_n needs top"),
        (
            {"a": "to_date,accepted,,,,02-29,,,,,,件"},
            "line 2: column year_begins: Value error, 02-29 is no month: a year begins with a month",
        ),
        ({"a": "to_date,accepted,,,,13,,,,,,件"}, "line 2: column year_begins: Value error, 13 is no month"),
        ({"a": "rank,accepted,,,,,,,town,,,件"}, "line 2: column ranked_by: Input should be 'department', 'site' or"),
    ],
)
def test_check_hall_says_what_is_wrong_with_a_definition(hall: SmallHall, rows: dict[str, str], message: str) -> None:
    derive(hall, **rows)
    checked = hall.run("check-hall", str(hall.folder))
    assert checked.exit_code == 1, checked.output
    assert message in " ".join(checked.output.split())


def test_a_definition_speaks_of_no_month_before_it_and_of_no_time_without_its_parts(hall: SmallHall) -> None:
    derive(hall)
    hall.edit("catalogue/metrics.csv", ("half_up,2025-01-01,\ncompleted", "half_up,2025-02-01,\ncompleted"))
    assert "accepted_less version 1 is made of accepted, which has no definition from 2025-01-01 to 2025-01-31" in (
        " ".join(hall.run("check-hall", str(hall.folder)).output.split())
    )


def test_a_month_that_was_not_certified_leaves_its_sum_to_date_out_until_it_is(hall: SmallHall) -> None:
    derive(hall)
    drop_months(hall, "2025-01", "2025-02")
    report(hall, "2025-02")
    told = derived(hall, "2025-02")["accepted_to_date"]
    assert (told["without_value"], told["because_of"]) == ("not_certified", "2025-01")
    assert "accepted_to_date" not in exact(hall, "2025-02")
    report(hall, "2025-01")
    assert hall.run("verify", "--recount").exit_code == 0, "what came later changes nothing that is certified"


def test_nothing_is_divided_by_zero(hall: SmallHall) -> None:
    derive(hall)
    for month in ("2025-01", "2025-02"):
        for day in days_of(month):
            hall.drop(day, {code: {"accepted": 0, "completed": 0} for code in ("D1", "D2")})
        report(hall, month)
    without = {
        name: told["without_value"] for name, told in derived(hall, "2025-02").items() if "without_value" in told
    }
    assert without == {
        **dict.fromkeys(("completion_rate", "completed_each", "completed_share", "completion_to_date"), "zero_base"),
        **dict.fromkeys(("accepted_growth", "rate_change"), "zero_base"),
        "open_yearly": "not_certified",
    }
    assert [row["place"] for row in derived(hall, "2025-02")["busiest"]["ranking"]] == [1, 1], "ties share a place"
    assert derived(hall, "2025-02")["by_rate"]["ranking"] == [], "who has no rate has no place"


@pytest.mark.parametrize("ranked", [{}, {"c": "rank,a,,,,,,,department,,,件"}])
def test_what_rests_on_itself_is_refused_whoever_asked_check_hall(hall: SmallHall, ranked: dict[str, str]) -> None:
    derive(hall, a="to_date,b,,,,,,,,,,件", b="to_date,a,,,,,,,,,,件", **ranked)
    drop_months(hall, "2025-01")
    refused = hall.run("report", "2025-01")
    assert refused.exit_code == 1
    assert "rests on itself" in refused.output
    assert "Traceback" not in refused.output


def test_more_than_its_whole_is_refused(hall: SmallHall) -> None:
    derive(hall, share=ROWS["completed_share"])
    for day in days_of("2025-01"):
        hall.drop(day, ("D1", "D2"), accepted=1, completed=2)
    refused = hall.run("report", "2025-01")
    assert refused.exit_code == 1
    assert "share: 124 of 62 in 2025-01, though completed is said to be a part of accepted" in refused.output
    assert "Traceback" not in refused.output


def test_what_rests_on_a_month_that_was_revised_is_told_and_revised(
    certified: tuple[SmallHall, dict[str, Counts]], tmp_path: Path
) -> None:
    hall = certified[0].copy(tmp_path / "copy")
    before = {month: exact(hall, month) for month in ("2025-02", "2025-03")}
    corrected = dt.date(2025, 1, 20)
    hall.drop(corrected, ("D1", "D2"), accepted=1000, completed=500)
    assert hall.run("pull", str(corrected)).exit_code == 0
    revised = hall.run("revise", "2025-01", "--reason", "source_correction", "--note", "窗口更正")
    assert revised.exit_code == 0, revised.output
    told = {month: " ".join(hall.run("status", month).output.split()) for month in ("2025-02", "2025-03")}
    assert all(f"{month} is 待修订" in text for month, text in told.items()), told
    more = exact(hall, "2025-01")["accepted"] + before["2025-02"]["accepted"]
    assert f"accepted_to_date {before['2025-02']['accepted_to_date']} → {more}" in told["2025-02"]
    assert "accepted_growth" not in told["2025-02"], "a change as printed stays what it was printed against"
    revised = hall.run("revise", "2025-03", "--reason", "source_correction", "--note", "一月已修订")
    assert revised.exit_code == 0, revised.output
    assert exact(hall, "2025-03")["accepted_to_date"] == more + before["2025-03"]["accepted"]
    revisions = {term["month"]: term["revision"] for term in derived(hall, "2025-03")["accepted_to_date"]["made_of"]}
    assert revisions == {"2025-01": 2, "2025-02": 1, "2025-03": 0}
    proof = hall.run("verify", "--recount")
    assert proof.exit_code == 0, proof.output


def test_a_base_of_another_definition_is_none(hall: SmallHall) -> None:
    derive(hall)
    drop_months(hall, "2025-01", "2025-02")
    report(hall, "2025-01")
    second = "accepted,2,受理,当月受理的办件数（新口径）,办件被受理,办件编号,,件,件,1,0,half_up,2025-02-01,"
    hall.edit(
        "catalogue/metrics.csv",
        ("half_up,2025-01-01,\ncompleted", f"half_up,2025-01-01,2025-01-31\n{second}\ncompleted"),
    )
    hall.edit("catalogue/metric_measures.csv", ("accepted,1,accepted\n", "accepted,1,accepted\naccepted,2,accepted\n"))
    report(hall, "2025-02")
    without = {name: told.get("without_value") for name, told in derived(hall, "2025-02").items()}
    assert {without[name] for name in ("accepted_to_date", "accepted_growth", "rate_change")} == {"redefined"}
    assert without["completed_each"] is None
