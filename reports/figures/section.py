"""The statistics section as files: `section.txt`, `section.md` and `numbers.json`, in one folder that appears whole."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from filelock import FileLock

from reports.certificates.certificate import Certificate, CertifiedNumber
from reports.certificates.flags import CANDIDATE
from reports.figures.wording import Section, word_section
from reports.files import write_through

if TYPE_CHECKING:
    from reports.figures.numbers import MonthlyNumber

DRAFT = "草稿"
_CERTIFIED = "已核定"

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
    """Whose and which month's numbers these are, and what they rest on.

    `fingerprint` is the build's; `sources` gives the systems and extracts behind each metric.
    """

    month: str
    hall_code: str
    hall_name: str
    fingerprint: str
    sources: Mapping[str, Sequence[NumberSource]]


def write_draft(
    folder: Path,
    numbers: Mapping[str, MonthlyNumber],
    origin: Origin,
    *,
    template: Path,
) -> Section:
    """Word numbers that nobody has certified and write them into a folder, with 草稿 in every file.

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
    section = word_section(numbers, month=origin.month, template=template)
    _put(_files(section, numbers, origin), folder)
    return section


def certified_files(
    drafted: Certificate, origin: Origin, notes: Sequence[str] = (), *, template: Path
) -> dict[str, bytes]:
    """The files of a release, worded from nothing but the numbers that its certificate vouches for.

    Args:
        drafted: The certificate.
        origin: What its numbers rest on.
        notes: The revision notes that its edition prints after the paragraph.
        template: The hall's wording.

    Returns:
        The same three files by name; `numbers.json` names the certificate's revision and short code.

    Raises:
        SectionError, WordingError: As `write_section` raises.
    """
    numbers: dict[str, MonthlyNumber] = dict(drafted.by_metric)
    section = word_section(numbers, month=drafted.month, template=template)
    return _files(section, numbers, origin, drafted, notes)


def _files(
    section: Section,
    numbers: Mapping[str, MonthlyNumber],
    origin: Origin,
    certificate: Certificate | None = None,
    notes: Sequence[str] = (),
) -> dict[str, bytes]:
    ending = "".join(f"\n修订说明：{note}\n" for note in notes)
    said = ("", "") if certificate else (f"{DRAFT}\n\n", f"**{DRAFT}**\n\n")
    texts = {
        "section.txt": f"{said[0]}{section.heading}\n\n{section.paragraph}\n{ending}",
        "section.md": f"{said[1]}## {section.heading}\n\n{section.paragraph}\n{ending}",
        "numbers.json": _numbers_json(numbers, section.metrics, origin, certificate, notes),
    }
    return {name: text.encode("utf-8") for name, text in texts.items()}


def _numbers_json(
    numbers: Mapping[str, MonthlyNumber],
    in_section: Collection[str],
    origin: Origin,
    certificate: Certificate | None,
    notes: Sequence[str],
) -> str:
    document = {
        "month": origin.month,
        "hall": {"code": origin.hall_code, "name": origin.hall_name},
        "state": _CERTIFIED if certificate else DRAFT,
        "certificate": {"revision": certificate.revision, "code": certificate.code} if certificate else None,
        "revision_notes": list(notes),
        "fingerprint": origin.fingerprint,
        "metrics": [
            {
                "metric": number.metric,
                "name": number.metric_name,
                "exact": number.exact,
                "unit": number.unit,
                "printed": number.printed,
                "display_unit": number.display_unit,
                "flags": list(number.flags if isinstance(number, CertifiedNumber) else CANDIDATE),
                "in_section": number.metric in in_section,
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
            for _, number in sorted(numbers.items())
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


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
    found = {path.name: path for path in folder.iterdir()}
    if strangers := sorted(found.keys() - files.keys()):
        raise SectionError(f"{folder} holds {', '.join(strangers)}, which a section must not replace")
    return found.keys() == files.keys() and all(found[name].read_bytes() == files[name] for name in files)
