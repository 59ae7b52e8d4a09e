"""Verdicts on frames become findings by rule: which days and sites, how many rows, and a few to look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import pytest

from expectations.findings import Finding, Frames, Verdict, faults_of
from expectations.rules import Clause, FrameName, Rule

RULE = Rule("count_is_whole", "error", "Counts are whole.", "Ask.")
ONE, OTHER = dt.date(2025, 3, 11), dt.date(2025, 3, 12)
NEVER_ASKED = dt.date(2025, 3, 20)


def frame(*rows: tuple[object, str, object]) -> pd.DataFrame:
    """A frame of counts: the day and site that were asked, and the count; the index begins at 10."""
    columns = ["asked_date", "asked_hall", "count"]
    made = pd.DataFrame(list(rows), columns=columns, dtype=object, index=range(10, 10 + len(rows)))
    return made.assign(origin=[f"a file row {number}" for number in made.index])


def failed(
    rows: Sequence[int] | None, problem: str = "", on: FrameName = "counts", shows: tuple[str, ...] = ("count",)
) -> Verdict:
    """What Great Expectations said of a clause of the rule that doesn't hold."""
    clause = Clause(RULE.name, on, "ExpectWhole", {}, shows)
    return Verdict(clause, passed=False, rows=None if rows is None else tuple(rows), problem=problem)


def finding(
    rule: Rule, verdicts: Sequence[Verdict], frames: Frames, day: dt.date | None = None, site: str | None = None
) -> Finding:
    return faults_of(rule, verdicts, frames).finding(day, site)


ROWS = frame((str(OTHER), "a", 1), (str(ONE), "a", 2), (str(ONE), "b", 3), (str(ONE), "a", 4), (str(OTHER), "b", 5))
FRAMES: Frames = {"counts": ROWS, "totals": frame((str(NEVER_ASKED), "a", 9)).drop(columns="origin")}


def test_a_rule_holds_where_each_of_its_clauses_does() -> None:
    held = Verdict(Clause(RULE.name, "counts", "ExpectWhole", {}), passed=True)
    others = Verdict(Clause("key_is_unique", "counts", "ExpectUnique", {}), passed=False, rows=(10,))
    found = finding(RULE, [held, others], FRAMES)
    assert found == Finding(RULE, passed=True)
    assert (found.failing_count, found.failing_days, found.samples, found.whole_frame) == (0, (), (), False)
    assert not finding(RULE, [held, failed([10])], FRAMES).passed


def test_a_verdict_that_failed_without_naming_a_row_has_failed() -> None:
    assert not finding(RULE, [failed([])], FRAMES).passed


def test_rows_at_fault_are_counted_once_and_fail_their_own_days_and_sites() -> None:
    found = finding(RULE, [failed([10, 12]), failed([12, 13])], FRAMES)
    assert (found.passed, found.failing_count, found.whole_frame) == (False, 3, False)
    assert found.failing_days == (ONE, OTHER)
    assert found.failing_answers == {(OTHER, "a"), (ONE, "b"), (ONE, "a")}
    assert not found.fails_on(NEVER_ASKED)
    assert found.fails_on(OTHER)
    assert found.fails_on(OTHER, "a")
    assert not found.fails_on(OTHER, "b")
    assert not Finding(RULE, passed=True, whole_frame=True, failing_days=(ONE,)).fails_on(ONE)


def test_rows_of_both_frames_are_rows_of_their_own() -> None:
    assert finding(RULE, [failed([10]), failed([10], on="totals")], FRAMES).failing_count == 2


@pytest.mark.parametrize(
    ("day", "site", "rows"),
    [(None, None, [1, 2, 3, 5]), (ONE, None, [2, 3]), (ONE, "a", [2]), (OTHER, "b", [5])],
)
def test_a_finding_is_narrowed_to_a_day_and_a_site(day: dt.date | None, site: str | None, rows: list[int]) -> None:
    found = finding(RULE, [failed([10, 11, 12, 14])], FRAMES, day, site)
    assert found.failing_count == len(rows)
    assert {sample.rpartition(" ")[2] for sample in found.samples} == {str(count) for count in rows}
    assert day is None or found.failing_days == (day,)


def test_samples_are_five_at_most_and_one_of_each_day_before_a_second() -> None:
    counts = frame(
        *[(str(ONE), "a", number) for number in range(4)], *[(str(OTHER), "a", 10 + number) for number in range(4)]
    )
    found = finding(RULE, [failed(counts.index.tolist())], {"counts": counts})
    assert [sample.rpartition(" ")[2] for sample in found.samples] == ["0", "10", "1", "11", "2"]
    assert found.failing_count == 8


def test_a_sample_names_day_place_and_the_values_that_explain() -> None:
    (sample,) = finding(RULE, [failed([11], shows=("count", "asked_hall", "gone"))], FRAMES).samples
    assert sample == "2025-03-11, a file row 11: count = 2, asked_hall = 'a'"
    totals = FRAMES["totals"].assign(measure="online_accepted")
    (sample,) = finding(RULE, [failed([10], on="totals")], {"totals": totals}).samples
    assert sample == "2025-03-20, online_accepted: count = 9"


@pytest.mark.parametrize(("length", "shown"), [(98, f"'{'x' * 98}'"), (99, f"'{'x' * 99}…")])
def test_a_long_value_is_cut_after_a_hundred_characters(length: int, shown: str) -> None:
    (sample,) = finding(RULE, [failed([10])], {"counts": frame((str(ONE), "a", "x" * length))}).samples
    assert sample == f"2025-03-11, a file row 10: count = {shown}"


@pytest.mark.parametrize(("length", "shown"), [(492, "y" * 492), (493, f"{'y' * 492}…")])
def test_a_fault_of_the_frame_holds_for_every_day_and_is_one(length: int, shown: str) -> None:
    found = finding(RULE, [failed(None, "y" * length)], FRAMES)
    assert (found.failing_count, found.whole_frame, found.failing_answers) == (1, True, frozenset())
    assert found.samples == (f"counts: {shown}",)
    assert found.failing_days == (ONE, OTHER, NEVER_ASKED)
    assert found.fails_on(dt.date(2020, 1, 1), "c")
    narrowed = finding(RULE, [failed(None, "a\nproblem")], FRAMES, OTHER, "a")
    assert (narrowed.failing_days, narrowed.samples) == ((OTHER,), ("counts: a problem",))


@pytest.mark.parametrize("asked", [None, 20250311])
def test_a_row_of_no_known_day_is_a_fault_of_the_frame(asked: object) -> None:
    counts = frame((asked, "a", 1), (str(ONE), "a", 2))
    found = finding(RULE, [failed([10, 11])], {"counts": counts}, ONE, "b")
    assert (found.whole_frame, found.failing_days, found.failing_count) == (True, (ONE,), 1)
    assert finding(RULE, [failed([10, 11])], {"counts": counts}).whole_frame
    assert finding(RULE, [failed([10])], {"counts": counts}).failing_days == (ONE,)


def test_a_frame_without_days_or_sites_is_judged_as_far_as_it_goes() -> None:
    no_day, no_site = ROWS.drop(columns="asked_date"), ROWS.drop(columns="asked_hall")
    assert finding(RULE, [failed([10])], {"counts": no_day}).whole_frame
    found = finding(RULE, [failed([10])], {"counts": no_site})
    assert (found.failing_days, found.failing_answers) == ((OTHER,), frozenset({(OTHER, None)}))
