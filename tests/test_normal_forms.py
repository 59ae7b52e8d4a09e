"""What becomes of counts, codes and days as senders write them."""

import datetime as dt
from typing import Any

import pytest

from orchestration.sources.files.cell_values import intended_value
from orchestration.sources.normal_forms import normal_column, whole_number

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
