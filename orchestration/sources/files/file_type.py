"""What a file is by its first bytes, whatever its name says."""

import io
import zipfile

from orchestration.sources.files.errors import fault

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
# By kind, how files of it begin; text whatever its case, after a mark of UTF-8 and blanks.
_TEXTS = {"html": (b"<html", b"<!doctype html", b"<table", b"<meta"), "xml": (b"<?xml",)}
_SIGNATURES = {
    "pdf": (b"%PDF",),
    "document": (b"{\\rtf",),
    "picture": (b"\x89PNG", b"\xff\xd8\xff"),
    "archive": (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"),
}
_FORMATS = {"xlsx": "an .xlsx workbook", "xls": "an .xls workbook", "ods": "an .ods workbook", "csv": "a .csv table"}


def refuse_other_format(name: str, content: bytes, format_: str) -> None:
    """Hold a file's bytes against the format that its system is set to; PermanentFault if it is something else."""
    kind = kind_of(content)
    if kind != format_:
        raise fault(f"formats.{kind}", name=name, wanted=_FORMATS[format_], format=format_)


def kind_of(content: bytes) -> str:
    """What bytes are: a format that can be read, or what else."""
    if content.startswith(_ZIP):
        return _kind_of_zip(content)
    if content.startswith(_OLE):
        return _kind_of_ole(content)
    if not content.strip(b"\0"):
        return "nul"
    start = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    kinds = [kind for kind, signs in _TEXTS.items() if start.startswith(signs)]
    kinds += [kind for kind, signs in _SIGNATURES.items() if content.startswith(signs)]
    return kinds[0] if kinds else "csv"


def _kind_of_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {name.replace("\\", "/").lower() for name in archive.namelist()}
            type_ = archive.read("mimetype") if "mimetype" in archive.namelist() else b""
    except Exception:  # noqa: BLE001 - a torn archive makes zipfile raise almost anything
        return "torn"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "word/document.xml" in names:
        return "document"
    if "[content_types].xml" in names:
        return "xlsx"
    if "content.xml" not in names:
        return "archive"
    return "ods" if type_.strip().startswith(_ODS) else "document"


def _kind_of_ole(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "encrypted"
    return "xls" if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")) else "document"
