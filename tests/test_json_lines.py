"""A run's log lines as JSON with its id, through the very dagster.yaml that deployments have."""

from __future__ import annotations

import json

import dagster as dg
import pytest

from orchestration.automation.retention import RETENTION_JOB
from orchestration.definitions import defs
from orchestration.runtime.paths import PROJECT_ROOT, Home

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def test_a_runs_lines_carry_its_id(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    deployed = (PROJECT_ROOT / "orchestration" / "deploy" / "dagster.yaml").read_text(encoding="utf-8")
    home.dagster.mkdir(parents=True)
    logs = deployed[deployed.index("python_logs:") :].split("\n\n")[0]
    (home.dagster / "dagster.yaml").write_text(f"{logs}\ntelemetry: {{enabled: false}}\n", encoding="utf-8")
    # As a service opens it: the lines of a command are its own.
    with dg.DagsterInstance.get() as instance:
        done = defs().resolve_job_def(RETENTION_JOB).execute_in_process(instance=instance, run_config=_QUIET)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert {line["run_id"] for line in lines} == {done.run_id}
    assert {line["logger"] for line in lines} == {"dagster", "yuebao.progress"}
    assert {"timestamp", "level", "event", "job_name", "step_key"} <= lines[0].keys()
