"""Nothing is sealed that wasn't recounted and re-worded, by the commands that a user types (design, principle 1)."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import Result

from orchestration.runtime.installation import DEMO_HALL
from tests.halls import Hall, Printed

METRICS = "fct_monthly_metrics.parquet"


@pytest.fixture(scope="module")
def drafted(hall: Hall, march_printed: Printed) -> Hall:
    """A month that is built and that nobody has certified."""
    shutil.copytree(march_printed.home / "landing", hall.home / "landing")
    result = hall.run("report", "2025-03", "--draft", "--no-pull")
    assert result.exit_code == 0, result.output
    return hall


@pytest.fixture
def uncertified(drafted: Hall, tmp_path: Path) -> Hall:
    return drafted.copy(tmp_path)


def add_a_parcel(facts: Path) -> None:
    """One parcel too many, in a file that reads as well as before."""
    table = pq.read_table(facts / METRICS)
    place = table.column_names.index("exact_value")
    metrics: list[Any] = table["metric"].to_pylist()
    exact: list[Any] = table["exact_value"].to_pylist()
    values = [value + (metric == "parcels_mailed") for metric, value in zip(metrics, exact, strict=True)]
    more = pa.array(values, table["exact_value"].type)
    pq.write_table(table.set_column(place, table.schema.field(place), more), facts / METRICS)


def certificates(hall: Hall) -> list[Path]:
    return sorted((hall.home / "certificates").glob("0*.json"))


def test_facts_that_were_changed_after_the_build_are_built_again(uncertified: Hall) -> None:
    facts = uncertified.home / "published" / "2025-03" / "facts"
    add_a_parcel(facts)

    status = uncertified.run("status", "2025-03")
    assert status.exit_code == 1
    assert f"{METRICS} was changed" in status.output.replace("\n", " ")

    result = uncertified.run("report", "2025-03", "--no-pull")
    assert result.exit_code == 0, result.output
    assert uncertified.numbers("2025-03") == uncertified.recount("2025-03")


def test_facts_that_differ_from_their_extracts_are_never_signed(uncertified: Hall) -> None:
    """The evidence of the build was changed with them, so that only the count of the extracts can tell."""
    folder = uncertified.home / "published" / "2025-03"
    add_a_parcel(folder / "facts")
    evidence = json.loads((folder / "build.json").read_text(encoding="utf-8"))
    evidence["files"][METRICS] = hashlib.sha256((folder / "facts" / METRICS).read_bytes()).hexdigest()
    (folder / "build.json").write_text(json.dumps(evidence, ensure_ascii=False), encoding="utf-8")
    exact = uncertified.recount("2025-03")["parcels_mailed"]

    result = uncertified.run("report", "2025-03", "--no-pull")

    assert result.exit_code == 1
    assert "2025-03 may not be signed" in result.stderr
    wanted = f"parcels_mailed is {exact + 1} in the published facts, and its extracts add up to {exact}"
    assert wanted in result.stderr
    assert certificates(uncertified) == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (lambda text: text.replace("{{ n.parcels_mailed }}", "9.99 万件"), "9.99 万件"),
        (lambda text: text.replace("{{ n.parcels_mailed }}", "约{{ 893 / 7 }}件"), "div isn't allowed"),
        (lambda text: text.replace("现场咨询服务", "增长12.5%，现场咨询服务"), "12.5%"),
        (lambda text: text.replace("现场咨询服务", "增长一成二，现场咨询服务"), "一成"),
    ],
)
def test_a_numeral_that_was_typed_into_the_wording_is_never_signed(
    uncertified: Hall, tmp_path: Path, typed: Callable[[str], str], message: str
) -> None:
    folder = tmp_path / "hall"
    shutil.copytree(DEMO_HALL, folder)
    template = folder / "wording.txt.j2"
    template.write_text(typed(template.read_text(encoding="utf-8")), encoding="utf-8")
    uncertified.environment["YUEBAO_HALL"] = str(folder)

    for command in (("report", "2025-03", "--no-pull"), ("check-hall", str(folder))):
        result: Result = uncertified.run(*command)
        assert result.exit_code == 1
        assert message in result.output
        assert "Traceback" not in result.output
    assert certificates(uncertified) == []
