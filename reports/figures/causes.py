"""What the causes of two days, or of one day at two moments, have in common: whether they say the same."""

import re
from datetime import date

# What differs each time a silent system is asked and says nothing of what ails it, by what it is.
_VOLATILE = {
    "identifier": r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    "identifier by its name": r"\b(?:request|trace|span|correlation|session|transaction|log)[ _-]?id\W{1,4}[\w.:/+-]+",
    "identifier in Chinese": r"(?:流水号|(?:请求|追踪|日志)(?:编号|号|id))\W{0,3}[\w.:/+-]+",
    "moment": r"\b\d{4}-\d\d-\d\d[t ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:z|[+-]\d\d:?\d\d)?",
    "time of day": r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?",
    "duration": r"\b\d+(?:\.\d+)? ?(?:(?:ms|µs|s|seconds?|milliseconds?)\b|毫秒|秒)",
    "attempt": r"\battempts? \d+(?: of \d+)?\b|\b\d+ (?:attempts|retries|tries)\b|第 ?\d+ ?次",
    "process": r"\b(?:pid|process id|thread id|connection id)\W{1,3}\d+\b",
    "address in memory": r"\b0x[0-9a-f]{6,}\b",
}
_ANY = re.compile("|".join(f"(?:{pattern})" for pattern in _VOLATILE.values()), re.IGNORECASE)


def likeness(cause: str, day: date, *, silent: bool) -> str:
    """A cause less the day that it names, to be compared with that of another day or moment.

    Of a `silent` system, which gave no counts, request numbers, moments, durations and the like are left out too. What
    a refused answer holds is compared whole: there every number matters.
    """
    return (_ANY.sub("", cause) if silent else cause).replace(str(day), "")
