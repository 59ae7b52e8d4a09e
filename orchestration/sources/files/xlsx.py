"""Workbooks .xlsx, transitional and strict: values and formulas by one pass over the XML of a sheet."""

import datetime as dt
from functools import cache, partial
from zoneinfo import ZoneInfo

from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from orchestration.sources.contract import SourceFault
from orchestration.sources.files.errors import fault
from orchestration.sources.files.formulas import Calculation, Sheet, checked
from orchestration.sources.files.table import Choose, Chosen, Table
from orchestration.sources.files.xlsx_package import Package, Relationship, in_namespaces
from orchestration.sources.files.xlsx_sheet import SheetContext, read_shared_texts, read_sheet, without_escapes
from orchestration.sources.files.xlsx_styles import cells_shown_as
from orchestration.sources.files.xml_events import Attributes, read_elements

_WORKBOOK = "xl/workbook.xml"
_TRUE = {"1", "true", "on"}


def read_xlsx(name: str, content: bytes, choose: Choose[Chosen], zone: ZoneInfo) -> Chosen:
    """What is chosen of a workbook's sheets.

    Raises:
        SourceFault: as `choose` does.
        PermanentFault: it isn't a whole workbook, or it is too large.
    """
    try:
        book = _Book(name, Package(name, content), zone)
        return choose(name, [(title, visible, partial(book.table, title)) for title, visible in book.sheets])
    except SourceFault:
        raise
    except Exception as error:  # a damaged part makes zipfile and expat raise almost anything
        raise fault("no_workbook", name=name, format="xlsx", error=type(error).__name__) from error


class _Book:
    def __init__(self, name: str, package: Package, zone: ZoneInfo) -> None:
        self._package = package
        part = next(
            (each.part for each in package.relationships().values() if each.type == "officeDocument"), _WORKBOOK
        )
        related = package.relationships(part)
        self._calculation = Calculation(recorded=False)
        self._epoch: dt.datetime = WINDOWS_EPOCH
        self.sheets: list[tuple[str, bool]] = []
        self._parts: dict[str, str] = {}
        self._read_workbook(part, related)
        self._context = SheetContext(
            name,
            _shared_texts(package, related),
            cells_shown_as(package, _part_of(related, "styles")),
            self._epoch,
            zone,
        )
        self._sheet = cache(self._read_sheet)

    def table(self, title: str) -> Table:
        return checked(title, lambda title: self._sheet(title.lower()), self._calculation)

    def _read_sheet(self, title: str) -> Sheet | None:
        if title not in self._parts:
            return None
        with self._package.open(self._parts[title]) as stream:
            return read_sheet(stream, self._context)

    def _read_workbook(self, part: str, related: dict[str, Relationship]) -> None:
        def properties(attributes: Attributes) -> None:
            if attributes.get("date1904") in _TRUE:
                self._epoch = MAC_EPOCH

        def sheet(attributes: Attributes) -> None:
            # Of the two namespaces of relationships, as of everything.
            id_ = next(value for key, value in attributes.items() if key.endswith("relationships id"))
            # A sheet of charts only has no cells.
            if related[id_].type == "worksheet":
                title = without_escapes(attributes["name"])
                if title.lower() in self._parts:
                    raise ValueError("two sheets of one name")
                self.sheets.append((title, attributes.get("state", "visible") == "visible"))
                self._parts[title.lower()] = related[id_].part

        def calculation(attributes: Attributes) -> None:
            self._calculation = Calculation(_doubt(attributes))

        handlers = {"workbookPr": properties, "sheet": sheet, "calcPr": calculation}
        with self._package.open(part) as stream:
            read_elements(stream, in_namespaces(handlers))


def _doubt(calculation: Attributes) -> str:
    """Why the saved results of a workbook can't be trusted by its settings, as they stand in its `calcPr`."""
    # Libraries write 0 as the version that calculated last; Excel then calculates as it opens the workbook.
    if calculation.get("fullCalcOnLoad") in _TRUE or calculation.get("calcId") == "0":
        return "the workbook asks to be calculated when it is opened"
    if calculation.get("calcCompleted") in {"0", "false", "off"}:
        return "the workbook was saved before it was calculated"
    # `calcOnSave` says what a spreadsheet program does; which program saved last nobody knows.
    if calculation.get("calcMode") == "manual":
        return "the workbook is calculated by hand only"
    return ""


def _part_of(related: dict[str, Relationship], type_: str) -> str | None:
    return next((each.part for each in related.values() if each.type == type_), None)


def _shared_texts(package: Package, related: dict[str, Relationship]) -> list[str]:
    part = _part_of(related, "sharedStrings")
    if part is None or part not in package:
        return []
    with package.open(part) as stream:
        return read_shared_texts(stream)
