"""What keeps a month from being printed: every kind of problem, grouped and named, and nothing absent goes through."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.figures.day_verdict import DayVerdict
from reports.figures.months import days_of
from reports.figures.readiness import (
    BuildCheck,
    BuildEvidence,
    CheckStatus,
    DayState,
    EvidenceError,
    Expected,
    Problem,
    assess,
    build_problems,
    day_problems,
    remedies,
    warnings,
)

MONTH = "2025-03"
SYSTEMS = {"call_centre": "电话咨询", "courier": "邮寄"}
RULES = frozenset({"counts_are_whole", "keys_are_unique"})
BUILD_CHECKS = frozenset({"unique_fct_daily_counts", "parts_make_total", "month_is_sum_of_days"})
FACTS = {"fct_monthly_metrics.parquet": "a" * 64, "inputs/calendar.json": "b" * 64}
ASKED = frozenset((system, day) for system in SYSTEMS for day in days_of(MONTH))
EXPECTED = Expected(MONTH, SYSTEMS, ASKED, RULES, BUILD_CHECKS, "f" * 64, FACTS)


def ready_day(system: str, day: date) -> DayState:
    is_open = system == "call_centre" or day.weekday() < 5
    return DayState(
        system=system,
        system_name=SYSTEMS[system],
        day=day,
        verdict="answered" if is_open else "closed",
        detail="",
        checks=dict.fromkeys(RULES, "passed") if is_open else {},
    )


DAYS = [ready_day(system, day) for system in SYSTEMS for day in days_of(MONTH)]
ANSWERED = [state for state in DAYS if state.verdict == "answered"]


def check(name: str, status: CheckStatus = "pass", **values: Any) -> BuildCheck:
    sound: dict[str, Any] = {"model": "fct_monthly_metrics", "severity": "error", "failures": 0, "message": ""}
    return BuildCheck(name=name, status=status, **(sound | values))


EVIDENCE = BuildEvidence(
    MONTH, "f" * 64, "2025-04-01T02:00:00+08:00", "run-1", tuple(check(name) for name in sorted(BUILD_CHECKS)), FACTS
)


def with_days(system: str, days: Iterable[int], **values: Any) -> list[DayState]:
    return [replace(state, **values) if state.system == system and state.day.day in days else state for state in DAYS]


def with_check(*checks: BuildCheck) -> BuildEvidence:
    names = {one.name for one in checks}
    return replace(EVIDENCE, checks=(*(one for one in EVIDENCE.checks if one.name not in names), *checks))


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({**FACTS, "fct_monthly_metrics.parquet": "c" * 64}, "fct_monthly_metrics.parquet"),
        ({**FACTS, "more.parquet": "c" * 64}, "more.parquet"),
        ({"fct_monthly_metrics.parquet": "a" * 64}, "inputs/calendar.json"),
        ({}, "fct_monthly_metrics.parquet"),
    ],
)
def test_facts_that_are_not_what_was_built_are_built_again(facts: dict[str, str], named: str) -> None:
    problem = only(assess(DAYS, EVIDENCE, replace(EXPECTED, facts=facts)))
    assert problem.kind == "build_stale"
    assert f"{named} was changed" in problem.message


def test_a_build_of_an_earlier_version_that_named_no_file_is_built_again() -> None:
    assert only(assess(DAYS, replace(EVIDENCE, files={}), EXPECTED)).kind == "build_stale"


def test_no_facts_are_not_equal_to_no_facts() -> None:
    problem = only(assess(DAYS, replace(EVIDENCE, files={}), replace(EXPECTED, facts={})))
    assert problem.kind == "build_stale"


def test_a_day_before_the_month_that_nothing_is_compared_with_is_named() -> None:
    eve = DayState("call_centre", "电话咨询", date(2025, 2, 28), "missing", "no file", {})
    problem = only(assess(DAYS, EVIDENCE, replace(EXPECTED, not_compared=(eve,))))
    assert problem.kind == "boundary_not_compared"
    assert problem.message == "call_centre 电话咨询: 2025-02-28 missing: no file: boundary not compared"
    assert problem.next_step == "yuebao pull 2025-02-28 --system call_centre"


def test_a_check_that_does_not_apply_is_no_problem_and_no_warning() -> None:
    first, *rest = EVIDENCE.checks
    evidence = replace(EVIDENCE, checks=(replace(first, status="not_applicable"), *rest))
    assert assess(DAYS, evidence, EXPECTED) == []
    assert warnings(DAYS, evidence) == []


def test_a_build_that_failed_published_nothing_that_could_have_changed() -> None:
    failed = replace(with_check(check("parts_make_total", "fail")), files={})
    assert only(assess(DAYS, failed, EXPECTED)).kind == "check_failed"


def test_a_ready_month_has_no_problem() -> None:
    assert assess(DAYS, EVIDENCE, EXPECTED) == []
    assert warnings(DAYS, EVIDENCE) == []


@pytest.mark.parametrize(
    ("verdict", "detail", "kind", "text"),
    [
        ("missing", "", "missing_day", "missing"),
        ("missing", "HTTP 503", "missing_day", "missing: HTTP 503"),
        ("quarantined", "row 4:\n  count is -1", "quarantined_day", "quarantined: row 4: count is -1"),
        ("damaged", "SHA-256 differs", "damaged_extract", "damaged: SHA-256 differs"),
        ("wrongly_closed", "", "missing_day", "declared closed, but the calendar has it open"),
    ],
)
def test_a_day_that_is_not_in_is_named(verdict: DayVerdict, detail: str, kind: str, text: str) -> None:
    days = with_days("courier", range(12, 13), verdict=verdict, detail=detail, checks={})
    problem = only(assess(days, EVIDENCE, EXPECTED))
    assert problem.kind == kind
    assert problem.subject == "courier 2025-03-12"
    assert problem.message == f"courier 邮寄: 2025-03-12 {text}"
    assert problem.next_step == "yuebao pull 2025-03-12 --system courier"
    assert str(problem) == f"{problem.message}; next: {problem.next_step}"


def test_consecutive_days_are_one_problem() -> None:
    days = with_days("courier", range(12, 15), verdict="missing")
    problem = only(assess(days, EVIDENCE, EXPECTED))
    assert problem.message == "courier 邮寄: 2025-03-12..2025-03-14 missing"
    assert problem.next_step == "yuebao pull 2025-03-12..2025-03-14 --system courier"


def test_other_systems_gaps_and_reasons_are_problems_of_their_own() -> None:
    gone: dict[tuple[str, int], str] = {
        ("courier", 3): "",
        ("courier", 4): "no file",
        ("courier", 6): "",
        ("call_centre", 4): "",
    }
    days = [
        replace(state, verdict="missing", detail=gone[state.system, state.day.day])
        if (state.system, state.day.day) in gone
        else state
        for state in DAYS
    ]
    assert [problem.message for problem in assess(days, EVIDENCE, EXPECTED)] == [
        "call_centre 电话咨询: 2025-03-04 missing",
        "courier 邮寄: 2025-03-03, 2025-03-06 (2 days) missing",
        "courier 邮寄: 2025-03-04 missing: no file",
    ]


_SILENT = "page 1: HTTP 502 Bad Gateway: upstream gave up (request id {}, {} s, attempt {} of 4)"


@pytest.mark.parametrize(
    ("verdict", "first", "second", "alike"),
    [
        ("missing", _SILENT.format("9f-31", "3.2", 2), _SILENT.format("07-c4", "4.75", 4), True),
        (
            "missing",
            "at 2025-03-05 07:30:01.250: the pool is full",
            "at 2025-03-05 08:30:00.991: the pool is full",
            True,
        ),
        (
            "missing",
            "7e1b5f40-1c1e-4ac6-8d0e-1f5b3c2d9a00: 系统繁忙",
            "0c9d2f11-aa1e-4bb6-9d0e-3f5b3c2d9a01: 系统繁忙",
            True,
        ),
        ("missing", "系统繁忙，流水号：A0017", "系统繁忙，流水号：B9213", True),
        ("missing", "page 1: HTTP 502", "page 1: HTTP 503", False),
        ("missing", "no file 邮寄日报*.xlsx", "no file 邮寄*.xlsx", False),
        ("missing", "3 files for one day", "4 files for one day", False),
        ("missing", "expected 5, found 4", "expected 5, found 3", False),
        ("quarantined", "counted = 50, declared = 51", "counted = 50, declared = 52", False),
        ("quarantined", "row 4: came 10:15:00", "row 4: came 10:16:00", False),
    ],
)
def test_causes_that_differ_in_what_differs_with_each_asking_are_one(
    verdict: DayVerdict, first: str, second: str, *, alike: bool
) -> None:
    causes = {4: first, 5: second}
    days = [
        replace(state, verdict=verdict, detail=causes[state.day.day])
        if state.system == "courier" and state.day.day in causes
        else state
        for state in DAYS
    ]
    assert len(assess(days, EVIDENCE, EXPECTED)) == (1 if alike else 2)


def test_each_command_is_told_once_and_several_gaps_have_one() -> None:
    days = [*with_days("courier", (3, 6), verdict="missing"), *with_days("call_centre", (4,), verdict="missing")]
    gone = [state for state in days if state.verdict == "missing"]
    problems = [*day_problems(gone, EXPECTED), *build_problems(None, EXPECTED)]
    assert [(remedy.command, len(remedy.problems)) for remedy in remedies(problems, "yuebao report 2025-03")] == [
        ("yuebao report 2025-03", 3)
    ]
    assert remedies(day_problems(gone, EXPECTED))[0].command == "yuebao pull 2025-03-03..2025-03-06"
    assert [remedy.command for remedy in remedies(problems[1:], "yuebao report 2025-03")] == [
        "yuebao pull 2025-03-03..2025-03-06 --system courier",
        "yuebao report 2025-03",
    ]


def test_a_closed_day_needs_its_declaration() -> None:
    saturday = with_days("courier", range(8, 9), verdict="missing")
    assert only(assess(saturday, EVIDENCE, EXPECTED)).message == "courier 邮寄: 2025-03-08 missing"


def test_a_system_that_worked_on_a_day_off_is_judged_like_on_any_day() -> None:
    answered = with_days("courier", range(8, 9), verdict="answered", checks=dict.fromkeys(RULES, "passed"))
    assert assess(answered, EVIDENCE, EXPECTED) == []
    unchecked = with_days("courier", range(8, 9), verdict="answered")
    assert {problem.kind for problem in assess(unchecked, EVIDENCE, EXPECTED)} == {"check_not_run"}


def test_a_failed_rule_is_named_whether_expected_or_not() -> None:
    for rule in ("keys_are_unique", "something_new"):
        checks = {**dict.fromkeys(RULES, "passed"), rule: "failed"}
        problem = only(assess(with_days("courier", range(12, 14), checks=checks), EVIDENCE, EXPECTED))
        assert problem.kind == "check_failed"
        assert problem.message == f"courier 邮寄: 2025-03-12..2025-03-13 check {rule} failed"


def test_rules_of_one_day_and_checks_of_one_build_are_told_by_their_names() -> None:
    def subjects(evidence: BuildEvidence | None = EVIDENCE, **values: Any) -> list[str]:
        days = with_days("courier", range(12, 13), **values)
        found = [*assess(days, evidence, EXPECTED), *warnings(days, evidence)]
        return [problem.message.partition("check ")[2].split()[0] for problem in found]

    for outcome in ("failed", "warned"):
        assert subjects(checks=dict.fromkeys(RULES, outcome)) == sorted(RULES)
    assert subjects(checks={}) == sorted(RULES)
    assert subjects(replace(EVIDENCE, checks=())) == sorted(BUILD_CHECKS)
    failed = tuple(check(name, "fail") for name in sorted(BUILD_CHECKS, reverse=True))
    assert subjects(replace(EVIDENCE, checks=failed)) == sorted(BUILD_CHECKS)


def test_an_unexpected_rule_that_passed_is_fine() -> None:
    checks = {**dict.fromkeys(RULES, "passed"), "something_new": "passed"}
    assert assess(with_days("courier", range(12, 14), checks=checks), EVIDENCE, EXPECTED) == []


def test_an_outcome_that_nobody_knows_is_no_pass() -> None:
    checks = {**dict.fromkeys(RULES, "passed"), "keys_are_unique": "maybe"}
    problem = only(assess(with_days("courier", range(12, 13), checks=checks), EVIDENCE, EXPECTED))
    assert problem.kind == "check_not_run"
    assert problem.message == "courier 邮寄: 2025-03-12 check keys_are_unique was not run"


def test_checks_of_another_suite_are_stale() -> None:
    detail = "of suite suite-1, now it is suite-2"
    days = with_days("call_centre", range(1, 32), verdict="stale", detail=detail, checks={})
    problem = only(assess(days, EVIDENCE, EXPECTED))
    assert problem.kind == "check_stale"
    assert problem.message == (
        "call_centre 电话咨询: 2025-03-01..2025-03-31 checks are stale: of suite suite-1, now it is suite-2"
    )


def test_a_warning_does_not_block_and_is_told() -> None:
    days = with_days("courier", range(12, 14), checks={**dict.fromkeys(RULES, "passed"), "counts_are_whole": "warned"})
    evidence = with_check(check("parts_make_total", "warn", severity="warning", failures=3, message="unusual"))
    assert assess(days, evidence, EXPECTED) == []
    assert [problem.message for problem in warnings(days, evidence)] == [
        "courier 邮寄: 2025-03-12..2025-03-13 check counts_are_whole warned",
        "check parts_make_total on fct_monthly_metrics warned with 3 failing rows: unusual",
    ]
    assert {problem.kind for problem in warnings(days, evidence)} == {"check_warned"}
    assert {problem.next_step for problem in warnings(days, evidence)} == {
        "look at what it names; nothing is held back because of it"
    }
    assert len(warnings(days, None)) == 1


def test_warnings_are_one_line_for_each_system_and_rule_the_worst_system_first() -> None:
    warned = {**dict.fromkeys(RULES, "passed"), "volume_is_near_usual": "warned"}
    few = with_days("call_centre", range(3, 4), checks=warned)
    many = [state for state in with_days("courier", (5, 6, 9), checks=warned) if state.system == "courier"]
    days = [*(state for state in few if state.system != "courier"), *many]
    assert [str(problem) for problem in warnings(days, None)] == [
        f"{which} check volume_is_near_usual warned; next: Ask the hall whether something happened that day; "
        "nothing is held back because of it."
        for which in ("courier 邮寄: 2025-03-05..2025-03-06, 2025-03-09 (3 days)", "call_centre 电话咨询: 2025-03-03")
    ]


def test_days_with_the_same_cause_are_one_problem_though_each_names_its_day() -> None:
    days = [
        replace(state, verdict="missing", detail=f"hall 510000, {state.day}: HTTP 503")
        if state.system == "courier" and state.day.day in range(4, 9)
        else state
        for state in DAYS
    ]
    problem = only(assess(days, EVIDENCE, EXPECTED))
    assert problem.subject == "courier 2025-03-04..2025-03-08"
    assert problem.message == "courier 邮寄: 2025-03-04..2025-03-08 missing: hall 510000, 2025-03-08: HTTP 503"


def test_a_month_that_was_not_built() -> None:
    problem = only(assess(DAYS, None, EXPECTED))
    assert (problem.kind, problem.subject, problem.next_step) == ("build_missing", MONTH, "yuebao report 2025-03")
    assert problem.message == ("2025-03 was not built, or its build.json can't be read, so none of its 3 checks counts")


@pytest.mark.parametrize("values", [{"fingerprint": "e" * 64}, {"month": "2025-02"}])
def test_a_build_of_other_extracts_or_another_month_is_stale(values: dict[str, Any]) -> None:
    problem = only(assess(DAYS, replace(EVIDENCE, **values), EXPECTED))
    assert (problem.kind, problem.next_step) == ("build_stale", "yuebao report 2025-03")
    assert "the build of 2025-03 is stale, and its 3 checks with it" in problem.message


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (
            "fail",
            "check_failed",
            "check parts_make_total on fct_monthly_metrics failed with 2 failing rows: 5 is not 6",
        ),
        ("error", "check_not_run", "check parts_make_total on fct_monthly_metrics could not be run with 2 failing"),
        ("skipped", "check_not_run", "check parts_make_total on fct_monthly_metrics was skipped with 2 failing"),
    ],
)
def test_a_build_check_that_did_not_pass_is_named(status: CheckStatus, kind: str, message: str) -> None:
    evidence = with_check(check("parts_make_total", status, failures=2, message="5 is\nnot 6"))
    problem = only(assess(DAYS, evidence, EXPECTED))
    assert (problem.kind, problem.subject) == (kind, "parts_make_total")
    assert problem.message.startswith(message)
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    ("status", "kinds"),
    [("pass", []), ("warn", []), ("skipped", []), ("fail", ["check_failed"]), ("error", ["check_not_run"])],
)
def test_an_unexpected_build_check_counts_only_if_it_went_wrong(status: CheckStatus, kinds: list[str]) -> None:
    evidence = with_check(check("something_new", status))
    assert [problem.kind for problem in assess(DAYS, evidence, EXPECTED)] == kinds


def test_of_two_results_of_one_check_the_bad_one_counts() -> None:
    name = "parts_make_total"
    evidence = with_check(check(name), check(name, "fail"))
    assert only(assess(DAYS, evidence, EXPECTED)).kind == "check_failed"


@given(absent=st.sets(st.sampled_from(range(len(DAYS))), min_size=1))
def test_every_absent_day_is_named(absent: set[int]) -> None:
    days = [state for index, state in enumerate(DAYS) if index not in absent]
    problems = assess(days, EVIDENCE, EXPECTED)
    named = set()
    for problem in problems:
        assert problem.kind == "missing_day"
        named |= {(problem.subject.partition(" ")[0], day) for day in problem.days}
    assert named == {(DAYS[index].system, DAYS[index].day) for index in absent}


@given(index=st.sampled_from(range(len(ANSWERED))), rule=st.sampled_from(sorted(RULES)))
def test_every_absent_rule_is_named(index: int, rule: str) -> None:
    target = ANSWERED[index]
    poorer = replace(target, checks={name: result for name, result in target.checks.items() if name != rule})
    problem = only(assess([poorer if state is target else state for state in DAYS], EVIDENCE, EXPECTED))
    assert problem.kind == "check_not_run"
    assert problem.subject == f"{target.system} {target.day}"
    assert rule in problem.message


@given(absent=st.sets(st.sampled_from(sorted(BUILD_CHECKS)), min_size=1))
def test_every_absent_build_check_is_named(absent: set[str]) -> None:
    evidence = replace(EVIDENCE, checks=tuple(one for one in EVIDENCE.checks if one.name not in absent))
    problems = assess(DAYS, evidence, EXPECTED)
    assert {problem.subject for problem in problems} == absent
    assert {problem.kind for problem in problems} == {"check_not_run"}


@pytest.mark.parametrize(
    "values",
    [{"asked": frozenset()}, {"day_rules": frozenset()}, {"build_checks": frozenset()}],
    ids=lambda one: next(iter(one)),
)
def test_a_month_of_which_nothing_is_asked_cannot_pass(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"expected.{next(iter(values))} is empty"):
        assess(DAYS, EVIDENCE, replace(EXPECTED, **values))


def test_a_day_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        assess([*DAYS, DAYS[0]], EVIDENCE, EXPECTED)


def test_a_day_before_the_month_is_judged_alike() -> None:
    before = replace(ready_day("call_centre", date(2025, 2, 28)), verdict="damaged", detail="file is gone")
    assert only(assess([before, *DAYS], EVIDENCE, EXPECTED)).subject == "call_centre 2025-02-28"


def test_evidence_survives_its_file() -> None:
    evidence = with_check(check("parts_make_total", "skipped", failures=None, message="上游失败"))
    text = evidence.to_json()
    assert BuildEvidence.from_json(text) == evidence
    assert BuildEvidence.from_json(text).to_json() == text
    assert '\n  "month": "2025-03",\n' in text, "a person reads it, too"
    assert "上游失败" in text
    digest = "30abcfa396c1cbcd9eb7297bed2522f77e6beef236a07424d9b414ad808b8024"
    assert json.loads(text)["sha256"] == digest, "what earlier builds left stays evidence"


ROWS = (
    {"stat_date": "2025-03-12", "hall_code": "510000", "department_code": None, "expected_rows": 3, "found_rows": 2},
)


def test_a_failed_check_shows_the_rows_that_it_found() -> None:
    evidence = with_check(check("parts_make_total", "fail", failures=23, rows=ROWS))
    problem = only(assess(DAYS, BuildEvidence.from_json(evidence.to_json()), EXPECTED))
    (remedy,) = remedies([problem])
    assert remedy.lines == (
        f"  {problem}",
        "    day 2025-03-12, site 510000, expected rows 3, found rows 2",
        "    and 22 more",
    )


def test_evidence_of_an_earlier_version_names_no_file() -> None:
    document = json.loads(EVIDENCE.to_json())
    del document["files"]
    assert BuildEvidence.from_json(json.dumps(document)) == replace(EVIDENCE, files={})


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (('"status": "pass"', '"status": "fine"'), r"build\.json: checks\.0\.status"),
        (('"failures": 0', '"failures": "0"'), r"build\.json: checks\.0\.failures"),
        (('"fingerprint"', '"finger"'), r"build\.json: fingerprint"),
        (("{", "["), r"build\.json: \(whole file\)"),
        (('"built_at": "2', '"built_at": "3'), "it was changed since the build wrote it"),
        (('"sha256"', '"sha255"'), "it was changed since the build wrote it"),
    ],
)
def test_evidence_that_cannot_be_read_is_no_evidence(damage: tuple[str, str], message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        BuildEvidence.from_json(EVIDENCE.to_json().replace(*damage))
