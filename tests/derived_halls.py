"""The small hall with derived metrics of every kind, and days whose sums are known."""

from __future__ import annotations

import json
from fractions import Fraction
from random import Random
from typing import Any

from reports.figures.derived import DerivedMetric
from reports.figures.months import days_of
from tests.small_halls import SmallHall

HEADER = (
    "metric,version,metric_name,definition,kind,of_metric,other_metric,contained,days,year_begins,against,basis,"
    "ranked_by,top,ties,unit,display_unit,display_divisor,display_decimals,rounding,valid_from,valid_to"
)
# By metric: kind, of_metric, other_metric, contained, days, year_begins, against, basis, ranked_by, top, ties, unit.
ROWS = {
    "completion_rate": "ratio,accepted_less,accepted,yes,,,,,,,,%",
    "accepted_less": "difference,accepted,completed,,,,,,,,,件",
    "completed_each": "mean,completed,accepted,,,,,,,,,件",
    "completed_share": "share_of,completed,accepted,,,,,,,,,‰",
    "accepted_daily": "daily_mean,accepted,,,working,,,,,,,件",
    "accepted_to_date": "to_date,accepted,,,,1,,,,,,件",
    "completion_to_date": "to_date,completion_rate,,,,1,,,,,,%",
    "accepted_growth": "change,accepted,,,,,month_before,as_printed,,,,%",
    "rate_change": "change,completion_rate,,,,,month_before,as_revised,,,,百分点",
    "open_yearly": "change,open,,,,,year_before,,,,,件",
    "busiest": "top_n,accepted,,,,,,,department,1,all,件",
    "by_rate": "rank,completed_share,,,,,,,department,,code,‰",
}


NAMES = {"completion_rate": "未办结率", "accepted_daily": "日均受理", "accepted_to_date": "累计受理"}


def line(metric: str, values: str) -> str:
    unit = values.rpartition(",")[2]
    return f"{metric},1,{NAMES.get(metric, metric)},{metric}的口径,{values},{unit},1,2,half_up,2025-01-01,"


def derive(hall: SmallHall, **rows: str) -> None:
    lines = [HEADER, *(line(metric, values) for metric, values in (rows or ROWS).items())]
    (hall.folder / "catalogue" / "derived_metrics.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


Counts = dict[tuple[str, str], int]


def drop_months(hall: SmallHall, *months: str) -> dict[str, Counts]:
    """Days that differ by department, and their sums by month, department and measure."""
    random, sums = Random(19), dict[str, Counts]()
    for month in months:
        sums[month] = {(code, name): 0 for code in ("D1", "D2") for name in ("accepted", "completed")}
        for day in days_of(month):
            own: dict[str, dict[str, int]] = {}
            for code, size in (("D1", 9), ("D2", 4)):
                accepted = random.randrange(1, size)
                own[code] = {"accepted": accepted, "completed": random.randrange(accepted + 1)}
                for name, count in own[code].items():
                    sums[month][code, name] += count
            hall.drop(day, own)
    return sums


def certified(hall: SmallHall, month: str) -> dict[str, Any]:
    path = hall.home / "published" / month / "current" / "numbers.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def exact(hall: SmallHall, month: str) -> dict[str, Fraction]:
    return {metric["metric"]: Fraction(metric["exact"]) for metric in certified(hall, month)["metrics"]}


def derived(hall: SmallHall, month: str) -> dict[str, dict[str, Any]]:
    return {metric["metric"]: metric for metric in certified(hall, month)["derived"]}


def report(hall: SmallHall, month: str, *options: str) -> str:
    done = hall.run("report", month, *options)
    assert done.exit_code == 0, done.output
    return done.output


def definition(name: str, kind: str, of: str, other: str = "", **changed: Any) -> DerivedMetric:
    """A definition, less what its kind doesn't use."""
    return DerivedMetric(
        **{
            **dict.fromkeys(("days", "against", "ranked_by"), ""),
            "metric": name,
            "version": "1",
            "metric_name": name,
            "definition": name,
            "kind": kind,
            "of": of,
            "other": other,
            "contained": "yes",
            "year_begins": 1,
            "basis": "as_revised",
            "top": 0,
            "ties": "all",
            "unit": "%",
            "display_unit": "%",
            "display_divisor": 1,
            "display_decimals": 2,
            "rounding": "half_up",
            "valid_from": "2020-01",
            **changed,
        }
    )
