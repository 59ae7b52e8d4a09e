"""The volume of a day beside what is usual: the band, how far outside of it, and the days most worth a look."""

from __future__ import annotations

import datetime as dt

import pytest

from expectations.volumes import Volume, band, volumes, worst

DAY = dt.date(2025, 3, 12)


def volume(counted: int, usual: int = 100, day: dt.date = DAY, measure: str = "online_accepted") -> Volume:
    return Volume(day, "510000", measure, counted, usual)


@pytest.mark.parametrize(
    ("usual", "expected"),
    [
        (0, (-30, 30)),
        (14, (-16, 44)),
        (15, (-15, 45)),
        (16, (-14, 48)),
        (44, (14, 132)),
        (46, (16, 138)),
        (99, (33, 297)),
        (100, (34, 300)),
    ],
)
def test_the_band_is_a_third_to_three_times_and_thirty_at_least(usual: int, expected: tuple[int, int]) -> None:
    assert band(usual) == expected


def test_no_count_is_expected_below_zero() -> None:
    assert (volume(0, 14).band, volume(0, 44).band) == ((0, 44), (14, 132))


@pytest.mark.parametrize(("counted", "expected"), [(32, 2), (33, 1), (34, 0), (100, 0), (300, 0), (301, 1), (302, 2)])
def test_what_lies_outside_is_counted_from_the_bands_edge(counted: int, expected: int) -> None:
    assert volume(counted).outside == expected


def test_a_row_without_history_or_that_cannot_be_summed_has_no_volume() -> None:
    row = {"asked_date": DAY, "asked_hall": "510000", "measure": "online_accepted", "counted": 7, "usual": 100}
    rows = [row, {**row, "usual": None}, {**row, "counted": None}, {**row, "counted": True}, {**row, "usual": "1"}]
    assert volumes(rows, {}) == (volume(7),)


def test_the_worst_lie_farthest_outside_then_farthest_from_usual() -> None:
    tomorrow = DAY + dt.timedelta(days=1)
    in_order = [
        volume(305),
        volume(30),
        volume(280),
        volume(40),
        volume(100, measure="a"),
        volume(100, measure="b"),
        volume(100, day=tomorrow, measure="a"),
    ]
    assert worst(in_order[::-1], 99) == in_order
    assert worst(in_order[::-1], 2) == in_order[:2]
