"""Dossiers made by hand, as large and as hostile as a test wants them, with a release's files as real ones are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.certificates.certificate import (
    Certificate,
    CertifiedExtract,
    CertifiedHall,
    CertifiedSystem,
    CheckResult,
    DayRule,
    Foundation,
    Head,
    Place,
    Program,
    SignOff,
    Wording,
    short_code,
)
from reports.certificates.dossier import Dossier
from reports.certificates.form_2 import candidate_of
from reports.certificates.release_text import release_files
from reports.certificates.trace import Trace
from reports.figures.months import days_of, months_before
from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import printed
from tests.moments import hall_time
from tests.proofreading_known import COUNTS, NAMES, PARTS

MONTH = "2025-03"
TEMPLATE = Path(__file__).parents[1] / "orchestration" / "demo" / "hall" / "wording.txt.j2"
MARCH = COUNTS[MONTH]


def number(metric: str, exact: int, **changes: Any) -> MonthlyNumber:
    people = metric.endswith("consultations")
    divisor, decimals = (1, 0) if people else (10_000, 2)
    fields: dict[str, Any] = {
        "metric": metric,
        "metric_name": NAMES[metric],
        "version": "1",
        "definition": f"当月{NAMES[metric]}的数量",
        "event_counted": "办件被受理",
        "deduplication_key": "办件编号",
        "exact": exact,
        "printed": printed(exact, divisor=divisor, decimals=decimals, rule="half_up"),
        "unit": "人（次）" if people else "件",
        "display_unit": "人（次）" if people else "万件",
        "display_divisor": divisor,
        "display_decimals": decimals,
        "rounding": "half_up",
        "measures": PARTS if metric == "items_handled" else (metric,),
        "parts": PARTS if metric == "items_handled" else (),
        "flags": (),
    }
    return MonthlyNumber(**fields | changes)


def numbers(counts: Sequence[int] = MARCH) -> tuple[MonthlyNumber, ...]:
    exact = dict(zip(list(NAMES)[1:], counts, strict=True))
    total = sum(exact[part] for part in PARTS)
    made = [number("items_handled", total), *(number(metric, count) for metric, count in exact.items())]
    return tuple(sorted(made, key=lambda each: each.metric))


def extracts(month: str = MONTH) -> tuple[CertifiedExtract, ...]:
    """One system, which rests on Sundays."""
    return tuple(
        CertifiedExtract("window_system", str(day), "closed" if day.weekday() == 6 else "answered", 1, f"{day}.parquet",
                         f"{day.day:02x}" * 32, "b" * 64, "c" * 64)
        for day in days_of(month)
    )  # fmt: skip


def certificate(month: str = MONTH, revision: int = 1, **changes: Any) -> Certificate:
    """A certificate of form 2 whose evidence lies in no store; it has the code of what is in it."""
    at = hall_time(datetime(2025, 4, 1 + revision, 8, 0, tzinfo=UTC))
    foundation = Foundation(
        extracts(month),
        (DayRule("window_system", "key_is_unique", 26, 0), DayRule("window_system", "volume_is_near_usual", 24, 2)),
        (CheckResult("unique_fct_daily_counts", "pass"), CheckResult("balance_open_cases", "warn")),
        systems={"window_system": CertifiedSystem("窗口系统", tuple(NAMES))},
        wording=Wording(TEMPLATE.read_text(encoding="utf-8"), {}),
    )
    fields: dict[str, Any] = {
        "form": 2,
        "place": Place(revision, "e" * 64 if revision > 1 else "", at),
        "hall": CertifiedHall("510000", "四川省政务服务大厅"),
        "site": "510000",
        "month": month,
        "revision": revision,
        "reason": "source_correction" if revision > 1 else "",
        "note": "窗口系统更正 3 月 12 日出件数" if revision > 1 else "",
        "numbers": numbers(),
        "program": Program("f" * 64, "a" * 64, "7", "0.3.0", "d" * 64),
        "policy": "automatic",
        "sign_offs": (SignOff("service", "签署服务", at),),
        "code": "",
        "files": {},
        "texts": {},
        "evidence": {},
        "head": Head(revision - 1, "e" * 64 if revision > 1 else ""),
        "read_foundation": lambda: foundation,
    }
    made = Certificate(**fields | changes)
    return replace(made, code=made.code or short_code(candidate_of(made).content))


def dossier(
    published: Path,
    revisions: Sequence[Certificate] | None = None,
    history: Mapping[str, Sequence[Certificate]] | None = None,
    departments: Sequence[str] = ("综合窗口", "省发展改革委", "教育厅"),
) -> Dossier:
    """A dossier with its release written; every number is shared out over the departments and the open days."""
    revisions = tuple(revisions or [certificate()])
    newest = revisions[-1]
    release = published / newest.month / f"r{newest.revision}"
    release.mkdir(parents=True, exist_ok=True)
    for name, content in release_files(newest).items():
        (release / name).write_bytes(content)
    return Dossier(
        certificate=newest,
        state="已核定",
        revisions=revisions,
        history={month: tuple(each) for month, each in (history or {}).items()},
        release=release,
        departments={f"D{place:02d}": name for place, name in enumerate(departments)},
        traces={each.metric: trace(each, newest, len(departments)) for each in newest.numbers},
    )


def trace(each: MonthlyNumber, newest: Certificate, departments: int) -> Trace:
    """Whole counts over departments and open days, the first of each taking the rest."""
    days = [extract for extract in newest.foundation.extracts if extract.state == "answered"]
    places = [(extract, f"D{place:02d}") for place in range(departments) for extract in days]
    share, rest = divmod(int(each.exact), len(places))
    counts = [share + (rest if place == 0 else 0) for place in range(len(places))]
    by_extract: Counter[CertifiedExtract] = Counter()
    by_department: Counter[str] = Counter()
    for (extract, department), count in zip(places, counts, strict=True):
        by_extract[extract] += count
        by_department[department] += count
    return Trace(each, {newest.site: int(each.exact)}, dict(by_department.most_common()), by_extract)


def past(months: int = 24, month: str = MONTH) -> dict[str, list[Certificate]]:
    """The months before, each a little smaller than the one after it."""
    made = {}
    for back in reversed(range(1, months + 1)):
        name = months_before(month, back)
        made[name] = [certificate(name, numbers=numbers([count * (100 - back) // 100 for count in MARCH]))]
    return made


def changed(each: Certificate, metric: str, **changes: Any) -> Certificate:
    """The same certificate with one number otherwise."""
    return replace(
        each, numbers=tuple(replace(one, **changes) if one.metric == metric else one for one in each.numbers)
    )
