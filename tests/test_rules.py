"""The rules as data, and the version that changes with whatever decides a verdict."""

import dataclasses

import pytest

from expectations import rules
from expectations.rules import CLAUSES, RULES, Clause, Rule, suite_version

COUNT_CEILING = 10_000_000


def test_the_version_of_given_rules_is_the_same_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence names it: if it were made otherwise, every day would be judged again."""
    given = {
        "RULES": (Rule("hall_is_known", "error", "the hall is known", "look"),),
        "CLAUSES": (Clause("hall_is_known", "counts", "ExpectInSet", {"value_set": ["省"], "column": "hall_code"}),),
        "TEXT_COLUMNS": ("measure",),
        "TEXT_OR_NULL_COLUMNS": ("item_code",),
        "VOLUME_BAND": {"times": 3, "floor": 30},
        "PERSONAL_PATTERNS": {"name": "[张李]"},
    }
    for name, value in given.items():
        monkeypatch.setattr(rules, name, value)
    assert suite_version() == "80c39cf38f8d"


def test_the_version_changes_with_what_is_asked_and_not_with_its_wording(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {suite_version()}
    with monkeypatch.context() as patch:
        patch.setattr(rules, "RULES", tuple(dataclasses.replace(r, description="?", next_step="?") for r in RULES))
        assert suite_version() in versions
    for number, clause in enumerate(CLAUSES):
        changed = dataclasses.replace(clause, parameters={**clause.parameters, "mostly": 0.9})
        with monkeypatch.context() as patch:
            patch.setattr(rules, "CLAUSES", (*CLAUSES[:number], changed, *CLAUSES[number + 1 :]))
            versions.add(suite_version())
    for name in ("VOLUME_BAND", "PERSONAL_PATTERNS"):
        with monkeypatch.context() as patch:
            patch.setattr(rules, name, {**getattr(rules, name), "another": "x"})
            versions.add(suite_version())

    assert len(versions) == 1 + len(CLAUSES) + 2


def test_rules_are_complete_data() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
    assert {clause.rule for clause in CLAUSES} == set(names)
    assert [rule.name for rule in RULES if rule.severity == "warning"] == ["volume_is_near_usual"]
    described = {rule.name: rule.description for rule in RULES}
    ceilings = {clause.parameters["max_value"] for clause in CLAUSES if "max_value" in clause.parameters}
    assert ceilings == {COUNT_CEILING}
    assert f"0 to {COUNT_CEILING}:" in described["count_is_a_non_negative_integer"]
    times, floor = (rules.VOLUME_BAND[name] for name in ("times", "floor"))
    assert (
        f"{times} times the median of recent same weekdays; differences of up to {floor} don't"
        in (described["volume_is_near_usual"])
    )
    assert not any("mostly" in clause.parameters for clause in CLAUSES)
