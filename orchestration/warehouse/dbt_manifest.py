"""dbt's manifest: parsed once at set-up and again when the project changed; definitions only read it.

`python -m orchestration.warehouse.dbt_manifest` is the set-up's last step.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast

from orchestration.runtime.errors import UserError
from orchestration.runtime.guard import locked
from orchestration.runtime.paths import PROJECT_ROOT, current_home, prepare_environment
from orchestration.runtime.program import warehouse_version
from orchestration.warehouse.kept import kept

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
MANIFEST = DBT_PROJECT / "target" / "manifest.json"
# The target of profiles.yml that the project is parsed under for one that builds, and where that is kept.
BuildTarget = Literal["warehouse", "spark"]
_PARSED = {
    "warehouse": ("parsing", MANIFEST.with_name("parsed_project.pickle")),
    "spark": ("spark", MANIFEST.with_name("parsed_for_spark.pickle")),
}
_PROFILES = DBT_PROJECT / "profiles.yml"
DOCS = MANIFEST.with_name("static_index.html")


class DbtError(UserError):
    """dbt couldn't parse or run; the message is dbt's own, without a traceback."""


def dbt_arguments(target: str = "parsing") -> list[str]:
    """What every invocation is told: its target of profiles.yml, and where the project lies and its files go.

    The shell's DBT_* say nothing. What dbt remembers of the project as Spark reads it lies apart.
    """
    places = {
        "--target": target,
        "--project-dir": DBT_PROJECT,
        "--profiles-dir": DBT_PROJECT,
        "--target-path": MANIFEST.parent / "spark" if target == "spark" else MANIFEST.parent,
        "--log-path": current_home().root / "dbt_logs",
    }
    return [str(word) for option in places.items() for word in option]


def parse(*, write: bool = True, target: str = "parsing") -> Manifest:
    """Parse the project, quick if nothing changed, and write `target/manifest.json` unless told not to. Or DbtError."""
    from dbt.cli.main import dbtRunner

    prepare_environment(current_home())
    MANIFEST.parent.mkdir(parents=True, exist_ok=True)
    with locked(MANIFEST.parent / ".parsing.lock"):
        outcome = dbtRunner().invoke([*dbt_flags(write=write), "parse", *dbt_arguments(target)])
    if not outcome.success:
        raise DbtError(f"dbt can't parse {DBT_PROJECT}: {outcome.exception}")
    return cast("Manifest", outcome.result)


def parsed_project(target: BuildTarget) -> Manifest:
    """The project as dbt has parsed it, for one invocation, which changes it; DbtError if it can't be parsed."""
    from dbt.version import installed

    version = f"{warehouse_version()} {_PROFILES.read_text(encoding='utf-8')} {installed}"
    parsed_under, path = _PARSED[target]
    return kept(path, version, lambda: _copied(parse(write=False, target=parsed_under)))


def _copied(manifest: Manifest) -> Manifest:
    """A copy, which has no look-ups yet: with them, what dbt has pickle keep isn't what it takes back."""
    return cast("Manifest", manifest.deepcopy())  # type: ignore[no-untyped-call]


def dbt_flags(*, write: bool) -> list[str]:
    """How every invocation behaves: silent, for results say all and log lines cost time; no JSON without need."""
    silent = ["--quiet", "--no-use-colors", "--log-level", "none", "--log-level-file", "none"]
    return silent if write else [*silent, "--no-write-json"]


@cache
def manifest_document() -> dict[str, Any]:
    """The manifest as Dagster's definitions read it; DbtError if it was never parsed."""
    try:
        document: dict[str, Any] = json.loads(MANIFEST.read_bytes())
    except FileNotFoundError as error:
        raise DbtError(f"{MANIFEST} isn't there; run `python -m orchestration.warehouse.dbt_manifest` once") from error
    return document


def ensure_manifest() -> None:
    """Parse when the manifest is absent or older than a source of the warehouse."""
    made = {"target", "logs"}
    sources = (path for path in DBT_PROJECT.rglob("*") if path.is_file() and not made & set(path.parts))
    if not MANIFEST.exists() or MANIFEST.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        prepare()


def prepare() -> None:
    """Parse the project and write dbt's documentation: one page without a catalog, which would ask for a warehouse."""
    from dbt.cli.main import dbtRunner

    manifest = parse()
    command = [
        "docs",
        "generate",
        "--static",
        "--empty-catalog",
        "--no-compile",
        *dbt_arguments(),
    ]
    outcome = dbtRunner(manifest=manifest).invoke([*dbt_flags(write=True), *command])
    if not outcome.success:
        raise DbtError(f"dbt can't write its documentation: {outcome.exception}")
    parsed_project("warehouse")
    _keep_specs()


def _keep_specs() -> None:
    """Have what Dagster shows of the project kept, for every process that loads the definitions afterwards."""
    from orchestration.warehouse.dagster_specs import warehouse_specs

    manifest_document.cache_clear()
    warehouse_specs.cache_clear()
    warehouse_specs()


def mart_grains() -> dict[str, list[str]]:
    """By mart, the columns that its rows are told apart and ordered by."""
    nodes = manifest_document()["nodes"].values()
    return {
        node["name"]: node["config"]["meta"]["grain"]
        for node in nodes
        if node["resource_type"] == "model" and "marts" in node["fqn"]
    }


def build_checks() -> frozenset[str]:
    """The names of all data tests that a build has to run."""
    return frozenset(data_test_owners())


def data_test_owners() -> dict[str, str]:
    """Whose each data test is, by its name, as the project's `meta` has it."""
    nodes = manifest_document()["nodes"].values()
    return {node["name"]: node["config"]["meta"]["owner"] for node in nodes if node["resource_type"] == "test"}


if __name__ == "__main__":
    prepare()
