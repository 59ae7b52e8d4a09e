"""A county's hall with one counter that drops a file a day, for tests of what changes in a hall's second year."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from typer.testing import CliRunner, Result

from orchestration.cli.main import app
from orchestration.runtime.paths import SILENCE
from reports.figures.months import days_of

CODE = "510822"
OWN_FILES = Path(__file__).parent / "small_hall"
# A department's day: it accepts, completes and has withdrawn so many, and STANDING were open when the hall began.
DAILY = {"accepted": 5, "completed": 2, "withdrawn": 1}
STANDING = 40
_FIRST_DAY = dt.date(2025, 1, 1)


def open_on(day: dt.date) -> int:
    """The cases of a department that are open at a day's end."""
    grown = DAILY["accepted"] - DAILY["completed"] - DAILY["withdrawn"]
    return STANDING + grown * ((day - _FIRST_DAY).days + 1)


@dataclass
class SmallHall:
    """The hall's folder, a state folder of its own and what its systems drop, with the command line on them.

    `variables` are those that settings of further systems need.
    """

    place: Path
    variables: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    @classmethod
    def begun(cls, place: Path, variables: Mapping[str, str] | None = None, *, zone: str = "") -> SmallHall:
        """The hall with its key, and nothing dropped; a key counts from the date that it is in the hall's zone."""
        hall = cls(place, variables=variables or {})
        shutil.copytree(OWN_FILES, hall.folder)
        if zone:
            settings = hall.folder / "hall.toml"
            settings.write_text(f'timezone = "{zone}"\n{settings.read_text(encoding="utf-8")}', encoding="utf-8")
        (hall.folder / "signers.toml").touch()
        made = hall.run("new-key", str(hall.folder), "青川数据服务")
        assert made.exit_code == 0, made.output
        return hall

    def copy(self, place: Path) -> SmallHall:
        """The same hall on a copy of its folder, its state and its drops."""
        shutil.copytree(self.place, place, symlinks=True)
        return replace(self, place=place)

    @property
    def folder(self) -> Path:
        return self.place / "hall"

    @property
    def home(self) -> Path:
        return self.place / "var"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **dict.fromkeys(SILENCE, ""),
            "YUEBAO_HALL": str(self.folder),
            "YUEBAO_HOME": str(self.home),
            "DAGSTER_HOME": str(self.home / "dagster"),
            "QINGCHUAN_DROPS": str(self.place / "drops"),
            "QINGCHUAN_PASSPHRASE": "a passphrase of the tests",
            **self.variables,
        }

    def run(self, *words: str, **variables: str) -> Result:
        return CliRunner().invoke(app, list(words), env={**self.environment, **variables})

    def drop(
        self,
        day: dt.date,
        departments: Iterable[str] | Mapping[str, Mapping[str, int]],
        system: str = "counter",
        site: str = "",
        **changed: int,
    ) -> None:
        """Drop a day's file, of a site where it is named, each department as DAILY says, but for what is `changed`."""
        own = departments if isinstance(departments, Mapping) else {}
        lines = ["部门,受理,办结,撤回,在办"]
        for code in departments:
            counts = {**DAILY, "open": open_on(day), **changed, **own.get(code, {})}
            columns = [counts[name] for name in ("accepted", "completed", "withdrawn", "open")]
            lines.append(",".join([code, *map(str, columns)]))
        path = self.place / "drops" / system / f"日报_{f'{site}_' if site else ''}{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def spread(self, sites: Mapping[str, str]) -> None:
        """Have the counter answer for further sites, named by code, each by a file a day of its own."""
        self.edit(
            "hall.toml",
            ("日报_%Y-%m-%d.csv", "日报_{hall}_%Y-%m-%d.csv"),
            (
                f'constants = {{ hall_code = "{CODE}" }}',
                f'sites = {[CODE, *sites]}\nconstants = {{ hall_code = "{{hall}}" }}',
            ),
        )
        with (self.folder / "catalogue" / "sites.csv").open("a", encoding="utf-8") as table:
            table.writelines(f"{code},{name},county\n" for code, name in sites.items())

    def drop_month(
        self, month: str, departments: Iterable[str] = ("D1", "D2"), system: str = "counter", **changed: int
    ) -> None:
        for day in days_of(month):
            self.drop(day, departments, system, "", **changed)

    def edit(self, name: str, *changes: tuple[str, str]) -> None:
        """Change a file of the hall's folder, as an engineer does by hand."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def numbers(self, month: str) -> dict[str, int]:
        """What is certified of a month."""
        path = self.home / "published" / month / "current" / "numbers.json"
        return {metric["metric"]: metric["exact"] for metric in json.loads(path.read_text())["metrics"]}
