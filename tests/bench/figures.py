"""The figures of the bench: medians with their spread, and what Yuebao's targets are measured by, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.table import Table

from tests.bench.measuring import Run

Rounds = list[dict[str, Run]]
_TITLES = {
    "plain": "(a) plain requests, pandas, DuckDB",
    "dlt_dbt": "(b) dlt + dbt build",
    "yuebao": "yuebao report, fresh",
    "yuebao_again": "yuebao report again, nothing changed",
    "dagster": "for reference: importing dagster alone",
    "definitions": "loading the definitions",
    "imports": "for reference: importing dagster, dagster_dbt, great_expectations",
}
_CAPTION = (
    "Differences and ratios are taken within each round. CPU: user and system, with children. "
    "Peak: the largest process in any round, not the sum of several."
)


@dataclass(frozen=True)
class Comparison:
    """One figure of every round, held against the target of issue 2 or 5 (a strict upper limit), where there is one."""

    title: str
    values: Sequence[float]
    shape: str
    target: float | None = None

    def cells(self) -> tuple[str, str, str, str, str, str]:
        """A row of the table; met or missed by the median."""
        middle = median(self.values)
        verdict = ""
        if self.target is not None:
            verdict = f"< {self.shape.format(self.target)}: {'met' if middle < self.target else 'missed'}"
        return self.title, self.shape.format(middle), _spread(self.values, self.shape), "", "", verdict


def table(rounds: Rounds) -> Table:
    """Every competitor's seconds and memory, then the comparisons."""
    result = Table(title=f"March 2025 of the demo hall, {len(rounds)} round{'s' * (len(rounds) > 1)}", caption=_CAPTION)
    result.add_column("")
    for name in ("median", "min – max", "CPU", "peak MiB"):
        result.add_column(name, justify="right", no_wrap=True)
    result.add_column("target", no_wrap=True)
    for name, title in _TITLES.items():
        seconds = [measured[name].seconds for measured in rounds]
        work = median(measured[name].cpu_seconds for measured in rounds)
        peak = max(measured[name].peak_mib for measured in rounds)
        result.add_row(
            title, f"{median(seconds):.2f} s", _spread(seconds, "{:.2f} s"), f"{work:.1f} s", f"{peak:.0f}", ""
        )
    result.add_section()
    for comparison in comparisons(rounds):
        result.add_row(*comparison.cells())
    return result


def comparisons(rounds: Rounds) -> tuple[Comparison, ...]:
    """What the targets are about."""

    def seconds(name: str) -> list[float]:
        return [measured[name].seconds for measured in rounds]

    def ratios(over: str, under: str) -> list[float]:
        return [above / below for above, below in zip(seconds(over), seconds(under), strict=True)]

    more_than_plain = [ours - plain for ours, plain in zip(seconds("yuebao"), seconds("plain"), strict=True)]
    loading = [whole - bare for whole, bare in zip(seconds("definitions"), seconds("dagster"), strict=True)]
    peaks = [max(measured["yuebao"].peak_mib, measured["yuebao_again"].peak_mib) for measured in rounds]
    return (
        Comparison("yuebao − (a)", more_than_plain, "{:.2f} s", 8),
        Comparison("yuebao ÷ (b)", ratios("yuebao", "dlt_dbt"), "{:.2f}", 1),
        Comparison("second run ÷ first run", ratios("yuebao_again", "yuebao"), "{:.2f}"),
        Comparison("imports ÷ yuebao", ratios("imports", "yuebao"), "{:.2f}"),
        Comparison("loading the definitions − importing dagster", loading, "{:.2f} s", 2),
        Comparison("loading the definitions ÷ importing dagster", ratios("definitions", "dagster"), "{:.1f}"),
        Comparison("largest process of yuebao", peaks, "{:.0f} MiB", 1024),
    )


def _spread(values: Sequence[float], shape: str) -> str:
    return f"{shape.format(min(values))} – {shape.format(max(values))}"
