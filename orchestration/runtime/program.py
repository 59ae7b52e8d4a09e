"""Which program this is: a digest of its sources, and the commit that they are of.

A checkout asks git. Anything else, such as an image or a wheel, was told when it was installed (`hatch_build.py`).
Nothing but the standard library is imported: the build hook loads this file before anything is installed.
"""

import hashlib
import json
import os
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
_ROOMS = ("orchestration", "expectations", "reports")
_WAREHOUSE = ("models", "tests", "macros")
_SUFFIXES = {".py", ".sql", ".j2", ".toml", ".yml", ".csv"}
# Written by the build hook; git ignores it.
RECORD = PROJECT_ROOT / "orchestration" / "commit.json"
_CHANGED = "-dirty"


@dataclass(frozen=True)
class Checkout:
    """The commit (40 hexadecimal digits) that the program's sources are of; `changed` says that they aren't quite."""

    commit: str
    changed: bool

    def __str__(self) -> str:
        return f"{self.commit}, changed since" if self.changed else self.commit


@dataclass(frozen=True)
class NamedRelease:
    """A release whose certificates name no commit, such as "0.1.0"."""

    version: str
    commit: str


@cache
def code_version() -> str:
    """A digest of the project's own sources: the same code has the same version, with or without a repository."""
    ours = [path for room in _ROOMS for path in (PROJECT_ROOT / room).rglob("*")]
    return _digest(path for path in [*ours, *_warehouse_sources()] if path.suffix in _SUFFIXES)[:12]


def warehouse_version() -> str:
    """A digest of what says what dbt builds: models, tests, macros and their settings."""
    return _digest(_warehouse_sources())


@cache
def program_source() -> Checkout | None:
    """The newest commit that changed what `code_version` is of; None where neither git nor the installation knows."""
    return _by_git() or _by_record()


def release_of_code(version: str) -> NamedRelease | None:
    """The release that has a code version, where its certificates don't say the commit themselves."""
    releases = tomllib.loads(Path(__file__).with_name("releases.toml").read_text(encoding="utf-8"))
    return NamedRelease(**releases[version]) if version in releases else None


def record_source(told: str) -> None:
    """Write down the commit for an installation that git won't be able to tell.

    Args:
        told: `git describe --always --abbrev=40 --dirty --exclude='*'` of another place; empty where git is here.
    """
    commit, changed = told.removesuffix(_CHANGED), told.endswith(_CHANGED)
    if source := Checkout(commit, changed) if told else _by_git():
        RECORD.write_text(json.dumps({**asdict(source), "code_version": code_version()}) + "\n", encoding="utf-8")


def _by_record() -> Checkout | None:
    try:
        said = json.loads(RECORD.read_text(encoding="utf-8"))
        return Checkout(said["commit"], said["changed"] or said["code_version"] != code_version())
    except (OSError, ValueError, KeyError):
        return None


def _by_git() -> Checkout | None:
    if not (PROJECT_ROOT / ".git").exists():
        return None
    rooms = (f":(glob){room}/**/*{suffix}" for room in _ROOMS for suffix in sorted(_SUFFIXES))
    sources = (*rooms, "dbt_project/dbt_project.yml", *(f"dbt_project/{name}" for name in _WAREHOUSE))
    try:
        commit = _git("log", "-1", "--format=%H", "--", *sources)
        return Checkout(commit, bool(_git("status", "--porcelain", "--", *sources))) if commit else None
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*arguments: str) -> str:
    """What git says of the checkout, which is root's where a service asks; nothing is written."""
    command = ["git", "--no-optional-locks", "-c", "safe.directory=*", "-C", str(PROJECT_ROOT), *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return said.stdout.strip()


def _warehouse_sources() -> Iterator[Path]:
    project = PROJECT_ROOT / "dbt_project"
    yield project / "dbt_project.yml"
    for name in _WAREHOUSE:
        yield from (project / name).rglob("*.*")


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(PROJECT_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
