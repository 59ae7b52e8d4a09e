"""What today's settings, tables and program would do to each month that is certified or built; nothing is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from orchestration.certification.certify import archive_of
from orchestration.certification.pending_revision import Landed
from orchestration.certification.planned_numbers import (
    PlannedNumbers,
    TodaysSettings,
    built_numbers,
    planned_numbers,
)
from orchestration.certification.site_certificates import batches_of, newest_in
from orchestration.config.hall import SettingsError, load_hall
from orchestration.partitions import months_named
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home
from orchestration.runtime.program import code_version
from orchestration.warehouse.month import Month
from reports.certificates.canonical import sha256
from reports.certificates.certificate import Certificate, Reason
from reports.certificates.ledger import LedgerEntry, Link, SiteLink
from reports.certificates.rates import WORDS, Against, RateError, base_month, rate
from reports.certificates.release import release_of
from reports.certificates.release_text import SECTION_TEXT, release_files
from reports.certificates.revision import sentences
from reports.errors import ReportsError
from reports.figures.numbers import MonthlyNumber, NumbersError
from reports.figures.readiness import EvidenceError
from reports.figures.section import SECTION_MARKDOWN, SectionError
from reports.figures.section_text import PrintedSection
from reports.figures.words import WordingError
from reports.files import digests

# The signers' list says who may sign, and changes no number.
_SIGNERS = "signers.toml"
# What an extract's row in a build's inputs says beside its content.
_PLACES = {"path", "sha256", "landed_at", "row_count", "count_sum", "halls"}
_VALUES = {"metric", "exact", "printed", "flags"}


@dataclass(frozen=True)
class NumberChange:
    """A metric that a month would state otherwise; `old` or `new` is None where only one of the two holds it."""

    metric: str
    old: MonthlyNumber | None
    new: MonthlyNumber | None

    @property
    def definition(self) -> tuple[str, ...]:
        """What of its definition and form differs, `rounding half_up → half_even`."""
        if not self.old or not self.new:
            return ()
        old, new = vars(self.old), vars(self.new)
        return tuple(
            f"{name} {_text(old[name])} → {_text(new[name])}"
            for name in old
            if name not in _VALUES and old[name] != new[name]
        )


@dataclass(frozen=True)
class MonthPlan:
    """What would differ in one month, of the hall or of a site below it.

    Attributes:
        month: `2025-03`.
        state: how it stands, `r1 certified` or `built`.
        numbers: metrics with another value, definition or form.
        removed: sentences of the certified text that would no longer stand in it.
        added: sentences that would stand in it.
        rates: 环比 and 同比 that would differ, because of this month or of the one compared with.
        rebuilds: of a month that isn't certified, why it would be built again.
        obstacles: what keeps the plan from knowing; an unknown counts as a difference.
        causes: what has changed since it was certified.
        notes: what is worth knowing, and is no difference.
        reason: the one that a revision would need; empty where none would take the differences up.
        site: the code of the site below the hall; empty for the hall's own.
    """

    month: str
    state: str
    numbers: tuple[NumberChange, ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    rebuilds: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reason: Reason | Literal[""] = ""
    site: str = ""

    @property
    def differs(self) -> bool:
        """Whether anything would come out otherwise, or isn't known."""
        return bool(self.numbers or self.removed or self.added or self.rates or self.rebuilds or self.obstacles)


def plan(text: str | None, *, build: bool) -> Iterator[MonthPlan]:
    """Plan the months of a text (`2025-03`, `2023-01..2025-03`), all when there is none, in order, each with its sites.

    With `build` certified months of the hall are built by dbt in an empty warehouse, and not only counted again.

    Raises:
        MonthError: the text names no months.
        Refused: none of them is certified or built.
        LedgerError, SettingsError: a certificate or today's settings can't be read.
    """
    hall, home = load_hall(), current_home()
    today = TodaysSettings(hall, archive_of(hall, home), home)
    built = {path.parent.name for path in home.published.glob("*/build.json")}
    planner = _Planner(today, build=build)
    known = sorted({*today.archive.ledger.months(), *planner.batches, *built})
    months = [month for month in known if text is None or month in months_named(text)]
    if not months:
        raise Refused(f"{text or 'the hall'}: no month is certified or built, so there is nothing to plan")
    return (plan for month in months for plan in planner.plans(month))


