"""How names and labels of files are compared and shown."""

import unicodedata
from typing import Any


def label(value: Any) -> str:
    """A header or label as it is compared: whatever its width, its Unicode form and the spaces and lines within."""
    return "" if value is None else "".join(unicodedata.normalize("NFKC", str(value)).split())


def printable(name: str) -> str:
    """A name from outside as it is put into a message: on one line, in characters that can be printed."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in unicodedata.normalize("NFC", name)
    )
