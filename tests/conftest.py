"""What tests of more than one file share: a state folder of their own, and the demo hall, opened once."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

import reports
from orchestration import certification, cli, connecting, health, sources
from orchestration.demo import DemoHall, demo_hall
from orchestration.runtime import secrets
from orchestration.runtime.paths import SILENCE, Home, prepare_environment
from tests.halls import MONTHS, Hall, Printed

if TYPE_CHECKING:
    from tests.servers.s3 import S3Server
    from tests.servers.sftp import SftpServer


# Dagster's history commits at every event: a test of 437 days took 204 s on disk and 59 s in memory.
_MEMORY = Path("/dev/shm")
_ROOM = 4 * 2**30


# A busy machine is no fault of what is tested: no time is asserted, neither of an example nor of making one.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pytest_configure() -> None:
    """Name the demo hall, and keep temporary folders in memory where it has room and `TMPDIR` names no other place."""
    settings.load_profile("untimed")
    gc.set_threshold(200_000, 20, 20)  # as the program does (orchestration/cli/main.py)
    # What authors take is written where a test is about that, and else costs each report its seconds.
    os.environ |= {"YUEBAO_INSTALLATION": os.devnull, "YUEBAO_HALL": "demo", "YUEBAO_DESK": "off"}
    # A worker of xdist has no file of its own. To pyspark, which Great Expectations imports where it is installed, that
    # is a doctest that lacks something: it ends the process.
    main = sys.modules["__main__"]
    if not hasattr(main, "__file__"):
        main.__spec__ = ModuleSpec("__main__", None)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as in the Makefile: what each process imports is compiled once
    if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


# Files of minutes begin, so that no worker is left alone with one at the end.
_LONG = (
    *(
        "test_spark_marts",
        "test_spark",
        "test_warehouse",
        "test_report",
        "test_daemon",
        "test_simulation",
        "test_derived_metrics",
        "test_boundary",
    ),
    *("test_day_validation", "test_sql_corpus", "test_bad_input", "test_canary", "test_edition", "test_golden"),
    *("test_semantic_models", "test_command_runs", "test_dagster_page", "test_derived_wording", "test_certified_line"),
    *("test_gate", "test_health", "test_golden_form_2", "test_growth", "test_flips", "test_expectations", "test_bench"),
    *("test_measures", "test_drop_corpus", "test_derived_files", "test_derived_recount", "test_backfill"),
    *("test_backfill_certified", "test_read_only", "test_certificate_ledger", "test_alerts", "test_http_corpus"),
)

_FOLLOWED_ELSEWHERE = frozenset(
    (
        *("test_simulation", "test_daemon", "test_bad_input", "test_warehouse", "test_sql_corpus", "test_http_corpus"),
        *("test_drop_corpus", "test_certified_line", "test_backfill", "test_flips", "test_locks", "test_gate"),
        *("test_drop_properties", "test_http_properties", "test_proofreading_properties", "test_semantic_models"),
        *("test_health", "test_second_hall", "test_golden", "test_certificate_ledger", "test_certificate_forgeries"),
        *("test_canary", "test_judgement", "test_boundary", "test_bench", "test_representatives", "test_month_totals"),
        *("test_numbers_command", "test_expectations", "test_day_validation", "test_derived_recount"),
    )
)


# Their modules, but for those that import Great Expectations or dbt; a test would see that.
_PACKAGES = (reports, certification, cli, connecting, health, sources)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files first, else in their order; what a test imports whose lines aren't followed would count as unused."""
    if config.pluginmanager.getplugin("_cov"):
        for package in _PACKAGES:
            for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                importlib.import_module(module.name)
    items.sort(key=lambda item: _LONG.index(item.path.stem) if item.path.stem in _LONG else len(_LONG))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Follow no lines in the files that come by what others come by, only oftener: that doubles their time."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    coverage = getattr(plugin, "cov_controller", None) if item.path.stem in _FOLLOWED_ELSEWHERE else None
    if not coverage:
        return (yield)
    coverage.pause()
    try:
        return (yield)
    finally:
        coverage.resume()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The corpus of bad answers as a table: kind, case, message, exit code."""
    reports = [
        report for each in terminalreporter.stats.values() for report in each if hasattr(report, "user_properties")
    ]
    rows = sorted({tuple(value) for report in reports for name, value in report.user_properties if name == "corpus"})
    if rows:
        terminalreporter.section(f"corpus of bad answers: {len(rows)} cases")
        for kind, case, message, code in rows:
            terminalreporter.line(f"{kind} | {case} | {code} | {message or 'good in spite of its look'}")


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    """An SFTP server of the tests of one file."""
    from tests.servers.sftp import sftp_server

    with sftp_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(scope="module")
def storage() -> Iterator[S3Server]:
    """An S3-compatible server of the tests of one file."""
    from tests.servers.s3 import s3_server

    with s3_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _forgets_secrets() -> Iterator[None]:
    """What a test gives a hall as a secret is taken out of no later test's messages."""
    before = set(secrets._secrets)
    yield
    secrets._secrets.intersection_update(before)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A fresh state folder, named by the environment until the test ends."""
    made = Home(tmp_path / "home")
    for name in SILENCE:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("YUEBAO_HOME", str(made.root))
    monkeypatch.setenv("DAGSTER_HOME", str(made.dagster))
    prepare_environment(made)
    return made


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHall]:
    """The demo hall with its files of March and April 2025; who spoils files works on a copy."""
    with demo_hall(tmp_path_factory.mktemp("demo"), ["2025-03", "2025-04"]) as hall:
        yield hall


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A hall for the tests of one file; who changes more than it adds works on a copy."""
    folder = tmp_path_factory.mktemp("hall")
    with demo_hall(folder / "demo", MONTHS) as demo:
        yield Hall(folder, demo.variables())


def _made_once(factory: pytest.TempPathFactory, name: str, begun: Printed | None, *command: str) -> Printed:
    """What a command made of a demo hall's state folder, once for all workers; who asks for it begins with a copy."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    printed = folder / "printed.txt"
    with FileLock(f"{folder}.lock"):
        if not printed.exists():
            shutil.rmtree(folder, ignore_errors=True)
            with demo_hall(folder / "demo", ["2025-03", "2025-04"]) as demo:
                hall = Hall(folder, demo.variables())
                result = (hall.begin_with(begun) if begun else hall).run(*command)
            assert result.exit_code == 0, result.output
            printed.write_text(result.stdout, encoding="utf-8")
    keys = (folder / "demo" / "signers.toml", folder / "demo" / "service.pem")
    return Printed(folder / "var", keys, printed.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def march_printed(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """A demo hall whose March is printed. tests/test_report.py holds the command against what it has to print."""
    return _made_once(tmp_path_factory, "march_printed", None, "report", "2025-03")


@pytest.fixture(scope="session")
def april_printed(tmp_path_factory: pytest.TempPathFactory, march_printed: Printed) -> Printed:
    """The same hall a month later."""
    return _made_once(tmp_path_factory, "april_printed", march_printed, "report", "2025-04")


@pytest.fixture(scope="module")
def printed_hall(hall: Hall, march_printed: Printed) -> Hall:
    """The hall of the tests of one file, whose March is printed."""
    return hall.begin_with(march_printed)


@pytest.fixture(scope="module")
def built_hall(hall: Hall, march_printed: Printed) -> Hall:
    """The hall of the tests of one file, whose March is built, and that nobody has certified."""
    return hall.begin_uncertified(march_printed)
