"""The bench measures whole trees of processes, compares within rounds, and fails when answers differ."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from tests.bench.figures import Measured, machine, scenario_lines
from tests.bench.measuring import Command, CompetitorError, Run, run
from tests.bench.scenarios import Competitor, DifferentTotalsError, Scenario, ratio, rounds_of
from tests.bench.setting_up import ROOT
from tests.bench.together import at_once
from tests.halls import Hall

MIB_60 = "held = bytearray(60 * 2**20)\nheld[::1000] = b'1' * len(held[::1000])\n"
WAIT = "import time; time.sleep(2)"
SAYS = Console(quiet=True)


def competitor(name: str, code: str, **more: object) -> Competitor:
    return Competitor(name, name, lambda _: [sys.executable, "-c", code], **more)  # type: ignore[arg-type]


def scenario(*rows: Competitor) -> Scenario:
    @contextmanager
    def opened(_folder: Path) -> Iterator[dict[str, str]]:
        yield {"WORD": "told"}

    return Scenario("two", "Two of them", rows, (ratio("a ÷ b", "a", "b"), ratio("a ÷ c", "a", "c")), opened)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux alone tells the sizes of a tree")
def test_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {MIB_60 + WAIT!r}])"
    assert run([sys.executable, "-c", MIB_60 + child], {}, tmp_path).peak_mib > 120


def test_a_competitor_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(CompetitorError, match=r"ended with 3:\nlocked"):
        run([sys.executable, "-c", "import sys; print('locked', file=sys.stderr); sys.exit(3)"], {}, tmp_path)


def test_every_round_runs_all_and_the_first_is_not_counted(tmp_path: Path) -> None:
    rows = (
        competitor("a", """import os; print('{"n":', len(os.environ["WORD"]), "}")"""),
        competitor("b", """print('[0.25, {"n": 4}]')""", times_itself=True),
        competitor("idle", "", totals=None),
    )
    rounds = rounds_of(scenario(*rows), tmp_path / "two", 2, SAYS)
    assert [set(each) for each in rounds] == [{"a", "b", "idle"}] * 2
    assert rounds[0]["b"].seconds == 0.25
    (one,) = rounds_of(scenario(*rows), tmp_path / "once", 0, SAYS)
    assert set(one) == {"a", "b"}


def test_different_totals_fail(tmp_path: Path) -> None:
    rows = competitor("a", """print('{"n": 4}')"""), competitor("b", """print('{"n": 5}')""")
    with pytest.raises(DifferentTotalsError, match="b answers"):
        rounds_of(scenario(*rows), tmp_path / "two", 1, SAYS)


def test_other_questions_may_have_other_answers(tmp_path: Path) -> None:
    rows = competitor("a", """print('{"n": 4}')"""), competitor("b", """print('{"n": 5}')""", question="another")
    assert rounds_of(scenario(*rows), tmp_path / "two", 1, SAYS)


def test_ratios_are_taken_within_rounds_and_left_out_where_one_did_not_run() -> None:
    def seconds(a: float, b: float) -> dict[str, Run]:
        return {"a": Run(a, 1.0, 10.0, ""), "b": Run(b, 2.0, 20.0, "")}

    measured = Measured(
        scenario(competitor("a", ""), competitor("b", "")), [seconds(2, 1), seconds(9, 3), seconds(4, 1)]
    )
    lines = list(scenario_lines(measured))
    assert "| a ÷ b | 3.00 (2.00 – 4.00) |  |" in lines
    assert not [line for line in lines if "a ÷ c" in line]
    assert "| b | 1.00 (1.00 – 3.00) | 2.0 (2.0 – 2.0) | 20 (20 – 20) |" in lines


def test_the_machine_is_named_without_its_name() -> None:
    assert "cores" in machine()
    assert platform.node() not in machine()


@pytest.mark.parametrize(
    ("beside", "readers"),
    [
        pytest.param(("pull one",), ("duckdb",), id="a pull, a build and a reader"),
        pytest.param(("pull one", "pull another", "verify"), ("duckdb", "numbers"), marks=pytest.mark.proof, id="all"),
    ],
)
def test_readers_beside_pulls_a_build_a_certification_and_verify(
    beside: tuple[str, ...], readers: tuple[str, ...], printed_hall: Hall, tmp_path: Path
) -> None:
    hall = printed_hall.copy(tmp_path / "hall", demo=True)
    hall.correct_calls("2025-03-12", 3)
    assert hall.run("pull", "2025-03-12").exit_code == 0
    yuebao = Path(sys.executable).with_name("yuebao")
    works: dict[str, Command] = {
        "pull one": [yuebao, "pull", "2025-04-01", "--system", "call_centre"],
        "pull another": [yuebao, "pull", "2025-04-02", "--system", "online_platform"],
        "verify": [yuebao, "verify"],
    }
    revise: Command = [yuebao, "revise", "2025-03", "--reason", "late_data", "--note", "接听量更正"]
    together = at_once(
        {"build and certify": revise, **{name: works[name] for name in beside}},
        readers,
        hall.home / "published" / "2025-03" / "facts",
        {**os.environ, **hall.environment},
        tmp_path,
    )
    assert set(together.reads) == set(readers)
    assert hall.numbers("2025-03")["phone_consultations"] == 1190


@pytest.mark.proof
@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(["--sites", "3"], id="everything"),
        pytest.param(["--sites", "3200", "--skip", "demo_month", "pulled_days", "together"], id="3200 sites"),
    ],
)
def test_the_bench_runs_and_its_totals_agree(asked: list[str]) -> None:
    command = [sys.executable, "-m", "tests.bench", "--rounds", "0", *asked]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
