"""Just over and just under each threshold of proofreading: one more, one fewer, one character longer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.figures.rounding import printed
from reports.proofreading import KnownNumber, KnownNumbers, passages_of, proofread
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
    [(10_099, []), (10_100, ["direction"]), (9_901, []), (9_900, ["direction"])],
)
def test_nearly_level_is_less_than_one_per_cent(now: int, expected: list[str]) -> None:
    base = counted("documents_issued", 10_000, "2025-02")
    assert rules("3 月，窗口出件量环比基本持平。", counted("documents_issued", now), base) == expected


@pytest.mark.parametrize(
    ("exact", "expected"),
    [(2301, "wrong_rounding"), (2300, "stray_number"), (2499, "wrong_rounding"), (2500, "stray_number")],
)
def test_a_wrong_rounding_is_less_than_one_of_its_last_digit_away(exact: int, expected: str) -> None:
    assert rules("3 月，窗口出件量 0.24 万件。", counted("documents_issued", exact)) == [expected]


@pytest.mark.parametrize(("exact", "expected"), [(2399, "wrong_unit"), (2400, "stray_number")])
def test_a_rounded_count_in_the_wrong_unit_is_less_than_one_of_its_last_digit_away(exact: int, expected: str) -> None:
    assert rules("3 月，窗口出件量 2300 件。", counted("documents_issued", exact)) == [expected]


@pytest.mark.parametrize(("stale", "expected"), [(117, ["stale_vintage"]), (17, [])])
def test_a_number_without_a_name_is_taken_for_a_revised_one_from_three_digits_on(
    stale: int, expected: list[str]
) -> None:
    numbers = [counted("phone_consultations", stale, superseded=True), counted("phone_consultations", stale + 3)]
    assert rules(f"3 月，共服务群众 {stale} 人（次）。", *numbers) == expected


@pytest.mark.parametrize(("length", "expected"), [(8, ["stray_number"]), (9, [])])
def test_a_label_reaches_over_eight_characters_that_say_nothing(length: int, expected: list[str]) -> None:
    words = "甲乙丙丁戊己庚辛壬"[:length]
    assert rules(f"3 月，电话咨询{words} 1000 人（次）。", counted("phone_consultations", 1187)) == expected


@pytest.mark.parametrize(("exact", "expected"), [(187, ["wrong_unit"]), (87, [])])
def test_a_certified_number_in_a_foreign_unit_is_known_from_three_digits_on(exact: int, expected: list[str]) -> None:
    assert rules(f"3 月，电话咨询 {exact} 台。", counted("phone_consultations", exact)) == expected


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
