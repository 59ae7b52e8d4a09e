"""Every rule lets good answers through and names the day of a bad one; nothing personal is ever echoed."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.personal import mask_personal, mask_text
from expectations.rules import CLAUSES, COUNTS_COLUMNS, RULES, TOTALS_COLUMNS
from expectations.validation import Finding, Validation, Vocabulary, validate, write_docs
from expectations.vocabulary import MASK
from tests.test_rules import COUNT_CEILING

Row = dict[str, Any]
Change = Callable[[list[Row], list[Row]], object]

DAYS = tuple(date(2025, 3, 11) + timedelta(days=offset) for offset in range(3))
BAD_DAY = DAYS[1]
MEASURES = ("online_accepted", "online_completed")
VOCABULARY = Vocabulary(
    sites=frozenset({"510000", "510100"}), departments=frozenset({"D00", "D01", "D02"}), measures=frozenset(MEASURES)
)
# Numbers of nobody: the identity numbers' region codes or check digits don't exist, the telephone numbers
# are the well-known examples.
ID_18, ID_15, MOBILE, LANDLINE = "51010119900307123X", "510101900307123", "13800138000", "028-86651234"


def good_rows(days: tuple[date, ...] = DAYS) -> tuple[list[Row], list[Row]]:
    """Two departments and two measures by day, once with an item and once without; 10 in each row."""
    counts = [
        {
            "asked_date": day,
            "asked_hall": "510000",
            "stat_date": day.isoformat(),
            "hall_code": "510000",
            "department_code": department,
            "item_code": item,
            "measure": measure,
            "count": 10,
            "origin": f"全程网办日报_{day}.xlsx row {row}",
        }
        for day in days
        for row, (department, item, measure) in enumerate(
            (department, item, measure)
            for department in ("D01", "D02")
            for item in ("D01-003", None)
            for measure in MEASURES
        )
    ]
    totals = [
        {"asked_date": day, "asked_hall": "510000", "measure": measure, "counted": 40, "declared": 40, "usual": 42}
        for day in days
        for measure in MEASURES
    ]
    return counts, totals


def frames(counts: list[Row], totals: list[Row]) -> tuple[pd.DataFrame, pd.DataFrame]:
    return (
        pd.DataFrame(counts, columns=list(counts[0]) if counts else list(COUNTS_COLUMNS), dtype=object),
        pd.DataFrame(totals, columns=list(totals[0]) if totals else list(TOTALS_COLUMNS), dtype=object),
    )


def validated(change: Change | None = None, days: tuple[date, ...] = DAYS) -> Validation:
    counts, totals = good_rows(days)
    if change is not None:
        change(counts, totals)
    return validate(*frames(counts, totals), VOCABULARY)


def failed(validation: Validation) -> dict[str, Finding]:
    return {finding.rule.name: finding for finding in validation.findings if not finding.passed}


def count_row(row: int = 9, **values: object) -> Change:
    """Changes one row of counts; row 9 is about the bad day."""
    return lambda counts, _totals: counts[row].update(values)


def total_row(**values: object) -> Change:
    """Changes the total of the bad day's first measure."""
    return lambda _counts, totals: totals[2].update(values)


def repeat_row(**values: object) -> Change:
    """Adds row 9 once more, with something else changed."""
    return lambda counts, _totals: counts.append(counts[9] | values)


# ── every rule ──────────────────────────────────────────────────────────────────────────────────────────────


def test_good_answers_pass_every_rule() -> None:
    validation = validated()

    assert [finding.rule for finding in validation.findings] == list(RULES)
    assert failed(validation) == {}
    assert all(finding.failing_count == 0 and not finding.samples for finding in validation.findings)
    for day in DAYS:
        assert validation.failures_on(day) == ()
        assert validation.outcome_on(day) == {rule.name: "passed" for rule in RULES}


