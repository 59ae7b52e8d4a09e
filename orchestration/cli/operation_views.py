"""What the commands of operations show: health in ten lines, and what each alert channel would be told."""

from collections.abc import Iterator

from rich.console import Group
from rich.text import Text

from orchestration.alerts.messages import counted, describe
from orchestration.alerts.notification import find_conditions, notify, pending_news, send_test
from orchestration.alerts.sending import ChannelError
from orchestration.automation.deadlines import moment
from orchestration.health import view
from orchestration.health.model import Health
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home, dagster_instance, run_history

_NOBODY = "no channel is set up ([alerts.channels] in hall.toml), so nobody is told"


def alert_lines() -> Iterator[str]:
    """Everything that deserves an alert now, and how much of it each channel wasn't told; sends nothing."""
    at = moment()
    with run_history(current_home()) as instance:
        seen = find_conditions(at, instance)
    yield describe(seen.conditions.values()) or "nothing deserves an alert"
    memory, news_by_channel = pending_news(at, seen)
    if memory.doubt:
        yield memory.doubt
    for name, news in news_by_channel.items():
        yield f"{name} would be told: {counted(news)}{news.waiting}"
    if not news_by_channel:
        yield _NOBODY


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
        *(Text(f"  {view.brief(act.text)}\n    next: {act.command}") for act in health.actions),
        Text("; ".join(f"{month.month} {month.state} {month.came}/{month.answers}" for month in health.months)),
        Text(health.arrivals.verdict),
        Text(f"refused answers: {refused}; revisions pending: {', '.join(health.pending) or 'none'}"),
        Text("deadlines: " + "; ".join(_deadlines(health)) if health.deadlines else "no deadline is known"),
        Text(f"state folder {view.size(sum(health.bytes_by_part.values()))}, {view.size(health.free_bytes)} free"),
    ]
    return Group(*lines)


def _deadlines(health: Health) -> list[str]:
    coming = sorted((due for due in health.deadlines if not due.done), key=lambda due: due.day)
    return [f"{due.what} of {due.month} {view.days_left(due.days_left)}" for due in coming[:3]]
