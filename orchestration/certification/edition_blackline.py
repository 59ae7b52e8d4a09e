"""An edition against an earlier one, of another month or an earlier revision, as a .docx with tracked changes."""

import re
from pathlib import Path

from orchestration.certification.certify import current_archive
from orchestration.runtime.errors import Refused
from reports.certificates.handed_over import write_manifest
from reports.docx_files import DocumentError
from reports.edition.output import DOCUMENT
from reports.figures.months import first_day
from reports.files import write_bytes
from reports.word.blackline import blackline

_RELEASE = re.compile(r"r([1-9]\d*)")


def write_blackline(month: str, against: str, document: Path) -> Path:
    """Set an edition that was just written against an earlier one.

    Args:
        month: The edition's month, as `2025-03`.
        against: Another month, of which the newest edition is taken, or a revision of the same month, as `r1`.
        document: The edition's .docx; the blackline is written beside it.

    Returns:
        Where it was written.

    Raises:
        Refused: there is no such edition.
    """
    published = current_archive().published
    if _RELEASE.fullmatch(against):
        earlier = published / month / "desk" / against / DOCUMENT
        again = f"{month} 第 {against[1:]} 版没有做过整期"
    else:
        earlier = _newest(published, _month(against))
        again = f"{against} 没有做过整期，请先运行 yuebao edition {against}"
    if not earlier.exists():
        raise Refused(f"{again}（没有 {earlier}），没有可对照的")
    if earlier == document:
        raise Refused(f"{against} 就是这一版，请写更早的一版或别的月份")
    target = document.with_name(f"{document.stem}-against-{against}.docx")
    try:
        write_bytes(target, blackline(earlier.read_bytes(), document.read_bytes()))
    except DocumentError as error:
        raise Refused(f"{earlier}：{error}") from error
    write_manifest(target.parent)
    return target


def _month(against: str) -> str:
    try:
        first_day(against)
    except ValueError:
        raise Refused(f"--against 要写月份（如 2025-02）或版次（如 r1），现在是“{against}”") from None
    return against


def _newest(published: Path, month: str) -> Path:
    """The newest edition of a month; where it would be if there is none."""
    desk = published / month / "desk"
    made = [path for path in desk.glob(f"r*/{DOCUMENT}") if _RELEASE.fullmatch(path.parent.name)]
    return max(made, key=lambda path: int(path.parent.name[1:]), default=desk / "r1" / DOCUMENT)
