"""Dagster's page, daemon and code location on PostgreSQL, as the deployment's files start them, asked by GraphQL."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from orchestration.runtime.installation import DEMO_HALL
from tests.servers.dagster import DEPLOY, Page, engineers_house, service
from tests.servers.nginx import NAME, PASSWORD, VIEWER, VIEWERS_PASSWORD, nginx
from tests.servers.postgres import postgres

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_SYSTEMS = ("desks", "window")
_MEASURE = {"desks": "onsite_consultations", "window": "documents_issued"}
_LOCATION = {"repositoryLocationName": "yuebao", "repositoryName": "__repository__"}


@dataclass(frozen=True)
class House:
    """Everything running, and the database of the hall's two systems.

    Attributes:
        days: the day of the schedule's tick and the two before, the earliest first.
    """

    page: Page
    systems: Path
    days: tuple[str, ...]

    def answer(self, system: str, *days: str) -> None:
        """Have a system count 5 on days, and close them."""
        with closing(sqlite3.connect(self.systems)) as database, database:
            for day in days:
                database.execute(f"INSERT INTO {system} VALUES (?, 'D01', 5)", [day])
                database.execute(f"INSERT INTO {system}_close VALUES (?, 5)", [day])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    systems = folder / "systems.sqlite"
    with closing(sqlite3.connect(systems)) as database, database:
        for system in _SYSTEMS:
            database.execute(f"CREATE TABLE {system} (stat_date TEXT, department_code TEXT, number INTEGER)")
            database.execute(f"CREATE TABLE {system}_close (stat_date TEXT, total INTEGER)")
    with postgres() as server:
        # A tick that passes before the daemon knows of its schedule never comes: this is 60 to 120 seconds from now.
        tick = dt.datetime.now(_SHANGHAI) + dt.timedelta(seconds=120)
        # Yesterday is due after a minute of the day at the earliest.
        tick += dt.timedelta(minutes=1) if (tick.hour, tick.minute) == (0, 0) else dt.timedelta()
        # Counted from the tick, for midnight may lie before it.
        days = tuple((tick.date() - dt.timedelta(days=back)).isoformat() for back in (2, 1, 0))
        with engineers_house(folder, server, _hall(folder / "hall", systems, tick, days)) as page:
            made = House(page, systems, days)
            made.answer("window", *days)
            made.answer("desks", *days[1:])
            yield made


def _hall(folder: Path, systems: Path, tick: dt.datetime, days: tuple[str, ...]) -> Path:
    """A hall that asks two tables for yesterday at the minute of the tick, and runs nothing else by itself."""
    shutil.copytree(DEMO_HALL / "catalogue", folder / "catalogue")
    shutil.copy(DEMO_HALL / "wording.txt.j2", folder)
    overrides = [f"{day},true,test,tests\n" for day in days]
    (folder / "catalogue" / "calendar_overrides.csv").write_text(
        "".join(["stat_date,is_working_day,reason,reviewed_by\n", *overrides])
    )
    text = (
        f'code = "510000"\nname = "四川省政务服务大厅"\nfirst_day = {days[0]}\nwording = "wording.txt.j2"\n'
        f'[certification]\npolicy = "automatic"\nsigners = "s.toml"\nkey = "k.pem"\npassphrase = "P"\n'
        f'[automation]\npull_at = "{tick:%H:%M}"\nlate_at = "00:01"\n[environments]\nproduction = ["nightly_pull"]\n'
        "[retries]\nattempts = 1\n"
    )
    for system in _SYSTEMS:
        measure = _MEASURE[system]
        (folder / f"{system}.sql").write_text(
            "SELECT stat_date, '510000' AS hall_code, department_code, NULL AS item_code, "
            f"'{measure}' AS measure, number AS count FROM {system} WHERE :hall = '510000' AND stat_date = :day"
        )
        (folder / f"{system}_close.sql").write_text(
            f"SELECT total AS {measure} FROM {system}_close WHERE :hall = '510000' AND stat_date = :day"
        )
        text += (
            f'[systems.{system}]\nkind = "sql"\ntitle = "{system}"\nopens = "every_day"\nmeasures = ["{measure}"]\n'
            f"database = {json.dumps(f'sqlite:///file:{systems}?mode=ro&uri=true')}\n"
            f'counts = "{system}.sql"\nday_close = "{system}_close.sql"\n'
        )
    (folder / "hall.toml").write_text(text, encoding="utf-8")
    return folder


def _until(seconds: int, ask: Callable[[], Any]) -> Any:
    """What is answered at last, when it isn't nothing."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := ask():
            return found
        time.sleep(0.5)
    pytest.fail(f"nothing after {seconds} seconds")


