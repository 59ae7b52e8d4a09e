"""How names and labels of files are compared and shown."""

import re
import unicodedata
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache
from typing import Any


def label(value: Any) -> str:
    """A header or label as it is compared: whatever its width, its Unicode form and the spaces and lines within."""
    return "" if value is None else _label(str(value))


@lru_cache(maxsize=4096)
def _label(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def pattern_of_labels(patterns: Sequence[str]) -> re.Pattern[str]:
    """What matches a label that is like any of these, in which `*` and `?` stand for whatever, or whichever sign."""
    return re.compile("|".join(translate(label(pattern)) for pattern in patterns) or "(?!)")


def printable(name: str) -> str:
    """A name from outside as it is put into a message: on one line, in characters that can be printed."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in unicodedata.normalize("NFC", name)
    )
