"""Derived numbers of a tree of sites: each by its own sums and those of all below it, and sites ranked by theirs."""

from __future__ import annotations

import datetime as dt
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.derived_halls import derive
from tests.site_halls import SitesHall
from tests.small_halls import DAILY

MONTHS = ("2025-01", "2025-02")
ROWS = {
    "rate": "ratio,completed,accepted,yes,,,,,,,,%",
    "to_date": "to_date,rate,,,,1,,,,,,%",
    "by_site": "rank,accepted,,,,,,,site,,,件",
    "by_department": "top_n,accepted,,,,,,,department,1,,件",
}
SPECIAL = dt.date(2025, 2, 10)
# Sites count their daily counts so many times; one county completes more in February.
TIMES = {"510822": 1, "510823": 2, "822001": 3, "822002": 4, "823001": 5}
COUNTED = {"510822": ("510822", "822001", "822002"), "510823": ("510823", "823001"), "822001": ("822001",)}


def candidate(hall: SitesHall, site: str, month: str) -> dict[str, Fraction]:
    path = hall.home / "published" / month / "sites" / site / "r1" / "inclusion.json"
    numbers = json.loads(path.read_text(encoding="utf-8"))["candidate"]["numbers"]
    return {number["metric"]: Fraction(number["exact"]) for number in numbers}


def evidence(hall: SitesHall, site: str, month: str) -> dict[str, Any]:
    folder = hall.home / "published" / month / "sites" / site / "r1"
    digest = json.loads((folder / "inclusion.json").read_text(encoding="utf-8"))["candidate"]["evidence"]["derived"]
    document: dict[str, Any] = json.loads((hall.home / "evidence" / digest).read_text(encoding="utf-8"))
    return document


def test_every_site_derives_by_its_own_sums_and_those_below_it(tmp_path: Path) -> None:
    hall = SitesHall.of_sites(tmp_path)
    derive(hall, **ROWS)
    for month in MONTHS:
        hall.drop_sites(month)
    for site, times in TIMES.items():
        more = 3 if site == "823001" else 0
        hall.drop_site(site, SPECIAL, times, completed=DAILY["completed"] * times + more)
    (hall.folder / "catalogue" / "stock_balances.csv").write_text("stock,measure,sign\n", encoding="utf-8")
    for month in MONTHS:
        done = hall.run("report", month, "--all")
        assert done.exit_code == 0, done.output
    accepted = {site: 28 * DAILY["accepted"] * times for site, times in TIMES.items()}
    completed = {
        site: 28 * DAILY["completed"] * times + (3 if site == "823001" else 0) for site, times in TIMES.items()
    }
    for site, counted in COUNTED.items():
        own, whole = (sum(its[code] for code in counted) for its in (completed, accepted))
        january = 31 * sum(TIMES[code] for code in counted)
        found = candidate(hall, site, "2025-02")
        assert found["rate"] == Fraction(100 * own, whole), site
        both = own + january * DAILY["completed"], whole + january * DAILY["accepted"]
        assert found["to_date"] == Fraction(100 * both[0], both[1]), site
    ranked = evidence(hall, "510822", "2025-02")["outcomes"]["by_site"]["ranking"]
    assert [(row["place"], row["code"], row["name"]) for row in ranked] == [
        (1, "822002", "青溪镇便民服务中心"),
        (2, "822001", "乔庄镇便民服务中心"),
    ]
    path = hall.home / "published" / "2025-02" / "current" / "numbers.json"
    told = {each["metric"]: each for each in json.loads(path.read_text(encoding="utf-8"))["derived"]}
    counties = [(row["code"], int(row["exact"])) for row in told["by_site"]["ranking"]]
    assert counties == [("510822", 8 * 28 * DAILY["accepted"]), ("510823", 7 * 28 * DAILY["accepted"])]
    proof = hall.run("verify", "--recount")
    assert proof.exit_code == 0, proof.output
    for options in (("--site", "510823"), ()):
        rebuilt = hall.run("rebuild", "2025-02", *options)
        assert rebuilt.exit_code == 0, rebuilt.output
