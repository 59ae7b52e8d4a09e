"""Which measure of the hall a column of counts holds."""

from collections.abc import Mapping, Sequence
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


def measured_by(counts: Sequence[str], known: HallWords, given: Sequence[str]) -> Measured | str:
    """The measures of columns of counts, by measures.csv or as `given`; a question where they can't be told."""
    names = known.codes["measure"]
    found = {theirs: _measure(theirs, known, given, alone=len(counts) == 1) for theirs in counts}
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


def _measure(theirs: str, known: HallWords, given: Sequence[str], *, alone: bool) -> str:
    """The measure that a header names, or an empty text."""
    names = known.codes["measure"]
    if given and alone and len(given) == 1:
        return given[0]
    allowed = given or tuple(names)
    exact = [measure for measure in allowed if label(theirs) in {label(names[measure]), measure}]
    event = event_of(theirs)
    same = [measure for measure in allowed if event and event_of(names[measure]) == event]
    # Once somebody has said which measures a system counts, a header need only tell them apart.
    within = [measure for measure in given if event and event in names[measure] + known.events[measure]]
    generic = list(allowed) if not event and alone else []
    return next((found[0] for found in (exact, same, within, generic) if len(found) == 1), "")
