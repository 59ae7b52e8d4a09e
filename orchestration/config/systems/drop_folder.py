"""The settings of a hall system that drops files."""

import codecs
import re
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from orchestration.config.systems.common import ContractName, MappedSystem, refuse_other_names
from orchestration.config.systems.drop_storage import StorageSettings

_DAY_FIELD = re.compile(r"%-?[djDFxcs]")


class DropSystem(MappedSystem):
    """A system that drops a file per day: `file` is a glob with strftime fields, `columns` maps headers to ours.

    With `{hall}` in `file` each hall has a file of its own; `constants` may then give hall_code as `{hall}`. `ready`
    tells a whole file from one still being written: it keeps its size and time for `settle_seconds`, or a file of its
    name with `.ok` after it lies beside it.
    """

    kind: Literal["drop_folder"]
    folder: str  # a path, or `sftp://host:port/path` or `s3://bucket/prefix` with `storage` of that kind
    storage: StorageSettings | None = None
    file: str
    member: str = ""  # a glob like `file`, for the one file that counts in a .zip
    format: Literal["xlsx", "xls", "ods", "csv"]
    encoding: str = "utf-8-sig"  # of a .csv; utf-16 is what Excel calls Unicode text
    delimiter: Literal[",", "\t", ";", "|"] = ","  # between the values of a .csv
    sheet: str = ""  # a visible sheet's name, where a workbook has several
    columns: dict[str, ContractName] = Field(default={})
    column_map: str = ""  # a table in the hall's folder that gives the columns valid on a day, instead of `columns`
    total_row: str | None = None
    merged_cells: Literal["refuse", "fill"] = "refuse"  # whether those of departments count for each of their rows
    ready: Literal["at_once", "size_stable", "marker"] = "at_once"
    settle_seconds: float = Field(default=10.0, gt=0, le=600)
    # What holds when several files are of one day: none, the only content, the last by name or by time.
    doubles: Literal["refuse", "identical", "newest_by_name", "newest_by_time"] = "refuse"
    most_bytes: int = Field(default=50_000_000, ge=1, le=500_000_000)  # of a file, packed or unpacked

    @property
    def by_site(self) -> bool:
        """Whether each hall has a file of its own."""
        return "{hall}" in self.file

    @property
    def file_names_day(self) -> bool:
        """Whether the file's name says its day, so that its rows needn't."""
        return bool(_DAY_FIELD.search(self.file))

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(
                f"no encoding {encoding!r}; allowed are Python's, such as gbk, gb18030, utf-8-sig"
            ) from None

    @field_validator("file", "member")
    @classmethod
    def _name_is_no_path(cls, name: str) -> str:
        if "/" in name or "\\" in name:
            raise ValueError("allowed is the pattern of a name; the path belongs in folder")
        return name

    @model_validator(mode="after")
    def _names_come_once(self) -> Self:
        if not self.column_map:
            refuse_other_names([*self.columns.values(), *self.constants])
        return self

    @model_validator(mode="after")
    def _keys_agree(self) -> Self:
        if mistake := next(self._mistakes(), ""):
            raise ValueError(mistake)
        return self

    def _mistakes(self) -> Iterator[str]:
        """In what the keys contradict each other."""
        scheme, address, path = self.folder.partition("://")
        if self.column_map and self.columns:
            yield "give either columns or column_map, and not both"
        if "count" in self.constants:
            yield "columns must map one header to count"
        if self.total_row is not None and self.constants.get("measure") not in self.measures:
            yield f"total_row needs constants.measure, one of {', '.join(self.measures)}"
        if self.sheet and self.format == "csv":
            yield "sheet needs format xlsx, xls or ods"
        if self.delimiter != "," and self.format != "csv":
            yield "delimiter needs format csv"
        if not (self.file_names_day or self.column_map or "stat_date" in self.columns.values()):
            yield "the day must be in file (such as %Y-%m-%d) or in a column that is our stat_date"
        if (scheme if address else "") != (self.storage.kind if self.storage else ""):
            yield (
                "folder and storage must agree: a path without storage, "
                'sftp:// with storage.kind = "sftp", or s3:// with storage.kind = "s3"'
            )
        if "@" in path.partition("/")[0]:
            yield "folder must hold no user or password; they belong in storage"
        if "{hall}" in self.constants.values() and not self.by_site:
            yield "a constant {hall} needs {hall} in file"
