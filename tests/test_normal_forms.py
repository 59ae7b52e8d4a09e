"""What becomes of counts, codes and days as senders write them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from orchestration.sources.files.cell_values import intended_value
from orchestration.sources.normal_forms import in_least_units, normal_column, whole_number

MARKS = ("118①", "55²", "㊿", "１２³", "7ⅱ", "五", "٣", "1_000", "①", "1,20", "12,34,567", "1.000", "0x10", "1e3")


@pytest.mark.parametrize("written", MARKS)
def test_a_mark_makes_no_digit(written: str) -> None:
    assert isinstance(whole_number(written), str)


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("7.00", 7),
        ("5.0", 5),
        ("1,234.00", 1234),
        ("３．００", 3),
        ("-8.00", -8),
        ("7.0000", 7),
        ("7.50", "7.50"),
    ],
)
def test_a_databases_decimals_are_a_whole_number_when_they_are_zero(written: str, whole: Any) -> None:
    assert whole_number(written) == whole


@pytest.mark.parametrize(
    ("written", "code"),
    [(" Ｄ０１ ", "D01"), ("Ｉ－２", "I-2"), ("D①", "D①"), ("㈱01", "㈱01"), ("D²", "D²")],
)
def test_a_code_loses_its_width_and_nothing_else(written: str, code: str) -> None:
    assert normal_column("department_code", [written]) == [code]


@pytest.mark.parametrize("written", ["２０２５－０３－１２", "２０２５年３月１２日", "2025／3／12"])
def test_a_day_in_full_width_is_that_day(written: str) -> None:
    assert intended_value("stat_date", written, None) == dt.date(2025, 3, 12)


@pytest.mark.parametrize("written", ["2025年3月①②日", "2025-03-1²", "㋂12日"])
def test_a_mark_makes_no_day(written: str) -> None:
    assert intended_value("stat_date", written, None) == written


@pytest.mark.parametrize(
    ("stated", "scale", "least"),
    [
        ("12.5", 2, 1250),
        ("1,234.50", 2, 123_450),
        ("－１２．５０", 2, -1250),
        (12, 2, 1200),
        (0.1, 1, 1),
        # The shortest decimals that mean this float, of which times 100 would be 114.99999999999999.
        (1.15, 2, 115),
        (Decimal("12.5000"), 2, 1250),
        (Decimal("99999999999.99"), 2, 9_999_999_999_999),
        ("12.345", 3, 12_345),
        (None, 2, None),
        (True, 2, True),
        # More decimals than the measure has come back as their text.
        (0.125, 2, "0.125"),
        (Decimal("12.345"), 2, "12.345"),
        (Decimal("1E-7"), 2, "0.0000001"),
        # Three decimals may be a thousands group of another country's.
        ("12.500", 2, "12.500"),
        ("1,23.4", 1, "1,23.4"),
        ("12.5元", 2, "12.5元"),
        ("7.50", 0, "7.50"),
    ],
)
def test_an_amount_is_a_whole_number_of_its_least_unit(stated: Any, scale: int, least: Any) -> None:
    read = in_least_units(stated, scale)
    assert (read, type(read)) == (least, type(least))
