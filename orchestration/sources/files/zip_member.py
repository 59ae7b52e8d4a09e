"""The one file that counts in a .zip, unpacked in memory and within limits."""

import io
import zipfile
from pathlib import PurePosixPath

from orchestration.sources.contract import SourceFault
from orchestration.sources.files.choose import matches
from orchestration.sources.files.errors import fault
from orchestration.sources.files.labels import printable

_MOST_MEMBERS = 10_000
_MOST_RATIO = 200
# Below so many bytes nobody is hurt, and an honest file of blanks may be packed as tightly as it likes.
_HARMLESS = 1_000_000
# Names without a declared encoding: packed on a Mac or Linux, or by a Chinese Windows.
_NAMES_IN = ("utf-8", "gbk", "cp437")


def member_of(name: str, content: bytes, pattern: str, most_bytes: int) -> tuple[str, bytes]:
    """The name (as shown, with the archive's) and the bytes of the one member that matches.

    Raises:
        PermanentFault: it isn't a whole archive, none or several match, a name leads elsewhere, or it is too large.
    """
    try:
        with _opened(content) as archive:
            info = _choose_member(name, archive, pattern)
            shown = f"{name}/{printable(info.filename)}"
            _refuse_unfit(shown, info, most_bytes)
            # No more is read than the archive's directory declares, and that was held against the limit.
            unpacked = archive.read(info)
    except SourceFault:
        raise
    except Exception as error:  # a torn archive makes zipfile raise almost anything
        raise fault("torn_archive", name=name, error=type(error).__name__) from error
    if not unpacked:
        raise fault("empty_member", name=shown)
    return shown, unpacked


def _opened(content: bytes) -> zipfile.ZipFile:
    for encoding in _NAMES_IN[:-1]:
        try:
            return zipfile.ZipFile(io.BytesIO(content), metadata_encoding=encoding)
        except UnicodeDecodeError:
            continue
    return zipfile.ZipFile(io.BytesIO(content), metadata_encoding=_NAMES_IN[-1])


def _choose_member(name: str, archive: zipfile.ZipFile, pattern: str) -> zipfile.ZipInfo:
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > _MOST_MEMBERS:
        raise fault("many_members", name=name, most=_MOST_MEMBERS)
    for info in members:
        path = _path(info)
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise fault("member_leads_out", name=name, member=printable(info.filename))
    matching = [info for info in members if matches(_path(info).name, pattern)]
    if len(matching) != 1:
        names = "".join(f"; {printable(info.filename)}" for info in matching)
        raise fault("no_one_member", name=name, count=len(matching), pattern=pattern, names=names)
    return matching[0]


def _path(info: zipfile.ZipInfo) -> PurePosixPath:
    """Where a member lies; some programs of Windows write backslashes."""
    return PurePosixPath(info.filename.replace("\\", "/"))


def _refuse_unfit(name: str, info: zipfile.ZipInfo, most_bytes: int) -> None:
    if info.flag_bits & 1:
        raise fault("locked_member", name=name)
    ratio = info.file_size // max(info.compress_size, 1)
    if info.file_size > _HARMLESS and ratio > _MOST_RATIO:
        raise fault("packed_tightly", name=name, ratio=ratio, most=_MOST_RATIO)
    if info.file_size > most_bytes:
        raise fault("too_large_unpacked", name=name, most=most_bytes, size=info.file_size)
