"""What a file is by its first bytes, whatever its name says."""

import io
import zipfile

from orchestration.sources.contract import PermanentFault

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# By kind, how files of it begin; text whatever its case, after a mark of UTF-8 and blanks.
_TEXTS = {"html": (b"<html", b"<!doctype html", b"<table", b"<meta"), "xml": (b"<?xml",)}
_SIGNATURES = {
    "pdf": (b"%PDF",),
    "document": (b"{\\rtf",),
    "picture": (b"\x89PNG", b"\xff\xd8\xff"),
    "archive": (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"),
}
_SAVE_AS = "open it in Excel or WPS and look; ask the sender to save it as .{format}, not to rename it"

# What each kind is called, and what to do about one that wasn't expected.
_KINDS = {
    "xlsx": ("an .xlsx workbook", "ask the sender which format holds, and set `format` in hall.toml after review"),
    "xls": ("an .xls workbook", "ask the sender which format holds, and set `format` in hall.toml after review"),
    "csv": ("text or unknown bytes", _SAVE_AS),
    "xlsb": ("an .xlsb workbook", _SAVE_AS),
    "encrypted": ("a workbook that is locked by a password", "ask the sender for the file without a password"),
    "html": ("an HTML page", _SAVE_AS),
    "xml": ("XML text", _SAVE_AS),
    "document": ("a document and no table", _SAVE_AS),
    "pdf": ("a PDF", _SAVE_AS),
    "picture": ("a picture", _SAVE_AS),
    "torn": ("an archive or a workbook that is cut off", "ask the sender for the file again"),
    "archive": ("an archive", "ask the sender for the file itself, or set `member` in hall.toml for a .zip"),
}
_FORMATS = {"xlsx": "an .xlsx workbook", "xls": "an .xls workbook", "csv": "a .csv table"}


def refuse_other_format(name: str, content: bytes, format_: str) -> None:
    """Hold a file's bytes against the format that its system is set to.

    Raises:
        PermanentFault: it is something else.
    """
    kind = _kind_of(content)
    if kind != format_:
        what, next_step = _KINDS[kind]
        raise PermanentFault(f"{name} is not {_FORMATS[format_]}: it is {what}", next_step.format(format=format_))


def _kind_of(content: bytes) -> str:
    if content.startswith(_ZIP):
        return _kind_of_zip(content)
    if content.startswith(_OLE):
        return _kind_of_ole(content)
    start = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    kinds = [kind for kind, signs in _TEXTS.items() if start.startswith(signs)]
    kinds += [kind for kind, signs in _SIGNATURES.items() if content.startswith(signs)]
    return kinds[0] if kinds else "csv"


def _kind_of_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except Exception:  # noqa: BLE001 - a torn archive makes zipfile raise almost anything
        return "torn"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "word/document.xml" in names:
        return "document"
    return "xlsx" if "[Content_Types].xml" in names else "archive"


def _kind_of_ole(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "encrypted"
    return "xls" if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")) else "document"
