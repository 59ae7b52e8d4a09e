"""Whatever lies in a drop folder: an answer with exactly the counts that were written, or a fault in one line."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from orchestration.config.hall import load_hall
from orchestration.config.systems import DropSystem
from orchestration.sources.contract import Answer, Request, SourceFault
from orchestration.sources.files.source import DropSource
from tests.counts import rows_of
from tests.drop_files import DAY, HEADER, ROWS, Hall, csv_of, edited, local_hall, xlsx_of, zip_of
from tests.xls_writer import Day, Sheet, xls

REQUEST = Request(DAY, ("510000",))
PATIENT = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _xls_of(rows: Any = ROWS, **options: Any) -> bytes:
    return xls(Sheet("日报", [[_of_xls(value) for value in row] for row in rows], **options))


def _of_xls(value: Any) -> Any:
    return Day(45728) if isinstance(value, dt.date) else value


WRITERS: dict[str, Callable[..., bytes]] = {"csv": csv_of, "xlsx": xlsx_of, "xls": _xls_of}
FORMATS = {
    **{name: {"format": name, "file": f"邮寄_%Y-%m-%d.{name}"} for name in WRITERS},
    "zip": {"format": "xlsx", "file": "邮寄_%Y-%m-%d.zip", "member": "*.xlsx"},
}


@pytest.fixture(scope="module", params=FORMATS)
def format_(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def hall() -> Iterator[Hall]:
    with tempfile.TemporaryDirectory() as folder:
        yield local_hall(Path(folder) / "hall")


def _said(hall: Hall, format_: str, content: bytes, **changes: Any) -> Answer | SourceFault:
    """What a source says of a file; any exception but a fault is let through."""
    hall.put(f"邮寄_2025-03-12.{format_}", content)
    hall.write(**FORMATS[format_], **changes)
    read = load_hall(hall.folder)
    system = read.hall.systems["courier"]
    assert isinstance(system, DropSystem)
    try:
        said = DropSource(system, read.folder, ("510000",), {}, read.hall.zone).ask(REQUEST)["510000"]
    except SourceFault as fault:
        said = fault
    if isinstance(said, SourceFault):
        assert said.problem.isprintable()
        assert said.next_step.isprintable()
    return said


GOOD = {**{name: write() for name, write in WRITERS.items()}, "zip": zip_of({"邮寄.xlsx": xlsx_of()})}
SIGNATURES = (
    b"",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\xef\xbb\xbf",
    "日期,部门编码,邮寄件数\n".encode(),
)


@PATIENT
@given(start=st.sampled_from(SIGNATURES), rest=st.binary(max_size=2000))
def test_any_bytes_are_an_answer_or_a_fault(hall: Hall, format_: str, start: bytes, rest: bytes) -> None:
    said = _said(hall, format_, start + rest, total_row=None)
    assert isinstance(said, SourceFault) or not len(said.counts) or format_ == "csv"


@st.composite
def _damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """A good file with a few bytes changed, left out or put in."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content) - 1))
        upto = draw(st.integers(at, min(at + 40, len(content))))
        content = content[:at] + draw(st.binary(max_size=8)) + content[upto:]
    return content[: draw(st.integers(len(content) // 2, len(content)))] if draw(st.booleans()) else content


@PATIENT
@given(data=st.data())
def test_a_damaged_file_is_an_answer_or_a_fault(hall: Hall, format_: str, data: st.DataObject) -> None:
    _said(hall, format_, data.draw(_damaged(GOOD[format_])))


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=8)
CELL = st.one_of(
    st.none(),
    TEXT,
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.just(DAY),
    st.sampled_from(("#REF!", "合计", *HEADER)),
)
TABLE = st.lists(st.lists(CELL, max_size=6), max_size=30)


@PATIENT
@given(rows=TABLE, headed=st.booleans())
@pytest.mark.parametrize("name", WRITERS)
def test_any_table_is_an_answer_or_a_fault(hall: Hall, name: str, rows: list[list[Any]], headed: bool) -> None:  # noqa: FBT001
    table = [HEADER, *rows] if headed else rows
    said = _said(hall, name, WRITERS[name](table), total_row=None)
    if isinstance(said, Answer):
        written = [row for row in rows if any(str(value).strip() for value in row if value is not None)]
        assert not headed or len(said.counts) == len(written)


def _ways_to_write(count: int) -> Sequence[Any]:
    """One count as senders write it."""
    return (
        count,
        str(count),
        f" {count} ",
        f"{count:,}",
        str(count).translate({n + 48: n + 0xFF10 for n in range(10)}),
    )


COUNTS = st.lists(
    st.integers(0, 10**9).flatmap(lambda count: st.tuples(st.just(count), st.sampled_from(_ways_to_write(count)))),
    min_size=1,
    max_size=40,
)
REMARKS = st.sampled_from([(), (("备注：无", None, None),), (("制表人", "某", "某"), ("审核：某", None, None))])
BLANKS = st.lists(st.integers(0, 10), max_size=4)


def _table(counts: Sequence[tuple[int, Any]], blanks: Sequence[int], remarks: Sequence[Any]) -> list[Any]:
    rows: list[Any] = [("2025-03-12", f"D{number:02}", written) for number, (_, written) in enumerate(counts)]
    for at in blanks:
        rows.insert(at, (None, None, None))
    return [("邮寄日报", None, None), HEADER, *rows, ("合计", None, sum(count for count, _ in counts)), *remarks]


@PATIENT
@given(counts=COUNTS, blanks=BLANKS, remarks=REMARKS)
@pytest.mark.parametrize("name", WRITERS)
def test_counts_are_read_as_they_were_written(
    hall: Hall, name: str, counts: list[tuple[int, Any]], blanks: list[int], remarks: Sequence[Any]
) -> None:
    said = _said(hall, name, WRITERS[name](_table(counts, blanks, remarks)))
    assert isinstance(said, Answer), said
    assert [row["count"] for row in rows_of(said)] == [count for count, _ in counts]
    assert [row["department_code"] for row in rows_of(said)] == [f"D{number:02}" for number in range(len(counts))]
    assert said.declared == {"parcels_mailed": sum(count for count, _ in counts)}


AREAS = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 4), st.integers(1, 4), st.integers(0, 2)).map(
        lambda area: (area[0], area[0] + area[1], area[2], area[2] + area[3])
    ),
    min_size=1,
    max_size=3,
)


