"""Stocks that many measures add to and take from, by the command line on a small hall."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.small_halls import SmallHall

MONTH = "2025-01"


@pytest.fixture
def hall(tmp_path: Path) -> SmallHall:
    begun = SmallHall.begun(tmp_path)
    begun.drop_month(MONTH)
    return begun


def test_a_day_that_one_outflow_does_not_explain_is_named(hall: SmallHall) -> None:
    hall.drop(dt.date(2025, 1, 20), ["D1", "D2"], withdrawn=3)
    reported = hall.run("report", MONTH)
    assert reported.exit_code == 1
    assert "fct_daily_counts_stocks_balance" in reported.output
    assert "2025-01-20" in reported.output


def test_a_second_outflow_is_a_row_more_and_months_certified_before_it_stand(hall: SmallHall) -> None:
    """January has a table of the earlier form, in force as evidence after the folder has gone on."""
    flows = hall.folder / "catalogue" / "stock_balances.csv"
    of_today = flows.read_text(encoding="utf-8")
    flows.write_text("stock,inflow,outflow\nopen,accepted,completed\n", encoding="utf-8")
    hall.drop_month(MONTH, completed=3, withdrawn=0)
    reported = hall.run("report", MONTH)
    assert reported.exit_code == 0, reported.output

    flows.write_text(of_today, encoding="utf-8")
    hall.drop_month("2025-02")
    reported = hall.run("report", "2025-02")

    assert reported.exit_code == 0, reported.output
    assert hall.numbers("2025-02")["completed"] == 2 * 2 * 28
    rebuilt = hall.run("rebuild", MONTH)
    assert "is reproduced to the byte" in rebuilt.output
    hall.drop(dt.date(2025, 1, 20), ["D1", "D2"], accepted=6, completed=4, withdrawn=0)
    assert hall.run("pull", "2025-01-20").exit_code == 0
    revised = hall.run("revise", MONTH, "--reason", "late_data", "--note", "补报")
    assert revised.exit_code == 0, revised.output
    numbers = hall.numbers(MONTH)
    assert (numbers["accepted"], numbers["completed"]) == (2 * (5 * 31 + 1), 2 * (3 * 31 + 1))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("open,withdrawn,-1", "open,withdrawn,out", "line 4: column sign: Input should be 1 or -1"),
        ("open,withdrawn,-1", "open,recalled,-1", "column measure: recalled isn't in catalogue/measures.csv"),
        ("open,withdrawn,-1", "open,completed,-1", "stock_balances.csv: open names completed twice"),
        ("open,withdrawn,-1", "completed,open,1", "stock_balances.csv: completed isn't a `stock`"),
    ],
)
def test_check_hall_names_a_flow_that_cannot_be(hall: SmallHall, old: str, new: str, problem: str) -> None:
    hall.edit("catalogue/stock_balances.csv", (old, new))
    checked = hall.run("check-hall", str(hall.folder), "--day", "2025-01-10")
    assert checked.exit_code == 1, checked.output
    assert problem in checked.output
