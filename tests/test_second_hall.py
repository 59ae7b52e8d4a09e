"""Another hall, by settings alone, against real servers: from `new-hall` to its own section; what breaks, and mends."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.main import app
from orchestration.landing.manifest import Landing
from orchestration.runtime.paths import SILENCE
from reports.figures.months import days_of
from tests.second_hall_servers import DISTRICT, HALL, MONTH, SECRETS, Binhai, binhai, close_day
from tests.servers.postgres import Postgres

OWN_FILES = Path(__file__).parent / "second_hall"
DAY = days_of(MONTH)[11]
HEADING = "附件 1　2025 年 3 月自助服务简况"
PARAGRAPH = (
    "本月，二十四小时大厅自助办理 12 百件，自助打印 217 份，两项合计 1467 件次；"
    "答复群众来信 66 封，热线通话 12.34 千分钟。"
    "部分数据因四舍五入，分项合计与总计略有差异，未作机械调整。"
)


@dataclass
class Line:
    """The command line on the second hall, with a state folder of its own."""

    folder: Path
    home: Path
    variables: dict[str, str]

    def run(self, *words: str) -> Result:
        environment = {
            **dict.fromkeys(SILENCE, ""),
            **self.variables,
            "YUEBAO_HALL": str(self.folder),
            "YUEBAO_HOME": str(self.home),
            "DAGSTER_HOME": str(self.home / "dagster"),
        }
        return CliRunner().invoke(app, list(words), env=environment)

    @property
    def landing(self) -> Landing:
        return Landing(self.home / "landing")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Binhai]:
    with binhai(tmp_path_factory.mktemp("binhai")) as running:
        yield running


@pytest.fixture(scope="module")
def made(servers: Binhai, tmp_path_factory: pytest.TempPathFactory) -> Line:
    """A hall begun with new-hall, in whose folder files were edited, and nothing anywhere else."""
    place = tmp_path_factory.mktemp("second")
    line = Line(place / "hall", place / "var", dict(servers.variables))
    assert line.run("new-hall", str(line.folder)).exit_code == 0
    shutil.copytree(OWN_FILES, line.folder, dirs_exist_ok=True)
    assert line.run("new-key", str(line.folder), "滨海数据服务").exit_code == 0
    return line


@pytest.fixture(scope="module")
def printed(made: Line) -> Result:
    return made.run("report", MONTH)


@pytest.fixture
def afresh(made: Line, tmp_path: Path) -> Line:
    """The same hall with an empty state folder."""
    return Line(made.folder, tmp_path / "var", dict(made.variables))


def test_it_is_settings_and_nothing_else() -> None:
    kinds = {path.suffix for path in OWN_FILES.rglob("*") if path.is_file()}
    assert kinds == {".toml", ".sql", ".csv", ".j2"}


def test_check_hall_is_green(made: Line) -> None:
    checked = made.run("check-hall", str(made.folder), "--day", str(DAY))
    assert checked.exit_code == 0, checked.output
    assert f"systems.kiosks: {DAY} of 2 halls: 6 rows would land, kiosk_cases 45, kiosk_prints 8" in checked.stdout
    assert f"systems.hotline: {DAY}: 2 rows would land, hotline_minutes 398" in checked.stdout


def test_a_month_is_printed_in_its_own_words_units_and_roundings(printed: Result, made: Line) -> None:
    assert printed.exit_code == 0, printed.output
    assert f"{HEADING}\n\n{PARAGRAPH}\n" in printed.stdout
    numbers = json.loads((made.home / "published" / MONTH / "current" / "numbers.json").read_text())
    assert {each["metric"]: (each["exact"], each["printed"]) for each in numbers["metrics"]} == {
        "services_total": (1467, "1467"),
        "self_service_cases": (1250, "12"),
        "documents_printed": (217, "217"),
        "letters_answered": (66, "66"),
        "hotline_minutes": (12_345, "12.34"),
    }
    assert numbers["hall"] == {"code": HALL, "name": "滨海市二十四小时政务服务大厅"}


def test_it_is_certified_and_traceable_and_reproducible(printed: Result, made: Line) -> None:
    assert printed.exit_code == 0
    assert made.run("verify").exit_code == 0
    traced = made.run("trace", MONTH, "hotline_minutes")
    assert "热线一组" in traced.stdout
    rebuilt = made.run("rebuild", MONTH)
    assert "is reproduced to the byte" in rebuilt.stdout


def test_the_other_hall_of_the_same_system_has_its_own_numbers(printed: Result, made: Line) -> None:
    assert printed.exit_code == 0
    facts = pq.read_table(made.home / "published" / MONTH / "facts" / "fct_monthly_metrics.parquet").to_pylist()
    assert {row["metric"]: row["exact_value"] for row in facts if row["hall_code"] == DISTRICT} == {
        "services_total": 31 * 6,
        "self_service_cases": 31 * 5,
        "documents_printed": 31,
    }


# What breaks, and mends


def test_one_halls_day_that_is_not_closed_holds_no_other(afresh: Line, servers: Binhai) -> None:
    reopened = f"DELETE FROM day_close WHERE hall_code = '{DISTRICT}' AND stat_date = '{DAY}'"
    servers.kiosks.execute(reopened, database="kiosks")

    pulled = afresh.run("pull", str(DAY), "--system", "kiosks")

    assert pulled.exit_code == 1
    assert f"kiosks 自助终端, hall {DISTRICT}, {DAY}: " in pulled.stderr
    assert f"hall {HALL}" not in pulled.stderr
    extract = afresh.landing.current("kiosks", DAY)
    assert extract is not None
    assert list(extract.sites) == [HALL]

    servers.kiosks.execute(close_day(DAY, DISTRICT), database="kiosks")
    assert afresh.run("pull", str(DAY), "--system", "kiosks").exit_code == 0
    extract = afresh.landing.current("kiosks", DAY)
    assert extract is not None
    assert (list(extract.sites), extract.row_count) == ([DISTRICT, HALL], 6)


def test_a_network_cut_between_two_pages_leaves_a_clear_state_and_the_next_run_completes_it(
    afresh: Line, servers: Binhai
) -> None:
    servers.hotline.cut_after = f"{DAY:%Y%m%d}"
    try:
        pulled = afresh.run("pull", f"{DAY}..{days_of(MONTH)[13]}", "--system", "hotline")
    finally:
        servers.hotline.cut_after = ""
        servers.hotline.server.restore()

    assert pulled.exit_code == 1
    assert f"hotline 便民热线, hall {HALL}, {DAY}: page " in pulled.stderr
    assert "Traceback" not in pulled.output
    assert afresh.landing.current("hotline", DAY) is None

    assert afresh.run("pull", f"{DAY}..{days_of(MONTH)[13]}", "--system", "hotline").exit_code == 0
    landed = [afresh.landing.current("hotline", day) for day in days_of(MONTH)[11:14]]
    assert [extract.count_sum if extract else None for extract in landed] == [398, 398, 398]


def test_a_database_restarted_in_the_middle_of_a_query_leaves_a_clear_state_and_the_next_run_completes_it(
    afresh: Line, servers: Binhai
) -> None:
    kiosks = servers.kiosks
    slow = "CREATE VIEW events AS SELECT * FROM counted WHERE pg_sleep(0.02) IS NOT NULL"
    kiosks.execute("ALTER TABLE events RENAME TO counted", slow, "GRANT SELECT ON events TO reader", database="kiosks")
    stopping = threading.Thread(target=_stop_in_the_middle, args=(kiosks,))
    stopping.start()
    try:
        pulled = afresh.run("pull", f"{DAY}..{days_of(MONTH)[13]}", "--system", "kiosks")
    finally:
        stopping.join()
        kiosks.start()
        kiosks.execute("DROP VIEW events", "ALTER TABLE counted RENAME TO events", database="kiosks")

    assert pulled.exit_code == 1
    assert f"kiosks 自助终端, halls {HALL}, {DISTRICT}, {DAY}: " in pulled.stderr
    assert "the database" in pulled.stderr
    assert "Traceback" not in pulled.output
    assert afresh.landing.current("kiosks", DAY) is None
    assert afresh.run("pull", f"{DAY}..{days_of(MONTH)[13]}", "--system", "kiosks").exit_code == 0
    landed = [afresh.landing.current("kiosks", day) for day in days_of(MONTH)[11:14]]
    assert [extract.row_count if extract else None for extract in landed] == [6, 6, 6]


def _stop_in_the_middle(kiosks: Postgres) -> None:
    deadline = time.monotonic() + 60
    counting = "SELECT pid FROM pg_stat_activity WHERE usename = 'reader' AND wait_event = 'PgSleep'"
    while not kiosks.rows(counting) and time.monotonic() < deadline:
        time.sleep(0.01)
    kiosks.stop()


# Secrets


def _holds(path: Path, secret: str) -> bool:
    return secret.encode() in path.read_bytes()


def test_no_secret_is_in_anything_that_is_kept_or_said(
    printed: Result, made: Line, afresh: Line, servers: Binhai
) -> None:
    """Good runs, refused ones, and servers that repeat what they were told."""
    said = [printed.output]
    afresh.variables |= {"BINHAI_HOTLINE_SECRET": "canary-wrong-hotline", "BINHAI_KIOSK_PASSWORD": "canary-wrong-kiosk"}
    afresh.variables |= {"BINHAI_LETTERS_PORT": "1"}
    for words in (("pull", str(DAY)), ("check-hall", str(made.folder)), ("sample-hall", str(made.folder), str(DAY))):
        refused = afresh.run(*words)
        assert refused.exit_code == 1, refused.output
        said.append(refused.output)
    private = servers.letters.key.read_text().splitlines()[2]
    canaries = [*SECRETS.values(), "canary-wrong", private]

    assert [text for text in said for secret in canaries if secret in text] == []
    kept = [path for line in (made, afresh) for path in line.home.rglob("*") if path.is_file()]
    assert len(kept) > 300
    assert [(path, secret) for path in kept for secret in canaries if _holds(path, secret)] == []
