"""How numbers are written: separators, width, and the table of `writing.toml`."""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reports.proofreading.context import Case
from reports.proofreading.rules.table import (
    PASSAGE_RULES,
    Fault,
    ProofRule,
    ReadPassage,
    Values,
    of_passage,
    of_reading,
)

_TABLE: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_KINDS_OF_ANY_WIDTH = frozenset({"序号", "编号", "网址", "文件名", "电话"})
_FULL_WIDTH = re.compile("[０-９．％]")


@of_reading(
    "千分位分隔符",
    ("level", "rate", "points", "share", "difference"),
    "数字不加千分位分隔符",
    "月报写作“{plain}”",
    level="ask",
)
def thousands_separator(case: Case) -> Values | None:
    """Commas in a number."""
    return {"plain": case.numeral.plain_digits} if case.numeral.has_separators else None


@of_passage("全角数字", "数字用半角", "请改为“{plain}”")
def full_width(piece: ReadPassage) -> Iterator[Fault]:
    """Digits as wide as characters."""
    passage = piece.parsed.passage
    for reading in piece.readings:
        if reading.numeral is None or reading.kind in _KINDS_OF_ANY_WIDTH:
            continue
        if _FULL_WIDTH.search(passage.original[reading.start : reading.end]):
            yield Fault(piece, reading.start, reading.end, {"plain": passage.plain[reading.start : reading.end]})


def _finder(pattern: re.Pattern[str], *, as_written: bool) -> Callable[[ReadPassage], Iterator[Fault]]:
    def find(piece: ReadPassage) -> Iterator[Fault]:
        text = piece.parsed.passage.text if as_written else piece.text
        for match in pattern.finditer(text, 0 if as_written else piece.parsed.passage.begins):
            group = next((name for name, found in match.groupdict().items() if found), 0)
            yield Fault(piece, *match.span(group), {}, as_written=as_written)

    return find


for _code, _row in _TABLE.items():
    _check = _finder(re.compile(_row["pattern"]), as_written=_row.get("as_written", False))
    PASSAGE_RULES.append(ProofRule(_row["name"], _row["expected"], _row["suggestion"], code=_code, check=_check))