FAULTS: list[tuple[str, Change, str]] = [
    ("text_columns_hold_text", count_row(hall_code=None), "not_text = 'hall_code'"),
    ("text_columns_hold_text", count_row(department_code=float("nan")), "department_code = None"),
    ("text_columns_hold_text", count_row(measure=pd.NA), "not_text = 'measure'"),
    ("text_columns_hold_text", count_row(item_code=1003), "item_code = 1003"),
    ("text_columns_hold_text", count_row(item_code=["a", "b"]), "item_code = '‹withheld 1›'"),
    ("text_columns_hold_text", count_row(item_code=b"D01"), "item_code = '‹withheld 1›'"),
    ("text_columns_hold_text", count_row(item_code=""), "item_code = '‹withheld 1›'"),
    ("text_columns_hold_text", count_row(item_code=" D01-003"), "item_code = '‹withheld 1›'"),
    ("text_columns_hold_text", count_row(origin=17), "not_text = 'origin'"),
    ("count_is_a_non_negative_integer", count_row(count=None), "count = None"),
    ("count_is_a_non_negative_integer", count_row(count=float("nan")), "count = None"),
    ("count_is_a_non_negative_integer", count_row(count=-3), "count = -3"),
    ("count_is_a_non_negative_integer", count_row(count=12.5), "count = 12.5"),
    ("count_is_a_non_negative_integer", count_row(count=10.0), "count = 10.0"),
    ("count_is_a_non_negative_integer", count_row(count="10"), "count = '10'"),
    ("count_is_a_non_negative_integer", count_row(count="十二"), "count = '‹withheld 1›'"),
    ("count_is_a_non_negative_integer", count_row(count=True), "count = True"),
    ("count_is_a_non_negative_integer", count_row(count=Decimal("12.5")), "Decimal"),
    ("count_is_a_non_negative_integer", count_row(count={"value": 3}), "count = '‹withheld 1›'"),
    ("count_is_a_non_negative_integer", count_row(count=COUNT_CEILING + 1), f"count = {COUNT_CEILING + 1}"),
    ("count_is_a_non_negative_integer", count_row(count=2**64), "count = '‹withheld 1›'"),
    ("stat_date_is_the_day_asked", count_row(stat_date="2025-03-11"), "stat_date = '2025-03-11'"),
    ("stat_date_is_the_day_asked", count_row(stat_date="2025-03-12T00:00:00"), "T00:00:00"),
    ("stat_date_is_the_day_asked", count_row(stat_date="三月十二日"), "stat_date = '‹withheld 1›'"),
    ("hall_is_known", count_row(hall_code="510199"), "hall_code = '‹withheld 1›'"),
    ("hall_is_known", count_row(hall_code="510100"), "hall_code = '510100'"),
    ("department_is_known", count_row(department_code="D99"), "department_code = '‹withheld 1›'"),
    ("measure_is_known", count_row(measure="parcels_mailed"), "measure = '‹withheld 1›'"),
    ("measure_is_known", total_row(measure="parcels_mailed"), "measure = '‹withheld 1›'"),
    ("item_is_known", count_row(item_code="张三"), "not_known = 'item_code'"),
    ("item_is_known", count_row(item_code="<script>"), "not_known = 'item_code'"),
    ("item_is_known", count_row(item_code="=1+1"), "not_known = 'item_code'"),
    ("item_is_known", count_row(item_code="第三窗口"), "not_known = 'item_code'"),
    ("item_is_known", count_row(item_code="I" * 65), "not_known = 'item_code'"),
    ("key_is_unique", repeat_row(), "department_code = 'D01'"),
    ("key_is_unique", repeat_row(count=0, origin="page 2 row 1"), "page 2 row 1"),
    ("key_is_unique", lambda counts, _: counts.append(counts[10] | {"item_code": float("nan")}), "item_code = None"),
    ("no_personal_patterns", count_row(item_code=MOBILE), f"item_code = '{MASK}'"),
    ("no_personal_patterns", count_row(origin=f"张三 {ID_18}.xlsx row 7"), f"张三 {MASK}.xlsx row 7"),
    ("declared_total_equals_sum", total_row(declared=41), "counted = 40, declared = 41"),
    ("declared_total_equals_sum", total_row(counted=None, usual=None), "counted = None, declared = 40"),
    ("declared_total_equals_sum", total_row(declared=0), "counted = 40, declared = 0"),
    ("volume_is_near_usual", total_row(usual=4000), "counted = 40, usual = 4000"),
    ("volume_is_near_usual", total_row(usual=0), "more than 3 times usual"),
    ("volume_is_near_usual", total_row(counted=None, declared=None), "not countable"),
]


