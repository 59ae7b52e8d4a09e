"""A validation tells its days and halls apart, warms up once, and shows nobody the rows that it judged."""

import gc
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from expectations import validation
from expectations.rules import RULES
from expectations.validation import Vocabulary, warm_up, write_docs
from tests.test_expectations import BAD_DAY, DAYS, VOCABULARY, count_row, frames, good_rows, total_row, validated

COUNT, VOLUME = "count_is_a_non_negative_integer", "volume_is_near_usual"


def test_codes_are_handed_over_in_order() -> None:
    vocabulary = Vocabulary(frozenset({"b", "a", "c"}), frozenset("zyx"), frozenset({"n", "m"}))
    assert vocabulary.as_parameters() == {
        "halls": ["a", "b", "c"],
        "departments": ["x", "y", "z"],
        "measures": ["m", "n"],
    }


def test_errors_keep_a_day_out_and_warnings_are_told() -> None:
    found = validated(lambda *frames: [change(*frames) for change in (count_row(count=-3), total_row(usual=4000))])
    assert {day: [each.rule.name for each in found.failures_on(day)] for day in DAYS} == {
        day: [COUNT] if day == BAD_DAY else [] for day in DAYS
    }
    passed = {rule.name: "passed" for rule in RULES}
    assert found.outcome_on(BAD_DAY) == passed | {COUNT: "failed", VOLUME: "warned"}
    assert found.outcome_on(DAYS[0]) == passed
    nothing_known = {rule.name: "not_applicable" for rule in RULES if rule.compares_with}
    assert found.outcome_on(BAD_DAY, "510100") == passed | nothing_known, "of which nothing was declared or landed"
    assert found.failures_on(BAD_DAY, "510100") == ()


def test_a_validation_shows_its_findings_and_not_the_rows() -> None:
    found = validated()
    assert repr(found) == f"Validation(findings={found.findings!r})"


def test_docs_are_where_the_suites_wrote_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Runner:
        def write_docs(self, _frames: object, parameters: Mapping[str, list[str]], folder: Path) -> Path:
            return folder / f"{parameters['measures'][0]}.html"

    monkeypatch.setattr(validation, "_suite_runner", Runner)
    assert write_docs(*frames(*good_rows()), VOCABULARY, Path("docs")) == Path("docs/online_accepted.html")


def test_warming_up_loads_what_judging_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(validation, "_load", lambda: loaded.append("suites"))
    warm_up()
    assert loaded == ["suites"]


@pytest.mark.parametrize("collecting", [True, False])
def test_loading_says_nothing_and_leaves_the_collector_as_it_was(*, collecting: bool) -> None:
    talkative, was_on = logging.getLogger("great_expectations"), gc.isenabled()
    talkative.setLevel(logging.DEBUG)
    try:
        (gc.enable if collecting else gc.disable)()
        validation._load.__wrapped__()
        assert gc.isenabled() is collecting
    finally:
        (gc.enable if was_on else gc.disable)()
    assert talkative.level == logging.ERROR
