"""`yuebao plan`: what today's tables, wording and code would change in certified and built months; it only reads."""

import json
import os
import shutil
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import chinese_calendar
import pytest

from orchestration.runtime.installation import DEMO_HALL
from reports.certificates.certificate import Certificate
from reports.certificates.certification import MonthToCertify, draw_up
from reports.certificates.ledger import Archive
from reports.certificates.recount import Recounts
from reports.figures.months import days_of, months_before
from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import printed
from reports.files import digests
from tests.certificates import SERVICE, by_service, forced, signed
from tests.halls import Hall

METRICS, MEASURES = "catalogue/metrics.csv", "catalogue/metric_measures.csv"
ISSUED = "documents_issued,1,窗口出件量"
DECIMALS = "万件,10000,2,half_up,2023-01-01,\nparcels_mailed"


@pytest.fixture
def march(printed_hall: Hall, tmp_path: Path) -> Hall:
    """The hall with March certified, and a folder of settings of its own; its state folder is nobody else's."""
    other = printed_hall.copy(tmp_path)
    other.environment["YUEBAO_HALL"] = str(shutil.copytree(DEMO_HALL, tmp_path / "settings"))
    return other


def change(hall: Hall, file: str, old: str, new: str) -> None:
    path = Path(hall.environment["YUEBAO_HALL"]) / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def planned(hall: Hall, *arguments: str, code: int = 1) -> list[str]:
    """The lines of a plan, which leaves every file of the state folder as it is."""
    before = state_of(hall)
    result = hall.run("plan", *arguments)
    assert result.exit_code == code, result.output
    assert state_of(hall) == before
    return [line.strip() for line in result.stdout.splitlines()]


def state_of(hall: Hall) -> dict[str, str]:
    folders = {str(path): "folder" for path in hall.home.rglob("*") if path.is_dir()}
    return {**digests(hall.home), **folders}


def test_the_same_settings_give_no_difference(march: Hall) -> None:
    told = planned(march, "2025-03", code=0)
    assert told == ["2025-03 r1 certified: no difference", "months: 1, no difference"]
    assert planned(march, code=0) == told
    assert planned(march, "2025-02..2025-04", code=0) == told


def test_a_month_that_nobody_knows_is_refused(march: Hall) -> None:
    result = march.run("plan", "2025-04")
    assert result.exit_code == 1
    assert result.stderr.endswith("2025-04: no month is certified or built, so there is nothing to plan\n")
    assert march.run("plan", "2025-13").exit_code == 2


def test_another_rounding_changes_the_printed_number_its_sentence_and_nothing_else(march: Hall) -> None:
    change(march, METRICS, DECIMALS, DECIMALS.replace("2,half_up", "1,half_up"))
    told = planned(march)
    assert told[0] == "2025-03 r1 certified: would differ; a revision would need --reason definition_change"
    assert told[1] == ("documents_issued 窗口出件量: 2317 件 (0.23 万件) → 2317 件 (0.2 万件); display_decimals 2 → 1")
    assert told[2].startswith("- 综合窗口受理政务服务事项 0.02 万件，窗口出件量 0.23 万件；")
    assert told[3].startswith("+ 综合窗口受理政务服务事项 0.02 万件，窗口出件量 0.2 万件；")
    assert told[4:] == ["changed since: catalogue/metrics.csv", *told[5:]]
    assert told[-1] == "months: 1, 1 would differ"
    assert not [line for line in told if "rate" in line]


def test_another_unit_is_named(march: Hall) -> None:
    change(
        march,
        METRICS,
        "件,万件,10000,2,half_up,2023-01-01,\nparcels_mailed",
        "件,件,1,0,half_up,2023-01-01,\nparcels_mailed",
    )
    told = planned(march)
    assert "2317 件 (2317 件); display_unit 万件 → 件; display_divisor 10000 → 1; display_decimals 2 → 0" in told[1]
    # One edition writes a unit in one style: that the text can't be worded is an obstacle, and no sentence.
    assert any(line.startswith("not known: one edition writes 件 in one style") for line in told)


def test_another_wording_alone_needs_no_revision(march: Hall) -> None:
    change(march, "wording.txt.j2", "为办事企业群众提供", "为企业和群众提供")
    told = planned(march)
    assert told[0] == "2025-03 r1 certified: would differ"
    assert [line[:1] for line in told[1:3]] == ["-", "+"]
    assert "为办事企业群众提供" in told[1]
    assert "为企业和群众提供" in told[2]
    assert "changed since: wording.txt.j2" in told
    assert any("no revision takes up a wording alone" in line for line in told)


def test_a_wording_that_cannot_be_filled_is_not_known(march: Hall) -> None:
    change(march, "wording.txt.j2", "n.parcels_mailed", "n.parcels")
    told = planned(march)
    assert told[0] == "2025-03 r1 certified: can't be planned in whole"
    assert any("prints parcels, which this month's numbers don't hold" in line for line in told)


