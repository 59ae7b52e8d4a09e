"""The parts of an .xlsx workbook: found by their relationships, whatever the case and the slashes of their names."""

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TypeVar
from urllib.parse import unquote

from orchestration.sources.files.errors import fault
from orchestration.sources.files.labels import printable
from orchestration.sources.files.workbook_values import MOST_UNPACKED
from orchestration.sources.files.xml_events import Attributes, read_elements

# Transitional, Strict (ISO/IEC 29500-1), and what programs write that leave the namespace out.
_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main ",
    "http://purl.oclc.org/ooxml/spreadsheetml/main ",
    "",
)
_RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"


_T = TypeVar("_T")


def in_namespaces(of_elements: Mapping[str, _T]) -> dict[str, _T]:
    """What belongs to elements, by their names in every namespace that a workbook may be in."""
    return {namespace + name: each for namespace in _NAMESPACES for name, each in of_elements.items()}


@dataclass(frozen=True)
class Relationship:
    """What a part says of another: what it is to it, the last word of its type, and where it lies."""

    type: str
    part: str


class Package:
    """The parts of one workbook."""

    def __init__(self, name: str, content: bytes) -> None:
        """List the parts.

        Raises:
            PermanentFault: together they are too large, or two can't be told apart.
            zipfile.BadZipFile: it isn't a whole archive.
        """
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        # zipfile reads no more of a part than the archive's directory declares: its sum is a limit while reading, too.
        size = sum(part.file_size for part in self._archive.infolist())
        if size > MOST_UNPACKED:
            raise fault("workbook_too_large", name=name, most=MOST_UNPACKED, size=size)
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for part in self._archive.infolist():
            if self._parts.setdefault(_key(part.filename), part) is not part:
                raise fault("part_twice", name=name, part=printable(part.filename))

    def __contains__(self, part: str) -> bool:
        return _key(part) in self._parts

    def open(self, part: str) -> IO[bytes]:
        """A part, to be read once; KeyError if there is none of that name."""
        return self._archive.open(self._parts[_key(part)])

    def relationships(self, part: str = "") -> dict[str, Relationship]:
        """Those of a part, or of the workbook as a whole, by their ids."""
        folder, name = posixpath.split(part)
        found: dict[str, Relationship] = {}

        def relationship(attributes: Attributes) -> None:
            if attributes.get("TargetMode") != "External":
                target = posixpath.join(f"/{folder}", unquote(attributes["Target"]).replace("\\", "/"))
                type_ = attributes["Type"].rpartition("/")[2]
                found[attributes["Id"]] = Relationship(type_, posixpath.normpath(target).lstrip("/"))

        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels in self:
            with self.open(rels) as stream:
                read_elements(stream, {_RELATIONSHIP: relationship})
        return found


def _key(part: str) -> str:
    return unquote(part).replace("\\", "/").lstrip("/").lower()
