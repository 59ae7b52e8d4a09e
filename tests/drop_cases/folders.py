"""Which file is the day's: names, doubles, links, marks and sizes."""

from __future__ import annotations

import os
import unicodedata
from typing import Literal

from tests.drop_cases.making import (
    ASK_AGAIN,
    CSV,
    in_csv,
)
from tests.drop_files import Hall, csv_of


def _link(hall: Hall, target: str) -> None:
    (hall.drop / "real.csv").write_bytes(csv_of())
    (hall.drop / CSV).symlink_to(target)


def _link_out(hall: Hall) -> None:
    (hall.folder / "secret.csv").write_bytes(csv_of())
    (hall.drop / CSV).symlink_to("../secret.csv")


def _all_written_at(hall: Hall, moment: float) -> None:
    for path in hall.drop.iterdir():
        os.utime(path, (moment, moment))


FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
CASES = [
    in_csv("a byte-for-byte copy", {CSV: csv_of(), "邮寄_2025-03-12 (1).csv": csv_of()}, doubles="identical"),
    in_csv(
        "the last by name",
        {CSV: b"?", "邮寄_2025-03-12 (2).csv": b"?", "邮寄_2025-03-12 (10).csv": csv_of()},
        doubles="newest_by_name",
    ),
    in_csv(
        "what isn't finished lies beside it",
        {CSV: csv_of(), f"~${CSV}": b"x", f".{CSV}": b"x", f"{CSV}.tmp": b"x", f"{CSV}.part": b"x"},
        file="*%Y-%m-%d*",
    ),
    in_csv(
        "a name in decomposed Unicode",
        {unicodedata.normalize("NFD", "Café_2025-03-12.csv"): csv_of()},
        file="Café_%Y-%m-%d.csv",
    ),
    in_csv(
        "a pattern in decomposed Unicode",
        {"Café_2025-03-12.csv": csv_of()},
        file=unicodedata.normalize("NFD", "Café_%Y-%m-%d.csv"),
    ),
    in_csv("a mark beside it", {CSV: csv_of(), f"{CSV}.ok": b""}, ready="marker", file="邮寄_%Y-%m-%d*"),
    in_csv("old enough", csv_of(), ready="size_stable", last=lambda hall: os.utime(hall.drop / CSV, (0, 0))),
    in_csv("over SFTP", csv_of(), storage="sftp"),
    in_csv("from S3", csv_of(), storage="s3"),
    in_csv(
        "a link within the folder",
        {},
        last=lambda hall: _link(hall, "real.csv"),
        file=CSV.replace("2025-03-12", "%Y-%m-%d"),
    ),
    in_csv("a link within the folder, over SFTP", {}, storage="sftp", last=lambda hall: _link(hall, "real.csv")),
    in_csv("no file", {}, f"no file {CSV[:-4]}*.csv in ", "Next: ask the sender for the day's file, then pull again."),
    in_csv(
        "two files",
        {CSV: csv_of(), "邮寄_2025-03-12(1).csv": csv_of()},
        "2 files for one day: 邮寄_2025-03-12(1).csv, 邮寄_2025-03-12.csv. "
        "Next: ask the sender which one holds, move the other away, then pull again.",
    ),
    in_csv(
        "two files that differ",
        {CSV: csv_of(), "邮寄_2025-03-12(1).csv": csv_of()[:-1]},
        "2 files for one day that differ: 邮寄_2025-03-12(1).csv, 邮寄_2025-03-12.csv. Next: ",
        doubles="identical",
    ),
    in_csv(
        "two files of one time",
        {CSV: csv_of(), "邮寄_2025-03-12(1).csv": csv_of()},
        "2 files for one day changed at the same time: ",
        doubles="newest_by_time",
        last=lambda hall: _all_written_at(hall, 5),
    ),
    in_csv(
        "a name twice in two Unicode forms",
        {unicodedata.normalize(form, "Café_2025-03-12.csv"): csv_of() for form in FORMS},
        "2 files for one day: Café_2025-03-12.csv, Café_2025-03-12.csv. Next: ",
        file="Café_%Y-%m-%d.csv",
    ),
    in_csv(
        "a line break in the name", {"邮寄_2025-03-12\n.csv": b""}, "邮寄_2025-03-12\\n.csv is empty (0 bytes). Next: "
    ),
    in_csv(
        "a folder of the right name",
        {},
        f"{CSV} is a directory and not a file. Next: ask the sender what it is, move it away, then pull again.",
        last=lambda hall: (hall.drop / CSV).mkdir(),
    ),
    in_csv(
        "a pipe of the right name",
        {},
        f"{CSV} is a special file and not a file. Next: ",
        last=lambda hall: os.mkfifo(hall.drop / CSV),
    ),
    in_csv(
        "a link out of the folder",
        {},
        f"{CSV} is a link that leads out of the drop folder. Next: ask the sender to drop the file itself.",
        last=_link_out,
    ),
    in_csv(
        "a link out of the folder, over SFTP",
        {},
        f"{CSV} is a link that leads out of the drop folder. Next: ",
        last=_link_out,
        storage="sftp",
    ),
    in_csv(
        "a link to nothing",
        {},
        f"{CSV} was listed and then wasn't there any more. Next: pull again when the sender is done.",
        last=lambda hall: (hall.drop / CSV).symlink_to("gone.csv"),
    ),
    in_csv(
        "no mark beside it",
        csv_of(),
        f"{CSV} has no {CSV}.ok beside it yet. Next: wait until the sender has put it there, then pull again.",
        ready="marker",
    ),
    in_csv(
        "no mark beside it, in S3",
        csv_of(),
        f"{CSV} has no {CSV}.ok beside it yet. Next: ",
        ready="marker",
        storage="s3",
    ),
    in_csv(
        "just written",
        csv_of(),
        f"{CSV} may still be written: it wasn't yet seen unchanged for 10 s. Next: wait that long, then pull again.",
        ready="size_stable",
    ),
    in_csv("empty", b"", f"{CSV} is empty (0 bytes). Next: {ASK_AGAIN}, then pull again."),
    in_csv("empty, over SFTP", b"", f"{CSV} is empty (0 bytes). Next: ", storage="sftp"),
    in_csv("empty, in S3", b"", f"{CSV} is empty (0 bytes). Next: ", storage="s3"),
    in_csv(
        "too large",
        csv_of(),
        f"{CSV} is larger than 20 bytes (82). "
        "Next: a day's counts are small: look what it is, and raise most_bytes in hall.toml only if it is right.",
        most_bytes=20,
    ),
    in_csv("too large, in S3", csv_of(), f"{CSV} is larger than 20 bytes (82). Next: ", most_bytes=20, storage="s3"),
]