def test_what_runs_by_itself_is_listed_as_the_environment_says(house: House) -> None:
    found = house.page.ask(_INSTIGATORS, repository=_LOCATION)
    schedules = {each["name"]: each["scheduleState"]["status"] for each in found["schedulesOrError"]["results"]}
    sensors = {each["name"]: each["sensorState"]["status"] for each in found["sensorsOrError"]["results"]}
    (nightly,) = (name for name in schedules if name.startswith("nightly_pull_"))
    assert schedules == {**dict.fromkeys(schedules, "STOPPED"), nightly: "RUNNING"}
    assert {"catch_up", "month_end", "retention"} < schedules.keys()
    assert sensors == {
        **dict.fromkeys(("alerts", "signed_months", "desk_of_month"), "STOPPED"),
        "sync_dagster": "RUNNING",
    }


def test_a_schedule_ticks_and_its_run_lands_yesterday_with_every_check(house: House) -> None:
    def ended() -> Any:
        runs = house.page.ask(_RUNS, filter={"pipelineName": "pull"})["runsOrError"]["results"]
        return [run for run in runs if run["status"] in {"SUCCESS", "FAILURE"}]

    (run,) = _until(240, ended)
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    assert run["status"] == "SUCCESS"
    assert tags["dagster/schedule_name"].startswith("nightly_pull_")
    assert tags["dagster/asset_partition_range_end"] == house.days[1]
    for system in _SYSTEMS:
        checks = _checks(house.page, "landing", system)
        assert {(check["runId"], check["status"]) for check in checks.values()} == {(run["runId"], "SUCCEEDED")}
        assert _metadata(checks["no_personal_patterns"]) >= {"days judged now": 1, "failing values": 0}.items()
        assert _metadata(checks["volume_is_near_usual"]) >= {"days with nothing to compare": 1}.items()
    pending = _checks(house.page, "certified_numbers")["no_revision_is_pending"]
    assert (pending["runId"], pending["status"]) == (run["runId"], "SUCCEEDED")
    assert _metadata(pending) >= {"certified months": 0}.items()


def test_a_failed_run_is_re_executed_from_failure(house: House) -> None:
    failed = _launch(house.page, _LAUNCH, executionParams=_pull(house.days[0]))
    assert _outcome(house.page, failed) == ("FAILURE", {"desks": "FAILURE", "window": "SUCCESS"})
    house.answer("desks", house.days[0])
    again = _launch(house.page, _RE_EXECUTE, reexecutionParams={"parentRunId": failed, "strategy": "FROM_FAILURE"})
    assert _outcome(house.page, again) == ("SUCCESS", {"desks": "SUCCESS"})


def test_the_runs_lines_are_json_with_their_run(house: House) -> None:
    home = Path(house.page.environment["YUEBAO_HOME"])
    (run,) = house.page.ask(_RUNS, filter={"pipelineName": "pull", "statuses": ["FAILURE"]})["runsOrError"]["results"]
    logs = [home / "yuebao-code-location.log", *(home / "dagster" / "storage").rglob("*.err")]
    lines = [line for log in logs for line in log.read_text().splitlines() if line.startswith("{")]
    assert run["runId"] in {json.loads(line).get("run_id") for line in lines}


def test_doctor_finds_the_history_and_the_daemon(house: House) -> None:
    done = _yuebao(house, "doctor")
    assert "ok   run history: whole, 3 runs" in done.stdout
    assert "ok   daemon: last heard of at" in done.stdout


def test_a_command_submits_its_run_and_prints_its_own_lines_only(house: House) -> None:
    done = _yuebao(house, "pull", house.days[1], "--system", "window")
    assert (done.returncode, done.stdout) == (0, "1 day of window are in.\n"), done.stderr
    begun, asked, submitted, *followed = done.stderr.splitlines()
    assert begun.startswith("hall ")
    assert asked == "asking 1 systems for 1 days"
    run_id = submitted.split()[1]
    assert followed == ["landing__window"]
    (run,) = (each for each in _pulls(house) if each["runId"] == run_id)
    assert "yuebao/runs_in" not in {tag["key"] for tag in run["tags"]}
    pending = _checks(house.page, "certified_numbers")["no_revision_is_pending"]
    assert (pending["runId"], pending["status"]) == (run_id, "SUCCEEDED")


def test_a_command_beside_no_queue_runs_here_and_the_page_re_executes_its_run(house: House, tmp_path: Path) -> None:
    settings = (DEPLOY / "dagster.yaml").read_text()
    settings += "run_coordinator: {module: dagster.core.run_coordinator, class: DefaultRunCoordinator}\n"
    (tmp_path / "dagster.yaml").write_text(settings)
    done = _yuebao(house, "pull", house.days[1], "--system", "window", DAGSTER_HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "1 day of window are in.\n"), done.stderr
    assert len(done.stderr.splitlines()) == 2, done.stderr
    newest, *_ = _pulls(house)
    assert {"key": "yuebao/runs_in", "value": "command"} in newest["tags"]
    parameters = {"parentRunId": newest["runId"], "strategy": "ALL_STEPS"}
    again = _launch(house.page, _RE_EXECUTE, reexecutionParams=parameters)
    assert _outcome(house.page, again) == ("SUCCESS", {"window": "SUCCESS"})


