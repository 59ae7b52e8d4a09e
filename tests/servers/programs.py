"""Programs that test servers are made of: found, or installed from Debian where tests may do so."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock

_LOCK = Path(tempfile.gettempdir()) / "yuebao-tests-apt.lock"


def program(name: str, package: str, part: str = "") -> str:
    """The path of a program, installed with its Debian package if need be.

    A program of several packages, such as LibreOffice, counts as there only when `part`, a file of the package, is.
    Without it tests are skipped with the reason on a developer's machine, and fail in CI.
    """
    with FileLock(_LOCK):
        if found := _found(name, part):
            return found
        if os.geteuid() == 0 and shutil.which("apt-get"):
            _install(package)
    if found := _found(name, part):
        return found
    return without(f"{name} isn't installed; on Debian: apt-get install {package}")


def without(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


CHINESE_FONT = "AR PL UMing CN"


def chinese_font() -> None:
    """Have a font with Chinese glyphs, installed from Debian if need be; without it, as without a program."""
    family, package = CHINESE_FONT, "fonts-arphic-uming"
    listing = program("fc-list", "fontconfig")

    def known() -> bool:
        return bool(subprocess.run([listing, f":family={family}"], check=True, capture_output=True).stdout)

    with FileLock(_LOCK):
        if not known() and os.geteuid() == 0 and shutil.which("apt-get"):
            _install(package)
        if known():
            return
    without(f"the font {family} isn't installed; on Debian: apt-get install {package}")


def _found(name: str, part: str) -> str | None:
    if part and not Path(part).exists():
        return None
    # Debian keeps servers off a user's path, and PostgreSQL's in a folder for each version.
    versions = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    places = [os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", "/usr/local/sbin", *versions]
    return shutil.which(name, path=os.pathsep.join(places))


def _install(package: str) -> None:
    install = ["apt-get", "install", "-y", "--no-install-recommends", package]
    if _quietly(*install):
        _quietly("apt-get", "update")
        _quietly(*install)


def _quietly(*command: str) -> int:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, check=False, capture_output=True).returncode
