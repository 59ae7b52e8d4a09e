"""The settings of a hall system that drops files."""

from __future__ import annotations

import codecs
from typing import Literal, Self

from pydantic import field_validator, model_validator

from orchestration.system_settings.common import MappedSystem


class DropSystem(MappedSystem):
    """A system that drops a file per day: `file` is a glob with strftime fields, `columns` maps headers to ours."""

    kind: Literal["drop_folder"]
    folder: str
    file: str
    format: Literal["xlsx", "csv"]
    encoding: str = "utf-8-sig"
    total_row: str | None = None

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(
                f"no encoding {encoding!r}; allowed are Python's, such as gbk, gb18030, utf-8-sig"
            ) from None

    @model_validator(mode="after")
    def _total_is_of_one_measure(self) -> Self:
        if "count" in self.constants:
            raise ValueError("columns must map one header to count")
        if self.total_row is not None and self.constants.get("measure") not in self.measures:
            raise ValueError(f"total_row needs constants.measure, one of {', '.join(self.measures)}")
        return self
