"""LibreOffice for tests, with a free font for the official ones: full-width glyphs measure the same in any."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reports.word.pdf import to_pdf
from tests.servers.programs import font, program

_FONT = "AR PL UMing CN"
_OFFICIAL = ("仿宋_GB2312", "楷体_GB2312", "黑体", "宋体", "方正小标宋简体")


def printed(documents: list[Path], folder: Path) -> list[Path]:
    """Documents as PDF, by one start of LibreOffice."""
    program("soffice", "libreoffice-writer-nogui")
    font(_FONT, "fonts-arphic-uming")
    settings = folder / "fonts.conf"
    aliases = "".join(
        f'<alias binding="same"><family>{name}</family><prefer><family>{_FONT}</family></prefer></alias>'
        for name in _OFFICIAL
    )
    settings.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<include>/etc/fonts/fonts.conf</include>{aliases}</fontconfig>",
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FONTCONFIG_FILE", str(settings))
        return to_pdf(documents)


def picture(pdf: Path, page: int, resolution: int) -> Path:
    """A page, counted from 1, as PNG."""
    target = pdf.with_name(f"{pdf.stem}-{page}")
    command = [program("pdftoppm", "poppler-utils"), "-png", "-singlefile", "-r", str(resolution)]
    subprocess.run([*command, "-f", str(page), "-l", str(page), str(pdf), str(target)], check=True, env=os.environ)
    return target.with_suffix(".png")
