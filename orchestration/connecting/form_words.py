"""What labels mean, by the reviewed words of form_words.toml."""

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from orchestration.sources.files.labels import label

_TOLD: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("form_words.toml").read_text(encoding="utf-8"))


def _labels(words: Collection[str]) -> frozenset[str]:
    return frozenset(map(label, words))


COLUMNS: Mapping[str, frozenset[str]] = {ours: _labels(words) for ours, words in _TOLD["columns"].items()}
STATED: Mapping[str, tuple[str, ...]] = {key: tuple(words) for key, words in _TOLD["stated"].items()}
ANSWER: Mapping[str, tuple[str, ...]] = {key: tuple(words) for key, words in _TOLD["answer"].items()}
_COUNTS: Mapping[str, list[str]] = {
    key: sorted(_labels(words), key=len, reverse=True) for key, words in _TOLD["counts"].items()
}
_PERIOD = re.compile(f"(?:{'|'.join(map(re.escape, [*_COUNTS['of_day'], *_COUNTS['of_others']]))})+")


def column_called(text: Any) -> str:
    """The column of ours that a label names, or an empty text."""
    return next((ours for ours, words in COLUMNS.items() if label(text) in words), "")


def is_count(path: str) -> bool:
    """Whether a label, or a path of labels such as `受理量/当日`, is that of counts of one day."""
    text = label(path)
    if any(word in text for word in _COUNTS["of_others"]):
        return False
    parts = [_without_unit(part) for part in text.split("/")]
    said = any(part.endswith(tuple(_COUNTS["nouns"])) or part in COLUMNS["count"] for part in parts)
    return said or any(word in text for word in _COUNTS["events"])


def is_period(text: Any) -> bool:
    """Whether a label is a period that counts are of, and nothing else: 当日, 本月累计."""
    return bool(_PERIOD.fullmatch(label(text)))


def is_word(text: Any) -> bool:
    """Whether reviewed words say what a label means."""
    return is_period(text) or is_count(str(text)) or bool(column_called(text))


def events_in(text: Any) -> frozenset[str]:
    """The events that a text names."""
    return frozenset(word for word in _COUNTS["events"] if word in label(text))


def event_of(path: str) -> str:
    """What is counted by a label or a measure's name, without words for a count and a day; empty if generic."""
    text = "".join(_without_unit(part) for part in label(path).split("/") if part not in _COUNTS["of_day"])
    if text in COLUMNS["count"]:
        return ""
    day = next((word for word in _COUNTS["of_day"] if text.startswith(word)), "")
    noun = next((word for word in _COUNTS["nouns"] if text.endswith(word)), "")
    return text.removeprefix(day).removesuffix(noun)


def _without_unit(text: str) -> str:
    return next((text.removesuffix(unit) for unit in _COUNTS["units"] if text.endswith(unit)), text)
