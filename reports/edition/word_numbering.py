"""Word's automatic numbering, which stands in no text: the ordinal that Word shows before each paragraph."""

import re
from collections.abc import Mapping
from typing import Any

from reports.docx_files import W
from reports.edition.ordinals import Ordinal, in_chinese
from reports.word.measurements import Measurements

_LEVELS = 9
_CIRCLED = frozenset({"decimalEnclosedCircle", "decimalEnclosedCircleChinese"})
_CHINESE = frozenset(
    {
        "chineseCounting",
        "chineseCountingThousand",
        "ideographDigital",
        "japaneseCounting",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
        "taiwaneseDigital",
    }
)
_DIGITS = frozenset({"decimal", "decimalFullWidth", "decimalFullWidth2", "decimalHalfWidth", "decimalZero"})
_UNNUMBERED = frozenset({"bullet", "none"})
_PLACEHOLDER = re.compile(r"%\d")


class WordNumbering:
    """Counts a document's numbered paragraphs, which have to be asked of in their order."""

    def __init__(self, measurements: Measurements) -> None:
        self._measurements = measurements
        root = _numbering_part(measurements.document)
        self._numbers = _by_id(root, "num", "numId")
        self._lists = _by_id(root, "abstractNum", "abstractNumId")
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()

    def ordinal_of(self, paragraph: Any) -> Ordinal | None:
        """The ordinal before a paragraph; None for a bullet or nothing."""
        number, level = self._number_of(paragraph)
        if not number or paragraph.find(f"{W}pPr/{W}rPr/{W}del") is not None:
            return None
        key, definition = self._definition(number, level)
        if definition is None:
            return None
        return _ordinal(definition, level, self._counted(number, key, level, definition))

    def _number_of(self, paragraph: Any) -> tuple[str, int]:
        """The list and level of a paragraph: its own, or its style's."""
        number, level = "", None
        for holder in self._measurements.holders_of(paragraph):
            properties = holder.find(f"{W}pPr/{W}numPr")
            if properties is None:
                continue
            number = number or _value(properties, "numId")
            level = level or _value(properties, "ilvl")
        return ("" if number == "0" else number), min(int(level or 0), _LEVELS - 1)

    def _definition(self, number: str, level: int) -> tuple[str, Any]:
        """The key of the counts of a list, and the definition of one of its levels."""
        element = self._numbers.get(number)
        if element is None:
            return "", None
        key = _value(element, "abstractNumId")
        override = element.find(f"{W}lvlOverride[@{W}ilvl='{level}']/{W}lvl")
        if override is not None:
            return key, override
        return key, self._list(key).find(f"{W}lvl[@{W}ilvl='{level}']") if key in self._lists else None

    def _list(self, key: str) -> Any:
        """The definition of a list, which may stand in another that a style names."""
        element = self._lists[key]
        link = _value(element, "numStyleLink")
        linked = next((each for each in self._lists.values() if link and _value(each, "styleLink") == link), None)
        return element if linked is None else linked

    def _counted(self, number: str, key: str, level: int, definition: Any) -> int:
        counts = self._counts.setdefault(key, [None] * _LEVELS)
        start = int(_value(definition, "start") or 1)
        override = self._numbers[number].find(f"{W}lvlOverride[@{W}ilvl='{level}']")
        if (number, level) not in self._begun:
            self._begun.add((number, level))
            if override is not None and (begins := _value(override, "startOverride")):
                start, counts[level] = int(begins), None
        last = counts[level]
        value = start if last is None else last + 1
        counts[level:] = [value, *[None] * (_LEVELS - level - 1)]
        return value


def _ordinal(definition: Any, level: int, value: int) -> Ordinal | None:
    kind, text = _value(definition, "numFmt") or "decimal", _value(definition, "lvlText")
    if kind in _UNNUMBERED or "%" not in text:
        return None
    enclosed = any(bracket in text for bracket in "（()）")
    levels = len(_PLACEHOLDER.findall(text))
    if kind in _CIRCLED:
        form = "①"
    elif kind in _CHINESE:
        form = "（一）" if enclosed else "一、"
    elif kind in _DIGITS and levels == 1:
        form = "（1）" if enclosed else "1."
    else:
        form = "1." * levels if kind in _DIGITS else f"{kind} {level}."
    written = in_chinese(value) if kind in _CHINESE else str(value)
    return Ordinal(form, value, _PLACEHOLDER.sub(written, text))


def _numbering_part(document: Any) -> Any:
    relations = document.part.rels.values()
    return next((each.target_part.element for each in relations if each.reltype.endswith("/numbering")), None)


def _by_id(root: Any, tag: str, key: str) -> Mapping[str, Any]:
    return {} if root is None else {each.get(f"{W}{key}"): each for each in root.iterchildren(f"{W}{tag}")}


def _value(parent: Any, name: str) -> str:
    element = parent.find(f"{W}{name}")
    return element.get(f"{W}val", "") if element is not None else ""