@pytest.mark.parametrize(("name", "change", "fragment"), FAULTS)
def test_a_fault_fails_its_rule_only_on_its_day_only(name: str, change: Change, fragment: str) -> None:
    validation = validated(change)

    assert set(failed(validation)) == {name}
    finding = failed(validation)[name]
    assert finding.failing_days == (BAD_DAY,)
    assert not finding.whole_frame
    assert finding.failing_count == (2 if name == "key_is_unique" else 1)
    assert any(fragment in sample for sample in finding.samples), finding.samples
    assert all(sample.startswith("2025-03-12, ") for sample in finding.samples)
    outcome = "warned" if finding.rule.severity == "warning" else "failed"
    for day in DAYS:
        expected = {rule.name: "passed" for rule in RULES} | ({name: outcome} if day == BAD_DAY else {})
        assert validation.outcome_on(day) == expected
        errors = [f.rule.name for f in validation.failures_on(day)]
        assert errors == ([name] if day == BAD_DAY and outcome == "failed" else [])


def test_every_rule_has_a_fault_in_these_tests() -> None:
    assert {name for name, _, _ in FAULTS} | {"columns_are_as_agreed"} == {rule.name for rule in RULES}


def test_a_sample_is_one_readable_line() -> None:
    change = count_row(origin="邮寄日报_2025-03-12.xlsx\nrow 7", count="12.5")

    samples = failed(validated(change))["count_is_a_non_negative_integer"].samples

    assert samples == ("2025-03-12, 邮寄日报_2025-03-12.xlsx row 7: count = '12.5'",)


def test_long_values_are_cut() -> None:
    (sample,) = failed(validated(count_row(origin="九" * 10_000, count=-1)))["count_is_a_non_negative_integer"].samples

    assert len(sample) < 300


# ── columns, and what can't be judged ───────────────────────────────────────────────────────────────────────


def test_an_extra_column_fails_every_day() -> None:
    validation = validated(lambda counts, _: [row.update(note="x") for row in counts])

    assert set(failed(validation)) == {"columns_are_as_agreed"}
    finding = failed(validation)["columns_are_as_agreed"]
    assert finding.samples == ("counts: unexpected: note",)
    assert finding.failing_days == DAYS
    assert validation.outcome_on(date(1999, 1, 1))["columns_are_as_agreed"] == "failed"


@pytest.mark.parametrize("column", COUNTS_COLUMNS)
def test_a_missing_column_of_counts_fails_what_rests_on_it(column: str) -> None:
    validation = validated(lambda counts, _: [row.pop(column) for row in counts])

    resting = {
        clause.rule
        for clause in CLAUSES
        if clause.frame == "counts"
        and column in json.dumps([*clause.parameters.values()]) + ("count" if "whole" in str(clause.parameters) else "")
    }
    assert {"columns_are_as_agreed"} <= resting
    assert resting <= set(failed(validation))
    for name in resting:
        finding = failed(validation)[name]
        assert finding.failing_days == DAYS
        assert finding.whole_frame
        assert finding.failing_count >= 1
        assert finding.samples
        assert all(name in {f.rule.name for f in validation.failures_on(day)} for day in DAYS)


@pytest.mark.parametrize("column", TOTALS_COLUMNS)
def test_a_missing_column_of_totals_is_found(column: str) -> None:
    validation = validated(lambda _, totals: [row.pop(column) for row in totals])

    missing = failed(validation)["columns_are_as_agreed"].samples[0]
    assert "totals: missing: " in missing
    assert column in missing
    judged_by = {
        "measure": {"measure_is_known"},
        "counted": {"declared_total_equals_sum", "volume_is_near_usual"},
        "declared": {"declared_total_equals_sum"},
        "usual": {"volume_is_near_usual"},
    }
    assert judged_by.get(column, set()) <= set(failed(validation))


