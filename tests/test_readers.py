"""What other programs read of a state folder: each fact once, whatever they read it with."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest
from pyarrow import fs

from expectations.rules import RULES
from orchestration.certification import monthly_report
from orchestration.runtime.paths import PROJECT_ROOT, Home
from reports import files
from tests.halls import Hall
from tests.servers.browser import open_browser

FACTS = "fct_monthly_metrics.parquet"


def _count(published: Path) -> dict[str, int]:
    """How many rows of one fact's file readers of a folder find."""
    pattern = f"{published}/**/{FACTS}"
    found = [path for path in published.rglob(FACTS) if path.is_file()]
    listed = fs.LocalFileSystem().get_file_info(fs.FileSelector(str(published), recursive=True))
    arrow = [entry for entry in listed if entry.base_name == FACTS]
    rows = {"DuckDB": _rows(pattern), "polars": pl.scan_parquet(pattern).select(pl.len()).collect().item()}
    return {"folder": len(found), "pyarrow": len(arrow), **rows}


def _digests(published: Path) -> dict[str, str]:
    """Of March's facts, without the inputs beside them, which name the state folder."""
    every = files.digests(published / "2025-03" / "facts")
    return {name: digest for name, digest in every.items() if "/" not in name}


def _rows(pattern: str) -> int:
    with duckdb.connect() as client:
        return int(client.execute(f"SELECT count(*) FROM read_parquet('{pattern}')").fetchall()[0][0])


def test_readers_of_the_whole_folder_meet_each_fact_once_however_often_it_was_built(
    printed_hall: Hall, tmp_path: Path
) -> None:
    hall = printed_hall.copy(tmp_path)
    published = hall.home / "published"
    before = _count(published)
    rows = _rows(f"{published}/2025-03/facts/{FACTS}")
    assert before == {"folder": 1, "pyarrow": 1, "DuckDB": rows, "polars": rows}
    facts = _digests(published)
    shutil.rmtree(published / "2025-03" / "facts")
    again = hall.run("report", "2025-03", "--no-pull")
    assert again.exit_code == 0, again.output
    (published / "2025-03" / "build.json").unlink()
    again = hall.run("report", "2025-03", "--no-pull")
    assert again.exit_code == 0, again.output
    assert _count(published) == before
    assert _digests(published) == facts
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


# --- Data Docs -----------------------------------------------------------------------------------------------------


def test_data_docs_open_without_network_and_without_an_error(hall: Hall, tmp_path: Path) -> None:
    other = Hall(tmp_path, hall.variables)
    pulled = other.run("pull", "2025-03-12", "--system", "courier", "--data-docs")
    assert pulled.exit_code == 0, pulled.output
    index = Path(pulled.stdout.split("Data Docs: ")[1].strip())
    with open_browser() as browser, browser.tab() as tab:
        tab.page.goto(index.as_uri())
        rules = tab.page.locator("tbody tr")
        assert {rule.name for rule in RULES} <= {
            text.split(" ")[0] for text in rules.locator("td:nth-child(2)").all_inner_texts()
        }
        tab.page.locator("a").first.click()
        assert "default-src" in tab.page.content()
    assert tab.errors == []
    assert [address for address in tab.requests if not address.startswith(("file:", "data:"))] == []


def test_a_refused_pull_names_its_data_docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monthly_report, "current_home", lambda: Home(tmp_path))
    for system in ("courier", "call_centre"):
        files.write_bytes(tmp_path / "data_docs" / "run" / system / "index.html", b"")
    outcome = monthly_report.RunOutcome("run", success=False, messages=("courier 邮寄 2025-03-12: refused",))
    assert monthly_report.docs_of(outcome) == [
        f"Data Docs: {tmp_path}/data_docs/run/{system}/index.html" for system in ("call_centre", "courier")
    ]
    assert monthly_report.docs_of(replace(outcome, run_id="another")) == [
        "Data Docs: none, for no new answer was judged"
    ]


# --- semantic models -----------------------------------------------------------------------------------------------


def _pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==(\S+)", path.read_text(), re.MULTILINE))


def test_semantic_models_pin_the_versions_that_are_tested_here() -> None:
    pins = _pins(PROJECT_ROOT / "reports" / "semantic" / "files" / "requirements.txt")
    assert {"dbt-core", "dbt-duckdb", "dbt-metricflow", "duckdb"} <= pins.keys()
    assert pins.items() <= _pins(PROJECT_ROOT / "requirements-dev.lock").items()
