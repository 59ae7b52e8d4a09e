"""A .docx as PDF, by LibreOffice where it is installed."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from reports.certificates.canonical import sha256
from reports.files import write_bytes

_PROGRAMS = ("soffice", "libreoffice")
# Tagged, so that a screen reader knows headings and tables.
_FILTER = 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"}}'
# What LibreOffice writes anew each time: when, and two digests that follow from it. Each keeps its length, since a PDF
# knows where its objects begin.
_WHEN = re.compile(rb"(?<=/CreationDate\(D:)\d{14}")
_ALWAYS = b"20000101000000"
_DIGESTS = re.compile(rb"(?<=<)[0-9A-F]{32}(?=>)|(?<=/DocChecksum /)[0-9A-F]{32}")
_PATIENCE_S = 180


class PdfError(Exception):
    """No PDF can be made; the message says why, in Chinese."""


def find_libreoffice() -> str | None:
    """The path of LibreOffice; None where it isn't installed."""
    return next((path for name in _PROGRAMS if (path := shutil.which(name))), None)


def to_pdf(documents: Sequence[Path]) -> list[Path]:
    """Print .docx files as PDF beside them, with LibreOffice started once, in a profile of its own.

    The same document gives the same bytes on the same LibreOffice and fonts.

    Returns:
        The PDFs, in the order of the documents.

    Raises:
        PdfError: LibreOffice isn't installed, or gave no PDF.
    """
    program = find_libreoffice()
    if program is None:
        raise PdfError("本机没有安装 LibreOffice，不能生成 PDF；请用 Word 或 WPS 打开 .docx 另存为 PDF")
    with tempfile.TemporaryDirectory(prefix="yuebao-pdf-") as folder:
        aside = Path(folder, "out")
        command = [program, f"-env:UserInstallation={Path(folder, 'profile').as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", _FILTER, "--outdir", str(aside), *map(str, documents)]
        try:
            done = subprocess.run(  # noqa: S603 - a program found by name, given files and no shell
                command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PdfError(f"LibreOffice 没有完成转换：{error}") from error
        return [_collected(aside / f"{document.stem}.pdf", document, done.stderr) for document in documents]


def _collected(made: Path, document: Path, errors: str) -> Path:
    if not made.exists():
        raise PdfError(f"LibreOffice 没有生成 {document.name} 的 PDF：{errors.strip() or '没有说明原因'}")
    target = document.with_suffix(".pdf")
    write_bytes(target, _timeless(made.read_bytes()))
    return target


def _timeless(content: bytes) -> bytes:
    content = _WHEN.sub(_ALWAYS, content)
    end = content.rfind(b"trailer")
    return content[:end] + _DIGESTS.sub(sha256(content[:end])[:32].upper().encode(), content[end:])
