"""How a plan is shown: lines for people, and a JSON document for a program."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from orchestration.certification.plan import MonthPlan, NumberChange
from reports.figures.numbers import MonthlyNumber


def plan_lines(plan: MonthPlan) -> Iterator[str]:
    """A month's heading, and a line for each difference, cause and note."""
    site = f" --site {plan.site}" if plan.site else ""
    yield f"{plan.month}{site} {plan.state}: {_verdict(plan)}"
    yield from (f"  {_number_line(change)}" for change in plan.numbers)
    yield from (f"  - {sentence}" for sentence in plan.removed)
    yield from (f"  + {sentence}" for sentence in plan.added)
    yield from (f"  rate {line}" for line in plan.rates)
    yield from (f"  {line}" for line in plan.rebuilds)
    yield from (f"  not known: {line}" for line in plan.obstacles)
    if plan.differs:
        yield from (f"  changed since: {cause}" for cause in plan.causes)
    yield from (f"  {note}" for note in plan.notes)


def plan_total(plans: Sequence[MonthPlan]) -> str:
    """How many months there are, and certificates of sites, and how many of them would differ."""
    sites = [plan for plan in plans if plan.site]
    months = _counted("months", [plan for plan in plans if not plan.site])
    return f"{months}; {_counted('certificates of sites', sites)}" if sites else months


def _counted(what: str, plans: Sequence[MonthPlan]) -> str:
    differ = sum(plan.differs for plan in plans)
    return f"{what}: {len(plans)}, {f'{differ} would differ' if differ else 'no difference'}"


def is_told(plan: MonthPlan) -> bool:
    """Whether a plan has lines of its own: those of sites are told where they differ, and else counted."""
    return plan.differs or not plan.site


def plan_document(plans: Sequence[MonthPlan]) -> str:
    """Every plan as JSON; a number's exact value is a whole count in its unit."""
    return json.dumps([{**asdict(plan), "differs": plan.differs} for plan in plans], ensure_ascii=False, indent=2)


def _verdict(plan: MonthPlan) -> str:
    if not plan.differs:
        return "no difference"
    if plan.rebuilds:
        return f"would be rebuilt by `yuebao report {plan.month}`"
    if plan.obstacles:
        return "can't be planned in whole"
    return f"would differ; a revision would need --reason {plan.reason}" if plan.reason else "would differ"


def _number_line(change: NumberChange) -> str:
    number = change.new or change.old
    name = number.metric_name if number else ""
    values = f"{_shown(change.old)} → {_shown(change.new)}" if _values_differ(change) else _shown(change.new)
    return "; ".join([f"{change.metric} {name}: {values}", *change.definition])


def _values_differ(change: NumberChange) -> bool:
    return _shown(change.old) != _shown(change.new)


def _shown(number: MonthlyNumber | None) -> str:
    return f"{number.exact_with_unit} ({number.with_unit})" if number else "none"