@dataclass(frozen=True)
class _Certified:
    """A month's newest certificate, and its numbers as they would be."""

    certificate: Certificate
    unchanged: bool
    planned: PlannedNumbers

    @cached_property
    def as_planned(self) -> Certificate:
        foundation = replace(self.certificate.foundation, derived=self.planned.derived)
        return replace(self.certificate, numbers=self.planned.numbers).standing_on(foundation)

    @cached_property
    def changes(self) -> tuple[NumberChange, ...]:
        old, new = self.certificate.by_metric, self.as_planned.by_metric
        known = sorted((old.keys() | new.keys()) - self.planned.unknown)
        changes = (NumberChange(name, old.get(name), new.get(name)) for name in known)
        return tuple(change for change in changes if not _same(change.old, change.new))


class _Planner:
    def __init__(self, today: TodaysSettings, *, build: bool) -> None:
        self._today = today
        self._build = build
        self._certified: dict[tuple[str, str], _Certified | None] = {}
        self._newest: dict[str, Mapping[str, SiteLink]] = {}
        self._landed = Landed(today.home)

    @cached_property
    def batches(self) -> Mapping[str, list[Link]]:
        """By month the batches of sites' certificates."""
        return batches_of(self._today.archive.ledger)

    def _sites(self, month: str) -> Mapping[str, SiteLink]:
        """By site below the hall its newest certificate."""
        if month not in self._newest:
            self._newest[month] = newest_in(self._today.archive.ledger, self.batches.get(month, ()))
        return self._newest[month]

    def plans(self, month: str) -> Iterator[MonthPlan]:
        """The hall's own month where it is certified or built, and then every site that is certified."""
        certified = self._certified_month(month, "")
        if certified:
            yield self._of_certified(certified)
        elif (built := self._today.month(month)).evidence_file.exists():
            yield _of_built(built)
        for site in self._sites(month):
            if certified := self._certified_month(month, site):
                yield self._of_certified(certified)

    def _certified_month(self, month: str, site: str) -> _Certified | None:
        """A certified month, counted once: it is also what later months are compared with."""
        if (month, site) not in self._certified:
            entry = self._newest_entry(month, site)
            self._certified[month, site] = self._counted(entry.certificate) if entry else None
        return self._certified[month, site]

    def _newest_entry(self, month: str, site: str) -> LedgerEntry | None:
        if not site:
            return self._today.archive.ledger.latest(month)
        newest = self._sites(month).get(site)
        return newest.read() if newest else None

    def _counted(self, certificate: Certificate) -> _Certified:
        try:
            unchanged = self._is_unchanged(certificate)
            planned = (
                built_numbers(certificate, self._today)
                if self._build and not certificate.below
                else planned_numbers(certificate, self._today, unchanged=unchanged)
            )
        except (ReportsError, NumbersError, SettingsError) as error:
            unchanged, planned = False, PlannedNumbers.failed(certificate, str(error))
        return _Certified(certificate, unchanged, planned)

    def _is_unchanged(self, certificate: Certificate) -> bool:
        """Whether the facts are known to be the same; a site's build has a fingerprint that holds for others too."""
        if certificate.below:
            same_program = certificate.program.code_version == code_version()
            return same_program and not self._changed_files(certificate)
        then = self._today.month(certificate.month, self._today.on_todays_systems(certificate))
        return then.fingerprint == certificate.program.fingerprint

    def _changed_files(self, certificate: Certificate) -> list[str]:
        return [name for name in self._today.changed_files(certificate.foundation) if name != _SIGNERS]

    def _of_certified(self, month: _Certified) -> MonthPlan:
        certificate, obstacles = month.certificate, list(month.planned.obstacles)
        removed, added = list[str](), list[str]()
        if not obstacles and not (certificate.below and month.unchanged):
            try:
                removed, added = self._sentences(month)
            except (ReportsError, SectionError, WordingError) as error:
                obstacles.append(str(error))
        files = self._changed_files(certificate)
        return MonthPlan(
            month=certificate.month,
            state=f"r{certificate.revision} certified",
            numbers=month.changes,
            removed=tuple(removed),
            added=tuple(added),
            rates=tuple(self._rates(month)),
            obstacles=tuple(obstacles),
            causes=tuple(_causes(certificate, files)),
            notes=tuple(self._notes(month, files, only_text=bool(removed or added) and not month.changes)),
            reason=_reason(month, files),
            site=certificate.below,
        )

    def _sentences(self, month: _Certified) -> tuple[list[str], list[str]]:
        """The sentences of the certified text that would go, and those that would come."""
        certificate = month.certificate
        folder = release_of(self._today.archive.published, certificate)
        old = [_certified_text(folder / name, certificate) for name in (SECTION_TEXT, SECTION_MARKDOWN)][-1]
        new = release_files(self._today.on_todays_systems(month.as_planned))[SECTION_MARKDOWN].decode()
        return _changed(*(sentences(replace(PrintedSection.read(text), notes=()).text) for text in (old, new)))

    def _rates(self, month: _Certified) -> Iterator[str]:
        """`as_revised`: what was first printed stays, whatever is revised."""
        for against in WORDS:
            base = self._certified_month(base_month(month.certificate.month, against), month.certificate.below)
            if base is None or not (month.changes or base.changes) or month.planned.obstacles or base.planned.obstacles:
                continue
            for metric in sorted(month.certificate.by_metric.keys() & month.as_planned.by_metric.keys()):
                old = _rate(metric, against, month.certificate, base.certificate)
                new = _rate(metric, against, month.as_planned, base.as_planned)
                if old != new:
                    yield f"{metric}: {old} → {new}, against {base.certificate.month}"

    def _notes(self, month: _Certified, files: Sequence[str], *, only_text: bool) -> Iterator[str]:
        certificate = month.certificate
        if only_text:
            yield "a certified month keeps its wording: no revision takes up a wording alone, and the next month has it"
        if not (month.unchanged or self._build or certificate.below) and (
            certificate.program.code_version != code_version() or not files
        ):
            yield (
                "counted from the extracts, not by dbt's models, which may have changed too: "
                f"`yuebao plan {certificate.month} --build` builds it"
            )
        if late := self._landed.late_days(certificate):
            yield (
                f"late data waits, which this plan leaves out: {', '.join(late)}; `yuebao status {certificate.month}`"
            )


