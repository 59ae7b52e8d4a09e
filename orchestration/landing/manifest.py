"""Extracts and their manifest: immutable Parquet files, one for a system and a day, each with an entry that vouches.

`landing/<system>/<day>/<sequence>-<content>.parquet` and `.json`: an extract counts once its entry is there, and the
highest sequence is the current one. Nothing is changed or deleted (design, "Validate, then land").
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from orchestration.runtime.errors import UserError
from orchestration.runtime.guard import locked
from reports import files

if TYPE_CHECKING:
    from orchestration.landing.parquet import Content
    from orchestration.sources.daily_counts import DailyCounts

ExtractState = Literal["answered", "closed"]
# What entries call their sites, since 0.1: landed files are never changed.
_SITES = "halls"
# The SHA-256 of the rest of an entry, so that a changed entry doesn't pass for what was written.
_DIGEST = "digest"
_CONFIRMED = ".confirmed"
# The digest of a site that counted nothing.
_NO_ROWS = hashlib.sha256(b"[]").hexdigest()


class LandingError(UserError):
    """A manifest entry or a refusal that can't be read; the message names the file."""


@dataclass(frozen=True)
class SiteEntry:
    """What an extract holds of one site."""

    content_sha256: str  # digest of the site's rows
    sums: Mapping[str, int]  # total by measure
    declared: Mapping[str, int]  # what the source itself states, by measure
    source: str  # where it came from


@dataclass(frozen=True)
class Extract:
    """One manifest entry."""

    system: str
    stat_date: str
    state: ExtractState
    sequence: int
    file: str
    sha256: str  # the file's own
    content_sha256: str  # digest of the rows, the same whatever library wrote the file
    row_count: int
    count_sum: int
    sites: Mapping[str, SiteEntry]  # by code, the sites that are in
    landed_at: str
    run_id: str
    code_version: str
    suite_version: str
    checks: Mapping[str, str]  # by rule name, one of `_OUTCOMES` under `suite_version`
    scales: Mapping[str, int] = field(default_factory=dict)  # of its measures with decimals, how many

    def other_scales(self, scales: Mapping[str, int]) -> str:
        """Which measures it holds in another unit than they have by the decimals of today, or an empty text."""
        now, then = ({measure: own.get(measure, 0) for measure in sorted(self.sums)} for own in (scales, self.scales))
        return "; ".join(
            f"{measure} is in with {then[measure]} decimals, and its scale in catalogue/measures.csv is {now[measure]}"
            for measure in now
            if now[measure] != then[measure]
        )

    @cached_property
    def sums(self) -> Mapping[str, int]:
        """The total by measure, over all sites."""
        return _added_up((measure, total) for entry in self.sites.values() for measure, total in entry.sums.items())

    @property
    def sources(self) -> list[str]:
        """Where it came from, each place once."""
        return sorted({entry.source for entry in self.sites.values()})


@dataclass(frozen=True)
class Provenance:
    """By which run and code, and under which suite, something was landed."""

    run_id: str
    code_version: str
    suite_version: str


@dataclass(frozen=True)
class SiteCounts:
    """Checked counts of one site."""

    counts: DailyCounts
    declared: Mapping[str, int]
    source: str
    checks: Mapping[str, str]


@dataclass(frozen=True)
class Counted:
    """Checked counts of one system and day by site, ready to land."""

    system: str
    day: dt.date
    state: ExtractState
    sites: Mapping[str, SiteCounts]
    scales: Mapping[str, int] = field(default_factory=dict)  # of measures with decimals, how many


