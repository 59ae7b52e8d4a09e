"""Extracts and quarantine: nothing changes once it is there, whoever writes beside, whenever somebody is killed."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.landing.manifest import Counted, Landing, LandingError, Provenance, SiteCounts
from orchestration.landing.parquet import SCHEMA, content_digest
from orchestration.landing.quarantine import Quarantine, Refusal
from tests.counts import counts_of

DAY = dt.date(2025, 3, 12)
HALL = "510000"
BY = Provenance(run_id="run", code_version="code", suite_version="suite")


def _row(department: str, count: int, item: str | None = None, hall: str = HALL) -> dict[str, Any]:
    return {
        "stat_date": DAY.isoformat(),
        "hall_code": hall,
        "department_code": department,
        "item_code": item,
        "measure": "online_accepted",
        "count": count,
        "origin": "page 1 row 1",
    }


ROWS = (_row("D02", 5), _row("D01", 3, "D01-001"), _row("D01", 2**62))


def _counted(rows: Sequence[dict[str, Any]] = ROWS, day: dt.date = DAY) -> Counted:
    counts = SiteCounts(counts_of(rows), {"online_accepted": 8}, "here", {"key_is_unique": "passed"})
    return Counted("online_platform", day, "answered", {HALL: counts})


def test_an_extract_holds_the_contract_and_its_entry_vouches_for_it(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    extract = landing.land(_counted(), BY)
    table = pq.read_table(landing.path(extract))
    assert table.schema == SCHEMA
    assert [(row["department_code"], row["item_code"], row["count"]) for row in table.to_pylist()] == [
        ("D01", "D01-001", 3),
        ("D01", None, 2**62),
        ("D02", None, 5),
    ]
    assert (extract.row_count, extract.count_sum, extract.sums) == (3, 2**62 + 8, {"online_accepted": 2**62 + 8})
    entry = extract.sites[HALL]
    assert (entry.declared, entry.source, extract.sources) == ({"online_accepted": 8}, "here", ["here"])
    assert (extract.run_id, extract.code_version, extract.suite_version) == ("run", "code", "suite")
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(extract.landed_at)
    assert dt.timedelta() <= age < dt.timedelta(minutes=10)
    assert landing.current("online_platform", DAY) == extract
    assert landing.read(landing.path(extract).with_suffix(".json").relative_to(tmp_path)) == extract
    assert landing.damage(extract) == ""


def test_a_closed_day_is_an_extract_without_rows(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    extract = landing.land(replace(_counted(()), state="closed"), BY)
    assert (extract.state, extract.row_count, extract.sums) == ("closed", 0, {})
    assert pq.read_table(landing.path(extract)).schema == SCHEMA


def test_the_order_of_rows_and_where_they_stood_do_not_matter(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    first = landing.land(_counted(), BY)
    moved = [{**row, "origin": "page 2 row 9"} for row in reversed(ROWS)]
    assert landing.land(_counted(moved), BY) == first
    assert content_digest(counts_of(moved)) == first.sites[HALL].content_sha256


def test_digests_are_what_they_were_when_older_extracts_landed(tmp_path: Path) -> None:
    named = [_row("D01", 3, "第一项"), *ROWS]
    assert (
        content_digest(counts_of(named))
        == content_digest(counts_of(named[::-1]))
        == "68930999aa9876617ef69af6b2ac3298903e3906bf9d5de5e823004f1e895b7c"
    )
    extract = Landing(tmp_path).land(_sites(s510300="passed", s510100="passed"), BY)
    assert extract.content_sha256 == "0e55a0c2f7bf555710dc550f46a1569980cfc9853ef10226243b3f50bb3c8ace"
    assert extract.sources == ["source of s510100", "source of s510300"]


def test_an_entry_that_an_older_version_wrote_is_whole(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    entry = landing.path(landing.land(_counted(), replace(BY, run_id="三月补报"))).with_suffix(".json")
    written = {
        "sha256": "a" * 64,
        "landed_at": "2025-03-13T01:00:00+00:00",
        "digest": "9a74710daf942f5e9b7882d0b606be1cb6a0d6c3e088c31589edaac65662efba",
    }
    entry.write_text(json.dumps({**json.loads(entry.read_bytes()), **written}), encoding="utf-8")
    found = landing.current("online_platform", DAY)
    assert found
    assert found.run_id == "三月补报"


def test_a_null_item_is_not_an_empty_one() -> None:
    assert content_digest(counts_of([_row("D01", 1)])) != content_digest(counts_of([_row("D01", 1, "")]))


@pytest.mark.parametrize("other", ["rows", "suite", "state"])
def test_what_differs_is_a_new_extract_beside_the_old(tmp_path: Path, other: str) -> None:
    landing = Landing(tmp_path)
    first = landing.land(_counted(), BY)
    before = landing.path(first).read_bytes()
    counted, by = {
        "rows": (_counted([_row("D01", 9)]), BY),
        "suite": (_counted(), replace(BY, suite_version="stricter")),
        "state": (replace(_counted(()), state="closed"), BY),
    }[other]
    second = landing.land(counted, by)
    assert (second.sequence, landing.current("online_platform", DAY)) == (2, second)
    assert landing.history("online_platform", DAY) == [first, second]
    sequences = [landing.newest_sequence("online_platform", day) for day in (DAY, dt.date(2025, 3, 13))]
    assert sequences == [2, 0]
    assert landing.path(first).read_bytes() == before


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    extract = landing.land(_counted(), BY)
    path = landing.path(extract)
    content = path.read_bytes()
    for place in range(0, len(content), max(1, len(content) // 64)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert "was changed" in landing.damage(extract)
    path.unlink()
    assert "can't be read" in landing.damage(extract)


def _sites(**outcomes: str) -> Counted:
    """Counts of some sites, named `s510100`, and what the suite's one rule said of each."""
    sites = {
        name[1:]: SiteCounts(
            counts_of([_row("D01", 1, hall=name[1:])]), {}, f"source of {name}", {"volume_is_near_usual": outcome}
        )
        for name, outcome in outcomes.items()
    }
    return Counted("online_platform", DAY, "answered", sites)


