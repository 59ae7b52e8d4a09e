"""The semantic models for BI tools: MetricFlow and dbt give the certificates' digits, and nothing leaves."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from reports.certificates.certificate import Certificate
from reports.figures.rounding import rounded
from reports.files import write_bytes
from reports.semantic.project import SemanticError, semantic_project
from tests.certificates import Month, archive_in, numbers
from tests.derived_halls import ROWS, derive, drop_months, exact, report
from tests.halls import Hall, Printed
from tests.small_halls import SmallHall

# MetricFlow's command asks for its newest version and has no switch for that: a proxy that isn't there answers it.
OFFLINE = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), "http://127.0.0.1:9")
MONTHS = ("2025-03", "2025-04")


def tool(folder: Path, name: str, *arguments: str, programs: Path = Path(sys.executable).parent) -> str:
    command = [str(programs / name), *arguments]
    environment = {**os.environ, **OFFLINE, "NO_PROXY": "", "DBT_PROFILES_DIR": str(folder), "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(hall: Hall, april_printed: Printed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built project of two certified months of the demo hall."""
    folder = tmp_path_factory.mktemp("semantic")
    result = hall.begin_with(april_printed).run("semantic-models", str(folder))
    assert result.exit_code == 0, result.output
    tool(folder, "dbt", "build", "--quiet")
    return folder


def query(project: Path, metrics: list[str]) -> dict[str, dict[str, str]]:
    asked = ["--metrics", ",".join(metrics), "--group-by", "metric_time__month"]
    tool(project, "mf", "query", *asked, "--csv", "told.csv")
    with (project / "told.csv").open(encoding="utf-8") as file:
        return {row.pop("metric_time__month")[:7]: row for row in csv.DictReader(file)}


def test_metricflow_accepts_the_models_and_gives_the_certified_digits(hall: Hall, project: Path) -> None:
    tool(project, "mf", "validate-configs")
    told = query(project, list(hall.numbers("2025-03")))
    certified = {month: {name: str(exact) for name, exact in hall.numbers(month).items()} for month in MONTHS}
    assert told == certified


def test_metrics_carry_the_catalogues_texts(hall: Hall, project: Path) -> None:
    paths = [hall.home / "published" / month / "current" / "certificate.json" for month in MONTHS]
    candidates = [json.loads(path.read_text())["candidate"] for path in paths]
    certified = {each["metric"]: each for candidate in candidates for each in candidate["numbers"]}
    manifest = json.loads((project / "target" / "manifest.json").read_text())["metrics"].values()
    sums = [each for each in manifest if each["name"].endswith(("_numerator", "_denominator"))]
    named = [each for each in manifest if each not in sums]
    assert {each["name"] for each in named} == certified.keys()
    for each in named:
        assert certified[each["name"]]["metric_name"] in each["label"]
        assert certified[each["name"]]["definition"] in each["description"]


@pytest.mark.proof
def test_what_is_pinned_is_installed_and_works_without_an_index(certificate: Certificate, tmp_path: Path) -> None:
    folder, wheels, programs = tmp_path / "project", tmp_path / "wheels", tmp_path / "env" / "bin"
    for name, content in semantic_project([certificate], []).items():
        write_bytes(folder / name, content)
    pip = "-m", "pip", "-q", "--disable-pip-version-check"
    fetched = [*pip, "wheel", "-w", str(wheels), "-r", str(folder / "requirements.txt")]
    subprocess.run([sys.executable, *fetched], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(programs.parent)], check=True)
    install = [*pip, "install", "--no-index", "--no-deps", *map(str, wheels.glob("*.whl"))]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    subprocess.run([str(programs / "python"), *install], check=True, env={**environment, **OFFLINE})
    tool(folder, "dbt", "build", "--quiet", programs=programs)
    number = certificate.numbers[0]
    asked = "--metrics", number.metric, "--group-by", "metric_time__month", "--csv", "told.csv"
    tool(folder, "mf", "query", *asked, programs=programs)
    (row,) = csv.DictReader((folder / "told.csv").read_text(encoding="utf-8").splitlines())
    assert row[number.metric] == str(number.exact)


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Month(archive_in(tmp_path)).drawn(numbers(2_300)).certificate


def redefined(certificate: Certificate) -> Certificate:
    changed = tuple(replace(each, version="2") for each in certificate.numbers)
    return replace(certificate, month="2025-04", numbers=changed)


def test_a_redefined_metric_is_a_metric_for_each_version(certificate: Certificate) -> None:
    files = semantic_project([certificate, redefined(certificate)], [])
    names = {each["name"] for each in json.loads(files["models/semantic.yml"])["metrics"]}
    assert names == {f"{each.metric}_v{version}" for each in certificate.numbers for version in (each.version, "2")}


def test_a_stock_isnt_added_up_over_months(certificate: Certificate) -> None:
    stocks = certificate.numbers[0].measures
    (model,) = json.loads(semantic_project([certificate], stocks)["models/semantic.yml"])["semantic_models"]
    (stock,) = [each for each in model["measures"] if each["expr"] == certificate.numbers[0].metric]
    assert stock["non_additive_dimension"] == {"name": "month_start", "window_choice": "max"}


def test_two_metrics_of_one_name_are_refused(certificate: Certificate) -> None:
    first = certificate.numbers[0]
    taken = replace(first, metric=f"{first.metric}_v2")
    with pytest.raises(SemanticError, match=f"two metrics would be called {first.metric}_v2"):
        semantic_project(
            [certificate, replace(redefined(certificate), numbers=(replace(first, version="2"), taken))], []
        )


def test_nothing_certified_is_said(tmp_path: Path) -> None:
    with pytest.raises(SemanticError, match="no month is certified yet"):
        semantic_project([], [])


def test_derived_numbers_are_quotients_of_certified_sums(tmp_path: Path) -> None:
    hall = SmallHall.begun(tmp_path / "hall")
    (hall.folder / "catalogue" / "stock_balances.csv").write_text("stock,measure,sign\n", encoding="utf-8")
    derive(hall, **{name: values for name, values in ROWS.items() if "top_n" not in values and "rank" not in values})
    sums = drop_months(hall, *MONTHS)
    for month in MONTHS:
        report(hall, month)
    folder = tmp_path / "semantic"
    made = hall.run("semantic-models", str(folder))
    assert made.exit_code == 0, made.output
    tool(folder, "dbt", "build", "--quiet")
    certified = {month: exact(hall, month) for month in MONTHS}
    names = [name for name in ROWS if name in certified["2025-04"]]
    told = query(folder, names)
    for month, values in certified.items():
        for name, value in values.items():
            if name in ROWS:
                digits = rounded(Fraction(told[month][name]).limit_denominator(10**9), 2)
                assert digits == rounded(value, 2), (month, name)
    tool(folder, "mf", "query", "--metrics", "completed_share,accepted_less", "--csv", "told.csv")
    with (folder / "told.csv").open(encoding="utf-8") as file:
        (both,) = csv.DictReader(file)
    accepted, completed = (
        sum(counts[code, measure] for counts in sums.values() for code in ("D1", "D2"))
        for measure in ("accepted", "completed")
    )
    assert rounded(Fraction(both["completed_share"]), 6) == rounded(Fraction(1000 * completed, accepted), 6)
    assert Fraction(both["accepted_less"]) == accepted - completed, "nobody averages averages, nor adds them"
