"""The locks hold what pyproject.toml asks for: whoever changes a dependency without `make lock` is told here."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
BENCH = ROOT / "tests" / "bench"
LOCKS = {
    "requirements.lock": [*PROJECT["project"]["dependencies"], *GROUPS["build"]],
    "requirements-spark.lock": [*PROJECT["project"]["dependencies"], *EXTRAS["spark"], *GROUPS["build"]],
    "requirements-dev.lock": [*PROJECT["project"]["dependencies"], *GROUPS["build"], *GROUPS["dev"]],
    "requirements-set-up.lock": GROUPS["set-up"],
    **{
        str(asked.with_suffix(".lock").relative_to(ROOT)): [
            line for line in asked.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
        ]
        for asked in sorted(BENCH.glob("requirements-*.in"))
    },
}


def pins(lock: str) -> dict[str, set[str]]:
    """The locked versions by package; several where they depend on the platform."""
    versions: dict[str, set[str]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"([A-Za-z0-9._-]+)(?:\[.*?\])?==([^\s;]+)", line):
            versions.setdefault(pin[1], set()).add(pin[2])
    return versions


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_the_project(lock: str) -> None:
    versions = pins(lock)
    for requirement in map(Requirement, LOCKS[lock]):
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert name in versions, f"{lock} lacks {requirement}; run make lock"
        assert all(requirement.specifier.contains(version, prereleases=True) for version in versions[name]), requirement


def test_the_test_tools_come_beside_the_same_versions() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")