def test_another_definition_is_counted_from_the_certified_extracts(march: Hall) -> None:
    exact = march.numbers("2025-03")
    change(march, METRICS, ISSUED, ISSUED.replace(",1,", ",2,"))
    change(
        march,
        MEASURES,
        "documents_issued,1,documents_issued\n",
        "documents_issued,2,documents_issued\ndocuments_issued,2,parcels_mailed\n",
    )
    (line,) = [line for line in planned(march) if line.startswith("documents_issued")]
    assert f"{exact['documents_issued']} 件" in line
    assert f"→ {exact['documents_issued'] + exact['parcels_mailed']} 件" in line
    assert line.endswith("version 1 → 2; measures documents_issued → documents_issued+parcels_mailed")


def test_a_version_that_holds_from_later_on_changes_no_earlier_month(march: Hall) -> None:
    path = Path(march.environment["YUEBAO_HALL"]) / METRICS
    rows = path.read_text(encoding="utf-8").splitlines()
    old = next(row for row in rows if row.startswith("documents_issued"))
    ended, later = f"{old}2025-03-31", old.replace(",1,", ",2,", 1).replace("2023-01-01", "2025-04-01")
    change(march, METRICS, old, f"{ended}\n{later}")
    change(
        march,
        MEASURES,
        "documents_issued,1,documents_issued\n",
        "documents_issued,1,documents_issued\ndocuments_issued,2,parcels_mailed\n",
    )
    assert planned(march, code=0)[0] == "2025-03 r1 certified: no difference"


def test_a_new_metric_is_counted_and_one_of_an_unasked_measure_is_not_known(march: Hall) -> None:
    row = "accepted_at_windows,1,窗口受理,当月窗口受理数,受理,办件编号,,件,万件,10000,2,half_up,2023-01-01,\n"
    change(march, METRICS, "documents_issued,1", f"{row}documents_issued,1")
    change(
        march, MEASURES, "documents_issued,1", "accepted_at_windows,1,department_window_accepted\ndocuments_issued,1"
    )
    exact = march.numbers("2025-03")["department_window_accepted"]
    assert any(line.startswith(f"accepted_at_windows 窗口受理: none → {exact} 件 (") for line in planned(march))

    change(march, MEASURES, "accepted_at_windows,1,department_window_accepted", "accepted_at_windows,1,appointments")
    change(march, "catalogue/measures.csv", "documents_issued,", "appointments,预约量,预约,count\ndocuments_issued,")
    assert "not known: appointments is counted by no system of hall.toml" in planned(march)
    change(
        march, "hall.toml", 'measures = ["phone_consultations"]', 'measures = ["phone_consultations", "appointments"]'
    )
    told = planned(march)
    assert told[0] == "2025-03 r1 certified: can't be planned in whole"
    assert (
        "not known: the certified answers of call_centre don't count appointments, so its value isn't known: "
        "`yuebao pull 2025-03 --system call_centre` asks for it"
    ) in told
    assert not [line for line in told if line.startswith("accepted_at_windows")]


def test_a_late_correction_is_named_and_is_no_difference(printed_hall: Hall, tmp_path: Path) -> None:
    other = printed_hall.copy(tmp_path, demo=True)
    other.correct_calls("2025-03-12", 8)
    assert other.run("pull", "2025-03-12", "--system", "call_centre").exit_code == 0
    told = planned(other, code=0)
    assert told[0] == "2025-03 r1 certified: no difference"
    assert told[1] == ("late data waits, which this plan leaves out: call_centre 2025-03-12; `yuebao status 2025-03`")


def test_a_changed_extract_or_release_is_not_known(march: Hall) -> None:
    extract = march.home / "landing" / "call_centre" / "2025-03-12"
    (file,) = extract.glob("*.parquet")
    file.write_bytes(file.read_bytes() + b" ")
    change(march, METRICS, "电话咨询,当月", "电话咨询量,当月")
    assert any(line.startswith("not known: ") and file.name in line for line in planned(march))


def test_a_changed_release_is_not_known(march: Hall) -> None:
    section = march.home / "published" / "2025-03" / "r1" / "section.txt"
    section.write_text("5 万件\n", encoding="utf-8")
    assert f"not known: {section} isn't what was certified: `yuebao verify 2025-03`" in planned(march)


def test_a_built_month_is_rebuilt_where_its_tables_or_extracts_changed(march: Hall) -> None:
    march.uncertify()
    assert planned(march, code=0)[0] == "2025-03 built, not certified: no difference"
    change(march, METRICS, "电话咨询,当月", "电话咨询量,当月")
    assert planned(march)[:2] == [
        "2025-03 built, not certified: would be rebuilt by `yuebao report 2025-03`",
        "metrics changed",
    ]
    shutil.rmtree(march.home / "landing" / "call_centre" / "2025-03-12")
    assert planned(march)[1:3] == ["extracts of call_centre 2025-03-12", "metrics changed"]


