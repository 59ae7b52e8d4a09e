"""The rules of proofreading as `rules.toml` has them: which readings each judges, by which check, and what it says."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.proofreading import checks
from reports.proofreading.checks import Case, Values
from reports.proofreading.context import Context
from reports.proofreading.readings import Reading

_TABLE = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Fault:
    """What is wrong by a rule: what the certificates say and what to do, as sentences without their full stop."""

    rule: "ProofRule"
    expected: str
    suggestion: str


@dataclass(frozen=True)
class ProofRule:
    """A rule; see `rules.toml`."""

    code: str
    name: str
    expected: str
    suggestion: str
    roles: Sequence[str] = ()
    check: Callable[[Case], Values | None] | None = None

    def fault(self, values: Values) -> Fault:
        """The rule's fault with these values in its sentences."""
        return Fault(self, self.expected.format_map(values), self.suggestion.format_map(values))

    def judge(self, case: Case) -> Fault | None:
        """What is wrong with a reading by this rule alone."""
        values = self.check(case) if self.check and case.reading.role in self.roles else None
        return None if values is None else self.fault(values)


def _rules(section: str) -> dict[str, ProofRule]:
    return {
        key: ProofRule(check=getattr(checks, key, None), **{"code": key, **row}) for key, row in _TABLE[section].items()
    }


VALUE_RULES, WRITING_RULES, WHOLE_RULES = _rules("value"), _rules("writing"), _rules("whole")


def apply_rules(reading: Reading, context: Context) -> Iterator[Fault]:
    """What is wrong with a reading: the first of the rules of value that applies, and every rule of writing."""
    case = Case(reading, context)
    value = next((fault for rule in VALUE_RULES.values() if (fault := rule.judge(case))), None)
    if value is not None:
        yield value
    for rule in WRITING_RULES.values():
        if fault := rule.judge(case):
            yield fault
