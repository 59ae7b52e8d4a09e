"""A month of many sites from its landed Parquet files: by DuckDB, polars and SQLMesh two facts, by Yuebao the section.

Yuebao's part holds every check, the recount, the certificate and the printed section; the others sum.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from tests.bench.demo_month import MONTH, YUEBAO
from tests.bench.measuring import Command
from tests.bench.scenarios import Comparison, Competitor, Scenario, Totals, empty, memory, ratio
from tests.bench.setting_up import HERE, ROOT, SetUpError, python_of
from tests.servers.spark import java

ROWS_A_SITE = 1008 * 31
# Up to as many sites a province has.
_MANY = 205
_DEPARTMENTS = 60
RATIOS = 40
LANDED_MONTH = "landed_month"
# The competitors that are drawn by the size of the hall.
CURVES = ("floor", "yuebao", "spark")


def landed_month(sites: int) -> Scenario:
    """The scenario; packages of polars and SQLMesh are installed where they aren't yet."""
    peers, sqlmesh = python_of("peers"), python_of("sqlmesh")
    return Scenario(
        f"{LANDED_MONTH}_{sites}",
        f"A month from landing to facts, checks, certificate and section: {sites:,} sites, "
        f"{sites * ROWS_A_SITE / 1e6:.1f} M rows",
        (
            Competitor("floor", "floor: DuckDB by hand, two facts", _over_extracts(sys.executable, "floor.py")),
            Competitor("polars", "polars, two facts", _over_extracts(peers, "with_polars.py")),
            Competitor("sqlmesh", "SQLMesh (DuckDB 1.5), two facts, audits", _over_extracts(sqlmesh, "with_sqlmesh")),
            Competitor(
                "yuebao",
                "Yuebao: facts, every check, certificate, section",
                lambda _: [YUEBAO, "report", "--no-pull", MONTH],
                published_totals,
                begin=with_landing,
            ),
            Competitor(
                "every_site",
                "Yuebao: the same, with certificates and sections of every site",
                lambda _: [YUEBAO, "report", "--no-pull", MONTH, "--all"],
                published_totals,
                begin=with_landing,
            ),
            *_on_spark(sites),
        ),
        (
            ratio("Yuebao ÷ floor", "yuebao", "floor"),
            ratio("Yuebao on Spark ÷ on DuckDB", "spark", "yuebao"),
            ratio("Yuebao ÷ SQLMesh", "yuebao", "sqlmesh"),
            ratio("Yuebao ÷ polars", "yuebao", "polars"),
            _beyond_floor(sites),
            ratio("every site's ÷ the province's own", "every_site", "yuebao", "≤ 3"),
            memory("memory of all processes of Yuebao", "yuebao", "" if sites <= _MANY else "< 8192 MiB"),
        ),
        opened(sites, [MONTH]),
    )


def of_size(sites: int) -> Scenario:
    """The same of a smaller or larger hall, beside the floor alone."""
    whole = landed_month(sites)
    return replace(whole, competitors=[row for row in whole.competitors if row.name in CURVES])


def _on_spark(sites: int) -> Iterator[Competitor]:
    """Of halls for which it doesn't take hours."""
    if sites > _MANY:
        return

    def command(state: Path) -> Command:
        java()
        return ["env", f"YUEBAO_HALL={state.parent / 'hall_on_spark'}", YUEBAO, "report", "--no-pull", MONTH]

    yield Competitor(
        "spark",
        "Yuebao on Spark, in one process: the same",
        command,
        published_totals,
        begin=with_landing,
    )


def many_ratios(sites: int) -> Scenario:
    """The scenario: what ratios of every site and department add to a month that is built and certified without."""
    ours = ["report", "--no-pull", MONTH]
    return Scenario(
        f"many_ratios_{sites}",
        f"A month from landing to section, with more metrics: {sites:,} sites, {_DEPARTMENTS} departments",
        (
            Competitor(
                "without", "Yuebao: its own metrics", lambda _: [YUEBAO, *ours], published_totals, begin=with_landing
            ),
            Competitor(
                "with",
                f"Yuebao: {RATIOS} ratios more",
                lambda state: ["env", f"YUEBAO_HALL={state.parent / 'hall_with_ratios'}", YUEBAO, *ours],
                published_totals,
                begin=with_landing,
            ),
        ),
        (
            Comparison(
                f"CPU of {RATIOS} ratios",
                ("with", "without"),
                lambda more, less: more.cpu_seconds - less.cpu_seconds,
                "{:.1f} s",
                "≤ 2 s",
            ),
        ),
        opened(sites, [MONTH], departments=_DEPARTMENTS),
    )


def _over_extracts(python: str | Path, script: str) -> Callable[[Path], Command]:
    return lambda state: [python, HERE / script, state]


def _beyond_floor(sites: int) -> Comparison:
    """What the project allows itself: a multiple of the floor, and what any month takes."""
    factor, fixed = (2, 3) if sites <= _MANY else (3, 4)
    return Comparison(
        f"Yuebao − {factor} × floor",
        ("yuebao", "floor"),
        lambda ours, floor: ours.seconds - factor * floor.seconds,
        "{:.1f} s",
        f"≤ {fixed} s",
    )


def variables_of(folder: Path) -> dict[str, str]:
    """What the environment of a command says of the hall in `folder`; nobody listens at the address of its systems."""
    return {
        "YUEBAO_HALL": str(folder / "hall"),
        "YUEBAO_DEMO_URL": "http://127.0.0.1:1",
        "YUEBAO_DEMO_DIR": str(folder / "demo"),
        "YUEBAO_DEMO_PLATFORM_TOKEN": "not asked for",
        "YUEBAO_DEMO_DESKS_KEY": "not asked for",
    }


def opened(
    sites: int, months: Sequence[str], pullable: Sequence[str] = (), departments: int = 12
) -> Callable[[Path], AbstractContextManager[dict[str, str]]]:
    """A context that lands months of many sites in a folder, by a process of its own, and yields what says so.

    The platform can be asked for the days that are `pullable`.
    """

    @contextmanager
    def landed(folder: Path) -> Iterator[dict[str, str]]:
        command: Command = [sys.executable, "-m", "tests.bench.many_sites", folder, str(sites)]
        command += ["--departments", str(departments), "--months", *months, "--pullable", *pullable]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise SetUpError(f"{sites} sites couldn't be landed")
        extracts = folder / "landing" / "*" / f"{MONTH}-*" / "*.parquet"
        yield {**variables_of(folder), "BENCH_EXTRACTS": str(extracts)}

    return landed


def with_landing(state: Path) -> None:
    """Begin with nothing but what is landed: its files are linked, none is ever changed."""
    empty(state)
    shutil.copytree(state.parent / "landing", state / "landing", copy_function=os.link)


def published_totals(state: Path, _output: str) -> Totals:
    """The published metrics of the province, which sums up all sites, over all months that there are."""
    facts = state / "published" / "*" / "facts" / "fct_monthly_metrics.parquet"
    question = f"SELECT metric, sum(exact_value)::BIGINT FROM '{facts}' WHERE hall_code = '510000' GROUP BY metric"
    with duckdb.connect() as connection:
        return dict(connection.execute(question).fetchall())