def test_a_program_reads_the_plan_as_json(march: Hall) -> None:
    change(march, METRICS, DECIMALS, DECIMALS.replace("2,half_up", "1,half_up"))
    (month,) = json.loads("\n".join(planned(march, "--format", "json")))
    assert (month["month"], month["differs"], month["reason"]) == ("2025-03", True, "definition_change")
    (number,) = month["numbers"]
    assert (number["old"]["printed"], number["new"]["printed"], number["new"]["exact"]) == ("0.23", "0.2", 2317)


def test_a_build_holds_the_tests_of_dbt_against_changed_tables(march: Hall) -> None:
    change(march, METRICS, DECIMALS, DECIMALS.replace("2,half_up", "1,half_up"))
    (line,) = [line for line in planned(march, "2025-03", "--build") if line.startswith("documents_issued")]
    assert line.endswith("→ 2317 件 (0.2 万件); display_decimals 2 → 1")
    change(march, METRICS, "1,half_up,2023-01-01,\nparcels", "1,half_up,2023-01-01,2022-12-31\nparcels")
    assert any(line.startswith("not known: the warehouse refused 2025-03") for line in planned(march, "--build"))


def certify_years(hall: Hall, years: int) -> int:
    """March's extracts under the days of the months before it, certified as nothing checks; how many months."""
    landing, published = hall.home / "landing", hall.home / "published"
    archive = Archive(hall.home / "certificates", landing, published, ())
    entry = archive.ledger.latest("2025-03")
    assert entry
    months = [months_before("2025-03", back) for back in range(1, 12 * years)]
    for month in months:
        _certify_like(entry.certificate, month, archive)
    return 1 + len(months)


def _certify_like(march: Certificate, month: str, archive: Archive) -> None:
    last = len(days_of(month))
    kept = [each for each in march.foundation.extracts if int(each.day[-2:]) <= last]
    extracts = tuple(replace(each, day=f"{month}-{each.day[-2:]}") for each in kept)
    for old, new in zip(kept, extracts, strict=True):
        (archive.landing / new.path).parent.mkdir(exist_ok=True)
        for file in ("path", "entry_path"):
            os.link(archive.landing / getattr(old, file), archive.landing / getattr(new, file))
    days = days_of(month)
    counted_days = {"calendar": len(days), "working": sum(map(chinese_calendar.is_workday, days))}
    derived = replace(march.foundation.derived, days=counted_days)
    foundation = replace(march.foundation, extracts=extracts, boundary=(), derived=derived)
    counted = Recounts(archive.landing).of(march.standing_on(foundation))
    numbers = [_with_exact(number, sum(int(counted[name]) for name in number.measures)) for number in march.numbers]
    fields = {name: getattr(march, name) for name in ("hall", "site", "program", "policy")}
    drawn = draw_up(archive, MonthToCertify(month=month, numbers=numbers, foundation=foundation, settings=(), **fields))
    at = datetime(2025, 5, 1, tzinfo=UTC)
    forced(archive, drawn, signed(drawn, by_service(at), [SERVICE]), at)


def _with_exact(number: MonthlyNumber, exact: int) -> MonthlyNumber:
    divisor, decimals, rule = number.display_divisor, number.display_decimals, number.rounding
    return replace(number, exact=exact, printed=printed(exact, divisor=divisor, decimals=decimals, rule=rule))


@pytest.mark.parametrize(
    "years",
    [pytest.param(1, id="one_year"), pytest.param(10, id="ten_years", marks=pytest.mark.proof)],
)
def test_years_are_planned_by_counting_every_extract_once(
    march: Hall, years: int, capsys: pytest.CaptureFixture[str]
) -> None:
    months = certify_years(march, years)
    path = Path(march.environment["YUEBAO_HALL"]) / METRICS
    path.write_text(path.read_text(encoding="utf-8").replace("2023-01-01", "2010-01-01"), encoding="utf-8")
    started = time.perf_counter()
    assert planned(march, code=0)[-1] == f"months: {months}, no difference"
    same = time.perf_counter() - started
    change(
        march, METRICS, DECIMALS.replace("2023", "2010"), DECIMALS.replace("2023", "2010").replace("2,half", "1,half")
    )
    change(march, MEASURES, "parcels_mailed,1,parcels_mailed", "parcels_mailed,1,documents_issued")
    started = time.perf_counter()
    told = planned(march)
    with capsys.disabled():
        took = time.perf_counter() - started
        sys.stdout.write(f"\n{months} months: {same:.1f} s without a difference, {took:.1f} s where all differ\n")
    assert told[-1] == f"months: {months}, {months} would differ"
    assert sum("display_decimals 2 → 1" in line for line in told) == months
