"""Just over and just under each threshold of proofreading: one more, one fewer, one character longer."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from reports.figures.rounding import printed
from reports.proofreading import KnownNumber, KnownNumbers, passages_of, proofread
from reports.proofreading.arithmetic import last_place, sign
from reports.proofreading.context import Context
from reports.proofreading.labels import Subject
from reports.proofreading.numerals import Tokenizer
from reports.proofreading.readings import Reading
from tests.proofreading_known import known

NUMBERS = {number.metric: number for number in known().numbers if number.month == "2025-03" and not number.superseded}


def counted(metric: str, exact: int, month: str = "2025-03", *, superseded: bool = False) -> KnownNumber:
    """A metric of the demo hall with another count."""
    number = NUMBERS[metric]
    text = printed(exact, divisor=number.display_divisor, decimals=number.display_decimals, rule="half_up")
    revision = 1 if superseded else 2
    return replace(number, exact=exact, printed=text, month=month, revision=revision, superseded=superseded)


def rules(text: str, *numbers: KnownNumber) -> list[str]:
    """The rules that a text breaks, held against these numbers alone."""
    return [finding.rule for finding in proofread(text, KnownNumbers("2025-03", list(numbers), ())).findings]


@pytest.mark.parametrize(
    ("words", "exact", "expected"),
    [
        # 近: less than one of the last digit below, and never above.
        ("近 0.24 万件", 2301, []),
        ("近 0.24 万件", 2300, ["approximation"]),
        ("近 0.240 万件", 2400, []),
        ("近 0.240 万件", 2401, ["approximation"]),
        # 超: never less.
        ("超 0.240 万件", 2400, []),
        ("超 0.240 万件", 2399, ["approximation"]),
        # 约: half of the last digit to either side.
        ("约 0.2 万件", 2500, []),
        ("约 0.2 万件", 2501, ["approximation"]),
        ("约 0.2 万件", 1500, []),
        ("约 0.2 万件", 1499, ["approximation"]),
    ],
)
def test_what_may_be_called_nearly_over_or_about(words: str, exact: int, expected: list[str]) -> None:
    assert rules(f"3 月，窗口出件量{words}。", counted("documents_issued", exact)) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [(100_999, []), (101_000, ["direction"]), (99_001, []), (99_000, ["direction"])],
)
def test_nearly_level_is_less_than_one_per_cent(now: int, expected: list[str]) -> None:
    base = counted("documents_issued", 100_000, "2025-02")
    assert rules("3 月，窗口出件量环比基本持平。", counted("documents_issued", now), base) == expected


@pytest.mark.parametrize(
    ("exact", "expected"),
    [(2301, "wrong_rounding"), (2300, "stray_number"), (2499, "wrong_rounding"), (2500, "stray_number")],
)
def test_a_wrong_rounding_is_less_than_one_of_its_last_digit_away(exact: int, expected: str) -> None:
    assert rules("3 月，窗口出件量 0.24 万件。", counted("documents_issued", exact)) == [expected]


@pytest.mark.parametrize(
    ("exact", "expected"), [(2300, []), (2301, ["stray_number"]), (3066, ["stray_number"]), (3067, [])]
)
def test_an_exact_count_is_off_by_a_slip_or_counts_something_else(exact: int, expected: list[str]) -> None:
    assert rules("3 月，窗口出件量 2300 件。", counted("documents_issued", exact)) == expected


@pytest.mark.parametrize(
    ("exact", "written", "instead"),
    [
        (2001, 1002, "2001 件"),
        (2102, 1022, "0.21 万件"),
        (1002, 2001, "1002 件"),
        (1020, 2100, "0.1 万件"),
    ],
)
def test_a_count_with_its_digits_turned_is_put_right_in_its_unit(exact: int, written: int, instead: str) -> None:
    known = KnownNumbers("2025-03", [counted("documents_issued", exact)])
    [finding] = proofread(f"3 月，窗口出件量 {written} 件。", known).findings
    assert finding.suggestion == f"请改为“{instead}”"


@pytest.mark.parametrize(
    ("said", "now", "expected"),
    [
        ("增长 1 倍", 1750, []),
        ("增长 1 倍", 1749, ["fold_of_metric"]),
        ("增长 1 倍", 2250, []),
        ("增长 1 倍", 2251, ["fold_of_metric"]),
        ("增长 2 倍", 2500, []),
        ("增长 2 倍", 2499, ["fold_of_metric"]),
        ("增长 0.5 倍", 1250, []),
        ("增长 0.5 倍", 1249, ["fold_of_metric"]),
    ],
)
def test_so_many_times_as_much_leaves_room_for_a_quarter(said: str, now: int, expected: list[str]) -> None:
    base = counted("phone_consultations", 1000, "2025-02")
    assert rules(f"3 月，电话咨询环比{said}。", counted("phone_consultations", now), base) == expected


@pytest.mark.parametrize(("stale", "expected"), [(117, ["stale_vintage"]), (17, [])])
def test_a_number_without_a_name_is_taken_for_a_revised_one_from_three_digits_on(
    stale: int, expected: list[str]
) -> None:
    numbers = [counted("phone_consultations", stale, superseded=True), counted("phone_consultations", stale + 3)]
    assert rules(f"3 月，共服务群众 {stale} 人（次）。", *numbers) == expected


@pytest.mark.parametrize(("words", "expected"), [("共", ["stray_number"]), ("甲", []), ("甲局", []), ("本周", [])])
def test_one_unknown_word_in_its_clause_and_a_number_is_not_read(words: str, expected: list[str]) -> None:
    known_number = counted("phone_consultations", 1187)
    assert rules(f"3 月，电话咨询{words} 1000 人（次）。", known_number) == expected
    assert rules(f"3 月，{words}电话咨询 1000 人（次）。", known_number) == expected
    assert rules(f"3 月，电话咨询 1000 人（次）{words}。", known_number) == expected


@pytest.mark.parametrize(("unit", "expected"), [("件", ["wrong_unit"]), ("台", [])])
def test_a_certified_number_in_a_unit_that_nobody_knows_is_not_read(unit: str, expected: list[str]) -> None:
    numbers = [counted("phone_consultations", 187), counted("documents_issued", 2317)]
    assert rules(f"3 月，电话咨询 187 {unit}。", *numbers) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("12.35%", []), ("12.3%", []), ("12.345%", ["wrong_rate"]), ("12.34%", ["wrong_rate"])],
)
def test_a_rate_has_two_decimals_at_most(rate: str, expected: list[str]) -> None:
    base = counted("phone_consultations", 100_000, "2025-02")
    assert rules(f"3 月，电话咨询环比增长 {rate}。", counted("phone_consultations", 112_345), base) == expected


@pytest.mark.parametrize(("length", "matched"), [(40, 1), (41, 0)])
def test_a_cell_of_forty_characters_at_most_is_read_by_its_row_and_column(length: int, matched: int) -> None:
    text = f"| 指标 | 3 月（人（次）） |\n| --- | --- |\n| 电话咨询 | {'1187 人（次）'.ljust(length, '。')} |\n"
    proof = proofread(passages_of(text), KnownNumbers("2025-03", [counted("phone_consultations", 1187)], ()))
    assert len(proof.matched) == matched


@pytest.mark.parametrize(
    ("share", "expected"),
    [("96.85%", []), ("96.96%", []), ("96.84%", ["wrong_share"]), ("96.97%", ["wrong_share"])],
)
def test_a_share_is_of_the_exact_counts_or_of_what_is_printed(share: str, expected: list[str]) -> None:
    numbers = [counted("items_handled", 56_013), counted("online_accepted", 54_250)]
    text = f"3 月，办理政务服务事项 5.6 万件，其中全程网办受理 5.43 万件，占比 {share}。"
    assert rules(text, *numbers) == expected


@pytest.mark.parametrize(("share", "expected"), [("12.5%", []), ("12.6%", ["wrong_share"])])
def test_of_a_total_that_is_printed_as_zero_the_share_is_of_the_exact_counts(share: str, expected: list[str]) -> None:
    numbers = [counted("items_handled", 40), counted("online_accepted", 5)]
    text = f"3 月，办理政务服务事项 0 万件，其中全程网办受理 0 万件，占比 {share}。"
    assert rules(text, *numbers) == expected


@pytest.mark.parametrize(("words", "expected"), [("", ["wrong_rate"]), ("甲", [])])
def test_a_rate_belongs_to_a_name_that_nothing_unknown_keeps_from_it(words: str, expected: list[str]) -> None:
    base = counted("phone_consultations", 1000, "2025-02")
    assert rules(f"3 月，电话咨询{words}环比增长 30%。", counted("phone_consultations", 1200), base) == expected


@pytest.mark.parametrize(("joint", "expected"), [("、", ["stray_number"]), ("、共", ["stray_number"]), ("、另外", [])])
def test_numbers_are_shared_out_where_two_characters_at_most_join_them(joint: str, expected: list[str]) -> None:
    numbers = [counted("phone_consultations", 1187), counted("onsite_consultations", 5515)]
    text = f"3 月，电话咨询和现场咨询服务分别为 1187 人（次）{joint} 5516 人（次）。"
    assert rules(text, *numbers) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("接待 3 批，合计 4 批。", []),
        ("接待 3 批，送出 4 批，合计 7 批。", []),
        ("接待 3 批，送出 4 批，合计 8 批。", ["wrong_sum"]),
        ("接待 3 批，送出 4 批，合计 7 批，迎来 1 批，转走 1 批，合计 2 批。", []),
        ("接待 30%，送出 40%，合计 80%。", []),
        ("第 2 批接待 3 批，送出 4 批，合计 7 批。", []),
    ],
)
def test_a_sum_has_two_addends_at_least_and_each_is_a_count(text: str, expected: list[str]) -> None:
    assert rules(f"3 月，{text}", counted("phone_consultations", 1187)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Who names all parts of what is announced as a sum may be held to it; of other totals there may be more parts.
        ("合计 6720 人（次），其中电话咨询 1187 人（次）、现场咨询服务 5515 人（次）。", ["wrong_sum"]),
        ("合计 6720 人（次），其中电话咨询 1187 人（次）、接待 3 人（次）。", []),
        ("合计 6720 人（次），其中电话咨询 1187 人（次）。", []),
        ("服务 6720 人（次），其中电话咨询 1187 人（次）、现场咨询服务 5515 人（次）。", ["wrong_sum"]),
        ("服务 7720 人（次），其中电话咨询 1187 人（次）、现场咨询服务 5515 人（次）。", []),
        ("合计 10 批，其中上午 3 批、下午 4 批。", ["wrong_sum"]),
        ("合计 10 批，其中甲队 3 批、乙队 4 批。", []),
        ("其中上午 3 批、下午 4 批。", []),
        # A certified total has rules of its own.
        ("电话咨询 1187 人（次），其中现场咨询服务 5515 人（次）。", []),
        # What nobody certified is added as it is written.
        ("电话咨询 1187 人（次）、接待 3 人（次），合计 1187 人（次）。", ["wrong_sum"]),
    ],
)
def test_a_total_may_have_parts_that_nobody_names(text: str, expected: list[str]) -> None:
    numbers = [counted("phone_consultations", 1187), counted("onsite_consultations", 5515)]
    assert rules(f"3 月，{text}", *numbers) == expected


def test_a_sum_is_certified_only_where_every_addend_is() -> None:
    text = "3 月，电话咨询 1187 人（次）、接待 3 人（次），合计 1190 人（次）。"
    proof = proofread(text, KnownNumbers("2025-03", [counted("phone_consultations", 1187)], ()))
    assert [found.spot.found for found in proof.matched] == ["1187 人（次）"]


@pytest.mark.parametrize(("total", "expected"), [("5.57", []), ("5.58", []), ("5.59", ["wrong_sum"])])
def test_a_sum_is_of_what_is_printed_or_of_the_exact_counts(total: str, expected: list[str]) -> None:
    numbers = [counted("online_accepted", 54_240), counted("department_window_accepted", 1_540)]
    text = f"3 月，全程网办受理 5.42 万件、部门窗口受理 0.15 万件，合计 {total} 万件。"
    assert rules(text, *numbers) == expected


@pytest.mark.parametrize(
    ("last", "expected"), [("综合窗口受理 0.02 万件", ["rounding_note"]), ("综合窗口受理环比增长 6.5%", [])]
)
def test_the_note_on_rounding_is_wanted_where_every_part_is_printed(last: str, expected: list[str]) -> None:
    counts = {"online_accepted": 54_250, "department_window_accepted": 1_550, "comprehensive_window_accepted": 213}
    numbers = [counted(metric, exact) for metric, exact in {"items_handled": 56_013, **counts}.items()]
    base = counted("comprehensive_window_accepted", 200, "2025-02")
    text = f"3 月，办理政务服务事项 5.6 万件，其中全程网办受理 5.43 万件、部门窗口受理 0.16 万件，{last}。"
    assert rules(text, *numbers, base) == expected


@pytest.mark.parametrize(("digits", "read"), [(24, 24), (25, 24)])
def test_a_number_of_more_than_twenty_four_digits_is_not_reckoned_with(digits: int, read: int) -> None:
    (numeral,) = Tokenizer(["件"]).find(f"{'1' * digits} 件")
    assert numeral.digits == "1" * digits
    assert numeral.value == Decimal("1" * read)


def test_counts_go_up_down_or_not_at_all() -> None:
    assert [sign(value) for value in (-2, 0, 2)] == [-1, 0, 1]


@pytest.mark.parametrize(
    ("value", "expected"), [("3.27", "0.01"), ("6000", "1000"), ("6001", "1"), ("0", "1"), ("0.00", "1")]
)
def test_the_last_digit_is_worth_something(value: str, expected: str) -> None:
    assert last_place(Decimal(value)) == Decimal(expected)


def test_what_several_metrics_count_together_needs_a_certificate_of_each() -> None:
    metrics = ("phone_consultations", "onsite_consultations", "documents_issued")
    first, *others = (Subject(metric) for metric in metrics)
    reading = Reading(0, 1, "level", subject=first, joint=tuple(others), months=("2025-03",))
    numbers = [counted(metric, 10) for metric in metrics]
    total = Context(KnownNumbers("2025-03", numbers), ()).number(reading)
    assert total is not None
    assert (total.exact, total.metric_name) == (30, "电话咨询、现场咨询服务、窗口出件量合计")
    assert Context(KnownNumbers("2025-03", numbers[:2]), ()).number(reading) is None


@pytest.mark.parametrize(
    ("text", "expected", "suggestion"),
    [
        ("环比下降 5.05%", "按准确数计算，电话咨询与 2025 年 2 月相比下降 4.51%", "请改为“4.51%”"),
        ("环比下降 6%", "按准确数计算，电话咨询与 2025 年 2 月相比下降 4.51%", "请改为“4.5%”"),
        (
            "环比增长 4.5%",
            "电话咨询的核定数，2025 年 2 月为 1243 人（次），2025 年 3 月为 1187 人（次），实为下降，不是增长",
            "请改为“下降 4.5%”",
        ),
        ("环比减少 57 人（次）", "电话咨询与 2025 年 2 月相比下降 56 人（次）", "请改为“56 人（次）”"),
        (" 1187", "电话咨询的单位是“人（次）”，这里没有写单位", "请改为“1187 人（次）”"),
        (" 1187 万", "电话咨询的单位是“人（次）”，这里写成了“万”", "请改为“1187 人（次）”"),
    ],
)
def test_what_the_certificates_say_and_what_to_do_about_it(text: str, expected: str, suggestion: str) -> None:
    numbers = [counted("phone_consultations", 1187), counted("phone_consultations", 1243, "2025-02")]
    (found,) = proofread(f"3 月，电话咨询{text}。", KnownNumbers("2025-03", numbers, ())).findings
    assert (found.expected, found.suggestion) == (expected, suggestion)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("环比增加 167 件", []),
        ("环比增加 168 件", ["wrong_difference"]),
        ("环比增加 0.01 万件", []),
        ("环比增加 0.02 万件", []),
        ("环比增加 0.03 万件", ["wrong_difference"]),
        ("环比增加约 170 件", []),
        ("环比增加约 150 件", ["wrong_difference"]),
        (" 0.23 万件，环比增加 167 件", []),
    ],
)
def test_a_difference_is_exact_or_printed_or_nearly_so(text: str, expected: list[str]) -> None:
    base = counted("documents_issued", 2150, "2025-02")
    assert rules(f"3 月，窗口出件量{text}。", counted("documents_issued", 2317), base) == expected


FEBRUARY, A_YEAR_AGO = "2025-02", "2024-03"


@pytest.mark.parametrize(
    ("text", "counts", "expected"),
    [
        # Against zero there is no rate, but a direction; where two bases are open, one of them may be zero.
        ("电话咨询增长 20%", {"2025-03": 1200, FEBRUARY: 0, A_YEAR_AGO: 1000}, []),
        ("电话咨询环比下降", {"2025-03": 1200, FEBRUARY: 0}, ["direction"]),
        ("电话咨询环比基本持平", {"2025-03": 5, FEBRUARY: 0}, ["direction"]),
        # 近 and 超 of a rate.
        ("电话咨询环比增长近 13%", {"2025-03": 1123, FEBRUARY: 1000}, []),
        ("电话咨询环比增长近 14%", {"2025-03": 1123, FEBRUARY: 1000}, ["wrong_rate"]),
        ("电话咨询环比增长超 12%", {"2025-03": 1127, FEBRUARY: 1000}, []),
        ("电话咨询环比增长超 14%", {"2025-03": 1127, FEBRUARY: 1000}, ["wrong_rate"]),
    ],
)
def test_a_change_is_held_against_each_month_that_it_may_mean(
    text: str, counts: dict[str, int], expected: list[str]
) -> None:
    assert (
        rules(f"3 月，{text}。", *(counted("phone_consultations", *each[::-1]) for each in counts.items())) == expected
    )


def test_several_months_of_which_one_has_no_certificate_are_left_alone() -> None:
    numbers = [counted("phone_consultations", 1187), counted("phone_consultations", 1102, "2025-01")]
    proof = proofread("1—3 月，电话咨询 3532 人（次）。", KnownNumbers("2025-03", numbers, ()))
    assert not proof.findings
    assert proof.not_checked[-1].kind == "没有核定的月份"


def test_a_month_without_certificate_is_asked_about_once() -> None:
    numbers = [counted("phone_consultations", 1187), counted("onsite_consultations", 5515)]
    text = "2025 年 4 月，电话咨询 1187 人（次），现场咨询服务 5600 人（次）。"
    (found,) = proofread(text, KnownNumbers("2025-03", numbers, ())).findings
    assert (found.level, found.spot.found) == ("ask", "2025 年 4 月")
    assert found.expected == "没有 2025 年 4 月的核定数，2 处数字无从核对；其中 1 处与 2025 年 3 月的核定数相同"


def test_a_share_that_changes_from_nothing_changes_in_percentage_points() -> None:
    numbers = [counted("online_accepted", 54_250), counted("online_accepted", 0, FEBRUARY)]
    assert rules("3 月，全程网办受理占比环比提高 3%。", *numbers) == ["percent_for_points"]


def test_a_revised_number_without_a_name_may_be_another_number_that_holds() -> None:
    stale, right = counted("phone_consultations", 1178, superseded=True), counted("phone_consultations", 1187)
    text = "3 月，共服务群众 1178 人（次）。"
    assert rules(text, stale, right) == ["stale_vintage"]
    assert rules(text, stale, right, counted("onsite_consultations", 1178)) == []
    assert rules(text, stale) == [], "nothing holds in its stead"


def test_what_other_metrics_were_in_other_months_explains_nothing() -> None:
    numbers = [counted("phone_consultations", 1187), counted("onsite_consultations", 1190, FEBRUARY)]
    assert rules("3 月，电话咨询 1190 人（次）。", *numbers) == ["stray_number"]


@pytest.mark.parametrize("month", ["2025-03", FEBRUARY])
def test_a_share_of_what_nobody_certified_is_not_reckoned(month: str) -> None:
    numbers = [counted("online_accepted", 54_250), counted("items_handled", 0 if month == "2025-03" else 56_013, month)]
    assert rules("3 月，全程网办受理 5.43 万件，占比 96.85%。", *numbers) == []


@pytest.mark.parametrize(
    ("words", "online", "handled", "expected"),
    [
        ("环比提高 5 个百分点", {FEBRUARY: 40}, {FEBRUARY: 100}, "占比提高 10 个百分点"),
        ("环比提高 5 个百分点", {FEBRUARY: 60}, {FEBRUARY: 100}, "占比下降 10 个百分点"),
        ("环比提高 5 个百分点", {FEBRUARY: 50}, {FEBRUARY: 100}, "占比持平 0 个百分点"),
        ("提高 5 个百分点", {FEBRUARY: 40, A_YEAR_AGO: 45}, {FEBRUARY: 100, A_YEAR_AGO: 100}, ""),
        ("环比提高 5 个百分点", {}, {FEBRUARY: 100}, ""),
        ("环比提高 5 个百分点", {FEBRUARY: 40}, {}, ""),
        ("环比提高 5 个百分点", {FEBRUARY: 0}, {FEBRUARY: 0}, ""),
    ],
)
def test_how_a_share_changed(words: str, online: dict[str, int], handled: dict[str, int], expected: str) -> None:
    counts = {"online_accepted": {"2025-03": 50, **online}, "items_handled": {"2025-03": 100, **handled}}
    numbers = [counted(metric, exact, month) for metric, months in counts.items() for month, exact in months.items()]
    found = proofread(f"3 月，全程网办受理占比{words}。", KnownNumbers("2025-03", numbers, ())).findings
    assert [finding.expected.rpartition("，")[2] for finding in found] == [expected] * bool(expected)
