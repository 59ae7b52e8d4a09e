"""`python -m tests.bench.many_sites FOLDER SITES --months MONTH...`: a demo hall of many sites.

Writes `FOLDER/hall`, and through the landing that Yuebao lands by `FOLDER/landing`: each day of each system, the
platform's for every site, with 1,008 rows each. The platform is a database here, which has the days of `--pullable`.
`FOLDER/hall_with_ratios` is the same hall with `RATIOS` more metrics, and `FOLDER/hall_on_spark` on Spark.
`--departments` 60 instead of 12 have 5 items each instead of 28.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from expectations.rules import RULES
from orchestration.config.catalogue import evidence_version
from orchestration.config.hall import Hall, load_hall
from orchestration.landing.manifest import Counted, Landing, Provenance, SiteCounts
from orchestration.runtime.installation import DEMO_HALL
from orchestration.sources.contract import CONTRACT
from orchestration.sources.daily_counts import CODED, SCHEMA, Codes, DailyCounts, repeated
from reports.figures.months import days_of
from tests.bench.landed_month import RATIOS, variables_of

_PLATFORM = "online_platform"
_FIRST_SITE = 510000
# The first day of the demo hall's catalogue.
_KNOWN_FROM = "2023-01-01"
# Of every site and measure of the platform; of all departments together.
_ROWS = 28 * 12
_SETTINGS = """[systems.online_platform]
kind = "sql"
title = "一体化政务服务平台"
opens = "every_day"
measures = ["online_accepted", "online_completed", "online_open"]
database = "sqlite:///file:${{YUEBAO_DEMO_DIR}}/platform.sqlite?mode=ro&uri=true"
counts = "queries/platform_counts.sql"
day_close = "queries/platform_day_close.sql"
sites = {sites}

"""
_SITE_WORDING = """{{ site }}运行情况

{{ year }} 年 {{ month }} 月，{{ site }}网上受理 {{ n.online_accepted }}，办结 {{ n.online_completed }}。
"""
_COUNTS = """SELECT stat_date, hall_code, department_code, item_code, measure, number AS "count"
FROM counts
WHERE hall_code IN :halls AND stat_date = :day
"""
_DAY_CLOSE = """SELECT
    hall_code,
    SUM(number) FILTER (WHERE measure = 'online_accepted') AS online_accepted,
    SUM(number) FILTER (WHERE measure = 'online_completed') AS online_completed,
    SUM(number) FILTER (WHERE measure = 'online_open') AS online_open
FROM counts
WHERE hall_code IN :halls AND stat_date = :day
GROUP BY hall_code
"""


def write(folder: Path, sites: int, departments: int, months: Sequence[str], pullable: Sequence[str]) -> None:
    """Write the hall's settings, its landed months, and the database in which the platform has other days."""
    codes = [str(_FIRST_SITE + number) for number in range(sites)]
    _write_settings(folder / "hall", codes, departments, months[0])
    _add_ratios(folder / "hall", folder / "hall_with_ratios")
    _move_to_spark(folder / "hall", folder / "hall_on_spark")
    os.environ |= variables_of(folder)
    hall = load_hall().hall
    landing = Landing(folder / "landing")
    for month in months:
        for day in days_of(month):
            for system in hall.systems:
                provenance = Provenance("bench", "code", evidence_version(hall.systems[system]))
                landing.land(_counted(hall, system, departments, day), provenance)
    _write_platform(folder / "demo", hall, departments, pullable)


def _write_settings(hall: Path, codes: Sequence[str], departments: int, first_month: str) -> None:
    shutil.copytree(DEMO_HALL, hall)
    settings = hall / "hall.toml"
    text = re.sub(r"first_day = .*", f"first_day = {first_month}-01", settings.read_text(encoding="utf-8"))
    platform = _SETTINGS.format(sites=list(codes)).replace("'", '"')
    text = re.sub(r"\[systems\.online_platform\].*(?=\[systems\.window_system\])", platform, text, flags=re.DOTALL)
    templates = 'site_wording = { city = "site.txt.j2", county = "site.txt.j2" }'
    settings.write_text(re.sub(r"^(?=wording = )", f"{templates}\n", text, flags=re.MULTILINE), encoding="utf-8")
    (hall / "queries" / "platform_counts.sql").write_text(_COUNTS, encoding="utf-8")
    (hall / "queries" / "platform_day_close.sql").write_text(_DAY_CLOSE, encoding="utf-8")
    (hall / "site.txt.j2").write_text(_SITE_WORDING, encoding="utf-8")
    for table in (hall / "catalogue").glob("*.csv"):
        known_from = table.read_text(encoding="utf-8").replace(_KNOWN_FROM, min(_KNOWN_FROM, f"{first_month}-01"))
        table.write_text(known_from, encoding="utf-8")
    rows = ["hall_code,hall_name,hall_level,parent", *_tree(codes), ""]
    (hall / "catalogue" / "sites.csv").write_text("\n".join(rows), encoding="utf-8")
    names = hall / "catalogue" / "departments.csv"
    known = names.read_text(encoding="utf-8")
    more = [f"{code},部门{code}\n" for code in _departments(departments) if f"\n{code}," not in known]
    names.write_text(known + "".join(more), encoding="utf-8")


