"""Files and database rows of the demo hall, made month by month when somebody first asks for them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from filelock import FileLock

from orchestration.demo.days import days_of, is_over, today_in_shanghai
from orchestration.demo.drop_folders import drop_files
from orchestration.demo.window_database import has_unfinished_write, record_days
from orchestration.demo.world import SEED
from reports.files import write_bytes


def ensure_month(folder: Path, month: str, today: date | None = None) -> None:
    """Make the drop files and window cases of a month's finished days, those that haven't been made yet.

    What was made is never made again: a file that somebody deletes or damages stays so until its marker under
    `.made/` is deleted too. Safe in two processes at once, and when killed at any moment.

    Args:
        folder: the demo's folder.
        month: such as `2025-03`; a month with no finished day is left empty.
        today: the first day that isn't finished; today in Asia/Shanghai if absent.

    Raises:
        ValueError: `month` isn't a month, or lies before the demo's first one.
    """
    finished = [day for day in days_of(month) if is_over(day, today or today_in_shanghai())]
    if not _to_make(folder, month, finished) and not has_unfinished_write(folder):
        return
    for name in ("courier", "call_centre", ".made"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".making.lock"):
        days = _to_make(folder, month, finished)
        record_days(folder, days)
        for day in days:
            drop_files(folder, day)
        if days:
            write_bytes(_marker(folder, month), f"{SEED} {days[-1]}\n".encode())


def _to_make(folder: Path, month: str, finished: Sequence[date]) -> list[date]:
    """The finished days that the marker doesn't speak of; all of them if another version of the world made the rest."""
    marker = _marker(folder, month)
    seed, _, last = marker.read_text(encoding="utf-8").strip().partition(" ") if marker.exists() else ("", "", "")
    return [day for day in finished if seed != SEED or day > date.fromisoformat(last)]


def _marker(folder: Path, month: str) -> Path:
    return folder / ".made" / month
