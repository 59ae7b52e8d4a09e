"""The rows that decide: the suite says of them what it says of all, for every rule and whatever is wrong."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest

from expectations import representatives
from expectations.representatives import representative_rows
from expectations.rules import CLAUSES, Clause
from expectations.validation import Validation, validate, validate_answers
from orchestration.landing.asked_counts import AnswerKey, AskedCounts, asked_counts
from orchestration.sources.contract import Answer
from tests.counts import counts_of
from tests.test_expectations import DAYS, FAULTS, VOCABULARY, Change, Row, frames, good_rows

SITES = ("510000", "510100")
# What may stand in each column of a row; the first is right, and is the likeliest.
_VALUES: dict[str, list[object]] = {
    "stat_date": ["", "2025-03-11", "三月", None, 20250312],
    "hall_code": ["", "510100", "510199", None, " 510000", 510000],
    "department_code": ["D01", "D02", "D00", "D99", None, 7],
    "item_code": [None, "D01-003", "D01-004", "", "13800138000", 12],
    "measure": ["online_accepted", "online_completed", "parcels_mailed", None],
    "count": [10, 0, 5, 10_000_000, -1, 10_000_001, 13_800_138_000, 2**70, None, "十", 1.5, True],
    "origin": ["page 1", "张三 51010119900307123X.xlsx"],
}
# One fault of each rule; the random answers hold the others.
_ONE_OF_EACH = {name: (name, change, fragment) for name, change, fragment in reversed(FAULTS)}.values()


def _asked(rows: Iterable[Row]) -> AskedCounts:
    by_answer: dict[AnswerKey, list[Row]] = {}
    for row in rows:
        by_answer.setdefault((row["asked_date"], row["asked_hall"]), []).append(row)
    return asked_counts({key: Answer(key[0], counts_of(told)) for key, told in by_answer.items()})


def _both(asked: AskedCounts, totals: list[Row]) -> tuple[Validation, Validation]:
    """What the suite says of all rows, and of those that decide."""
    summed = frames([], totals)[1]
    whole = validate(asked.frame(np.arange(len(asked.counts))), summed, VOCABULARY)
    return whole, validate_answers(asked, totals, VOCABULARY)


def _assert_same(whole: Validation, decided: Validation, asked: AskedCounts) -> None:
    assert decided.findings == whole.findings
    for day, site in asked.asked:
        assert decided.failures_on(day, site) == whole.failures_on(day, site)
        assert decided.outcome_on(day, site) == whole.outcome_on(day, site)


@pytest.mark.parametrize(("name", "change", "fragment"), _ONE_OF_EACH)
def test_each_fault_is_found_as_among_all_rows(name: str, change: Change, fragment: str) -> None:
    counts, totals = good_rows()
    change(counts, totals)
    asked = _asked(counts)
    whole, decided = _both(asked, totals)
    assert name in {finding.rule.name for finding in decided.findings if not finding.passed}
    assert any(fragment in sample for finding in decided.findings for sample in finding.samples)
    _assert_same(whole, decided, asked)


def _random_rows(chance: random.Random) -> list[Row]:
    """Six answers of which some hold faults, and some the same row twice."""
    rows: list[Row] = []
    right = chance.random() < 0.3
    for day, site in product(DAYS, SITES):
        rarely = 0.0 if right else chance.choice([0.0, 0.02, 0.2])
        for number in range(chance.randint(1, 30)):
            row: Row = {"asked_date": day, "asked_hall": site}
            for column, values in _VALUES.items():
                row[column] = chance.choice(values) if chance.random() < rarely else values[0]
            row["stat_date"] = row["stat_date"] or day.isoformat()
            row["hall_code"] = row["hall_code"] or site
            row["item_code"] = row["item_code"] or f"D01-{number:03d}"
            rows.append(row)
        rows += [dict(row) for row in rows[-1:] if chance.random() < rarely]
    return rows


def _compare(seed: int) -> int:
    """How many rules failed of random answers, of which both ways say the same."""
    rows = _random_rows(random.Random(seed))
    asked = _asked(rows)
    counted = {"measure": "online_accepted", "counted": 40, "declared": 40, "usual": 42}
    totals = [{"asked_date": day, "asked_hall": site, **counted} for day, site in asked.asked]
    whole, decided = _both(asked, totals)
    _assert_same(whole, decided, asked)
    return sum(not finding.passed for finding in whole.findings)


def test_random_answers_are_judged_as_all_their_rows_are() -> None:
    failed = [_compare(seed) for seed in range(20250402, 20250412)]
    assert {0, 3} <= {min(number, 3) for number in failed}, "some are good, and some are wrong in many ways"


@pytest.mark.proof
def test_many_random_answers_are_judged_as_all_their_rows_are() -> None:
    failed = [_compare(seed) for seed in range(1000)]
    assert set(range(1, 8)) <= set(failed)


def test_alike_rows_are_represented_by_few() -> None:
    rows = [
        {**row, "department_code": f"D0{number % 3}", "item_code": f"I{number}"}
        for number in range(3000)
        for row in good_rows(DAYS[:1])[0][:1]
    ]
    asked = _asked(rows)
    few = representative_rows(asked.codes)
    assert len(few) == 3000, "every item is another one, and might be somebody's number"
    alike = asked.codes.assign(item_code=-1, department_code=0, count=7)
    assert len(representative_rows(alike.drop_duplicates())) == 1
    assert len(representative_rows(alike)) == 3000, "they repeat one key"


def test_a_rule_of_an_unknown_kind_sees_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = _asked({**row, "origin": "page 1"} for row in good_rows()[0]).codes
    assert len(representative_rows(codes)) < len(codes)
    unknown = Clause("key_is_unique", "counts", "ExpectColumnMedianToBeBetween", {"column": "count"})
    monkeypatch.setattr(representatives, "CLAUSES", (*CLAUSES, unknown))
    assert len(representative_rows(codes)) == len(codes)
