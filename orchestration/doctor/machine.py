"""Whether machine and state folder are well: versions, engine, disk, clock, permissions, history, settings, ledger.

Asks no hall system (`check-hall` does), changes nothing, and makes every check whatever the others find.
"""

import datetime as dt
import os
import stat
from collections.abc import Iterator
from functools import partial
from importlib import metadata

from filelock import Timeout
from packaging.requirements import Requirement

from orchestration.alerts.memory import read_memory
from orchestration.alerts.snoozes import read_snoozes
from orchestration.certification.certify import archive_of
from orchestration.config.catalogue import working_days
from orchestration.config.hall import Hall, HallFolder, expand
from orchestration.config.variables import variables_of
from orchestration.config.working_days import CalendarError
from orchestration.diagnosis import Diagnosis
from orchestration.doctor.diagnose import NotWellError, diagnose
from orchestration.doctor.hall import folder_checks
from orchestration.doctor.run_history import history_checks
from orchestration.landing.manifest import Landing
from orchestration.landing.quarantine import Quarantine
from orchestration.runtime.guard import deletable, free_room, holder, holders, locked, size_of
from orchestration.runtime.left_overs import left_overs, temporary_folders
from orchestration.runtime.paths import Home
from orchestration.runtime.program import program_source
from orchestration.warehouse.builder import engine_version
from orchestration.warehouse.facts import unfinished_builds
from orchestration.warehouse.spark import require_usable
from reports.certificates.verification import verify

_LEAST_FREE_GIB = 2
_MOST_NAMED = 5
_GIB, _MIB = 2**30, 2**20


def examine(hall: HallFolder, home: Home) -> Iterator[Diagnosis]:
    """Everything that is looked at, one after the other; `YUEBAO_HALL` must name the hall's folder."""
    yield diagnose("versions", _versions)
    yield diagnose("engine", partial(_engine, hall.hall))
    yield diagnose("disk", partial(_disk, home))
    yield diagnose("state", partial(_state_folder, home))
    yield diagnose("clock", partial(_clock, home))
    yield diagnose("build lock", partial(_build_lock, home))
    yield diagnose("warehouse", partial(_warehouse, home))
    yield diagnose("alerts", partial(_alerts, home))
    yield diagnose("quarantine", partial(_quarantine, home))
    yield diagnose("left-overs", partial(_left_overs, home))
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
        raise NotWellError(f"{'; '.join(wrong)}; next: make clean, then make report or make test")
    commit = program_source()
    return (
        f"{len(required)} packages, as pyproject.toml asks; commit {commit or 'unknown: certificates will name none'}"
    )


def _wrong_version(required: Requirement) -> str:
    try:
        installed = metadata.version(required.name)
    except metadata.PackageNotFoundError:
        return f"{required.name} isn't installed"
    if required.specifier.contains(installed, prereleases=True):
        return ""
    return f"{required.name} is {installed}, and {required.specifier} is asked for"


def _engine(hall: Hall) -> str:
    """What months are built on can be used, as far as that shows without using it."""
    if hall.engine == "spark":
        require_usable(hall.spark)
        return f"{engine_version(hall.engine)} on {hall.spark.master}"
    return engine_version(hall.engine)


def _disk(home: Home) -> str:
    free = free_room(home.root) / _GIB
    room = f"{free:.1f} GiB free under {home.root}"
    if free < _LEAST_FREE_GIB:
        raise NotWellError(
            f"{room}; {_LEAST_FREE_GIB} are needed; {deletable(home.root)}; next: make room, or move YUEBAO_HOME"
        )
    return room


def _state_folder(home: Home) -> str:
    if not home.root.exists():
        return f"{home.root} isn't there yet; the first command makes it"
    if home.root.stat().st_mode & stat.S_IWOTH:
        raise NotWellError(f"everybody may write to {home.root}; next: chmod o-w {home.root}")
    if not os.access(home.root, os.W_OK):
        return f"{home.root}, which this user may read only: whoever works here needs the right to write"
    return f"{home.root}"


def _left_overs(home: Home) -> str:
    """What commands that were killed left behind; those under way have such folders too, and own them."""
    left = left_overs([*unfinished_builds(home), *temporary_folders()])
    if not left:
        return "none of commands that were killed"
    size = sum(map(size_of, left)) / _MIB
    return f"{len(left)} folders of commands that were killed, {size:.1f} MiB; `yuebao retention` deletes them"


def _build_lock(home: Home) -> str:
    """Whether somebody opens the warehouse now; the file itself stays when its holder was killed, and holds nobody."""
    if not home.warehouse_lock.exists():
        return "nothing was built yet"
    try:
        with locked(home.warehouse_lock, patience=0):
            return "free"
    except Timeout:
        return f"held: a build is under way, by {holder(home.warehouse_lock)}"
    except OSError as error:
        return f"nobody can build here: {error.strerror}"


def _warehouse(home: Home) -> str:
    """Whether the warehouse can be read to its last block."""
    from orchestration.warehouse.duckdb_file import fault_of

    if not home.warehouse.exists():
        return "none yet; the next build makes it"
    if holders(home.warehouse):
        return f"open in {holder(home.warehouse)}"
    if fault := fault_of(home.warehouse):
        raise NotWellError(
            f"{home.warehouse} can't be read ({fault}); no number is lost; "
            "next: yuebao report MONTH, which puts it aside and makes it again"
        )
    return f"whole, {size_of(home.warehouse) / _MIB:.1f} MiB"


def _quarantine(home: Home) -> str:
    return f"{len(Quarantine(home.quarantine).all_open())} open, each can be read"


def _alerts(home: Home) -> str:
    memory = read_memory(home)
    if memory.doubt:
        raise NotWellError(f"{memory.doubt}; next: yuebao alerts --send, which puts it aside and makes it again")
    if doubt := read_snoozes(home).doubt:
        raise NotWellError(doubt)
    return f"what {len(memory.channels)} channels were told can be read"


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
            f"it is {now:%Y-%m-%d %H:%M} UTC here, and something was landed at {newest:%Y-%m-%d %H:%M}; "
            "next: set the clock. Is it right already, a month that holds such a day can be signed after that moment; "
            "all else goes on"
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
        raise NotWellError(f"others may read {key}; next: chmod 600 {key}")
    return f"{key}, for its owner alone"


def _ledger(hall: HallFolder, home: Home) -> str:
    if not home.certificates.exists() and not any(home.published.glob("*/r*")):
        return "nothing is certified yet"
    proof = verify(archive_of(hall, home))
    if not proof.sound:
        raise NotWellError(
            "\n".join(
                [
                    f"{len(proof.problems)} problem{'s' if len(proof.problems) > 1 else ''}; next: yuebao verify",
                    *map(str, proof.problems[:_MOST_NAMED]),
                ]
            )
        )
    return f"{proof.certificates} certificates, {proof.files_hashed} files, sound"
