"""Bad input against real interfaces: one readable error, the day in quarantine, everything else standing.

Most faults are pulled in one run, each on a day of its own, so that every case also shows that a fault of one day
holds neither another day nor another system; a second run, with everything mended, shows that nothing sticks.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.certification.monthly_report import RunOutcome
from orchestration.config.hall import load_hall
from orchestration.demo import DESKS_KEY, PLATFORM_BEARER, DemoHall
from orchestration.demo.days import is_working_day
from orchestration.demo.drop_folders import call_centre_file, courier_file
from orchestration.demo.server import demo_app, serving
from orchestration.demo.window_database import window_database
from orchestration.landing.manifest import Extract, Landing
from orchestration.landing.quarantine import Quarantine, Refusal
from orchestration.runs import Runs
from orchestration.runtime.paths import SILENCE, Home, prepare_environment
from tests import faults
from tests.faults import ID_CARD, PHONE, FaultyApp, document, lines, on_page, once, part, sheet, sql, status

DAYS = [dt.date(2025, 3, 17) + dt.timedelta(days=offset) for offset in range(45)]
SYSTEMS = ("online_platform", "window_system", "courier", "call_centre", "enquiry_desks")
TITLES = {
    "online_platform": "一体化政务服务平台",
    "window_system": "窗口系统",
    "courier": "邮寄",
    "call_centre": "电话咨询",
    "enquiry_desks": "现场咨询",
}
ATTEMPTS = 3


@dataclass(frozen=True)
class Case:
    """One fault of one system.

    Attributes:
        says: what the message holds; `{day}` is the day, `{compact}` the day without dashes. Empty: the answer is good.
        answered: whether the system said something, so that the day is quarantined and not only missing.
        attempts: how often the most asked page is asked for (HTTP only).
        closed: the fault is one of a closed day.
    """

    name: str
    system: str
    spoil: Any
    says: tuple[str, ...] = ()
    answered: bool = True
    attempts: int = 1
    closed: bool = False

    def __str__(self) -> str:
        return f"{self.system}: {self.name}"


def _row(number: int = 0, **values: Any) -> Callable[[Any], None]:
    """A row of either HTTP system's document, changed."""

    def change(said: Any) -> None:
        rows = said["data"]["rows"] if "data" in said else said["desks"]
        rows[number].update(values)

    return change


def _totals(**values: Any) -> Callable[[Any], None]:
    return lambda said: said["data"]["totals"].update(values)


def _platform(name: str, spoil: Any, *says: str, answered: bool = True, attempts: int = 1) -> Case:
    return Case(name, "online_platform", spoil, says, answered, attempts)


def _no_rows(said: Any) -> None:
    # Of one of its measures it says nothing, and of the others that there were none.
    totals = dict.fromkeys(said["data"]["totals"], 0)
    said["data"] |= {"rows": [], "pages": 1, "totals": {**totals, next(reversed(totals)): 1}}


def _first_rows_among_others(said: Any) -> None:
    rows = said["data"]["rows"]
    rows[1:4] = [rows[0]] * 3


PLATFORM = (
    _platform("the token is refused", status(401), "page 1: HTTP 401", "renew the secret", answered=False),
    _platform("the account may not", status(403), "page 1: HTTP 403", "renew the secret", answered=False),
    _platform("the question is refused", status(400), "page 1: HTTP 400", "hall.toml", answered=False),
    _platform("asked too fast, in after Retry-After", faults.Throttled(1), attempts=2),
    _platform(
        "asked too fast, for ever",
        status(429, ("Retry-After", "0")),
        "page 1: HTTP 429",
        "wait until",
        answered=False,
        attempts=ATTEMPTS,
    ),
    _platform("out of order once", on_page(1, once(status(500))), attempts=2),
    _platform("out of order", status(500), "page 1: HTTP 500", "wait until", answered=False, attempts=ATTEMPTS),
    _platform("overloaded on page 2", on_page(2, status(503)), "page 2: HTTP 503", answered=False, attempts=ATTEMPTS),
    _platform("the connection breaks off", faults.cut_off, "the connection to", answered=False, attempts=ATTEMPTS),
    _platform("half of the JSON", faults.half, "page 1", "isn't whole JSON", attempts=ATTEMPTS),
    _platform("half of the JSON once", on_page(1, once(faults.half)), attempts=2),
    _platform(
        "a login page",
        faults.body("<html>请登录</html>".encode(), "text/html"),
        "page 1: the answer isn't whole JSON (text/html",
        attempts=ATTEMPTS,
    ),
    _platform("sent to a login page", status(302, ("Location", "/login")), "page 1: HTTP 302", answered=False),
    _platform("NaN", document(_row(3, count=float("nan"))), "isn't whole JSON", attempts=ATTEMPTS),
    _platform("JSON without a floor", faults.body(b"[" * 200_000), "isn't whole JSON", attempts=ATTEMPTS),
    _platform("no data", faults.body(b'{"code": 7}'), "has no 'data.date'", "interface description"),
    _platform("rows that are none", document(lambda said: said["data"].update(rows=["x"])), "isn't a list of rows"),
    _platform("no pages", document(lambda said: said["data"].update(pages=0)), "there are 0 pages"),
    _platform("page 1 again", faults.first_answer_again(), "page 2: data.page is 1", "ask the system's keeper"),
    _platform(
        "page 1 again as page 2", faults.first_rows_again(), "page 2 repeats the rows of page 1", attempts=ATTEMPTS
    ),
    _platform(
        "a page with rows of the one before",
        document(_first_rows_among_others),
        "key_is_unique",
        "row 1: hall_code = '510000'",
        "delivered twice",
    ),
    _platform(
        "page 2 without rows",
        on_page(2, document(lambda said: said["data"].update(rows=[]))),
        "rows and its pages hold",
        "rows were repeated or are missing",
        attempts=ATTEMPTS,
    ),
    _platform("page 2 is gone", on_page(2, status(404)), "page 2 is missing", attempts=ATTEMPTS),
    _platform(
        "another day",
        document(lambda said: said["data"].update(date="2024-03-20")),
        "page 1: data.date is '2024-03-20' and not the day asked for ('{day}')",
    ),
    _platform("an unknown hall", document(_row(4, hall="519999")), "hall_is_known", "row 5", "'‹withheld 1›'"),
    _platform("an unknown measure", document(_row(4, measure="visits")), "measure_is_known", "row 5", "'‹withheld 1›'"),
    _platform("half a case", document(_row(4, count=12.5)), "non_negative_integer", "row 5: count = 12.5"),
    _platform("an ID number as department", document(_row(4, department=ID_CARD)), "no_personal_patterns", "row 5"),
    _platform("a phone number as item", document(_row(4, item=f"张三{PHONE}")), "no_personal_patterns", "row 5"),
    _platform("a code that is a number", document(_row(4, item=3)), "text_columns_hold_text", "row 5", "item_code"),
    _platform("no rows on an open day", document(_no_rows), "no rows, and missing is not zero", "calendar_overrides"),
    _platform("a total is null", document(_totals(online_open=None)), "total of online_open blank"),
    _platform("a total is wrong", document(_totals(online_completed=7)), "declared_total_equals_sum", "declared = 7"),
)


