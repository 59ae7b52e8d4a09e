"""The settings of a hall system that drops files."""

import codecs
import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from orchestration.config.systems.common import MappedSystem, Strict, refuse_other_names
from orchestration.config.systems.drop_storage import StorageSettings

_DAY_FIELD = re.compile(r"%-?[djDFxcs]")
# One that begins or ends with text: `*` alone would leave out every row.
RowPattern = Annotated[str, Field(pattern=r"^[^*?\s]|[^*?\s]$")]


class Stated(Strict):
    """What a form says of itself outside its table, which must be there and be right.

    `day` and `site` are labels, such as 统计日期 and 填报单位: beside or below one stands the day asked for, or the
    site's code or its name in sites.csv. `unit` is the unit itself, as the form names it: 件.
    """

    day: str = ""
    unit: str = ""
    site: str = ""


class DropSystem(MappedSystem):
    """A system that drops a file per day: `file` is a glob with strftime fields, `columns` maps headers to ours.

    With `{hall}` in `file` each hall has a file of its own; `constants` may then give hall_code as `{hall}`. `ready`
    tells a whole file from one still being written: it keeps its size and time for `settle_seconds`, or a file of its
    name with `.ok` after it lies beside it.

    A header of several levels is a path, `受理量/当日`. Rows that count nothing are told by patterns (`*`, `?`) of the
    first cell, or of one in a column that is asked for: `subtotals` are held against the rows above (or below) them,
    `skip_rows` are left out, and `remarks` stand below the counts beside those of `forms.toml`. `none_means` says what
    a cell without a number means: `{ "—" = "zero", "/" = "no_count", "" = "zero" }`, where "" is a blank one.
    """

    kind: Literal["drop_folder"]
    folder: str  # a path, or `sftp://host:port/path` or `s3://bucket/prefix` with `storage` of that kind
    storage: StorageSettings | None = None
    file: str
    member: str = ""  # a glob like `file`, for the one file that counts in a .zip
    format: Literal["xlsx", "xls", "ods", "csv"]
    encoding: str = "utf-8-sig"  # of a .csv; utf-16 is what Excel calls Unicode text
    delimiter: Literal[",", "\t", ";", "|"] = ","  # between the values of a .csv
    sheet: str = ""  # a visible sheet's name, where a workbook has several; with strftime fields that of each day
    columns: dict[str, str] = Field(default={})
    column_map: str = ""  # a table in the hall's folder that gives the columns valid on a day, instead of `columns`
    rows: Literal["all", "of_the_day"] = (
        "all"  # of a register, only those whose stat_date is the day; none is no answer
    )
    total_row: str | None = None  # the label of the total, of a register that of all its rows
    subtotals: tuple[RowPattern, ...] = ()
    skip_rows: tuple[RowPattern, ...] = ()
    remarks: tuple[RowPattern, ...] = ()
    none_means: dict[str, Literal["zero", "no_count"]] = Field(default={})
    stated: Stated = Stated()
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
    def names_day(self) -> bool:
        """Whether the file's name or its sheet's says its day, so that its rows needn't."""
        return bool(_DAY_FIELD.search(self.file)) or self.sheet_of_day

    @property
    def sheet_of_day(self) -> bool:
        """Whether each day has a sheet of its own."""
        return bool(_DAY_FIELD.search(self.sheet))

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

    @property
    def _by_measure(self) -> bool:
        """Whether columns hold a measure each."""
        return bool(set(self.columns.values()) & set(self.measures)) or bool(self.column_map)

    def _mistakes(self) -> Iterator[str]:
        """In what the keys contradict each other."""
        yield from self._mistakes_of_place()
        ours = self.columns.values()
        if self.column_map and self.columns:
            yield "give either columns or column_map, and not both"
        if "count" in self.constants:
            yield "columns must map one header to count"
        if self.total_row is not None and self.constants.get("measure") not in self.measures and not self._by_measure:
            yield f"total_row needs constants.measure, one of {', '.join(self.measures)}"
        if self.rows == "of_the_day" and not (self.column_map or "stat_date" in ours):
            yield 'rows = "of_the_day" needs a column that is our stat_date'
        if not (self.names_day or self.column_map or "stat_date" in ours):
            yield "the day must be in file (such as %Y-%m-%d), in sheet or in a column that is our stat_date"
        if self.stated.site and len(self.sites) > 1 and not self.by_site:
            yield "stated.site needs {hall} in file, or a system of one site"

    def _mistakes_of_place(self) -> Iterator[str]:
        """In what they contradict each other as to where the table is."""
        scheme, address, path = self.folder.partition("://")
        if (scheme if address else "") != (self.storage.kind if self.storage else ""):
            yield (
                "folder and storage must agree: a path without storage, "
                'sftp:// with storage.kind = "sftp", or s3:// with storage.kind = "s3"'
            )
        if "@" in path.partition("/")[0]:
            yield "folder must hold no user or password; they belong in storage"
        if "{hall}" in self.constants.values() and not self.by_site:
            yield "a constant {hall} needs {hall} in file"
        if self.sheet and self.format == "csv":
            yield "sheet needs format xlsx or xls, or ods"
        if self.delimiter != "," and self.format != "csv":
            yield "delimiter needs format csv"
