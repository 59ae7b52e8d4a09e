"""Samples of what a system drops, read as it will be read: by every encoding and delimiter that they may be in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.connecting.messages import refused
from orchestration.runtime.errors import Refused
from orchestration.sources.contract import SourceFault
from orchestration.sources.files.csv import read_csv
from orchestration.sources.files.file_type import kind_of
from orchestration.sources.files.table import Table, visible_sheets
from orchestration.sources.files.workbook import WORKBOOKS, read_workbook

_ENCODINGS = ("utf-8-sig", "utf-16", "gb18030")
_DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True)
class TableReading:
    """One way to read a sample: its tables by the titles of their sheets, and the settings by which it is read so."""

    sheets: Sequence[tuple[str, Table]]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SampleFile:
    """A file that was handed over."""

    path: Path
    format: str
    content: bytes
    zone: ZoneInfo  # the hall's

    @property
    def name(self) -> str:
        """Its name, as messages show it."""
        return self.path.name

    def readings(self) -> Iterator[TableReading]:
        """The ways to read it that don't fail; Refused where a workbook can't be read."""
        if self.format in WORKBOOKS:
            try:
                yield TableReading(read_workbook(self.format, self.name, self.content, visible_sheets, self.zone))
            except SourceFault as fault:
                raise Refused(f"{fault.problem}; {fault.next_step}") from fault
            return
        for encoding in _ENCODINGS:
            for delimiter in _DELIMITERS:
                try:
                    table = read_csv(self.name, self.content, encoding, delimiter)
                except SourceFault:
                    continue
                separated = {} if delimiter == "," else {"delimiter": delimiter}
                yield TableReading([("", table)], {"encoding": encoding, **separated})


def read_sample(path: Path, zone: ZoneInfo) -> SampleFile:
    """A sample; Refused where it can't be read, or is no file that drops may be."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise refused("unreadable", path=path, reason=error.strerror) from error
    kind = "json" if path.suffix.lower() == ".json" else kind_of(content)
    if kind not in {"json", "csv", *WORKBOOKS}:
        raise refused("no_sample", name=path.name)
    return SampleFile(path.absolute(), kind, content, zone)