def _desks(name: str, spoil: Any, *says: str, answered: bool = True, closed: bool = False) -> Case:
    return Case(name, "enquiry_desks", spoil, says, answered, closed=closed)


def _twice(said: Any) -> None:
    said["desks"].append(said["desks"][5])
    said["sum"] += said["desks"][5]["consultations"]


def _full_width(said: Any) -> None:
    row = said["desks"][3]
    row["consultations"] = str(row["consultations"]).translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def _open_after_all(asked: faults.Asked, _reply: faults.Reply) -> faults.Reply:
    """What the desks would say of the closed Saturday that this is installed on."""
    said = '{"stat_date": "2025-03-22", "sum": 9, "desks": [{"department": "D01", "consultations": 9}]}'
    return faults.Reply(200, said.encode())


DESKS = (
    _desks("a negative count", document(_row(3, consultations=-1)), "non_negative_integer", "page 1 row 4: count = -1"),
    _desks("half a visit", document(_row(3, consultations="12.5")), "non_negative_integer", "row 4: count = '12.5'"),
    _desks(
        "a count in words",
        document(_row(3, consultations="十二")),
        "non_negative_integer",
        "row 4: count = '‹withheld 1›'",
    ),
    _desks("no count", document(_row(3, consultations=None)), "non_negative_integer", "row 4: count = None"),
    _desks(
        "a count that is true", document(_row(3, consultations=True)), "non_negative_integer", "row 4: count = True"
    ),
    _desks("a count beyond all bounds", document(_row(3, consultations=10**30)), "non_negative_integer", "row 4"),
    _desks("a count without end", document(_row(3, consultations="infinity")), "non_negative_integer", "row 4"),
    _desks("full-width digits", document(_full_width)),
    _desks(
        "an unknown department", document(_row(3, department="D99")), "department_is_known", "row 4", "'‹withheld 1›'"
    ),
    _desks("no department", document(_row(3, department="")), "text_columns_hold_text", "row 4", "department_code"),
    _desks("a row twice", document(_twice), "key_is_unique", "page 1 row 6", "D06"),
    _desks("another day", document(lambda said: said.update(stat_date="2025-02-29")), "stat_date is '2025-02-29'"),
    _desks(
        "a person's ID as the day", document(lambda said: said.update(stat_date=ID_CARD)), "stat_date is '‹masked›'"
    ),
    _desks("a total that is wrong", document(lambda said: said.update(sum=said["sum"] + 1)), "declared_total_equals"),
    _desks("a total that is null", document(lambda said: said.update(sum=None)), "total of onsite_consultations blank"),
    _desks("no answer on an open day", status(404), "HTTP 404", "no answer for the day", answered=False),
    _desks("counts on a closed day", _open_after_all, "holds counts for a day", "closed (周六)", closed=True),
)


def _window(name: str, spoil: Any, *says: str, answered: bool = True, closed: bool = False) -> Case:
    return Case(name, "window_system", spoil, says, answered, closed=closed)


_ONE_CASE = "(SELECT min(case_id) FROM cases WHERE accepted_at BETWEEN :from AND :to)"
_CLOSED_WITH = "INSERT INTO day_close VALUES ('510000', :day, :to, 0, 0, {issued})"
_A_DOCUMENT = "INSERT INTO documents VALUES ('CJ-' || :day, 'SL', '510000', 'D01', '无', '无', :to)"