def test_a_days_materialization_from_the_page_tells_whether_a_revision_is_pending(house: House) -> None:
    parameters = _pull(house.days[1])
    parameters["selector"] |= {"jobName": "__ASSET_JOB", "assetSelection": [{"path": ["landing", "desks"]}]}
    run_id = _launch(house.page, _LAUNCH, executionParams=parameters)
    assert _outcome(house.page, run_id) == ("SUCCESS", {"desks": "SUCCESS"})
    assert _checks(house.page, "certified_numbers")["no_revision_is_pending"]["runId"] == run_id
    assert _checks(house.page, "landing", "desks")["newest_day_is_in"]["runId"] == run_id


@pytest.mark.proof  # in `make test` a command follows its own run alone, above
def test_on_a_busy_deployment_commands_print_their_own_lines_only(house: House) -> None:
    """Beside runs from the page, readers of it, and each other."""
    launched = [_launch(house.page, _LAUNCH, executionParams=_pull(house.days[1])) for _ in range(2)]
    words = ("pull", house.days[1], "--system")
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(_read_the_page_often, house.page) for _ in range(2)]
        for system, done in zip(_SYSTEMS, pool.map(lambda name: _yuebao(house, *words, name), _SYSTEMS), strict=True):
            begun, asked, submitted, *followed = done.stderr.splitlines()
            assert (done.returncode, done.stdout) == (0, f"1 day of {system} are in.\n"), done.stderr
            assert begun.startswith("hall ")
            assert (asked, followed) == ("asking 1 systems for 1 days", [f"landing__{system}"])
            assert submitted.endswith(" is submitted to Dagster's queue")
        assert all(reader.result() for reader in readers)
    assert {_outcome(house.page, run_id)[0] for run_id in launched} == {"SUCCESS"}


def _read_the_page_often(page: Page) -> int:
    """How often the page answered who its runs are."""
    return sum("runsOrError" in page.ask(_RUNS, filter={}) for _ in range(20))


@pytest.mark.proof  # its smaller version: tests/test_command_runs.py, where the queue falls silent
def test_a_daemon_that_is_killed_in_a_run_harms_none_and_goes_on_when_it_is_started_again(house: House) -> None:
    command = [str(Path(sys.executable).with_name("yuebao")), "pull", house.days[1], "--system", "window"]
    following = subprocess.Popen(command, env=house.page.environment, stderr=subprocess.PIPE, text=True)
    assert following.stderr
    assert house.page.daemon
    while not following.stderr.readline().startswith("landing__"):
        assert following.poll() is None, "it ended before its run began"
    house.page.daemon.kill()
    assert (following.wait(timeout=120), following.stderr.read()) == (0, "")
    with service("yuebao-daemon", house.page.environment):
        done = _yuebao(house, "pull", house.days[1], "--system", "window")
        assert (done.returncode, done.stdout) == (0, "1 day of window are in.\n"), done.stderr
        assert "is submitted to Dagster's queue" in done.stderr
        assert "Dagster's daemon is gone" not in done.stderr
        assert "ok   daemon: last heard of at" in _yuebao(house, "doctor").stdout


def _pulls(house: House) -> list[dict[str, Any]]:
    """The runs that pull, the newest first."""
    found: list[dict[str, Any]] = house.page.ask(_RUNS, filter={"pipelineName": "pull"})["runsOrError"]["results"]
    return found


