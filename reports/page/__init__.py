"""The page (网页): one self-contained file per month and an index, made of nothing but what is certified."""

from reports.page.rendering import index_page, month_page, waiting_page
from reports.page.standing import MEANINGS, Meaning, MonthState, Status, month_title

__all__ = ["MEANINGS", "Meaning", "MonthState", "Status", "index_page", "month_page", "month_title", "waiting_page"]
