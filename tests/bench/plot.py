"""Draws the seconds of every scenario's competitors as bars, one panel a scenario.

Runs in the virtual environment of the peers. The argument is the SVG file to write; standard input is JSON, a list of
`title` and `seconds` by competitor.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

OURS, THEIRS = "#b3262e", "#9aa5b1"
# The same figures give the same file, and its words stay words.
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "yuebao", "font.family": "sans-serif", "font.size": 9})


def draw(panels: list[dict[str, Any]], path: str) -> None:
    heights = [len(panel["seconds"]) + 1 for panel in panels]
    figure = Figure(figsize=(10, 0.32 * sum(heights) + 0.5), layout="constrained")
    axes = figure.subplots(len(panels), squeeze=False, gridspec_kw={"height_ratios": heights})
    for panel, (ax,) in zip(panels, axes, strict=True):
        draw_panel(panel, ax)
    figure.savefig(path, format="svg", metadata={"Date": None})


def draw_panel(panel: dict[str, Any], axes: Axes) -> None:
    seconds: dict[str, float] = panel["seconds"]
    colours = [OURS if title.startswith("Yuebao") else THEIRS for title in seconds]
    bars = axes.barh(list(seconds), list(seconds.values()), color=colours)
    axes.bar_label(bars, fmt="{:.2f} s", padding=3)
    axes.invert_yaxis()
    axes.set_title(panel["title"], loc="left", fontweight="bold", fontsize=9)
    axes.set_xlim(0, max(seconds.values()) * 1.12)
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.tick_params(left=False)


if __name__ == "__main__":
    draw(json.load(sys.stdin), sys.argv[1])
