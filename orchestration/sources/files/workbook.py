"""Workbooks of any format, each read by its own module, which is imported when it is needed."""

from zoneinfo import ZoneInfo

from orchestration.sources.files.table import Choose, Chosen

WORKBOOKS = ("ods", "xls", "xlsx")


def read_workbook(kind: str, name: str, content: bytes, choose: Choose[Chosen], zone: ZoneInfo) -> Chosen:
    """What is chosen of the sheets of a workbook, whose kind is one of `WORKBOOKS`.

    A moment that it writes with an offset from UTC is read where it is of the same day in the zone.

    Raises:
        SourceFault: as `choose` does.
        PermanentFault: it isn't a whole workbook, it is locked or too large.
    """
    match kind:
        case "ods":
            from orchestration.sources.files.ods import read_ods

            return read_ods(name, content, choose, zone)
        case "xls":
            from orchestration.sources.files.xls import read_xls

            return read_xls(name, content, choose)
        case _:
            from orchestration.sources.files.xlsx import read_xlsx

            return read_xlsx(name, content, choose, zone)
