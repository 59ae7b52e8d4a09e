"""One message for all news of a channel: by kind, consecutive days in one line, no longer than the channel takes."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from orchestration.alerts.conditions import KINDS, Condition
from orchestration.alerts.news import News
from orchestration.runtime.secrets import redact
from reports.figures.months import consecutive, spans
from reports.figures.readiness import worst_first

# Nobody reads more; and as escaped JSON even Chinese of this length fits a request of 20 kB.
_LONGEST = 6000
_LONGEST_LINE = 240


@dataclass(frozen=True)
class Message:
    """A message as it is sent: its title, its text, and whether it brings only good news."""

    title: str
    body: str
    is_good: bool = False


def compose(hall: str, told: News, longest: int, note: str = "") -> Message:
    """The one message of an evaluation, of at most so many bytes of UTF-8, with a note at its top."""
    title = redact(f"Yuebao {hall}: {counted(told)}")
    items = [*_new(told.new.values()), *_over(told.over.values())]
    return Message(title, _fitted(items, min(longest, _LONGEST) - _size(title), note), is_good=not told.new)


def counted(told: News) -> str:
    """How many lines are new, and how many are over."""
    counts = {"new": len(_groups(told.new.values())), "over": len(_groups(told.over.values()))}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "nothing new"


def describe(conditions: Iterable[Condition]) -> str:
    """Every condition with its next step, by kind, however long that is."""
    return "\n".join(_new(conditions))


def _new(conditions: Iterable[Condition]) -> Iterator[str]:
    heading = ""
    for group in _groups(conditions):
        kind, newest = KINDS[group[-1].kind], group[-1]
        step = newest.next_step.replace("{days}", spans(_days(group)))
        rows = (_shortened(f"    {row}") for row in newest.rows)
        lines = [f"{kind.heading.upper()} ({kind.anchor})", _line(group), *rows, f"  next: {step}"]
        yield "\n".join(map(redact, lines[1:] if lines[0] == heading else lines))
        heading = lines[0]


def _over(conditions: Iterable[Condition]) -> Iterator[str]:
    heading = "OVER\n"
    for group in _groups(conditions):
        newest = group[-1]
        days = f" {spans(_days(group))}" if newest.day else ""
        yield redact(f"{heading}- {newest.subject}{days} ({KINDS[newest.kind].heading})")
        heading = ""


def _groups(conditions: Iterable[Condition]) -> list[list[Condition]]:
    """By kind, in the order of the kinds; consecutive days of one subject together, and all days of one warning."""
    warned: list[Condition] = []
    others: list[Condition] = []
    for each in conditions:
        (warned if each.day and each.kind == "check_warned" else others).append(each)
    groups = sorted(consecutive(others, _day, _alike), key=lambda group: _place(group[0]))
    return sorted([*groups, *_by_warning(warned)], key=lambda group: list(KINDS).index(group[0].kind))


def _by_warning(warned: Iterable[Condition]) -> list[list[Condition]]:
    """The days of each warning, in order; those of the system that warned most first."""
    groups: dict[tuple[str, ...], list[Condition]] = {}
    for each in sorted(warned, key=_day):
        groups.setdefault((each.system, *_alike(each)), []).append(each)
    days = {alike: _days(group) for alike, group in groups.items()}
    return [groups[alike] for alike in worst_first(days, lambda alike: alike[0])]


def _alike(condition: Condition) -> tuple[str, ...]:
    told = (condition.kind, condition.subject, condition.next_step)
    return told if condition.day else (*told, condition.key)


def _place(condition: Condition) -> tuple[str, str, str]:
    return condition.subject, str(condition.day or ""), condition.key


def _line(group: Sequence[Condition]) -> str:
    newest = group[-1]
    count = f" ({len(group)} days)" if len(group) > 1 else ""
    where = f" {spans(_days(group))}{count}" if newest.day else ""
    return _shortened(" ".join(f"- {newest.subject}:{where} {newest.text}".split()))


def _days(group: Sequence[Condition]) -> list[dt.date]:
    return list(map(_day, group))


def _day(condition: Condition) -> dt.date:
    return condition.day or dt.date.min


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_LINE else f"{text[: _LONGEST_LINE - 1]}…"


def _fitted(items: Sequence[str], room: int, note: str) -> str:
    """As many items as there is room for, in bytes, and how many were left out."""
    kept = [note] if note else []
    for number, item in enumerate(items):
        rest = len(items) - number - 1
        if _size("\n".join([*kept, item, *_more(rest)])) > room:
            return "\n".join([*kept, *_more(rest + 1)])
        kept.append(item)
    return "\n".join(kept)


def _more(count: int) -> list[str]:
    return [f"and {count} more: yuebao alerts"] if count else []


def _size(text: str) -> int:
    return len(text.encode())
