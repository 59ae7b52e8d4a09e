"""Which measure of the hall a column of counts holds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from orchestration.connecting.form_words import event_of
from orchestration.connecting.hall_words import HallWords
from orchestration.connecting.messages import evidence, question
from orchestration.sources.files.labels import label


@dataclass(frozen=True)
class Measured:
    """What columns of counts hold: the settings that say so, and what proves it."""

    columns: Mapping[str, str]
    constants: Mapping[str, str]
    measures: Sequence[str]
    evidence: str


def measured_by(
    counts: Sequence[str], known: HallWords, given: Sequence[str], events: Collection[str]
) -> Measured | str:
    """The measures of columns of counts; a question where they can't be told.

    Args:
        counts: the columns' headers.
        known: the hall's measures.
        given: those of them that the system counts, where somebody said so.
        events: what else the samples name, in titles and in the files' names.
    """
    names = known.codes["measure"]
    if len(counts) == 1:
        found = {counts[0]: _only_measure(counts[0], known, given, events)}
    else:
        found = {theirs: _measure(theirs, known, given) for theirs in counts}
    told = {theirs: measure for theirs, measure in found.items() if measure}
    if not told or len(set(told.values())) < len(told):
        return question("measures", names="、".join(counts))
    said = [
        evidence("measure", theirs=theirs, measure=measure, name=names[measure]) for theirs, measure in told.items()
    ]
    why = ", ".join([*said, *([evidence("as_said")] if given else [])])
    if len(told) == 1:
        ((theirs, measure),) = told.items()
        return Measured({theirs: "count"}, {"measure": measure}, [measure], why)
    return Measured(told, {}, list(told.values()), why)


def _only_measure(theirs: str, known: HallWords, given: Sequence[str], events: Collection[str]) -> str:
    """The measure of the one column of counts: one that is said, that the header names, or the hall's only one."""
    if len(given) == 1:
        return given[0]
    names = known.codes["measure"]
    if event_of(theirs) or len(names) > 1:
        return _measure(theirs, known, given)
    ((measure, name),) = names.items()
    return measure if all(event in name + known.events[measure] for event in events) else ""


def _measure(theirs: str, known: HallWords, given: Sequence[str]) -> str:
    """The measure that a header names, or an empty text."""
    names = known.codes["measure"]
    allowed = given or tuple(names)
    exact = [measure for measure in allowed if label(theirs) in {label(names[measure]), measure}]
    event = event_of(theirs)
    same = [measure for measure in allowed if event and event_of(names[measure]) == event]
    # Once somebody has said which measures a system counts, a header need only tell them apart.
    within = [measure for measure in given if event and event in names[measure] + known.events[measure]]
    return next((found[0] for found in (exact, same, within) if len(found) == 1), "")
