"""The statistics section as files: `section.txt`, `section.md` and `numbers.json`, in one folder that appears whole."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from filelock import FileLock

from reports.figures.derived import RANKINGS, Derived
from reports.figures.months import MonthSpan
from reports.figures.section_text import PrintedSection
from reports.figures.wording import Section, SectionSubject, WordingTemplate, word_section
from reports.figures.words import DEFAULT, SectionWords
from reports.files import write_through

if TYPE_CHECKING:
    from reports.figures.numbers import MonthlyNumber

DRAFT = DEFAULT.draft
_CERTIFIED = "已核定"
# The text of a section that is also read back, by `PrintedSection.read`.
SECTION_MARKDOWN = "section.md"

_SHA256 = re.compile(r"[0-9a-f]{64}")


class SectionError(Exception):
    """The section may not or can't be written; the message says why."""


class NumberExtract(TypedDict):
    """An extract behind a number: its day (`2025-03-12`) and the SHA-256 of its file."""

    day: str
    sha256: str


class NumberSource(TypedDict):
    """A hall system behind a number, and its extracts."""

    system: str
    system_name: str
    extracts: Sequence[NumberExtract]


@dataclass(frozen=True)
class Origin:
    """Whose and which month's numbers these are, and what they rest on."""

    month: str
    hall_code: str
    hall_name: str
    fingerprint: str  # the build's
    sources: Mapping[str, Sequence[NumberSource]]  # the systems and extracts behind each metric
    span: MonthSpan | None = None  # the month's days, where it isn't the calendar month
    left_out: Sequence[str] = ()  # the names of sites that aren't in: of a draft alone
    derived: Derived = field(default_factory=Derived)  # what became of metrics that are made of others

    @property
    def subject(self) -> SectionSubject:
        """What the section is about."""
        return SectionSubject(self.hall_name, self.span, self.derived)


@dataclass(frozen=True)
class Vintage:
    """The certificate that files name, by revision and short code, and the revision notes that they print."""

    revision: int
    code: str
    notes: Sequence[str] = ()


def write_draft(
    folder: Path, numbers: Mapping[str, MonthlyNumber], origin: Origin, *, template: WordingTemplate
) -> Section:
    """Word numbers that nobody has certified and write them into a folder, with 草稿, or the hall's word, in each file.

    The files are written aside and the whole folder is renamed; a folder that already holds the same bytes is left
    untouched. The same arguments always give the same bytes: no time of writing is in them.

    Args:
        folder: The draft's folder; it holds the section's three files and no others.
        numbers: Every number of the month, by metric.
        origin: What they rest on.
        template: The hall's wording.

    Returns:
        The section as worded.

    Raises:
        SectionError: A metric has no sources or one without a sound SHA-256, or the folder holds files that aren't the
            section's.
        WordingError: As `word_section` raises.
    """
    section = word_section(numbers, month=origin.month, template=template, subject=origin.subject)
    words = template.words
    notes = _draft_notes(origin, words)
    printed = PrintedSection(section.heading, section.paragraph, section.table, notes, words.draft)
    _put({**_texts(printed), **_document(section, numbers, origin)}, folder)
    return section


def _draft_notes(origin: Origin, words: SectionWords) -> tuple[str, ...]:
    names = origin.left_out
    if not names:
        return ()
    note = words.sites_left_out.format(count=len(names), sites=words.list_separator.join(names))
    return (words.draft_note.format(note=note),)


def certified_files(
    numbers: Mapping[str, MonthlyNumber], origin: Origin, vintage: Vintage, *, template: WordingTemplate
) -> dict[str, bytes]:
    """Word a release's files, by name, from the numbers that its certificate vouches for; raises as `write_draft`."""
    section = word_section(numbers, month=origin.month, template=template, subject=origin.subject)
    texts = certified_texts(section, vintage.notes, template.words)
    return {**texts, **_document(section, numbers, origin, vintage)}


def certified_texts(section: Section, notes: Sequence[str], words: SectionWords) -> dict[str, bytes]:
    """A release's texts alone, by name, with notes on revised months."""
    told = tuple(words.revision_note.format(note=note) for note in notes)
    return _texts(PrintedSection(section.heading, section.paragraph, section.table, told))


def _texts(printed: PrintedSection) -> dict[str, bytes]:
    return {"section.txt": printed.text.encode(), SECTION_MARKDOWN: printed.markdown.encode()}


