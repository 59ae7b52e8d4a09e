"""What Dagster loads: graph, checks, jobs and schedules; by Dagster's own tools."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster_dbt import dbt_assets

from expectations.rules import RULES
from orchestration.config.hall import load_hall
from orchestration.definitions import defs
from orchestration.warehouse import dagster_specs, dbt_manifest, dbt_translation
from orchestration.warehouse.dbt_manifest import build_checks, manifest_document

ROOT = Path(__file__).resolve().parents[1]
SYSTEMS = tuple(load_hall().hall.systems)


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


def _program(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name(name), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_one_asset_per_hall_system_with_a_check_per_rule(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for system in SYSTEMS:
        key = dg.AssetKey(["landing", system])
        node = graph.get(key)
        assert isinstance(node.partitions_def, dg.DailyPartitionsDefinition)
        assert node.partitions_def.timezone == "Asia/Shanghai"
        assert node.backfill_policy == dg.BackfillPolicy.single_run()
        checks = {check.name for check in graph.asset_check_keys if check.asset_key == key}
        assert {rule.name for rule in RULES} <= checks


def test_every_asset_says_what_it_is_and_whose(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        told = [node.description, node.group_name, node.owners, node.kinds, node.tags.get("layer")]
        assert all(told), f"{key.to_user_string()}: {told}"
        assert {owner.partition(":")[0] for owner in node.owners} == {"team"}


def test_every_check_says_what_holds_whose_it_is_and_what_to_do(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert graph.asset_check_keys
    for key in graph.asset_check_keys:
        spec = graph.get_check_spec(key)
        told = [spec.description, spec.metadata.get("owner"), spec.metadata.get("next_step")]
        assert all(isinstance(word, str) and word.strip() for word in told), f"{key.to_user_string()}: {told}"


def test_every_data_test_of_dbt_is_a_check_in_the_graph(definitions: dg.Definitions) -> None:
    names = {check.name for check in definitions.resolve_asset_graph().asset_check_keys}
    assert build_checks() <= names


def test_the_section_is_reached_from_every_hall_system(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    ancestors = graph.get_ancestor_asset_keys(dg.AssetKey("report_statistics_section"))
    assert {dg.AssetKey(["landing", system]) for system in SYSTEMS} <= ancestors


def test_dagsters_tools_accept_the_definitions(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)
    listed = _program("dg", "list", "defs", "--json")
    assert listed.returncode == 0, listed.stderr
    for name in (*(f"landing/{system}" for system in SYSTEMS), "report_statistics_section", "nightly_pull_0230"):
        assert name in listed.stdout


def test_importing_the_definitions_module_opens_nothing() -> None:
    code = (
        "import sys; opened = []; sys.addaudithook(lambda e, a: opened.append(a[0]) if e == 'open' else None); "
        "import orchestration.definitions; "
        "print([p for p in opened if str(p).endswith(('.toml', '.json', '.csv', '.duckdb', '.db', '.yml'))])"
    )
    done = _program(Path(sys.executable).name, "-c", code)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.usefixtures("definitions")  # what dagster-dbt makes of the manifest is kept from then on
def test_loading_the_definitions_brings_nothing_that_only_runs_need() -> None:
    heavy = ("pandas", "pyarrow", "numpy", "great_expectations", "apprise", "altair", "docx", "openpyxl", "dbt")
    code = (
        "import sys; from orchestration.definitions import defs; defs(); "
        f"print(sorted(set({heavy}) & set(sys.modules)))"
    )
    done = _program(Path(sys.executable).name, "-c", code)
    assert (done.stdout.strip(), "BetaWarning" in done.stderr) == ("[]", False), done.stdout + done.stderr


def test_models_are_shown_as_dagster_dbt_shows_them(definitions: dg.Definitions) -> None:
    @dbt_assets(manifest=manifest_document())
    def plain() -> Iterator[dg.MaterializeResult[None]]:
        yield from ()

    graph = definitions.resolve_asset_graph()
    for spec in plain.specs:
        node = graph.get(spec.key)
        models = {dep.asset_key for dep in spec.deps if len(dep.asset_key.path) == 1}
        assert {key for key in node.parent_keys if len(key.path) == 1} == models
        assert (node.description, node.kinds, node.code_version) == (spec.description, spec.kinds, spec.code_version)
        assert node.metadata["dagster/column_schema"] == spec.metadata["dagster/column_schema"]
    for check in plain.check_specs:
        shown = graph.get_check_spec(check.key)
        assert (shown.description, shown.blocking) == (check.description, check.blocking)
        assert {dep.asset_key for dep in shown.additional_deps} == {dep.asset_key for dep in check.additional_deps}


def test_what_dagster_dbt_makes_is_kept_until_the_manifest_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    manifest = tmp_path / "manifest.json"
    shutil.copy(dbt_manifest.MANIFEST, manifest)
    monkeypatch.setattr(dagster_specs, "MANIFEST", manifest)
    monkeypatch.setattr(dagster_specs, "_KEPT", tmp_path / "dagster_specs.pickle")
    made = dagster_specs.warehouse_specs.__wrapped__()
    asked: list[object] = []

    def translated(manifest: object) -> tuple[list[dg.AssetSpec], list[dg.AssetCheckSpec]]:
        asked.append(manifest)
        return [], []

    monkeypatch.setattr(dbt_translation, "translated", translated)
    kept = dagster_specs.warehouse_specs.__wrapped__()
    assert not asked
    assert list(map(_said, kept.assets)) == list(map(_said, made.assets))
    assert kept.checks == made.checks
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    assert dagster_specs.warehouse_specs.__wrapped__() == dagster_specs.WarehouseSpecs([], [])
    assert len(asked) == 1
    whole = dagster_specs._KEPT.read_bytes()
    for spoilt in (b"", whole[:-5], b"no pickle"):
        dagster_specs._KEPT.write_bytes(spoilt)
        assert dagster_specs.warehouse_specs.__wrapped__() == dagster_specs.WarehouseSpecs([], [])
    assert len(asked) == 4


def _said(spec: dg.AssetSpec) -> tuple[object, ...]:
    return spec.key, {dep.asset_key for dep in spec.deps}, spec.description, spec.metadata, spec.tags, spec.code_version
