"""Documents of other word processors as .docx, by LibreOffice where it is installed."""

import subprocess
from pathlib import Path

from reports.docx_files import DocumentError
from reports.word.pdf import find_libreoffice

SUFFIXES = frozenset({".wps", ".doc", ".odt", ".rtf"})
_PATIENCE_S = 180


def as_docx(document: Path, folder: Path) -> Path:
    """A document as .docx: itself, if it is no .wps, .doc, .odt or .rtf; else what LibreOffice makes of it in a folder.

    Raises:
        DocumentError: LibreOffice isn't installed, or can't read it.
    """
    if document.suffix.lower() not in SUFFIXES:
        return document
    program = find_libreoffice()
    if program is None:
        raise DocumentError(f"{document.name}：本机没有安装 LibreOffice，请用 Word 或 WPS 另存为 .docx 再核对")
    command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]
    command += ["--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder), str(document)]
    try:
        subprocess.run(  # noqa: S603 - a program found by name, given files and no shell
            command, capture_output=True, check=False, timeout=_PATIENCE_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DocumentError(f"{document.name}：LibreOffice 没有完成转换（{error}）") from error
    made = folder / f"{document.stem}.docx"
    if not made.exists():
        raise DocumentError(f"{document.name}：LibreOffice 读不懂这个文件，请用 Word 或 WPS 另存为 .docx 再核对")
    return made
