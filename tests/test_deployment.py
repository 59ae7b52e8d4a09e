"""The deployment's files: what is published where, what the services may do, and that their commands exist."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from orchestration.config.hall import Engine, Spark
from orchestration.runtime.paths import SILENCE
from tests.servers.dagster import DEPLOY, in_checkout, unit_lines
from tests.servers.programs import program, without

UNITS = ("yuebao-code-location", "yuebao-daemon", "yuebao-webserver", "yuebao-viewers")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text().splitlines()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


# --- Compose -------------------------------------------------------------------------------------------------------


def test_only_the_proxy_is_published_and_only_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy": ["127.0.0.1:8080:8080"]}
    assert not [name for name, service in SERVICES.items() if "network_mode" in service]


def test_the_code_location_alone_reaches_the_hall_and_has_its_secrets() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert [name for name, service in SERVICES.items() if "hall" in service["networks"]] == ["code-location"]
    with_secrets = [name for name, service in SERVICES.items() if "YUEBAO_SECRETS" in str(service)]
    assert with_secrets == ["code-location"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert not {"privileged", "cap_add", "devices", "pid", "userns_mode"} & service.keys()
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "on-failure"
    assert service["healthcheck"]["test"][0] == "CMD"
    # PostgreSQL's image begins as root, to hand its folder to its user.
    assert name == "postgres" or service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", ["code-location", "webserver", "viewers", "daemon", "spark-master", "spark-worker"])
def test_a_programs_commands_exist_with_their_options(name: str) -> None:
    for command in (SERVICES[name]["command"], SERVICES[name]["healthcheck"]["test"][1:]):
        path = Path(sys.executable).with_name(command[0])
        assert path.exists()
        if command[0].startswith("dagster"):
            words = [word for word in command[1:] if not word.startswith("-")]
            subcommand = {"dagster": 2, "dagster-daemon": 1, "dagster-webserver": 0}[command[0]]
            said = subprocess.run([path, *words[:subcommand], "--help"], capture_output=True, text=True, check=True)
            assert {word for word in command if word.startswith("-")} <= set(said.stdout.replace(",", " ").split())


def test_spark_comes_when_it_is_asked_for_and_shares_the_state_folder() -> None:
    spark = {name: service for name, service in SERVICES.items() if name.startswith("spark-")}
    assert len(spark) == 2
    for service in spark.values():
        assert service["profiles"] == ["spark"]
        assert "state:/var/lib/yuebao" in service["volumes"]
    told = (DEPLOY / "README.md").read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    settings = tomllib.loads(told)
    assert settings["engine"] in get_args(Engine)
    assert Spark(**settings["spark"]).master == spark["spark-worker"]["command"][-1]
    assert SERVICES["code-location"]["build"]["args"].keys() == {
        line.split()[1].partition("=")[0] for line in DOCKERFILE if line.startswith("ARG")
    }


def test_nobody_reports_home() -> None:
    lines = (DEPLOY.parents[1] / ".env").read_text().splitlines()
    assert dict(line.split("=") for line in lines if not line.startswith("#")) == SILENCE
    for name in ("code-location", "webserver", "viewers", "daemon"):
        assert (DEPLOY / SERVICES[name]["env_file"]).resolve() == DEPLOY.parents[1] / ".env"


def test_the_image_is_made_from_the_lock_and_holds_what_it_needs() -> None:
    lines = DOCKERFILE
    copied = {word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]}
    allowed = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {"requirements.lock", "dbt_project", "orchestration", "expectations", "reports"} <= copied
    assert copied == {line.removeprefix("!") for line in allowed if line.startswith("!")}
    assert all((DEPLOY.parents[1] / name).exists() for name in copied)
    assert any('--require-hashes -r "$YUEBAO_LOCK"' in line for line in lines)
    assert "ARG YUEBAO_LOCK=requirements.lock" in lines


@pytest.mark.proof
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_locked_package_has_a_wheel(machine: str, python: str, tmp_path: Path) -> None:
    """The index is asked as set-up asks it; nothing is installed."""
    uv = shutil.which("uv", path=Path(sys.executable).parent)
    if not uv:
        without("uv isn't installed; `make test` installs it where an index has it")
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], check=False, capture_output=True, text=True
    )
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or pip.stdout.strip()
    command = [
        uv,
        "pip",
        "install",
        "--dry-run",
        "--target",
        str(tmp_path),
        "--only-binary",
        ":all:",
        "--require-hashes",
    ]
    where = ["--python-platform", f"{machine}-manylinux_2_28", "--python-version", python, "-r", "requirements.lock"]
    environment = {**os.environ, **({"UV_DEFAULT_INDEX": index} if index else {})}
    done = subprocess.run(
        [*command, *where], cwd=DEPLOY.parents[1], env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


# --- systemd -------------------------------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they would be installed, with this checkout's paths."""
    folder = tmp_path / "units"
    shutil.copytree(DEPLOY / "systemd", folder)
    for unit in [path for path in folder.rglob("*") if path.is_file()]:
        unit.write_text(in_checkout(unit.read_text()))
    return folder


