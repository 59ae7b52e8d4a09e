"""Draws the seconds of every scenario's competitors as bars, one panel a scenario, and figures by size as curves.

Runs in the virtual environment of the peers. The argument is the SVG file to write; standard input is JSON, a list of
panels: `title`, and `seconds` by competitor or `lines`, by competitor points of sites and a figure.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

OURS, ON_SPARK, THEIRS = "#b3262e", "#d98b3a", "#9aa5b1"
# The same figures give the same file, and its words stay words.
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "yuebao", "font.family": "sans-serif", "font.size": 9})


def draw(panels: list[dict[str, Any]], path: str) -> None:
    figure = draw_curves(panels) if "lines" in panels[0] else draw_bars(panels)
    figure.savefig(path, format="svg", metadata={"Date": None})


def draw_bars(panels: list[dict[str, Any]]) -> Figure:
    heights = [len(panel["seconds"]) + 1 for panel in panels]
    figure = Figure(figsize=(10, 0.32 * sum(heights) + 0.5), layout="constrained")
    axes = figure.subplots(len(panels), squeeze=False, gridspec_kw={"height_ratios": heights})
    for panel, (ax,) in zip(panels, axes, strict=True):
        draw_panel(panel, ax)
    return figure


def draw_curves(panels: list[dict[str, Any]]) -> Figure:
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    for panel, ax in zip(panels, figure.subplots(1, len(panels), squeeze=False)[0], strict=True):
        for title, points in panel["lines"].items():
            sites, figures = zip(*points, strict=True)
            colour = ON_SPARK if "Spark" in title else OURS if title.startswith("Yuebao") else THEIRS
            ax.plot(sites, figures, marker="o", markersize=4, label=title, color=colour)
            for x, y in points:
                text = f"{y:,.0f}" if y >= 100 else f"{y:.2g}"
                ax.annotate(text, (x, y), (0, 5), textcoords="offset points", ha="center", fontsize=7)
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xlabel("sites, 31,248 rows a month each")
        ax.set_title(panel["title"], loc="left", fontweight="bold", fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False, fontsize=8)
    return figure


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
