"""Formulas whose saved results nobody calculated, and those that are right in spite of what the workbook says."""

from __future__ import annotations

from tests.drop_cases.making import ODS, XLS, XLSX, in_ods, in_xls, in_xlsx, sheet
from tests.drop_files import ROWS, edited, with_cell, xlsx_of
from tests.ods_writer import Calculated, ods
from tests.xls_writer import Formula, area, of_shared, shared, times_one

_OPEN_AND_SAVE = (
    " Next: ask the sender to open it in Excel or WPS, let it calculate (automatically, not manually), and save it."
)
_TRUSTED = '<calcPr calcId="191029"/>'


def _with(cell: str, count: str, formula: str, value: str, *, settings: str = "", attributes: str = "") -> bytes:
    """The usual workbook, with a formula in the place of a count; its own settings ask for calculation on load."""
    content = edited(
        xlsx_of(),
        f'<c r="{cell}"[^>]*><v>{count}</v></c>',
        f'<c r="{cell}"><f{attributes}>{formula}</f>{value}</c>',
    )
    return edited(content, "<calcPr[^>]*>", settings, "xl/workbook.xml") if settings else content


def _rests_on_hidden(saved: int) -> bytes:
    def add(page: object) -> None:
        other = page.parent.create_sheet("汇 总")  # type: ignore[attr-defined]
        other["A1"], other["A2"], other.sheet_state = 7, 5, "hidden"

    content = xlsx_of(ROWS, add)
    return edited(content, "<v>12</v>", f"<f>SUM('汇 总'!$A$1:A2)</f><v>{saved}</v>")


_ON_LOAD, _SHARED = 2, 8
_PRODUCT = Formula(times_one(1, 3), 5)


def _shared_sums(first: int, second: int, *, by_hand: bool = False) -> bytes:
    """The usual workbook, whose counts are a shared sum of a number and the cell at their right, an empty one or 2."""
    sums = (
        Formula(of_shared(1, 2), first, _SHARED, shared(1, 2, 2, 5)),
        Formula(of_shared(1, 2), second, _SHARED),
    )
    rows = with_cell(3, 3, sums[1], with_cell(2, 3, sums[0]))
    rows[2].append(2)
    return sheet(rows, by_hand=by_hand)


