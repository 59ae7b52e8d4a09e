"""The rules for a day of counts, and the expectations that judge each of them, as rules.toml lists them.

Knows neither pandas nor Great Expectations, so that names, severities and wording cost nothing to import.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

Severity = Literal["error", "warning"]
FrameName = Literal["counts", "totals"]


@dataclass(frozen=True)
class Rule:
    """One thing that must hold before a day of counts may land; see rules.toml."""

    name: str
    severity: Severity
    description: str
    next_step: str
    compares_with: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Clause:
    """One Great Expectations expectation of a rule; see rules.toml."""

    rule: str
    frame: FrameName
    expectation: str
    parameters: Mapping[str, object]
    shows: tuple[str, ...] = ()


_TOLD: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))

COUNTS_COLUMNS: Final = tuple[str, ...](_TOLD["columns"]["counts"])
TOTALS_COLUMNS: Final = tuple[str, ...](_TOLD["columns"]["totals"])
TEXT_COLUMNS: Final = tuple[str, ...](_TOLD["columns"]["text"])
TEXT_OR_NULL_COLUMNS: Final = tuple[str, ...](_TOLD["columns"]["text_or_null"])
CODE_SHAPE: Final[str] = _TOLD["columns"]["code_shape"]
VOLUME_BAND: Final[Mapping[str, int]] = _TOLD["volume"]
PERSONAL_PATTERNS: Final[Mapping[str, str]] = _TOLD["personal"]
RULES: Final = tuple(
    Rule(
        name=rule["name"],
        severity=rule["severity"],
        description=rule["description"],
        next_step=rule["next_step"],
        compares_with=rule.get("compares_with", ""),
        owner=rule.get("owner", _TOLD["owner"]),
    )
    for rule in _TOLD["rules"]
)
CLAUSES: Final = tuple(
    Clause(rule["name"], told["frame"], told["expectation"], told["parameters"], tuple(told.get("shows", ())))
    for rule in _TOLD["rules"]
    for told in rule["clauses"]
)


def suite_version() -> str:
    """A short hash over everything that decides a verdict; evidence made under another version is stale.

    Descriptions, next steps and owners are left out: better wording doesn't make yesterday's evidence stale. So is what
    a rule compares with: it decides nothing where that is there.
    """
    decisive = {
        "rules": [(rule.name, rule.severity) for rule in RULES],
        "clauses": [(c.rule, c.frame, c.expectation, dict(c.parameters)) for c in CLAUSES],
        "text": [TEXT_COLUMNS, TEXT_OR_NULL_COLUMNS],
        "volume": dict(VOLUME_BAND),
        "personal": dict(PERSONAL_PATTERNS),
    }
    canonical = json.dumps(decisive, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