def _add_ratios(hall: Path, copy: Path) -> None:
    """The hall with ratios of two certified sums more."""
    shutil.copytree(hall, copy)
    with (copy / "catalogue" / "derived_metrics.csv").open("a", encoding="utf-8") as table:
        table.writelines(
            f"ratio_{number},1,比率{number},办结占受理的比例,ratio,online_completed,online_accepted,,,,,,,,,%,%,1,2,half_up,"
            "2023-01-01,\n"
            for number in range(RATIOS)
        )


def _move_to_spark(hall: Path, copy: Path) -> None:
    """The hall, whose months are built on Spark."""
    shutil.copytree(hall, copy)
    settings = copy / "hall.toml"
    settings.write_text(f'engine = "spark"\n{settings.read_text(encoding="utf-8")}', encoding="utf-8")


def _departments(number: int) -> list[str]:
    return [f"D{department:02d}" for department in range(number)]


def _tree(codes: Sequence[str]) -> Iterator[str]:
    """The rows of sites.csv: a province, cities below it, and some ten counties below each city."""
    province, *below = codes
    cities = below[: 1 + len(below) // 10]
    yield f"{province},四川省政务服务大厅,province,"
    yield from (f"{code},市{code}政务服务大厅,city,{province}" for code in cities)
    counties = zip(below[len(cities) :], cycle(cities), strict=False)
    yield from (f"{code},县{code}政务服务大厅,county,{city}" for code, city in counties)


def _counted(hall: Hall, system: str, departments: int, day: dt.date) -> Counted:
    passed = {rule.name: "passed" for rule in RULES}
    by_site = _counts(hall, system, departments, day).of_sites(hall.sites_of(system))
    sites = {site: SiteCounts(counts, counts.sums(), f"{system} {day}", passed) for site, counts in by_site.items()}
    return Counted(system, day, "answered", sites)


def _counts(hall: Hall, system: str, departments: int, day: dt.date) -> DailyCounts:
    """What all sites counted on a day, by department, item and measure: as much comes in as goes out."""
    sites, measures, codes = hall.sites_of(system), hall.systems[system].measures, _departments(departments)
    items = [f"I{item:03d}" for item in range(_ROWS // departments)] if system == _PLATFORM else [""]
    shape = (len(sites), len(measures), len(codes), len(items))
    rows = int(np.prod(shape))
    site, measure, department, item = np.unravel_index(np.arange(rows), shape)
    number = department * len(items) + item
    is_stock = np.array([name.endswith("open") for name in measures])
    columns = [
        repeated(day.isoformat(), rows),
        _coded(sites, site),
        _coded(codes, department),
        _coded(items, item) if system == _PLATFORM else pa.nulls(rows, CODED),
        _coded(measures, measure),
        pa.array(np.where(is_stock[measure], number % 9, (number * 7 + day.day + site) % 50)),
        repeated(system, rows),
        pa.nulls(rows, pa.int64()),
        pa.nulls(rows, pa.int64()),
    ]
    return DailyCounts(pa.table(columns, schema=SCHEMA))


def _coded(texts: Sequence[str], codes: Codes) -> pa.Array[Any]:
    return pa.DictionaryArray.from_arrays(codes.astype(np.int32), pa.array(texts, pa.string()))


def _write_platform(folder: Path, hall: Hall, departments: int, days: Sequence[str]) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / "platform.sqlite")) as database, database:
        database.execute("CREATE TABLE counts (stat_date, hall_code, department_code, item_code, measure, number)")
        for day in map(dt.date.fromisoformat, days):
            columns = _counts(hall, _PLATFORM, departments, day).table.select(list(CONTRACT)).to_pydict()
            rows = zip(*columns.values(), strict=True)
            database.executemany("INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.execute("CREATE INDEX by_day ON counts (stat_date)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.many_sites", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sites", type=int)
    parser.add_argument("--departments", type=int, default=12)
    parser.add_argument("--months", nargs="+")
    parser.add_argument("--pullable", nargs="*", default=())
    write(**vars(parser.parse_args()))
