"""A hall by its folder alone: made, given a key, checked, sampled, and printed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.main import app
from orchestration.config.working_days import WorkingDays
from orchestration.runtime.paths import Home
from reports.figures.months import days_of

MONTH = "2025-03"
DAY = "2025-03-12"
PASSPHRASE = "a passphrase of the tests"
Run = Callable[..., Result]


def _run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def folder(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hall as new-hall and new-key leave it, with its drop folder there and empty."""
    monkeypatch.setenv("YUEBAO_SIGNING_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("YUEBAO_DROPS", str(tmp_path / "drops"))
    (tmp_path / "drops" / "counter").mkdir(parents=True)
    made = tmp_path / "hall"
    assert _run("new-hall", made).exit_code == 0
    assert _run("new-key", made, "signing service").exit_code == 0
    assert home.root.is_relative_to(tmp_path)
    return made


def _drop(folder: Path, day: dt.date, count: int) -> None:
    text = f"日期,部门编码,受理量\n{day},D01,{count}\n合计,,{count}\n"
    drops = folder.parent / "drops" / "counter"
    (drops / f"日报_{day}.csv").write_text(text, encoding="utf-8")


def _spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_new_hall_needs_a_key_and_its_first_file_and_nothing_else(folder: Path) -> None:
    checked = _run("check-hall", folder, "--day", DAY)
    assert checked.exit_code == 1
    bad = [line for line in checked.stdout.splitlines() if line.startswith("BAD")]
    assert len(bad) == 1
    assert f"no file 日报_{DAY}*.csv" in bad[0]

    _drop(folder, dt.date.fromisoformat(DAY), 12)
    checked = _run("check-hall", folder, "--day", DAY)
    assert checked.exit_code == 0, checked.stdout
    assert f"ok   systems.counter: {DAY}: 1 rows would land, cases_accepted 12" in checked.stdout
    assert checked.stdout.endswith("ready\n")


def test_a_day_is_shown_as_it_would_land_and_nothing_is_landed(folder: Path, home: Home) -> None:
    _drop(folder, dt.date.fromisoformat(DAY), 12)
    shown = _run("sample-hall", folder, DAY)
    assert shown.exit_code == 0
    row = next(line.split() for line in shown.stdout.splitlines() if "D01" in line)
    assert row == [DAY, "000000", "D01", "cases_accepted", "12"]
    assert not home.landing.exists()
    assert not home.quarantine.exists()


def test_a_month_is_printed_in_the_halls_own_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worked = [day for day in days_of(MONTH) if WorkingDays({}).describe(day).is_working_day]
    for day in worked:
        _drop(folder, day, day.day)
    monkeypatch.setenv("YUEBAO_HALL", str(folder))
    printed = _run("report", MONTH)
    assert printed.exit_code == 0, printed.output
    total = sum(day.day for day in worked)
    assert f"3 月，大厅共受理政务服务事项 {total} 件。" in printed.stdout
    assert _run("verify").exit_code == 0


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("kept")
    refused = _run("new-hall", tmp_path)
    assert (refused.exit_code, [path.name for path in tmp_path.iterdir()]) == (1, ["kept.txt"])
    assert "isn't an empty folder; name another one" in refused.stderr


def test_a_key_is_never_written_over(folder: Path) -> None:
    before = (folder / "service.pem").read_bytes(), (folder / "signers.toml").read_bytes()
    refused = _run("new-key", folder, "somebody else")
    assert (refused.exit_code, "a key is never written over" in refused.stderr) == (1, True)
    assert ((folder / "service.pem").read_bytes(), (folder / "signers.toml").read_bytes()) == before


def test_a_name_with_quotes_is_listed_as_it_is(folder: Path) -> None:
    (folder / "service.pem").unlink()
    assert _run("new-key", folder, '张"三" \\').exit_code == 0
    checked = _run("check-hall", folder)
    assert 'the key is 张"三" \\\'s' in checked.stdout


def _add_an_unanswered_measure(catalogue: Path) -> None:
    _spoil(catalogue / "measures.csv", ",count\n", ",count\ncases_closed,办结量,办结,count\n")
    _spoil(catalogue / "metric_measures.csv", "cases_accepted\n", "cases_accepted\ncases_accepted,1,cases_closed\n")


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a table that is gone": (
        lambda folder: (folder / "catalogue" / "sites.csv").unlink(),
        r"catalogue/sites\.csv: .*sites\.csv can't be read as a table",
    ),
    "the table of sites by the name that it had in 0.1": (
        lambda folder: (folder / "catalogue" / "sites.csv").rename(folder / "catalogue" / "halls.csv"),
        r"catalogue/halls\.csv: since 0\.2 this table is called sites\.csv; rename the file",
    ),
    "a value that isn't allowed": (
        lambda folder: _spoil(folder / "catalogue" / "metrics.csv", "half_up", "down"),
        r"metrics\.csv line 2: column rounding: Input should be 'half_up' or 'half_even'",
    ),
    "a divisor that is no number": (
        lambda folder: _spoil(folder / "catalogue" / "metrics.csv", "件,件,1,0", "件,件,one,0"),
        r"metrics\.csv line 2: column display_divisor: Input should be a valid integer",
    ),
    "a divisor that would round twice": (
        lambda folder: _spoil(folder / "catalogue" / "metrics.csv", "件,件,1,0", "件,百五十件,150,0"),
        r"metrics\.csv line 2: column display_divisor: Value error, .* a power of ten",
    ),
    "a column too many": (
        lambda folder: _spoil(folder / "catalogue" / "sites.csv", "hall_level", "hall_level,chief"),
        r"sites\.csv line 2: column chief: Extra inputs are not permitted",
    ),
    "a cell too many": (
        lambda folder: _spoil(folder / "catalogue" / "sites.csv", ",city", ",city,x"),
        r"sites\.csv line 2: .*",
    ),
    "another encoding": (
        lambda folder: (folder / "catalogue" / "sites.csv").write_bytes("大厅".encode("gbk")),
        r"sites\.csv can't be read as a table of comma-separated values in UTF-8",
    ),
    "a measure that no table knows": (
        lambda folder: _spoil(folder / "catalogue" / "measures.csv", "cases_accepted,", "cases_taken,"),
        r"codes: catalogue/metric_measures\.csv column measure: cases_accepted isn't in catalogue/measures\.csv",
    ),
    "a measure that no system answers": (
        lambda folder: _add_an_unanswered_measure(folder / "catalogue"),
        r"codes: metric cases_accepted needs cases_closed, which no system's `measures` in hall\.toml names",
    ),
    "a hall that no table knows": (
        lambda folder: _spoil(folder / "hall.toml", 'code = "000000"', 'code = "000001"'),
        r"codes: key code: 000001 isn't in catalogue/sites\.csv",
    ),
    "a metric made of nothing": (
        lambda folder: _spoil(folder / "catalogue" / "metric_measures.csv", "cases_accepted,1,cases_accepted\n", ""),
        r"codes: metric cases_accepted version 1 is made of nothing",
    ),
    "a wording of another metric": (
        lambda folder: _spoil(folder / "wording.txt.j2", "n.cases_accepted", "n.cases_closed"),
        r"wording\.txt\.j2: .*prints cases_closed, which this month's numbers don't hold",
    ),
    "no wording": (lambda folder: (folder / "wording.txt.j2").unlink(), r"wording\.txt\.j2: .*No such file"),
    "a signer who isn't listed": (
        lambda folder: (folder / "signers.toml").write_text(""),
        r"signing: the key of service\.pem isn't in signers\.toml\n     next: list its public key [0-9a-f]{64}",
    ),
    "no key": (
        lambda folder: (folder / "service.pem").unlink(),
        r"signing: .*service\.pem can't be read .*\n     next: yuebao new-key, which makes a key",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_named_and_every_other_check_is_made(fault: str, folder: Path) -> None:
    spoil, says = FAULTS[fault]
    _drop(folder, dt.date.fromisoformat(DAY), 12)
    spoil(folder)
    checked = _run("check-hall", folder, "--day", DAY)
    assert checked.exit_code == 1
    assert re.search(f"^BAD  .*{says}", checked.stdout, re.MULTILINE), checked.stdout
    assert "systems.counter" in checked.stdout
    assert "Traceback" not in checked.output


def test_a_passphrase_that_is_wrong_is_not_repeated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUEBAO_SIGNING_PASSPHRASE", "another passphrase")
    checked = _run("check-hall", folder)
    assert "the passphrase doesn't open it" in checked.stdout
    assert "another passphrase" not in checked.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("sample-hall", "{folder}", "tomorrow"), "'tomorrow' is no day; write it as 2025-03-12"),
        (("sample-hall", "{folder}", DAY, "--system", "desk"), "no system desk; the hall has counter"),
        (("check-hall", "{folder}/nowhere"), "hall.toml doesn't exist"),
    ],
)
def test_a_mistake_of_the_command_is_one_line(words: tuple[str, ...], says: str, folder: Path) -> None:
    mistaken = _run(*(word.format(folder=folder) for word in words))
    assert mistaken.exit_code == 2
    assert says in mistaken.stderr
    assert mistaken.stderr.splitlines()[0].startswith(f"hall {folder}")
    assert mistaken.stderr.count("\n") == 2


# Secrets


@pytest.mark.parametrize("place", ["NAME_FILE", "CREDENTIALS_DIRECTORY"])
def test_a_secret_may_stand_in_a_file(place: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = folder.parent / "credentials" / "YUEBAO_SIGNING_PASSPHRASE"
    kept.parent.mkdir()
    kept.write_text(f"{PASSPHRASE}\n")
    monkeypatch.delenv("YUEBAO_SIGNING_PASSPHRASE")
    assert "YUEBAO_SIGNING_PASSPHRASE isn't set" in _run("check-hall", folder).stdout
    if place == "NAME_FILE":
        monkeypatch.setenv("YUEBAO_SIGNING_PASSPHRASE_FILE", str(kept))
    else:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(kept.parent))
    assert "ok   signing" in _run("check-hall", folder).stdout


def test_a_file_of_a_secret_that_cannot_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YUEBAO_SIGNING_PASSPHRASE")
    monkeypatch.setenv("YUEBAO_SIGNING_PASSPHRASE_FILE", str(folder / "gone"))
    checked = _run("check-hall", folder)
    assert (
        f"{folder / 'gone'}, which holds YUEBAO_SIGNING_PASSPHRASE, can't be read (FileNotFoundError)" in checked.stdout
    )
