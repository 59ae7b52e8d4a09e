"""Two years of a county's hall in which everything changes that can: what happened, what its systems say of it.

All of it follows from a few tables with days in them, as the hall's own do: the folder of settings on a day holds what
was known then, and nothing of what comes later.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import chinese_calendar

from reports.figures.months import days_between, days_of
from reports.figures.validity import is_valid
from tests.http_halls import toml
from tests.servers.web import Asked, Reply
from tests.small_halls import STANDING

FIRST, LAST = dt.date(2024, 1, 1), dt.date(2025, 12, 31)
HALL, TOWN, NEW_TOWN = "510822", "510899", "510823"

# What changes on which day, in the words of the connecting guide.
CHANGES: Mapping[dt.date, str] = {
    dt.date(2024, 3, 15): "a system is replaced in the middle of a month",
    dt.date(2024, 5, 10): "a department is renamed",
    dt.date(2024, 7, 1): "a department is split",
    dt.date(2024, 8, 5): "a system, a measure, a metric and a sentence are added",
    dt.date(2024, 12, 5): "a department is merged into another one",
    dt.date(2025, 1, 1): "a system is replaced at the year's change, and calls a measure otherwise",
    dt.date(2025, 1, 8): "a metric is rounded otherwise",
    dt.date(2025, 1, 20): "a site is closed",
    dt.date(2025, 5, 1): "a stock has a second outflow",
    dt.date(2025, 6, 10): "a site is opened",
    dt.date(2025, 8, 1): "a department is closed",
    dt.date(2025, 9, 1): "a system ends, with its measure, metric and sentence",
    dt.date(2025, 10, 1): "a metric is defined otherwise, with a new version",
    dt.date(2025, 11, 1): "the wording changes",
}

# The hall's tables as they are in the end.
_TABLES: Mapping[str, str] = {
    "departments": """
department_code,department_name,valid_from,valid_to,successors
D1,市场科,,2024-05-09,D3
D2,住建科,,2024-06-30,D4;D5
D3,市场监管科,2024-05-10,,
D4,房产科,2024-07-01,2024-12-04,D5
D5,建设科,2024-07-01,,
D6,信访科,,2025-07-31,
D7,综合科,,,
""",
    "sites": """
hall_code,hall_name,hall_level,valid_from,valid_to,successors
510822,青川县政务服务大厅,county,,,
510899,乔庄镇便民服务中心,county,,2025-01-19,
510823,竹园镇便民服务中心,county,2025-06-10,,
""",
    "measures": """
measure,measure_name,event_counted,kind,valid_from,valid_to
accepted,受理量,办件被受理,count,,2024-12-31
taken,受件量,办件被受理,count,2025-01-01,
completed,办结量,办件办结,count,,
withdrawn,撤回量,申请人撤回办件,count,2025-05-01,
printed,打印量,自助终端打印证明,count,2024-08-05,2025-08-31
open,在办量,办件在当日结束时在办,stock,,
""",
    "metrics": """
metric,version,metric_name,definition,event_counted,deduplication_key,overlaps_with,unit,display_unit,display_divisor,display_decimals,rounding,valid_from,valid_to,since
accepted,1,受理,当月受理的办件数,办件被受理,办件编号,,件,百件,100,{decimals},half_up,2024-01-01,,
completed,1,办结,当月办结的办件数,办件办结,办件编号,,件,百件,100,2,half_up,2024-01-01,2025-09-30,
completed,2,办结,当月办结和撤回的办件数,办件办结,办件编号,,件,百件,100,2,half_up,2025-10-01,,
printed,1,打印,当月自助打印的证明数,打印证明,打印编号,,张,张,1,0,half_up,2024-08-01,2025-08-31,2024-08-05
open,1,在办,月末在办的办件数,办件在月末在办,办件编号,,件,百件,100,2,half_up,2024-01-01,,
""",
}
# Rows of tables that know no validity; `since` says since when each stands there, and of a metric too.
_RELATIONS: Mapping[str, str] = {
    "metric_measures": """
metric,version,measure,since
accepted,1,accepted,
accepted,1,taken,2025-01-01
completed,1,completed,
completed,2,completed,2025-10-01
completed,2,withdrawn,2025-10-01
printed,1,printed,2024-08-05
open,1,open,
""",
    "stock_balances": """