def test_a_rule_that_raises_has_failed_and_says_why() -> None:
    validation = validated(lambda counts, _: [row.pop("measure") for row in counts])

    (sample,) = failed(validation)["key_is_unique"].samples
    assert sample.startswith("counts: couldn't be judged: ")
    assert "measure" in sample
    assert "Traceback" not in sample


def test_a_column_that_comes_twice_is_refused() -> None:
    counts, totals = frames(*good_rows())
    twice = pd.concat([counts, counts[["count"]]], axis="columns")

    validation = validate(twice, totals, VOCABULARY)

    assert failed(validation)["columns_are_as_agreed"].samples == ("counts: unexpected: count again",)


@pytest.mark.parametrize("asked", [None, "2025-03-12", datetime(2025, 3, 12), pd.NaT])  # noqa: DTZ001 - a day
def test_a_row_of_no_known_day_fails_every_day(asked: object) -> None:
    validation = validated(count_row(asked_date=asked))

    finding = failed(validation)["stat_date_is_the_day_asked"]
    assert finding.whole_frame
    assert finding.failing_days == DAYS


def test_a_rule_without_an_answer_has_not_passed() -> None:
    from expectations import gx

    verdict = gx._verdict(CLAUSES[0], None)

    assert not verdict.passed
    assert verdict.rows is None


# ── ranges ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_bad_day_leaves_the_rest_of_the_month_clean() -> None:
    month = tuple(date(2025, 3, 1) + timedelta(days=offset) for offset in range(31))

    def spoil(counts: list[Row], totals: list[Row]) -> None:
        for row in counts:
            if row["asked_date"] == date(2025, 3, 17):
                row["count"] = "十"
                row["department_code"] += "X"
        totals[40]["declared"] = 7  # 2025-03-21

    validation = validated(spoil, month)

    assert {day for day in month if validation.failures_on(day)} == {date(2025, 3, 17), date(2025, 3, 21)}
    named = {f.rule.name: f for f in validation.failures_on(date(2025, 3, 17))}
    assert set(named) == {"count_is_a_non_negative_integer", "department_is_known"}
    assert named["department_is_known"].failing_count == 8
    assert len(named["department_is_known"].samples) == 5


def test_more_faults_than_great_expectations_lists_values_for() -> None:
    month = tuple(date(2024, 12, 1) + timedelta(days=offset) for offset in range(62))

    validation = validated(lambda counts, _: [row.update(count=-1) for row in counts], month)

    finding = failed(validation)["count_is_a_non_negative_integer"]
    assert finding.failing_count == 62 * 8
    assert finding.failing_days == month


def test_samples_show_different_days_and_a_days_failures_its_own() -> None:
    validation = validated(lambda counts, _: [row.update(hall_code="999999") for row in counts])

    samples = failed(validation)["hall_is_known"].samples
    assert len(samples) == 5
    assert [sample[:10] for sample in samples[:3]] == [day.isoformat() for day in DAYS]
    (finding,) = validation.failures_on(BAD_DAY)
    assert finding.failing_days == (BAD_DAY,)
    assert finding.failing_count == 8
    assert {sample[:10] for sample in finding.samples} == {BAD_DAY.isoformat()}


@pytest.mark.parametrize(
    ("column", "rule"), [("declared", "declared_total_equals_sum"), ("usual", "volume_is_near_usual")]
)
def test_a_rule_with_nothing_to_compare_with_on_a_day_isnt_applicable_to_it(column: str, rule: str) -> None:
    def forget(_counts: list[Row], totals: list[Row]) -> None:
        for row in totals:
            if row["asked_date"] == BAD_DAY or row["measure"] == MEASURES[0]:
                row[column] = None

    validation = validated(forget)

    assert failed(validation) == {}
    for day in DAYS:
        for hall in (None, "510000"):
            told = validation.outcome_on(day, hall)
            assert told.pop(rule) == ("not_applicable" if day == BAD_DAY else "passed")
            assert set(told.values()) == {"passed"}
    assert validation.outcome_on(DAYS[0], "510100")[rule] == "not_applicable", "nothing of that hall was asked"


