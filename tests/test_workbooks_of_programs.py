"""Workbooks as the usual programs and libraries save them: each lands, or is refused for the right reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.corpus import Case, judge
from tests.drop_asking import WRITTEN, answer_of, counts_of, source_of
from tests.drop_files import DAY, local_hall
from tests.workbook_makers.libraries import by_openpyxl, by_xlsxwriter
from tests.workbook_makers.programs import by_libreoffice, by_poi, by_sheetjs

Maker = Callable[[Path], None]

_TOTAL = "cell C4 (邮寄件数) is a formula"
_LEFT_AT_0 = f"{_TOTAL} whose cells come to 12, and 0 is saved with it."
_OF_OLD = f"{_TOTAL} whose cells come to 12, and 11 is saved with it."
_NEVER = f"{_TOTAL} that was never calculated."
_TO_CALCULATE = f"{_TOTAL} whose saved result isn't sure: the workbook asks to be calculated when it is opened."
_BY_HAND = f"{_TOTAL} whose saved result isn't sure: the workbook is calculated by hand only."

# By what makes them: the workbooks, and what is said of each; nothing of one that lands.
_WORKBOOKS: Mapping[Maker, Mapping[str, str]] = {
    by_libreoffice: {
        "sum.ods": "",
        "product.ods": "",
        "old_sum.ods": _LEFT_AT_0,
        "old_product.ods": _BY_HAND,
        "sum.xlsx": "",
        "product.xlsx": "",
        "old_sum.xlsx": _LEFT_AT_0,
        "sum.xls": "",
        "product.xls": "",
        "old_sum.xls": _LEFT_AT_0,
    },
    by_xlsxwriter: {
        "values.xlsx": "",
        "sum.xlsx": "",
        "sum_strict.xlsx": "",
        "sum_never_calculated.xlsx": _LEFT_AT_0,
        "sum_never_calculated_strict.xlsx": _LEFT_AT_0,
        "product.xlsx": _TO_CALCULATE,
    },
    by_openpyxl: {
        "values.xlsx": "",
        "values_with_iso_dates.xlsx": "",
        "values_strict.xlsx": "",
        "sum_never_calculated.xlsx": _NEVER,
    },
    by_poi: {
        "sum.xls": "",
        "sum_to_calculate.xls": "",
        "sum_never_calculated.xls": _LEFT_AT_0,
        "product.xls": f"{_TOTAL} whose saved result isn't sure: it asks to be calculated when the workbook is opened.",
    },
    by_sheetjs: {
        "values.xls": "",
        "sum.xlsx": "",
        "old_sum.xlsx": _OF_OLD,
        "sum_never_calculated.xlsx": _NEVER,
        "days.xlsx": "",
        "sum.ods": "",
        "old_sum.ods": _OF_OLD,
        "sum_never_calculated.ods": _LEFT_AT_0,
    },
}
CASES = [
    Case(f"{maker.__name__.replace('_', ' ')}: {name}", (maker, name), (says,) if says else ())
    for maker, workbooks in _WORKBOOKS.items()
    for name, says in workbooks.items()
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Maker], Path]:
    """The folder of all workbooks that one program makes, which is started once."""

    @cache
    def folder_of(maker: Maker) -> Path:
        folder = tmp_path_factory.mktemp(maker.__name__)
        maker(folder)
        return folder

    return folder_of


@pytest.mark.parametrize("case", CASES, ids=str)
def test_workbook_lands_or_is_refused(
    tmp_path: Path, made: Callable[[Maker], Path], case: Case, record_property: Callable[[str, object], None]
) -> None:
    maker, name = case.spoil
    hall = local_hall(tmp_path / "hall")
    format_ = name.rpartition(".")[2]
    hall.put(f"邮寄_2025-03-12.{format_}", (made(maker) / name).read_bytes())
    source = source_of(hall, format=format_, file=f"邮寄_%Y-%m-%d.{format_}")
    judge(case, "drop_folder", hall.folder, DAY, hall.variables, record_property)
    if not case.says:
        assert counts_of(answer_of(source)) == WRITTEN
