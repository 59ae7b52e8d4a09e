"""The health as one self-contained HTML page: no script, no request, nothing from outside unescaped."""

from collections.abc import Mapping

from orchestration.health import view
from orchestration.health.days import WINDOW
from orchestration.health.model import CELL_SIGNS, CELL_WORDS, Health, MonthState
from orchestration.health.runs import RUN_DAYS

_LIMITS = {"most_actions": 8, "most_listed": 100, "most_bars": 30}
_MONTH_WORDS: Mapping[MonthState, str] = {
    "under way": "… under way",
    "draft": "? draft 草稿",
    "waiting": "… waiting 待核定",
    "certified": "■ certified 已核定",
    "revision pending": "! revision pending 待修订",
}
_MONTH_CLASSES: Mapping[MonthState, str] = {
    "under way": "not_due",
    "draft": "missing",
    "waiting": "awaited",
    "certified": "answered",
    "revision pending": "missing",
}


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
        {each.__name__: each for each in (view.share, view.brief, view.took, view.size, view.days_left)},
        cell_title=view.cell_title,
        site_rows=view.site_rows,
    )
    return environment.get_template("page.html.jinja").render(
        health=health,
        signs=CELL_SIGNS,
        words=CELL_WORDS,
        month_words=_MONTH_WORDS,
        month_classes=_MONTH_CLASSES,
        sheets=view.sheets_of(health.cells),
        gaps=view.gaps_of(health.cells),
        triangle=[month for month in health.arrivals.months if month.arrivals],
        triangle_days=view.TRIANGLE_DAYS,
        window=WINDOW,
        run_days=RUN_DAYS,
        **_LIMITS,
    )