stock,measure,sign,since
open,accepted,1,
open,taken,1,2025-01-01
open,completed,-1,
open,withdrawn,-1,2025-05-01
""",
}
_WORDING: Mapping[dt.date, str] = {
    FIRST: "本月，受理 {{ n.accepted }}，办结 {{ n.completed }}。",
    dt.date(2024, 8, 5): "本月，受理 {{ n.accepted }}，办结 {{ n.completed }}。自助终端打印证明 {{ n.printed }}。",
    dt.date(2025, 9, 1): "本月，受理 {{ n.accepted }}，办结 {{ n.completed }}。",
    dt.date(2025, 11, 1): "本月，受理 {{ n.accepted }}，办结 {{ n.completed }}。月末在办 {{ n.open }}。",
}
_DECIMALS: Mapping[dt.date, str] = {FIRST: "2", dt.date(2025, 1, 8): "1"}


@dataclass(frozen=True)
class System:
    """A hall system: how it is asked, and what it calls what it counts; `own` are its settings beside these."""

    valid_from: dt.date
    valid_to: dt.date
    title: str
    measures: Mapping[str, str]  # its names, by what happened
    own: Mapping[str, Any]
    opens: str = "every_day"
    sites: tuple[str, ...] = (HALL, TOWN, NEW_TOWN)

    def is_valid_on(self, day: dt.date) -> bool:
        """Whether it answers for a day."""
        return self.valid_from <= day <= self.valid_to


def _over_http(name: str, **own: Any) -> Mapping[str, Any]:
    return {"kind": "http_api", "url": f"${{QINGCHUAN_URL}}/{name}", "day": "day", "rows": "rows", **own}


_SAME = {name: name for name in ("accepted", "completed", "open")}
_CALLED_OTHERWISE = {name: name for name in ("taken", "completed", "open")}
_BY_SITE: Mapping[str, Any] = {
    "query": {"day": "{day}", "site": "{hall}"},
    "constants": {"hall_code": "{hall}"},
}
SYSTEMS: Mapping[str, System] = {
    "counter": System(
        FIRST,
        dt.date(2024, 3, 14),
        "窗口日报",
        _SAME,
        {
            "kind": "drop_folder",
            "folder": "${QINGCHUAN_DROPS}/counter",
            "file": "日报_{hall}_%Y-%m-%d.csv",
            "format": "csv",
            "columns": {"部门": "department_code", **_SAME},
            "constants": {"hall_code": "{hall}"},
        },
    ),
    "platform": System(
        dt.date(2024, 3, 15),
        dt.date(2024, 12, 31),
        "一体化平台",
        _SAME,
        _over_http("platform", columns={"department": "department_code", **_SAME}, **_BY_SITE),
    ),
    "cloud": System(
        dt.date(2025, 1, 1),
        LAST,
        "政务云",
        {"accepted": "taken", "completed": "completed", "open": "open"},
        _over_http(
            "cloud",
            query={"day": "{day}"},
            columns={"site": "hall_code", "department": "department_code", **_CALLED_OTHERWISE},
        ),
    ),
    "withdrawals": System(
        dt.date(2025, 5, 1),
        LAST,
        "撤回登记",
        {"withdrawn": "withdrawn"},
        _over_http("withdrawals", columns={"department": "department_code", "withdrawn": "withdrawn"}, **_BY_SITE),
    ),
    "kiosk": System(
        dt.date(2024, 8, 5),
        dt.date(2025, 8, 31),
        "自助终端",
        {"printed": "printed"},
        {
            "kind": "sql",
            "database": "sqlite:///file:${QINGCHUAN_KIOSK}?mode=ro&uri=true",
            "counts": "queries/kiosk_counts.sql",
            "day_close": "queries/kiosk_close.sql",
        },
        "working_days",
        (HALL,),
    ),
}
QUERIES = {
    "kiosk_counts.sql": "SELECT stat_date, hall_code, department_code, NULL AS item_code, 'printed' AS measure, "
    "printed AS count FROM printed WHERE stat_date = :day\n",
    "kiosk_close.sql": "SELECT printed FROM day_close WHERE stat_date = :day\n",
}


def write_settings(folder: Path, day: dt.date) -> None:
    """Write the hall's folder as it is on a day, beside what the hall was begun with."""
    tables = {name: _known(_rows(text), day) for name, text in _TABLES.items()}
    tables |= {name: _since(_rows(text), day) for name, text in _RELATIONS.items()}
    for name, rows in tables.items():
        (folder / "catalogue" / f"{name}.csv").write_text(_csv(rows, day), encoding="utf-8")
    (folder / "queries").mkdir(exist_ok=True)
    for name, query in QUERIES.items():
        (folder / "queries" / name).write_text(query, encoding="utf-8")
    heading = "附件　{{ year }} 年 {{ month }} 月办件情况"
    (folder / "wording.txt.j2").write_text(f"{heading}\n\n{_newest(_WORDING, day)}\n", encoding="utf-8")
    path = folder / "hall.toml"
    general = path.read_text(encoding="utf-8").partition("[systems.")[0].rstrip()
    sites = [row["hall_code"] for row in tables["sites"]]
    blocks = (_block(name, system, sites, day) for name, system in SYSTEMS.items() if system.valid_from <= day)
    path.write_text("\n\n".join([general, *blocks]) + "\n", encoding="utf-8")