WINDOW = (
    _window(
        "the day isn't closed yet",
        sql("DELETE FROM day_close WHERE stat_date = :day"),
        "window_day_close.sql finds no closing record of the day",
        "wait until",
        answered=False,
    ),
    _window(
        "two closing records",
        sql("INSERT INTO day_close SELECT * FROM day_close WHERE stat_date = :day"),
        "finds 2 closing records",
    ),
    _window(
        "the closing record says more",
        sql("UPDATE day_close SET documents_issued = documents_issued + 1 WHERE stat_date = :day"),
        "declared_total_equals_sum",
        "documents_issued",
    ),
    _window(
        "a case is lost",
        sql(f"DELETE FROM cases WHERE case_id = {_ONE_CASE}"),
        "declared_total_equals_sum",
        "department_window_accepted: counted",
    ),
    _window(
        "an unknown department",
        sql(f"UPDATE cases SET department_code = 'D99' WHERE case_id = {_ONE_CASE}"),
        "department_is_known",
        "window_counts.sql row",
        "'‹withheld 1›'",
    ),
    _window(
        "an unknown window",
        sql(f"UPDATE cases SET window_kind = '自助' WHERE case_id = {_ONE_CASE}"),
        "measure_is_known",
        "'‹withheld 1›'",
    ),
    _window(
        "an ID number as department",
        sql(f"UPDATE cases SET department_code = applicant_id_card WHERE case_id = {_ONE_CASE}"),
        "no_personal_patterns",
        "window_counts.sql row",
    ),
    _window(
        "nothing on an open day",
        sql(
            "DELETE FROM cases WHERE accepted_at BETWEEN :from AND :to",
            "DELETE FROM documents WHERE issued_at BETWEEN :from AND :to",
            "DELETE FROM day_close WHERE stat_date = :day",
            _CLOSED_WITH.format(issued=1),
        ),
        "no rows, and missing is not zero",
    ),
    _window("closed with zeros on a closed day", sql(_CLOSED_WITH.format(issued=0)), closed=True),
    _window(
        "counts on a closed day",
        sql(_CLOSED_WITH.format(issued=1), _A_DOCUMENT),
        "holds counts for a day that the calendar declares closed",
        closed=True,
    ),
    _window(
        "totals without counts on a closed day",
        sql(_CLOSED_WITH.format(issued=5)),
        "holds counts for a day that the calendar declares closed",
        closed=True,
    ),
)


def _courier(name: str, spoil: Any, *says: str, answered: bool = True, closed: bool = False) -> Case:
    return Case(name, "courier", spoil, says, answered, closed=closed)


def _cell(row: int, column: int, value: Any) -> Callable[[Any], None]:
    """A cell of the sheet; row -1 is 合计."""

    def change(page: Any) -> None:
        page.cell(row if row > 0 else page.max_row, column).value = value

    return change


def _row_again(page: Any) -> None:
    values = [cell.value for cell in page[9]]
    page.insert_rows(10)
    for column, value in enumerate(values, start=1):
        page.cell(10, column).value = value
    page.cell(page.max_row, 4).value += values[3]


def _remark(page: Any) -> None:
    page.cell(2, 5).value = "备注"
    page.cell(7, 5).value = f"收件人 {PHONE} {ID_CARD}"


def _full_width_cell(page: Any) -> None:
    page.cell(7, 4).value = str(page.cell(7, 4).value).translate(str.maketrans("0123456789", "０１２３４５６７８９"))


_FILE = "邮寄日报_{day}.xlsx"

