"""A day of which a system says that there was nothing: it lands, and is neither missing nor closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.halls import Hall

DAY = "2025-03-12"


def _say(hall: Hall, *lines: str) -> None:
    """What the call centre's file of the day holds below its header."""
    file = hall.demo / "call_centre" / f"电话咨询_{DAY.replace('-', '')}.csv"
    header = file.read_bytes().decode("gbk").split("\r\n")[0]
    file.write_bytes("\r\n".join([header, *lines, ""]).encode("gbk"))


def test_a_total_of_zero_and_no_rows_are_an_answer(printed_hall: Hall, tmp_path: Path) -> None:
    hall = printed_hall.copy(tmp_path, demo=True)
    before = hall.numbers("2025-03")["phone_consultations"]
    _say(hall, "合计,,,0")

    pulled = hall.run("pull", DAY, "--system", "call_centre")

    assert pulled.exit_code == 0, pulled.output
    revised = hall.run("revise", "2025-03", "--reason", "source_correction", "--note", "当日无来电")
    assert revised.exit_code == 0, revised.output
    assert hall.numbers("2025-03")["phone_consultations"] < before
    assert hall.run("verify").exit_code == 0


@pytest.mark.parametrize("lines", [(), ("合计,,,",), ("合计,,,3",)])
def test_without_a_total_of_zero_no_rows_are_missing(
    printed_hall: Hall, tmp_path: Path, lines: tuple[str, ...]
) -> None:
    hall = printed_hall.copy(tmp_path, demo=True)
    _say(hall, *lines)
    pulled = hall.run("pull", DAY, "--system", "call_centre")
    assert pulled.exit_code == 1
    assert f"call_centre 电话咨询, hall 510000, {DAY}" in pulled.output