def test_a_fault_of_one_hall_is_not_another_halls() -> None:
    def spoil(counts: list[Row], totals: list[Row]) -> None:
        counts.extend(row | {"asked_hall": "510100", "hall_code": "510100"} for row in tuple(counts))
        totals.extend(row | {"asked_hall": "510100"} for row in tuple(totals))
        counts[-1]["count"] = None
        totals[0]["declared"] = 7

    validation = validated(spoil)

    failed = {
        (day, hall): [finding.rule.name for finding in validation.failures_on(day, hall)]
        for day in DAYS
        for hall in ("510000", "510100")
    }
    assert {key: names for key, names in failed.items() if names} == {
        (DAYS[0], "510000"): ["declared_total_equals_sum"],
        (DAYS[-1], "510100"): ["count_is_a_non_negative_integer"],
    }
    assert validation.outcome_on(DAYS[0], "510100")["declared_total_equals_sum"] == "passed"
    (finding,) = validation.failures_on(DAYS[-1], "510100")
    assert (finding.failing_count, len(finding.samples)) == (1, 1)


def test_the_index_of_the_frame_does_not_matter() -> None:
    counts, totals = good_rows()
    counts[9]["count"] = -1
    first, second = frames(counts, totals)
    first.index = pd.Index([7] * len(first))
    second = second.set_index(pd.Index(range(100, 100 + len(second)), name="odd"))

    validation = validate(first, second, VOCABULARY)

    assert failed(validation)["count_is_a_non_negative_integer"].failing_days == (BAD_DAY,)


def test_frames_without_rows_pass_and_lack_nothing_but_columns() -> None:
    assert failed(validate(*frames([], []), VOCABULARY)) == {}
    nothing = validate(pd.DataFrame(), pd.DataFrame(), VOCABULARY)
    assert set(nothing.outcome_on(BAD_DAY).values()) >= {"failed"}
    assert nothing.outcome_on(BAD_DAY)["columns_are_as_agreed"] == "failed"


def test_frames_as_pandas_infers_them_are_judged_alike() -> None:
    counts, totals = good_rows()
    inferred = pd.DataFrame(counts), pd.DataFrame(totals)
    assert str(inferred[0].dtypes["count"]) == "int64"
    assert str(inferred[0].dtypes["measure"]) == "str"

    assert failed(validate(*inferred, VOCABULARY)) == {}


def test_a_null_item_is_a_value_of_its_own() -> None:
    assert "key_is_unique" not in failed(validated(count_row(row=10, item_code="D01-004")))


def test_frames_are_left_as_they_were() -> None:
    counts, totals = frames(*good_rows())
    before = counts.copy(), totals.copy()

    validate(counts, totals, VOCABULARY)

    pd.testing.assert_frame_equal(counts, before[0])
    pd.testing.assert_frame_equal(totals, before[1])


def test_threads_do_not_mix_their_frames_up() -> None:
    changes = [None, count_row(count=-1), count_row(hall_code="9"), total_row(declared=1)] * 3

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda change: set(failed(validated(change))), changes))

    expected = [set(), {"count_is_a_non_negative_integer"}, {"hall_is_known"}, {"declared_total_equals_sum"}]
    assert outcomes == expected * 3


@pytest.mark.parametrize(
    ("counted", "usual", "fine"),
    [
        (300, 100, True),
        (301, 100, False),
        (100, 300, True),
        (99, 300, False),
        (30, 0, True),
        (31, 0, False),
        (0, 30, True),
        (0, 31, False),
        (5, None, True),
        (10**15 + 1, 10**15, True),
    ],
)
def test_volume_is_compared_in_whole_numbers(counted: int, usual: int | None, *, fine: bool) -> None:
    validation = validated(total_row(counted=counted, declared=None, usual=usual))

    assert ("volume_is_near_usual" not in failed(validation)) is fine
    assert validation.failures_on(BAD_DAY) == ()