COURIER = (
    _courier("no file", faults.remove, "no file 邮寄日报_{day}*.xlsx in", "ask the sender", answered=False),
    _courier("two files", faults.doubled(" (1)"), "2 files for one day", "邮寄日报_{day} (1).xlsx", "move the other"),
    _courier("two files, one with a phone number", faults.doubled(f"_{PHONE}"), "2 files for one day", "‹masked›"),
    _courier("a phone number in the name", faults.renamed(f"_{PHONE}"), "no_personal_patterns", "‹masked›"),
    _courier("an empty file", faults.holding(b""), f"{_FILE} is empty (0 bytes)", "for the file again"),
    _courier("text called .xlsx", faults.holding("日期,部门编码".encode()), f"{_FILE} is not an .xlsx workbook"),
    _courier(
        "a zip of something", faults.holding(faults.archive({"a.txt": b"x"})), f"{_FILE} is not an .xlsx workbook"
    ),
    _courier("half a workbook", lambda path: path.write_bytes(path.read_bytes()[:3000]), f"{_FILE} is not an .xlsx"),
    _courier("a workbook with a torn sheet", part(rb"</sheetData>.*", b""), f"{_FILE} is not an .xlsx workbook"),
    _courier("a workbook that states a size of A1", part(rb'<dimension ref="[^"]+"', b'<dimension ref="A1"')),
    _courier("another header", sheet(_cell(2, 4, "件数")), f"{_FILE} has no header row with 日期、部门编码、邮寄件数"),
    _courier("a header twice", sheet(_cell(2, 3, "邮寄件数")), f"{_FILE} has more than one column named 邮寄件数"),
    _courier("合计 is wrong", sheet(_cell(-1, 4, 3)), "declared_total_equals_sum", "declared = 3"),
    _courier("合计 is missing", sheet(lambda page: page.delete_rows(page.max_row)), f"{_FILE} has 0 rows named 合计"),
    _courier("合计 twice", sheet(lambda page: page.append(("合计", None, None, 3))), f"{_FILE} has 2 rows named 合计"),
    _courier("合计 is blank", sheet(_cell(-1, 4, None)), f"{_FILE} leaves its own total of parcels_mailed blank"),
    _courier(
        "合计 was never calculated", sheet(_cell(-1, 4, "=SUM(D3:D50)")), "is a formula that was never calculated"
    ),
    _courier("no rows but 合计", sheet(lambda page: page.delete_rows(3, page.max_row - 3)), "missing is not zero"),
    _courier("another day in a row", sheet(_cell(7, 1, "2025-03-01")), "stat_date_is_the_day_asked", f"{_FILE} row 7"),
    _courier(
        "a negative count", sheet(_cell(7, 4, -2)), f"{_FILE} cell D7 (邮寄件数) is -2: a correction", "restate the day"
    ),
    _courier("half a parcel", sheet(_cell(7, 4, 0.5)), f"{_FILE} cell D7 (邮寄件数) is 0.5 and no whole number"),
    _courier(
        "a count in words", sheet(_cell(7, 4, "十")), f"{_FILE} cell D7 (邮寄件数) holds text that is no whole number"
    ),
    _courier("no count", sheet(_cell(7, 4, None)), f"{_FILE} cell D7 (邮寄件数) is blank, and blank is not zero"),
    _courier(
        "a count that is true", sheet(_cell(7, 4, value=True)), f"{_FILE} cell D7 (邮寄件数) holds True and no number"
    ),
    _courier("full-width digits", sheet(_full_width_cell)),
    _courier(
        "an unknown department", sheet(_cell(7, 2, "D99")), "department_is_known", f"{_FILE} row 7", "'‹withheld 1›'"
    ),
    _courier("a row twice", sheet(_row_again), "key_is_unique", f"{_FILE} row 9", f"{_FILE} row 10"),
    _courier("an ID number as department", sheet(_cell(7, 2, ID_CARD)), "no_personal_patterns", f"{_FILE} row 7"),
    _courier("an ID number as a number", sheet(_cell(7, 2, int(ID_CARD))), "no_personal_patterns", f"{_FILE} row 7"),
    _courier("people in a column that nobody asked for", sheet(_remark)),
)


def _calls(name: str, spoil: Any, *says: str, answered: bool = True) -> Case:
    return Case(name, "call_centre", spoil, says, answered)


def _in_mojibake(table: list[list[str]]) -> None:
    """Texts whose UTF-8 bytes are pairs that GBK knows; the reader would cut the space off the last header."""
    table[0][3] += "\u205f"
    for line in table[1:]:
        line[2] = ""
    table.pop()


def _set(row: int, column: int, value: str) -> Callable[[list[list[str]]], None]:
    def change(table: list[list[str]]) -> None:
        table[row][column] = value

    return change


_CSV = "电话咨询_{compact}.csv"

CALLS = (
    _calls("no file", faults.remove, "no file 电话咨询_{compact}*.csv in", "ask the sender", answered=False),
    _calls("two files", faults.doubled("-补"), "2 files for one day", "电话咨询_{compact}-补.csv"),
    _calls("an empty file", faults.holding(b""), f"{_CSV} is empty (0 bytes)"),
    _calls("UTF-8 instead of GBK", lines(lambda _: None, "utf-8"), f"{_CSV} isn't GBK text", "agreed encoding"),
    _calls("UTF-8 that GBK can read", lines(_in_mojibake, "utf-8"), f"{_CSV} has no header row with 日期、部门编码"),
    _calls("a zip called .csv", faults.holding(faults.archive({"a.xml": b"\xff" * 9})), f"{_CSV} is not a .csv table"),
    _calls("cut inside a quote", lambda path: path.write_bytes(path.read_bytes() + b'"D'), f"{_CSV} isn't a table"),
    _calls("another header", lines(_set(0, 3, "来电量")), f"{_CSV} has no header row with 日期、部门编码、接听量"),
    _calls("合计 is wrong", lines(_set(-1, 3, "1")), "declared_total_equals_sum", "declared = 1"),
    _calls("合计 is missing", lines(lambda table: table.pop()), f"{_CSV} has 0 rows named 合计"),
    _calls("合计 twice", lines(lambda table: table.append(table[-1])), f"{_CSV} has 2 rows named 合计"),
    _calls("合计 is empty", lines(_set(-1, 3, "")), f"{_CSV} leaves its own total"),
    _calls("another day in a row", lines(_set(4, 0, "2025-03-01")), "stat_date_is_the_day_asked", f"{_CSV} row 5"),
    _calls("a count in words", lines(_set(4, 3, "无")), f"{_CSV} cell D5 (接听量) holds a mark for none"),
    _calls("no count", lines(_set(4, 3, "")), f"{_CSV} cell D5 (接听量) is blank, and blank is not zero"),
    _calls("a row that ends early", lines(lambda table: table[4].pop()), f"{_CSV} cell D5 (接听量) is blank"),
    _calls("a phone number as department", lines(_set(4, 1, PHONE)), "no_personal_patterns", f"{_CSV} row 5"),
    _calls("people in a column nobody asked for", lines(_set(4, 2, f"张三 {ID_CARD}"))),
)


