"""Settings that are proposed for a system: what samples prove, each with its evidence, and questions for the rest."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestration.sources.files.labels import printable

# The order in which a system's settings are written, those of the other tables of settings.
_ORDER = (
    *("kind", "title", "opens", "measures", "sites", "url", "query", "auth", "paging", "success", "folder", "storage"),
    *("file", "format", "encoding", "delimiter", "sheet", "day", "day_form", "rows", "columns", "constants", "values"),
    *("declared", "declared_rows", "total_row", "subtotals", "skip_rows", "remarks", "none_means", "merged_cells"),
    *("stated",),
)


@dataclass(frozen=True)
class OpenQuestion:
    """What samples leave open of one key: the question, and lines of settings that may answer it."""

    key: str
    text: str
    guesses: tuple[str, ...] = ()


@dataclass
class Proposal:
    """What is proposed of one system.

    Attributes:
        told: what the samples prove, by key of the settings.
        evidence: by key, what proves it.
        questions: what they leave open.
        notes: what else they show.
        tables: files of the hall's folder that belong to it, by path.
    """

    told: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    questions: list[OpenQuestion] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=dict)

    def tell(self, key: str, value: Any, evidence: str = "") -> None:
        """Propose a setting that the samples prove."""
        self.told[key], self.evidence[key] = value, evidence

    def ask(self, key: str, text: str, **guesses: Any) -> None:
        """Leave a setting open; `guesses` are further keys with what may answer the question."""
        self.questions.append(
            OpenQuestion(key, text, tuple(f"{name} = {toml(value)}" for name, value in guesses.items()))
        )

    def lines(self, name: str, samples: str) -> Iterator[str]:
        """The system's table of settings, line by line, with evidence and questions as comments."""
        yield _comment(f"Proposed by `yuebao connect` from {samples}; review it, then take the comments away.")
        yield from map(_comment, self.notes)
        yield f"[systems.{name}]"
        asked = {question.key for question in self.questions}
        for key in [*_ORDER, *sorted((self.told.keys() | asked) - set(_ORDER))]:
            if key in self.told:
                if why := self.evidence[key]:
                    yield _comment(why)
                yield f"{key} = {toml(self.told[key])}"
            for question in self.questions:
                if question.key == key:
                    yield _comment(f"QUESTION {key}: {question.text}")
                    yield from map(_comment, question.guesses)


def _comment(text: str) -> str:
    """A comment of TOML, which holds no control characters."""
    return f"# {printable(text)}"


def toml(value: Any) -> str:
    """A value as TOML writes it, on one line."""
    match value:
        case Mapping():
            return "{ " + ", ".join(f"{_key(key)} = {toml(each)}" for key, each in value.items()) + " }"
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
        case bool() | int() | float():
            return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else toml(key)
