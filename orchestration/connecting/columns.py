"""What columns of samples hold, by the hall's reviewed tables: days, codes, names and counts."""

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.config.catalogue import working_days
from orchestration.config.hall import Hall
from orchestration.connecting.form import ColumnMeaning, SampleForm
from orchestration.connecting.form_words import column_called, events_in
from orchestration.connecting.hall_words import HallWords
from orchestration.connecting.measures import Measured, measured_by
from orchestration.connecting.messages import evidence, question
from orchestration.connecting.proposal import Proposal

NamedForms = Sequence[tuple[str, SampleForm]]


@dataclass(frozen=True)
class NewSystem:
    """What is looked for: the system's name, and what an engineer has said of it already."""

    name: str
    hall: Hall
    known: HallWords
    measures: tuple[str, ...] = ()
    opens: str = ""


def propose_columns(proposal: Proposal, forms: NamedForms, system: NewSystem) -> None:
    """Propose columns, measures, constants and a table of values; `forms` have one header, by the samples' names."""
    columns: dict[str, str] = {}
    why: list[str] = []
    named: list[str] = []
    first = forms[0][1]
    for theirs in _keys(first):
        meaning = _common_meaning(theirs, forms)
        if meaning is None:
            _ask_of_column(proposal, theirs, forms, system)
        elif meaning.ours not in columns.values():
            columns[theirs] = meaning.ours
            why.append(meaning.evidence)
            named += [meaning.ours] if meaning.named else []
        elif not meaning.named:
            other = next(theirs for theirs, ours in columns.items() if ours == meaning.ours)
            del columns[other]
            proposal.ask("columns", question("two_columns", one=other, other=theirs, ours=meaning.ours))
    constants = {} if "hall_code" in columns.values() else _site(proposal, system)
    measured = _measured(proposal, forms, columns, system)
    if measured is None or constants is None:
        return
    header = evidence("columns", header=first.header, names="、".join([*columns, *measured.columns]))
    proposal.tell("columns", {**columns, **measured.columns}, "; ".join([header, *why]))
    proposal.tell("measures", measured.measures, measured.evidence)
    proposal.tell("constants", {**constants, **measured.constants}, evidence("constants"))
    if named:
        _propose_values(proposal, named, system)


def propose_opening(proposal: Proposal, days: Sequence[dt.date], system: NewSystem) -> None:
    """Propose on which days the system must answer."""
    if system.opens:
        proposal.tell("opens", system.opens, evidence("as_said"))
        return
    calendar = working_days()
    off = next((day for day in days if not calendar.describe(day).is_working_day), None)
    if off:
        proposal.tell("opens", "every_day", evidence("day_off", day=off))
        return
    proposal.ask("opens", question("opens"), opens="every_day")


def _keys(form: SampleForm) -> list[str]:
    """The headers of columns that hold no counts, codes before names."""
    others = [theirs for theirs in form.columns if theirs not in form.counts]
    return sorted(others, key=lambda theirs: bool((meaning := form.meaning(theirs)) and meaning.named))


def _common_meaning(theirs: str, forms: NamedForms) -> ColumnMeaning | None:
    """What a column holds in every sample, or None where that differs or isn't proven."""
    meanings = [form.meaning(theirs) for _, form in forms]
    first = meanings[0]
    filled = [each for each, (_, form) in zip(meanings, forms, strict=True) if form.counted]
    alike = first and all(each and (each.ours, each.named) == (first.ours, first.named) for each in filled)
    return first if alike else None


def _ask_of_column(proposal: Proposal, theirs: str, forms: NamedForms, system: NewSystem) -> None:
    """Ask of a column that reviewed words name, but whose values no table has; others are none of ours."""
    if (ours := column_called(theirs)) in {"", "count"}:
        return
    if ours == "stat_date":
        proposal.ask("columns", question("no_days", theirs=theirs))
        return
    cells = next(
        f"{name} {cells}" for name, form in forms if (cells := form.unknown_cells(theirs)) or form is forms[-1][1]
    )
    text = question("values", theirs=theirs, cells=cells)
    proposal.ask("values", text, values=f"maps/{system.name}.csv", columns={theirs: ours})


def _measured(proposal: Proposal, forms: NamedForms, columns: Mapping[str, str], system: NewSystem) -> Measured | None:
    known, form = system.known, forms[0][1]
    if form.other_numbers:
        proposal.notes.append(evidence("unexplained", names="、".join(form.other_numbers)))
    if "measure" in columns.values():
        return Measured({form.counts[0]: "count"}, {}, system.measures or tuple(known.codes["measure"]), "")
    measured = measured_by(form.counts, known, system.measures, _events(forms))
    if isinstance(measured, str):
        proposal.ask("measures", measured, measures=list(known.codes["measure"]))
        return None
    if len(measured.columns) < len(form.counts):
        others = "、".join(theirs for theirs in form.counts if theirs not in measured.columns)
        proposal.notes.append(evidence("no_measure", names=others))
    return measured


def _events(forms: NamedForms) -> frozenset[str]:
    """The events that samples name outside of their tables."""
    return frozenset(event for name, form in forms for event in (*events_in(name), *form.events()))


def _site(proposal: Proposal, system: NewSystem) -> dict[str, str] | None:
    """The constant that says whose counts they are; None where that can't be told."""
    sites = system.known.codes["hall_code"]
    if len(sites) == 1:
        return {"hall_code": next(iter(sites))}
    proposal.ask("constants", question("site"), constants={"hall_code": system.hall.code})
    return None


def _propose_values(proposal: Proposal, named: Sequence[str], system: NewSystem) -> None:
    """A table that brings names to codes, of the hall's own reviewed tables."""
    known, table = system.known, io.StringIO(newline="")
    lines = csv.writer(table, lineterminator="\n")
    lines.writerow(["column", "theirs", "ours", "valid_from", "valid_to", "reviewed_by"])
    for ours in named:
        alone = set(known.names(ours).values())
        for code, name in known.codes[ours].items():
            if code in alone:
                lines.writerow([ours, name, code, system.hall.first_day, "", f"{known.tables[ours]}.csv"])
    path = f"maps/{system.name}.csv"
    proposal.tables[path] = table.getvalue()
    tables = "、".join(f"{known.tables[ours]}.csv" for ours in named)
    proposal.tell("values", path, evidence("values", tables=tables))