def _dated(cases: Sequence[Case]) -> list[tuple[Case, dt.date]]:
    """A day for each case of one system: of the kind that it wants, none twice."""
    opens = load_hall().hall.systems[cases[0].system].opens
    open_days = iter([day for day in DAYS if opens == "every_day" or is_working_day(day)])
    closed_days = iter([day for day in DAYS if not is_working_day(day)])
    return [(case, next(closed_days if case.closed else open_days)) for case in cases]


DATED = [pair for cases in (PLATFORM, DESKS, WINDOW, COURIER, CALLS) for pair in _dated(cases)]
REFUSED = {(case.system, day): case for case, day in DATED if case.says}
each_case = pytest.mark.parametrize(("case", "day"), DATED, ids=[str(case) for case, _ in DATED])
each_refused = pytest.mark.parametrize(
    ("case", "day"), [pair for pair in DATED if pair[0].says], ids=[str(case) for case, _ in DATED if case.says]
)


@dataclass(frozen=True)
class Stand:
    """How things stood after a run."""

    outcome: RunOutcome
    extracts: Mapping[tuple[str, dt.date], Extract]
    refusals: Mapping[tuple[str, dt.date], Refusal]

    @property
    def lines(self) -> dict[tuple[str, dt.date], str]:
        """The line that the run says of each refused day."""
        said = [line for message in self.outcome.messages for line in message.splitlines()]
        found = [(re.match(r"(\w+) \S+, hall 510000, (\d{4}-\d\d-\d\d): ", line), line) for line in said]
        return {(match[1], dt.date.fromisoformat(match[2])): line for match, line in found if match}


@dataclass(frozen=True)
class Told:
    """The two runs over all cases: with the faults, and mended."""

    home: Home
    app: FaultyApp
    attempts: Mapping[tuple[str, dt.date], int]
    spoiled: Stand
    files: frozenset[Path]
    log: str
    mended: Stand


def _stand(home: Home, outcome: RunOutcome, systems: Sequence[str], days: Sequence[dt.date]) -> Stand:
    landing, quarantine = Landing(home.landing), Quarantine(home.quarantine)
    keys = [(system, day) for system in systems for day in days]
    extracts = {key: landing.current(*key) for key in keys}
    refusals = {key: quarantine.open_refusals(*key).get("510000") for key in keys}
    return Stand(
        outcome,
        {key: extract for key, extract in extracts.items() if extract},
        {key: refusal for key, refusal in refusals.items() if refusal},
    )


@contextmanager
def _environment(home: Home, **variables: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**dict.fromkeys(SILENCE, ""), **variables}.items():
            patch.setenv(name, value)
        patch.setenv("YUEBAO_HOME", str(home.root))
        patch.setenv("DAGSTER_HOME", str(home.dagster))
        prepare_environment(home)
        yield


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The project's own definitions, loaded once; each pull lands in the state folder that the environment names."""
    home = Home(tmp_path_factory.mktemp("runs"))
    with _environment(home):
        loaded = Runs(home)
        assert loaded._instance  # opened now: opening it names its own state folder in the environment
    return loaded


def _spoil(case: Case, day: dt.date, folder: Path, app: FaultyApp) -> None:
    match case.system:
        case "courier":
            case.spoil(courier_file(folder, day))
        case "call_centre":
            case.spoil(call_centre_file(folder, day))
        case "window_system":
            case.spoil(window_database(folder), day.isoformat())
        case system:
            app.faults[system, day.isoformat()] = case.spoil


@contextmanager
def _log_of_everything() -> Iterator[io.StringIO]:
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    logging.getLogger().addHandler(handler)
    try:
        yield kept
    finally:
        logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="module")