def _document(
    section: Section, numbers: Mapping[str, MonthlyNumber], origin: Origin, vintage: Vintage | None = None
) -> dict[str, bytes]:
    document = {
        "month": origin.month,
        **({"first_day": origin.span.first, "last_day": origin.span.last} if origin.span else {}),
        "hall": {"code": origin.hall_code, "name": origin.hall_name},
        "state": _CERTIFIED if vintage else DRAFT,
        **({"sites_left_out": list(origin.left_out)} if origin.left_out else {}),
        "certificate": {"revision": vintage.revision, "code": vintage.code} if vintage else None,
        "revision_notes": list(vintage.notes) if vintage else [],
        "fingerprint": origin.fingerprint,
        "metrics": [
            _metric(number, origin, in_section=metric in section.metrics) for metric, number in sorted(numbers.items())
        ],
        **_derived(origin.derived),
    }
    return {"numbers.json": (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()}


def _derived(derived: Derived) -> dict[str, Any]:
    """What `numbers.json` says of metrics that are made of others: what of, who is ranked, and what has no value."""
    if not derived.metrics:
        return {}
    return {
        "derived": [
            {
                "metric": metric.metric,
                "name": metric.metric_name,
                "kind": metric.kind,
                **({"made_of": list(map(asdict, outcome.terms))} if outcome.terms else {}),
                **({"ranking": list(map(asdict, outcome.ranking))} if metric.kind in RANKINGS else {}),
                **({"without_value": outcome.reason, "because_of": outcome.month} if outcome.reason else {}),
            }
            for metric in derived.metrics
            for outcome in [derived.outcomes[metric.metric]]
        ]
    }


def _metric(number: MonthlyNumber, origin: Origin, *, in_section: bool) -> dict[str, Any]:
    """What `numbers.json` says of a number."""
    return {
        "metric": number.metric,
        "name": number.metric_name,
        "exact": number.exact if isinstance(number.exact, int) else str(number.exact),
        "unit": number.unit,
        "printed": number.printed,
        "display_unit": number.display_unit,
        "flags": list(number.flags),
        "in_section": in_section,
        "definition": number.definition,
        "event_counted": number.event_counted,
        "deduplication_key": number.deduplication_key,
        "version": number.version,
        "rounding": number.rounding,
        "display_decimals": number.display_decimals,
        "measures": list(number.measures),
        "parts": list(number.parts),
        "sources": _sources(number.metric, origin),
    }


def _sources(metric: str, origin: Origin) -> list[dict[str, Any]]:
    sources = sorted(origin.sources.get(metric, ()), key=lambda source: source["system"])
    if not sources:
        raise SectionError(f"{origin.month}: {metric} has no sources, so nobody could trace it")
    return [
        {
            "system": source["system"],
            "system_name": source["system_name"],
            "extracts": [{"day": extract["day"], "sha256": extract["sha256"]} for extract in _sound(metric, source)],
        }
        for source in sources
    ]


def _sound(metric: str, source: NumberSource) -> list[NumberExtract]:
    extracts = sorted(source["extracts"], key=lambda extract: extract["day"])
    if not extracts:
        raise SectionError(f"{metric}: {source['system']} is named as a source without any extract")
    for extract in extracts:
        if not _SHA256.fullmatch(extract["sha256"]):
            where = f"{metric}: {source['system']} {extract['day']}"
            raise SectionError(f"{where}: {extract['sha256']!r} is no SHA-256 in lower-case hexadecimal")
    return extracts


def _put(files: Mapping[str, bytes], folder: Path) -> None:
    """Make `folder` hold exactly these files, by renames alone.

    A folder can't be renamed over another, so the old one is first set aside under a fixed name; whoever comes after a
    crash between the two renames finds it there and puts it back.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.new")
    replaced = folder.with_name(f".{folder.name}.replaced")
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        _restore(replaced, folder)
        shutil.rmtree(new, ignore_errors=True)
        if _holds(folder, files):
            return
        new.mkdir()
        for name, content in files.items():
            write_through(new / name, content)
        if folder.exists():
            folder.rename(replaced)
        new.rename(folder)
        shutil.rmtree(replaced, ignore_errors=True)


def _restore(replaced: Path, folder: Path) -> None:
    if not replaced.exists():
        return
    if folder.exists():
        shutil.rmtree(replaced)
    else:
        replaced.rename(folder)


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    if not folder.exists():
        return False
    existing = {path.name: path for path in folder.iterdir()}
    if strangers := sorted(existing.keys() - files.keys()):
        raise SectionError(f"{folder} holds {', '.join(strangers)}, which a section must not replace")
    return existing.keys() == files.keys() and all(existing[name].read_bytes() == files[name] for name in files)
