"""Which installation a command is about: named by a variable or a file, said in its first line, and never guessed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.main import app
from orchestration.runtime import installation
from orchestration.runtime.installation import DEMO_HALL, InstallationError, current_installation
from orchestration.runtime.paths import PROJECT_ROOT, current_home, dagster_instance

NEW_HALL = PROJECT_ROOT / "orchestration" / "new_hall"


def _run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, and a shell in which nothing is named."""
    for name in ("YUEBAO_HALL", "YUEBAO_HOME", "DAGSTER_HOME", "YUEBAO_ENVIRONMENT", "YUEBAO_INSTALLATION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(installation, "PROJECT_ROOT", tmp_path)
    return tmp_path


def _write(checkout: Path, text: str) -> None:
    (checkout / "installation.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        ("doctor",),
        ("questions",),
        ("health",),
        ("status", "2025-03"),
        ("verify",),
        ("dev",),
    ],
    ids=" ".join,
)
def test_a_bare_shell_is_told_what_to_set(checkout: Path, words: tuple[str, ...]) -> None:
    refused = _run(*words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("yuebao: no installation is named: set YUEBAO_HALL to the hall's folder")
    assert str(checkout / "installation.toml") in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert list(checkout.iterdir()) == []


def test_a_bare_shell_tells_an_author_in_chinese(checkout: Path) -> None:
    refused = _run("numbers", "--format", "json")
    told = f"或者写进 {checkout / 'installation.toml'}\n"
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == f"yuebao: 不知道是哪个大厅：请数据人员设好 YUEBAO_HALL 和 YUEBAO_HOME，{told}"


def test_what_needs_no_installation_runs_without_one(checkout: Path) -> None:
    assert _run("report", "--help").exit_code == 0
    assert _run("new-hall", checkout / "hall").exit_code == 0
    assert _run("check-hall", checkout / "hall").stderr.startswith(f"hall {checkout / 'hall'}, state ")
    signers = checkout / "signers.toml"
    shutil.copy(NEW_HALL / "signers.toml", signers)
    stick = checkout / "stick"
    stick.mkdir()
    verified = _run("verify", stick, "--signers", signers)
    assert (verified.exit_code, "no installation is named" in verified.output) == (1, False)
    assert not (checkout / "var").exists()


def test_the_demo_hall_is_named_by_variable(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUEBAO_HALL", "demo")
    listed = _run("questions")
    assert (listed.exit_code, listed.stdout) == (0, "")
    assert listed.stderr == f"hall 演示 (the demo hall, made-up numbers), state {checkout / 'var'}\n"
    assert current_installation().hall == DEMO_HALL


def test_a_checkout_goes_on_with_what_it_was_asked_for(checkout: Path) -> None:
    _write(checkout, 'hall = "demo"\n')
    assert "演示" in _run("questions").stderr


def test_a_servers_file_names_all_four(checkout: Path) -> None:
    shutil.copytree(NEW_HALL, checkout / "hall")
    _write(checkout, 'hall = "hall"\nhome = "state"\ndagster_home = "/history"\nenvironment = "production"\n')
    assert _run("questions").stderr == f"hall {checkout / 'hall'}, state {checkout / 'state'}\n"
    named = current_installation()
    assert (named.dagster_home, named.environment) == (Path("/history"), "production")
    assert current_home().root == checkout / "state"


def test_a_variable_wins_over_the_file(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(checkout, 'hall = "demo"\nhome = "state"\nenvironment = "production"\n')
    monkeypatch.setenv("YUEBAO_HALL", str(checkout / "other"))
    monkeypatch.setenv("YUEBAO_HOME", str(checkout / "elsewhere"))
    monkeypatch.setenv("YUEBAO_ENVIRONMENT", "staging")
    named = current_installation()
    assert (named.hall, named.home) == (checkout / "other", checkout / "elsewhere")
    assert (named.dagster_home, named.environment) == (checkout / "elsewhere" / "dagster", "staging")


def test_another_file_is_named_by_variable(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = checkout / "elsewhere" / "installation.toml"
    monkeypatch.setenv("YUEBAO_INSTALLATION", str(other))
    with pytest.raises(InstallationError, match="which YUEBAO_INSTALLATION names, doesn't exist"):
        current_installation()
    other.parent.mkdir()
    other.write_text('hall = "hall"\n', encoding="utf-8")
    assert current_installation().hall == other.parent / "hall"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hall = ", "can't be read as TOML in UTF-8"),
        ('hal = "demo"', "key hal: allowed are texts for hall, home, dagster_home, environment"),
        ("hall = 1", "key hall: allowed are texts"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(checkout: Path, text: str, says: str) -> None:
    _write(checkout, text)
    refused = _run("questions")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    assert f"{checkout / 'installation.toml'}" in refused.stderr
    assert says in refused.stderr


@pytest.mark.parametrize("dagster_home", ["", "history"])
def test_a_run_history_that_is_named_by_no_whole_path_has_one(
    dagster_home: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("DAGSTER_HOME", dagster_home)
    monkeypatch.setenv("YUEBAO_HOME", str(checkout / "var"))
    with dagster_instance(current_home()) as instance:
        assert Path(instance.root_directory) == checkout / (dagster_home or "var/dagster")
