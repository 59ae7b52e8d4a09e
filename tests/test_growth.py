"""A month costs what it cost in the first year: what is read, asked and kept doesn't grow with the months before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from orchestration.sources.files.storage import Folder, local
from reports.figures.months import days_between, days_of
from tests.small_halls import SmallHall

MONTHS = ("2025-01", "2025-02", "2025-03")
_LISTENERS: list[list[str]] = []


def _hear(event: str, details: tuple[Any, ...]) -> None:
    if _LISTENERS and event in {"open", "os.scandir", "os.listdir"}:
        _LISTENERS[-1].append(str(details[0]))


@contextmanager
def opened() -> Iterator[list[str]]:
    """The files and folders that this process opens meanwhile."""
    sys.addaudithook(_hear)
    _LISTENERS.append([])
    try:
        yield _LISTENERS[-1]
    finally:
        _LISTENERS.pop()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> SmallHall:
    """A hall with two certified months, and the third one's files."""
    hall = SmallHall.begun(tmp_path_factory.mktemp("growth"))
    for month in MONTHS:
        hall.drop_month(month)
    done = hall.run("backfill", "2025-01..2025-02", "--certify")
    assert done.exit_code == 0, done.output
    return hall


def test_a_month_reads_nothing_of_those_long_before_but_their_certificates(hall: SmallHall) -> None:
    with opened() as paths:
        reported = hall.run("report", "2025-03")
    assert reported.exit_code == 0, reported.output
    landing, published = hall.home / "landing" / "counter", hall.home / "published"
    assert any(path.startswith(str(landing / "2025-03-01")) for path in paths)
    # The last day is what February's stocks are held against.
    of_january = [*(str(landing / str(day)) for day in days_of("2025-01")[:-1]), str(published / "2025-01" / "r1")]
    assert [path for path in paths if path.startswith(tuple(of_january))] == []
    assert [path for path in paths if path.startswith(str(published / "2025-01" / "facts") + "/")] == []


def test_a_late_correction_of_a_settled_month_is_found(hall: SmallHall) -> None:
    assert (hall.home / "settled.json").exists()
    hall.drop(days_of("2025-01")[9], ["D1", "D2"], accepted=6, open=1)
    pulled = hall.run("pull", "2025-01-10")
    assert pulled.exit_code == 0, pulled.output
    assert "2025-01: 待修订" in hall.run("alerts").stdout


def test_a_drop_folder_of_ten_years_is_asked_about_the_days_file_alone(tmp_path: Path) -> None:
    for day in days_between(days_of("2015-01")[0], days_of("2024-12")[-1]):
        (tmp_path / f"日报_{day}.csv").touch()
    told: list[str] = []
    storage = LocalFileSystem(skip_instance_cache=True)
    info = storage.info

    def heard(path: str) -> Any:
        told.append(path)
        return info(path)

    storage.info = heard
    (file,) = Folder(replace(local(str(tmp_path)), connect=lambda: storage)).files(lambda name: "2024-12-05" in name)
    assert told == [file.path] == [str(tmp_path / "日报_2024-12-05.csv")]