@PATIENT
@given(counts=COUNTS, areas=AREAS, fill=st.sampled_from(["refuse", "fill"]))
@pytest.mark.parametrize("name", ["xlsx", "xls"])
def test_merged_cells_lose_no_count_and_double_none(
    hall: Hall, name: str, counts: list[tuple[int, Any]], areas: list[tuple[int, int, int, int]], fill: str
) -> None:
    table = _table(counts, (), ())
    said = _said(hall, name, _MERGING[name](table, areas), merged_cells=fill)
    if isinstance(said, Answer):
        assert [row["count"] for row in rows_of(said)] == [count for count, _ in counts]
        assert said.declared == {"parcels_mailed": sum(count for count, _ in counts)}


def _merged_xlsx(table: Any, areas: Sequence[tuple[int, int, int, int]]) -> bytes:
    """Merged as by a program: openpyxl would clear the cells beneath."""
    names = "".join(
        f'<mergeCell ref="{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"/>'
        for top, bottom, left, right in areas
    )
    return edited(xlsx_of(table), "</sheetData>", f"</sheetData><mergeCells>{names}</mergeCells>")


def _merged_xls(table: Any, areas: Sequence[tuple[int, int, int, int]]) -> bytes:
    return _xls_of(table, merged=[(top - 1, bottom - 1, left - 1, right - 1) for top, bottom, left, right in areas])


_MERGING = {"xlsx": _merged_xlsx, "xls": _merged_xls}
