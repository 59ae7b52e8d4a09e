"""The page (网页): one self-contained file per month and an index, made of nothing but what is certified.

How a month stands is decided elsewhere and comes in as `MonthSummary`; a full proofreading isn't done in the browser.
May import `reports.certificates`, `reports.figures` and `reports.proofreading`.
"""

from reports.page.month_summary import MEANINGS, Meaning, MonthSummary, PathStep, Status
from reports.page.rendering import index_page, month_page, waiting_page

__all__ = ["MEANINGS", "Meaning", "MonthSummary", "PathStep", "Status", "index_page", "month_page", "waiting_page"]
