"""Which cells of an .xlsx workbook are shown as days or as spans of time."""

from collections.abc import Callable
from contextlib import suppress
from typing import Literal
from xml.parsers.expat import ExpatError

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

from orchestration.sources.files.xlsx_package import Package, in_namespaces
from orchestration.sources.files.xml_events import Attributes, read_elements

Shown = Literal["number", "day", "span"]
# Of Chinese programs; the standard leaves it to them how they write the day.
_CHINESE_DAYS = frozenset((*range(27, 37), *range(50, 59)))


def cells_shown_as(package: Package, part: str | None) -> list[Shown]:
    """By a cell's style, how its numbers are shown; what can't be read of it says nothing, as counts need no style."""
    formats: dict[str, str] = {}
    styles: dict[str, list[str]] = {"cellXfs": []}
    group: list[str] = []

    def number_format(attributes: Attributes) -> None:
        formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")

    def start_group(name: str) -> Callable[[Attributes], None]:
        def start(_: Attributes) -> None:
            nonlocal group
            group = styles.setdefault(name, [])

        return start

    def style(attributes: Attributes) -> None:
        group.append(attributes.get("numFmtId", "0"))

    handlers = {
        "numFmt": number_format,
        "xf": style,
        **{name: start_group(name) for name in ("cellStyleXfs", "cellXfs")},
    }
    if part is not None and part in package:
        with package.open(part) as stream, suppress(ExpatError):
            read_elements(stream, in_namespaces(handlers))
    return [_shown_as(number, formats) for number in styles["cellXfs"]]


def _shown_as(number: str, formats: dict[str, str]) -> Shown:
    code = formats.get(number)
    if code is None:
        if number.isdecimal() and int(number) in _CHINESE_DAYS:
            return "day"
        code = BUILTIN_FORMATS.get(int(number), "") if number.isdecimal() else ""
    if is_timedelta_format(code):
        return "span"
    return "day" if is_date_format(code) else "number"
