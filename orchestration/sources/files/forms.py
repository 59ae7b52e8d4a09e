"""The reviewed words of forms, as forms.toml has them."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.sources.files.labels import label

_FORMS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("forms.toml").read_text(encoding="utf-8"))

REMARKS: Sequence[str] = _FORMS["remarks"]
MARKS_OF_NONE = frozenset(map(label, _FORMS["marks_of_none"]))
DATES: Mapping[str, Sequence[str]] = _FORMS["dates"]
UNITS: Mapping[str, Sequence[str]] = _FORMS["units"]


_ENDS, _BEGINS = ("|".join(map(re.escape, _FORMS[key])) for key in ("subtotals", "parts"))
_SUBTOTAL = re.compile(rf"^({_BEGINS})|({_ENDS}):?$")


def subtotal_word(text: str) -> str:
    """The word by which a label says that its row is a subtotal, or an empty text."""
    found = _SUBTOTAL.search(text)
    return found[1] or found[2] if found else ""