def _block(name: str, system: System, sites: list[str], day: dt.date) -> str:
    """A system's settings as they are on a day: that it ends is known from the day after on."""
    ends = {"valid_from": system.valid_from, **({"valid_to": system.valid_to} if system.valid_to < day else {})}
    settings = {
        "title": system.title,
        "opens": system.opens,
        "measures": list(system.measures.values()),
        "sites": [site for site in system.sites if site in sites],
        **system.own,
    }
    lines = [f"{key} = {toml(value)}" for key, value in settings.items()]
    return "\n".join([f"[systems.{name}]", *lines, *(f"{key} = {value}" for key, value in ends.items())])


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.strip())))


def _known(rows: list[dict[str, str]], day: dt.date) -> list[dict[str, str]]:
    """The rows that have begun; that one ends, and who follows it, is known from the day after on."""
    begun = [row for row in _since(rows, day) if row["valid_from"] <= str(day)]
    later = {"valid_to": "", "successors": ""}
    return [
        row if row["valid_to"] < str(day) else {**row, **{key: later[key] for key in row if key in later}}
        for row in begun
    ]


def _since(rows: list[dict[str, str]], day: dt.date) -> list[dict[str, str]]:
    return [{key: row[key] for key in row if key != "since"} for row in rows if row.get("since", "") <= str(day)]


def _csv(rows: list[dict[str, str]], day: dt.date) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().replace("{decimals}", _newest(_DECIMALS, day))


def _newest(by_day: Mapping[dt.date, str], day: dt.date) -> str:
    return by_day[max(since for since in by_day if since <= day)]


