"""Nothing is sealed that wasn't recounted and re-worded, by the commands that a user types (design, principle 1)."""

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import time_machine
from typer.testing import Result

from orchestration.runtime.installation import DEMO_HALL
from reports.figures.readiness import BuildEvidence
from tests.halls import PARAGRAPH, SYSTEMS, Hall, Printed

METRICS = "fct_monthly_metrics.parquet"


@pytest.fixture
def uncertified(built_hall: Hall, tmp_path: Path) -> Hall:
    return built_hall.copy(tmp_path)


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
    evidence = BuildEvidence.from_json((folder / "build.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((folder / "facts" / METRICS).read_bytes()).hexdigest()
    forged = replace(evidence, files={**evidence.files, METRICS: digest})
    (folder / "build.json").write_text(forged.to_json(), encoding="utf-8")
    exact = uncertified.recount("2025-03")["parcels_mailed"]

    result = uncertified.run("report", "2025-03", "--no-pull")

    assert result.exit_code == 1
    assert "000001-2025-03-r1.json may not be signed" in result.stderr
    wanted = f"parcels_mailed is {exact + 1} in the published facts, and its extracts add up to {exact}"
    assert wanted in result.stderr
    assert "next: move published/MONTH/facts away, then `yuebao report MONTH`" in result.stderr
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


@pytest.fixture
def certified(built_hall: Hall, march_printed: Printed, tmp_path: Path) -> Hall:
    """A month that is certified."""
    return Hall(tmp_path, built_hall.variables).begin_with(march_printed)


def own_hall(hall: Hall, folder: Path) -> Path:
    """A folder of the hall's own settings, to be changed."""
    shutil.copytree(DEMO_HALL, folder)
    hall.environment["YUEBAO_HALL"] = str(folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_certificate_is_small_and_names_its_evidence(certified: Hall) -> None:
    (path,) = certificates(certified)
    assert len(path.read_bytes()) < 20_000
    candidate = json.loads(path.read_text(encoding="utf-8"))["candidate"]
    assert candidate["kind"] == "yuebao certificate 2"
    store = certified.home / "evidence"
    for digest in candidate["evidence"].values():
        assert hashlib.sha256((store / digest).read_bytes()).hexdigest() == digest
    extracts = json.loads((store / candidate["evidence"]["extracts"]).read_bytes())
    assert len(extracts) == len(SYSTEMS) * 31


def test_a_text_that_was_exchanged_is_found_though_the_certificate_was_made_to_fit(certified: Hall) -> None:
    (path,) = certificates(certified)
    release = certified.home / "published" / "2025-03" / "r1"
    text = (release / "section.txt").read_bytes().replace(b"5.42", b"5.43")
    old = hashlib.sha256((release / "section.txt").read_bytes()).hexdigest()
    new = hashlib.sha256(text).hexdigest()
    (release / "section.txt").write_bytes(text)

    def forge(content: bytes) -> bytes:
        head, files = content.split(b'"files":')
        return head + b'"files":' + files.replace(old.encode(), new.encode())

    for file in (path, release / "certificate.json"):
        file.write_bytes(forge(file.read_bytes()))
    found = certified.run("verify")
    assert found.exit_code == 1
    assert "section.txt is another file of the release than the text that was signed" in found.stdout

    for file in (path, release / "certificate.json"):
        file.write_bytes(file.read_bytes().replace(old.encode(), new.encode()))
    found = certified.run("verify")
    assert found.exit_code == 1
    assert "its signature doesn't fit" in found.stdout


def test_a_clock_that_steps_back_signs_nothing_and_harms_nothing(certified: Hall, tmp_path: Path) -> None:
    certified.demo = Path(shutil.copytree(certified.demo, tmp_path / "demo"))
    certified.environment["YUEBAO_DEMO_DIR"] = str(certified.demo)
    certified.correct_calls("2025-03-12", 8)
    assert certified.run("pull", "2025-03-12", "--system", "call_centre").exit_code == 0
    revise = ("revise", "2025-03", "--reason", "late_data", "--note", "补报")

    with time_machine.travel(dt.datetime.now(dt.UTC) - dt.timedelta(days=2)):
        refused = certified.run(*revise)

    assert refused.exit_code == 1
    assert "the clock says" in refused.stderr
    assert "Set the clock right" in refused.stderr
    assert len(certificates(certified)) == 1
    assert certified.run("verify").exit_code == 0
    assert certified.run(*revise).exit_code == 0
    assert certified.run("verify", "--recount").exit_code == 0


def test_nothing_is_signed_before_its_extracts_were_landed(uncertified: Hall) -> None:
    entry = next((uncertified.home / "landing" / "courier" / "2025-03-12").glob("*.json"))
    document = json.loads(entry.read_text(encoding="utf-8"))
    del document["digest"]
    entry.write_text(json.dumps({**document, "landed_at": "2099-01-01T00:00:00+00:00"}), encoding="utf-8")

    refused = uncertified.run("report", "2025-03", "--no-pull")

    assert refused.exit_code == 1
    assert "was landed at 2099-01-01T08:00:00+08:00: the clock was wrong" in refused.stderr
    assert certificates(uncertified) == []


def test_the_ledger_of_another_hall_is_no_ledger_of_this_one(certified: Hall, tmp_path: Path) -> None:
    edit(own_hall(certified, tmp_path / "hall") / "hall.toml", 'code = "510000"', 'code = "510100"')
    found = certified.run("verify")
    assert found.exit_code == 1
    assert "it is of hall 510000, and this is the ledger of hall 510100" in found.stdout


def test_an_entry_that_was_copied_from_another_day_is_named(uncertified: Hall) -> None:
    landing = uncertified.home / "landing" / "courier"
    entry = next((landing / "2025-03-11").glob("*.json"))
    copied = landing / "2025-03-12" / entry.name.replace("0001-", "0002-")
    shutil.copy(entry, copied)

    status = uncertified.run("status", "2025-03")
    assert status.exit_code == 1
    assert copied.name in status.output.replace("\n", "")

    refused = uncertified.run("report", "2025-03", "--no-pull")
    assert refused.exit_code != 0
    assert copied.name in refused.stderr
    assert "2025-03-11" in refused.stderr
    assert certificates(uncertified) == []


def test_a_change_of_settings_changes_nothing_that_is_certified(certified: Hall, tmp_path: Path) -> None:
    folder = own_hall(certified, tmp_path / "hall")
    departments = folder / "catalogue" / "departments.csv"
    departments.write_text(departments.read_text(encoding="utf-8") + "D99,新设部门\n", encoding="utf-8")
    edit(folder / "hall.toml", 'title = "电话咨询"', 'title = "热线"')
    edit(folder / "wording.txt.j2", "现场咨询服务", "现场咨询")

    rebuilt = certified.run("rebuild", "2025-03")
    assert rebuilt.exit_code == 0, rebuilt.output
    assert "2025-03 r1 is reproduced to the byte" in rebuilt.stdout
    status = certified.run("status", "2025-03")
    assert status.exit_code == 0, status.output
    assert "2025-03 can be printed" in status.stdout
    report = certified.run("report", "2025-03", "--no-pull")
    assert report.exit_code == 0, report.output
    assert PARAGRAPH in report.stdout
    assert certified.run("desk", "2025-03").exit_code == 0
    assert certified.run("verify", "--recount").exit_code == 0
    draft = certified.run("report", "2025-03", "--no-pull", "--draft")
    assert PARAGRAPH in draft.stdout


def test_no_secret_is_ever_kept_as_evidence(uncertified: Hall, tmp_path: Path) -> None:
    settings = own_hall(uncertified, tmp_path / "hall") / "hall.toml"
    token = uncertified.variables["YUEBAO_DEMO_PLATFORM_TOKEN"]
    settings.write_text(f"{settings.read_text(encoding='utf-8')}\n# {token}\n", encoding="utf-8")

    refused = uncertified.run("report", "2025-03", "--no-pull")

    assert refused.exit_code == 1
    assert f"{settings} holds the value of YUEBAO_DEMO_PLATFORM_TOKEN" in refused.stderr
    assert token not in refused.output
    written = [path for path in uncertified.home.rglob("*") if path.is_file()]
    assert not [path for path in written if token.encode() in path.read_bytes()]


def test_no_evidence_of_a_certified_month_holds_a_secret(certified: Hall) -> None:
    secrets = [certified.variables[name].encode() for name in ("YUEBAO_DEMO_PLATFORM_TOKEN", "YUEBAO_DEMO_DESKS_KEY")]
    documents = [path.read_bytes() for path in (certified.home / "evidence").iterdir()]
    assert documents
    assert not [document for document in documents for secret in secrets if secret in document]


def test_a_desk_file_or_page_that_was_changed_is_found_and_made_again(certified: Hall) -> None:
    assert certified.run("desk", "2025-03").exit_code == 0
    assert certified.run("verify").exit_code == 0
    published = certified.home / "published"
    for path, command in (
        (published / "2025-03" / "desk" / "r1" / "numbers.csv", "yuebao desk 2025-03"),
        (published / "2025-03" / "index.html", "yuebao desk"),
        (published / "2025-03" / "facts" / METRICS, "yuebao report 2025-03 --no-pull"),
    ):
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        found = certified.run("verify", "2025-03")
        assert found.exit_code == 1, path
        assert path.name in found.stdout
        assert f"next: {command}" in found.stdout
        assert certified.run(*command.split()[1:]).exit_code == 0
        verified = certified.run("verify", "2025-03")
        assert verified.exit_code == 0, verified.output
