"""Which installation this is: its hall's folder, state folder, Dagster's home and environment.

Each is named by a variable or by a key of `installation.toml`, which lies beside the source or where
`YUEBAO_INSTALLATION` says. A variable wins. Without a name the state lies in `var/` beside the source, and Dagster's
home in the state folder, and there is no hall: the demo hall is used only where somebody asked for it.
"""

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from orchestration.runtime.errors import UserError

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DEMO_HALL = PROJECT_ROOT / "orchestration" / "demo" / "hall"
DEMO = "demo"
_VARIABLES = {
    "hall": "YUEBAO_HALL",
    "home": "YUEBAO_HOME",
    "dagster_home": "DAGSTER_HOME",
    "environment": "YUEBAO_ENVIRONMENT",
}

_other_hall: ContextVar[Path | None] = ContextVar("other_hall", default=None)


class InstallationError(UserError):
    """No installation is named, or the file that names it can't be used; the message says what to set."""


@dataclass(frozen=True)
class Installation:
    """The four places; `environment` is empty where none is named."""

    hall: Path | None
    home: Path
    dagster_home: Path
    environment: str

    def require_hall(self) -> Path:
        """The hall's folder; raises InstallationError where none is named."""
        if self.hall is None:
            raise InstallationError(
                "no installation is named: set YUEBAO_HALL to the hall's folder and YUEBAO_HOME to its state folder, "
                f"or write them as `hall` and `home` into {installation_file()}. YUEBAO_HALL=demo is the demo hall"
            )
        return self.hall


def current_installation(*, own: bool = False) -> Installation:
    """The installation that variables and file name at this moment.

    Args:
        own: the installation's own hall, whatever `in_hall` says.

    Raises:
        InstallationError: the file can't be read, or has a key or value that isn't allowed.
    """
    variables = {key: os.environ[name] for key, name in _VARIABLES.items() if os.environ.get(name)}
    named = {**_read(installation_file()), **variables}
    home = Path(named.get("home") or PROJECT_ROOT / "var").absolute()
    hall, other = named.get("hall"), None if own else _other_hall.get()
    return Installation(
        hall=other or (Path(DEMO_HALL if hall == DEMO else hall).absolute() if hall else None),
        home=home,
        dagster_home=Path(named.get("dagster_home") or home / "dagster"),
        environment=named.get("environment", ""),
    )


@contextmanager
def in_hall(folder: Path) -> Iterator[None]:
    """Have this thread work with another hall's folder: one that is being made, or a certified month's settings."""
    token = _other_hall.set(folder)
    try:
        yield
    finally:
        _other_hall.reset(token)


@contextmanager
def installed_at(**places: Path) -> Iterator[None]:
    """The installation with another `hall` or `home`, for as long as the block runs."""
    named = {_VARIABLES[key]: str(place.resolve()) for key, place in places.items()}
    before = {name: os.environ[name] for name in named if name in os.environ}
    os.environ.update(named)
    try:
        yield
    finally:
        for name in named:
            del os.environ[name]
        os.environ.update(before)


def installation_file() -> Path:
    """The file that names the installation, whether it is there or not."""
    return Path(os.environ.get("YUEBAO_INSTALLATION") or PROJECT_ROOT / "installation.toml")


def opening_line(hall: Path | None = None) -> str:
    """What a command for people begins with: whose numbers these are, and where they lie.

    Args:
        hall: the folder that the command was given, if not the installation's.

    Raises:
        InstallationError: neither is there.
    """
    installation = current_installation()
    folder = hall or installation.require_hall()
    name = "演示 (the demo hall, made-up numbers)" if folder.resolve() == DEMO_HALL else str(folder)
    return f"hall {name}, state {installation.home}"


def _read(file: Path) -> dict[str, str]:
    """The file's keys; paths are relative to its folder."""
    try:
        status = file.stat()
    except FileNotFoundError:
        if "YUEBAO_INSTALLATION" in os.environ:
            raise InstallationError(f"{file}, which YUEBAO_INSTALLATION names, doesn't exist") from None
        return {}
    return _keys(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _keys(file: Path, _changed: int, _size: int) -> dict[str, str]:
    """As `_read`; a run asks for them hundreds of times."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InstallationError(f"{file} can't be read as TOML in UTF-8: {error}") from error
    for key, value in document.items():
        if key not in _VARIABLES or not isinstance(value, str):
            raise InstallationError(f"{file}: key {key}: allowed are texts for {', '.join(_VARIABLES)}")
    words = {"environment": document.get("environment"), "hall": DEMO if document.get("hall") == DEMO else None}
    return {key: words.get(key) or str(file.parent / value) for key, value in document.items() if value}