CASES = [
    in_xlsx(
        "a sum that a program left at 0",
        _with("C4", "12", "SUM(C2:C3)", "<v>0</v>"),
        f"{XLSX} cell C4 (邮寄件数) is a formula whose cells come to 12, and 0 is saved with it.{_OPEN_AND_SAVE}",
    ),
    in_xlsx(
        "a sum of a template with its old value",
        _with("C3", "7", "4+3", "<v>70</v>", settings=_TRUSTED),
        f"{XLSX} cell C3 (邮寄件数) is a formula whose cells come to 7, and 70 is saved with it.",
    ),
    in_xlsx("a right sum in a workbook that asks for calculation", _with("C4", "12", "SUM(C2:C3)", "<v>12</v>")),
    in_xlsx("a right sum with signs and brackets", _with("C4", "12", "-(1-C2)+SUM(C3,1)", "<v>12</v>")),
    in_xlsx("a right sum of whole columns", _with("C2", "5", "SUM(E:F)+5", "<v>5</v>")),
    in_xlsx("a right sum over a hidden sheet", _rests_on_hidden(12)),
    in_xlsx(
        "a wrong sum over a hidden sheet",
        _rests_on_hidden(5),
        f"{XLSX} cell C4 (邮寄件数) is a formula whose cells come to 12, and 5 is saved with it.",
    ),
    in_xlsx(
        "a product that a program left at 0",
        _with("C2", "5", "D2*1", "<v>0</v>"),
        f"{XLSX} cell C2 (邮寄件数) is a formula whose saved result isn't sure: "
        f"the workbook asks to be calculated when it is opened.{_OPEN_AND_SAVE}",
    ),
    in_xlsx("a product that Excel calculated", _with("C2", "5", "5*1", "<v>5</v>", settings=_TRUSTED)),
    in_xlsx(
        "a product in a workbook on manual calculation",
        _with("C2", "5", "5*1", "<v>5</v>", settings='<calcPr calcMode="manual"/>'),
        f"{XLSX} cell C2 (邮寄件数) is a formula whose saved result isn't sure: "
        "the workbook is calculated by hand only.",
    ),
    in_xlsx(
        "a workbook saved before it was calculated",
        _with("C2", "5", "5*1", "<v>5</v>", settings='<calcPr calcCompleted="0"/>'),
        "is a formula whose saved result isn't sure: the workbook was saved before it was calculated.",
    ),
    in_xlsx(
        "a 0 of a library that says nothing of calculation",
        _with("C2", "5", "D2*1", "<v>0</v>", settings="<definedNames/>"),
        "is a formula whose saved result isn't sure: it is what programs write that don't calculate.",
    ),
    in_xlsx(
        "a sum that adds a product never calculated",
        edited(_with("C2", "5", "D2*1", "<v>5</v>"), "<v>12</v>", "<f>SUM(C2:C3)</f><v>12</v>"),
        f"{XLSX} cell C4 (邮寄件数) is a formula that adds C2, whose saved result isn't sure.",
    ),
    in_xlsx(
        "a sum that adds itself",
        _with("C4", "12", "SUM(C2:C4)", "<v>0</v>"),
        f"{XLSX} cell C4 (邮寄件数) is a formula",
    ),
    in_xlsx(
        "what an array formula fills",
        edited(_with("C2", "5", "D2:D3*1", "<v>5</v>", attributes=' t="array" ref="C2:C3"'), "<v>12</v>", "<v>12</v>"),
        f"{XLSX} cell C2 (邮寄件数) is a formula whose saved result isn't sure",
    ),
    in_xlsx(
        "a shared sum that isn't right in its second cell",
        edited(
            edited(xlsx_of(), "<v>5</v>", '<f t="shared" ref="C2:C3" si="0">D2+5</f><v>5</v>'),
            "<v>7</v>",
            '<f t="shared" si="0"/><v>7</v>',
        ),
        f"{XLSX} cell C3 (邮寄件数) is a formula whose cells come to 5, and 7 is saved with it.",
    ),
    in_xlsx(
        "no value",
        _with("C4", "12", "SUM(C2:C3)", ""),
        f"{XLSX} cell C4 (邮寄件数) is a formula that was never calculated.{_OPEN_AND_SAVE}",
    ),
    in_ods("a right sum", ods(with_cell(4, 3, Calculated("SUM([.C2:.C3])", 12)))),
    in_ods(
        "a sum that isn't right",
        ods(with_cell(4, 3, Calculated("[.C2]+[$日报.C3]", 0))),
        f"{ODS} cell C4 (邮寄件数) is a formula whose cells come to 12, and 0 is saved with it.{_OPEN_AND_SAVE}",
    ),
    in_ods("a product that LibreOffice calculated", ods(with_cell(2, 3, Calculated("5*1", 5)))),
    in_ods(
        "a formula never calculated",
        ods(with_cell(2, 3, Calculated("5*1", None))),
        f"{ODS} cell C2 (邮寄件数) is a formula that was never calculated.",
    ),
    in_ods("an empty text of a formula", ods(with_cell(4, 2, Calculated('IF([.C2]>0;"";"D00")', "")))),
    in_xls("a right sum", sheet(with_cell(4, 3, Formula(area(1, 2, 2), 12)))),
    in_xls("a right sum that asks to be calculated", sheet(with_cell(4, 3, Formula(area(1, 2, 2), 12, _ON_LOAD)))),
    in_xls(
        "a sum that a program left at 0",
        sheet(with_cell(4, 3, Formula(area(1, 2, 2), 0))),
        f"{XLS} cell C4 (邮寄件数) is a formula whose cells come to 12, and 0 is saved with it.{_OPEN_AND_SAVE}",
    ),
    in_xls("a product that Excel calculated", sheet(with_cell(2, 3, _PRODUCT))),
    in_xls(
        "a product that asks to be calculated",
        sheet(with_cell(2, 3, Formula(times_one(1, 3), 5, _ON_LOAD))),
        f"{XLS} cell C2 (邮寄件数) is a formula whose saved result isn't sure: "
        "it asks to be calculated when the workbook is opened.",
    ),
    in_xls(
        "a product in a workbook on manual calculation",
        sheet(with_cell(2, 3, _PRODUCT), by_hand=True),
        f"{XLS} cell C2 (邮寄件数) is a formula whose saved result isn't sure: "
        "the workbook is calculated by hand only.",
    ),
    in_xls("a right sum in a workbook on manual calculation", _shared_sums(5, 7, by_hand=True)),
    in_xls(
        "a shared sum that isn't right in its second cell",
        _shared_sums(5, 70),
        f"{XLS} cell C3 (邮寄件数) is a formula whose cells come to 7, and 70 is saved with it.",
    ),
]
