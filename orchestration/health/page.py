"""The health as one self-contained HTML page: no script, no request, nothing from outside unescaped."""

from collections.abc import Mapping
from pathlib import Path

from orchestration.health import view
from orchestration.health.days import WINDOW
from orchestration.health.metrics import write_metrics
from orchestration.health.model import CELL_SIGNS, CELL_WORDS, Health, MonthState
from orchestration.health.runs import RUN_DAYS
from orchestration.runtime.paths import Home
from reports.figures.months import counted_spans
from reports.files import write_bytes

_LIMITS = {"most_actions": 8, "most_listed": 100, "most_bars": 30, "most_sites": 40}
# By state: how a month is coloured, and called.
_MONTHS: Mapping[MonthState, tuple[str, str]] = {
    "under way": ("not_due", "… under way"),
    "draft": ("missing", "? draft 草稿"),
    "waiting": ("awaited", "… waiting 待核定"),
    "certified": ("answered", "■ certified 已核定"),
    "revision pending": ("missing", "! revision pending 待修订"),
}


def write_health(health: Health, home: Home, file: Path | None = None) -> tuple[Path, Path]:
    """Write page and metrics into the state folder's `health/`, or the page to a file; returns where they lie."""
    target, metrics = file or home.health / "index.html", home.health / "yuebao.prom"
    write_bytes(target, page(health).encode())
    write_metrics(health, metrics)
    return target, metrics


def page(health: Health) -> str:
    """The page, in UTF-8 when it is written."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("orchestration.health", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        {each.__name__: each for each in (view.share, view.brief, view.took, view.size, view.days_left, counted_spans)},
        cell_title=view.cell_title,
    )
    return environment.get_template("page.html.jinja").render(
        health=health,
        signs=CELL_SIGNS,
        words=CELL_WORDS,
        months_told=_MONTHS,
        sheets=view.sheets_of(health.cells),
        gaps=view.gaps_of(health.cells, health.snoozed),
        triangle=[month for month in health.arrivals.months if month.arrivals],
        triangle_days=view.TRIANGLE_DAYS,
        window=WINDOW,
        run_days=RUN_DAYS,
        **_LIMITS,
    )
