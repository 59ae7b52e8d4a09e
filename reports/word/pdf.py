"""A .docx as PDF, by LibreOffice where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

_PROGRAMS = ("soffice", "libreoffice")
# Tagged, so that a screen reader knows headings and tables; SOURCE_DATE_EPOCH stands for the time of writing.
_FILTER = 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"}}'
_EPOCH = "946684800"
_PATIENCE_S = 180


class PdfError(Exception):
    """No PDF can be made; the message says why, in Chinese."""


def find_libreoffice() -> str | None:
    """The path of LibreOffice; None where it isn't installed."""
    return next((found for name in _PROGRAMS if (found := shutil.which(name))), None)


def to_pdf(documents: Sequence[Path]) -> list[Path]:
    """Print .docx files as PDF beside them, with LibreOffice started once, in a profile of its own.

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
        environment = {**os.environ, "SOURCE_DATE_EPOCH": _EPOCH}
        try:
            done = subprocess.run(  # noqa: S603 - a program found by name, given files and no shell
                command, env=environment, capture_output=True, text=True, check=False, timeout=_PATIENCE_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PdfError(f"LibreOffice 没有完成转换：{error}") from error
        return [_taken(aside / f"{document.stem}.pdf", document, done.stderr) for document in documents]


def _taken(made: Path, document: Path, said: str) -> Path:
    if not made.exists():
        raise PdfError(f"LibreOffice 没有生成 {document.name} 的 PDF：{said.strip() or '没有说明原因'}")
    target = document.with_suffix(".pdf")
    aside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.copyfile(made, aside)
    return aside.replace(target)
