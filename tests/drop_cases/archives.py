"""Archives: the one file that counts, and what no honest archive holds."""

from __future__ import annotations

import struct

from tests.drop_cases.making import (
    ASK_AGAIN,
    CSV,
    XLS,
    XLSX,
    ZIP,
    in_zip,
    sheet,
)
from tests.drop_files import csv_of, xlsx_of, zip_of


def _encrypted_zip() -> bytes:
    content = bytearray(zip_of({CSV: csv_of()}))
    central = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[central + 8] |= 1
    return bytes(content)


def _zip_that_lies() -> bytes:
    """An archive whose directory says that its member is small."""
    content = bytearray(zip_of({CSV: b"\n" * 5_000_000}))
    central = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, central + 24, 100)
    return bytes(content)


CASES = [
    in_zip("as it should be", zip_of({CSV: csv_of()})),
    in_zip("over SFTP", zip_of({CSV: csv_of()}), storage="sftp"),
    in_zip("from S3", zip_of({CSV: csv_of()}), storage="s3"),
    in_zip("other files beside it", zip_of({"说明.txt": b"x", f"数据/{CSV}": csv_of(), f"__MACOSX/._{CSV}": b"x"})),
    in_zip(
        "names in GBK",
        zip_of({"X" * len(CSV.encode("gbk")): csv_of()}).replace(b"X" * len(CSV.encode("gbk")), CSV.encode("gbk")),
    ),
    in_zip("a workbook within", zip_of({XLSX: xlsx_of()}), member="*.xlsx", format="xlsx"),
    in_zip("an old workbook within", zip_of({XLS: sheet()}), member="*.xls", format="xls"),
    in_zip(
        "none matches",
        zip_of({"other.csv": b"x"}),
        f"{ZIP} holds 0 files 邮寄*.csv, and one is expected. "
        "Next: ask the sender for an archive of the day's file alone, or correct `member` in hall.toml.",
    ),
    in_zip(
        "several match",
        zip_of({CSV: b"x", f"再/{CSV}": b"x"}),
        f"{ZIP} holds 2 files 邮寄*.csv, and one is expected; {CSV}; 再/{CSV}. Next: ",
    ),
    in_zip(
        "a name that leads out",
        zip_of({f"../{CSV}": csv_of()}),
        f"{ZIP} holds a file whose name leads out of it (../{CSV}). "
        "Next: no honest archive does: ask the sender what it is.",
    ),
    in_zip(
        "a name from the root",
        zip_of({f"/{CSV}": csv_of()}),
        f"{ZIP} holds a file whose name leads out of it (/{CSV}). Next: ",
    ),
    in_zip(
        "an archive in the archive",
        zip_of({CSV: zip_of({CSV: csv_of()})}),
        f"{ZIP}/{CSV} is not a .csv table: it is an archive. Next: ",
    ),
    in_zip(
        "locked",
        _encrypted_zip(),
        f"{ZIP}/{CSV} is locked by a password. Next: ask the sender for an archive without a password.",
    ),
    in_zip(
        "a bomb",
        zip_of({CSV: bytes(5_000_000)}),
        f"{ZIP}/{CSV} is packed ",
        " to 1, and 200 is the most that is unpacked. Next: no honest table is: ask the sender what it is.",
    ),
    in_zip(
        "too large unpacked",
        zip_of({CSV: csv_of() * 100}),
        f"{ZIP}/{CSV} is larger than 1000 bytes unpacked (8200). "
        "Next: a day's counts are small: look what it is, and raise most_bytes in hall.toml only if it is right.",
        most_bytes=1000,
    ),
    in_zip(
        "a directory that lies", _zip_that_lies(), f"{ZIP} is not a whole .zip archive (BadZipFile). Next: {ASK_AGAIN}."
    ),
    in_zip(
        "cut off", zip_of({CSV: csv_of()})[:100], f"{ZIP} is not a whole .zip archive (BadZipFile). Next: {ASK_AGAIN}."
    ),
    in_zip("no archive", csv_of(), f"{ZIP} is not a whole .zip archive (BadZipFile). Next: {ASK_AGAIN}."),
    in_zip("an empty file within", zip_of({CSV: b""}), f"{ZIP}/{CSV} is empty (0 bytes). Next: {ASK_AGAIN}."),
    in_zip(
        "cut off, in S3",
        zip_of({CSV: csv_of()})[:100],
        f"{ZIP} is not a whole .zip archive (BadZipFile). Next: ",
        storage="s3",
    ),
]
