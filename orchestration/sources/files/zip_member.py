"""The one file that counts in a .zip, unpacked in memory and within limits."""

import io
import zipfile
from pathlib import PurePosixPath

from orchestration.sources.contract import PermanentFault, SourceFault
from orchestration.sources.files.choose import matches
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
            _refuse_unfit(name, info, most_bytes)
            # No more is read than the archive's directory declares, and that was held against the limit.
            unpacked = archive.read(info)
    except SourceFault:
        raise
    except Exception as error:  # a torn archive makes zipfile raise almost anything
        raise PermanentFault(
            f"{name} is not a whole .zip archive ({type(error).__name__})", "ask the sender for the file again"
        ) from error
    if not unpacked:
        raise PermanentFault(f"{_member_name(name, info)} is empty (0 bytes)", "ask the sender for the file again")
    return _member_name(name, info), unpacked


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
        raise PermanentFault(f"{name} holds more than {_MOST_MEMBERS:,} files", "ask the sender what it is")
    for info in members:
        if info.filename.startswith("/") or ".." in PurePosixPath(info.filename).parts or "\\" in info.orig_filename:
            raise PermanentFault(
                f"{name} holds a file whose name leads out of it ({printable(info.filename)})",
                "no honest archive does: ask the sender what it is",
            )
    matching = [info for info in members if matches(PurePosixPath(info.filename).name, pattern)]
    if len(matching) != 1:
        names = "".join(f"; {printable(info.filename)}" for info in matching)
        raise PermanentFault(
            f"{name} holds {len(matching)} files {pattern}, and one is expected{names}",
            "ask the sender for an archive of the day's file alone, or correct `member` in hall.toml",
        )
    return matching[0]


def _refuse_unfit(name: str, info: zipfile.ZipInfo, most_bytes: int) -> None:
    if info.flag_bits & 1:
        raise PermanentFault(
            f"{_member_name(name, info)} is locked by a password", "ask the sender for an archive without a password"
        )
    ratio = info.file_size // max(info.compress_size, 1)
    if info.file_size > _HARMLESS and ratio > _MOST_RATIO:
        raise PermanentFault(
            f"{_member_name(name, info)} is packed {ratio} to 1, and {_MOST_RATIO} is the most that is unpacked",
            "no honest table is: ask the sender what it is",
        )
    if info.file_size > most_bytes:
        raise PermanentFault(
            f"{_member_name(name, info)} is larger than {most_bytes} bytes unpacked ({info.file_size})",
            "a day's counts are small: look what it is, and raise most_bytes in hall.toml only if it is right",
        )


def _member_name(name: str, info: zipfile.ZipInfo) -> str:
    return f"{name}/{printable(info.filename)}"
