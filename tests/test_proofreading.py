"""Proofreading of texts as authors write them: planted errors are found, and nothing else is."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from reports.proofreading import KnownNumbers, proofread
from reports.proofreading.rules import VALUE_RULES, WHOLE_RULES, WRITING_RULES
from tests.proofreading_known import known

TEXTS = Path(__file__).parent / "proofreading_texts"


def texts(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads((TEXTS / name).read_text(encoding="utf-8"))["text"]
    return entries


PLANTED, CLEAN = texts("planted.toml"), texts("clean.toml")
KNOWN = known()
# The same without the vintage whose number happens to be the wrong rounding.
FIRST_VINTAGES = KnownNumbers(KNOWN.month, [number for number in KNOWN.numbers if not number.superseded], KNOWN.figures)


@pytest.mark.parametrize("case", PLANTED, ids=[case["name"] for case in PLANTED])
def test_planted_errors_are_found_and_nothing_else(case: dict[str, Any]) -> None:
    proof = proofread(case["text"], FIRST_VINTAGES if "edition" in case else KNOWN)

    assert [[finding.rule, finding.spot.found] for finding in proof.findings] == case["expected"], str(proof)


@pytest.mark.parametrize("case", CLEAN, ids=[case["name"] for case in CLEAN])
def test_clean_texts_are_clean_and_were_read(case: dict[str, Any]) -> None:
    proof = proofread(case["text"], KNOWN)

    assert proof.findings == (), str(proof)
    assert len(proof.matched) == case["matched"], [f"{found.spot.found} {found.what}" for found in proof.matched]


def test_every_rule_has_a_planted_error() -> None:
    rules = {rule.code for rule in (VALUE_RULES | WRITING_RULES | WHOLE_RULES).values()}

    assert {rule for case in PLANTED for rule, _ in case["expected"]} == rules
