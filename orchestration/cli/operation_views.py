"""What the commands of operations show: health in ten lines, and what each alert channel would be told."""

import datetime as dt
from collections.abc import Iterator

from rich.console import Group
from rich.text import Text

from orchestration.alerts.messages import counted, describe
from orchestration.alerts.notification import find_conditions, notify, pending_news, send_test
from orchestration.alerts.sending import ChannelError
from orchestration.alerts.snoozes import LONGEST, SnoozeError, Wish, end_snooze, read_snoozes, snooze
from orchestration.automation.deadlines import moment
from orchestration.health import view
from orchestration.health.model import Action, Health
from orchestration.runtime.audit_log import who
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home, dagster_instance, run_history
from reports.figures.months import counted_spans

_NOBODY = "no channel is set up ([alerts.channels] in hall.toml), so nobody is told"


def alert_lines() -> Iterator[str]:
    """Everything that deserves an alert now, and how much of it each channel wasn't told; sends nothing."""
    at = moment()
    with run_history(current_home()) as instance:
        seen = find_conditions(at, instance)
    snoozes = read_snoozes(at.home)
    asleep = snoozes.asleep(seen, at.today)
    awake = [each for key, each in seen.conditions.items() if key not in asleep]
    yield describe(awake) or ("nothing else deserves an alert" if asleep else "nothing deserves an alert")
    yield from dict.fromkeys(f"- {snooze}" for snooze in asleep.values())
    memory, news_by_channel = pending_news(at, seen)
    if memory.doubt:
        yield memory.doubt
    for name, news in news_by_channel.items():
        yield f"{name} would be told: {counted(news)}{news.waiting}"
    if not news_by_channel:
        yield _NOBODY


def snoozed_lines() -> list[str]:
    """What is snoozed today, a line each."""
    at = moment()
    snoozes = read_snoozes(at.home)
    if snoozes.doubt:
        raise Refused(snoozes.doubt)
    return [str(each) for each in snoozes.active(at.today)] or ["nothing is snoozed"]


def snooze_until(what: str, until: dt.date | None, because: str, by: str) -> list[str]:
    """Snooze what is found under a name, and say what that is; SnoozeError where it can't be."""
    at = moment()
    if until is None:
        raise SnoozeError(f"until when? --until DAY, a day until {at.today + LONGEST}")
    with run_history(at.home) as instance:
        found = find_conditions(at, instance)
    return [str(snooze(at, found, Wish(what, until, because, by or who())))]


def end_snoozed(what: str) -> list[str]:
    """End what is snoozed under a name, and say what that was; SnoozeError where nothing is."""
    return [f"ended: {each}" for each in end_snooze(moment(), what)]


def send_alerts() -> list[str]:
    """What was sent now, one line for each channel; Refused, with all the lines, if a channel took nothing."""
    at = moment()
    outcomes = notify(at, dagster_instance(current_home()))
    lines = [str(outcome) for outcome in outcomes]
    if any(outcome.fault for outcome in outcomes):
        raise Refused("\n".join(lines))
    return lines or [_NOBODY]


def try_channel(channel: str) -> str:
    """That a channel took a test message; Refused says why it didn't."""
    try:
        send_test(moment(), channel)
    except ChannelError as error:
        raise Refused(f"{channel}: NOT delivered: {error}") from None
    return f"{channel}: delivered; look whether it arrived"


def health_summary(health: Health) -> Group:
    """What the page says, in about ten lines."""
    refused = sum(refusal.answered for refusal in health.refusals)
    lines = [
        Text(health.headline, style="bold green" if health.is_well else "bold red"),
        *(Text("\n".join(_action(each))) for each in health.actions),
        Text("; ".join(f"{month.month} {month.state} {month.came}/{month.answers}" for month in health.months)),
        Text(health.arrivals.verdict),
        *(Text(f"warned: {'; '.join(warned)}") for warned in [_warned(health)] if warned),
        *map(Text, dict.fromkeys(map(str, health.snoozed.values()))),
        Text(f"refused answers: {refused}; revisions pending: {', '.join(health.pending) or 'none'}"),
        Text("deadlines: " + "; ".join(_deadlines(health)) if health.deadlines else "no deadline is known"),
        Text(f"state folder {view.size(sum(health.bytes_by_part.values()))}, {view.size(health.free_bytes)} free"),
    ]
    return Group(*lines)


def _action(action: Action) -> Iterator[str]:
    yield from (f"  {view.brief(text)}" for text in action.texts)
    yield f"    next: {action.command}"


def _warned(health: Health) -> list[str]:
    """What warned, the worst system first."""
    return [
        f"{suite.system} {health.system_names[suite.system]}: {rule} {counted_spans(days)}"
        for suite in health.suites
        for rule, days in suite.warned.items()
    ]


def _deadlines(health: Health) -> list[str]:
    coming = sorted((due for due in health.deadlines if not due.done), key=lambda due: due.day)
    return [f"{due.what} of {due.month} {view.days_left(due.days_left)}" for due in coming[:3]]