def settings_of(folder: Path) -> dict[str, str]:
    """What a hall's folder holds, for comparing."""
    return {str(path): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


# What happened

Counts = dict[str, int]  # by what happened: accepted, completed, withdrawn, printed; open at the day's end
Cells = dict[tuple[str, str], Counts]  # by site and department


@cache
def _members(table: str, code: str) -> list[tuple[str, dt.date | None, dt.date | None]]:
    return [(row[code], _day(row["valid_from"]), _day(row["valid_to"])) for row in _rows(_TABLES[table])]


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def cells(day: dt.date) -> Iterator[tuple[str, str]]:
    """The sites and departments that are there on a day: the county's hall has all departments, a town's one."""
    departments = [code for code, *ends in _members("departments", "department_code") if is_valid(day, *ends)]
    for site, *ends in _members("sites", "hall_code"):
        if is_valid(day, *ends):
            yield from ((site, department) for department in departments if site == HALL or department == "D7")


# Who takes over whose open cases, from a day on: all, or the half of a department that is split.
_TAKES_OVER: Mapping[dt.date, tuple[tuple[str, str], ...]] = {
    dt.date(2024, 5, 10): (("D1", "D3"),),
    dt.date(2024, 7, 1): (("D2", "D4"), ("D2", "D5")),
    dt.date(2024, 12, 5): (("D4", "D5"),),
}
_WITHDRAWN_COUNTED = dt.date(2025, 5, 1)


def _happened(first: dt.date, last: dt.date) -> dict[dt.date, Cells]:
    """The counts of every day, site and department, whose stocks follow from its flows."""
    happened: dict[dt.date, Cells] = {}
    stocks: dict[tuple[str, str], int] = {}
    for day in days_between(first, last):
        moved = Counter(old for old, _ in _TAKES_OVER.get(day, ()))
        for old, new in _TAKES_OVER.get(day, ()):
            share, moved[old] = stocks[HALL, old] // moved[old], moved[old] - 1
            stocks[HALL, old] -= share
            stocks[HALL, new] = stocks.get((HALL, new), 0) + share
        tomorrow = set(cells(day + dt.timedelta(days=1)))
        happened[day] = {}
        for cell in cells(day):
            number = day.toordinal()
            counts = {
                "accepted": 31 + (7 * number + 5 * ord(cell[1][1])) % 11,
                "withdrawn": 1 if day >= _WITHDRAWN_COUNTED else 0,
                "printed": 12 + number % 5 if cell == (HALL, "D7") and chinese_calendar.is_workday(day) else 0,
            }
            before = stocks.setdefault(cell, 0 if cell[0] == NEW_TOWN else STANDING)
            goes_on = cell in tomorrow or day + dt.timedelta(days=1) in _TAKES_OVER
            open_now = before + counts["accepted"] - counts["withdrawn"]
            # Who ends and hands nothing over has no open case left.
            counts["completed"] = min(counts["accepted"] - 2 + number % 3, open_now) if goes_on else open_now
            counts["open"] = stocks[cell] = open_now - counts["completed"]
            happened[day][cell] = counts
    return happened


@dataclass
class World:
    """What happened from a first day on, what is known of it, and the systems that are asked.

    Attributes:
        asked: how often each system was asked over HTTP for a day and site; of one that answers for all at once, "".
    """

    place: Path
    first: dt.date
    last: dt.date
    happened: dict[dt.date, Cells] = field(init=False)
    asked: Counter[tuple[str, dt.date, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.happened = _happened(self.first, self.last)
        for day in days_between(self.first, min(self.last, SYSTEMS["counter"].valid_to)):
            for site in {site for site, _ in cells(day)}:
                self._drop(day, site)
        self._fill_kiosk()

    @property
    def kiosk(self) -> Path:
        """The database of the kiosks."""
        return self.place / "kiosk.sqlite"

    def rows(self, name: str, day: dt.date, site: str = "") -> list[dict[str, Any]]:
        """What a system says of a day, by its own names."""
        system = SYSTEMS[name]
        return [
            {
                "site": cell[0],
                "department": cell[1],
                **{theirs: counts[ours] for ours, theirs in system.measures.items()},
            }
            for cell, counts in self.happened[day].items()
            if cell[0] in system.sites and site in {"", cell[0]}
        ]

    def counted(self, days: list[dt.date]) -> Counts:
        """What the county's hall counted on days, by the measures of its systems; of a stock the last day's."""
        counted: Counter[str] = Counter()
        for day in days:
            for name, system in SYSTEMS.items():
                for measure in system.measures.values() if system.is_valid_on(day) else ():
                    of_day = sum(row[measure] for row in self.rows(name, day, HALL))
                    counted[measure] = of_day if measure == "open" else counted[measure] + of_day
        return counted

    def correct(self, day: dt.date, department: str, more: int) -> None:
        """A late correction: so many more were accepted and completed in the county's hall."""
        for measure in ("accepted", "completed"):
            self.happened[day][HALL, department][measure] += more
        if SYSTEMS["counter"].is_valid_on(day):
            self._drop(day, HALL)

    def answer(self, asked: Asked) -> Reply:
        """What the systems over HTTP say."""
        name, day, site = asked.path.strip("/"), dt.date.fromisoformat(asked.query["day"]), asked.query.get("site", "")
        self.asked[name, day, site] += 1
        said = {"day": str(day), "rows": self.rows(name, day, site)}
        return Reply(body=json.dumps(said).encode())

    def _drop(self, day: dt.date, site: str) -> None:
        lines = ["部门,accepted,completed,open"]
        lines += [
            f"{row['department']},{row['accepted']},{row['completed']},{row['open']}"
            for row in self.rows("counter", day, site)
        ]
        path = self.place / "drops" / "counter" / f"日报_{site}_{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _fill_kiosk(self) -> None:
        printed = [
            (str(day), *cell, counts["printed"])
            for day, happened in self.happened.items()
            for cell, counts in happened.items()
            if counts["printed"]
        ]
        with closing(sqlite3.connect(self.kiosk)) as database, database:
            database.execute("CREATE TABLE printed (stat_date, hall_code, department_code, printed INTEGER)")
            database.execute("CREATE TABLE day_close (stat_date, printed INTEGER)")
            database.executemany("INSERT INTO printed VALUES (?, ?, ?, ?)", printed)
            database.execute("INSERT INTO day_close SELECT stat_date, sum(printed) FROM printed GROUP BY stat_date")


# What the county's hall has to print


@dataclass(frozen=True)
class Number:
    """What is certified of a metric, as far as a change can change it."""

    version: int
    measures: tuple[str, ...]
    decimals: int
    exact: int
    printed: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Number:
        """From JSON."""
        return cls(
            int(document["version"]),
            tuple(document["measures"]),
            document["display_decimals"],
            document["exact"],
            document["printed"],
        )


def defined(counted: Counts, month: str, day: dt.date) -> dict[str, Number]:
    """A month's numbers by the catalogue as it is on a day."""
    measures = _since(_rows(_RELATIONS["metric_measures"]), day)
    numbers = {}
    for row in _known(_rows(_TABLES["metrics"]), day):
        if is_valid(days_of(month)[0], _day(row["valid_from"]), _day(row["valid_to"])):
            key = row["metric"], row["version"]
            summed = tuple(sorted(each["measure"] for each in measures if (each["metric"], each["version"]) == key))
            exact = sum(counted[measure] for measure in summed)
            decimals = int(row["display_decimals"].replace("{decimals}", _newest(_DECIMALS, day)))
            places = Decimal(1).scaleb(-decimals)
            scaled = (Decimal(exact) / int(row["display_divisor"])).quantize(places, ROUND_HALF_UP)
            text = f"{scaled:f}".rstrip("0").rstrip(".") if decimals else f"{scaled:f}"
            numbers[row["metric"]] = Number(int(row["version"]), summed, decimals, exact, text)
    return numbers