def _analyze(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:", "SYSTEMD_LOG_LEVEL": "warning"}
    command = [program("systemd-analyze", "systemd"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_systemd_understands_every_unit(installed: Path) -> None:
    found = _analyze(installed, "verify", "--man=no", installed / "yuebao.target", *_units(installed))
    assert (found.returncode, _of_ours(found.stderr)) == (0, [])


def test_systemd_notices_what_it_doesnt_understand(installed: Path) -> None:
    unit = installed / "yuebao-daemon.service"
    unit.write_text(unit.read_text().replace("dagster-daemon run", "dagster-demon run") + "ProtectSistem=strict\n")
    complaints = "\n".join(_of_ours(_analyze(installed, "verify", "--man=no", unit).stderr))
    assert "dagster-demon is not executable" in complaints
    assert "'ProtectSistem'" in complaints


@pytest.mark.parametrize("name", UNITS)
def test_a_service_is_little_exposed(name: str, installed: Path) -> None:
    """By systemd's own scale, of 0 (safe) to 100; a service without any protection has 96."""
    found = _analyze(installed, "security", "--offline=yes", "--threshold=30", installed / f"{name}.service")
    assert found.returncode == 0, found.stdout + found.stderr


# --- yuebao on the server ------------------------------------------------------------------------------------------

# Knows of systemd-run and `systemctl kill` what the command needs: the settings that a unit's name brings, and signals.
SYSTEMD_RUN = """\
import os, shlex, signal, subprocess, sys
from tests.servers.dagster import unit_lines
options, command = sys.argv[1 : sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1 :]
(unit,) = [word.removeprefix("--unit=") for word in options if word.startswith("--unit=")]
given = [word.removeprefix("--setenv=") for word in options if word.startswith("--setenv=")]
settings = [word for line in unit_lines(unit, "Environment") for word in shlex.split(line)]
env = dict(word.split("=", 1) for word in [*settings, *given])
# A unit begins with every signal as it is by default.
child = subprocess.Popen(command, env=env, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
open(os.environ["PIDS"] + unit, "w").write(str(child.pid))
sys.exit(child.wait())
"""
SYSTEMCTL = """\
import os, signal, sys
assert sys.argv[1:-1] == ["kill", "--kill-whom=main", "--signal=INT"]
os.kill(int(open(os.environ["PIDS"] + sys.argv[-1]).read()), signal.SIGINT)
"""
PROGRAM = """\
import os, sys, time
if sys.argv[1:] == ["wait"]:
    print("waiting", flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        sys.exit(130)
print(*sys.argv[1:], os.environ["YUEBAO_HALL"], os.environ["PGPASSFILE"], sys.stdin.read(), sep="|")
sys.exit(7)
"""


@pytest.fixture
def on_server(tmp_path: Path) -> list[str]:
    """The command as it is installed, with a program that says what reaches it."""
    for name, text in {"systemd-run": SYSTEMD_RUN, "systemctl": SYSTEMCTL, "program": PROGRAM}.items():
        (tmp_path / name).write_text(f"#!{sys.executable}\n{text}")
        (tmp_path / name).chmod(0o755)
    script = (DEPLOY / "bin" / "yuebao").read_text()
    (tmp_path / "yuebao").write_text(script.replace("/opt/yuebao/.venv/bin/yuebao", str(tmp_path / "program")))
    # What the caller has set doesn't reach the program, as it doesn't reach a unit.
    root = str(DEPLOY.parents[1])
    variables = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PIDS": f"{tmp_path}/", "PYTHONPATH": root}
    settings = [f"{name}={value}" for name, value in variables.items()]
    # A signal that whoever runs the tests ignores would be ignored by a shell for good.
    return ["env", "--default-signal=INT,TERM,HUP", *settings, "sh", str(tmp_path / "yuebao")]


def test_the_command_has_the_units_settings_and_passes_words_input_and_exit_code_on(on_server: list[str]) -> None:
    done = subprocess.run(
        [*on_server, "numbers", "a b"], input="typed", capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (7, "numbers|a b|/etc/yuebao/hall|%d/pgpass|typed\n"), done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_interrupts_the_command_reaches_the_program_and_its_end_is_awaited(
    number: signal.Signals, on_server: list[str]
) -> None:
    with subprocess.Popen([*on_server, "wait"], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stdout.readline() == "waiting\n"
        running.send_signal(number)
        assert running.wait(timeout=60) == 130


INSTALL = """\
set -e
useradd --system --home-dir /var/lib/yuebao yuebao 2>/dev/null || id yuebao
install -d -m 0700 /etc/yuebao/secrets
for name in pgpass YUEBAO_SIGNING_PASSPHRASE MORE; do echo "content of $name" > /etc/yuebao/secrets/$name; done
mkdir -p /opt/yuebao/.venv/bin /opt/yuebao/dbt_project/target
cp /out/env /opt/yuebao/.env
cp -r /out/deploy/systemd/* /etc/systemd/system/
cd /etc/systemd/system/yuebao-code-.service.d
printf '[Service]\\nLoadCredential=MORE:/etc/yuebao/secrets/MORE\\n' > secrets.conf
install -m 0755 /out/deploy/bin/yuebao /usr/local/bin/yuebao
install -m 0755 /out/program /opt/yuebao/.venv/bin/yuebao
"""
ON_SYSTEMD = """\
#!/bin/sh
if [ "$1" = wait ]; then
  trap 'echo interrupted; exit 130' INT
  while :; do sleep 0.1; done
fi
id -un
echo "$YUEBAO_HALL $YUEBAO_ENVIRONMENT $LOGNAME"
cat "$PGPASSFILE" "$CREDENTIALS_DIRECTORY/YUEBAO_SIGNING_PASSPHRASE" "$CREDENTIALS_DIRECTORY/MORE" -
touch /var/lib/yuebao/written /opt/yuebao/dbt_project/target/written 2>&1
touch /opt/yuebao/written 2>/dev/null || echo "the program is read-only"
echo "words: $*"
exit 7
"""
REHEARSAL = """\
chown yuebao /opt/yuebao/dbt_project/target
echo typed | SUDO_USER=li yuebao numbers "a  b"; echo "-> $?"
yuebao wait & running=$!
sleep 2; kill -TERM $running; wait $running; echo "-> $?"
"""


@pytest.mark.proof
def test_on_a_booted_systemd_the_command_is_the_installations(tmp_path: Path) -> None:
    """As the test with a stand-in above, by systemd itself."""
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    shutil.copy(DEPLOY.parents[1] / ".env", tmp_path / "env")
    for name, text in {"install": INSTALL, "program": ON_SYSTEMD, "rehearsal": REHEARSAL}.items():
        (tmp_path / name).write_text(text)
    script = Path(__file__).parent / "servers" / "systemd_boot.sh"
    if os.geteuid():
        without("only root boots a systemd in namespaces of its own")
    command: list[str | Path] = [program("unshare", "util-linux"), "-m", "sh", script, tmp_path]
    booted = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert (tmp_path / "log").exists(), booted.stderr
    assert (tmp_path / "log").read_text().splitlines() == [
        "yuebao",
        "/etc/yuebao/hall production li",
        "content of pgpass",
        "content of YUEBAO_SIGNING_PASSPHRASE",
        "content of MORE",
        "typed",
        "the program is read-only",
        "words: numbers a  b",
        "-> 7",
        "interrupted",
        "-> 130",
    ]


def test_the_command_has_every_setting_and_secret_of_the_code_location() -> None:
    """By systemd's rule that a unit's name, up to each dash, names folders of settings that it shares."""
    for key in ("Environment", "EnvironmentFile", "LoadCredential", "User", "ReadWritePaths", "StateDirectory"):
        ours, theirs = unit_lines("yuebao-code-command-1.service", key), unit_lines("yuebao-code-location.service", key)
        assert ours
        assert ours == theirs
    # A command that ends with 1 isn't started again.
    assert not unit_lines("yuebao-code-command-1.service", "Restart")


def test_in_compose_the_command_has_the_code_locations_environment() -> None:
    """`docker compose exec` runs as the service's user with the service's environment: nothing may come otherwise."""
    service = SERVICES["code-location"]
    assert {"YUEBAO_HALL", "CREDENTIALS_DIRECTORY", "YUEBAO_PG_PASSWORD"} <= service["environment"].keys()
    assert not {"user", "entrypoint"} & service.keys()


def _units(folder: Path) -> list[Path]:
    return [folder / f"{name}.service" for name in UNITS]


def _of_ours(complaints: str) -> list[str]:
    """What is said of our units; the test machine's own have faults of their own."""
    return [line for line in complaints.splitlines() if "yuebao" in line]
