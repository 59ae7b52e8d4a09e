"""A city's hall with counties and townships below it, each with a counter that drops a file a day."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest

from orchestration.assets.certified import ledger_evaluations
from reports.figures.months import days_of
from tests.small_halls import DAILY, SmallHall, open_on

HALL = "510800"
# By code: name, level and parent.
TREE = {
    "510800": ("广元市政务服务大厅", "city", ""),
    "510822": ("青川县政务服务大厅", "county", "510800"),
    "510823": ("剑阁县政务服务大厅", "county", "510800"),
    "822001": ("乔庄镇便民服务中心", "county", "510822"),
    "822002": ("青溪镇便民服务中心", "county", "510822"),
    "823001": ("普安镇便民服务中心", "county", "510823"),
}


@dataclass
class SitesHall(SmallHall):
    """The hall with its sites; every one has a counter of its own but for the hall itself."""

    sites: Sequence[str] = field(default_factory=lambda: [code for code in TREE if code != HALL])

    @classmethod
    def of_sites(cls, place: Path, tree: dict[str, tuple[str, str, str]] | None = None) -> SitesHall:
        """The hall with its key, its tree and nothing dropped."""
        tree = tree or TREE
        base = SmallHall.begun(place)
        hall = cls(base.place, [code for code in tree if code != HALL])
        rows = [f"{code},{name},{level},{parent}" for code, (name, level, parent) in tree.items()]
        table = "\n".join(["hall_code,hall_name,hall_level,parent", *rows, ""])
        (hall.folder / "catalogue" / "sites.csv").write_text(table, encoding="utf-8")
        listed = ", ".join(f'"{code}"' for code in hall.sites)
        hall.edit(
            "hall.toml",
            ('constants = { hall_code = "510822" }', f'constants = {{ hall_code = "{{hall}}" }}\nsites = [{listed}]'),
            ('code = "510822"', f'code = "{HALL}"'),
            ('name = "青川县政务服务大厅"', 'name = "广元市政务服务大厅"'),
            ("日报_%Y-%m-%d.csv", "{hall}_%Y-%m-%d.csv"),
        )
        (hall.folder / "wording.txt.j2").write_text(
            "{{ site }}{{ year }} 年 {{ month }} 月办件情况\n\n"
            "本月，{{ site }}受理 {{ n.accepted }}，办结 {{ n.completed }}，月末在办 {{ n.open }}。\n",
            encoding="utf-8",
        )
        return hall

    def drop_site(self, site: str, day: dt.date, times: int = 1, **changed: int) -> None:
        """Drop a site's day: the daily counts of one department, `times` over."""
        counts = {**{name: count * times for name, count in DAILY.items()}, "open": open_on(day) * times, **changed}
        path = self.place / "drops" / "counter" / f"{site}_{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = ",".join(str(counts[name]) for name in ("accepted", "completed", "withdrawn", "open"))
        path.write_text(f"部门,受理,办结,撤回,在办\nD1,{columns}\n", encoding="utf-8")

    def drop_sites(self, month: str, sites: Sequence[str] | None = None) -> None:
        """Drop a month: the first site counts its daily counts once, the second twice, and so on."""
        for day in days_of(month):
            for times, site in enumerate(self.sites, start=1):
                if sites is None or site in sites:
                    self.drop_site(site, day, times)

    def evaluated(self, check: dg.AssetCheckKey) -> dg.AssetCheckEvaluation:
        """How a check of the ledger stands now."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            (found,) = ledger_evaluations(check)
        return found

    def certificate(self, site: str, month: str, revision: int = 1) -> dict[str, int]:
        """What a site's release of a month certifies, by metric."""
        path = self.home / "published" / month / "sites" / site / f"r{revision}" / "inclusion.json"
        numbers = json.loads(path.read_text())["candidate"]["numbers"]
        return {number["metric"]: int(number["exact"]) for number in numbers}
