"""Whether this machine and this state folder are well: versions, disk, clock, permissions, history, settings, ledger.

Asks no hall system (`check-hall` does), changes nothing, and makes every check whatever the others find.
"""

import datetime as dt
import shutil
import stat
from collections.abc import Iterator
from functools import partial
from importlib import metadata
from pathlib import Path

from filelock import FileLock, Timeout
from packaging.requirements import Requirement

from orchestration.certification.certify import archive_of
from orchestration.config.catalogue import working_days
from orchestration.config.hall import HallFolder, expand
from orchestration.config.variables import variables_of
from orchestration.config.working_days import CalendarError
from orchestration.doctor.diagnosis import Diagnosis, NotWellError, diagnose
from orchestration.doctor.hall import folder_checks
from orchestration.doctor.run_history import history_checks
from orchestration.landing.manifest import Landing
from orchestration.runtime.paths import Home
from orchestration.runtime.program import program_source
from reports.certificates.verification import verify

_LEAST_FREE_GIB = 2
_GIB = 2**30


def examine(hall: HallFolder, home: Home) -> Iterator[Diagnosis]:
    """Everything that is looked at, one after the other; `YUEBAO_HALL` must name the hall's folder."""
    yield diagnose("versions", _versions)
    yield diagnose("disk", partial(_disk, home))
    yield diagnose("state", partial(_state_folder, home))
    yield diagnose("clock", partial(_clock, home))
    yield diagnose("build lock", partial(_build_lock, home))
    yield from history_checks(hall.hall, home)
    yield diagnose("calendar", _calendar)
    yield from folder_checks(hall)
    yield diagnose("key file", partial(_key_file, hall, home))
    yield diagnose("ledger", partial(_ledger, hall, home))


def _versions() -> str:
    """The installed packages are those that the project asks for."""
    required = [Requirement(line) for line in metadata.requires("yuebao") or ()]
    wrong = [problem for package in required if package.marker is None and (problem := _wrong_version(package))]
    if wrong:
        raise NotWellError("; ".join(wrong))
    commit = program_source()
    return (
        f"{len(required)} packages, as pyproject.toml asks; commit {commit or 'unknown: certificates will name none'}"
    )


def _wrong_version(required: Requirement) -> str:
    try:
        installed = metadata.version(required.name)
    except metadata.PackageNotFoundError:
        return f"{required.name} isn't installed; run `make report` or `make test` again"
    if required.specifier.contains(installed, prereleases=True):
        return ""
    return f"{required.name} is {installed}, and {required.specifier} is asked for; make clean, then set up again"


def _disk(home: Home) -> str:
    nearest = next(path for path in (home.root, *home.root.parents) if path.exists())
    free = shutil.disk_usage(nearest).free / _GIB
    room = f"{free:.1f} GiB free under {home.root}"
    if free < _LEAST_FREE_GIB:
        raise NotWellError(f"{room}; {_LEAST_FREE_GIB} are needed: make room, or move YUEBAO_HOME")
    return room


def _state_folder(home: Home) -> str:
    if not home.root.exists():
        return f"{home.root} isn't there yet; the first command makes it"
    if home.root.stat().st_mode & stat.S_IWOTH:
        raise NotWellError(f"everybody may write to {home.root}; chmod o-w {home.root}")
    # Made by commands that were killed in the middle of a build; a running build has one too.
    unfinished = sorted(home.published.glob("*/builds/.*"))
    return f"{home.root}, {len(unfinished)} unfinished builds"


def _build_lock(home: Home) -> str:
    """Whether somebody opens the warehouse now; the file itself stays when its holder was killed, and holds nobody."""
    lock = FileLock(home.root / "warehouse.lock")
    if not Path(lock.lock_file).exists():
        return "nothing was built yet"
    try:
        with lock.acquire(blocking=False):
            return "free"
    except Timeout:
        return "held: a build is under way"
    except OSError as error:
        return f"nobody can build here: {error.strerror}"


def _calendar() -> str:
    """Whether this year's working days are known, and after November the next year's."""
    today = dt.datetime.now(dt.UTC).date()
    working_days().describe(today)
    try:
        working_days().describe(dt.date(today.year + 1, 1, 1))
    except CalendarError as error:
        return f"{today.year} is known; before it ends: {error}"
    return f"{today.year} and {today.year + 1} are known"


def _clock(home: Home) -> str:
    now = dt.datetime.now(dt.UTC)
    newest = max(_landed_at(home), default=None)
    if newest and newest > now:
        raise NotWellError(
            f"it is {now:%Y-%m-%d %H:%M} UTC here, and something was landed at {newest:%Y-%m-%d %H:%M}; set the clock"
        )
    return f"{now:%Y-%m-%d %H:%M} UTC, after all that was landed"


def _landed_at(home: Home) -> Iterator[dt.datetime]:
    """When the newest day of each system was landed."""
    for system in home.landing.glob("*"):
        for day in sorted(system.glob("*"))[-1:]:
            current = Landing(home.landing).current(system.name, dt.date.fromisoformat(day.name))
            if current:
                yield dt.datetime.fromisoformat(current.landed_at)


def _key_file(hall: HallFolder, home: Home) -> str:
    key = hall.folder / expand(hall.hall.certification.key, variables_of(hall.hall, home))
    if key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise NotWellError(f"others may read {key}; chmod 600 {key}")
    return f"{key}, for its owner alone"


def _ledger(hall: HallFolder, home: Home) -> str:
    if not home.certificates.exists() and not any(home.published.glob("*/r*")):
        return "nothing is certified yet"
    proof = verify(archive_of(hall, home))
    if not proof.sound:
        raise NotWellError("; ".join(map(str, proof.problems)))
    return f"{proof.certificates} certificates, {proof.files_hashed} files, sound"
