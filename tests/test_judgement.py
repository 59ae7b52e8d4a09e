"""Landed counts under rules and words that came after them: judged where they lie, and no source is asked."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from expectations.vocabulary import Vocabulary
from orchestration.landing.judgement import Judgement, Judgements
from orchestration.landing.manifest import Landing
from orchestration.runtime.paths import Home
from tests.faults import hall_folder
from tests.halls import Hall

MONTH = "2025-03"
WORDS = Vocabulary(frozenset({"510000"}), frozenset({"D01"}), frozenset({"online_accepted"}))


@pytest.fixture
def judged_anew(built_hall: Hall, tmp_path: Path) -> Hall:
    """A hall whose March is built, in which nobody can be asked, and whose settings may be changed."""
    hall = built_hall.copy(tmp_path)
    hall.environment["YUEBAO_DEMO_URL"] = "http://127.0.0.1:1"
    hall.environment["YUEBAO_DEMO_DIR"] = str(tmp_path / "nowhere")
    hall.environment["YUEBAO_HALL"] = str(hall_folder(tmp_path / "hall"))
    return hall


def _judgements(hall: Hall) -> list[Path]:
    return sorted((hall.home / "landing").glob("*/*/judged/*.json"))


def _settings(hall: Hall, old: str, new: str) -> None:
    path = Path(hall.environment["YUEBAO_HALL"]) / "hall.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_code_that_is_added_makes_nothing_stale(judged_anew: Hall) -> None:
    with (Path(judged_anew.environment["YUEBAO_HALL"]) / "catalogue" / "departments.csv").open("a") as table:
        table.write("D99,新设部门\n")
    status = judged_anew.run("status", MONTH)
    assert "checks are stale: of" not in status.output
    assert _judgements(judged_anew) == []


def test_changed_words_are_judged_over_what_is_landed(judged_anew: Hall) -> None:
    _settings(
        judged_anew, 'title = "一体化政务服务平台"', 'title = "一体化政务服务平台"\nitem_codes = "D[0-9]{2}-00[0-2]"'
    )
    assert "checks are stale: of" in judged_anew.run("status", MONTH).output

    drafted = judged_anew.run("report", MONTH, "--draft", "--no-pull")

    assert drafted.exit_code == 0, drafted.output
    judged = [json.loads(path.read_text()) for path in _judgements(judged_anew)]
    assert len(judged) == 31
    assert all(each["checks"]["item_is_known"] == "warned" for each in judged)
    assert all("hall 510000 wouldn't land today: item_is_known" in each["would_fail"][0] for each in judged)
    status = judged_anew.run("status", MONTH)
    assert "checks are stale: of" not in status.output
    assert "item_is_known warned" in status.output
    by_day = judged_anew.run("status", MONTH, "--checks").stdout.splitlines()
    (said,) = (line.split() for line in by_day if line.startswith("online_platform item_is_known"))
    assert said[2:] == ["~"] * 31
    assert judged_anew.run("report", MONTH, "--draft", "--no-pull").exit_code == 0
    assert len(_judgements(judged_anew)) == 31, "what is judged isn't judged again"


def test_the_next_pull_judges_what_is_landed_of_its_system(built_hall: Hall, tmp_path: Path) -> None:
    hall = built_hall.copy(tmp_path)
    hall.environment["YUEBAO_HALL"] = str(hall_folder(tmp_path / "hall"))
    _settings(hall, 'title = "电话咨询"', 'title = "电话咨询"\nitem_codes = "[0-9]+"')

    pulled = hall.run("pull", "2025-03-12", "--system", "call_centre")

    assert pulled.exit_code == 0, pulled.output
    days = {path.parent.parent.name for path in _judgements(hall)}
    assert len(days) == 30, "the day that was asked for landed anew, under the words of today"
    assert "2025-03-12" not in days
    assert "checks are stale: of" not in hall.run("status", MONTH).output


def test_a_judgement_is_of_one_file_and_one_version(built_hall: Hall, tmp_path: Path) -> None:
    hall = built_hall.copy(tmp_path)
    extract = Landing(Home(hall.home).landing).current("courier", dt.date(2025, 3, 12))
    assert extract
    kept = Judgements(hall.home / "landing")
    version = f"{extract.suite_version.partition('-')[0]}-other"
    assert kept.of(extract, extract.suite_version, WORDS) == Judgement(
        extract.sha256, extract.suite_version, extract.checks
    )
    assert kept.of(extract, version, WORDS) is None
    judged = Judgement(extract.sha256, version, {"key_is_unique": "passed"}, ("why",), "then", "run", "code")
    kept.keep(extract, judged)
    assert kept.of(extract, version, WORDS) == judged
    assert kept.of(replace(extract, sha256="another"), version, WORDS) is None
    assert kept.of(extract, "other-other", WORDS) is None
    (file,) = (hall.home / "landing").glob("courier/2025-03-12/judged/*.json")
    file.write_text("{}")
    assert kept.of(extract, version, WORDS) is None


def test_what_passed_by_fewer_words_passes_by_more(tmp_path: Path, built_hall: Hall) -> None:
    extract = Landing(Home(built_hall.home).landing).current("courier", dt.date(2025, 3, 12))
    assert extract
    old = replace(extract, suite_version="suite-1")
    kept = Judgements(tmp_path)
    kept.keep_words("suite-1", WORDS)
    more = replace(WORDS, departments=WORDS.departments | {"D02"})
    assert kept.of(old, "suite-2", more)
    assert not kept.of(old, "another-2", more), "a rule was changed"
    assert not kept.of(old, "suite-2", replace(more, departments=frozenset({"D02"}))), "a code was taken away"
    assert not kept.of(old, "suite-2", replace(more, item_codes="x")), "items have another shape"
    assert not kept.of(replace(old, suite_version="suite-0"), "suite-2", more), "its words aren't known"
