"""What a text repeats of a certified section."""

from reports.proofreading.context import Case
from reports.proofreading.periods import in_words
from reports.proofreading.rules.table import Values, of_reading


@of_reading(
    "与核定的月报不符",
    ("quoted",),
    "{when}月报这句话里，{quoted.name}是“{quoted.certified}”",
    "请改为“{quoted.certified}”",
)
def quoted_otherwise(case: Case) -> Values | None:
    """The words of a certified section with another number, direction or name in them."""
    quoted = case.reading.quoted
    if quoted is None or quoted.agrees:
        return None
    return {"quoted": quoted, "when": in_words((quoted.month,))}
