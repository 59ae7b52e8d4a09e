"""A message is no longer than its channel takes, in bytes, and says how much it leaves out."""

from __future__ import annotations

import pytest

from orchestration.alerts.conditions import Condition
from orchestration.alerts.messages import compose
from orchestration.alerts.news import News
from tests.alerting import FIRST_DAY


def _many(count: int, words: int) -> News:
    # Every other day, so that none stands in a line with the next.
    conditions = {
        f"days courier {number}": Condition(
            "refused",
            f"days courier {number}",
            f"系统 {number}",
            f"拒收 {'很' * words}",
            "yuebao pull {days}",
            day=FIRST_DAY,
        )
        for number in range(count)
    }
    return News(conditions, {})


@pytest.mark.parametrize("words", [1, 100])
@pytest.mark.parametrize("longest", [2048, 6000, 100_000])
@pytest.mark.parametrize("count", [1, 5, 37, 400])
def test_a_message_fits_its_channel_and_counts_what_it_leaves_out(count: int, longest: int, words: int) -> None:
    message = compose("四川省政务服务大厅", _many(count, words), longest)
    lines = message.body.splitlines()
    told = sum(line.startswith("- ") for line in lines)
    assert len((message.title + message.body).encode()) <= min(longest, 6000)
    assert told >= min(count, 4)
    assert (lines[-1] == f"and {count - told} more: yuebao alerts") == (told < count)


def test_a_long_line_is_shortened() -> None:
    long = Condition("failure", "runs month", "run of month", "x" * 5000, "look")
    (_, line, _) = compose("hall", News({long.key: long}, {}), 6000).body.splitlines()
    assert (len(line), line[-1]) == (240, "…")
