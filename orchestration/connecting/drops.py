"""What samples of dropped files tell of the system that drops them."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.connecting.columns import NewSystem, propose_columns, propose_opening
from orchestration.connecting.file_names import (
    SHEETS,
    NamePattern,
    UnclearNamesError,
    days_of_titles,
    pattern_of_names,
    title_of,
)
from orchestration.connecting.form import SampleForm, find_form
from orchestration.connecting.hall_words import HallWords
from orchestration.connecting.messages import evidence, question, refused
from orchestration.connecting.proposal import Proposal
from orchestration.connecting.samples import SampleFile
from orchestration.sources.files.units import is_of_one

# Whether each sample can be read by settings.
Proof = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class ReadSample:
    """A form that was found in a sample, the settings by which it is read so, and the title of its sheet.

    `of_several` says that the workbook holds further forms, on sheets of their own.
    """

    sample: SampleFile
    form: SampleForm
    settings: Mapping[str, Any]
    sheet: str = ""
    of_several: bool = False


class DropProposal:
    """Builds the proposal for a drop folder.

    Attributes:
        proposal: what is proposed.
        days: the days that the samples are of, or some of each.
    """

    def __init__(self, samples: Sequence[SampleFile], system: NewSystem) -> None:
        """Look at the samples.

        Raises:
            Refused: they are of several formats or folders, or no form was found in one.
        """
        self.proposal = Proposal()
        self.days: tuple[dt.date, ...] = ()
        self._system = system
        self._samples = samples
        self._looked = _look(samples, system.known)
        self._form = self._looked[0].form
        self._propose_place()
        if not self._form.counted:
            self.proposal.ask("columns", question("no_rows", name=self._looked[0].sample.name))
        elif self._have_one_form():
            propose_columns(self.proposal, [(looked.sample.name, looked.form) for looked in self._looked], system)
            self._propose_sums()
        self._propose_unit()
        self._propose_days()

    @property
    def is_whole(self) -> bool:
        """Whether enough is told for the samples to be read."""
        open_keys = {question.key for question in self.proposal.questions}
        return {"file", "columns", "constants"} <= self.proposal.told.keys() and not open_keys - {"opens"}

    def _propose_place(self) -> None:
        tell, sample = self.proposal.tell, self._samples[0]
        tell("kind", "drop_folder")
        tell("title", title_of([each.name for each in self._samples]) or self._system.name, evidence("title"))
        tell("folder", str(sample.path.parent), evidence("folder"))
        tell("format", sample.format, evidence("format"))
        for key, value in self._looked[0].settings.items():
            tell(key, value, evidence("only_sheet" if key == "sheet" else "read_so", header=self._form.header))

    def _have_one_form(self) -> bool:
        if all(looked.form.columns.keys() == self._form.columns.keys() for looked in self._looked):
            return True
        other = next(looked for looked in self._looked if looked.form.columns.keys() != self._form.columns.keys())
        text = question(
            "columns_differ",
            one=self._looked[0].sample.name,
            other=other.sample.name,
            names="、".join(sorted(other.form.columns.keys() ^ self._form.columns.keys())),
        )
        self.proposal.ask("columns", text, column_map=f"maps/{self._system.name}_columns.csv")
        return False

    def _propose_sums(self) -> None:
        tell, first = self.proposal.tell, self._form
        totals = {looked.form.total_label for looked in self._looked}
        if totals == {first.total_label} and first.total_label:
            rows = {"first": first.counted[0], "last": first.counted[-1]} if first.counted else {}
            why = evidence("total" if rows else "no_cases", label=first.total_label, row=first.total, **rows)
            tell("total_row", first.total_label, why)
        subtotals = list(dict.fromkeys(pattern for looked in self._looked for pattern in looked.form.subtotals))
        if subtotals:
            tell("subtotals", subtotals, evidence("subtotals", rows=first.sums))
        unclear = next((looked for looked in self._looked if looked.form.has_unclear_sum), None)
        if unclear:
            self.proposal.ask("total_row", question("sum", name=unclear.sample.name, rows=unclear.form.sums))
        for looked in self._looked:
            if cells := looked.form.marks():
                text = question("none", name=looked.sample.name, cells=cells)
                self.proposal.ask("none_means", text, none_means={"": "zero"})
                break

    def _propose_days(self) -> None:
        columns: Mapping[str, str] = self.proposal.told.get("columns", {})
        theirs = next((theirs for theirs, ours in columns.items() if ours == "stat_date"), "")
        of_tables = [sorted(looked.form.days(theirs)) if theirs else [] for looked in self._looked]
        names = [looked.sample.name for looked in self._looked]
        try:
            pattern = pattern_of_names(names, [days[0] if days else None for days in of_tables])
        except UnclearNamesError as unclear:
            self.proposal.ask("file", question("file", why=unclear), file=names[0])
            return
        of_sheets = self._days_of_sheets(pattern)
        if any(len(days) > 1 for days in of_tables):
            self.proposal.tell("rows", "of_the_day", evidence("register", theirs=theirs))
        if pattern.field != "day" and not theirs and not of_sheets:
            self.proposal.ask("file", question("no_day"), file=pattern.pattern)
            return
        why = evidence(f"name_of_{pattern.field}" if pattern.field else "name")
        agrees = evidence("agrees") if pattern.field and theirs else ""
        self.proposal.tell("file", pattern.pattern, why + agrees)
        of_names = [day for day in pattern.days if day] if pattern.field == "day" else []
        self.days = tuple(of_names or of_sheets or [days[-1] for days in of_tables if days])
        propose_opening(self.proposal, self.days, self._system)

    def _days_of_sheets(self, pattern: NamePattern) -> list[dt.date]:
        """The days that the titles of sheets say, where a workbook has one for each day; proposes `sheet`."""
        if not any(looked.of_several for looked in self._looked):
            return []
        titles = [(looked.sheet, month) for looked, month in zip(self._looked, pattern.days, strict=True)]
        forms = {form: days for form in SHEETS if (days := days_of_titles(titles, form))}
        if pattern.field == "month" and len(forms) == 1:
            ((form, days),) = forms.items()
            self.proposal.tell("sheet", form, evidence("sheets"))
            return days
        text = question("sheet", count=len(titles), name=self._looked[0].sample.name)
        self.proposal.ask("sheet", text, sheet=next(iter(forms), self._looked[0].sheet))
        return []

    def _propose_unit(self) -> None:
        """Propose the unit that every sample names, and no other; of hundreds, the reader refuses the samples."""
        units = {unit for looked in self._looked for unit in looked.form.units() or ("",)}
        if len(units) == 1 and is_of_one(unit := units.pop()):
            self.proposal.tell("stated", {"unit": unit}, evidence("stated", words=unit))

    def propose_statements(self, proof: Proof) -> None:
        """Propose the day and the site that the forms state beside the table, where every sample is read so."""
        stated = dict(self.proposal.told.get("stated", {}))
        for key in ("day", "site"):
            for each in self._form.stated_labels(key):
                if proof({**self.proposal.told, "stated": {**stated, key: each}}):
                    stated[key] = each
                    break
                if key == "site":
                    self.proposal.notes.append(evidence("other_site", label=each, name=self._looked[0].sample.name))
        if stated:
            self.proposal.tell("stated", stated, evidence("stated", words="、".join(stated.values())))


def _look(samples: Sequence[SampleFile], known: HallWords) -> list[ReadSample]:
    """The forms in samples, those of most rows first; raises as `DropProposal`."""
    if len({(sample.format, sample.path.parent) for sample in samples}) > 1:
        raise refused("several_formats")
    found = {sample: list(_forms_in(sample, known)) for sample in samples}
    if empty := next((sample for sample, forms in found.items() if not forms), None):
        raise refused("no_form", name=empty.name)
    ways = [[one.settings for one in forms] for forms in found.values()]
    settings = next((each for each in ways[0] if all(each in others for others in ways)), None)
    if settings is None:
        raise refused("several_encodings")
    read = [one for forms in found.values() for one in forms if one.settings == settings]
    return sorted(read, key=lambda one: -len(one.form.counted))


def _forms_in(sample: SampleFile, known: HallWords) -> Iterator[ReadSample]:
    for reading in sample.readings():
        forms = {title: form for title, table in reading.sheets if (form := find_form(table, known))}
        if len(forms) > 1:
            yield from (
                ReadSample(sample, form, reading.settings, title, of_several=True) for title, form in forms.items()
            )
            continue
        for title, form in forms.items():
            sheet = {"sheet": title} if len(reading.sheets) > 1 else {}
            yield ReadSample(sample, form, {**reading.settings, **sheet}, title)