def _yuebao(house: House, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [Path(sys.executable).with_name("yuebao"), *arguments]
    environment = {**house.page.environment, **more}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


# --- behind the proxy ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def proxy(house: House) -> Iterator[str]:
    view = f"127.0.0.1:{house.page.environment['YUEBAO_VIEW_PORT']}"
    with nginx(house.page.url.removeprefix("http://"), view) as address:
        yield address


@pytest.mark.parametrize("path", ["/", "/graphql", "/server_info"])
@pytest.mark.parametrize(
    ("credentials", "status"),
    [(None, 401), ((NAME, "wrong"), 401), (("nobody", PASSWORD), 401), ((NAME, PASSWORD), 200)],
)
def test_only_who_has_a_password_sees_the_page(
    path: str, credentials: tuple[str, str] | None, status: int, proxy: str
) -> None:
    asked = requests.get(f"http://{proxy}{path}", params={"query": "{ version }"}, auth=credentials, timeout=30)
    assert asked.status_code == status


def test_a_viewer_sees_everything_and_starts_nothing(proxy: str) -> None:
    start = "mutation ($of: ScheduleSelector!) { startSchedule(scheduleSelector: $of) { __typename } }"
    body = {"query": start, "variables": {"of": {**_LOCATION, "scheduleName": "retention"}}}
    viewer = (VIEWER, VIEWERS_PASSWORD)
    for path in ("/", "/graphql"):
        assert requests.get(f"http://{proxy}{path}", auth=viewer, timeout=30).status_code == 401
    assert requests.get(f"http://{proxy}/view/server_info", auth=(NAME, PASSWORD), timeout=30).status_code == 401
    assert requests.get(f"http://{proxy}/view/server_info", auth=viewer, timeout=30).ok
    answer = requests.post(f"http://{proxy}/view/graphql", json=body, auth=viewer, timeout=60).json()
    assert answer["data"]["startSchedule"]["__typename"] == "UnauthorizedError"


def test_events_reach_the_page_through_the_proxy(proxy: str) -> None:
    with _subscribed(proxy) as socket:
        socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(socket.recv(timeout=30))["type"] == "connection_ack"


def test_another_sites_page_gets_nothing_with_the_readers_password(proxy: str) -> None:
    for origin, status in ((f"http://{proxy}", 200), ("http://evil.example", 403), ("null", 403)):
        asked = requests.get(
            f"http://{proxy}/server_info", auth=(NAME, PASSWORD), headers={"Origin": origin}, timeout=30
        )
        assert (origin, asked.status_code) == (origin, status)
    with pytest.raises(InvalidStatus, match="403"), _subscribed(proxy, origin="http://evil.example"):
        pass


def _subscribed(proxy: str, origin: str | None = None) -> ClientConnection:
    address = f"ws://{NAME}:{PASSWORD}@{proxy}/graphql"
    return connect(address, subprotocols=[Subprotocol("graphql-ws")], origin=Origin(origin) if origin else None)


# --- GraphQL -------------------------------------------------------------------------------------------------------


def _checks(page: Page, *asset: str) -> dict[str, Any]:
    """The latest execution of every check of an asset, by name."""
    found = page.ask(_CHECKS, key={"path": asset})
    return {
        check["name"]: check["executionForLatestMaterialization"]
        for check in found["assetNodeOrError"]["assetChecksOrError"]["checks"]
    }


def _metadata(check: dict[str, Any]) -> Set[tuple[str, int]]:
    """The whole numbers that a check gives with its outcome, by label."""
    return {
        entry["label"]: entry["intValue"] for entry in check["evaluation"]["metadataEntries"] if "intValue" in entry
    }.items()


def _pull(day: str) -> dict[str, Any]:
    tags = {"dagster/asset_partition_range_start": day, "dagster/asset_partition_range_end": day}
    return {
        "selector": {**_LOCATION, "jobName": "pull"},
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
    }


def _launch(page: Page, mutation: str, **variables: Any) -> str:
    (answer,) = page.ask(mutation, **variables).values()
    assert answer["__typename"] == "LaunchRunSuccess", answer
    run_id: str = answer["run"]["runId"]
    return run_id


def _outcome(page: Page, run_id: str) -> tuple[str, dict[str, str]]:
    """How a run ended, and each step that pulls a system."""

    def ended() -> Any:
        run = page.ask(_STEPS, id=run_id)["runOrError"]
        return run if run["status"] in {"SUCCESS", "FAILURE"} else None

    run = _until(60, ended)
    steps = {step["stepKey"].removeprefix("landing__"): step["status"] for step in run["stepStats"]}
    return run["status"], {name: status for name, status in steps.items() if name in _SYSTEMS}


_INSTIGATORS = """query ($repository: RepositorySelector!) {
  schedulesOrError(repositorySelector: $repository) { ... on Schedules { results { name scheduleState { status } } } }
  sensorsOrError(repositorySelector: $repository) { ... on Sensors { results { name sensorState { status } } } }
}"""
_RUNS = """query ($filter: RunsFilter) {
  runsOrError(filter: $filter) { ... on Runs { results { runId status tags { key value } } } }
}"""
_STEPS = """query ($id: ID!) { runOrError(runId: $id) { ... on Run { status stepStats { stepKey status } } } }"""
_CHECKS = """query ($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) { ... on AssetNode { assetChecksOrError { ... on AssetChecks { checks {
    name executionForLatestMaterialization {
      runId status evaluation { metadataEntries { label ... on IntMetadataEntry { intValue } } }
    }
  } } } } }
}"""
_LAUNCH = """mutation ($executionParams: ExecutionParams!) { launchRun(executionParams: $executionParams) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
} }"""
_RE_EXECUTE = """mutation ($reexecutionParams: ReexecutionParams!) {
  launchRunReexecution(reexecutionParams: $reexecutionParams) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}"""
