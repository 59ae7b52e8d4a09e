"""What other programs read of a state folder: each fact once, whatever they read it with."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from pyarrow import fs

from reports import files
from tests.halls import Hall

FACTS = "fct_monthly_metrics.parquet"


def _count(published: Path) -> dict[str, int]:
    """How many rows of one fact's file readers of a folder find."""
    pattern = f"{published}/**/{FACTS}"
    found = [path for path in published.rglob(FACTS) if path.is_file()]
    listed = fs.LocalFileSystem().get_file_info(fs.FileSelector(str(published), recursive=True))
    arrow = [entry for entry in listed if entry.base_name == FACTS]
    return {"folder": len(found), "pyarrow": len(arrow), "DuckDB": _rows(pattern)}


def _rows(pattern: str) -> int:
    with duckdb.connect() as client:
        return int(client.execute(f"SELECT count(*) FROM read_parquet('{pattern}')").fetchall()[0][0])


def test_readers_of_the_whole_folder_meet_each_fact_once_however_often_it_was_built(
    printed_hall: Hall, tmp_path: Path
) -> None:
    hall = printed_hall.copy(tmp_path)
    published = hall.home / "published"
    before = _count(published)
    assert before == {"folder": 1, "pyarrow": 1, "DuckDB": _rows(f"{published}/2025-03/facts/{FACTS}")}
    shutil.rmtree(published / "2025-03" / "facts")
    again = hall.run("report", "2025-03", "--no-pull")
    assert again.exit_code == 0, again.output
    (published / "2025-03" / "build.json").unlink()
    again = hall.run("report", "2025-03", "--no-pull")
    assert again.exit_code == 0, again.output
    assert _count(published) == before
    assert list((hall.home / "builds").iterdir()) == []


def test_facts_of_an_older_version_lie_where_readers_look_after_retention(printed_hall: Hall, tmp_path: Path) -> None:
    hall = printed_hall.copy(tmp_path)
    month = hall.home / "published" / "2025-03"
    expected = files.digests(month / "facts")
    (month / "builds").mkdir()
    (month / "facts").rename(month / "builds" / "abc-def")
    (month / "facts").symlink_to(Path("builds") / "abc-def")
    kept = hall.run("retention")
    assert kept.exit_code == 0, kept.output
    assert not (month / "builds").exists()
    assert not (month / "facts").is_symlink()
    assert files.digests(month / "facts") == expected


@pytest.mark.parametrize("can_exchange", [True, False])
@pytest.mark.parametrize("shown", ["nothing", "folder", "link"])
def test_a_folder_takes_its_place_and_what_lay_there_lies_aside(
    shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(files, "_exchanged", lambda _one, _other: False)
    aside, place = tmp_path / "aside", tmp_path / "place"
    aside.mkdir()
    (aside / "new").touch()
    if shown == "folder":
        place.mkdir()
        (place / "old").touch()
    elif shown == "link":
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to("elsewhere")
    files.exchange(aside, place)
    assert [path.name for path in place.iterdir()] == ["new"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "nothing": {"place"},
        "folder": {"aside", "place"},
        "link": {"aside", "place", "elsewhere"},
    }[shown]
    assert aside.is_symlink() == (shown == "link")