class Landing:
    """The landing folder of one hall."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self, system: str, day: dt.date) -> Extract | None:
        """The newest extract of a system and day, None when none is in; LandingError if its entry can't be read."""
        entries = self._entries(system, day)
        return self._read(entries[-1]) if entries else None

    def days(self, system: str) -> list[dt.date]:
        """The days of a system of which something is landed, in order."""
        return sorted(dt.date.fromisoformat(folder.name) for folder in (self.root / system).glob("????-??-??"))

    def history(self, system: str, day: dt.date) -> list[Extract]:
        """Every extract of a system and day, the oldest first; LandingError if a manifest entry can't be read."""
        return [self._read(entry) for entry in self._entries(system, day)]

    def newest_sequence(self, system: str, day: dt.date) -> int:
        """The sequence of the newest extract of a system and day, by its entry's name alone; 0 when none is in."""
        entries = self._entries(system, day)
        return int(entries[-1].name.partition("-")[0]) if entries else 0

    def read(self, entry: Path) -> Extract:
        """The extract whose entry lies at a path relative to the landing; LandingError if that can't be read."""
        return self._read(self.root / entry)

    def path(self, extract: Extract) -> Path:
        """Where an extract's Parquet file lies."""
        return self.root / extract.system / extract.stat_date / extract.file

    def counts(self, extract: Extract) -> DailyCounts:
        """The counts of an extract."""
        from orchestration.landing.parquet import read_counts

        return read_counts(self.path(extract))

    def damage(self, extract: Extract) -> str:
        """What is wrong with an extract's file, or an empty text."""
        path = self.path(extract)
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            return f"{path} can't be read ({error.strerror})"
        return "" if found == extract.sha256 else f"{path} was changed: its SHA-256 is not the manifest's"

    def land(
        self, counted: Counted, provenance: Provenance, stands: Callable[[Extract], bool] | None = None
    ) -> Extract:
        """Write an extract and then its entry; until the entry is there, nobody reads the file.

        Sites that the extract before holds, in the same state, are taken over where nothing new is landed of them and
        what it was judged by still `stands`. Two processes that land the same day take turns. When the one before
        landed the same rows, its extract is returned and none is added. A file that was lost is put back where the same
        rows give the very bytes that its entry vouches for; one that was changed is left as it is, for somebody to look
        at.
        """
        from orchestration.landing.parquet import content_of
        from orchestration.sources.daily_counts import concatenated

        folder = self.root / counted.system / counted.day.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock"):
            before = self.current(counted.system, counted.day)
            if before and before.state == counted.state and (stands or _same_suite(provenance))(before):
                counted = self._with_sites_before(counted, before)
            content = content_of(concatenated([site.counts for site in counted.sites.values()]))
            extract = _entry(counted, content, provenance, sequence=before.sequence + 1 if before else 1)
            if before and extract.sha256 == before.sha256 and not self.path(before).exists():
                files.write_bytes(self.path(before), content.file)
            if before and _says_the_same(before, extract) and not self.damage(before):
                return before
            files.write_bytes(folder / extract.file, content.file)
            files.write_json((folder / extract.file).with_suffix(".json"), _document(extract))
        return extract

    def confirm(self, system: str, day: dt.date) -> None:
        """Note that an answer came just now that says what is landed; losing the note costs one more question."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        (self.root / system / day.isoformat() / _CONFIRMED).write_text(now, encoding="ascii")

    def confirmed_at(self, system: str, day: dt.date) -> dt.datetime | None:
        """When an answer said last what is landed, or None where none did."""
        try:
            noted = dt.datetime.fromisoformat((self.root / system / day.isoformat() / _CONFIRMED).read_text("ascii"))
        except (OSError, ValueError):
            return None
        return noted if noted.tzinfo else None

    def _with_sites_before(self, counted: Counted, before: Extract) -> Counted:
        kept = [site for site in before.sites if site not in counted.sites]
        if not kept or self.damage(before):
            return counted
        taken_over = {
            site: SiteCounts(counts, before.sites[site].declared, before.sites[site].source, before.checks)
            for site, counts in self.counts(before).of_sites(kept).items()
        }
        return replace(counted, sites={**taken_over, **counted.sites})

    def _entries(self, system: str, day: dt.date) -> list[Path]:
        return sorted((self.root / system / day.isoformat()).glob("[0-9]*.json"))

    def _read(self, path: Path) -> Extract:
        try:
            return _extract(path, path.read_bytes())
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
            raise LandingError(
                f"{path} is not a manifest entry ({error}); "
                "restore it from a backup, or move it away and pull the day again"
            ) from error


# A month is read several times on its way, and an entry of thousands of sites takes long to read.
@lru_cache(maxsize=256)
def _extract(path: Path, content: bytes) -> Extract:
    entry = json.loads(content)
    _require_whole(entry)
    sites = {site: SiteEntry(**told) for site, told in entry.pop(_SITES).items()}
    extract = Extract(**entry, sites=sites)
    _require_place(extract, path)
    return extract


def _require_whole(entry: dict[str, Any]) -> None:
    """ValueError where an entry was changed since it was written; those of 0.1 can't tell."""
    if entry.pop(_DIGEST, "") not in {"", _digest(entry)}:
        raise ValueError("it was changed since it was written")