def _same(old: MonthlyNumber | None, new: MonthlyNumber | None) -> bool:
    """Flags aside, which follow from what is certified when."""
    return bool(old and new and replace(old, flags=()) == replace(new, flags=()))


def _text(value: Any) -> str:
    return "+".join(value) if isinstance(value, tuple) else str(value)


def _certified_text(file: Path, certificate: Certificate) -> str:
    """ReportsError where it isn't what was certified."""
    content = file.read_bytes() if file.exists() else b""
    if sha256(content) != certificate.files.get(file.name):
        raise ReportsError(f"{file} isn't what was certified: `yuebao verify {certificate.month}`")
    return content.decode()


def _changed(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    steps = [step for step in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if step[0] != "equal"]
    removed = [sentence for _, begin, end, _, _ in steps for sentence in old[begin:end]]
    added = [sentence for _, _, _, begin, end in steps for sentence in new[begin:end]]
    return removed, added


def _rate(metric: str, against: Against, current: Certificate, base: Certificate) -> str:
    try:
        return rate(metric, current, [base], "as_revised").text
    except RateError as error:
        return f"{WORDS[against]}：{error.for_authors}"


def _causes(certificate: Certificate, files: Sequence[str]) -> Iterator[str]:
    if certificate.form == 1:
        yield "its settings aren't known: form 1 holds none"
    elif files:
        yield ", ".join(files)
    if (then := certificate.program.code_version) != (now := code_version()):
        yield f"code {then} → {now}"


def _reason(month: _Certified, files: Sequence[str]) -> Reason | Literal[""]:
    """Only a change of definition takes today's settings up; what the program counts otherwise is our error."""
    if not month.changes:
        return ""
    return "definition_change" if files else "our_error"


def _of_built(month: Month) -> MonthPlan:
    """A month that nobody has certified: whether its build follows from what is there today."""
    return MonthPlan(month.name, "built, not certified", rebuilds=tuple(_stale(month)))


def _stale(month: Month) -> Iterator[str]:
    try:
        evidence = month.read_evidence()
    except EvidenceError as error:
        yield str(error)
        return
    if evidence and evidence.fingerprint != month.fingerprint:
        yield from _changed_inputs(month) or ["the dbt models changed"]
    elif evidence and evidence.files != digests(month.facts):
        yield "the published facts aren't what was built"


def _changed_inputs(month: Month) -> list[str]:
    """Which tables of a build's inputs are others today, and of the extracts which days."""
    changed = []
    for name, rows in sorted(month.inputs.items()):
        file = month.facts / "inputs" / f"{name}.parquet"
        differing = _rows(rows) ^ (_read_rows(file) if file.exists() else set())
        if differing and name == "extracts":
            days = sorted({f"{row['system']} {row['stat_date']}" for row in map(dict, differing)})
            changed.append(f"extracts of {', '.join(days)}")
        elif differing:
            changed.append(f"{name} changed")
    return changed


def _read_rows(file: Path) -> set[frozenset[tuple[str, str]]]:
    import pyarrow.parquet as pq

    return _rows(pq.read_table(file).to_pylist())


def _rows(rows: Sequence[dict[str, Any]]) -> set[frozenset[tuple[str, str]]]:
    """As texts, so that a day of JSON is that of Parquet."""
    return {frozenset((name, str(value)) for name, value in row.items() if name not in _PLACES) for row in rows}