def test_sites_that_an_older_suite_judged_are_not_taken_over(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.land(_sites(s510100="passed", s510300="passed"), BY)
    assert list(landing.land(_sites(s510100="passed"), replace(BY, suite_version="stricter")).sites) == ["510100"]


def test_sites_of_another_state_are_not_taken_over(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.land(_sites(s510100="passed", s510300="passed"), BY)
    assert list(landing.land(replace(_sites(s510100="passed"), state="closed"), BY).sites) == ["510100"]


def test_sites_that_are_taken_over_keep_their_entry_and_warnings(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    first = landing.land(_sites(s510100="warned"), BY)
    second = landing.land(_sites(s510300="passed"), BY)
    assert list(second.sites) == ["510100", "510300"]
    assert second.sites["510100"] == first.sites["510100"]
    assert second.checks == {"volume_is_near_usual": "warned"}
    assert [row["hall_code"] for row in landing.counts(second).rows()] == ["510100", "510300"]


def test_sites_of_a_file_that_is_not_what_was_landed_are_not_taken_over(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.path(landing.land(_sites(s510100="passed"), BY)).unlink()
    assert list(landing.land(_sites(s510300="passed"), BY).sites) == ["510300"]


@pytest.mark.parametrize("outcomes", [("warned", "passed"), ("passed", "warned"), ("not_applicable", "warned")])
def test_the_worst_outcome_of_all_sites_counts(tmp_path: Path, outcomes: tuple[str, str]) -> None:
    extract = Landing(tmp_path).land(_sites(s510100=outcomes[0], s510300=outcomes[1]), BY)
    assert extract.checks == {"volume_is_near_usual": "warned"}


def test_a_lost_file_is_put_back_by_the_same_rows_only(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    first = landing.land(_counted(), BY)
    content = landing.path(first).read_bytes()
    landing.path(first).unlink()
    second = landing.land(_counted([_row("D01", 9)]), BY)
    assert (second.sequence, landing.path(first).exists()) == (2, False)
    landing.path(second).unlink()
    assert landing.land(_counted([_row("D01", 9)]), BY) == second
    assert landing.damage(second) == ""
    assert landing.path(second).read_bytes() != content


def test_a_changed_file_is_left_for_somebody_to_look_at(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    first = landing.land(_counted(), BY)
    landing.path(first).write_bytes(b"changed")
    second = landing.land(_counted(), BY)
    assert (second.sequence, landing.damage(second)) == (2, "")
    assert landing.path(first).read_bytes() == b"changed"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"system": "x"}'])
def test_an_entry_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    landing = Landing(tmp_path)
    entry = landing.path(landing.land(_counted(), BY)).with_suffix(".json")
    entry.write_text(content)
    with pytest.raises(LandingError, match=rf"{entry.name} is not a manifest entry .* move it away and pull"):
        landing.current("online_platform", DAY)


def test_an_entry_that_was_changed_is_no_entry(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    entry = landing.path(landing.land(_counted(), BY)).with_suffix(".json")
    document = json.loads(entry.read_bytes())
    entry.write_text(json.dumps({**document, "row_count": 4}))
    with pytest.raises(LandingError, match=r"it was changed since it was written"):
        landing.current("online_platform", DAY)
    del document["digest"]
    entry.write_text(json.dumps(document))
    assert landing.current("online_platform", DAY), "version 0.1 wrote no digest"


@pytest.mark.parametrize(
    "place", ["courier/{day}/{name}", "online_platform/2025-03-13/{name}", "online_platform/{day}/0002-{rest}"]
)
def test_an_entry_vouches_for_its_own_place_only(tmp_path: Path, place: str) -> None:
    landing = Landing(tmp_path)
    entry = landing.path(landing.land(_counted(), BY)).with_suffix(".json")
    copied = tmp_path / place.format(day=DAY, name=entry.name, rest=entry.name.partition("-")[2])
    copied.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(entry, copied)
    with pytest.raises(LandingError, match=f"it is the entry of online_platform {DAY}, .*, and was moved here"):
        landing.read(copied.relative_to(tmp_path))


def test_a_file_without_its_entry_is_not_there(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    extract = landing.land(_counted(), BY)
    landing.path(extract).with_suffix(".json").unlink()
    assert landing.current("online_platform", DAY) is None
    assert landing.land(_counted(), BY).sequence == 1


# A process of its own that lands days again and again, each time otherwise, as it is told.
_LANDER = """
import datetime as dt, json, sys
from pathlib import Path
from orchestration.landing.manifest import Counted, SiteCounts, Landing, Provenance
from orchestration.landing.quarantine import Quarantine
from tests.counts import counts_of
from tests.test_landing import _row
root, who, days, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
while not (root / "go").exists():
    pass
for number in range(times):
    for offset in range(days):
        day = dt.date(2025, 3, 1) + dt.timedelta(days=offset)
        row = {**_row("D01", number), "stat_date": day.isoformat()}
        counted = Counted("online_platform", day, "answered", {"510000": SiteCounts(counts_of([row]), {}, who, {})})
        Landing(root / "landing").land(counted, Provenance(who, "code", "suite"))
        Quarantine(root / "quarantine").resolve("online_platform", day, "510000")
"""


def _lander(root: Path, who: str, days: int, times: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _LANDER, str(root), who, str(days), str(times)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[1])


def _history(landing: Landing, root: Path, day: dt.date) -> list[dict[str, Any]]:
    """All entries of a day, in order; each has its file, undamaged."""
    entries = sorted((root / "landing" / "online_platform" / day.isoformat()).glob("*.json"))
    documents = [json.loads(path.read_bytes()) for path in entries]
    assert landing.current("online_platform", day)
    assert not [extract for extract in landing.history("online_platform", day) if landing.damage(extract)]
    return documents


def test_processes_that_land_the_same_day_at_once_leave_one_history(tmp_path: Path) -> None:
    days, times = 3, 8
    quarantine = Quarantine(tmp_path / "quarantine")
    for offset in range(days):
        day = dt.date(2025, 3, 1) + dt.timedelta(days=offset)
        for number in range(20):
            quarantine.keep(Refusal("online_platform", str(day), HALL, f"{number}", "now", "run", answered=True))
    landers = [_lander(tmp_path, who, days, times) for who in ("one", "other")]
    (tmp_path / "go").touch()
    assert [lander.wait() for lander in landers] == [0, 0]
    landing = Landing(tmp_path / "landing")
    for offset in range(days):
        day = dt.date(2025, 3, 1) + dt.timedelta(days=offset)
        history = _history(landing, tmp_path, day)
        assert [entry["sequence"] for entry in history] == list(range(1, len(history) + 1))
        contents = [entry["content_sha256"] for entry in history]
        assert all(one != next_one for one, next_one in pairwise(contents))
        assert times <= len(history) <= 2 * times
        assert quarantine.open_refusals("online_platform", day) == {}


def test_killed_at_many_moments_the_landing_stays_whole(tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    landing = Landing(tmp_path / "landing")
    for wanted in (1, 9, 30, 77, 130):
        lander = _lander(tmp_path, f"until {wanted}", days=10, times=1000)
        while len(list(tmp_path.glob("landing/*/*/*.json"))) < wanted:
            assert lander.poll() is None
            time.sleep(0.001)
        lander.send_signal(signal.SIGKILL)
        lander.wait()
        for folder in tmp_path.glob("landing/online_platform/*"):
            day = dt.date.fromisoformat(folder.name)
            if landing.current("online_platform", day):
                history = _history(landing, tmp_path, day)
                assert [entry["sequence"] for entry in history] == list(range(1, len(history) + 1))


def test_a_refusal_is_kept_once_and_becomes_history(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    refusal = Refusal(
        "courier", str(DAY), HALL, "没有件数", "2025-03-13T01", "run", answered=True, rows=[{"count": 1.5}]
    )
    first = quarantine.keep(refusal)
    assert first == tmp_path / "courier" / str(DAY) / HALL / "6d52a2cf6c62.json"
    assert quarantine.keep(replace(refusal, refused_at="2025-03-13T02")) == first
    later = replace(refusal, reason="another why", refused_at="2025-03-13T03", answered=False)
    quarantine.keep(later)
    assert quarantine.open_refusals("courier", DAY) == {HALL: replace(later, rows=[{"count": 1.5}])}
    quarantine.resolve("courier", DAY, HALL)
    assert quarantine.open_refusals("courier", DAY) == {}
    assert len(list(tmp_path.rglob("*.resolved.json"))) == 2
    quarantine.keep(refusal)
    assert quarantine.open_refusals("courier", DAY) == {HALL: refusal}


def test_what_is_refused_need_not_be_text_and_numbers(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    rows = [{"count": Decimal("1.50"), "stat_date": DAY}]
    quarantine.keep(Refusal("courier", str(DAY), HALL, "why", "now", "run", answered=True, rows=rows))
    (kept,) = quarantine.all_open()
    assert kept.rows == [{"count": "1.50", "stat_date": "2025-03-12"}]


def test_all_refusals_are_told_the_latest_day_first(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    told = [
        ("courier", "2025-03-12", "510300"),
        ("courier", "2025-03-12", "510000"),
        ("call_centre", "2025-03-12", "510300"),
        ("courier", "2025-03-11", "510000"),
        ("call_centre", "2025-03-10", "510000"),
    ]
    for system, day, site in sorted(told):
        for when, why in (("2025-03-13T01", "first"), ("2025-03-13T02", "last")):
            quarantine.keep(Refusal(system, day, site, why, when, "run", answered=True))
    found = quarantine.all_open()
    assert [(each.system, each.stat_date, each.hall) for each in found] == told
    assert {each.reason for each in found} == {"last"}