def told(runs: Runs, demo: DemoHall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    root = tmp_path_factory.mktemp("bad_input")
    folder, home = root / "systems", Home(root / "home")
    _copy_with_closings_unkeyed(demo.folder, folder)
    hall = faults.hall_folder(root / "hall", ("per_page = 500", "per_page = 170"))
    app = FaultyApp(demo_app(PLATFORM_BEARER, DESKS_KEY))
    for case, day in DATED:
        _spoil(case, day, folder, app)
    with serving(app) as url:
        variables = {**DemoHall(url, folder).variables(), "YUEBAO_HALL": str(hall)}
        with _environment(home, **variables), _log_of_everything() as log:
            spoiled = _stand(home, runs.pull(DAYS, SYSTEMS), SYSTEMS, DAYS)
            files = frozenset(home.landing.rglob("*.*"))
            attempts = {(case.system, day): app.attempts(case.system, day.isoformat()) for case, day in DATED}
            app.faults.clear()
            shutil.rmtree(folder)
            shutil.copytree(demo.folder, folder)
            mended = _stand(home, runs.pull(DAYS, SYSTEMS), SYSTEMS, DAYS)
        yield Told(home, app, attempts, spoiled, files, log.getvalue(), mended)


def _copy_with_closings_unkeyed(original: Path, folder: Path) -> None:
    """A window system whose database doesn't keep anybody from closing a day twice."""
    shutil.copytree(original, folder)
    sql(
        "ALTER TABLE day_close RENAME TO keyed",
        "CREATE TABLE day_close AS SELECT * FROM keyed",
        "DROP TABLE keyed",
    )(window_database(folder), "")


def test_the_run_fails_and_says_one_line_of_each_refused_day_and_of_no_other(told: Told) -> None:
    assert not told.spoiled.outcome.success
    assert set(told.spoiled.lines) == set(REFUSED)
    assert len("\n".join(told.spoiled.outcome.messages).splitlines()) == len(REFUSED) + len(SYSTEMS)


def test_every_other_day_of_every_system_is_in(told: Told) -> None:
    assert set(told.spoiled.extracts) == {(system, day) for system in SYSTEMS for day in DAYS} - set(REFUSED)
    assert set(told.spoiled.refusals) == set(REFUSED)


@each_refused
def test_the_message_names_system_hall_day_place_and_what_to_do(told: Told, case: Case, day: dt.date) -> None:
    line = told.spoiled.lines[case.system, day]
    assert line.startswith(f"{case.system} {TITLES[case.system]}, hall 510000, {day}: ")
    for said in case.says:
        assert said.format(day=day, compact=f"{day:%Y%m%d}") in line
    assert re.search(r"\. Next: .{10,}\.$", line)


@each_refused
def test_exactly_that_day_is_kept_in_quarantine(told: Told, case: Case, day: dt.date) -> None:
    refusal = told.spoiled.refusals[case.system, day]
    assert refusal.reason == told.spoiled.lines[case.system, day]
    assert refusal.answered is case.answered
    assert refusal.run_id == told.spoiled.outcome.run_id
    assert not [path for path in told.files if {case.system, day.isoformat()} <= set(path.parts)]


@pytest.mark.parametrize(
    ("case", "day"),
    [pair for pair in DATED if pair[0].system in {"online_platform", "enquiry_desks"}],
    ids=str,
)
def test_what_can_pass_is_asked_again_and_nothing_else(told: Told, case: Case, day: dt.date) -> None:
    assert told.attempts[case.system, day] == case.attempts


@each_case
def test_a_good_answer_lands_and_ends_the_quarantine(told: Told, case: Case, day: dt.date) -> None:
    extract = told.mended.extracts[case.system, day]
    # An answer that was accepted with its oddity said the same as the good one: no second extract.
    assert extract.sequence == 1
    assert (case.system, day) not in told.mended.refusals
    folder = told.home.quarantine / case.system / day.isoformat()
    assert len(list(folder.rglob("*.resolved.json"))) == (1 if case.says else 0)


def test_mended_everything_is_in_and_nothing_that_was_in_is_landed_anew(told: Told) -> None:
    assert told.mended.outcome.success
    assert told.mended.refusals == {}
    assert {key: told.mended.extracts[key] for key in told.spoiled.extracts} == told.spoiled.extracts
    assert told.files <= set(told.home.landing.rglob("*.*"))


def test_nobody_was_sent_to_a_login_page(told: Told) -> None:
    assert told.app.elsewhere == []


def test_no_person_is_echoed_anywhere(told: Told, runs: Runs) -> None:
    said = [told.log, *told.spoiled.outcome.messages, *map(str, _events(runs, told.spoiled.outcome.run_id))]
    assert not [text for text in said if ID_CARD in text or PHONE in text]
    files = [path for path in told.home.root.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if PHONE in path.name or _holds_a_person(path)]


def _events(runs: Runs, run_id: str) -> Sequence[Any]:
    events = runs._instance.all_logs(run_id)
    assert len(events) > 100
    return events


def _holds_a_person(path: Path) -> bool:
    content = str(pq.read_table(path).to_pylist()).encode() if path.suffix == ".parquet" else path.read_bytes()
    return ID_CARD.encode() in content or PHONE.encode() in content


# --- a system that is out of reach, or asked wrongly: every day of it is missing, and no other system suffers --------

Asking = Callable[..., None]


@pytest.fixture
def asking(demo: DemoHall, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """The demo hall's systems are asked, with short waits; called with variables, it points them elsewhere."""
    assert home.root.is_relative_to(tmp_path)

    def point(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    point(**demo.variables(), YUEBAO_HALL=str(faults.hall_folder(tmp_path / "hall_of_the_demo")))
    return point


WEEK = [dt.date(2025, 3, 10) + dt.timedelta(days=offset) for offset in range(3)]
_PEOPLE_TOO = "SELECT department_code, applicant_name, applicant_phone FROM cases WHERE accepted_at >= :day_start"
_NO_TABLE = "SELECT documents_issued FROM closings WHERE stat_date = :day"
_WHO_CLOSED = "SELECT documents_issued, hall_code AS closed_by FROM day_close WHERE stat_date = :day"
_UNKNOWN_PARAMETER = "SELECT documents_issued FROM day_close WHERE stat_date = :date"


@dataclass(frozen=True)
class Setting:
    """A hall whose settings lead a system astray."""

    name: str
    system: str
    says: tuple[str, ...]
    changes: tuple[tuple[str, str], ...] = ()
    queries: Mapping[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.system}: {self.name}"


SETTINGS = (
    Setting(
        "the server is down",
        "enquiry_desks",
        ("page 1: the connection to http://127.0.0.1:", "reachable"),
        (("${YUEBAO_DEMO_URL}/desks", f"{faults.nobody_listens()}/desks"),),
    ),
    Setting(
        "the database isn't there",
        "window_system",
        ("the database didn't answer (unable to open database file)", "look whether the database is up"),
        (("window.sqlite", "elsewhere.sqlite"),),
    ),
    Setting(
        "the table isn't there",
        "window_system",
        ("the database refused the query (no such table: closings)", "queries/window_day_close.sql"),
        queries={"window_day_close.sql": _NO_TABLE},
    ),
    Setting(
        "a parameter that isn't given",
        "window_system",
        ("window_day_close.sql takes :date; the parameters are :day, :hall, :halls, :day_start, :day_end",),
        queries={"window_day_close.sql": _UNKNOWN_PARAMETER},
    ),
    Setting(
        "people are asked for",
        "window_system",
        ("window_counts.sql selects department_code, applicant_name, applicant_phone; counts are asked for", "exactly"),
        queries={"window_counts.sql": _PEOPLE_TOO},
    ),
    Setting(
        "the closing record is asked who",
        "window_system",
        ("window_day_close.sql selects closed_by", "select totals of"),
        queries={"window_day_close.sql": _WHO_CLOSED},
    ),
    Setting(
        "the drop folder isn't mounted",
        "courier",
        ("the drop folder", "isn't there", "mount or create it"),
        (("${YUEBAO_DEMO_DIR}/courier", "${YUEBAO_DEMO_DIR}/unmounted"),),
    ),
)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_a_system_that_says_nothing_is_missing_and_no_other_suffers(
    setting: Setting, runs: Runs, home: Home, tmp_path: Path, asking: Asking
) -> None:
    hall = faults.hall_folder(tmp_path / "hall", *setting.changes, queries=setting.queries)
    systems = (setting.system, "call_centre")
    asking(YUEBAO_HALL=str(hall))

    stand = _stand(home, runs.pull(WEEK, systems), systems, WEEK)

    assert not stand.outcome.success
    assert set(stand.lines) == {(setting.system, day) for day in WEEK}
    assert all(said in line for line in stand.lines.values() for said in setting.says)
    assert {refusal.answered for refusal in stand.refusals.values()} == {False}
    assert set(stand.extracts) == {("call_centre", day) for day in WEEK}


def test_a_server_that_resets_connections_is_asked_again_and_then_named(runs: Runs, home: Home, asking: Asking) -> None:
    with faults.resetting() as (url, seen):
        asking(YUEBAO_DEMO_URL=url)
        stand = _stand(home, runs.pull(WEEK, ["enquiry_desks"]), ["enquiry_desks"], WEEK)
    assert len(stand.lines) == len(WEEK)
    assert all("the connection to" in line for line in stand.lines.values())
    assert seen["requests"] == ATTEMPTS * len(WEEK)


def test_a_server_that_never_answers_is_left_after_the_time_out(
    runs: Runs, home: Home, tmp_path: Path, asking: Asking
) -> None:
    hall = faults.hall_folder(tmp_path / "slow", ('title = "现场咨询"', 'title = "现场咨询"\ntimeout = 0.2'))
    app = faults.Silent()
    with serving(app) as url:
        asking(YUEBAO_HALL=str(hall), YUEBAO_DEMO_URL=url)
        stand = _stand(home, runs.pull(WEEK, ["enquiry_desks"]), ["enquiry_desks"], WEEK)
    assert len(stand.lines) == len(WEEK)
    assert all("no answer within 0.2 s" in line and "overloaded" in line for line in stand.lines.values())
    assert {refusal.answered for refusal in stand.refusals.values()} == {False}
    assert app.asked == ATTEMPTS * len(WEEK)


def test_no_more_is_asked_at_once_than_the_hall_allows(runs: Runs, tmp_path: Path, asking: Asking) -> None:
    hall = faults.hall_folder(tmp_path / "narrow", ("embedded_demo = true", "embedded_demo = true\nat_once = 3"))
    app = faults.Turnstile(demo_app(PLATFORM_BEARER, DESKS_KEY), wanted=3)
    with serving(app) as url:
        asking(YUEBAO_HALL=str(hall), YUEBAO_DEMO_URL=url)
        assert runs.pull(WEEK, ["online_platform", "enquiry_desks"]).success
    assert app.peak == 3


# --- the same again, something else, and damage ----------------------------------------------------------------------

DAY = dt.date(2025, 3, 12)


@pytest.fixture
def desks(runs: Runs, home: Home, asking: Asking) -> Iterator[tuple[FaultyApp, Callable[[], Stand]]]:
    """The enquiry desks with one day landed, and a way to pull that day again."""
    app = FaultyApp(demo_app(PLATFORM_BEARER, DESKS_KEY))
    with serving(app) as url:
        asking(YUEBAO_DEMO_URL=url)

        def pull() -> Stand:
            return _stand(home, runs.pull([DAY], ["enquiry_desks"]), ["enquiry_desks"], [DAY])

        assert pull().outcome.success
        yield app, pull


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


Desks = tuple[FaultyApp, Callable[[], Stand]]
ENQUIRY = ("enquiry_desks", DAY)


def test_the_same_answer_in_another_order_makes_no_extract(desks: Desks, home: Home) -> None:
    app, pull = desks
    before = _contents(home.landing)
    app.faults["enquiry_desks", str(DAY)] = document(lambda said: said["desks"].reverse())
    assert pull().outcome.success
    assert _contents(home.landing) == before


def _one_more(said: Any) -> None:
    said["desks"][0]["consultations"] += 1
    said["sum"] += 1


def test_another_answer_makes_a_second_extract_and_keeps_the_first(desks: Desks, home: Home) -> None:
    app, pull = desks
    before = _contents(home.landing)
    app.faults["enquiry_desks", str(DAY)] = document(_one_more)
    stand = pull()
    assert stand.outcome.success
    assert stand.extracts[ENQUIRY].sequence == 2
    after = _contents(home.landing)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 2


def test_the_first_answer_again_after_a_second_is_a_third(desks: Desks) -> None:
    app, pull = desks
    app.faults["enquiry_desks", str(DAY)] = document(_one_more)
    second = pull().extracts[ENQUIRY]
    app.faults.clear()
    third = pull().extracts[ENQUIRY]
    assert (third.sequence, third.count_sum) == (3, second.count_sum - 1)


def test_good_rows_under_another_total_are_refused_though_they_are_in(desks: Desks, home: Home) -> None:
    app, pull = desks
    before = _contents(home.landing)
    app.faults["enquiry_desks", str(DAY)] = document(lambda said: said.update(sum=1))
    stand = pull()
    assert "declared_total_equals_sum" in stand.lines[ENQUIRY]
    assert stand.refusals[ENQUIRY].answered
    assert _contents(home.landing) == before


def test_silence_casts_no_doubt_on_what_is_in(desks: Desks) -> None:
    app, pull = desks
    app.faults["enquiry_desks", str(DAY)] = status(503)
    stand = pull()
    assert not stand.outcome.success
    assert not stand.refusals[ENQUIRY].answered
    assert stand.extracts[ENQUIRY].sequence == 1


def test_a_changed_extract_is_noticed_and_landed_anew(desks: Desks, home: Home) -> None:
    _, pull = desks
    landing = Landing(home.landing)
    first = landing.current(*ENQUIRY)
    assert first
    path = landing.path(first)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert str(path) in landing.damage(first)

    second = pull().extracts[ENQUIRY]

    assert (second.sequence, second.content_sha256) == (2, first.content_sha256)
    assert landing.damage(second) == ""
    assert landing.damage(first), "what was changed stays to be looked at"


def test_a_lost_extract_is_noticed_and_put_back_to_the_byte(desks: Desks, home: Home) -> None:
    _, pull = desks
    landing = Landing(home.landing)
    first = landing.current(*ENQUIRY)
    assert first
    landing.path(first).unlink()
    assert str(landing.path(first)) in landing.damage(first)

    assert pull().extracts[ENQUIRY] == first
    assert landing.damage(first) == ""


@pytest.mark.usefixtures("desks")
def test_a_manifest_entry_that_cannot_be_read_is_named_and_holds_no_other_system(runs: Runs, home: Home) -> None:
    entry = next((home.landing / "enquiry_desks" / str(DAY)).glob("*.json"))
    entry.write_text("{")
    outcome = runs.pull([DAY + dt.timedelta(days=offset) for offset in range(-1, 8)], ["enquiry_desks", "call_centre"])
    assert not outcome.success
    assert len(outcome.messages) == 1
    assert f"hall 510000, {DAY}: {entry} is not a manifest entry" in outcome.messages[0]
    assert "8 of 9 days of enquiry_desks are in" in outcome.messages[0]
    assert Landing(home.landing).current("call_centre", DAY)


# --- killed ----------------------------------------------------------------------------------------------------------


def test_killed_while_landing_and_pulled_again_it_is_as_if_undisturbed(
    runs: Runs, home: Home, tmp_path: Path, asking: Asking
) -> None:
    days = [dt.date(2025, 3, 1) + dt.timedelta(days=offset) for offset in range(8)]
    _pull_until(12, home, days)
    assert len(_entries(home)) < len(days) * len(SYSTEMS)
    stand = _stand(home, runs.pull(days, SYSTEMS), SYSTEMS, days)

    undisturbed = Home(tmp_path / "undisturbed")
    asking(YUEBAO_HOME=str(undisturbed.root))
    wanted = _stand(undisturbed, runs.pull(days, SYSTEMS), SYSTEMS, days)

    assert stand.outcome.success
    assert wanted.outcome.success
    assert _said(stand) == _said(wanted)
    assert {extract.sequence for extract in stand.extracts.values()} == {1}
    assert not [extract for extract in stand.extracts.values() if Landing(home.landing).damage(extract)]


def _pull_until(entries: int, home: Home, days: Sequence[dt.date]) -> None:
    """Pull in a process of its own, and kill it as soon as that many manifest entries are there."""
    command = [sys.executable, "-m", "tests.faults", days[0].isoformat(), days[-1].isoformat()]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[1])
    try:
        while len(_entries(home)) < entries:
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.002)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _entries(home: Home) -> list[Path]:
    return list(home.landing.glob("*/*/[0-9]*.json"))


def _said(stand: Stand) -> dict[tuple[str, dt.date], tuple[str, str, Mapping[str, int]]]:
    return {key: (each.state, each.content_sha256, each.sums) for key, each in stand.extracts.items()}
