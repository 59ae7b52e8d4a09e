"""Days as texts write them, in digits or in Chinese numerals: 2025年3月5日, 二〇二五年三月五日."""

from reports.proofreading.numerals import chinese_value

YEAR = "(?:\\d{4}|[〇○零一二三四五六七八九]{4})"
NUMBER = "(?:\\d{1,2}|[一二三四五六七八九十]{1,3})"
# Before the number of a month nothing of a longer one.
BEGINS = "(?<![\\d一二三四五六七八九十])"
_YEAR_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")


def year_of(text: str) -> int:
    """A year."""
    return int(text.translate(_YEAR_DIGITS))


def number_of(text: str) -> int:
    """The number of a month or a day; 0 where it is none."""
    return int(text) if text.isascii() else int(chinese_value(text) or 0)