# ── personal patterns ───────────────────────────────────────────────────────────────────────────────────────

HOSTILE: list[object] = [
    ID_18,
    ID_18.lower(),
    ID_15,
    "510101 19900307 123X",
    "510101-1990-03-07-1234",
    "5 1 0 1 0 1 1 9 9 0 0 3 0 7 1 2 3 4",
    "５１０１０１１９９００３０７１２３Ｘ",
    "5101011990\u200b03071234",
    "身份证510101199003071234号",
    "510101–19900307–1234",
    MOBILE,
    "１３８００１３８０００",
    "١٣٨٠٠١٣٨٠٠٠",
    "138-0013-8000",
    "138 0013 8000",
    "138.0013.8000",
    "+86 138 0013 8000",
    "+8613800138000",
    "008613800138000",
    "(+86)138-0013-8000",
    "电话：13800138000，急",
    "T13800138000",
    LANDLINE,
    "(028) 8665 1234",
    "0731-8234567",
    "010 - 66651234",
    "138_0013_8000",
    "138/0013/8000",
    "138,0013,8000",
    "一三八〇〇一三八〇〇〇",
    "一三八零零一三八零零零",
    "510101/1990/0307/1234",
    "6222021234567890128",
    "6222 0212 3456 7890 128",
    "4111111111111111",
    "E12345678",
    "EA1234567",
    "川A12345",
    "川A·D12345",
    "zhang.san@example.gov.cn",
    13800138000,
    510101199003071234,
    13800138000.0,
    ["张三", MOBILE],
    {"tel": MOBILE},
    MOBILE.encode(),
    Decimal(MOBILE),
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("column", ["item_code", "count"])
def test_a_personal_pattern_is_found_and_masked(hostile: object, column: str) -> None:
    masked = mask_personal(pd.DataFrame({column: pd.Series([hostile, None], dtype=object)}))

    assert masked["has_personal_pattern"].tolist() == [True, False]
    assert MASK in masked[column][0]
    assert mask_text(masked[column][0]) == masked[column][0]


CLEAN = [
    "D07-003",
    "510000",
    "D07",
    "I0000",
    "2025-03-12",
    "2025-03-12T08:30:15.123456+08:00",
    "邮寄日报_2025-03-12.xlsx row 7",
    "电话咨询_20250312.csv row 411",
    "page 13 2025-03-12 7",
    "2025-03-12 1012345",
    "http://127.0.0.1:18080/api/v1/daily-counts?date=2025-03-12&page=3 row 17",
    "rows 1 to 15000 of 2025-03-01..2025-03-31",
    "000721001000",
    "11510000008282123X4510123001000",
    "11510000MB1234567X",
    "115100000082821234",
    "1741744800000",
    "省人力资源社会保障厅",
    "阿坝藏族羌族自治州松潘县",
    "欧阳娜娜",
    "comprehensive_window_accepted",
    "12345",
    "96345",
    "3.3333333333333333",
    "",
    "‹masked›",
    "6222021234567890123",
    "E1234567",
    "X12345678",
    "二〇二五年三月十二日",
    "A12345",
    "2025/03/12 08:30:15",
    "邮寄日报_2025_03_12.xlsx row 7",
    "1,204,000,000",
    "halls 510000, 510100, 510300, 2025-03-12: no answer",
]


@pytest.mark.parametrize("clean", CLEAN)
def test_plausible_codes_and_names_are_no_alarm(clean: str) -> None:
    assert mask_text(clean) is clean


@settings(deadline=None)
@given(
    st.one_of(
        st.from_regex(r"[A-Z]\d{2}(-\d{3}){0,2}", fullmatch=True),
        st.from_regex(r"00\d{10}", fullmatch=True),
        st.from_regex(r"\d{1,9}", fullmatch=True),
        st.builds("{}_{}.xlsx row {}".format, st.sampled_from(CLEAN[17:20]), st.dates(), st.integers(1, 10**6)),
        st.builds(
            "page {} {:%Y-%m-%d} {}".format,
            st.integers(1, 999),
            st.dates(date(2004, 1, 1), date(2099, 12, 31)),
            st.integers(1, 999),
        ),
        st.text("一二三省厅局委市县〇甲乙丙ＡＢ（）·", max_size=30),
    )
)
def test_generated_codes_and_names_are_no_alarm(clean: str) -> None:
    assert mask_text(clean) is clean


GAPS = st.sampled_from(["", " ", "-", "–", "－", "　", " - "])
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


@st.composite
def personal_numbers(draw: st.DrawFn) -> str:
    """An identity or mobile number, with gaps between any groups, in half-width or full-width digits."""
    born = draw(st.dates(date(1900, 1, 1), date(2029, 12, 31)))
    kind = draw(st.sampled_from(["18", "15", "mobile"]))
    if kind == "mobile":
        digits = draw(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
        cuts = {3, 7}
    else:
        region = draw(st.from_regex(r"[1-9][0-9]{5}", fullmatch=True))
        day = f"{born:%Y%m%d}" if kind == "18" else f"{born:%y%m%d}"
        last = draw(st.from_regex(r"[0-9]{3}[0-9X]" if kind == "18" else r"[0-9]{3}", fullmatch=True))
        digits = region + day + last
        cuts = {6, len(region + day)}
    gap = draw(GAPS)
    text = "".join(f"{gap if place in cuts else ''}{digit}" for place, digit in enumerate(digits))
    return text.translate(WIDE) if draw(st.booleans()) else text


SURROUNDINGS = st.sampled_from([("", ""), ("张三", "号"), ("file ", ".xlsx row 7"), ("(", ")"), ("a:", ",b")])


@settings(deadline=None)
@given(personal_numbers(), SURROUNDINGS)
def test_a_planted_number_is_always_found(number: str, around: tuple[str, str]) -> None:
    masked = mask_text(f"{around[0]}{number}{around[1]}")

    assert MASK in masked
    assert number not in masked


@settings(max_examples=25, deadline=None)
@given(personal_numbers(), st.sampled_from(COUNTS_COLUMNS[1:]), st.integers(0, 23))
def test_a_planted_number_is_never_echoed(number: str, column: str, row: int) -> None:
    with recorded_logs() as log:
        validation = validated(count_row(row, **{column: number}))

    finding = failed(validation)["no_personal_patterns"]
    assert finding.failing_days == (DAYS[row // 8],)
    for text in (str(validation), str(validation.failures_on(DAYS[row // 8])), log.getvalue()):
        assert number not in text
        assert mask_text(text) == text


@contextmanager
def recorded_logs() -> Iterator[io.StringIO]:
    """What all loggers write while at their most talkative."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    talkative = [logging.getLogger(), logging.getLogger("great_expectations")]
    before = [logger.level for logger in talkative]
    talkative[0].addHandler(handler)
    for logger in talkative:
        logger.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        talkative[0].removeHandler(handler)
        for logger, level in zip(talkative, before, strict=True):
            logger.setLevel(level)


def test_a_number_in_a_column_name_or_in_totals_is_not_echoed() -> None:
    def spoil(counts: list[Row], totals: list[Row]) -> None:
        for row in counts:
            row[f"电话 {MOBILE}"] = 1
        totals[0]["measure"] = ID_18

    validation = validated(spoil)

    assert {"columns_are_as_agreed", "no_personal_patterns", "measure_is_known"} <= set(failed(validation))
    assert failed(validation)["no_personal_patterns"].failing_days == DAYS
    assert MOBILE not in str(validation)
    assert ID_18 not in str(validation)


def test_masking_twice_changes_nothing() -> None:
    counts, _ = frames(*good_rows())
    counts.loc[3, "origin"] = f"{MOBILE} {MOBILE}, {ID_18}"

    once = mask_personal(counts)

    pd.testing.assert_frame_equal(mask_personal(once), once)
    assert once["has_personal_pattern"].sum() == 1
    assert once.loc[3, "origin"] == f"{MASK} {MASK}, {MASK}"
    assert once.drop(columns="has_personal_pattern").drop(index=3).equals(counts.drop(index=3))


def test_a_masked_frame_still_fails() -> None:
    counts, totals = frames(*good_rows())
    counts.loc[9, "origin"] = MOBILE

    validation = validate(mask_personal(counts), totals, VOCABULARY)

    assert failed(validation)["no_personal_patterns"].failing_days == (BAD_DAY,)
    assert set(failed(validation)) == {"no_personal_patterns"}


# ── docs, imports, connections ─────────────────────────────────────────────────────────────────────


def test_data_docs_name_the_rules_and_nothing_personal(tmp_path: Path) -> None:
    def spoil(counts: list[Row], _totals: list[Row]) -> None:
        counts[0]["count"] = "十二"
        for row, hostile in zip(counts[1:], HOSTILE, strict=False):
            row["count"] = row["item_code"] = hostile
            row["origin"] = f"{MOBILE}.xlsx"

    week = tuple(date(2025, 3, 10) + timedelta(days=offset) for offset in range(7))
    counts, totals = good_rows(week)
    spoil(counts, totals)
    index = write_docs(*frames(counts, totals), VOCABULARY, tmp_path / "docs" / "run")

    assert index == tmp_path / "docs" / "run" / "index.html"
    for rule in RULES:
        assert rule.name in index.read_text(encoding="utf-8")
    pages = [page.read_text(encoding="utf-8") for page in index.parent.rglob("*.html")]
    assert not any("十二" in page for page in pages)
    assert any(MASK in page for page in pages)
    for page in pages:
        assert "default-src 'self'" in page
        assert not [h for h in HOSTILE if isinstance(h, str) and h in page]


def run_python(code: str, **environment: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, **environment},
    )
    assert finished.stderr == ""
    return finished.stdout


def test_the_room_and_its_rules_do_not_import_great_expectations() -> None:
    code = (
        "import sys, expectations, expectations.rules; print('pandas' in sys.modules);"
        "import expectations.validation; print('great_expectations' in sys.modules, 'pandas' in sys.modules)"
    )

    assert run_python(code).split() == ["False", "False", "False"]


def test_what_no_rule_of_ours_needs_is_found_and_not_loaded() -> None:
    code = (
        "import sys; from expectations.validation import warm_up; warm_up();"
        "print([name for name in ('altair.vegalite', 'scipy.stats.distributions') if name in sys.modules]);"
        "import scipy.stats; print(scipy.stats.norm.cdf(0))"
    )

    assert run_python(code).splitlines() == ["[]", "0.5"]


OFFLINE = """
import json, logging, pathlib, socket, sys, tempfile
attempts = []
def refused(where):
    attempts.append(repr(where))
    raise ConnectionRefusedError(where)
class Socket(socket.socket):
    def connect(self, address): refused(address)
    def connect_ex(self, address): refused(address)
    def sendto(self, *arguments): refused(arguments[-1])
socket.socket = Socket
socket.create_connection = lambda address, *_, **__: refused(address)
socket.getaddrinfo = lambda *where, **_: refused(where)
sys.path.insert(0, "tests")
import test_expectations as tests
from expectations.validation import warm_up
assert "great_expectations" not in sys.modules
warm_up()
assert "great_expectations" in sys.modules
validation = tests.validated(tests.count_row(count=-1))
with tempfile.TemporaryDirectory() as folder:
    frames = tests.frames(*tests.good_rows())
    assert tests.write_docs(*frames, tests.VOCABULARY, pathlib.Path(folder)).exists()
import os
print(json.dumps([attempts, len(tests.failed(validation)), os.environ["GX_ANALYTICS_ENABLED"]]))
"""


def test_validating_connects_to_nothing_and_says_nothing() -> None:
    assert json.loads(run_python(OFFLINE, GX_ANALYTICS_ENABLED="true")) == [[], 1, "false"]
