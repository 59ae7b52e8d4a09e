"""Whether this machine and this state folder are well: versions, disk, clock, permissions, history, settings, ledger.

Asks no hall system (`check-hall` does), changes nothing, and makes every check whatever the others find.
"""

from __future__ import annotations

import datetime as dt
import shutil
import stat
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from filelock import FileLock, Timeout
from packaging.requirements import Requirement

from orchestration.certification.certify import archive_of
from orchestration.config.catalogue import working_days
from orchestration.config.hall import HallFolder, SettingsError, expand
from orchestration.config.variables import variables_of
from orchestration.config.working_days import CalendarError
from orchestration.doctor.hall import Checked, folder_checks
from orchestration.doctor.run_history import history_checks
from orchestration.landing.manifest import Landing, LandingError
from orchestration.runtime.paths import Home
from reports.certificates.ledger import LedgerError
from reports.certificates.verification import verify

_LEAST_FREE_GIB = 2
_GIB = 2**30


def examine(hall: HallFolder, home: Home) -> Iterator[Checked]:
    """Everything that is looked at, one after the other; `YUEBAO_HALL` must name the hall's folder."""
    yield _versions()
    yield _disk(home)
    yield _state_folder(home)
    yield _clock(home)
    yield _build_lock(home)
    yield from history_checks(hall.hall, home)
    yield _calendar()
    yield from folder_checks(hall)
    yield _key_file(hall, home)
    yield _ledger(hall, home)


def _versions() -> Checked:
    """The installed packages are those that the project asks for."""
    asked = [Requirement(line) for line in metadata.requires("yuebao") or ()]
    wrong = [found for each in asked if each.marker is None and (found := _wrong_version(each))]
    found = "; ".join(wrong) or f"{len(asked)} packages, as pyproject.toml asks"
    return Checked("versions", good=not wrong, found=found)


def _wrong_version(asked: Requirement) -> str:
    try:
        installed = metadata.version(asked.name)
    except metadata.PackageNotFoundError:
        return f"{asked.name} isn't installed; run `make report` or `make test` again"
    if asked.specifier.contains(installed, prereleases=True):
        return ""
    return f"{asked.name} is {installed}, and {asked.specifier} is asked for; make clean, then set up again"


def _disk(home: Home) -> Checked:
    free = shutil.disk_usage(_there(home.root)).free / _GIB
    found = f"{free:.1f} GiB free under {home.root}"
    if free >= _LEAST_FREE_GIB:
        return Checked("disk", good=True, found=found)
    return Checked("disk", good=False, found=f"{found}; {_LEAST_FREE_GIB} are needed: make room, or move YUEBAO_HOME")


def _there(path: Path) -> Path:
    return path if path.exists() else _there(path.parent)


def _state_folder(home: Home) -> Checked:
    if not home.root.exists():
        return Checked("state", good=True, found=f"{home.root} isn't there yet; the first command makes it")
    if home.root.stat().st_mode & stat.S_IWOTH:
        return Checked("state", good=False, found=f"everybody may write to {home.root}; chmod o-w {home.root}")
    # Made by commands that were killed in the middle of a build; a running build has one too.
    left = sorted(home.published.glob("*/builds/.*"))
    found = f"{home.root}, {len(left)} unfinished builds"
    return Checked("state", good=True, found=found)


def _build_lock(home: Home) -> Checked:
    """Whether somebody opens the warehouse now; the file itself stays when its holder was killed, and holds nobody."""
    lock = FileLock(home.root / "warehouse.lock")
    if not Path(lock.lock_file).exists():
        return Checked("build lock", good=True, found="nothing was built yet")
    try:
        with lock.acquire(blocking=False):
            return Checked("build lock", good=True, found="free")
    except Timeout:
        return Checked("build lock", good=True, found="held: a build is under way")


def _calendar() -> Checked:
    """Whether this year's working days are known, and after November the next year's."""
    today = dt.datetime.now(dt.UTC).date()
    try:
        working_days().describe(today)
    except (CalendarError, SettingsError) as error:
        return Checked("calendar", good=False, found=str(error))
    try:
        working_days().describe(dt.date(today.year + 1, 1, 1))
    except CalendarError as error:
        return Checked("calendar", good=True, found=f"{today.year} is known; before it ends: {error}")
    return Checked("calendar", good=True, found=f"{today.year} and {today.year + 1} are known")


def _clock(home: Home) -> Checked:
    now = dt.datetime.now(dt.UTC)
    try:
        newest = max(_landed_at(home), default=None)
    except LandingError as error:
        return Checked("clock", good=False, found=str(error))
    if newest and newest > now:
        found = f"it is {now:%Y-%m-%d %H:%M} UTC here, and something was landed at {newest:%Y-%m-%d %H:%M}"
        return Checked("clock", good=False, found=f"{found}; set the clock")
    return Checked("clock", good=True, found=f"{now:%Y-%m-%d %H:%M} UTC, after all that was landed")


def _landed_at(home: Home) -> Iterator[dt.datetime]:
    """When the newest day of each system was landed."""
    for system in home.landing.glob("*"):
        for day in sorted(system.glob("*"))[-1:]:
            current = Landing(home.landing).current(system.name, dt.date.fromisoformat(day.name))
            if current:
                yield dt.datetime.fromisoformat(current.landed_at)


def _key_file(hall: HallFolder, home: Home) -> Checked:
    try:
        key = hall.folder / expand(hall.hall.certification.key, variables_of(hall.hall, home))
        mode = key.stat().st_mode
    except (SettingsError, OSError) as error:
        return Checked("key file", good=False, found=str(error))
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Checked("key file", good=False, found=f"others may read {key}; chmod 600 {key}")
    return Checked("key file", good=True, found=f"{key}, for its owner alone")


def _ledger(hall: HallFolder, home: Home) -> Checked:
    if not home.certificates.exists() and not any(home.published.glob("*/r*")):
        return Checked("ledger", good=True, found="nothing is certified yet")
    try:
        found = verify(archive_of(hall, home))
    except (SettingsError, LedgerError) as error:
        return Checked("ledger", good=False, found=str(error))
    if not found.sound:
        return Checked("ledger", good=False, found="; ".join(map(str, found.problems)))
    return Checked("ledger", good=True, found=f"{found.certificates} certificates, {found.files_hashed} files, sound")
