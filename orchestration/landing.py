"""Extracts and their manifest: immutable Parquet files, one for a system and a day, each with an entry that vouches.

`landing/<system>/<day>/<sequence>-<content>.parquet` and `.json`: an extract counts once its entry is there, and the
highest sequence is the current one. Nothing is changed or deleted (design, "Validate, then land").
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from orchestration.hall_systems.contract import CONTRACT
from reports import files

_FIELDS: list[pa.Field[Any]] = [
    pa.field("stat_date", pa.date32(), nullable=False),
    pa.field("hall_code", pa.string(), nullable=False),
    pa.field("department_code", pa.string(), nullable=False),
    pa.field("item_code", pa.string()),
    pa.field("measure", pa.string(), nullable=False),
    pa.field("count", pa.int64(), nullable=False),
]
SCHEMA = pa.schema(_FIELDS)
State = Literal["answered", "closed"]
Row = Mapping[str, Any]


class LandingError(Exception):
    """A manifest entry that can't be read; the message names the file."""


@dataclass(frozen=True)
class Extract:
    """One manifest entry.

    Attributes:
        sums: total by measure; `row_count` and `count_sum` are over the whole file.
        content_sha256: digest of the rows, the same whatever library wrote the file; `sha256` is the file's own.
        checks: outcome by rule name (passed, warned) under `suite_version`.
    """

    system: str
    stat_date: str
    state: State
    sequence: int
    file: str
    sha256: str
    content_sha256: str
    row_count: int
    count_sum: int
    sums: Mapping[str, int]
    declared: Mapping[str, int]
    source: str
    landed_at: str
    run_id: str
    code_version: str
    suite_version: str
    checks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """By which run and code, and under which suite, something was landed."""

    run_id: str
    code_version: str
    suite_version: str


@dataclass(frozen=True)
class Counted:
    """Checked counts of one system and day, ready to land."""

    system: str
    day: dt.date
    state: State
    rows: Sequence[Row]
    declared: Mapping[str, int]
    source: str
    checks: Mapping[str, str]


def content_digest(rows: Iterable[Row]) -> str:
    """SHA-256 over the contract's columns of the rows in canonical order; the order of arrival doesn't matter."""
    lines = sorted(json.dumps([row.get(name) for name in CONTRACT], ensure_ascii=False, default=str) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class Landing:
    """The landing folder of one hall."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def current(self, system: str, day: dt.date) -> Extract | None:
        """The newest extract of a system and day, or None when none is in.

        Raises:
            LandingError: its manifest entry can't be read.
        """
        entries = self._entries(system, day)
        return self._read(entries[-1]) if entries else None

    def newest_sequence(self, system: str, day: dt.date) -> int:
        """The sequence of the newest extract of a system and day, by its entry's name alone; 0 when none is in."""
        entries = self._entries(system, day)
        return int(entries[-1].name.partition("-")[0]) if entries else 0

    def read(self, entry: Path) -> Extract:
        """The extract whose manifest entry lies at a path relative to the landing.

        Raises:
            LandingError: the entry can't be read.
        """
        return self._read(self._root / entry)

    def path(self, extract: Extract) -> Path:
        """Where an extract's Parquet file lies."""
        return self._root / extract.system / extract.stat_date / extract.file

    def damage(self, extract: Extract) -> str:
        """What is wrong with an extract's file, or an empty text."""
        path = self.path(extract)
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            return f"{path} can't be read ({error.strerror})"
        return "" if found == extract.sha256 else f"{path} was changed: its SHA-256 is not the manifest's"

    def land(self, counted: Counted, provenance: Provenance) -> Extract:
        """Write an extract and then its entry; until the entry is there, nobody reads the file.

        Two processes that land the same day take turns. When the one before landed the same rows under the same
        suite, its extract is returned and none is added. A file that was lost is put back where the same rows give
        the very bytes that its entry vouches for; one that was changed is left as it is, for somebody to look at.
        """
        folder = self._root / counted.system / counted.day.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            before = self.current(counted.system, counted.day)
            content = _parquet(counted.rows)
            digest = hashlib.sha256(content).hexdigest()
            if before and digest == before.sha256 and not self.path(before).exists():
                files.write_bytes(self.path(before), content)
            if before and self.confirms(before, counted.rows, counted.state, provenance.suite_version):
                return before
            extract = _entry(counted, provenance, sequence=before.sequence + 1 if before else 1)
            extract = replace(extract, sha256=digest)
            files.write_bytes(folder / extract.file, content)
            files.write_json((folder / extract.file).with_suffix(".json"), asdict(extract))
        return extract

    def confirms(self, extract: Extract, rows: Sequence[Row], state: State, suite_version: str) -> bool:
        """Whether an answer says what an extract already holds, undamaged and checked under the same suite."""
        return (
            extract.state == state
            and extract.suite_version == suite_version
            and extract.content_sha256 == content_digest(rows)
            and not self.damage(extract)
        )

    def _entries(self, system: str, day: dt.date) -> list[Path]:
        return sorted((self._root / system / day.isoformat()).glob("[0-9]*.json"))

    def _read(self, path: Path) -> Extract:
        try:
            return Extract(**json.loads(path.read_bytes()))
        except (ValueError, TypeError, OSError) as error:
            raise LandingError(
                f"{path} is not a manifest entry ({error}); "
                "restore it from a backup, or move it away and pull the day again"
            ) from error


def _entry(counted: Counted, provenance: Provenance, sequence: int) -> Extract:
    digest = content_digest(counted.rows)
    sums: dict[str, int] = {}
    for row in counted.rows:
        sums[row["measure"]] = sums.get(row["measure"], 0) + row["count"]
    return Extract(
        system=counted.system,
        stat_date=counted.day.isoformat(),
        state=counted.state,
        sequence=sequence,
        file=f"{sequence:04d}-{digest[:12]}.parquet",
        sha256="",
        content_sha256=digest,
        row_count=len(counted.rows),
        count_sum=sum(sums.values()),
        sums=sums,
        declared=counted.declared,
        source=counted.source,
        landed_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        run_id=provenance.run_id,
        code_version=provenance.code_version,
        suite_version=provenance.suite_version,
        checks=counted.checks,
    )


def _parquet(rows: Sequence[Row]) -> bytes:
    ordered = sorted(rows, key=lambda row: tuple(str(row[name] or "") for name in CONTRACT))
    table = pa.Table.from_pylist(
        [{**row, "stat_date": dt.date.fromisoformat(row["stat_date"])} for row in ordered], schema=SCHEMA
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content
