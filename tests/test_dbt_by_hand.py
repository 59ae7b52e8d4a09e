"""dbt by hand, as a dbt user runs it in the project's folder: it works with a month's inputs, and says so without."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.runtime.paths import PROJECT_ROOT
from reports import files
from tests.halls import Hall

DBT = Path(sys.executable).with_name("dbt")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "dbt_project"
    return shutil.copytree(PROJECT_ROOT / "dbt_project", folder, ignore=shutil.ignore_patterns("target", "logs"))


def _dbt(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "YUEBAO_"))}
    done = subprocess.run([DBT, *words], cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_without_a_month_a_build_says_which_command_gives_one(project: Path) -> None:
    done = _dbt(project, "build")
    assert done.returncode != 0
    assert "`yuebao dbt-inputs YYYY-MM` writes the inputs" in done.stdout
    assert _dbt(project, "ls").returncode == 0


def test_with_a_months_inputs_everything_works_beside_the_pipelines_warehouse(project: Path, built_hall: Hall) -> None:
    warehouse = built_hall.home / "warehouse.duckdb"
    before, published = warehouse.read_bytes(), files.digests(built_hall.home / "published")
    told = built_hall.run("dbt-inputs", "2025-03")
    assert told.exit_code == 0, told.output
    option = shlex.split(told.stdout.splitlines()[-1])
    for words in (
        ("build", "--exclude-resource-type", "unit_test"),
        ("show", "--select", "fct_monthly_metrics"),
        ("docs", "generate"),
    ):
        done = _dbt(project, *words, *option)
        assert done.returncode == 0, done.stdout
    assert (warehouse.read_bytes(), files.digests(built_hall.home / "published")) == (before, published)
