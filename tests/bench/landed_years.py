"""Months of many sites one after the other, from their landed files: two facts by DuckDB, all of them by Yuebao.

Both are one process for all months. Yuebao's is `yuebao backfill`, which certifies nothing: the floor sums as well.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from reports.figures.months import months_before
from tests.bench.demo_month import MONTH, YUEBAO
from tests.bench.landed_month import ROWS_A_SITE, opened, published_totals, with_landing
from tests.bench.measuring import Command
from tests.bench.scenarios import Comparison, Competitor, Scenario, memory
from tests.bench.setting_up import HERE


def landed_years(sites: int, count: int) -> Scenario:
    """The scenario, of so many months."""
    months = [months_before(MONTH, back) for back in reversed(range(count))]

    def floor(state: Path) -> Command:
        extracts = [str(state.parent / "landing" / "*" / f"{month}-*" / "*.parquet") for month in months]
        return ["env", f"BENCH_EXTRACTS={os.pathsep.join(extracts)}", sys.executable, HERE / "floor.py", state]

    return Scenario(
        "landed_years",
        f"{count} months from landing to facts, one after the other: {sites:,} sites, "
        f"{count * sites * ROWS_A_SITE / 1e6:.0f} M rows",
        (
            Competitor("floor", "floor: DuckDB by hand, two facts", floor),
            Competitor(
                "yuebao",
                "Yuebao: facts and every check",
                lambda _: [YUEBAO, "backfill", f"{months[0]}..{months[-1]}"],
                published_totals,
                begin=with_landing,
            ),
        ),
        (
            Comparison(
                "rows per second ÷ floor's",
                ("yuebao", "floor"),
                lambda ours, floor: floor.seconds / ours.seconds,
                "{:.0%}",
                "≥ 50 %",
            ),
            memory("memory of all processes of Yuebao", "yuebao", "< 1024 MiB"),
        ),
        opened(sites, months),
    )