def _digest(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entry, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _require_place(extract: Extract, path: Path) -> None:
    """ValueError where an entry doesn't vouch for the place in which it lies."""
    stated = (extract.system, extract.stat_date, f"{extract.sequence:04d}", extract.file)
    found = (path.parts[-3], path.parts[-2], path.name.partition("-")[0], f"{path.stem}.parquet")
    if stated != found:
        raise ValueError(f"it is the entry of {extract.system} {extract.stat_date}, {extract.file}, and was moved here")


def _document(extract: Extract) -> dict[str, Any]:
    told = asdict(extract)
    if not extract.scales:
        del told["scales"]
    document = {_SITES if name == "sites" else name: value for name, value in told.items()}
    return {**document, _DIGEST: _digest(document)}


def _says_the_same(before: Extract, after: Extract) -> bool:
    one, other = (
        (extract.state, extract.content_sha256, extract.suite_version, extract.scales) for extract in (before, after)
    )
    return one == other


def _same_suite(provenance: Provenance) -> Callable[[Extract], bool]:
    return lambda before: before.suite_version == provenance.suite_version


def _entry(counted: Counted, content: Content, provenance: Provenance, sequence: int) -> Extract:
    sites = {
        site: SiteEntry(
            content.digests.get(site, _NO_ROWS),
            # A measure without rows of which the source states the total is counted too: it is 0, as the suite saw.
            {**dict.fromkeys(counts.declared if counted.state == "answered" else (), 0), **content.sums.get(site, {})},
            counts.declared,
            counts.source,
        )
        for site, counts in sorted(counted.sites.items())
    }
    digest = _digest_of(sites)
    measures = {measure for entry in sites.values() for measure in entry.sums}
    return Extract(
        system=counted.system,
        stat_date=counted.day.isoformat(),
        state=counted.state,
        sequence=sequence,
        file=f"{sequence:04d}-{digest[:12]}.parquet",
        sha256=hashlib.sha256(content.file).hexdigest(),
        content_sha256=digest,
        row_count=sum(len(counts.counts) for counts in counted.sites.values()),
        count_sum=sum(total for entry in sites.values() for total in entry.sums.values()),
        sites=sites,
        landed_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        **asdict(provenance),
        checks=worst_outcomes(counts.checks for counts in counted.sites.values()),
        scales={measure: scale for measure, scale in sorted(counted.scales.items()) if measure in measures},
    )


def _digest_of(sites: Mapping[str, SiteEntry]) -> str:
    contents = {site: entry.content_sha256 for site, entry in sorted(sites.items())}
    return hashlib.sha256(json.dumps(contents).encode()).hexdigest()


def _added_up(totals: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for measure, total in totals:
        sums[measure] = sums.get(measure, 0) + total
    return sums


# From the best to the worst. A day of which some sites had something to compare was compared.
_OUTCOMES = ("not_applicable", "passed", "warned", "failed")


def worst_outcomes(outcomes: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The worst outcome of each rule, over all sites."""
    worst: dict[str, str] = {}
    for by_rule in outcomes:
        for rule, outcome in by_rule.items():
            worst[rule] = max(worst.get(rule, outcome), outcome, key=_OUTCOMES.index)
    return worst
