"""The ten seconds: whether this month is on its way, in one sentence, and what a person has to do."""

from collections.abc import Iterator, Mapping, Sequence

from orchestration.alerts.snoozes import Snooze
from orchestration.certification.pending_revision import AnyPending
from orchestration.health.model import Action, MonthHealth, MonthState
from orchestration.landing.quarantine import Refusal
from reports.figures.readiness import Problem

# More for the same command are told by `yuebao status`.
MOST_LINES = 8

_SAID: dict[MonthState, str] = {
    "certified": "{month} is certified.",
    "revision pending": "{month} is certified, and something behind it has changed since: it waits for a revision.",
    "waiting": "{month} is in whole and every check has passed; it waits to be certified.",
}


def headline(months: Sequence[MonthHealth]) -> str:
    """The last month that is over and the one under way (of `months`, the newest first), a sentence each."""
    if not months:
        return "The hall's first day is still to come."
    return " ".join(map(_sentence, _by_weight(months)[:2]))


def _by_weight(months: Sequence[MonthHealth]) -> list[MonthHealth]:
    """The last month that is over, the one under way, and then the older ones."""
    over = [month for month in months if month.state != "under way"]
    return [*over[:1], *(month for month in months if month.state == "under way"), *over[1:]]


def _sentence(month: MonthHealth) -> str:
    if month.state in _SAID:
        return _SAID[month.state].format(month=month.month)
    if month.missing:
        told = f"{month.missing} of {month.answers} answers {'is' if month.missing == 1 else 'are'} missing"
        return f"{month.month}: {told}."
    if month.state == "under way":
        return f"{month.month} is on its way: {_came(month)}."
    if month.not_late:
        return f"{month.month}: {_came(month)}."
    failed = [problem for problem in month.urgent if problem.kind == "check_failed"]
    if failed:
        return f"{month.month} is in whole, but {len(failed)} of its checks failed."
    return f"{month.month} is in whole; it isn't ready to be certified yet."


def _came(month: MonthHealth) -> str:
    if not month.answers:
        return "nothing is due yet"
    still = f", {month.not_late} aren't due or aren't late yet" if month.not_late else ""
    return f"{month.came} of {month.answers} answers are in{still}"


def actions_of(
    months: Sequence[MonthHealth],
    pending: Sequence[AnyPending],
    refusals: Sequence[Refusal],
    faults: Sequence[str],
    snoozed: Mapping[str, Snooze],
) -> Iterator[Action]:
    """Everything that waits for a person, snoozed or not: first what the next report is made of; last what is blind.

    `refusals` are those of days that none of the months has.
    """
    changed = {each.month: [its for its in pending if its.month == each.month] for each in pending}
    for month in _by_weight(months):
        yield from _of_month(month, changed.pop(month.month, ()), snoozed)
    yield from (_revise(each, snoozed) for its in changed.values() for each in its)
    for refusal in refusals:
        if refusal.answered:
            yield Action(((refusal.reason, ()),), f"yuebao pull {refusal.stat_date} --system {refusal.system}")
    if faults:
        yield Action(tuple((fault, ()) for fault in faults), "yuebao doctor")


def _revise(pending: AnyPending, snoozed: Mapping[str, Snooze]) -> Action:
    text = f"{pending.title} is 待修订: {pending.since}. Look at them first, with `{pending.look}`"
    return Action(((marked(text, [f"pending {pending.name}"], snoozed), ()),), pending.revise)


def marked(text: str, keys: Sequence[str], snoozed: Mapping[str, Snooze]) -> str:
    """A text with by whom all that it is about is snoozed, if it is; `keys` are those of the alerts' conditions."""
    if keys and all(key in snoozed for key in keys):
        return f"[{'; '.join(dict.fromkeys(snoozed[key].words for key in keys))}] {text}"
    return text


def _keys(problem: Problem, month: str) -> list[str]:
    system = problem.subject.partition(" ")[0]
    return [f"days {system} {day}" for day in problem.days] or [f"checks {month} {problem.subject}"]


def _of_month(month: MonthHealth, pending: Sequence[AnyPending], snoozed: Mapping[str, Snooze]) -> Iterator[Action]:
    yield from (_revise(each, snoozed) for each in pending)
    for remedy in month.urgent_remedies:
        told = [(marked(each.message, _keys(each, month.month), snoozed), each.rows) for each in remedy.problems]
        more = len(told) - MOST_LINES
        rest = [(f"and {more} more, which `yuebao status {month.month}` says", ())] if more > 0 else []
        yield Action((*told[:MOST_LINES], *rest), remedy.command)
    if month.to_be_certified:
        yield Action(((f"{month.month} waits to be certified", ()),), f"yuebao certify {month.month}")
